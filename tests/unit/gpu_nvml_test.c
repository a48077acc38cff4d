// SPDX-License-Identifier: BSD-2-Clause
#include "gpu_fixture.h"

#define GPU0 "0 device 0 1 85520809984 0 0 " UUID " - 0000:3b:00.0 NVIDIA%%20H100"
#define VLLM 8123u
#define JOB  9001u

/* A GPU that is listed, with a process that holds memory, from the first second on. */
static void begin_with(struct rig *r, const char *more)
{
	rig__init(r);
	rig__line(r, 1, "- time %llu", (unsigned long long)WALL);
	rig__line(r, 1, "- begin 550.54.14");
	rig__line(r, 1, GPU0);
	if (more)
		rig__line(r, 1, "%s", more);
	rig__line(r, 1, "- listed");
	rig__line(r, 1, "0 memory 52100000000");
	rig__line(r, 1, "0 holds %u 41970000000 51800000000", VLLM);
	rig__line(r, 1, "0 held");
	rig__process(r, VLLM, "VLLM::EngineCor", 4197);
}

static void begin(struct rig *r)
{
	begin_with(r, NULL);
}

/* And a second one: shares of processes are asked for where there are several. */
static void second_holder(struct rig *r)
{
	rig__line(r, 1.001, "0 holds %u 41970000000 51800000000", VLLM);
	rig__line(r, 1.001, "0 holds %u 1000000000 1000000000", JOB);
	rig__line(r, 1.001, "0 held");
	rig__process(r, JOB, "python3", 100);
}

/* The driver's ring: six a second, of so many per cent, in the seconds from a to b. */
static void samples(struct rig *r, double a, double b, unsigned int percent)
{
	for (int i = 0; i < (int)((b - a) * 6 + 0.5); i++) {
		double t = a + (i + 1) / 6.0;

		rig__line(r, t, "0 sample %llu %u", (unsigned long long)rig_us(t), percent);
		rig__line(r, t, "0 util %u", percent);
	}
}

static void shares(struct rig *r, double a, double b, unsigned int pid, unsigned int percent)
{
	for (double t = a; t < b - 1e-9; t += 1)
		rig__line(r, t + 1, "0 share %u - %llu %llu %u", pid, (unsigned long long)rig_us(t),
			  (unsigned long long)rig_us(t + 1), percent);
}

TEST(samples_are_integrated)
{
	static struct rig r;
	const struct kept *k = &r.kept[4];

	begin(&r);
	samples(&r, 1, 11, 60);
	shares(&r, 1, 11, VLLM, 57);
	for (int t = 1; t < 11; t++)
		rig__line(&r, t, "0 energy %d", 400000 * t);
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 11; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT_EQ(r.count, 10);
	ASSERT(rig__tiles(&r));
	ASSERT(rig__busy(&r) > 5.99 * SECOND && rig__busy(&r) < 6.01 * SECOND);
	ASSERT_STR(k->device.id, UUID);
	ASSERT_STR(k->device.name, "NVIDIA H100");
	ASSERT_STR(k->device.pci, "0000:3b:00.0");
	ASSERT_EQ(k->w.metric, GPU_METRIC_DRIVER_SAMPLES);
	ASSERT_EQ(k->w.losses, 0);
	ASSERT_EQ(k->w.energy_uj, 400000000);
	ASSERT_EQ(k->w.known,
		  GPU_KNOWS_BUSY | GPU_KNOWS_MEMORY | GPU_KNOWS_ENERGY | GPU_KNOWS_PROCESSES);
	ASSERT_EQ(k->w.memory_bytes, 52100000000);
	ASSERT_EQ(k->w.process_count, 1);
	ASSERT_EQ(k->processes[0].proc.tgid, VLLM);
	ASSERT_EQ(k->processes[0].proc.start_ns, 41970000000);
	ASSERT_EQ(k->processes[0].known, GPU_PROCESS_BUSY | GPU_PROCESS_MEMORY);
	/* It is alone: what the device was busy it was. */
	ASSERT_EQ(k->processes[0].busy_ns, k->w.busy_ns);
	ASSERT_EQ(k->processes[0].memory_bytes, 51800000000);
	ASSERT_STR(k->processes[0].comm, "VLLM::EngineCor");
	ASSERT_STR(k->processes[0].cgroup, "/system.slice/vllm-8123.service");
	ASSERT_EQ(r.told_state, GPU_STATE_WORKS);
	rig__fini(&r);
}

/* However far apart the looks are, the total is the same: a minute of load that goes up and down.
 */
TEST(gaps_between_looks_do_not_matter)
{
	static const double gaps[] = { 0.1, 0.25, 1, 3.7, 10, 19 };

	for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++) {
		static struct rig r;
		uint64_t want = 0, all = 0;

		begin(&r);
		for (int s = 0; s < 58; s++) {
			samples(&r, 1 + s, 2 + s, (unsigned int)(s * 37 % 101));
			want += (uint64_t)(s * 37 % 101) * SECOND / 100;
		}
		ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
		for (double t = 1; t < 59; t += gaps[g])
			ASSERT_EQ(rig__pass(&r, t), 0);
		ASSERT_EQ(rig__pass(&r, 59), 0);
		gpu_windows__finish(r.windows, 59 * SECOND);
		ASSERT(rig__tiles(&r));
		for (size_t i = 0; i < r.count; i++)
			all += r.kept[i].w.end_ns - r.kept[i].w.start_ns;
		ASSERT_EQ(all, 58 * SECOND);
		if (rig__busy(&r) * 100 < want * 99 || rig__busy(&r) * 100 > want * 101)
			TEST_FAIL("looks each %.2f s: %" PRIu64 " ns busy, %" PRIu64 " were",
				  gaps[g], rig__busy(&r), want);
		rig__fini(&r);
	}
}

/* Its ring holds twenty seconds: of forty the first half is not known, and is not made up. */
TEST(what_the_driver_forgot_is_unknown)
{
	static struct rig r;

	begin(&r);
	samples(&r, 1, 41, 50);
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	ASSERT_EQ(rig__pass(&r, 1), 0);
	ASSERT_EQ(rig__pass(&r, 41), 0);
	ASSERT_EQ(r.count, 2);
	ASSERT(rig__tiles(&r));
	ASSERT_EQ(r.kept[0].w.known & GPU_KNOWS_BUSY, 0);
	ASSERT_EQ(r.kept[0].w.losses, GPU_LOSS_OVERRUN);
	ASSERT(r.kept[1].w.known & GPU_KNOWS_BUSY);
	ASSERT(rig__busy(&r) > 9.9 * SECOND && rig__busy(&r) < 10.5 * SECOND);
	rig__fini(&r);
}

/* A process that stopped is not busy for as long as the ring remembers it. */
TEST(asks_since_its_last_answer)
{
	static struct rig r;

	begin(&r);
	second_holder(&r);
	samples(&r, 1, 21, 90);
	shares(&r, 1, 6, VLLM, 90);
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 20; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT_EQ(r.kept[3].processes[0].busy_ns, 900000000);
	for (int i = 6; i < 19; i++) {
		ASSERT_EQ(r.kept[i].processes[0].busy_ns, 0);
		ASSERT_EQ(r.kept[i].processes[0].known, GPU_PROCESS_BUSY | GPU_PROCESS_MEMORY);
	}
	rig__fini(&r);
}

/* Two GPUs, the second one's stamps older: each has its own "since". */
TEST(each_device_has_its_own_since)
{
	static struct rig r;
	uint64_t busy[2] = { 0, 0 };

	begin_with(&r, "1 device 1 1 85520809984 0 0 GPU-2 - 0000:5e:00.0 NVIDIA%20H100");
	for (int t = 1; t < 20; t++) {
		rig__line(&r, t + 0.9, "0 share %u - %llu %llu 80", VLLM,
			  (unsigned long long)rig_us(t - 0.1), (unsigned long long)rig_us(t + 0.9));
		rig__line(&r, t + 0.9, "1 share %u - %llu %llu 40", JOB,
			  (unsigned long long)rig_us(t - 0.8), (unsigned long long)rig_us(t + 0.2));
		rig__line(&r, t + 0.9, "1 holds %u - 1000", JOB);
		rig__line(&r, t + 0.9, "1 holds %u - 500", VLLM);
		rig__line(&r, t + 0.9, "1 held");
	}
	second_holder(&r);
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 20; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	for (size_t i = 0; i < r.count; i++)
		for (size_t k = 0; k < r.kept[i].w.process_count; k++)
			busy[r.kept[i].device.index] += r.kept[i].processes[k].busy_ns;
	ASSERT(busy[0] > 14 * SECOND && busy[0] <= 19.1 * 0.8 * SECOND);
	ASSERT(busy[1] > 6.8 * SECOND && busy[1] <= 19 * 0.4 * SECOND);
	rig__fini(&r);
}

TEST(junk_rows_are_dropped)
{
	static struct rig r;

	begin(&r);
	second_holder(&r);
	samples(&r, 1, 11, 60);
	shares(&r, 1, 11, VLLM, 57);
	rig__line(&r, 3, "- junk 100");
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 11; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	for (size_t i = 0; i < r.count; i++) {
		ASSERT_EQ(r.kept[i].w.process_count, 2);
		ASSERT_EQ(r.kept[i].processes[0].busy_ns, 570000000);
		ASSERT_EQ(r.kept[i].processes[1].busy_ns, 0);
	}
	rig__fini(&r);
}

/* A call that needs more room than it has is made again; one that never has enough is given up. */
TEST(too_small_a_room_is_no_end)
{
	static struct rig r;

	begin(&r);
	second_holder(&r);
	samples(&r, 1, 11, 60);
	shares(&r, 1, 11, VLLM, 57);
	rig__line(&r, 4, "0 fail nvmlDeviceGetProcessUtilization 7 2000000000");
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 11; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT(rig__tiles(&r));
	ASSERT_EQ(r.count, 10);
	ASSERT_EQ(r.kept[9].processes[0].busy_ns, 570000000);
	rig__fini(&r);
}

TEST(lost_gpu_is_said_and_comes_back)
{
	static struct rig r;

	begin(&r);
	samples(&r, 1, 21, 60);
	rig__line(&r, 5, "0 fail * 15 5000000000");
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 8; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT_EQ(r.told_state, GPU_STATE_FAILED);
	ASSERT(strstr(r.state_text, "GPU 0: the GPU is lost"));
	ASSERT(r.kept[6].w.losses & GPU_LOSS_GONE);
	ASSERT_EQ(r.kept[6].w.known & GPU_KNOWS_BUSY, 0);
	for (int t = 9; t <= 20; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT_EQ(r.told_state, GPU_STATE_WORKS);
	ASSERT(rig__tiles(&r));
	ASSERT_EQ(r.kept[r.count - 1].w.losses, 0);
	/* What its ring held of the time when it did not answer is not counted for now. */
	ASSERT(rig__busy(&r) < 19 * 0.62 * SECOND);
	rig__fini(&r);
}

/* Library and driver are of two versions: the source ends, another process begins anew. */
TEST(driver_that_was_reloaded)
{
	static struct rig r;
	void *state;

	begin(&r);
	samples(&r, 1, 31, 60);
	rig__line(&r, 5, "- fail nvmlInit_v2 18 4000000000");
	rig__line(&r, 5, "0 fail * 18 4000000000");
	rig__line(&r, 9, "- begin 570.86.10");
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 4; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT(rig__pass(&r, 5) < 0);
	ASSERT_EQ(r.told_state, GPU_STATE_FAILED);
	ASSERT(strstr(r.state_text, "another version"));
	r.source->close(r.state);
	r.state = NULL;
	rig__at(&r, 7 * SECOND);
	ASSERT(r.source->open(&r.opts, &r.teller, &state) < 0);
	rig__at(&r, 10 * SECOND);
	ASSERT_EQ(r.source->open(&r.opts, &r.teller, &r.state), 0);
	for (int t = 10; t <= 14; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT(rig__tiles(&r));
	ASSERT_EQ(r.told_state, GPU_STATE_WORKS);
	ASSERT_EQ(r.kept[3].w.start_ns, 4 * SECOND);
	ASSERT(r.kept[3].w.losses & GPU_LOSS_RELOADED);
	ASSERT_EQ(r.kept[r.count - 1].w.losses, 0);
	ASSERT_EQ(r.kept[r.count - 1].w.end_ns, 14 * SECOND);
	rig__fini(&r);
}

/* No function for processes, no GPM, and who holds memory in records of another size. */
TEST(old_driver)
{
	static struct rig r;

	begin(&r);
	rig__line(&r, 2.5, "0 holds %u 41970000000 51800000000", VLLM);
	rig__line(&r, 2.5, "0 holds %u 1000000000 77", JOB);
	rig__line(&r, 2.5, "0 held");
	rig__process(&r, JOB, "python3", 100);
	samples(&r, 1, 11, 60);
	ASSERT_EQ(rig__open(&r, STANDIN_OLD, 1), 0);
	ASSERT_EQ(r.told_state, GPU_STATE_PARTLY);
	ASSERT(strstr(r.state_text, "too old for nvmlDeviceGetProcessUtilization"));
	for (int t = 1; t <= 10; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT_EQ(r.kept[5].w.losses, GPU_LOSS_PROCESSES);
	ASSERT_EQ(r.kept[5].w.process_count, 2);
	ASSERT_EQ(r.kept[5].processes[1].proc.tgid, JOB);
	ASSERT_EQ(r.kept[5].processes[1].memory_bytes, 77);
	ASSERT_EQ(r.kept[5].processes[1].known, GPU_PROCESS_MEMORY);
	ASSERT(r.kept[5].w.known & GPU_KNOWS_BUSY);
	rig__fini(&r);
}

/* MIG: no utilization at all but GPM's of each slice; then it is switched off. */
TEST(slices_have_windows_of_their_own)
{
	static struct rig r;
	int whole = 0, slices = 0, last = 0;

	rig__init(&r);
	rig__line(&r, 1, "- time %llu", (unsigned long long)WALL);
	rig__line(&r, 1, "- begin 550.54.14");
	rig__line(&r, 1, GPU0);
	rig__line(&r, 1,
		  "1 device 3 1 42000000000 3 7 MIG-a " UUID " - NVIDIA%%20H100%%20MIG%%203g.40gb");
	rig__line(&r, 1,
		  "2 device 9 1 10000000000 1 7 MIG-b " UUID " - NVIDIA%%20H100%%20MIG%%201g.10gb");
	rig__line(&r, 1, "- listed");
	for (int t = 1; t < 13; t++) {
		rig__line(&r, t + 1, "1 means 1000000000 500000 250000 100000 - 300000");
		rig__line(&r, t + 1, "2 means 1000000000 125000 80000 - - -");
		rig__line(&r, t, "1 holds %u 41970000000 40000000000", VLLM);
		rig__line(&r, t, "1 held");
	}
	rig__line(&r, 13, GPU0);
	rig__line(&r, 13, "- listed");
	rig__process(&r, VLLM, "VLLM::EngineCor", 4197);
	samples(&r, 13, 41, 10);
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 40; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT(rig__tiles(&r));
	for (size_t i = 0; i < r.count; i++) {
		const struct kept *k = &r.kept[i];

		if (!*k->device.parent) {
			whole++;
			last = (int)i;
			ASSERT_EQ(k->device.divided, k->w.end_ns < 14 * SECOND);
			continue;
		}
		slices++;
		ASSERT_EQ(k->device.parent_slices, 7);
		ASSERT_EQ(k->device.slices, k->device.index == 3 ? 3 : 1);
		if (k->w.end_ns > 12 * SECOND)
			continue;
		ASSERT_EQ(k->w.metric, GPU_METRIC_GPM);
		ASSERT_EQ(k->w.busy_ns, k->device.index == 3 ? 500000000 : 125000000);
		ASSERT(k->w.losses & GPU_LOSS_PROCESSES);
		ASSERT_EQ(k->w.process_count, k->device.index == 3);
		if (k->device.index == 3) {
			ASSERT_EQ(k->w.sm_ppm, 250000);
			ASSERT_EQ(k->w.dram_ppm, 300000);
			ASSERT(!(k->w.known & GPU_KNOWS_TENSOR));
		}
	}
	ASSERT(whole >= 38 && slices >= 20);
	ASSERT(!r.kept[last].device.divided);
	ASSERT_EQ(r.kept[last].w.metric, GPU_METRIC_DRIVER_SAMPLES);
	rig__fini(&r);
}

/* The pid is of another pid namespace: nothing of that name is here, and it goes on so. */
TEST(pids_of_elsewhere_are_said)
{
	static struct rig r;

	begin(&r);
	rig__gone(&r, VLLM);
	samples(&r, 1, 21, 60);
	shares(&r, 1, 21, 645400, 57);
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 20; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT_EQ(r.kept[1].w.losses & GPU_LOSS_FOREIGN_PIDS, 0);
	ASSERT(r.kept[15].w.losses & GPU_LOSS_FOREIGN_PIDS);
	ASSERT_EQ(r.kept[15].processes[0].proc.start_ns, 0);
	rig__fini(&r);
}

/* The clock is set an hour back, and later two ahead; the driver's stamps go with it. */
TEST(clock_steps_lose_and_double_nothing)
{
	static const int64_t steps[] = { -3600, 7200 };

	for (int i = 0; i < 2; i++) {
		static struct rig r;
		int clock = 0;

		begin(&r);
		second_holder(&r);
		for (int s = 1; s < 21; s++) {
			double ahead = s >= 10 ? (double)steps[i] : 0;

			for (int k = 1; k <= 6; k++)
				rig__line(&r, s + k / 6.0, "0 sample %llu 60",
					  (unsigned long long)rig_us(s + k / 6.0 + ahead));
			rig__line(&r, s + 1, "0 share %u - %llu %llu 57", VLLM,
				  (unsigned long long)rig_us(s + ahead),
				  (unsigned long long)rig_us(s + 1 + ahead));
		}
		ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
		for (int t = 1; t <= 20; t++) {
			r.wall_step = t >= 11 ? steps[i] * (int64_t)SECOND : 0;
			ASSERT_EQ(rig__pass(&r, t), 0);
		}
		ASSERT(rig__tiles(&r));
		ASSERT_EQ(r.count, 19);
		ASSERT(rig__busy(&r) > 11.2 * SECOND && rig__busy(&r) < 11.5 * SECOND);
		for (size_t k = 0; k < r.count; k++)
			clock += (r.kept[k].w.losses & GPU_LOSS_CLOCK) != 0;
		ASSERT_EQ(clock, 1);
		ASSERT_EQ(r.kept[18].processes[0].busy_ns, 570000000);
		rig__fini(&r);
	}
}

/* A CUDA program that lived between two looks, told by the driver's accounting. */
TEST(short_process_by_accounting)
{
	static struct rig r;
	int told = 0;

	begin(&r);
	samples(&r, 1, 11, 60);
	rig__line(&r, 4.6, "0 account %u - 400 50", JOB);
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 10; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	for (size_t i = 0; i < r.count; i++)
		for (size_t k = 0; k < r.kept[i].w.process_count; k++)
			if (r.kept[i].processes[k].proc.tgid == JOB) {
				told++;
				ASSERT_EQ(r.kept[i].w.end_ns, 5 * SECOND);
				ASSERT_EQ(r.kept[i].processes[k].busy_ns, 200000000);
				ASSERT_EQ(r.kept[i].processes[k].metric, GPU_METRIC_ACCOUNTING);
				ASSERT(r.kept[i].processes[k].ended);
			}
	ASSERT_EQ(told, 1);
	rig__fini(&r);
}

/* The driver hangs in a call: windows go on, without figures, and the time is in them once. */
TEST(hung_driver_blocks_nothing)
{
	static struct rig r;

	begin(&r);
	samples(&r, 1, 61, 60);
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 5; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	for (int t = 6; t <= 45; t++) {
		if (t == 15) {
			rig__at(&r, 15 * SECOND);
			gpu_tell_state(&r.teller, GPU_STATE_HUNG, "it has not answered for 5 s");
		}
		gpu_windows__tick(r.windows, (uint64_t)t * SECOND);
	}
	ASSERT_EQ(r.told_state, GPU_STATE_HUNG);
	ASSERT(r.kept[r.count - 1].w.losses & GPU_LOSS_HUNG);
	ASSERT_EQ(rig__pass(&r, 46), 0);
	for (int t = 47; t <= 50; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT(rig__tiles(&r));
	ASSERT_EQ(r.kept[r.count - 1].w.end_ns, 50 * SECOND);
	ASSERT_EQ(r.kept[r.count - 1].w.losses, 0);
	rig__fini(&r);
}

TEST(no_library)
{
	static struct rig r;

	rig__init(&r);
	r.source = gpu_sources[GPU_SOURCE_NVML];
	r.opts.library = "build/standin/there_is_none.so";
	ASSERT(r.source->open(&r.opts, &r.teller, &r.state) < 0);
	ASSERT_EQ(r.told_state, GPU_STATE_FAILED);
	ASSERT(strstr(r.state_text, "there is an NVIDIA driver, but there is no"));
	r.opts.library = NULL;
	ASSERT(!r.source->present(&r.opts));
	rig__file(&r, "dev/nvidiactl", "");
	ASSERT(r.source->present(&r.opts));
	rig__fini(&r);
}

TEST_MAIN()
