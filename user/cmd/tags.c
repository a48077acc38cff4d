// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/options.h"
#include "ledger_view.h"

int cmd_tags(const struct options *o);

/* Fewer digits of an id are nobody's. */
#define ID_MIN 4

static void print_line(void *ctx, const char *field, const char *text, const char *trust,
		       const char *origin)
{
	char value[512], from[512];

	text_terminal(span_str(text), value, sizeof(value));
	text_terminal(span_str(origin), from, sizeof(from));
	printf("%-16s %-40s %-9s %s\n", field, value, trust, from);
}

static void add_json(void *ctx, const char *field, const char *text, const char *trust,
		     const char *origin)
{
	char value[1200], from[1200];
	json_t *o = json_pack("{s:s}", "value", text_utf8(span_str(text), value, sizeof(value)));

	if (*trust)
		json_object_set_new(o, "trust", json_string(trust));
	if (*origin)
		json_object_set_new(o, "origin",
				    json_string(text_utf8(span_str(origin), from, sizeof(from))));
	json_object_set_new(ctx, field, o);
}

static bool is_id(const char *id)
{
	size_t n = strlen(id);

	for (size_t i = 0; i < n; i++)
		if (!isxdigit((unsigned char)id[i]) || isupper((unsigned char)id[i]))
			return false;
	return n >= ID_MIN && n <= 32;
}

static int explain(const struct options *o, struct ledger_view *v)
{
	json_t *json = o->json ? json_object() : NULL;
	int err = ledger_view__explain(v, o->explain, o->json ? add_json : print_line, json);

	if (json && !err) {
		json_dumpf(json, stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(json);
	if (err)
		fprintf(stderr, "wiretally tags: %s: %s\n", o->explain,
			err == -ENOENT	 ? "there is no such call"
			: err == -EEXIST ? "several calls begin so: give more of it"
					 : "the ledger can't be read");
	return err != 0;
}

int cmd_tags(const struct options *o)
{
	struct ledger_view *v;
	char err[512];
	int status;

	if (!o->explain || !is_id(o->explain)) {
		fprintf(stderr, "wiretally tags: give --explain CALL: the call's event.id, or its "
				"beginning\n");
		return EXIT_USAGE;
	}
	if (ledger_view__open(options__ledger(o), &v, err, sizeof(err))) {
		fprintf(stderr, "wiretally tags: %s\n", err);
		return 1;
	}
	status = explain(o, v);
	ledger_view__close(v);
	return status || fflush(stdout);
}
