// SPDX-License-Identifier: BSD-2-Clause
/* The source of launches and waits, whom it follows, and what its figures divide. */
#include <errno.h>

#include "gpu/envelope.h"
#include "gpu_fixture.h"

#define MS 1000000ull

/* Who sets probes in a test: each process has an engine, or a reason why not. */
static struct fake {
	int err;
	const char *missing;
	struct cuda_work work;
	unsigned int lifted, attached, attaches;
} fake;

static int fake_open(void **ret_state, char *why, size_t why_cap)
{
	if (fake.err == -EACCES) {
		snprintf(why, why_cap, "not you");
		return fake.err;
	}
	*ret_state = &fake;
	return 0;
}

static int fake_attach(void *state, uint32_t pid, char *missing, size_t missing_cap)
{
	fake.attaches++;
	snprintf(missing, missing_cap, "%s", fake.missing ? fake.missing : "");
	fake.attached += !fake.err;
	return fake.err;
}

static void fake_lift(void *state, uint32_t pid, unsigned int often)
{
	fake.lifted |= often;
}

static void fake_detach(void *state, uint32_t pid)
{
	fake.attached--;
}

static int fake_read(void *state, uint32_t pid, struct cuda_work *ret_work)
{
	*ret_work = fake.work;
	return 0;
}

static void fake_close(void *state)
{
}

static const struct cuda_tracer fake_tracer = { fake_open,   fake_attach, fake_lift,
						fake_detach, fake_read,	  fake_close };

#define PID 8123u

static struct gpu_holders holders;

static void hold(uint64_t t, uint64_t busy)
{
	struct gpu_reading r = { .ts = t * SECOND, .kind = GPU_READING_HOLDS, .n = { PID, 1, 5 } };

	holders__note(&holders, &r);
	r.kind = GPU_READING_SHARE;
	r.n[4] = busy;
	holders__note(&holders, &r);
}

/* The source, asked with the fake in place of a kernel. */
static void begin_source(struct rig *r)
{
	static const struct gpu_holders none;

	memcpy(&holders, &none, sizeof(holders));
	rig__init(r);
	r->opts.cuda = &fake_tracer;
	r->opts.holders = &holders;
	r->source = gpu_sources[GPU_SOURCE_CUDA];
	r->teller.source = GPU_SOURCE_CUDA;
	rig__process(r, PID, "VLLM::EngineCor", 4197);
	rig__at(r, SECOND);
}

static int open_source(struct rig *r)
{
	return r->source->open(&r->opts, &r->teller, &r->state);
}

TEST(the_source_follows_holders)
{
	static struct rig r;

	fake = (struct fake){ .err = 0 };
	begin_source(&r);
	ASSERT_EQ(open_source(&r), 0);
	ASSERT_EQ(r.told_state, GPU_STATE_WORKS);
	ASSERT_EQ(rig__pass(&r, 1), 0);
	ASSERT_EQ(fake.attaches, 0); /* bystanders have no probes */
	hold(2, 0);
	ASSERT_EQ(rig__pass(&r, 2), 0);
	ASSERT_EQ(fake.attached, 1);
	/* A flood: its probes go, it is said, and they come again. */
	fake.work.launches = 1;
	ASSERT_EQ(rig__pass(&r, 3), 0);
	fake.work.launches += 2 * ENVELOPE_LAUNCHES_MAX;
	ASSERT_EQ(rig__pass(&r, 4), 0);
	ASSERT_EQ(fake.lifted, CUDA_LAUNCHES);
	ASSERT_EQ(r.told_state, GPU_STATE_PARTLY);
	ASSERT(strstr(r.state_text, "8123: over 10000 launches a second"));
	hold(400, 0);
	ASSERT_EQ(rig__pass(&r, 400), 0);
	ASSERT_EQ(r.told_state, GPU_STATE_WORKS);
	ASSERT_EQ(fake.attaches, 2);
	ASSERT_EQ(fake.attached, 1);
	/* It ended: nobody says that it holds anything. */
	ASSERT_EQ(rig__pass(&r, 500), 0);
	ASSERT_EQ(fake.attached, 0);
	rig__fini(&r);
}

TEST(another_process_of_that_pid_is_another)
{
	static struct rig r;

	fake = (struct fake){ .err = 0 };
	begin_source(&r);
	ASSERT_EQ(open_source(&r), 0);
	hold(1, 0);
	ASSERT_EQ(rig__pass(&r, 1), 0);
	rig__process(&r, PID, "python3", 9999);
	hold(2, 0);
	ASSERT_EQ(rig__pass(&r, 2), 0);
	ASSERT_EQ(fake.attaches, 2);
	ASSERT_EQ(fake.attached, 1);
	/* A pid of another namespace: there is no such process here. */
	rig__gone(&r, PID);
	hold(30, 0);
	ASSERT_EQ(rig__pass(&r, 30), 0);
	ASSERT_EQ(fake.attached, 0);
	rig__fini(&r);
}

TEST(what_is_missing_is_said)
{
	static const struct {
		int err;
		const char *missing, *said;
		uint8_t state;
	} cases[] = {
		{ -ENOSYS, "cuLaunchKernel", "8123: its libcuda has no cuLaunchKernel", 3 },
		{ 0, "cuLaunchKernelEx", "no cuLaunchKernelEx: an older driver", 3 },
		{ -EPERM, "", "seccomp", 3 },
		{ -EINVAL, "", "takes no probes: Invalid argument", 3 },
		{ -ENOENT, "", "launches and waits", 2 }, /* it does not use it: nothing is wrong */
		{ -EACCES, "", "not you", 4 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static struct rig r;

		fake = (struct fake){ .err = cases[i].err, .missing = cases[i].missing };
		begin_source(&r);
		ASSERT_EQ(open_source(&r), 0);
		hold(1, 0);
		for (int t = 1; t < 4; t++)
			ASSERT_EQ(rig__pass(&r, t), 0);
		if (!strstr(r.state_text, cases[i].said))
			TEST_FAIL("%s is not in: %s", cases[i].said, r.state_text);
		ASSERT_EQ(r.told_state, cases[i].state);
		ASSERT(fake.attaches <= 1); /* it is tried again, and not each second */
		rig__fini(&r);
	}
}

/* Its launches go another way: the driver calls it busy, and its probes are never met. */
TEST(silence_is_said)
{
	static struct rig r;

	fake = (struct fake){ .err = 0 };
	begin_source(&r);
	ASSERT_EQ(open_source(&r), 0);
	for (uint64_t t = 1; t < 40; t++) {
		hold(t, 60);
		ASSERT_EQ(rig__pass(&r, (double)t), 0);
	}
	ASSERT_EQ(r.told_state, GPU_STATE_PARTLY);
	ASSERT(strstr(r.state_text, "busy, and no launch was seen"));
	fake.work.launches = 3;
	hold(40, 60);
	ASSERT_EQ(rig__pass(&r, 40), 0);
	ASSERT_EQ(r.told_state, GPU_STATE_WORKS);
	rig__fini(&r);
}

/* Lines of two sources, as they come through the pipe. */
__attribute__((format(printf, 3, 4))) static void say(struct rig *r, double t, const char *fmt, ...)
{
	char line[512], room[GPU_LINE_MAX];
	int n = snprintf(line, sizeof(line), "%" PRIu64 " ", (uint64_t)(t * 1e9));
	struct gpu_reading got;
	bool read = false;
	va_list args;

	va_start(args, fmt);
	n += vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, args);
	va_end(args);
	line[n++] = '\n';
	if (gpu_reading__parse(&got, span_of(line, (size_t)n), room, &read) != n || !read)
		abort();
	gpu_windows__feed(r->windows, &got);
}

#define JOB 9001u

/* What the windows of eight seconds are made of. */
struct story {
	bool slice;    /* the driver tells nothing of processes, nor how busy it is */
	bool two_gpus; /* both hold memory of another one, too */
	unsigned int vllm_ms, job_ms; /* outstanding in each second */
	bool job_unknown;
	unsigned int job_percent; /* by the driver's looks */
	double silent_from;	  /* nothing of work is told from then on; 0: always */
	int untold;		  /* a second whose work is not told; 0: none */
	int idle_until;		  /* there is no work before */
};

static void play(struct rig *r, const struct story *s)
{
	rig__init(r);
	say(r, 1, "nvml - time %llu", (unsigned long long)WALL);
	say(r, 1, "nvml - begin 550.54.14");
	say(r, 1, "nvml 0 device 0 1 85520809984 0 0 " UUID " - 0000:3b:00.0 H100");
	say(r, 1, "nvml 1 device 1 1 85520809984 0 0 GPU-2 - 0000:3c:00.0 H100");
	say(r, 1, "nvml - listed");
	for (int t = 1; t < 9; t++) {
		unsigned long long from = rig_us(t - 1), to = rig_us(t);

		if (t > 1)
			say(r, t, "nvml - time %llu", (unsigned long long)WALL);
		for (int d = 0; d < 1 + s->two_gpus; d++) {
			say(r, t, "nvml %d holds %u 10000000 50", d, PID);
			say(r, t, "nvml %d holds %u 20000000 50", d, JOB);
			say(r, t, "nvml %d held", d);
		}
		if (s->slice)
			say(r, t, "nvml 0 loss %u", GPU_LOSS_PROCESSES);
		else
			say(r, t, "nvml 0 means 1000000000 680000 - - - -");
		if (!s->slice)
			say(r, t, "nvml 0 share %u 10000000 %llu %llu 60", PID, from, to);
		if (!s->slice && s->job_percent)
			say(r, t, "nvml 0 share %u 20000000 %llu %llu %u", JOB, from, to,
			    s->job_percent);
		say(r, t, "nvml - pass");
		if (s->silent_from > 0 && t >= s->silent_from)
			continue;
		say(r, t + 0.4, "cuda - time %llu", (unsigned long long)WALL);
		if (t == s->untold) {
			say(r, t + 0.4, "cuda - pass");
			continue;
		}
		say(r, t + 0.4, "cuda - work %u 10000000 1000000000 %u000000 10 0 0", PID,
		    t < s->idle_until ? 0 : s->vllm_ms);
		if (s->job_unknown)
			say(r, t + 0.4, "cuda - work %u 20000000 1000000000 - - 0 0", JOB);
		else
			say(r, t + 0.4, "cuda - work %u 20000000 1000000000 %u000000 10 0 0", JOB,
			    s->job_ms);
		say(r, t + 0.4, "cuda - pass");
	}
}

static const struct kept *last_of(const struct rig *r)
{
	const struct kept *last = NULL;

	for (size_t i = 0; i < r->count; i++)
		if (!strcmp(r->kept[i].device.id, UUID))
			last = &r->kept[i];
	return last;
}

/* By the driver's looks one process has it nearly all; the other waited a fifth of the time. */
TEST(work_splits_what_the_driver_can_not)
{
	static struct rig r;
	const struct kept *k;

	play(&r, &(struct story){ .vllm_ms = 600, .job_ms = 200, .job_percent = 6 });
	k = last_of(&r);
	ASSERT_EQ(r.count, 14);
	ASSERT(rig__tiles(&r));
	ASSERT_EQ(k->w.metric, GPU_METRIC_GPM);
	ASSERT_EQ(k->w.busy_ns, 680 * MS);
	ASSERT_EQ(k->w.process_count, 2);
	ASSERT_EQ(k->processes[0].metric, GPU_METRIC_ENVELOPE);
	ASSERT_EQ(k->processes[0].busy_ns, 600 * MS);
	ASSERT_EQ(k->processes[1].metric, GPU_METRIC_ENVELOPE);
	ASSERT_EQ(k->processes[1].busy_ns, 200 * MS);
	rig__fini(&r);
}

/* The driver saw nobody else run, and still the other one waited for its work. */
TEST(work_finds_whom_the_driver_missed)
{
	static struct rig r;

	play(&r, &(struct story){ .vllm_ms = 600, .job_ms = 200 });
	ASSERT_EQ(last_of(&r)->processes[1].busy_ns, 200 * MS);
	rig__fini(&r);
}

static void keeps_the_drivers(const struct story *s)
{
	static struct rig r;
	const struct kept *k;

	play(&r, s);
	k = last_of(&r);
	ASSERT_EQ(k->w.process_count, 2);
	ASSERT_EQ(k->processes[0].metric, GPU_METRIC_PROCESS_SAMPLES);
	ASSERT_EQ(k->processes[0].busy_ns, 600 * MS);
	ASSERT_EQ(k->processes[1].busy_ns, s->job_percent * 10 * MS);
	ASSERT_EQ(k->w.losses, s->job_unknown ? GPU_LOSS_UNCOUNTED : 0);
	rig__fini(&r);
}

/* One key for all, or the other: what two say of two processes can't be compared. */
TEST(half_of_it_splits_nothing)
{
	keeps_the_drivers(&(struct story){
		.vllm_ms = 300, .job_ms = 200, .job_unknown = true, .job_percent = 6 });
	keeps_the_drivers(&(struct story){
		.vllm_ms = 300, .job_ms = 200, .two_gpus = true, .job_percent = 6 });
	keeps_the_drivers(&(struct story){
		.vllm_ms = 300, .job_ms = 200, .silent_from = 3, .job_percent = 6 });
	keeps_the_drivers(&(struct story){ .vllm_ms = 0, .job_ms = 0, .job_percent = 6 });
}

/* A slice of an A100: nothing tells how busy it is, but how long its processes had work. */
TEST(a_slice_is_busy_for_no_more_than_its_work)
{
	static struct rig r;
	const struct kept *k;

	play(&r, &(struct story){ .slice = true, .vllm_ms = 600, .job_ms = 200 });
	k = last_of(&r);
	ASSERT(rig__tiles(&r));
	ASSERT_EQ(k->w.metric, GPU_METRIC_ENVELOPE);
	ASSERT(k->w.busy_ns > 790 * MS && k->w.busy_ns < 810 * MS);
	ASSERT_EQ(k->processes[1].metric, GPU_METRIC_ENVELOPE);
	rig__fini(&r);
	/* Of one of them it is not known: then the slice's time is not. */
	play(&r, &(struct story){ .slice = true, .vllm_ms = 600, .job_unknown = true });
	k = last_of(&r);
	ASSERT_EQ(k->w.known & GPU_KNOWS_BUSY, 0);
	rig__fini(&r);
}

/* A second that was never told is told by the one before it, and those behind it by themselves. */
TEST(a_look_that_is_lost_is_not_owed_for_ever)
{
	static struct rig r;

	play(&r, &(struct story){ .slice = true, .vllm_ms = 800, .untold = 3, .idle_until = 5 });
	ASSERT(rig__tiles(&r));
	ASSERT_EQ(last_of(&r)->w.metric, GPU_METRIC_ENVELOPE);
	ASSERT_EQ(last_of(&r)->w.busy_ns, 800 * MS);
	rig__fini(&r);
}

TEST_MAIN()
