// SPDX-License-Identifier: BSD-2-Clause
/* GPUs that idle: told once a day, with what that costs; a meter that is started again goes on. */
#include "detect_fixture.h"

#define HOUR	  (3600 * SECOND)
#define HOUR_NANO 3000000000ll
#define DEVICE	  "GPU-8f1c0e6a"

struct day {
	const char *device;
	int percent, hours, from; /* busy; of the day; its first hour */
	bool priced, divided, unknown;
};

/* Minutes of one day, each a window: what is not busy is held by "vllm", a tenth of it free. */
static void live(struct detect *d, int64_t at, const struct day *day)
{
	struct gpu_device device = { .divided = day->divided };
	uint64_t minute = 60 * SECOND, busy = minute / 100 * (uint64_t)day->percent;
	uint64_t idle = minute - busy;
	int64_t nano = day->priced ? HOUR_NANO / 60 : 0, held = nano * (100 - day->percent) / 100;

	snprintf(device.id, sizeof(device.id), "%s", day->device);
	snprintf(device.name, sizeof(device.name), "NVIDIA H100");
	for (int m = 60 * day->from; m < 60 * (day->from + day->hours); m++) {
		struct gpu_window w = { .device = &device,
					.start_ns = (uint64_t)m * minute + 1,
					.end_ns = (uint64_t)(m + 1) * minute + 1,
					.known = day->unknown ? 0 : GPU_KNOWS_BUSY,
					.metric = GPU_METRIC_GPM,
					.busy_ns = busy };
		struct gpu_use uses[] = {
			{ .kind = GPU_PART_REQUEST,
			  .service = "vllm",
			  .ns = busy,
			  .nano_usd = nano - held },
			{ .kind = GPU_PART_HELD,
			  .service = "vllm",
			  .ns = idle - idle / 10,
			  .nano_usd = held - held / 10 },
			{ .kind = GPU_PART_FREE, .ns = idle / 10, .nano_usd = held / 10 },
		};
		struct gpu_bill b = { .window = &w,
				      .priced = day->priced,
				      .hour_nano = HOUR_NANO,
				      .nano_usd = nano };
		struct gpu_entry e = { .bill = &b,
				       .wall_start_ns = at + m * 60 * SECOND,
				       .uses = uses,
				       .use_count = 3 };

		detect__gpu(d, &e);
		detect__tick(d, e.wall_start_ns);
	}
}

#define MIDNIGHT (START - 12 * HOUR)

TEST(an_idle_day_is_told_once)
{
	struct watch w = watch();
	struct finding f;

	watch_with(&w, NULL);
	live(w.d, MIDNIGHT, &(struct day){ DEVICE, .percent = 20, .hours = 24, .priced = true });
	ASSERT_EQ(w.told, 0);
	/* The next one is busy: it is told with its first window, of the day before. */
	live(w.d, MIDNIGHT + DAY,
	     &(struct day){ DEVICE, .percent = 80, .hours = 24, .priced = true });
	ASSERT_STR(w.kinds, "gpus.idle ");
	ASSERT_EQ(w.again, 0);
	f = w.last;
	ASSERT_EQ(f.severity, FINDING_NOTICE);
	ASSERT_STR(f.field, "gpu");
	ASSERT_STR(f.value, DEVICE);
	ASSERT_STR(f.service, "vllm");
	ASSERT_STR(f.what, "NVIDIA H100, held by vllm, by gpm_graphics_util");
	ASSERT_EQ(f.since_ns, MIDNIGHT);
	ASSERT_EQ(f.count, 1);
	ASSERT_EQ(f.nano_usd, 24 * HOUR_NANO * 8 / 10);
	ASSERT_EQ(f.hour_nano, HOUR_NANO * 8 / 10);
	ASSERT_EQ(f.figure_count, 6);
	ASSERT_EQ(f.figures[0].value, 20);
	ASSERT_EQ(f.figures[2].value, 24);
	ASSERT_EQ(f.figures[3].value, 24 * HOUR_NANO * 8 / 10 * 9 / 10);
	ASSERT_EQ(f.figures[5].value, 24 * HOUR_NANO * 8 / 100);
	live(w.d, MIDNIGHT + 2 * DAY,
	     &(struct day){ DEVICE, .percent = 10, .hours = 24, .priced = true });
	ASSERT_EQ(w.told, 1);
	live(w.d, MIDNIGHT + 3 * DAY, &(struct day){ DEVICE, .percent = 80, .hours = 1 });
	ASSERT_EQ(w.told, 2);
	ASSERT(strcmp(f.id, w.last.id));
	detect__free(w.d);
}

/* Half a day at least, of which somebody measured how busy it was; and no slices twice. */
TEST(what_is_not_known_is_not_told)
{
	static const struct day days[] = {
		{ DEVICE, .percent = 20, .hours = 11 },
		{ DEVICE, .percent = 50, .hours = 24 },
		{ DEVICE, .percent = 0, .hours = 24, .unknown = true },
		{ DEVICE, .percent = 0, .hours = 24, .divided = true },
	};
	struct detect_settings off;
	struct watch w = watch();

	watch_with(&w, NULL);
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		live(w.d, MIDNIGHT + (int64_t)i * DAY, &days[i]);
	live(w.d, MIDNIGHT + 5 * DAY, &(struct day){ DEVICE, .percent = 90, .hours = 1 });
	ASSERT_EQ(w.told, 0);
	/* Without a price there is no money, and it is told still. */
	live(w.d, MIDNIGHT + 6 * DAY, &(struct day){ DEVICE, .percent = 49, .hours = 13 });
	live(w.d, MIDNIGHT + 7 * DAY, &(struct day){ DEVICE, .percent = 90, .hours = 1 });
	ASSERT_EQ(w.told, 1);
	ASSERT_EQ(w.last.nano_usd, 0);
	ASSERT_EQ(w.last.figure_count, 3);
	detect__free(w.d);
	detect_settings__init(&off);
	off.value[SET_IDLE] = 0;
	w = watch();
	watch_with(&w, &off);
	live(w.d, MIDNIGHT, &(struct day){ DEVICE, .percent = 1, .hours = 24 });
	live(w.d, MIDNIGHT + DAY, &(struct day){ DEVICE, .percent = 1, .hours = 1 });
	ASSERT_EQ(w.told, 0);
	detect__free(w.d);
}

static void keep(void *ctx, const struct learnt *l)
{
	detect__past_learnt(ctx, l);
}

/* A meter that is started again at noon has the morning, too. */
TEST(goes_on_after_a_start)
{
	struct watch a = watch(), b = watch();
	struct learnt bad = {
		.detector = "gpus", .owner = 7, .n = (int64_t[]){ 1, 2, 3 }, .count = 3
	};

	watch_with(&a, NULL);
	watch_with(&b, NULL);
	live(a.d, MIDNIGHT, &(struct day){ DEVICE, .percent = 30, .hours = 10, .priced = true });
	detect__each_learnt(a.d, keep, b.d);
	ASSERT(detect__past_learnt(b.d, &bad) < 0);
	live(b.d, MIDNIGHT,
	     &(struct day){ DEVICE, .percent = 30, .hours = 10, .from = 10, .priced = true });
	live(b.d, MIDNIGHT + DAY, &(struct day){ DEVICE, .percent = 90, .hours = 1 });
	ASSERT_EQ(a.told, 0);
	ASSERT_EQ(b.told, 1);
	ASSERT_EQ(b.last.figures[2].value, 20);
	ASSERT_EQ(b.last.nano_usd, 20 * HOUR_NANO * 7 / 10);
	detect__free(a.d);
	detect__free(b.d);
}

TEST_MAIN()
