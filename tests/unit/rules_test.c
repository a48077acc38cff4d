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
	struct owner o;
};

static void setup(struct fixture *f)
{
	static char packed[] = "\0\377x-team\0ads\0"
			       "\0\7metadata.customer\0acme";

	packed[0] = packed[13] = (char)OWNER_FIELDS;
	*f = (struct fixture){ .r = rules__new() };
	f->tags = (struct tags){ .p = packed, .n = sizeof(packed), .count = 2 };
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
	rules__apply(f.r, &f.c, &f.o);
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
		rules__apply(f.r, &f.c, &f.o);
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
		{ "label.acme.example/team", "core" },
		{ "tag.metadata.customer", "acme" },
		{ "path", "/v1/embeddings" },
		{ "host", "api.openai.com" },
		{ "provider", "openai" },
		{ "model", "m-small" },
		{ "exe", "/usr/bin/python3" },
		/* what is not there sets nothing */
		{ "header.x-none", "" },
		{ "pod", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		setup(&f);
		ASSERT(!add(&f, (struct rule_def){ .set = "team", .from = cases[i][0] }));
		rules__apply(f.r, &f.c, &f.o);
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
