// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <sys/stat.h>

#include "sink/delivery.h"
#include "spool_fixture.h"

static char file[128];

#define HOST "\"host\":{\"name\":\"h\"},"

/* What is in that file, as text. */
static const char *content(const char *name)
{
	static char text[8192];
	FILE *f = fopen(name, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	/* Whose host it is stands in each row: in this test it is taken out again. */
	for (char *at; (at = strstr(text, HOST));)
		memmove(at, at + strlen(HOST), strlen(at + strlen(HOST)) + 1);
	return f ? text : "no file";
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	fputs(text, f);
	fclose(f);
}

/* Delivers what waits, and returns when it is done. */
static int deliver_with(const char *settings)
{
	struct sinks sinks = { .count = 0 };
	struct sink *sink;
	char url[256];
	int ends[2], ret;

	snprintf(url, sizeof(url), "file:%s?name=a&events=calls%s", file, settings);
	if (sinks__add(&sinks, url, &sink) || pipe(ends))
		return -EINVAL;
	close(ends[1]); /* it is time to end from the start */
	ret = sink_deliver(
		sink, &(struct delivery_opts){
			      .ledger = path, .host = "h", .board = &board, .lifeline = ends[0] });
	close(ends[0]);
	sinks__fini(&sinks);
	return ret;
}

static struct ledger *begin(void)
{
	struct ledger *l;

	setup();
	snprintf(file, sizeof(file), "%s/rows", dir);
	plan_for("a", NULL, 1000);
	l = open_ledger();
	if (l && ledger__serve(l, &plan)) {
		ledger__close(l);
		return NULL;
	}
	return l;
}

static void end(struct ledger *l)
{
	char name[160];

	ledger__close(l);
	unlink(file);
	for (int i = 1; i <= 3; i++) {
		snprintf(name, sizeof(name), "%s.%d", file, i);
		unlink(name);
	}
	teardown();
}

static struct sink_state state(void)
{
	struct sink_state st = { .cursor = -1 };

	sink_seat__read(&board.seats[0], &st);
	return st;
}

TEST(what_waits_is_delivered_once)
{
	struct ledger *l = begin();

	ASSERT(l);
	queue(l, 1);
	queue(l, 2);
	tick(l);
	ASSERT_EQ(deliver_with(""), 0);
	ASSERT_STR(content(file), "{\"id\":\"1\"}\n{\"id\":\"2\"}\n");
	ASSERT_EQ(state().cursor, 2);
	ASSERT_EQ(state().delivered, 2);
	queue(l, 3);
	tick(l);
	ASSERT_EQ(deliver_with(""), 0);
	ASSERT_STR(content(file), "{\"id\":\"1\"}\n{\"id\":\"2\"}\n{\"id\":\"3\"}\n");
	tick(l);
	ASSERT_STR(waiting(0), "");
	end(l);
}

TEST(more_than_a_batch_goes_in_order)
{
	struct ledger *l = begin();
	char want[64];
	struct stat st;
	int64_t bytes = 0;

	for (int i = 1; i <= 700; i++) {
		queue(l, i);
		bytes += snprintf(want, sizeof(want), "{" HOST "\"id\":\"%d\"}\n", i);
	}
	tick(l);
	ASSERT_EQ(deliver_with(""), 0);
	ASSERT_EQ(state().cursor, 700);
	ASSERT_EQ(stat(file, &st), 0);
	ASSERT_EQ(st.st_size, bytes);
	end(l);
}

TEST(a_receiver_that_is_down_gets_it_later)
{
	struct ledger *l = begin();

	queue(l, 1);
	tick(l);
	ASSERT_EQ(mkdir(file, 0700), 0);
	ASSERT_EQ(deliver_with(""), 0);
	ASSERT_EQ(state().cursor, 0);
	ASSERT(state().down_ns != 0);
	ASSERT(strstr(state().error, "Is a directory"));
	tick(l);
	ASSERT(strstr(sinks_said(), "a 1 waiting 0 dropped 0 delivered: "));
	ASSERT_EQ(rmdir(file), 0);
	ASSERT_EQ(deliver_with(""), 0);
	ASSERT_STR(content(file), "{\"id\":\"1\"}\n");
	ASSERT_EQ(state().down_ns, 0);
	end(l);
}

TEST(a_line_that_broke_off_is_written_anew)
{
	struct ledger *l = begin();

	put(file, "{\"id\":\"0\"}\n{\"id\":");
	queue(l, 1);
	tick(l);
	ASSERT_EQ(deliver_with(""), 0);
	ASSERT_STR(content(file), "{\"id\":\"0\"}\n{\"id\":\"1\"}\n");
	/* What is none of ours stays. */
	put(file, "a list of mine");
	queue(l, 2);
	tick(l);
	ASSERT_EQ(deliver_with(""), 0);
	ASSERT_STR(content(file), "a list of mine\n{\"id\":\"2\"}\n");
	put(file, "{");
	queue(l, 3);
	tick(l);
	ASSERT_EQ(deliver_with(""), 0);
	ASSERT_STR(content(file), "{\"id\":\"3\"}\n");
	end(l);
}

TEST(files_are_rotated_by_size)
{
	struct ledger *l = begin();
	char name[160];

	for (int i = 1; i <= 4; i++) {
		queue(l, i);
		tick(l);
		ASSERT_EQ(deliver_with("&max-size=15&keep=2"), 0);
	}
	ASSERT_STR(content(file), "{\"id\":\"4\"}\n");
	snprintf(name, sizeof(name), "%s.1", file);
	ASSERT_STR(content(name), "{\"id\":\"3\"}\n");
	snprintf(name, sizeof(name), "%s.2", file);
	ASSERT_STR(content(name), "{\"id\":\"2\"}\n");
	snprintf(name, sizeof(name), "%s.3", file);
	ASSERT_STR(content(name), "no file");
	end(l);
}

/* A row that no batch holds is none to wait for. */
TEST(a_row_that_is_too_long_holds_up_no_other)
{
	struct ledger *l = begin();
	size_t n = 2 << 20;
	char *line = malloc(n);

	queue(l, 1);
	memset(line, 'x', n);
	ASSERT_EQ(ledger__queue(l, &(struct outbox_row){ .id = "long", .line = span_of(line, n) }),
		  0);
	free(line);
	queue(l, 3);
	tick(l);
	ASSERT_EQ(deliver_with(""), 0);
	ASSERT_STR(content(file), "{\"id\":\"1\"}\n{\"id\":\"3\"}\n");
	ASSERT_EQ(state().refused, 1);
	ASSERT_EQ(state().delivered, 2);
	ASSERT_EQ(state().cursor, 3);
	end(l);
}

/* The process that was killed while it wrote its state leaves it half. */
TEST(a_seat_that_was_left_half_written_is_taken_over)
{
	struct ledger *l = begin();

	queue(l, 1);
	tick(l);
	atomic_store(&board.seats[0].version, 9);
	ASSERT_EQ(deliver_with(""), 0);
	ASSERT_STR(content(file), "{\"id\":\"1\"}\n");
	end(l);
}

TEST_MAIN()
