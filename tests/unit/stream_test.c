// SPDX-License-Identifier: BSD-2-Clause
#include "stream/ahead.h"
#include "stream/stream.h"
#include "test.h"

struct fixture {
	struct drops drops;
	struct stream *s;
	char told[4096];
	size_t n;
};

static void on_chunk(void *ctx, const struct chunk *c)
{
	struct fixture *f = ctx;

	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, "%llu%s@%llu",
				 (unsigned long long)c->conn, c->dir ? "<" : ">",
				 (unsigned long long)c->off);
	if (c->gap)
		f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " gap%llu",
					 (unsigned long long)c->gap);
	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, " '%.*s'%s\n",
				 (int)c->bytes.n, c->bytes.n ? (const char *)c->bytes.p : "",
				 c->flags & CHUNK_END ? " end" : "");
}

static struct fixture setup(void)
{
	return (struct fixture){ .n = 0 };
}

static void open_stream(struct fixture *f)
{
	f->s = stream__new(on_chunk, f, &f->drops);
}

static void feed(struct fixture *f, struct wire w, const void *data)
{
	struct wire *copy = malloc(sizeof(w) + w.len);

	*copy = w;
	if (w.len && data)
		memcpy(copy->data, data, w.len);
	stream__feed(f->s, copy);
	free(copy);
}

static void data(struct fixture *f, uint64_t conn, uint8_t dir, uint64_t off, const char *text)
{
	feed(f,
	     (struct wire){ .kind = WIRE_DATA,
			    .conn = conn,
			    .dir = dir,
			    .off = off,
			    .tgid = 7,
			    .len = (uint32_t)strlen(text) },
	     text);
}

TEST(bytes_in_order)
{
	struct fixture f = setup();

	open_stream(&f);
	data(&f, 1, WIRE_OUT, 0, "ab");
	data(&f, 1, WIRE_IN, 0, "xy");
	data(&f, 2, WIRE_OUT, 0, "other");
	data(&f, 1, WIRE_OUT, 2, "cd");
	stream__free(f.s);
	ASSERT_STR(f.told, "1>@0 'ab'\n1<@0 'xy'\n2>@0 'other'\n1>@2 'cd'\n");
}

TEST(missing_bytes_are_a_gap_before_the_next)
{
	struct fixture f = setup();

	open_stream(&f);
	data(&f, 1, WIRE_IN, 0, "ab");
	data(&f, 1, WIRE_IN, 10, "cd");
	stream__free(f.s);
	ASSERT_STR(f.told, "1<@0 'ab'\n1<@10 gap8 'cd'\n");
	ASSERT_EQ(f.drops.n[DROP_RING_FULL], 8);
}

TEST(bytes_told_twice_are_dropped)
{
	struct fixture f = setup();

	open_stream(&f);
	data(&f, 1, WIRE_IN, 0, "abcd");
	data(&f, 1, WIRE_IN, 2, "cd");
	stream__free(f.s);
	ASSERT_STR(f.told, "1<@0 'abcd'\n");
	ASSERT_EQ(f.drops.n[DROP_BAD_WIRE], 2);
}

TEST(unreadable_bytes_are_a_gap_of_their_length)
{
	struct fixture f = setup();

	open_stream(&f);
	data(&f, 1, WIRE_IN, 0, "ab");
	feed(&f,
	     (struct wire){ .kind = WIRE_DATA,
			    .conn = 1,
			    .dir = WIRE_IN,
			    .off = 2,
			    .len = 3,
			    .flags = WIRE_FAULT },
	     "???");
	data(&f, 1, WIRE_IN, 5, "cd");
	stream__free(f.s);
	ASSERT_STR(f.told, "1<@0 'ab'\n1<@5 gap3 ''\n1<@5 'cd'\n");
	ASSERT_EQ(f.drops.n[DROP_FAULT], 3);
}

TEST(a_lost_tail_is_told_once)
{
	struct fixture f = setup();
	struct wire lost = { .kind = WIRE_LOST, .conn = 1, .dir = WIRE_IN, .off = 9, .lost = 7 };

	open_stream(&f);
	data(&f, 1, WIRE_IN, 0, "ab");
	feed(&f, lost, NULL);
	feed(&f, lost, NULL);
	stream__free(f.s);
	ASSERT_STR(f.told, "1<@0 'ab'\n1<@9 gap7 ''\n");
}

TEST(an_end_tells_the_tail_that_is_missing)
{
	struct fixture f = setup();
	struct wire_end end = { .seen = { 4, 6 }, .lost = { 0, 4 } };

	open_stream(&f);
	data(&f, 1, WIRE_OUT, 0, "abcd");
	data(&f, 1, WIRE_IN, 0, "xy");
	feed(&f, (struct wire){ .kind = WIRE_END, .conn = 1, .len = sizeof(end) }, &end);
	data(&f, 1, WIRE_OUT, 4, "late");
	stream__free(f.s);
	ASSERT_STR(f.told, "1>@0 'abcd'\n1<@0 'xy'\n1>@4 '' end\n1<@6 gap4 '' end\n"
			   "1>@4 gap4 'late'\n");
}

TEST(an_exit_ends_the_processs_connections_by_age)
{
	struct fixture f = setup();

	open_stream(&f);
	data(&f, 9, WIRE_OUT, 0, "a");
	data(&f, 3, WIRE_OUT, 0, "b");
	feed(&f, (struct wire){ .kind = WIRE_EXIT, .tgid = 8 }, NULL);
	feed(&f, (struct wire){ .kind = WIRE_EXIT, .tgid = 7 }, NULL);
	stream__free(f.s);
	ASSERT_STR(f.told, "9>@0 'a'\n3>@0 'b'\n3>@1 '' end\n3<@0 '' end\n9>@1 '' end\n"
			   "9<@0 '' end\n");
}

TEST(what_was_only_proposed_is_not_told)
{
	struct fixture f = setup();

	open_stream(&f);
	feed(&f, (struct wire){ .kind = WIRE_DATA, .conn = 1, .len = 1, .flags = WIRE_PROPOSED },
	     "a");
	stream__free(f.s);
	ASSERT_STR(f.told, "");
}

/* Of the process that floods it the oldest goes: it may come back, and lost nothing. */
TEST(the_table_of_connections_is_bounded_and_shared)
{
	struct fixture f = setup();
	struct wire other = { .kind = WIRE_DATA, .conn = 1000000, .tgid = 8, .len = 1 };

	open_stream(&f);
	feed(&f, other, "a");
	for (uint64_t i = 1; i <= STREAM_CONN_MAX + 9; i++) {
		f.n = 0;
		data(&f, i, WIRE_OUT, 0, "abc");
	}
	ASSERT_EQ(f.drops.n[DROP_CONN_TABLE_FULL], 10);
	f.n = 0;
	other.off = 1;
	feed(&f, other, "b");
	ASSERT_STR(f.told, "1000000>@1 'b'\n");
	f.n = 0;
	data(&f, 1, WIRE_OUT, 3, "d");
	ASSERT_STR(f.told, "11>@3 '' end\n11<@0 '' end\n1>@3 gap3 'd'\n");
	ASSERT_EQ(f.drops.n[DROP_RING_FULL], 0);
	stream__free(f.s);
}

/* One call's record, whole unless flags say otherwise. */
static void call(struct fixture *f, uint64_t ts, uint8_t dir, uint64_t off, const char *text,
		 uint8_t flags)
{
	feed(f,
	     (struct wire){ .kind = WIRE_DATA,
			    .ts = ts,
			    .conn = 1,
			    .dir = dir,
			    .off = off,
			    .tgid = 7,
			    .flags = flags,
			    .len = (uint32_t)strlen(text) },
	     text);
}

static void writing(struct fixture *f, uint64_t ts, uint64_t off)
{
	feed(f, (struct wire){ .kind = WIRE_WRITING, .ts = ts, .conn = 1, .tgid = 7, .off = off },
	     NULL);
}

#define WHOLE (WIRE_CALL_FIRST | WIRE_CALL_LAST)

TEST(what_overtook_a_write_is_told_behind_it)
{
	struct fixture f = setup();

	open_stream(&f);
	writing(&f, 10, 0);
	call(&f, 10, WIRE_IN, 0, "answer", WHOLE);
	call(&f, 11, WIRE_IN, 6, "s rest", WHOLE);
	ASSERT_STR(f.told, "");
	call(&f, 12, WIRE_OUT, 0, "question", WHOLE);
	ASSERT_STR(f.told, "1>@0 'question'\n1<@0 'answer'\n1<@6 's rest'\n");
	call(&f, 13, WIRE_IN, 12, "more", WHOLE);
	stream__free(f.s);
	ASSERT_STR(f.told, "1>@0 'question'\n1<@0 'answer'\n1<@6 's rest'\n1<@12 'more'\n");
}

static void on_time(void *ctx, const struct chunk *c)
{
	struct fixture *f = ctx;

	f->n += (size_t)snprintf(f->told + f->n, sizeof(f->told) - f->n, "%s%llu ",
				 c->dir ? "<" : ">", (unsigned long long)c->ts);
}

/* It returned later than it passed: the answer was there by then. */
TEST(what_was_overtaken_is_no_later_than_what_overtook_it)
{
	struct fixture f = setup();

	f.s = stream__new(on_time, &f, &f.drops);
	writing(&f, 10, 0);
	call(&f, 11, WIRE_IN, 0, "answer", WHOLE);
	call(&f, 15, WIRE_OUT, 0, "question", WHOLE);
	call(&f, 16, WIRE_OUT, 8, "next", WHOLE);
	stream__free(f.s);
	ASSERT_STR(f.told, ">10 <11 >16 ");
}

/* Pieces of the write may come before it is said, and behind. */
TEST(a_write_in_pieces_is_waited_for_to_its_end)
{
	static const char *const piece[] = { "a", "b", "c" };

	for (unsigned before = 0; before <= 3; before++) {
		struct fixture f = setup();

		open_stream(&f);
		for (unsigned i = 0; i < 4; i++) {
			if (i == before) {
				writing(&f, 1, 0);
				call(&f, 1, WIRE_IN, 0, "x", WHOLE);
			}
			if (i < 3)
				call(&f, 2, WIRE_OUT, i, piece[i],
				     i == 0   ? WIRE_CALL_FIRST
				     : i == 2 ? WIRE_CALL_LAST
					      : 0);
		}
		stream__free(f.s);
		ASSERT_STR(f.told, "1>@0 'a'\n1>@1 'b'\n1>@2 'c'\n1<@0 'x'\n");
	}
}

TEST(an_earlier_write_is_not_the_one_that_is_waited_for)
{
	struct fixture f = setup();

	open_stream(&f);
	writing(&f, 1, 4);
	call(&f, 1, WIRE_IN, 0, "x", WHOLE);
	call(&f, 2, WIRE_OUT, 0, "head", WHOLE);
	ASSERT_STR(f.told, "1>@0 'head'\n");
	call(&f, 3, WIRE_OUT, 4, "body", WHOLE);
	stream__free(f.s);
	ASSERT_STR(f.told, "1>@0 'head'\n1>@4 'body'\n1<@0 'x'\n");
}

/* A write that never returns, or that failed, costs one wait. */
TEST(a_write_is_waited_for_only_so_long)
{
	struct fixture f = setup();

	open_stream(&f);
	writing(&f, 10, 0);
	call(&f, 10, WIRE_IN, 0, "a", WHOLE);
	feed(&f, (struct wire){ .kind = WIRE_TICK, .ts = 10 + AHEAD_NS }, NULL);
	ASSERT_STR(f.told, "");
	feed(&f, (struct wire){ .kind = WIRE_TICK, .ts = 11 + AHEAD_NS }, NULL);
	ASSERT_STR(f.told, "1<@0 'a'\n");
	call(&f, 12 + AHEAD_NS, WIRE_IN, 1, "b", WHOLE);
	call(&f, 13 + AHEAD_NS, WIRE_OUT, 0, "late", WHOLE);
	stream__free(f.s);
	ASSERT_STR(f.told, "1<@0 'a'\n1<@1 'b'\n1>@0 'late'\n");
}

TEST(gaps_are_where_they_were_when_it_is_held)
{
	struct fixture f = setup();

	open_stream(&f);
	writing(&f, 1, 0);
	call(&f, 1, WIRE_IN, 0, "ab", WHOLE);
	call(&f, 1, WIRE_IN, 4, "ef", WHOLE | WIRE_FAULT);
	feed(&f,
	     (struct wire){
		     .kind = WIRE_LOST, .conn = 1, .dir = WIRE_IN, .ts = 1, .off = 9, .lost = 5 },
	     NULL);
	ASSERT_STR(f.told, "");
	/* What was written did not come at all. */
	feed(&f,
	     (struct wire){
		     .kind = WIRE_LOST, .conn = 1, .dir = WIRE_OUT, .ts = 1, .off = 3, .lost = 3 },
	     NULL);
	stream__free(f.s);
	ASSERT_STR(f.told, "1>@3 gap3 ''\n1<@0 'ab'\n1<@6 gap4 ''\n1<@9 gap3 ''\n");
}

TEST(what_is_held_is_told_before_the_end)
{
	struct wire_end end = { .seen = { 0, 3 } };
	struct fixture f = setup();

	open_stream(&f);
	writing(&f, 1, 0);
	call(&f, 1, WIRE_IN, 0, "abc", WHOLE);
	feed(&f, (struct wire){ .kind = WIRE_END, .conn = 1, .len = sizeof(end) }, &end);
	writing(&f, 1, 0);
	call(&f, 1, WIRE_IN, 0, "d", WHOLE);
	feed(&f, (struct wire){ .kind = WIRE_EXIT, .tgid = 7 }, NULL);
	writing(&f, 1, 0);
	call(&f, 1, WIRE_IN, 0, "e", WHOLE);
	stream__finish(f.s, 1);
	writing(&f, 1, 0);
	call(&f, 1, WIRE_IN, 0, "f", WHOLE);
	stream__free(f.s);
	ASSERT_STR(f.told, "1<@0 'abc'\n1>@0 '' end\n1<@3 '' end\n"
			   "1<@0 'd'\n1>@0 '' end\n1<@1 '' end\n"
			   "1<@0 'e'\n1>@0 '' end\n1<@1 '' end\n");
}

static void on_chunk_ignore(void *ctx, const struct chunk *c)
{
	struct fixture *f = ctx;

	on_chunk(ctx, c);
	stream__ignore(f->s, c->conn);
}

TEST(who_is_ignored_while_it_is_told_has_told_all)
{
	struct fixture f = setup();

	f.s = stream__new(on_chunk_ignore, &f, &f.drops);
	writing(&f, 1, 0);
	call(&f, 1, WIRE_IN, 0, "abc", WHOLE);
	call(&f, 1, WIRE_IN, 3, "def", WHOLE);
	call(&f, 1, WIRE_OUT, 0, "x", WHOLE);
	writing(&f, 1, 1);
	stream__free(f.s);
	ASSERT_STR(f.told, "1>@0 'x'\n");
}

/* Who aheads most makes room; nothing of it is lost. */
TEST(what_is_held_is_bounded)
{
	static char text[65536];
	struct fixture f = setup();
	uint64_t off = 0;

	memset(text, 'a', sizeof(text) - 1);
	f.s = stream__new(on_time, &f, &f.drops);
	feed(&f, (struct wire){ .kind = WIRE_WRITING, .ts = 1, .conn = 2, .tgid = 8 }, NULL);
	feed(&f,
	     (struct wire){
		     .kind = WIRE_DATA, .ts = 2, .conn = 2, .dir = WIRE_IN, .tgid = 8, .len = 1 },
	     "b");
	writing(&f, 1, 0);
	for (int i = 0; off < AHEADS_BYTES_MAX + sizeof(text); i++, off += strlen(text)) {
		ASSERT_EQ(off < AHEADS_BYTES_MAX && f.n, 0);
		call(&f, 3, WIRE_IN, off, text, WHOLE);
	}
	ASSERT(f.n > 0 && !strstr(f.told, "<2 "));
	ASSERT_EQ(f.drops.n[DROP_RING_FULL], 0);
	stream__free(f.s);
}

TEST_MAIN()
