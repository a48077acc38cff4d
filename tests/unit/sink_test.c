// SPDX-License-Identifier: BSD-2-Clause
/* Entries as JSON, as lines and as a bill: what is unknown, and what is hostile. */
#include <jansson.h>

#include "base/text.h"
#include "sink/sink.h"
#include "test.h"

/* An entry and all that it points to. */
struct fixture {
	struct exchange x;
	struct call call;
	struct charge charge;
	struct owner owner;
	struct entry e;
};

static struct fixture *fixture(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->x = (struct exchange){ .t_request = 1000000000,
				  .t_first_byte = 1400000000,
				  .t_last_byte = 3500000000,
				  .lib = WIRE_LIB_OPENSSL,
				  .flags = EXCHANGE_REQUEST_DONE | EXCHANGE_RESPONSE_DONE };
	f->x.request.path = SPAN("/v1/chat/completions");
	f->x.request.host = SPAN("api.openai.com");
	f->x.response.status = 200;
	f->call = (struct call){ .x = &f->x,
				 .provider = "openai",
				 .operation = "chat",
				 .api = "chat.completions",
				 .requested_model = "gpt-4o",
				 .served_model = "gpt-4o-2024-08-06",
				 .response_id = "chatcmpl-1",
				 .finish_reason = "stop",
				 .max_tokens = -1,
				 .complete = true,
				 .use = { .reasoning = -1 },
				 .usage_source = USAGE_REPORTED,
				 .result = CALL_OK };
	usage__set(&f->call.use, USAGE_INPUT, 400);
	usage__set(&f->call.use, USAGE_CACHE_READ, 600);
	usage__set(&f->call.use, USAGE_OUTPUT, 100);
	f->charge = (struct charge){ .basis = CHARGE_COMPUTED,
				     .price_id = "openai/gpt-4o",
				     .list_version = "test" };
	f->charge.nano_usd[USAGE_INPUT] = 1000000;
	f->charge.nano_usd[USAGE_OUTPUT] = 1750001;
	f->charge.total = 2750001;
	f->owner = (struct owner){ .proc = { .tgid = 4711, .start_ns = 255 },
				   .ppid = 1,
				   .uid = 1000,
				   .known = true,
				   .comm = "worker",
				   .exe = "/usr/bin/worker" };
	owner__set(&f->owner, OWNER_SERVICE, SPAN("worker"), TRUST_KERNEL, "executable");
	f->e = (struct entry){ .id = "000102030405060708090a0b0c0d0e0f",
			       .wall_end_ns = 1764000000123456789,
			       .call = &f->call,
			       .charge = &f->charge,
			       .owner = &f->owner };
	return f;
}

enum { JSON, LINE, COLOUR };

static char *written(const struct fixture *f, int how)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	int err = how == JSON ? sink_json__write(out, &f->e)
			      : sink_line__write(out, &f->e, how == COLOUR);

	fclose(out);
	if (err) {
		free(text);
		return NULL;
	}
	return text;
}

/* The member at "a.b.c", as JSON text without blanks; "-" where there is none. */
static const char *at(json_t *o, const char *path, char *dst, size_t cap)
{
	char key[64];
	char *text;

	while (o && *path) {
		size_t n = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)n, path);
		o = json_object_get(o, key);
		path += n + (path[n] == '.');
	}
	text = o ? json_dumps(o, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	snprintf(dst, cap, "%s", text ? text : "-");
	free(text);
	return dst;
}

static const struct {
	const char *path, *whole, *unknown;
} members[] = {
	{ "@timestamp", "\"2025-11-24T16:00:00.123Z\"", "\"2025-11-24T16:00:00.123Z\"" },
	{ "event.duration", "2500000000", "0" },
	{ "event.outcome", "\"success\"", "\"failure\"" },
	{ "gen_ai.request.model", "\"gpt-4o\"", "-" },
	{ "gen_ai.request.max_tokens", "-", "-" },
	{ "gen_ai.response.finish_reasons", "[\"stop\"]", "-" },
	{ "gen_ai.usage.input_tokens", "1000", "-" },
	{ "gen_ai.usage.output_tokens", "100", "-" },
	{ "gen_ai.usage.cache_read.input_tokens", "600", "-" },
	{ "gen_ai.usage.cache_write", "-", "-" },
	{ "gen_ai.usage.reasoning", "-", "-" },
	{ "wiretally.tokens", "{\"input\":400,\"cache_read\":600,\"output\":100}", "-" },
	{ "wiretally.cost.usd", "\"0.002750001\"", "-" },
	{ "wiretally.cost.nano_usd", "{\"input\":1000000,\"output\":1750001,\"total\":2750001}",
	  "-" },
	{ "wiretally.cost.price.id", "\"openai/gpt-4o\"", "-" },
	{ "wiretally.cost.price.basis", "\"computed\"", "\"unknown\"" },
	{ "wiretally.owner", "{\"service\":\"worker\",\"trust\":{\"service\":\"kernel\"}}", "-" },
	{ "wiretally.ttft_ns", "400000000", "-" },
	{ "wiretally.usage_source", "\"reported\"", "\"none\"" },
	{ "wiretally.result", "\"ok\"", "\"error\"" },
	{ "process.entity_id", "\"1267-ff\"", "\"1267-ff\"" },
	{ "process.executable", "\"/usr/bin/worker\"", "-" },
	{ "user.id", "\"1000\"", "-" },
	{ "container", "-", "-" },
	{ "http.response.status_code", "200", "-" },
	{ "url.domain", "\"api.openai.com\"", "-" },
};

TEST(json_leaves_out_what_is_unknown)
{
	for (int unknown = 0; unknown < 2; unknown++) {
		struct fixture *f = fixture();
		char got[512], *text;
		json_t *o;

		if (unknown) {
			f->call.use = (struct usage){ .reasoning = -1 };
			f->call.usage_source = USAGE_NONE;
			f->call.result = CALL_ERROR;
			*f->call.requested_model = *f->call.finish_reason = '\0';
			f->charge = (struct charge){ .basis = CHARGE_UNKNOWN };
			f->owner = (struct owner){ .proc = f->owner.proc };
			f->x.t_first_byte = f->x.t_last_byte = 0;
			f->x.response.status = 0;
			f->x.request.host = SPAN("");
		}
		text = written(f, JSON);
		ASSERT(text && text[strlen(text) - 1] == '\n');
		o = json_loads(text, 0, NULL);
		ASSERT(o);
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
			const char *want = unknown ? members[i].unknown : members[i].whole;

			if (strcmp(at(o, members[i].path, got, sizeof(got)), want))
				TEST_FAIL("%s is %s, expected %s", members[i].path, got, want);
		}
		json_decref(o);
		free(text);
		free(f);
	}
}

/* Bytes that are no UTF-8, that end a string, that steer a terminal. */
static const char hostile[] = "\x1b[2J\"\\\n\xff\xc3\xa9\xed\xa0\x80\xc2\x9b\x7f";

TEST(json_is_valid_whatever_a_process_sent)
{
	static uint8_t large[65536];
	struct fixture *f = fixture();
	json_t *o;
	char *text;

	span__copy(SPAN(hostile), f->call.requested_model, sizeof(f->call.requested_model));
	span__copy(SPAN(hostile), f->call.finish_reason, sizeof(f->call.finish_reason));
	span__copy(SPAN(hostile), f->owner.exe, sizeof(f->owner.exe));
	for (int i = 0; i < OWNER_FIELDS; i++)
		owner__set(&f->owner, i, SPAN(hostile), TRUST_CLAIMED, "script");
	memset(large, 0xff, sizeof(large));
	for (int i = 0; i < 2 * OWNER_LABELS; i++)
		owner__label(&f->owner, i % 2 ? SPAN(hostile) : span_of(large, sizeof(large)),
			     i % 3 ? SPAN(hostile) : span_of(large, sizeof(large)));
	f->x.request.host = SPAN(hostile);
	f->x.request.path = SPAN(hostile);
	text = written(f, JSON);
	ASSERT(text);
	ASSERT(strlen(text) < 32768);
	ASSERT(strchr(text, '\n') == text + strlen(text) - 1);
	o = json_loads(text, 0, NULL);
	ASSERT(o);
	json_decref(o);
	free(text);
	free(f);
}

static size_t columns(const char *s)
{
	size_t n = 0;

	for (; *s && *s != '\n'; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

TEST(a_line_fits_whatever_a_process_sent)
{
	static const char *const names[] = {
		"",
		"worker",
		"a-service-with-a-very-long-name-indeed",
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
		hostile,
	};
	static const uint32_t pids[] = { 1, 4711, UINT32_MAX };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t k = 0; k < 3; k++) {
			struct fixture *f = fixture();
			char pid[16], *text;

			owner__set(&f->owner, OWNER_SERVICE, span_str(names[i]), TRUST_CLAIMED,
				   "script");
			span__copy(span_str(names[i]), f->call.served_model,
				   sizeof(f->call.served_model));
			f->owner.proc.tgid = pids[k];
			text = written(f, LINE);
			ASSERT(text);
			snprintf(pid, sizeof(pid), "[%u]", pids[k]);
			ASSERT(strstr(text, pid));
			ASSERT_EQ(columns(text), 100);
			for (const char *p = text; *p; p++)
				ASSERT(*p == '\n' ? !p[1] : (uint8_t)*p >= 0x20 && *p != 0x7f);
			free(text);
			free(f);
		}
}

TEST(a_line_says_what_is_wrong)
{
	static const struct {
		uint8_t result, source, basis;
		uint16_t status;
		const char *says;
	} cases[] = {
		{ CALL_OK, USAGE_REPORTED, CHARGE_COMPUTED, 200, " $0.002750001  0.4s   2.5s\n" },
		{ CALL_OK, USAGE_REPORTED, CHARGE_UNKNOWN, 200, " ?  0.4s   2.5s  no price\n" },
		{ CALL_OK, USAGE_NONE, CHARGE_UNKNOWN, 200, "  no usage sent\n" },
		{ CALL_OK, USAGE_IMPLAUSIBLE, CHARGE_COMPUTED, 200, "  implausible\n" },
		{ CALL_REFUSED, USAGE_NONE, CHARGE_NOT_BILLED, 429,
		  " -  0.4s   2.5s  refused 429\n" },
		{ CALL_ERROR, USAGE_NONE, CHARGE_NOT_BILLED, 529, "  error 529\n" },
		{ CALL_ERROR, USAGE_NONE, CHARGE_NOT_BILLED, 200, "  error\n" },
		{ CALL_ABORTED, USAGE_REPORTED, CHARGE_COMPUTED, 200, "  aborted\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture *f = fixture();
		char *text;

		f->call.result = cases[i].result;
		f->call.usage_source = cases[i].source;
		f->charge.basis = cases[i].basis;
		f->x.response.status = cases[i].status;
		text = written(f, LINE);
		if (!text || !span__ends(span_str(text), span_str(cases[i].says)))
			TEST_FAIL("case %zu: %s", i, text);
		free(text);
		free(f);
	}
}

TEST(the_heading_stands_over_the_columns)
{
	struct fixture *f = fixture();
	char *text = NULL, *line = written(f, LINE);
	size_t n;
	FILE *out = open_memstream(&text, &n);

	ASSERT_EQ(sink_line__heading(out, false), 0);
	fclose(out);
	ASSERT_EQ(columns(text), 100);
	ASSERT_EQ(strstr(text, "MODEL") - text, strstr(line, "gpt-4o") - line);
	ASSERT_EQ(strstr(text, "TOOK") + 4 - text, strchr(line, '\n') - line);
	free(text);
	free(line);
	free(f);
}

TEST(what_a_subscription_pays_is_shown_and_not_summed)
{
	struct fixture *f = fixture();
	struct bill *b = bill__new();
	char *text, got[200];
	size_t n;
	FILE *out;
	json_t *o;

	bill__add(b, &f->e);
	charge__not_spent(&f->charge);
	bill__add(b, &f->e);
	text = written(f, JSON);
	o = json_loads(text, 0, NULL);
	ASSERT_STR(at(o, "wiretally.cost.kind", got, sizeof(got)), "\"subscription_equivalent\"");
	ASSERT_STR(at(o, "wiretally.cost.usd", got, sizeof(got)), "\"0.002750001\"");
	ASSERT_STR(at(o, "wiretally.cost.nano_usd.total", got, sizeof(got)), "2750001");
	json_decref(o);
	free(text);
	text = written(f, LINE);
	ASSERT(strstr(text, "($0.002750001)"));
	free(text);
	out = open_memstream(&text, &n);
	ASSERT_EQ(bill__print_json(b, NULL, out), 0);
	fclose(out);
	o = json_loads(text, 0, NULL);
	ASSERT_STR(at(o, "total.nano_usd", got, sizeof(got)), "2750001");
	ASSERT_STR(at(o, "total.subscription_nano_usd", got, sizeof(got)), "2750001");
	json_decref(o);
	free(text);
	out = open_memstream(&text, &n);
	ASSERT_EQ(bill__print(b, out, false), 0);
	fclose(out);
	ASSERT(strstr(text, "$0.002750001 more is what calls would cost"));
	free(text);
	bill__free(b);
	free(f);
}

TEST(a_bill_keeps_what_has_no_figure_apart)
{
	struct fixture *f = fixture();
	struct bill *b = bill__new();
	char *text = NULL, got[200];
	size_t n;
	FILE *out = open_memstream(&text, &n);
	json_t *o;

	bill__add(b, &f->e);
	bill__add(b, &f->e);
	f->charge = (struct charge){ .basis = CHARGE_UNKNOWN };
	span__copy(SPAN("local"), f->call.served_model, sizeof(f->call.served_model));
	bill__add(b, &f->e);
	f->call.usage_source = USAGE_IMPLAUSIBLE;
	f->call.result = CALL_REFUSED;
	f->charge.basis = CHARGE_NOT_BILLED;
	bill__add(b, &f->e);
	ASSERT_EQ(bill__print_json(b, NULL, out), 0);
	fclose(out);
	o = json_loads(text, 0, NULL);
	ASSERT(o);
	ASSERT_STR(at(o, "total.calls", got, sizeof(got)), "4");
	ASSERT_STR(at(o, "total.nano_usd", got, sizeof(got)), "5500002");
	ASSERT_STR(at(o, "total.usd", got, sizeof(got)), "\"0.005500002\"");
	ASSERT_STR(at(o, "total.unpriced", got, sizeof(got)), "1");
	ASSERT_STR(at(o, "total.not_billed", got, sizeof(got)), "1");
	ASSERT_STR(at(o, "total.implausible", got, sizeof(got)), "1");
	ASSERT_STR(at(o, "models.local.calls", got, sizeof(got)), "2");
	json_decref(o);
	free(text);
	out = open_memstream(&text, &n);
	ASSERT_EQ(bill__print(b, out, false), 0);
	fclose(out);
	ASSERT(strstr(text, "$0.005500002\n"));
	ASSERT(strstr(text, "1 without a price or without usage"));
	free(text);
	bill__free(b);
	free(f);
}

/* More models than a bill has rows: none is lost, the total is theirs. */
TEST(a_bill_is_bounded)
{
	struct fixture *f = fixture();
	struct bill *b = bill__new();
	char *text = NULL, got[64];
	size_t n;
	FILE *out = open_memstream(&text, &n);
	json_t *o, *model;
	const char *name;
	json_int_t calls = 0;

	for (int i = 0; i < 1000; i++) {
		snprintf(f->call.served_model, sizeof(f->call.served_model), "model-%d", i);
		bill__add(b, &f->e);
	}
	ASSERT_EQ(bill__print_json(b, NULL, out), 0);
	fclose(out);
	o = json_loads(text, 0, NULL);
	ASSERT(o);
	ASSERT_STR(at(o, "total.calls", got, sizeof(got)), "1000");
	json_object_foreach(json_object_get(o, "models"), name, model) calls +=
		json_integer_value(json_object_get(model, "calls"));
	ASSERT_EQ(calls, 1000);
	json_decref(o);
	free(text);
	bill__free(b);
	free(f);
}

TEST(times_in_utc)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1764000000999999999, "2025-11-24T16:00:00.999Z" },
		{ 951782400000000000, "2000-02-29T00:00:00.000Z" },
	};
	char text[40];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_time(cases[i].ns, text, sizeof(text));
		ASSERT_STR(text, cases[i].text);
	}
}

TEST_MAIN()
