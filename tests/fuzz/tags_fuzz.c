// SPDX-License-Identifier: BSD-2-Clause
/*
 * What callers say of themselves: "name: value" lines are headers of a request, what follows an
 * empty line is its body; the first line is a rule: "set from name pattern".
 */
#include <stdlib.h>

#include "attribute/rules.h"
#include "attribute/tag.h"
#include "provider/provider.h"
#include "provider/tagging.h"

#define HEADERS 32

static const uint8_t key[32] = { 1 }, before[32] = { 2 };

struct asked {
	struct rules *rules;
	struct quota quota;
};

static void on_call(void *ctx, const struct call *c)
{
	struct tag_opts t = { .end_users = END_USERS_HASHED, .key = key };
	struct owner o = { .known = true };
	struct asked *a = ctx;

	owner__tag(&o, &t, c, NULL);
	rules__apply(a->rules, &t, c, &o);
	owner__name_feature(&o);
	owner__bound(&o, &a->quota, 1);
	for (int i = 0; i < OWNER_FIELDS; i++)
		if (owner__has(&o, i) != (o.value[i].origin != NULL) ||
		    owner__has(&o, i) != (o.value[i].trust != TRUST_NONE) ||
		    strlen(o.value[i].text) >= OWNER_TEXT_MAX)
			abort();
	/* Nothing that a caller says is more than a claim. */
	if (o.value[OWNER_USER].trust > TRUST_CLAIMED || o.label_count > OWNER_LABELS)
		abort();
}

static struct rules *rules_of(struct span line)
{
	struct rules *r = rules__new();
	char words[4][64];
	struct rule_def d = { .set = words[0],
			      .from = words[1],
			      .when = { { words[2], words[3] } },
			      .when_count = 1,
			      .where = "rule" };
	const char *name;

	for (int i = 0; i < 4; i++)
		span__copy(span__cut(&line, ' '), words[i], sizeof(words[i]));
	if (!r)
		abort();
	rules__add(r, &d, &name);
	return r;
}

static void feed(struct provider *p, struct exchange *x, uint8_t kind, struct span bytes)
{
	struct exchange_event ev = { .kind = kind, .x = x, .bytes = bytes };

	provider__feed(p, &ev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of(data, size);
	struct asked a = { .rules = rules_of(span__cut(&rest, '\n')) };
	struct tagging t = {
		.key = key, .before = before, .key_id = "k1", .before_id = "k0", .last4 = true
	};
	struct drops drops = { { 0 } };
	struct header headers[HEADERS];
	struct exchange x = { .request = {
				      .method = SPAN("POST"),
				      .target = SPAN("/openai/deployments/a%2Fb/chat/completions"),
				      .host = SPAN("api.openai.com"),
				      .headers = headers } };
	struct provider *p = provider__new(on_call, &a, &drops);

	if (!p)
		abort();
	quota__init(&a.quota);
	x.request.path = x.request.target;
	while (rest.n && x.request.header_count < HEADERS) {
		struct span value = span__cut(&rest, '\n'), name = span__cut(&value, ':');

		if (!name.n)
			break;
		headers[x.request.header_count++] = (struct header){ name, value };
	}
	t.wanted[0] = rules__header(a.rules, 0);
	t.wanted_count = t.wanted[0] != NULL;
	provider__tag(p, &t);
	feed(p, &x, EXCHANGE_EV_REQUEST, SPAN(""));
	feed(p, &x, EXCHANGE_EV_REQUEST_BODY, rest);
	x.flags = EXCHANGE_REQUEST_DONE | EXCHANGE_RESPONSE_DONE;
	x.response = x.request;
	x.response.status = 200;
	feed(p, &x, EXCHANGE_EV_RESPONSE, SPAN(""));
	feed(p, &x, EXCHANGE_EV_RESPONSE_BODY,
	     SPAN("{\"model\":\"m\",\"usage\":{\"prompt_tokens\":1}}"));
	feed(p, &x, EXCHANGE_EV_END, SPAN(""));
	provider__free(p);
	quota__fini(&a.quota);
	rules__free(a.rules);
	return 0;
}
