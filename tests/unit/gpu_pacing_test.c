// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/pacing.h"
#include "gpu_fixture.h"

#define DEVICES	   8
#define PASSES	   60
#define LOOK_US	   3800
#define BUDGET_NS  (PACING_PASS_NS / 1000000 * PACING_BUDGET_PPM)
#define FOREVER_NS "3600000000000"

TEST(looks_stay_below_the_budget)
{
	for (size_t devices = 1; devices <= 16; devices++)
		for (uint64_t us = 100; us < 6000; us += 100) {
			struct pacing p = { 0 };
			uint64_t looks = 0;

			pacing__took(&p, us * 1000);
			pacing__settle(&p, devices);
			for (uint64_t pass = 0; pass < 10 * p.passes; pass++)
				for (size_t i = 0; i < devices; i++)
					looks += pacing__is_due(&p, pass + 1, i);
			/* Each has its turn, and no more turns than there is time for. */
			ASSERT_EQ(looks, 10 * devices);
			if (p.passes < PACING_PASSES_MAX)
				ASSERT(us * 1000 * devices <= BUDGET_NS * p.passes);
			if (p.passes > 1)
				ASSERT(us * 1000 * devices > BUDGET_NS * (p.passes - 1) / 10 * 8);
		}
}

/* A mean that goes up and down by a tenth at an edge changes nothing, one look that is slow little.
 */
TEST(does_not_go_to_and_fro)
{
	struct pacing p = { 0 };
	int changes = 0;

	for (int i = 0; i < 1000; i++) {
		pacing__took(&p, i % 2 ? 1350000 : 1150000);
		changes += pacing__settle(&p, 8);
	}
	ASSERT(changes <= 2);
	ASSERT(p.passes >= 2 && p.passes <= 3);
	pacing__took(&p, 20000000);
	for (int i = 0; i < 40; i++)
		pacing__took(&p, 200000);
	pacing__settle(&p, 8);
	ASSERT_EQ(p.passes, 1);
}

/* Eight GPUs of a driver that takes its time, busy in a wave that looks do not keep step with. */
static uint64_t begin(struct rig *r, const char *fault, int us)
{
	uint64_t busy = 0;

	rig__init(r);
	rig__line(r, 1, "- time %llu", (unsigned long long)WALL);
	rig__line(r, 1, "- begin 550.54.14");
	for (int d = 0; d < DEVICES; d++)
		rig__line(r, 1,
			  "%d device %d 1 85520809984 0 0 GPU-%d - 0000:%02x:00.0 NVIDIA%%20H200",
			  d, d, d, d + 1);
	rig__line(r, 1, "- listed");
	for (int d = 0; d < DEVICES; d++)
		rig__line(r, 1, "%d power 400000", d);
	rig__line(r, 1, "- fail nvmlDeviceGetMemoryInfo %d " FOREVER_NS, 10000 + us);
	if (fault)
		rig__line(r, 1, "- %s", fault);
	for (int i = 0; i < PASSES * 6; i++) {
		unsigned int percent = (unsigned int)(i * 37 % 101);
		double t = 1 + (i + 1) / 6.0;

		for (int d = 0; d < DEVICES; d++) {
			rig__line(r, t, "%d sample %llu %u", d, (unsigned long long)rig_us(t),
				  percent);
			rig__line(r, t, "%d util %u", d, percent);
			rig__line(r, t, "%d power 400000", d);
		}
		busy += percent * (SECOND / 600);
	}
	return busy;
}

TEST(dear_answers_are_asked_for_less_often)
{
	static struct rig r;
	uint64_t busy = begin(&r, NULL, LOOK_US), energy = 0;
	size_t early;

	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 20; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	early = r.count;
	for (int t = 21; t <= PASSES + 1; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	/* Each window is a look: below the budget, and nobody has to wait for longer than the most.
	 */
	ASSERT((r.count - early) * LOOK_US * 1000 <= BUDGET_NS * (PASSES - 20) * 11 / 10);
	ASSERT(r.count - early >= DEVICES * ((PASSES - 20) / PACING_PASSES_MAX));
	ASSERT_EQ(r.told_state, GPU_STATE_WORKS);
	ASSERT(strstr(r.state_text, "of a core, so each is looked at every "));
	gpu_windows__finish(r.windows, (PASSES + 1) * SECOND);
	ASSERT(rig__tiles(&r));
	for (size_t i = 0; i < r.count; i++) {
		const struct gpu_window *w = &r.kept[i].w;

		/* The rest, behind the last look, nobody has measured. */
		if (w->end_ns <= PASSES * SECOND)
			ASSERT(w->known & GPU_KNOWS_BUSY);
		energy += w->energy_uj;
	}
	ASSERT(rig__busy(&r) * 100 >= DEVICES * busy * 80 &&
	       rig__busy(&r) * 100 <= DEVICES * busy * 101);
	/* 400 W all the time: power is read in each pass. */
	ASSERT_EQ(energy, DEVICES * PASSES * 400000000ull);
	rig__fini(&r);
}

/* Nothing but a gauge tells how busy it is: that is read in each pass, whatever the rest takes. */
TEST(a_gauge_is_read_in_each_pass)
{
	static struct rig r;

	begin(&r, "fail nvmlDeviceGetSamples 3 " FOREVER_NS, LOOK_US);
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= PASSES; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT(rig__tiles(&r));
	ASSERT(r.count < DEVICES * PASSES / 3);
	for (size_t i = 0; i < r.count; i++)
		ASSERT_EQ(r.kept[i].w.metric, GPU_METRIC_UTILIZATION);
	rig__fini(&r);
}

TEST(cheap_answers_are_asked_for_each_second)
{
	static struct rig r;

	begin(&r, NULL, 0);
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	for (int t = 1; t <= 11; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT_EQ(r.count, DEVICES * 10);
	rig__fini(&r);
}

TEST_MAIN()
