// SPDX-License-Identifier: BSD-2-Clause
#include "attribute/rules.h"
#include "base/glob.h"
#include "test.h"

TEST(stars_stand_for_any_bytes)
{
	static const struct {
		const char *text, *pattern;
		bool fits;
	} cases[] = {
		{ "search", "search", true },
		{ "search", "searc", false },
		{ "search", "s*", true },
		{ "search", "*h", true },
		{ "search", "*ear*", true },
		{ "search", "s*x*h", false },
		{ "search", "*", true },
		{ "", "*", true },
		{ "", "", true },
		{ "x", "", false },
		{ "aXbXc", "a*X*c", true },
		{ "aab", "*ab", true },
		{ "abcabc", "abc*abc", true },
		{ "abc", "abc*abc", false },
		{ "search", "**s**h**", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ASSERT_EQ(glob_fits(span_str(cases[i].text), span_str(cases[i].pattern)),
			  cases[i].fits);
}

/* A call of the service shop in the namespace prod, with a header and a tag. */
struct fixture {
	struct rules *r;
	struct exchange x;
	struct call c;
	struct tags tags;
	struct tag_opts t;
	struct owner o;
};

static void setup(struct fixture *f)
{
	static char packed[] = "\0\377x-team\0ads\0"
			       "\0\7metadata.customer\0acme\0"
			       "\0\7Helicone-Property-Tier\0pro\0"
			       "\0\7metadata.email\0jo@example.com";

	packed[0] = (char)TAG_FOR_RULES;
	packed[13] = packed[38] = (char)OWNER_FIELDS;
	packed[67] = (char)OWNER_USER;
	*f = (struct fixture){ .r = rules__new(), .t = { .end_users = END_USERS_PLAIN } };
	f->tags = (struct tags){ .p = packed, .n = sizeof(packed), .count = 4 };
	f->x.request.host = SPAN("api.openai.com");
	f->c = (struct call){ .x = &f->x,
			      .provider = "openai",
			      .api = "embeddings",
			      .requested_model = "m-small",
			      .path = "/v1/embeddings",
			      .tags = &f->tags };
	span__copy(SPAN("/usr/bin/python3"), f->o.exe, sizeof(f->o.exe));
	owner__set(&f->o, OWNER_SERVICE, SPAN("shop-web"), TRUST_CLAIMED, "OTEL_SERVICE_NAME");
	owner__set(&f->o, OWNER_NAMESPACE, SPAN("prod"), TRUST_PLATFORM, "k8s.namespace.name");
	owner__set(&f->o, OWNER_FEATURE, SPAN("said"), TRUST_CLAIMED, "metadata.feature");
	owner__label(&f->o, SPAN("acme.example/team"), SPAN("core"));
}

static const char *add(struct fixture *f, struct rule_def d)
{
	const char *name;

	d.where = "config.yaml:3";
	while (d.when_count < RULE_WHEN_MAX && d.when[d.when_count].name)
		d.when_count++;
	return rules__add(f->r, &d, &name);
}

TEST(the_first_rule_that_fits_stands)
{
	struct fixture f;

	setup(&f);
	ASSERT(!add(&f, (struct rule_def){ "feature", "cart", NULL, { { "namespace", "test" } } }));
	ASSERT(!add(&f, (struct rule_def){ "feature",
					   "search",
					   NULL,
					   { { "service", "shop-*" }, { "api", "embeddings" } } }));
	ASSERT(!add(&f, (struct rule_def){ "feature", "rest", NULL }));
	rules__apply(f.r, &f.t, &f.c, &f.o);
	ASSERT_STR(f.o.value[OWNER_FEATURE].text, "search");
	ASSERT_STR(f.o.value[OWNER_FEATURE].origin, "config.yaml:3");
	rules__free(f.r);
}

TEST(a_value_is_trusted_as_the_least_of_what_made_it)
{
	static const struct {
		const char *name, *pattern;
		enum owner_trust trust;
	} cases[] = {
		{ "service", "shop*", TRUST_CLAIMED },
		{ "namespace", "prod", TRUST_PLATFORM },
		{ "exe", "*python*", TRUST_PLATFORM },
		{ "header.x-team", "ads", TRUST_CLAIMED },
		{ "label.acme.example/team", "core", TRUST_CLAIMED },
		{ "tag.metadata.customer", "a*", TRUST_CLAIMED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		setup(&f);
		ASSERT(!add(&f,
			    (struct rule_def){
				    "team", "t", NULL, { { cases[i].name, cases[i].pattern } } }));
		rules__apply(f.r, &f.t, &f.c, &f.o);
		ASSERT_STR(f.o.value[OWNER_TEAM].text, "t");
		ASSERT_EQ(f.o.value[OWNER_TEAM].trust, cases[i].trust);
		rules__free(f.r);
	}
}

TEST(a_value_comes_from_any_field)
{
	static const char *const cases[][2] = {
		{ "namespace", "prod" },
		{ "header.X-Team", "ads" },
		{ "header.helicone-property-tier", "pro" },
		{ "tag.Helicone-Property-Tier", "pro" },
		{ "tag.metadata.email", "jo@example.com" },
		{ "label.acme.example/team", "core" },
		{ "tag.metadata.customer", "acme" },
		{ "path", "/v1/embeddings" },
		{ "host", "api.openai.com" },
		{ "provider", "openai" },
		{ "model", "m-small" },
		{ "exe", "/usr/bin/python3" },
		/* what is not there sets nothing */
		{ "header.x-none", "" },
		{ "tag.x-team", "" },
		{ "pod", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		setup(&f);
		ASSERT(!add(&f, (struct rule_def){ .set = "team", .from = cases[i][0] }));
		rules__apply(f.r, &f.t, &f.c, &f.o);
		ASSERT_STR(f.o.value[OWNER_TEAM].text, cases[i][1]);
		rules__free(f.r);
	}
}

TEST(headers_of_rules_are_asked_for_once)
{
	struct fixture f;

	setup(&f);
	ASSERT(!add(&f, (struct rule_def){ .set = "team", .from = "header.X-Team" }));
	ASSERT(!add(&f, (struct rule_def){ "flow", "x", NULL, { { "header.x-team", "a" } } }));
	ASSERT_STR(rules__header(f.r, 0), "x-team");
	ASSERT(!rules__header(f.r, 1));
	rules__free(f.r);
}

TEST(secrets_are_not_looked_at)
{
	static const char *const names[] = {
		"header.Authorization",
		"header.proxy-authorization",
		"header.api-key",
		"header.X-Api-Key",
		"header.x-goog-api-key",
		"header.ocp-apim-subscription-key",
		"header.cookie",
		"header.x-amz-security-token",
		"header.set-cookie",
		"header.helicone-auth",
		"header.x-portkey-api-key",
		"header.cf-aig-authorization",
		"header.x-my-secret",
	};
	struct fixture f;

	setup(&f);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ASSERT(strstr(add(&f, (struct rule_def){ .set = "team", .from = names[i] }),
			      "is a secret"));
		ASSERT(strstr(add(&f,
				  (struct rule_def){ "team", "t", NULL, { { names[i], "*" } } }),
			      "is a secret"));
	}
	ASSERT_EQ(rules__count(f.r), 0);
	ASSERT(!rules__header(f.r, 0));
	ASSERT(!add(&f, (struct rule_def){ .set = "session", .from = "header.x-session-id" }));
	rules__free(f.r);
}

TEST(more_headers_than_are_looked_at_are_told)
{
	char name[32];
	struct fixture f;

	setup(&f);
	for (int i = 0; i < RULE_HEADERS_MAX; i++) {
		snprintf(name, sizeof(name), "header.x-%d", i);
		ASSERT(!add(&f, (struct rule_def){ .set = "team", .from = name }));
	}
	ASSERT(strstr(add(&f, (struct rule_def){ .set = "team", .from = "header.x-more" }),
		      "more than 32 headers"));
	ASSERT(!add(&f, (struct rule_def){ .set = "team", .from = "header.x-7" }));
	ASSERT_EQ(rules__count(f.r), RULE_HEADERS_MAX + 1);
	ASSERT(!rules__header(f.r, RULE_HEADERS_MAX));
	rules__free(f.r);
}

/* What a rule makes of an end user, told in that way. */
static const char *told_user(struct fixture *f, enum end_users_mode mode, struct rule_def d)
{
	static const uint8_t key[32] = { 1, 2, 3 };

	setup(f);
	f->t = (struct tag_opts){ .end_users = mode, .key = key };
	owner__set(&f->o, OWNER_USER, SPAN("told"), TRUST_CLAIMED, "metadata.email");
	if (add(f, d))
		return "refused";
	rules__apply(f->r, &f->t, &f->c, &f->o);
	rules__free(f->r);
	return f->o.value[!strcmp(d.set, "user") ? OWNER_USER : OWNER_TEAM].text;
}

TEST(whoever_a_rule_makes_the_user_is_told_as_users_are)
{
	static const struct rule_def makes[] = {
		{ .set = "user", .from = "header.x-team" },
		{ .set = "user", .from = "tag.metadata.email" },
		{ .set = "team", .from = "tag.metadata.email" },
		{ .set = "user", .from = "label.acme.example/team" },
		{ .set = "user", .to = "batch" },
	};
	static const char *const plain[] = { "ads", "jo@example.com", "jo@example.com", "core",
					     "batch" };
	struct fixture f;

	for (size_t i = 0; i < sizeof(makes) / sizeof(makes[0]); i++) {
		const char *hash = told_user(&f, END_USERS_HASHED, makes[i]);

		ASSERT_EQ(strspn(hash, "0123456789abcdef"), 16);
		ASSERT_EQ(strlen(hash), 16);
		ASSERT_STR(told_user(&f, END_USERS_PLAIN, makes[i]), plain[i]);
		/* Off: what stood before is none, or as it was told. */
		ASSERT_STR(told_user(&f, END_USERS_OFF, makes[i]),
			   strcmp(makes[i].set, "user") ? "" : "told");
	}
	ASSERT_STR(told_user(&f, END_USERS_HASHED,
			     (struct rule_def){ .set = "user", .from = "user" }),
		   "told");
}

TEST(mistakes_are_told)
{
	struct fixture f;

	setup(&f);
	ASSERT(strstr(add(&f, (struct rule_def){ .set = "team" }), "one of 'to' and 'from'"));
	ASSERT(strstr(add(&f, (struct rule_def){ "team", "a", "pod" }), "one of 'to' and 'from'"));
	ASSERT(strstr(add(&f, (struct rule_def){ "pod", "a", NULL }), "can't be set"));
	ASSERT(strstr(add(&f, (struct rule_def){ "nonsense", "a", NULL }), "can't be set"));
	ASSERT(strstr(add(&f, (struct rule_def){ .set = "team", .from = "header." }),
		      "is nothing"));
	ASSERT(strstr(
		add(&f,
		    (struct rule_def){ "team", "a", NULL, { { "pod", "x" }, { "colour", "x" } } }),
		"is nothing"));
	ASSERT_EQ(rules__count(f.r), 0);
	for (int i = 0; i < RULES_MAX; i++)
		ASSERT(!add(&f, (struct rule_def){ "team", "a", NULL }));
	ASSERT(strstr(add(&f, (struct rule_def){ "team", "a", NULL }), "more than there can be"));
	rules__free(f.r);
	rules__free(NULL);
}

TEST_MAIN()
