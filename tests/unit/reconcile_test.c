// SPDX-License-Identifier: BSD-2-Clause
/* Whatever bill and ledger hold: the parts add up to the gap, in each cell and in all. */
#include <errno.h>

#include "reconcile/reconcile.h"
#include "test.h"

static uint64_t state;

/* splitmix64: the same numbers everywhere. */
static uint64_t rnd(uint64_t below)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (z ^ (z >> 31)) % below;
}

static const char *const providers[] = { "openai", "anthropic", "aws.bedrock" };
static const char *const models[] = {
	"gpt-4o", "gpt-4o-2024-08-06", "claude 3 5 haiku", "claude-3-5-haiku-20241022",
	"",	  "unheard-of"
};
static const char *const names[] = { "", "a", "b", "key_1" };

static bool price(void *ctx, const char *provider, const char *model, bool batch,
		  enum usage_class c, int64_t when_s, int64_t *ret_nano)
{
	if (!strcmp(model, "unheard-of") || !*model)
		return false;
	*ret_nano = ((int64_t)c + 1) * (batch ? 500000000 : 1000000001);
	return true;
}

/* Mostly figures as they are, now and then ones that no bill could have. */
static int64_t figure(void)
{
	return rnd(40) ? (int64_t)rnd(1000000) : (int64_t)(rnd(UINT64_MAX) >> (1 + rnd(60)));
}

static void any_line(struct bill_line *l)
{
	*l = (struct bill_line){ .start_s = 1793750400 + (int64_t)rnd(5 * 86400),
				 .kind = (uint8_t)(rnd(3) ? BILL_USAGE : rnd(BILL_KINDS)),
				 .batch = !rnd(8),
				 .loose = rnd(2),
				 .zoneless = rnd(2),
				 .requests = rnd(2) ? -1 : (int64_t)rnd(50) };
	strcpy(l->provider, providers[rnd(3)]);
	strcpy(l->model, models[rnd(6)]);
	strcpy(l->project, names[rnd(4)]);
	strcpy(l->key, names[rnd(4)]);
	l->end_s = rnd(50) ? l->start_s + 3600 : rnd(2) ? 0 : l->start_s + 30 * 86400;
	l->has_money = rnd(3);
	l->nano = l->has_money ? figure() - (rnd(9) ? 0 : figure()) : 0;
	l->tolerance = rnd(2) ? 1 : 5000000;
	l->credit = rnd(9) ? 0 : -figure();
	for (int i = 0; i < USAGE_CLASSES; i++)
		if (rnd(3))
			usage__set(&l->use, i, figure());
}

static void any_slot(struct ledger_slot *s)
{
	*s = (struct ledger_slot){ .end_s = 1793750400 - 86400 + (int64_t)rnd(7 * 48) * 1800,
				   .provider = providers[rnd(3)],
				   .model = models[rnd(6)],
				   .project = names[rnd(4)],
				   .key = names[rnd(4)],
				   .batch = !rnd(8),
				   .calls = 1 + (int64_t)rnd(20),
				   .unpriced = (int64_t)rnd(3),
				   .nano_usd = figure() };
	s->start_s = s->end_s - (rnd(4) ? 0 : 1800);
	s->estimated_nano = rnd(3) ? 0 : s->nano_usd / 2;
	for (int i = 0; i < USAGE_CLASSES; i++)
		s->units[i] = rnd(2) ? figure() : 0;
}

struct sums {
	int64_t cells, apart, billed, ledger, gap;
};

static void on_cell(void *ctx, const struct reconcile_cell *c)
{
	struct sums *s = ctx;
	int64_t sum = 0;

	for (int i = 0; i < PARTS; i++)
		sum = (int64_t)((uint64_t)sum + (uint64_t)c->part[i]);
	s->cells++;
	s->apart += sum != c->gap || c->gap != c->billed - c->ledger;
	s->billed += c->billed / 1000;
	s->ledger += c->ledger / 1000;
}

TEST(parts_add_up)
{
	static const struct reconcile_same same[] = { { "key_1", "a" } };

	for (state = 0; state < 400000; state = state / 1000 * 1000 + 1000) {
		uint64_t seed = state;
		struct reconcile_opts o = { .price = rnd(8) ? price : NULL,
					    .same = same,
					    .same_count = rnd(2),
					    .ledger_from_s = 1793750400 + 86400,
					    .ledger_until_s = rnd(4) ? 1793750400 + 4 * 86400 : 0 };
		struct sums sums = { .cells = 0 };
		struct reconcile_summary sum;
		struct reconcile *r;
		int64_t since, until;
		int ret;

		ASSERT_EQ(reconcile__new(&o, &r), 0);
		for (uint64_t i = 0, n = rnd(60); i < n; i++) {
			struct bill_line l;

			if (!rnd(20))
				reconcile__file(r);
			any_line(&l);
			ASSERT_EQ(reconcile__bill(r, &l), 0);
		}
		ret = reconcile__span(r, &since, &until);
		ASSERT(!ret || ret == -ENODATA);
		for (uint64_t i = 0, n = rnd(80); i < n; i++) {
			struct ledger_slot s;

			any_slot(&s);
			ASSERT_EQ(reconcile__slot(r, &s), 0);
		}
		ASSERT_EQ(reconcile__explain(r, on_cell, &sums, &sum), ret);
		ASSERT_EQ(sums.apart, 0);
		reconcile__free(r);
		state = seed;
	}
}

TEST(nothing_is_an_answer)
{
	struct reconcile_opts o = { .price = NULL };
	struct reconcile_summary sum;
	struct reconcile *r;
	int64_t since, until;

	ASSERT_EQ(reconcile__new(&o, &r), 0);
	ASSERT_EQ(reconcile__span(r, &since, &until), -ENODATA);
	ASSERT_EQ(reconcile__explain(r, on_cell, NULL, &sum), -ENODATA);
	reconcile__free(r);
	reconcile__free(NULL);
}

TEST(parts_have_names)
{
	for (int i = 0; i < PARTS; i++) {
		ASSERT(*reconcile_part_name((enum reconcile_part)i));
		ASSERT(*reconcile_part_title((enum reconcile_part)i));
		ASSERT(*reconcile_part_help((enum reconcile_part)i));
	}
}

TEST_MAIN()
