// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "record/scrub_head.h"

/*
 * Headers whose values say how, not what. To add one: a line here. A name that ends with '*' stands
 * for all that begin like it. Everything else keeps its length alone: also names, since people put
 * things into them.
 */
static const char *const kept_headers[] = {
	"accept",
	"accept-encoding",
	"anthropic-beta",
	"anthropic-ratelimit-*",
	"anthropic-version",
	"connection",
	"content-encoding",
	"content-length",
	"content-type",
	"date",
	"expect",
	"grpc-encoding",
	"grpc-status",
	"host",
	"openai-beta",
	"openai-processing-ms",
	"openai-version",
	"retry-after",
	"server",
	"request-id",
	"sec-websocket-extensions",
	"te",
	"transfer-encoding",
	"upgrade",
	"x-amzn-bedrock-*",
	"x-amzn-requestid",
	"x-ratelimit-*",
	"x-request-id",
	"x-stainless-*",
};

/* Names that are known to carry a secret: the name stays, the value never. */
static const char *const known_names[] = {
	"api-key",
	"authorization",
	"cookie",
	"helicone-auth",
	"proxy-authorization",
	"set-cookie",
	"user-agent",
	"x-amz-security-token",
	"x-api-key",
	"x-goog-api-key",
	"x-portkey-api-key",
	"cf-aig-authorization",
	"openai-project",
	"openai-organization",
	"ocp-apim-subscription-key",
	"chatgpt-account-id",

};

/* Parts of a query that say how an answer is sent. */
static const char *const kept_queries[] = { "alt", "api-version", "beta", "stream" };
/* Those that name a model, as a path does: /v1/realtime?model=gpt-realtime */
static const char *const model_queries[] = { "model", "deployment" };

static bool in_list(const char *const *list, size_t count, struct span name)
{
	for (size_t i = 0; i < count; i++) {
		struct span entry = span_str(list[i]), front = name;

		if (entry.p[entry.n - 1] == '*') {
			entry.n--;
			if (front.n > entry.n)
				front.n = entry.n;
		}
		if (span__eq_nocase(entry, front))
			return true;
	}
	return false;
}

#define IN_LIST(list, name) in_list(list, sizeof(list) / sizeof(list[0]), name)

/* A short word: nobody's text is one. */
static bool is_plain_value(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum(s.p[i]) && !strchr(" ,;:./=*+-_", s.p[i]))
			return false;
	return s.n <= 128;
}

struct builder {
	uint8_t *at;
	const uint8_t *key;
};

static struct span copy(struct builder *b, struct span s)
{
	struct span made = { b->at, s.n };

	if (!s.p)
		return s;
	if (s.n)
		memcpy(b->at, s.p, s.n);
	b->at += s.n;
	return made;
}

static struct span fill(struct builder *b, struct span s)
{
	struct span made = copy(b, s);

	if (made.n)
		filler_fill(b->key, 0, b->at - made.n, made.n);
	return made;
}

/* ":generateContent" behind a name that is not kept: without it nobody knows what the path is of.
 */
static struct span verb_of(struct span part, const struct scrub_rules *rules)
{
	const uint8_t *colon = part.n ? memrchr(part.p, ':', part.n) : NULL;
	struct span verb = colon ? span_of(colon, (size_t)(part.p + part.n - colon)) : SPAN("");

	return rules->keep_path(rules->ctx, verb, SPAN("")) == verb.n ? verb : SPAN("");
}

static struct span scrub_path(struct builder *b, struct span path, const struct scrub_rules *rules)
{
	struct span made = { b->at, 0 }, before = SPAN("");

	while (path.n) {
		bool last = !memchr(path.p, '/', path.n);
		struct span part = span__cut(&path, '/');
		size_t keep = rules->keep_path(rules->ctx, part, before);
		struct span verb = verb_of(part, rules);

		if (keep + verb.n > part.n)
			verb.n = 0;
		copy(b, span_of(part.p, keep));
		fill(b, span_of(part.p + keep, part.n - keep - verb.n));
		copy(b, verb);
		if (!last)
			copy(b, SPAN("/"));
		before = keep == part.n ? span__join(before, part) : SPAN("");
	}
	made.n = (size_t)(b->at - made.p);
	return made;
}

/* "sse", "true", "2024-10-21", "2025-03-01-preview": nothing else is kept. */
static bool is_query_value(struct span s)
{
	if (span__ends(s, SPAN("-preview")))
		s.n -= strlen("-preview");
	if (span__eq(s, SPAN("sse")) || span__eq(s, SPAN("json")) || span__eq(s, SPAN("true")) ||
	    span__eq(s, SPAN("false")))
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (!isdigit(s.p[i]) && s.p[i] != '-')
			return false;
	return s.n <= strlen("2024-10-21");
}

/* alt=sse&key=AIza... */
static void scrub_query(struct builder *b, struct span query)
{
	while (query.n) {
		struct span value = span__cut(&query, '&');
		struct span name = span__cut(&value, '=');

		if ((IN_LIST(kept_queries, name) && is_query_value(value)) ||
		    (IN_LIST(model_queries, name) && is_plain_value(value))) {
			copy(b, name);
			copy(b, SPAN("="));
			copy(b, value);
		} else {
			fill(b, name);
			copy(b, SPAN("="));
			fill(b, value);
		}
		if (query.n)
			copy(b, SPAN("&"));
	}
}

static struct span scrub_target(struct builder *b, const struct head *h,
				const struct scrub_rules *rules)
{
	struct span made = { b->at, 0 }, query = h->target;

	scrub_path(b, h->path, rules);
	span__cut(&query, '?');
	if (query.n) {
		copy(b, SPAN("?"));
		scrub_query(b, query);
	}
	made.n = (size_t)(b->at - made.p);
	return made;
}

/* Behind a parameter's semicolon anything may come: "multipart/form-data; boundary=..." */
static struct span scrub_value(struct builder *b, bool keep, struct span value)
{
	return keep && is_plain_value(value) ? copy(b, value) : fill(b, value);
}

/*
 * A login's front that says of what kind it is, and nothing of the secret: a plan's token is not
 * charged for as a key is. "Bearer sk-ant-oat01-Abc..." keeps its first 17 bytes.
 */
static struct span login_kind(struct span name, struct span value)
{
	const struct span plan = SPAN("Bearer sk-ant-oat");

	return span__eq_nocase(name, SPAN("authorization")) && span__starts(value, plan) ? plan
											 : SPAN("");
}

static struct span scrub_login(struct builder *b, struct span kind, struct span value)
{
	copy(b, kind);
	fill(b, span_of(value.p + kind.n, value.n - kind.n));
	return span_of(b->at - value.n, value.n);
}

static size_t size_of(const struct head *h)
{
	/* A query's parts get an equals sign each, at most one for each of its bytes. */
	size_t n = h->method.n + h->target.n * 2 + h->path.n * 2 + h->host.n + h->type.n + 8;

	for (size_t i = 0; i < h->header_count; i++)
		n += h->headers[i].name.n + h->headers[i].value.n;
	return n;
}

int scrub_head(const struct head *h, const uint8_t key[FILLER_KEY_BYTES],
	       const struct scrub_rules *rules, struct head *ret_head, void **ret_block)
{
	size_t headers_size = h->header_count * sizeof(struct header);
	uint8_t *block = malloc(headers_size + size_of(h));
	struct header *headers = (struct header *)block;
	struct builder b = { .key = key };
	struct head made = *h;

	if (!block)
		return -ENOMEM;
	b.at = block + headers_size;
	made.method = copy(&b, h->method);
	made.path = scrub_path(&b, h->path, rules);
	made.target = scrub_target(&b, h, rules);
	made.host = copy(&b, h->host);
	made.type = is_plain_value(h->type) ? copy(&b, h->type) : fill(&b, h->type);
	made.headers = headers;
	for (size_t i = 0; i < h->header_count; i++) {
		const struct header *from = &h->headers[i];
		bool keep = IN_LIST(kept_headers, from->name) ||
			    rules->keep_header(rules->ctx, from->name);
		bool known = keep || IN_LIST(known_names, from->name);
		struct span kind = login_kind(from->name, from->value);

		headers[i].name = known ? copy(&b, from->name) : fill(&b, from->name);
		headers[i].value = kind.n ? scrub_login(&b, kind, from->value)
					  : scrub_value(&b, keep, from->value);
	}
	*ret_head = made;
	*ret_block = block;
	return 0;
}
