// SPDX-License-Identifier: BSD-2-Clause
#include "base/json.h"
#include "provider/liken.h"
#include "provider/shingles.h"
#include "test.h"

static const uint8_t key[32] = "a key that is of this test alone";

static void on_value(void *ctx, const struct json_value *v)
{
	struct liken_at at = liken_at(v->path);

	liken__value(ctx, v, &at);
}

static void on_piece(void *ctx, struct span path, struct span piece)
{
	liken__piece(ctx, piece);
}

/* In pieces of so many bytes. */
static struct likeness likeness_in(const char *body, size_t step)
{
	struct liken l;
	struct likeness got;
	struct json_scan *s = json_scan__new(on_value, &l);

	liken__begin(&l, SPAN("/v1/chat/completions"));
	json_scan__pieces(s, on_piece);
	for (size_t at = 0, n = strlen(body); at < n; at += step)
		json_scan__feed(s, span_of(body + at, n - at < step ? n - at : step));
	liken__end(&l, key, &got);
	liken__free(&l);
	json_scan__free(s);
	return got;
}

static uint64_t request(const char *body)
{
	uint64_t whole = likeness_in(body, 1 << 20).request;

	/* The same however it is cut; 0 is none, and equals none. */
	return likeness_in(body, 1).request == whole ? whole : 0;
}

TEST(what_does_not_change_the_answer_is_no_part_of_a_request)
{
	const char *a = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
			"\"temperature\":0.7}";

	ASSERT(request(a) != 0 && request(a) < 1ull << LIKENESS_BITS);
	ASSERT(request(a) ==
	       request("{\"user\":\"u1\",\"temperature\":0.7,\"stream\":true,\"metadata\":{\"a\":1},"
		       "\"messages\":[{\"content\":\"Hi\",\"role\":\"user\",\"cache_control\":"
		       "{\"type\":\"ephemeral\"}}],\"model\":\"m\"}"));
	ASSERT(request(a) !=
	       request("{\"model\":\"n\",\"messages\":[{\"role\":\"user\",\"content\":"
		       "\"Hi\"}],\"temperature\":0.7}"));
	ASSERT(request(a) !=
	       request("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
		       "\"Hi\"}],\"temperature\":0.8}"));
	ASSERT(request("{\"m\":[1]}") != 0);
	ASSERT(request("{\"m\":[{\"c\":\"a\"},{\"c\":\"b\"}]}") !=
	       request("{\"m\":[{\"c\":\"b\"},{\"c\":\"a\"}]}"));
	ASSERT_EQ(likeness_in(a, 7).traits, LIKENESS_WARM);
	ASSERT_EQ(likeness_in("{\"temperature\":0,\"format\":\"json\"}", 7).traits, LIKENESS_JSON);
	ASSERT_EQ(likeness_in("{\"temperature\":1.5}", 7).traits, LIKENESS_WARM | LIKENESS_HOT);
}

TEST(without_a_key_there_is_no_hash)
{
	struct liken l;
	struct likeness got;

	liken__begin(&l, SPAN("/"));
	on_value(&l, &(struct json_value){ .kind = JSON_TRUE, .path = SPAN("input") });
	liken__end(&l, NULL, &got);
	liken__free(&l);
	ASSERT_EQ(got.request, 0);
	ASSERT_EQ(got.inputs.kept, 0);
}

/* Texts from `from` on, so many of them; of each request the same ones are kept. */
static struct likeness inputs(int from, int count)
{
	char body[65536];
	size_t n = (size_t)snprintf(body, sizeof(body), "{\"input\":[");

	for (int i = from; i < from + count; i++)
		n += (size_t)snprintf(body + n, sizeof(body) - n, "%s\"text %d\"",
				      i > from ? "," : "", i);
	snprintf(body + n, sizeof(body) - n, "]}");
	return likeness_in(body, 100);
}

TEST(of_many_texts_the_same_ones_are_kept_of_each_request)
{
	struct likeness few = inputs(0, 5), many = inputs(0, 1000), more = inputs(500, 1000);
	int same = 0;

	ASSERT_EQ(few.inputs.count, 5);
	ASSERT_EQ(few.inputs.level, 0);
	ASSERT_EQ(few.inputs.kept, 5);
	ASSERT_EQ(many.inputs.count, 1000);
	ASSERT(many.inputs.kept > 0 && many.inputs.kept <= LIKENESS_INPUTS);
	/* One stands for 2^level of them, about. */
	ASSERT(many.inputs.kept << many.inputs.level > 250 &&
	       many.inputs.kept << many.inputs.level < 4000);
	for (int i = 0; i < many.inputs.kept; i++)
		for (int j = 0; j < more.inputs.kept; j++)
			same += many.inputs.hash[i] == more.inputs.hash[j];
	ASSERT(same > 0);
}

static const char answer[] =
	"The meter counts what the wire carries and says what it does not know. A call that was "
	"asked again is counted once, and what it cost is charged to whoever asked for it first, "
	"as far as that can be seen from outside; where it can't, the figure says so, and is in no "
	"sum that anybody is billed by, for a month that is over or for one that is still open.";

TEST(who_quotes_a_text_has_its_runs_of_words)
{
	struct shingles said = { .words = 0 }, quoted = said, streamed = said, other = said;
	uint32_t same = 0;

	shingles__add(&said, SPAN("Judge this:\n\n> "), 128);
	shingles__add(&said, span_str(answer), 128);
	shingles__end(&said, 128);
	for (size_t i = 0; i < sizeof(answer) - 1; i++)
		shingles__add(&quoted, span_of(answer + i, 1), 16);
	shingles__end(&quoted, 16);
	ASSERT(shingles__kept(&quoted) >= 3);
	for (uint32_t i = 0; i < shingles__kept(&quoted); i++)
		for (uint32_t j = 0; j < shingles__kept(&said); j++)
			same += quoted.hash[i] == said.hash[j];
	ASSERT_EQ(same, shingles__kept(&quoted));
	/* As an event has it: in two pieces, each up to its quote. */
	shingles__add_json(&streamed, SPAN("one two three\\nfour fi\",\"x\":\"no"), 16);
	shingles__add_json(&streamed, SPAN("ve six \\u2019seven eight \""), 16);
	shingles__add(&other, SPAN("One two: three four five six seven eight "), 16);
	ASSERT_EQ(streamed.words, 8);
	ASSERT_EQ(other.words, 8);
	for (int i = 0; i < SHINGLE_WORDS; i++)
		ASSERT_EQ(streamed.last[i], other.last[i]);
	shingles__free(&said);
	shingles__free(&quoted);
	shingles__free(&streamed);
	shingles__free(&other);
}

TEST_MAIN()
