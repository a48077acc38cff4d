// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sodium/crypto_generichash.h>

#include "base/keyed.h"
#include "cmd/config.h"
#include "cmd/fingerprints.h"
#include "cmd/prices.h"
#include "cmd/secret.h"

/* A secret of fewer bytes could be guessed; a file of more is something else. */
#define FLEET_SECRET_MIN 16
#define FLEET_SECRET_MAX 4096

/* Any text is one, as a Kubernetes Secret has it; blanks at its end are the editor's. */
static int load_fleet(const char *file, uint8_t ret_key[KEYED_BYTES])
{
	uint8_t *text = NULL;
	size_t n;
	int err = file_read(file, FLEET_SECRET_MAX, &text, &n);

	while (!err && n && strchr(" \t\r\n", text[n - 1]))
		n--;
	if (!err && n < FLEET_SECRET_MIN)
		err = -EBADMSG;
	if (!err)
		crypto_generichash(ret_key, KEYED_BYTES, text, n, NULL, 0);
	else
		fprintf(stderr, "wiretally: %s: %s\n", file,
			err == -EBADMSG ? "a fleet's secret has 16 bytes at least"
					: strerror(-err));
	if (text)
		explicit_bzero(text, n);
	free(text);
	return err;
}

_Static_assert(TAGS_WANTED_MAX >= RULE_HEADERS_MAX, "what a rule looks at is taken");

/* Headers that rules look at are taken from requests with the others. */
static void set_rules(const struct options *o, struct fingerprints *f,
		      struct attribute_opts *attribute)
{
	struct tagging *t = &f->tagging;
	const char *name;

	attribute->rules = o->settings ? o->settings->rules : NULL;
	while ((name = rules__header(attribute->rules, t->wanted_count)))
		t->wanted[t->wanted_count++] = name;
}

/* Says which key it was and nothing of it. */
static void id_of(const uint8_t *key, char ret_id[9])
{
	keyed_hex(key, "key id", SPAN(""), ret_id, 9);
}

int fingerprints_load(const struct options *o, bool make, struct fingerprints *f,
		      struct attribute_opts *ret_attribute)
{
	bool has_key = o->fleet_secret || o->secret || make;

	*f = (struct fingerprints){ .tagging = { .last4 = o->key_last4 } };
	if (o->fleet_secret ? load_fleet(o->fleet_secret, f->key)
			    : o->fleet_secret_previous != NULL) {
		if (!o->fleet_secret)
			fprintf(stderr, "wiretally: fleet-secret-previous without fleet-secret\n");
		return 1;
	}
	if (o->fleet_secret_previous && load_fleet(o->fleet_secret_previous, f->before))
		return 1;
	if (!o->fleet_secret && has_key)
		secret_load(o->secret ? o->secret : SECRET_DEFAULT, f->key);
	if (has_key) {
		id_of(f->key, f->key_id);
		f->tagging.key = f->key;
		f->tagging.key_id = f->key_id;
	}
	if (o->fleet_secret_previous) {
		id_of(f->before, f->before_id);
		f->tagging.before = f->before;
		f->tagging.before_id = f->before_id;
	}
	set_rules(o, f, ret_attribute);
	ret_attribute->command_line =
		o->command_line ? o->command_line - 1u : (unsigned int)COMMAND_LINE_HASHED;
	ret_attribute->end_users =
		o->end_users ? o->end_users - 1u : (unsigned int)END_USERS_HASHED;
	ret_attribute->has_key = has_key;
	memcpy(ret_attribute->key, f->key, sizeof(f->key));
	if (!has_key && ret_attribute->command_line == COMMAND_LINE_HASHED)
		ret_attribute->command_line = COMMAND_LINE_OFF;
	return 0;
}
