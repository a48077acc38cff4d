// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/text.h"
#include "ledger/beside.h"

static const char *const class_names[USAGE_CLASSES] = {
#define USAGE(sym, name, kind) [USAGE_##sym] = #name,
#include "usage.def"
#undef USAGE
};

/* A provider's text may be no UTF-8: jansson refuses it. */
static int set_text(json_t *o, const char *key, const char *text)
{
	char clean[4 * sizeof(((struct call_beside *)0)->model)];

	text_utf8(span_str(text), clean, sizeof(clean));
	return json_object_set_new(o, key, json_string(clean));
}

static json_t *part_of(const struct call_beside *p, int64_t nano)
{
	json_t *o = json_object();
	int err = set_text(o, "type", p->type) || set_text(o, "model", p->model);

	for (int i = 0; !err && i < USAGE_CLASSES; i++)
		if (usage__knows(&p->use, i))
			err = json_object_set_new(o, class_names[i], json_integer(p->use.n[i]));
	if (!err && nano)
		err = json_object_set_new(o, "nano_usd", json_integer(nano));
	if (!err)
		return o;
	json_decref(o);
	return NULL;
}

void bind_beside(struct binder *b, const struct entry *e)
{
	const struct call *c = e->call;
	json_t *list;
	char *text;

	if (!c->beside_count) {
		bind_known(b, false, 0);
		return;
	}
	list = json_array();
	for (size_t i = 0; i < c->beside_count; i++)
		if (json_array_append_new(list, part_of(&c->beside[i], e->charge->beside_nano[i])))
			binder__note(b, SQLITE_NOMEM);
	text = json_dumps(list, JSON_COMPACT);
	if (text)
		bind_text(b, text);
	else
		binder__note(b, SQLITE_NOMEM);
	free(text);
	json_decref(list);
}

static int read_part(const json_t *o, struct call_beside *p)
{
	const char *type = json_string_value(json_object_get(o, "type"));
	const char *model = json_string_value(json_object_get(o, "model"));

	if (!type || !model)
		return -EBADMSG;
	*p = (struct call_beside){ .use.reasoning = -1 };
	span__copy(span_str(type), p->type, sizeof(p->type));
	span__copy(span_str(model), p->model, sizeof(p->model));
	for (int i = 0; i < USAGE_CLASSES; i++) {
		const json_t *n = json_object_get(o, class_names[i]);

		if (n)
			usage__set(&p->use, i, json_integer_value(n));
	}
	return 0;
}

int beside_read(const char *text, struct call *call)
{
	json_t *list;
	size_t n;
	int err = 0;

	call->beside_count = 0;
	if (!*text)
		return 0;
	list = json_loads(text, 0, NULL);
	n = json_array_size(list);
	if (!n || n > CALL_BESIDE_MAX)
		err = -EBADMSG;
	for (size_t i = 0; !err && i < n; i++)
		err = read_part(json_array_get(list, i), &call->beside[call->beside_count++]);
	json_decref(list);
	return err;
}
