// SPDX-License-Identifier: BSD-2-Clause
/* The calls of the window: added as they come, taken away when they are too old. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "span.h"
#include "top/inside.h"

const struct top_view_def top_views[TOP_VIEWS] = {
#define VIEW(symbol, key, title, dimension) { key, title, dimension },
#include "top/views.def"
#undef VIEW
};

const struct top_window_def top_windows[TOP_WINDOWS] = {
#define WINDOW(symbol, key, title, name, seconds) { key, title, name, seconds },
#include "top/windows.def"
#undef WINDOW
};

/* Behind the views' dimensions: the run that started a call's run. */
#define KEY_PARENT_RUN TOP_VIEWS

_Static_assert(KEY_PARENT_RUN < LEDGER_CALL_KEYS, "a follower gives as many");
_Static_assert(SUM_UNTOLD < 16, "struct top_kept has a bit for each");

struct top *top__new(const struct top_opts *o)
{
	struct top *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->view = o->view;
	t->window = o->window;
	t->sort = o->sort;
	t->ascii = o->ascii;
	t->batch = o->batch;
	t->stale = true;
	memcpy(t->seed, o->seed, sizeof(t->seed));
	for (int i = 0; i < TOP_VIEWS; i++)
		top_rows__init(&t->rows[i], t->seed);
	return t;
}

static void forget(struct top *t)
{
	for (int i = 0; i < TOP_VIEWS; i++)
		top_rows__fini(&t->rows[i]);
	t->total = (struct top_sums){ { 0 } };
	t->now = (struct top_now){ { 0 } };
	t->kept_at = t->kept_count = t->last_count = 0;
	t->shown_count = 0;
	t->cut_ns = 0;
	t->live = 0;
}

void top__free(struct top *t)
{
	if (!t)
		return;
	forget(t);
	free(t->tree_text);
	free(t->kept);
	free(t->shown);
	free(t);
}

size_t top_dimensions(const char *by[LEDGER_CALL_KEYS])
{
	for (int i = 0; i < TOP_VIEWS; i++)
		by[i] = top_views[i].dimension;
	by[KEY_PARENT_RUN] = "parent_run";
	return KEY_PARENT_RUN + 1;
}

int64_t top__from(const struct top *t)
{
	int64_t from = top_windows[t->window].seconds
			       ? t->time.now_ns - top_windows[t->window].seconds * SECOND_NS
			       : t->time.today_ns;

	return from > t->cut_ns ? from : t->cut_ns;
}

/* A ledger that is younger than the window is not taken to have spent nothing before. */
int64_t top__span(const struct top *t)
{
	int64_t from = top__from(t);

	if (t->month.first_ns > from)
		from = t->month.first_ns;
	return t->time.now_ns - from > MINUTE_NS ? t->time.now_ns - from : MINUTE_NS;
}

int64_t top__step(const struct top *t)
{
	int64_t seconds = top_windows[t->window].seconds;

	return (seconds ? seconds : 86400) * SECOND_NS / TOP_STEPS;
}

bool top__wants_reading(const struct top *t)
{
	return t->stale;
}

void top__begin(struct top *t, const struct top_time *now, int64_t *ret_since_ns)
{
	int64_t minute_ago = now->now_ns - MINUTE_NS;

	forget(t);
	t->time = *now;
	t->stale = false;
	t->reading = true;
	/* What is spent now is told of the whole last minute, also just after midnight. */
	*ret_since_ns = top__from(t) < minute_ago ? top__from(t) : minute_ago;
}

void top__spent(struct top *t, const struct ledger_spent *today, const struct ledger_spent *month)
{
	t->today = *today;
	t->month = *month;
}

int64_t top__since(const struct top *t)
{
	return top__from(t);
}

void top__gpus(struct top *t, const struct ledger_gpu_total *g)
{
	t->gpus = *g;
}

void top__have_read(struct top *t)
{
	t->reading = false;
}

static void count_now(struct top *t, const struct ledger_call *c)
{
	int64_t second = c->end_ns / SECOND_NS;
	size_t i = (size_t)(second % 60);

	if (second < 0 || second < t->now.second[i])
		return;
	if (t->now.second[i] != second) {
		t->now.second[i] = second;
		t->now.nano[i] = t->now.calls[i] = 0;
	}
	t->now.nano[i] += c->nano_usd > 0 ? c->nano_usd : 0;
	t->now.calls[i]++;
}

static void count_spent(struct ledger_spent *s, int64_t since_ns, const struct ledger_call *c)
{
	if (c->end_ns < since_ns)
		return;
	s->calls++;
	s->unpriced += c->nano_usd < 0;
	s->nano_usd += c->nano_usd > 0 ? c->nano_usd : 0;
	if (!s->first_ns)
		s->first_ns = c->end_ns;
}

static void keep_last(struct top *t, const struct ledger_call *c)
{
	struct top_last *l = &t->last[t->last_count++ % TOP_LAST_MAX];

	*l = (struct top_last){ .start_ns = c->start_ns,
				.end_ns = c->end_ns,
				.input = c->input,
				.cache_read = c->cache_read,
				.output = c->output,
				.nano_usd = c->nano_usd,
				.subscription_nano = c->subscription_nano,
				.estimated = c->estimated,
				.not_billed = c->not_billed };
	span__copy(span_str(c->key[VIEW_SERVICE]), l->service, sizeof(l->service));
	span__copy(span_str(c->key[VIEW_MODEL]), l->model, sizeof(l->model));
	span__copy(span_str(c->key[VIEW_FEATURE]), l->feature, sizeof(l->feature));
	span__copy(span_str(c->key[VIEW_USER]), l->user, sizeof(l->user));
	span__copy(span_str(c->result), l->result, sizeof(l->result));
}

/* The sub-agents of a run are in its row: they are what it does. */
static struct top_row *run_row(struct top *t, const struct ledger_call *c)
{
	struct top_rows *runs = &t->rows[VIEW_RUN];
	const char *run = c->key[VIEW_RUN], *parent = c->key[KEY_PARENT_RUN];
	struct top_row *row;

	if (!*parent || !*run || !strcmp(parent, run))
		return top_rows__get(runs, run);
	row = top_rows__find(runs, top_hash(t->seed, run));
	if (row)
		return row;
	row = top_rows__get(runs, parent);
	if (row)
		top_rows__alias(runs, run, row);
	return row;
}

static bool in_scope(const struct top *t, struct top_row *const *row)
{
	for (size_t i = 0; i < t->scopes; i++)
		if (row[t->scope[i].view]->hash != t->scope[i].hash)
			return false;
	return true;
}

static struct top_sums sums_of(const struct top_kept *k)
{
	struct top_sums s = { .n = {
				      [SUM_INPUT] = k->input,
				      [SUM_CACHED] = k->cache_read,
				      [SUM_OUTPUT] = k->output,
				      [SUM_NANO] = k->nano_usd,
				      [SUM_SUBSCRIPTION_NANO] = k->subscription_nano,
				      [SUM_GPU_NS] = k->gpu_ns,
				      [SUM_GPU_NANO] = k->gpu_nano,
			      } };

	for (int i = 0; i <= SUM_UNTOLD; i++)
		s.n[i] = k->flags >> i & 1;
	s.n[SUM_ESTIMATED_NANO] = s.n[SUM_ESTIMATED] ? k->nano_usd : 0;
	return s;
}

static void add(struct top *t, const struct top_kept *k, int times)
{
	struct top_sums s = sums_of(k);

	top_sums__add(&t->total, &s, times);
	for (int i = 0; i < TOP_VIEWS; i++)
		top_sums__add(&k->row[i]->sum, &s, times);
}

/* The oldest call leaves. */
static void drop_first(struct top *t)
{
	add(t, &t->kept[t->kept_at++], -1);
	t->kept_count--;
}

/* Room for one more behind the last. Returns 0 or -ENOMEM. */
static int kept_room(struct top *t)
{
	if (t->kept_count == TOP_KEPT_MAX) {
		t->cut_ns = t->kept[t->kept_at].end_ns + 1;
		drop_first(t);
	}
	if (t->kept_at + t->kept_count < t->kept_cap)
		return 0;
	if (t->kept_at > t->kept_cap / 2) {
		memmove(t->kept, t->kept + t->kept_at, t->kept_count * sizeof(*t->kept));
		t->kept_at = 0;
		return 0;
	}
	{
		size_t cap = t->kept_cap ? 2 * t->kept_cap : 1024;
		struct top_kept *more = realloc(t->kept, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->kept = more;
		t->kept_cap = cap;
	}
	return 0;
}

/* In the order of their ends: one that was written late goes between. */
static int keep(struct top *t, const struct top_kept *k)
{
	size_t at;

	/* Since midnight nothing leaves. */
	if (!top_windows[t->window].seconds)
		return 0;
	if (kept_room(t))
		return -ENOMEM;
	at = t->kept_at + t->kept_count++;
	while (at > t->kept_at && t->kept[at - 1].end_ns > k->end_ns)
		at--;
	memmove(t->kept + at + 1, t->kept + at,
		(t->kept_at + t->kept_count - 1 - at) * sizeof(*t->kept));
	t->kept[at] = *k;
	return 0;
}

static void seen(struct top *t, struct top_row *r, const struct ledger_call *c)
{
	if (!r->start_ns || c->start_ns < r->start_ns)
		r->start_ns = c->start_ns;
	if (c->end_ns > r->end_ns)
		r->end_ns = c->end_ns;
	top_row__spend(r, c->end_ns / top__step(t), c->nano_usd > 0 ? c->nano_usd : 0);
}

static int make_kept(struct top *t, const struct ledger_call *c, struct top_kept *ret_k)
{
	struct top_kept k = { .end_ns = c->end_ns };
	struct top_sums s;

	top_sums__of(&s, c);
	for (int i = 0; i <= SUM_UNTOLD; i++)
		k.flags |= (uint16_t)(s.n[i] << i);
	k.input = s.n[SUM_INPUT];
	k.cache_read = s.n[SUM_CACHED];
	k.output = s.n[SUM_OUTPUT];
	k.nano_usd = s.n[SUM_NANO];
	k.subscription_nano = s.n[SUM_SUBSCRIPTION_NANO];
	k.gpu_ns = s.n[SUM_GPU_NS];
	k.gpu_nano = s.n[SUM_GPU_NANO];
	for (int i = 0; i < TOP_VIEWS; i++) {
		k.row[i] = i == VIEW_RUN ? run_row(t, c) : top_rows__get(&t->rows[i], c->key[i]);
		if (!k.row[i])
			return -ENOMEM;
	}
	*ret_k = k;
	return 0;
}

void top__call(struct top *t, const struct ledger_call *c)
{
	struct top_kept k;

	if (c->passed_through)
		return;
	count_now(t, c);
	if (!t->reading) {
		count_spent(&t->today, t->time.today_ns, c);
		count_spent(&t->month, t->time.month_ns, c);
	}
	if (c->end_ns < top__from(t))
		return;
	if (make_kept(t, c, &k)) {
		t->no_memory = true;
		return;
	}
	if (!in_scope(t, k.row))
		return;
	if (keep(t, &k)) {
		t->no_memory = true;
		return;
	}
	add(t, &k, 1);
	for (int i = 0; i < TOP_VIEWS; i++)
		seen(t, k.row[i], c);
	if (!k.row[VIEW_RUN]->others)
		span__copy(span_str(c->key[VIEW_SERVICE]), k.row[VIEW_RUN]->about,
			   sizeof(k.row[VIEW_RUN]->about));
	keep_last(t, c);
	if (t->tree_open && k.row[VIEW_RUN]->hash == top_hash(t->seed, t->tree_run))
		t->tree_stale = true;
}

void top__tick(struct top *t, const struct top_time *now)
{
	int64_t from;

	/* Another day, or month: what was spent in it is read anew. */
	if (now->today_ns != t->time.today_ns || now->month_ns != t->time.month_ns)
		t->stale = true;
	t->time = *now;
	from = top__from(t);
	while (t->kept_count && t->kept[t->kept_at].end_ns < from)
		drop_first(t);
}

void top__meter(struct top *t, bool running, int64_t last_ns)
{
	t->meter_known = true;
	t->meter_running = running;
	t->meter_last_ns = last_ns;
}

void top__forget_losses(struct top *t)
{
	t->losses = 0;
	t->lost = 0;
}

void top__lost(struct top *t, const char *name, int64_t n)
{
	t->lost++;
	if (t->losses == TOP_LOSSES)
		return;
	span__copy(span_str(name), t->loss[t->losses].name, sizeof(t->loss[0].name));
	t->loss[t->losses++].n = n;
}

void top__forget_flights(struct top *t)
{
	t->live = 0;
	for (int i = 0; i < TOP_VIEWS; i++)
		for (size_t k = 0; k < t->rows[i].count; k++)
			t->rows[i].row[k]->live = 0;
}

void top__flight(struct top *t, const struct ledger_flight *f)
{
	struct top_row *row[TOP_VIEWS];

	for (int i = 0; i < TOP_VIEWS; i++) {
		row[i] = top_rows__get(&t->rows[i], f->key[i]);
		if (!row[i]) {
			t->no_memory = true;
			return;
		}
	}
	if (!in_scope(t, row))
		return;
	t->live++;
	for (int i = 0; i < TOP_VIEWS; i++) {
		/* Which run a call is a step of is known at its end. */
		if (i == VIEW_RUN)
			continue;
		if (!row[i]->live++ || f->start_ns < row[i]->live_ns)
			row[i]->live_ns = f->start_ns;
	}
}
