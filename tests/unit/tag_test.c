// SPDX-License-Identifier: BSD-2-Clause
/* What calls say of themselves: tests/golden/tags.tsv, API keys, system prompts, quotas. */
#include "attribute/attribute.h"
#include "base/keyed.h"
#include "provider/provider.h"
#include "provider/tagging.h"
#include "test.h"

#define GOLDENS "tests/golden/tags.tsv"

static const char *const field_names[] = {
#define OWNER(symbol, name, help) #name,
#include "owner.def"
#undef OWNER
};

static const char *const source_names[] = {
#define TAG(where, name, form, field) name,
#include "provider/tags.def"
#undef TAG
};

static const uint8_t key[KEYED_BYTES] = { 1, 2, 3 }, other_key[KEYED_BYTES] = { 4 };

struct asked {
	const char *path, *body;
	struct header request[4], response[4];
	size_t request_count, response_count;
	struct tagging tagging;
	enum end_users_mode end_users;
	size_t piece; /* the body comes in pieces of so many bytes; 0: whole */
	struct owner owner;
	struct drops drops;
	char told[4096];
	size_t calls;
	uint32_t tags;
};

static void tell(struct asked *a, const char *name, const char *value)
{
	size_t n = strlen(a->told);

	/* A hash is one, whichever. */
	snprintf(a->told + n, sizeof(a->told) - n, "%s%s=%s", n ? " | " : "", name,
		 a->tagging.key && strspn(value, "0123456789abcdef") == KEYED_DIGITS &&
				 !value[KEYED_DIGITS]
			 ? "#"
			 : value);
}

static void on_call(void *ctx, const struct call *c)
{
	struct asked *a = ctx;
	struct tag_opts t = { .end_users = a->end_users, .key = a->tagging.key };
	char label[OWNER_TEXT_MAX];

	a->calls++;
	a->tags = c->tags ? c->tags->count : 0;
	owner__tag(&a->owner, &t, c, NULL);
	for (int i = 0; i < OWNER_FIELDS; i++)
		if (owner__has(&a->owner, i))
			tell(a, field_names[i], a->owner.value[i].text);
	for (size_t i = 0; i < a->owner.label_count; i++) {
		span__copy(a->owner.labels[i].value, label, sizeof(label));
		tell(a, (const char *)a->owner.labels[i].name.p, label);
	}
}

static void feed(struct asked *a, struct provider *p, struct exchange *x, uint8_t kind,
		 struct span bytes)
{
	struct exchange_event ev = { .kind = kind, .x = x, .bytes = bytes };

	provider__feed(p, &ev);
}

static void ask(struct asked *a)
{
	struct provider *p = provider__new(on_call, a, &a->drops);
	struct exchange x = { .id = 1 };
	struct span body = span_str(a->body);
	size_t piece = a->piece ? a->piece : body.n;

	provider__tag(p, &a->tagging);
	x.request.method = SPAN("POST");
	x.request.target = span_str(a->path);
	x.request.path = x.request.target;
	x.request.path.n = strcspn(a->path, "?");
	x.request.host = SPAN("api.openai.com");
	x.request.headers = a->request;
	x.request.header_count = a->request_count;
	feed(a, p, &x, EXCHANGE_EV_REQUEST, SPAN(""));
	for (size_t at = 0; at < body.n; at += piece)
		feed(a, p, &x, EXCHANGE_EV_REQUEST_BODY,
		     span_of(body.p + at, at + piece < body.n ? piece : body.n - at));
	x.flags = EXCHANGE_REQUEST_DONE | EXCHANGE_RESPONSE_DONE;
	x.response.status = 200;
	x.response.headers = a->response;
	x.response.header_count = a->response_count;
	feed(a, p, &x, EXCHANGE_EV_RESPONSE, SPAN(""));
	feed(a, p, &x, EXCHANGE_EV_RESPONSE_BODY,
	     SPAN("{\"id\":\"1\",\"model\":\"m\",\"usage\":{\"prompt_tokens\":1}}"));
	feed(a, p, &x, EXCHANGE_EV_END, SPAN(""));
	provider__free(p);
}

static struct header header_of(char *line)
{
	struct span value = span_str(line), name = span__cut(&value, ':');

	return (struct header){ name, span_of(value.p + 1, value.n - 1) };
}

static bool check(char *where, char *what, const char *told)
{
	char body[1024];
	struct asked a = { .path = "/v1/chat/completions",
			   .body = "{\"model\":\"m\"}",
			   .end_users = END_USERS_PLAIN };

	if (!strcmp(where, "header"))
		a.request[a.request_count++] = header_of(what);
	else if (!strcmp(where, "answer"))
		a.response[a.response_count++] = header_of(what);
	else if (!strcmp(where, "path"))
		a.path = what;
	snprintf(body, sizeof(body), "{\"model\":\"m\",%s}", what);
	if (!strcmp(where, "body"))
		a.body = body;
	if (strstr(told, "=#"))
		a.tagging = (struct tagging){ .key = key, .key_id = "k" };
	ask(&a);
	if (!strcmp(a.told, told) && a.calls == 1)
		return true;
	fprintf(stderr, "%s: \"%s\", expected \"%s\"\n", what, a.told, told);
	return false;
}

TEST(each_source_has_its_golden)
{
	bool seen[sizeof(source_names) / sizeof(source_names[0])] = { false };
	FILE *f = fopen(GOLDENS, "re");
	char line[1024];
	int wrong = 0;

	if (!f)
		TEST_FAIL("%s is not there: run from the top of the tree", GOLDENS);
	while (fgets(line, sizeof(line), f)) {
		char *rest = line, *where, *what;

		if (*line == '#')
			continue;
		line[strcspn(line, "\n")] = '\0';
		where = strsep(&rest, "\t");
		what = strsep(&rest, "\t");
		for (size_t i = 0; i < sizeof(seen); i++) {
			char first[64], *dot;

			/* "metadata.user_id" stands in a body as "metadata":{"user_id" */
			snprintf(first, sizeof(first), "%s", source_names[i]);
			dot = strcmp(where, "body") ? NULL : strchr(first, '.');
			if (dot)
				*dot = '\0';
			seen[i] |= strcasestr(what, first) != NULL;
		}
		wrong += !check(where, what, rest ? rest : "");
	}
	fclose(f);
	for (size_t i = 0; i < sizeof(seen); i++)
		if (!seen[i])
			TEST_FAIL("%s has no line in %s", source_names[i], GOLDENS);
	ASSERT_EQ(wrong, 0);
}

TEST(whoever_asks_a_proxy_says_whom_it_is_for)
{
	struct tag_opts t = { .end_users = END_USERS_PLAIN };
	struct tags asked = { .n = 0 }, own = { .n = 0 };
	struct call c = { .tags = &own };
	struct owner o = { .known = true };

	tags__add(&asked, OWNER_USER, 9, SPAN("header x-litellm-end-user-id"), SPAN("alice"));
	tags__add(&asked, OWNER_KEY, 0, SPAN("api key"), SPAN("virtual"));
	tags__add(&own, OWNER_USER, 0, SPAN("user"), SPAN("proxy"));
	tags__add(&own, OWNER_TEAM, 0, SPAN("metadata.team"), SPAN("ads"));
	tags__add(&own, OWNER_KEY, 0, SPAN("api key"), SPAN("real"));
	owner__tag(&o, &t, &c, &asked);
	ASSERT_STR(o.value[OWNER_USER].text, "alice");
	ASSERT_STR(o.value[OWNER_TEAM].text, "ads");
	ASSERT_STR(o.value[OWNER_KEY].text, "real");
	tags__free(&asked);
	tags__free(&own);
}

TEST(tags_in_pieces_of_any_size)
{
	for (size_t piece = 1; piece < 60; piece++) {
		struct asked a = {
			.path = "/v1/chat/completions",
			.body = "{\"metadata\":{\"feature\":\"a\\u0062\",\"team\":\"x\"},"
				"\"user\":\"u\",\"model\":\"m\"}",
			.piece = piece,
			.end_users = END_USERS_PLAIN
		};

		ask(&a);
		ASSERT_STR(a.told, "feature=ab | user=u | team=x");
	}
}

TEST(end_users_are_people)
{
	static const char *const told[] = { "", "user=#", "user=jo@example.com" };

	for (int mode = END_USERS_OFF; mode <= END_USERS_PLAIN; mode++) {
		struct asked a = {
			.path = "/v1/chat/completions",
			.body = "{\"model\":\"m\",\"metadata\":{\"email\":\"jo@example.com\"}}",
			.tagging = { .key = key, .key_id = "k" },
			.end_users = (enum end_users_mode)mode
		};

		ask(&a);
		ASSERT_STR(a.told, told[mode]);
	}
}

TEST(a_header_for_rules_is_no_label)
{
	struct asked a = {
		.path = "/v1/chat/completions",
		.body = "{\"model\":\"m\"}",
		.request = { { SPAN("X-Cart"), SPAN("c-1") }, { SPAN("X-Note"), SPAN("sk-ab12") } },
		.request_count = 2,
		.tagging = { .wanted = { "x-cart", "x-note" }, .wanted_count = 2 },
	};

	ask(&a);
	ASSERT_STR(a.told, "");
	ASSERT_EQ(a.tags, 1); /* what begins as a key does is not taken at all */
}

TEST(no_terminal_obeys_a_tag)
{
	struct asked a = {
		.path = "/v1/chat/completions",
		.body = "{\"model\":\"m\",\"metadata\":{\"feature\":\"\\u001b[2Jx\\n\\u009by\"}}"
	};

	ask(&a);
	ASSERT_STR(a.told, "feature=?[2Jx??y");
}

TEST(tags_are_bounded)
{
	struct asked a = { .path = "/v1/chat/completions" };
	char *body = malloc(1 << 20);
	size_t n =
		(size_t)sprintf(body, "{\"model\":\"m\",\"metadata\":{\"long\":\"%0*d\"", 70000, 7);

	for (int i = 0; i < 1000; i++)
		n += (size_t)sprintf(body + n, ",\"k%d\":\"%0100d\"", i, i);
	sprintf(body + n, "},\"user\":\"u\"}");
	a.body = body;
	ask(&a);
	free(body);
	ASSERT_EQ(a.calls, 1);
	ASSERT_EQ(a.owner.label_count, OWNER_LABELS);
	ASSERT(a.drops.n[DROP_TAGS_FULL] >= 1000 - TAGS_MAX);
}

/* The fingerprint of what stands in that header, or in the path. */
static const char *fingerprint(struct asked *a, const char *name, const char *value,
			       const char *path)
{
	*a = (struct asked){ .path = path,
			     .body = "{\"model\":\"m\"}",
			     .tagging = { .key = key, .key_id = "k1", .last4 = true } };
	if (name)
		a->request[a->request_count++] = (struct header){ span_str(name), span_str(value) };
	ask(a);
	return a->owner.value[OWNER_KEY].text;
}

TEST(a_key_is_the_same_wherever_it_is_sent)
{
	const char *const path = "/v1/chat/completions", *const said = "sk-abcdefgh1234";
	struct asked a, b;

	fingerprint(&a, "Authorization", "Bearer sk-abcdefgh1234", path);
	ASSERT_EQ(strlen(a.owner.value[OWNER_KEY].text), KEYED_DIGITS + strlen("...1234"));
	ASSERT(strstr(a.owner.value[OWNER_KEY].text, "...1234"));
	ASSERT_STR(a.owner.value[OWNER_KEY_ID].text, "k1");
	ASSERT(!strstr(a.owner.value[OWNER_KEY].text, "sk-"));
	ASSERT_STR(fingerprint(&b, "x-api-key", said, path), a.owner.value[OWNER_KEY].text);
	ASSERT_STR(fingerprint(&b, "api-key", said, path), a.owner.value[OWNER_KEY].text);
	ASSERT_STR(fingerprint(&b, "X-Goog-Api-Key", said, path), a.owner.value[OWNER_KEY].text);
	ASSERT_STR(fingerprint(&b, NULL, NULL, "/v1/chat/completions?alt=sse&key=sk-abcdefgh1234"),
		   a.owner.value[OWNER_KEY].text);
	ASSERT(strcmp(fingerprint(&b, "x-api-key", "sk-abcdefgh1235", path),
		      a.owner.value[OWNER_KEY].text));
}

TEST(what_is_no_key_of_somebody_has_no_fingerprint)
{
	const char *const path = "/v1/chat/completions";
	struct asked a;

	ASSERT_STR(fingerprint(&a, "Authorization", "Bearer eyJhbGciOi.eyJz.c2ln", path), "");
	ASSERT_STR(fingerprint(&a, "Authorization", "Bearer ya29.a0AfH6", path), "");
	ASSERT_STR(fingerprint(&a, "Authorization", "Basic dXNlcjpwYXNz", path), "");
	ASSERT_STR(fingerprint(&a, "Authorization", "", path), "");
	ASSERT_STR(fingerprint(&a, "x-api-key", "short", path), "");
}

TEST(aws_signs_with_a_key_that_has_a_name)
{
	const char *const path = "/v1/chat/completions";
	struct asked a, b;

	fingerprint(&a, "Authorization",
		    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/bedrock/"
		    "aws4_request, SignedHeaders=host, Signature=aa",
		    path);
	ASSERT(a.owner.value[OWNER_KEY].text[0]);
	ASSERT_STR(
		fingerprint(&b, "Authorization",
			    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260102/eu/bedrock/"
			    "aws4_request, SignedHeaders=host, Signature=bb",
			    path),
		a.owner.value[OWNER_KEY].text);
}

TEST(while_the_secret_changes_rows_have_both_fingerprints)
{
	struct asked now = { .path = "/v1/chat/completions",
			     .body = "{\"model\":\"m\"}",
			     .request = { { SPAN("x-api-key"), SPAN("sk-abcdefgh1234") } },
			     .request_count = 1 },
		     then = now;

	then.tagging = (struct tagging){ .key = other_key, .key_id = "k0" };
	now.tagging = (struct tagging){
		.key = key, .key_id = "k1", .before = other_key, .before_id = "k0"
	};
	ask(&then);
	ask(&now);
	ASSERT_STR(now.owner.value[OWNER_KEY_BEFORE].text, then.owner.value[OWNER_KEY].text);
	ASSERT(strcmp(now.owner.value[OWNER_KEY].text, then.owner.value[OWNER_KEY].text));
}

/* The hash of the system prompt of that body; "": none. */
static const char *prompt_of(struct asked *a, const char *path, const char *body)
{
	*a = (struct asked){ .path = path, .body = body, .tagging = { .key = key, .key_id = "k" } };
	ask(a);
	return a->owner.value[OWNER_PROMPT].text;
}

TEST(a_system_prompt_is_one_wherever_it_stands)
{
	static const struct {
		const char *path, *body;
	} same[] = {
		{ "/v1/chat/completions",
		  "{\"messages\":[{\"role\":\"developer\",\"content\":\"You "
		  "plan.\"}]}" },
		{ "/v1/chat/completions", "{\"messages\":[{\"content\":\"You plan.\",\"role\":"
					  "\"system\"},{\"role\":\"user\",\"content\":\"x\"}]}" },
		{ "/v1/chat/completions",
		  "{\"messages\":[{\"role\":\"system\",\"content\":[{\"type\":"
		  "\"text\",\"text\":\"You plan.\"},{\"type\":\"text\","
		  "\"text\":\"Today: 1\"}]}]}" },
		{ "/v1/messages", "{\"system\":\"You plan.\",\"messages\":[]}" },
		{ "/v1/messages",
		  "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"system\":[{"
		  "\"type\":\"text\",\"text\":\"You plan.\"},{\"type\":\"text\","
		  "\"text\":\"b\"}]}" },
		{ "/v1/messages",
		  "{\"system\":[{\"type\":\"text\",\"text\":\"x-anthropic-billing-header"
		  ": v=1\"},{\"type\":\"text\",\"text\":\"You plan.\"}]}" },
		{ "/v1/responses", "{\"instructions\":\"You plan.\",\"input\":\"x\"}" },
		{ "/v1/responses", "{\"input\":[{\"role\":\"developer\",\"content\":[{\"type\":"
				   "\"input_text\",\"text\":\"You plan.\"}]}]}" },
		{ "/v1beta/models/gemini-2.0-flash:generateContent",
		  "{\"systemInstruction\":{\"parts\":[{\"text\":\"You plan.\"}]}}" },
	};
	struct asked a, b;

	prompt_of(&a, "/v1/chat/completions",
		  "{\"messages\":[{\"role\":\"system\",\"content\":\"You plan.\"}]}");
	ASSERT_EQ(strlen(a.owner.value[OWNER_PROMPT].text), KEYED_DIGITS);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		ASSERT_STR(prompt_of(&b, same[i].path, same[i].body),
			   a.owner.value[OWNER_PROMPT].text);
	ASSERT(strcmp(prompt_of(&b, "/v1/messages", "{\"system\":\"You cook.\"}"),
		      a.owner.value[OWNER_PROMPT].text));
	/* What a person says is none, also when a system's words stand behind it. */
	ASSERT_STR(prompt_of(&b, "/v1/chat/completions",
			     "{\"messages\":[{\"role\":\"user\",\"content\":\"You plan.\"},"
			     "{\"role\":\"system\",\"content\":\"You plan.\"}]}"),
		   "");
}

TEST(a_feature_that_nobody_named_has_a_name)
{
	struct owner o = { .known = true };

	owner__set(&o, OWNER_SERVICE, SPAN("shop"), TRUST_PLATFORM, "unit");
	owner__name_feature(&o);
	ASSERT_STR(o.value[OWNER_FEATURE].text, "");
	owner__set(&o, OWNER_PROMPT, SPAN("0123456789abcdef"), TRUST_CLAIMED, "system prompt");
	owner__name_feature(&o);
	ASSERT_STR(o.value[OWNER_FEATURE].text, "shop-012345");
	owner__set(&o, OWNER_FEATURE, SPAN("search"), TRUST_CLAIMED, "metadata.feature");
	owner__name_feature(&o);
	ASSERT_STR(o.value[OWNER_FEATURE].text, "search");
}

/* Makes a call with that user id, of a process in that group. */
static const char *user(struct quota *q, struct owner *o, const char *group, int number,
			uint64_t minute)
{
	char text[32];

	*o = (struct owner){ .known = true };
	owner__from_cgroup(o, group);
	snprintf(text, sizeof(text), "u%d", number);
	owner__set(o, OWNER_USER, span_str(text), TRUST_CLAIMED, "user");
	owner__bound(o, q, minute * 60000000000ull);
	return o->value[OWNER_USER].text;
}

TEST(a_flood_of_names_drowns_nobody_else)
{
	struct quota q;
	struct owner o;
	int others = 0;

	quota__init(&q);
	ASSERT_STR(user(&q, &o, "/shop", 7, 100), "u7");
	for (int i = 0; i < 1000000; i++)
		others +=
			!strcmp(user(&q, &o, "/flood", i, 100 + (uint64_t)i / 100000), QUOTA_OTHER);
	ASSERT_EQ(others, 1000000 - QUOTA_VALUES);
	ASSERT_STR(user(&q, &o, "/flood", 5, 109), "u5");
	ASSERT_STR(user(&q, &o, "/shop", 7, 110), "u7");
	ASSERT_STR(user(&q, &o, "/shop", 8, 110), "u8");
	/* An hour later there is room again, but for who was seen meanwhile. */
	ASSERT_STR(user(&q, &o, "/flood", 2000000, 162), "u2000000");
	ASSERT_STR(user(&q, &o, "/flood", 5, 162), "u5");
	/* More owners than there are sets: the oldest go. */
	for (int i = 0; i < 2 * QUOTA_SETS; i++) {
		char group[32];

		snprintf(group, sizeof(group), "/g%d", i);
		ASSERT_STR(user(&q, &o, group, 1, 163), "u1");
	}
	ASSERT_EQ(q.sets.count, QUOTA_SETS);
	quota__fini(&q);
}

TEST_MAIN()
