// SPDX-License-Identifier: BSD-2-Clause
/* What a process ran and runs: whose a call is behind an exec. */
#include "attribute/attribute.h"
#include "test.h"

static void feed(struct attribute *a, struct wire w, const void *data)
{
	struct wire *copy = malloc(sizeof(w) + w.len);

	*copy = w;
	if (w.len)
		memcpy(copy->data, data, w.len);
	attribute__feed(a, copy);
	free(copy);
}

static void learn_at(struct attribute *a, uint64_t ts, const char *exe)
{
	struct wire_proc p = { .ppid = 1 };

	span__copy(span_str(exe), p.exe, sizeof(p.exe));
	feed(a,
	     (struct wire){ .kind = WIRE_PROC,
			    .ts = ts,
			    .tgid = 10,
			    .start_ns = 5000000000,
			    .len = sizeof(p) },
	     &p);
}

static void exec_at(struct attribute *a, uint64_t ts)
{
	feed(a, (struct wire){ .kind = WIRE_EXEC, .ts = ts, .tgid = 10, .start_ns = 5000000000 },
	     NULL);
}

static const char *exe_at(struct attribute *a, uint64_t ts)
{
	static struct owner o;

	attribute__resolve(a, (struct proc_id){ .tgid = 10, .start_ns = 5000000000 }, 9, ts, &o);
	return strrchr(o.exe, '/') + 1;
}

/* What was read of the new program may be told before the exec, or behind it. */
TEST(a_call_is_of_the_program_that_made_it)
{
	for (int order = 0; order < 2; order++) {
		struct attribute *a = attribute__new(NULL);

		learn_at(a, 6000, "/usr/bin/python3");
		if (order)
			exec_at(a, 7000);
		learn_at(a, 7100, "/usr/bin/curl");
		if (!order)
			exec_at(a, 7000);
		ASSERT_STR(exe_at(a, 100), "python3");
		ASSERT_STR(exe_at(a, 6999), "python3");
		ASSERT_STR(exe_at(a, 7000), "curl");
		ASSERT_STR(exe_at(a, UINT64_MAX), "curl");
		/* An exec whose program nobody read: the one before goes on in its name. */
		exec_at(a, 8000);
		ASSERT_STR(exe_at(a, 8500), "curl");
		learn_at(a, 9000, "/usr/bin/wget");
		ASSERT_STR(exe_at(a, 7999), "curl");
		ASSERT_STR(exe_at(a, 8500), "wget");
		attribute__free(a);
	}
}

TEST(a_call_has_the_environment_of_its_program)
{
	struct attribute *a = attribute__new(NULL);
	struct wire_told t = { .teller = WIRE_TELLER_ENVIRON };
	struct wire w = { .kind = WIRE_TOLD, .tgid = 10, .start_ns = 5000000000, .len = sizeof(t) };
	struct owner o;

	t.len = sizeof("OTEL_SERVICE_NAME\0shop");
	memcpy(t.text, "OTEL_SERVICE_NAME\0shop", t.len);
	learn_at(a, 6000, "/usr/bin/curl");
	feed(a, w, &t);
	exec_at(a, 7000);
	learn_at(a, 7100, "/usr/bin/curl");
	memcpy(t.text, "OTEL_SERVICE_NAME\0mart", t.len);
	feed(a, w, &t);
	attribute__resolve(a, (struct proc_id){ 10, 5000000000 }, 9, 6500, &o);
	ASSERT_STR(o.value[OWNER_SERVICE].text, "shop");
	attribute__resolve(a, (struct proc_id){ 10, 5000000000 }, 9, 7500, &o);
	ASSERT_STR(o.value[OWNER_SERVICE].text, "mart");
	attribute__free(a);
}

TEST(programs_of_the_past_are_few_and_forgotten)
{
	struct attribute *a = attribute__new(NULL);
	const uint64_t second = 1000000000;
	char exe[32];

	for (uint64_t i = 1; i <= 100; i++) {
		snprintf(exe, sizeof(exe), "/bin/p%llu", (unsigned long long)i);
		exec_at(a, i * second);
		learn_at(a, i * second, exe);
	}
	ASSERT_STR(exe_at(a, 98 * second), "p98");
	ASSERT_STR(exe_at(a, 1 * second), "p97"); /* the oldest of PROC_PROGRAMS_MAX */
	feed(a, (struct wire){ .kind = WIRE_TICK, .ts = 159 * second + 1 }, NULL);
	ASSERT_STR(exe_at(a, 98 * second), "p99");
	feed(a, (struct wire){ .kind = WIRE_TICK, .ts = 170 * second }, NULL);
	ASSERT_STR(exe_at(a, 98 * second), "p100");
	attribute__free(a);
}

TEST_MAIN()
