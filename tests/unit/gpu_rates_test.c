// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "gpu/rates.h"
#include "test.h"

static const struct gpu_device h100 = { .id = "GPU-7",
					.name = "NVIDIA H100 80GB HBM3",
					.pci = "0000:3b:00.0",
					.index = 1,
					.memory_bytes = 80ull << 30 };

TEST(the_list_has_no_mistakes)
{
	struct gpu_list *l = gpu_list_builtin();

	ASSERT(l && l->count >= 20);
	for (size_t i = 0; i < l->count; i++) {
		const struct gpu_list_row *r = &l->rows[i];

		ASSERT(r->date.p[4] == '-' && r->date.p[7] == '-');
		ASSERT(r->hour_nano > 100000000 && r->hour_nano < 20000000000);
		ASSERT(r->source.n > 20);
	}
	free(l);
}

TEST(mistakes_are_told_by_line)
{
	static const struct {
		const char *text, *what;
	} bad[] = {
		{ "gpu\tv\nX\tv\tspot\t1\tpage\t2026-01-02\nX\tv\trented\t1\tpage\t2026-01-02\n",
		  "line 3: kind is one of on_demand, reserved, spot, own" },
		{ "h\nX\tv\tspot\tfree\tpage\t2026-01-02",
		  "line 2: usd_per_hour is a decimal number above 0" },
		{ "h\nX\tv\tspot\t1\tpage",
		  "line 2: a price needs its source and its date (2026-11-26)" },
		{ "h\nX\tv\tspot\t1\t\t2026-01-02",
		  "line 2: a price needs its source and its date (2026-11-26)" },
		{ "h\nX", "line 2: a row needs a GPU and a vendor" },
	};
	static struct gpu_list l;
	char err[200];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct span text = test_guard(span_str(bad[i].text));

		ASSERT_EQ(gpu_list__parse(&l, text, err, sizeof(err)), -EBADMSG);
		ASSERT_STR(err, bad[i].what);
		test_unguard(text);
	}
}

TEST(without_a_rule_there_is_no_price)
{
	struct gpu_list *l = gpu_list_builtin();
	struct gpu_rates r = { .count = 0 };
	struct gpu_rate rate = gpu_rates__find(&r, l, &h100);

	ASSERT_EQ(rate.hour_nano, -1);
	ASSERT(!rate.rule);
	free(l);
}

TEST(rules_hold_in_their_order)
{
	struct gpu_list *l = gpu_list_builtin();
	struct gpu_rates r = {
		.rules = { { .gpu = "*A100*", .hour_nano = 1 },
			   { .gpu = "*H100*", .from = "lambda", .kind = GPU_RATE_ON_DEMAND },
			   { .gpu = "*", .hour_nano = 2 } },
		.count = 3,
	};
	struct gpu_rate rate = gpu_rates__find(&r, l, &h100);

	ASSERT(rate.list);
	ASSERT_EQ(rate.hour_nano, 3990000000);
	ASSERT_SPAN(rate.list->date, "2026-09-20");
	r.rules[1].kind = GPU_RATE_SPOT; /* it sells none: no price is made up */
	ASSERT_EQ(gpu_rates__find(&r, l, &h100).hour_nano, -1);
	span__copy(SPAN("GPU-7"), r.rules[0].gpu, sizeof(r.rules[0].gpu));
	ASSERT_EQ(gpu_rates__find(&r, l, &h100).hour_nano, 1);
	span__copy(SPAN("0000:3b:*"), r.rules[0].gpu, sizeof(r.rules[0].gpu));
	ASSERT_EQ(gpu_rates__find(&r, l, &h100).hour_nano, 1);
	free(l);
}

TEST(a_node_is_divided_to_the_nano_dollar)
{
	struct gpu_rates r = { .rules = { { .gpu = "*", .hour_nano = 24000000001, .gpus = 7 } },
			       .count = 1 };
	struct gpu_device d = h100;
	int64_t sum = 0;

	for (d.index = 0; d.index < 7; d.index++)
		sum += gpu_rates__find(&r, NULL, &d).hour_nano;
	ASSERT_EQ(sum, 24000000001);
}

TEST(slices)
{
	struct gpu_device slice = { .slices = 1, .parent_slices = 7, .memory_bytes = 10ull << 30 };

	ASSERT_EQ(gpu_rate_of_slice(2800000000, &slice, &h100), (400000000 + 350000000) / 2);
	slice.slices = 0;
	ASSERT_EQ(gpu_rate_of_slice(2800000000, &slice, &h100), -1);
}

TEST_MAIN()
