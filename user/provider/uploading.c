// SPDX-License-Identifier: BSD-2-Clause
/*
 * Uploads to observability services: what an application says of its calls anyway. Each run is read
 * as it passes; those that are calls, and say a figure, are told.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/hex.h"
#include "base/json.h"
#include "provider/target.h"
#include "provider/uploading.h"
#include "provider/upload_ops.h"
#include "provider/upload_otlp.h"
#include "provider/upload_parts.h"

/* Longest path of a value in a run, with what stands before it: "outputs." */
#define PATH_MAX_LEN (JSON_PATH_MAX + 64)

static const struct upload_ops *const upload_table[] = {
#define UPLOAD(id) &upload_##id,
#include "provider/upload.def"
#undef UPLOAD
};

struct uploading {
	const struct upload_ops *ops;
	const struct exchange *x;
	const struct recent *recent;
	upload_emit_fn emit;
	void *ctx;
	struct json_scan *scan, *inner;
	struct parts parts;
	struct otlp otlp;
	bool content;	 /* the part that is passing is read */
	char before[64]; /* paths that are passing follow this */
	struct upload run;
	char kind[32];
};

const struct upload_ops *upload_match(const struct exchange *x)
{
	if (!span__eq(x->request.method, SPAN("POST")) || (x->flags & EXCHANGE_SERVED))
		return NULL;
	for (size_t i = 0; i < sizeof(upload_table) / sizeof(upload_table[0]); i++)
		if (target_fits(x->request.path, upload_table[i]->path))
			return upload_table[i];
	return NULL;
}

static void run_begin(struct uploading *u)
{
	u->run =
		(struct upload){ .x = u->x, .service = u->ops->service, .input = -1, .output = -1 };
	u->kind[0] = '\0';
}

static bool in_list(const char *list, const char *word)
{
	struct span rest = span_str(list);

	while (rest.n)
		if (span__eq(span__cut(&rest, ' '), span_str(word)))
			return true;
	return false;
}

/* A run that was updated may leave its kind out. */
static void run_end(struct uploading *u)
{
	struct upload *r = &u->run;
	bool figures = r->input >= 0 || r->output >= 0 || r->cost_told;

	if (figures && (!u->ops->kinds || !u->kind[0] || in_list(u->ops->kinds, u->kind))) {
		recent__match(u->recent, r);
		u->emit(u->ctx, r);
	}
	run_begin(u);
}

static void add_tag(struct upload *r, struct span tag)
{
	size_t n = strlen(r->tags);

	/* One that does not fit is left out, not cut. */
	if (!tag.n || n + tag.n + 2 > sizeof(r->tags))
		return;
	if (n)
		r->tags[n++] = ',';
	span__copy(tag, r->tags + n, sizeof(r->tags) - n);
}

static void take_number(struct span text, int64_t *ret_n)
{
	int64_t n;

	if (!json_int(text, &n))
		*ret_n = n;
}

static void take(struct uploading *u, uint8_t slot, struct span text);

/* A text that is JSON itself. Its paths follow the last word of its own. */
static void take_inner(struct uploading *u, struct span path, struct span text)
{
	const uint8_t *dot = memrchr(path.p, '.', path.n);
	size_t front = dot ? (size_t)(dot + 1 - path.p) : 0;

	snprintf(u->before, sizeof(u->before), "%.*s.", (int)(path.n - front),
		 (const char *)path.p + front);
	json_scan__reset(u->inner);
	json_scan__feed(u->inner, text);
	u->before[0] = '\0';
}

static void find(struct uploading *u, struct span path, struct span text, bool inner)
{
	for (const struct upload_field *f = u->ops->fields; f->path; f++) {
		if (!span__eq(path, span_str(f->path)))
			continue;
		if (f->slot != U_INNER)
			take(u, f->slot, text);
		else if (!inner)
			take_inner(u, path, text);
		return;
	}
}

static void take(struct uploading *u, uint8_t slot, struct span text)
{
	struct upload *r = &u->run;
	int64_t nano;

	switch (slot) {
	case U_ID:
		span__copy(text, r->id, sizeof(r->id));
		break;
	case U_PARENT:
		span__copy(text, r->parent, sizeof(r->parent));
		break;
	case U_TRACE:
		span__copy(text, r->trace, sizeof(r->trace));
		break;
	case U_SESSION:
		span__copy(text, r->session, sizeof(r->session));
		break;
	case U_KIND:
		span__copy(text, u->kind, sizeof(u->kind));
		break;
	case U_MODEL:
		span__copy(text, r->model, sizeof(r->model));
		break;
	case U_RESPONSE_ID:
		span__copy(text, r->response_id, sizeof(r->response_id));
		break;
	case U_TAG:
		add_tag(r, text);
		break;
	case U_INPUT:
		take_number(text, &r->input);
		break;
	case U_OUTPUT:
		take_number(text, &r->output);
		break;
	case U_COST:
		if (!decimal_to_nano_near(text, &nano) && nano >= 0) {
			r->cost_told = true;
			r->cost_nano = nano;
		}
		break;
	}
}

/* The path within a run, if the value is in one; a new element of an array ends the last run. */
static bool in_run(struct uploading *u, const struct json_value *v, struct span *ret_path)
{
	struct span rest = span_str(u->ops->arrays ? u->ops->arrays : "");

	*ret_path = v->path;
	if (!u->ops->arrays)
		return true;
	while (rest.n) {
		struct span array = span__cut(&rest, ' ');

		if (!span__starts(v->path, array))
			continue;
		if (v->path.n == array.n && v->kind == JSON_ARRAY_NEXT)
			run_end(u);
		if (v->path.n <= array.n || v->path.p[array.n] != '.')
			return false;
		*ret_path = span_of(v->path.p + array.n + 1, v->path.n - array.n - 1);
		return true;
	}
	return false;
}

static void on_value(void *ctx, const struct json_value *v)
{
	struct uploading *u = ctx;
	char path[PATH_MAX_LEN];
	struct span in;
	int n;

	if (!in_run(u, v, &in) || (v->kind != JSON_STRING && v->kind != JSON_NUMBER) || v->cut)
		return;
	if (!u->before[0]) {
		find(u, in, v->text, false);
		return;
	}
	n = snprintf(path, sizeof(path), "%s%.*s", u->before, (int)in.n, (const char *)in.p);
	if (n > 0 && (size_t)n < sizeof(path))
		find(u, span_of(path, (size_t)n), v->text, false);
}

static void on_inner(void *ctx, const struct json_value *v)
{
	struct uploading *u = ctx;
	char path[PATH_MAX_LEN];
	int n = snprintf(path, sizeof(path), "%s%.*s", u->before, (int)v->path.n,
			 (const char *)v->path.p);

	if ((v->kind == JSON_STRING || v->kind == JSON_NUMBER) && n > 0 && (size_t)n < sizeof(path))
		find(u, span_of(path, (size_t)n), v->text, true);
}

/*
 * "post.01a2", "post.01a2.outputs": parts of one run stand together. What people said, inputs and
 * attachments, is not looked at; of outputs and extra what the table has.
 */
static void on_part(void *ctx, struct span name)
{
	struct uploading *u = ctx;
	struct span verb = span__cut(&name, '.'), id = span__cut(&name, '.');

	if (!span__eq(id, span_str(u->run.id)))
		run_end(u);
	u->content = (span__eq(verb, SPAN("post")) || span__eq(verb, SPAN("patch"))) &&
		     (!name.n || span__eq(name, SPAN("outputs")) || span__eq(name, SPAN("extra")));
	u->before[0] = '\0';
	if (name.n && u->content)
		snprintf(u->before, sizeof(u->before), "%.*s.", (int)name.n, (const char *)name.p);
	json_scan__reset(u->scan);
	if (!name.n)
		span__copy(id, u->run.id, sizeof(u->run.id));
}

static void on_content(void *ctx, struct span bytes)
{
	struct uploading *u = ctx;

	if (u->content)
		json_scan__feed(u->scan, bytes);
}

static void on_span(void *ctx)
{
	run_end(ctx);
}

static void on_span_id(void *ctx, enum otlp_id what, struct span bytes)
{
	static const uint8_t slots[] = {
		[OTLP_TRACE] = U_TRACE, [OTLP_SPAN] = U_ID, [OTLP_PARENT] = U_PARENT
	};
	char text[2 * 16 + 1];

	/* 16 bytes of a trace, 8 of a span */
	if (bytes.n > 16)
		return;
	hex_text(bytes, text);
	take(ctx, slots[what], span_str(text));
}

static void on_attribute(void *ctx, struct span key, struct span value, bool is_text)
{
	find(ctx, key, value, false);
}

struct uploading *uploading__new(const struct upload_ops *ops, const struct exchange *x,
				 const struct recent *recent, upload_emit_fn emit, void *ctx)
{
	struct uploading *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->ops = ops;
	u->x = x;
	u->recent = recent;
	u->emit = emit;
	u->ctx = ctx;
	u->scan = json_scan__new(on_value, u);
	u->inner = json_scan__new(on_inner, u);
	if (!u->scan || !u->inner) {
		uploading__free(u);
		return NULL;
	}
	run_begin(u);
	return u;
}

void uploading__free(struct uploading *u)
{
	if (!u)
		return;
	json_scan__free(u->scan);
	json_scan__free(u->inner);
	otlp__free(&u->otlp);
	free(u);
}

void uploading__feed(struct uploading *u, struct span bytes)
{
	struct parts_to parts = { .begin = on_part, .content = on_content, .ctx = u };
	struct otlp_to otlp = {
		.begin = on_span, .id = on_span_id, .attribute = on_attribute, .ctx = u
	};

	switch (u->ops->form) {
	case UPLOAD_JSON:
		json_scan__feed(u->scan, bytes);
		break;
	case UPLOAD_PARTS:
		parts__feed(&u->parts, bytes, &parts);
		break;
	case UPLOAD_OTLP:
		otlp__feed(&u->otlp, bytes, &otlp);
		break;
	}
}

void uploading__end(struct uploading *u)
{
	run_end(u);
}
