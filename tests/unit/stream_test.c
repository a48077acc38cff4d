// SPDX-License-Identifier: BSD-2-Clause
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

TEST_MAIN()
