// SPDX-License-Identifier: BSD-2-Clause
#include <sys/wait.h>

#include "spool_fixture.h"

static struct ledger *serve(void)
{
	struct ledger *l = open_ledger();

	if (l && ledger__serve(l, &plan)) {
		ledger__close(l);
		return NULL;
	}
	return l;
}

TEST(rows_wait_until_every_sink_has_them)
{
	struct ledger *l;

	setup();
	plan_for("a", "b", 100);
	l = serve();
	ASSERT(l);
	for (int i = 1; i <= 3; i++)
		ASSERT_EQ(queue(l, i), 0);
	tick(l);
	ASSERT_STR(waiting(0), "1:1 2:2 3:3 ");
	ASSERT_STR(waiting(2), "3:3 ");
	seat_at(0, 3);
	tick(l);
	ASSERT_STR(waiting(0), "1:1 2:2 3:3 ");
	seat_at(1, 2);
	tick(l);
	ASSERT_STR(waiting(0), "3:3 ");
	ASSERT_STR(sinks_said(), "a 0 waiting 0 dropped 0 delivered\n"
				 "b 1 waiting 0 dropped 0 delivered\n");
	ledger__close(l);
	teardown();
}

TEST(cursors_outlive_the_meter)
{
	struct ledger *l;
	struct sink_state st;

	setup();
	plan_for("a", NULL, 100);
	l = serve();
	queue(l, 1);
	queue(l, 2);
	tick(l);
	seat_at(0, 1);
	tick(l);
	ledger__close(l);
	plan_for("a", "new", 100);
	l = serve();
	ASSERT(atomic_load(&board.ready));
	ASSERT(sink_seat__read(&board.seats[0], &st));
	ASSERT_EQ(st.cursor, 1);
	/* A new one begins with what comes. */
	ASSERT(sink_seat__read(&board.seats[1], &st));
	ASSERT_EQ(st.cursor, 2);
	queue(l, 3);
	tick(l);
	ASSERT_STR(waiting(1), "2:2 3:3 ");
	ledger__close(l);
	/* A sink that nobody has any more holds nothing. */
	plan_for("new", NULL, 100);
	l = serve();
	ASSERT_EQ(ledger__undelivered(l), 2);
	tick(l);
	ASSERT_STR(waiting(0), "3:3 ");
	ASSERT_STR(sinks_said(), "new 1 waiting 0 dropped 0 delivered\n");
	ledger__close(l);
	teardown();
}

TEST(the_oldest_go_when_there_are_too_many_and_are_counted)
{
	struct ledger *l;

	setup();
	plan_for("slow", "fast", 5);
	l = serve();
	for (int i = 1; i <= 8; i++)
		queue(l, i);
	tick(l); /* neither had a chance */
	ASSERT_STR(waiting(0), "4:4 5:5 6:6 7:7 8:8 ");
	ASSERT_EQ(ledger__undelivered(l), 6);
	seat_at(1, 8);
	queue(l, 9);
	queue(l, 10);
	tick(l);
	ASSERT_STR(waiting(0), "6:6 7:7 8:8 9:9 10:10 ");
	ASSERT_EQ(ledger__undelivered(l), 8);
	ASSERT_STR(sinks_said(), "fast 2 waiting 3 dropped 0 delivered\n"
				 "slow 5 waiting 5 dropped 0 delivered\n");
	ledger__close(l);
	teardown();
}

/* A sink reads what strangers send: what it tells is not believed where it can't be. */
TEST(a_cursor_never_goes_back)
{
	struct ledger *l;

	setup();
	plan_for("a", NULL, 100);
	l = serve();
	for (int i = 1; i <= 3; i++)
		queue(l, i);
	tick(l);
	seat_at(0, 2);
	tick(l);
	seat_at(0, -5);
	tick(l);
	ASSERT_STR(waiting(0), "3:3 ");
	ASSERT_STR(sinks_said(), "a 1 waiting 0 dropped 0 delivered\n");
	/* While it is being written, what was told before stands. */
	atomic_store(&board.seats[0].version, 7);
	tick(l);
	ASSERT_STR(waiting(0), "3:3 ");
	ledger__close(l);
	teardown();
}

TEST(a_row_and_what_it_tells_are_one_transaction)
{
	int status;
	pid_t pid;

	setup();
	pid = fork();
	if (pid == 0) {
		struct ledger *l;

		plan_for("a", NULL, 100);
		l = serve();
		tick(l);
		queue(l, 1);
		add_paid(l, 1, "web", 5, false);
		_exit(0); /* as if it were killed: nothing is committed */
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT_STR(waiting(0), "");
	plan_for("a", NULL, 100);
	{
		struct ledger *l = serve();

		queue(l, 2);
		add_paid(l, 2, "web", 5, false);
		ledger__close(l);
	}
	ASSERT_STR(waiting(0), "1:2 ");
	teardown();
}

TEST(without_sinks_nothing_is_queued)
{
	struct ledger *l;

	setup();
	l = open_ledger();
	ASSERT_EQ(queue(l, 1), 0);
	tick(l);
	ASSERT_EQ(ledger__undelivered(l), 0);
	ASSERT_STR(waiting(0), "");
	ledger__close(l);
	teardown();
}

TEST_MAIN()
