// SPDX-License-Identifier: BSD-2-Clause
/*
 * Budgets: what was spent and what is in flight, against what may be. A sub-agent has no allowance
 * of its own: of a budget per run it uses that of the run which started it. Figures that can't be
 * true are in no sum: who forges them would use up what is another's.
 */
#include "base/hash.h"
#include "detect/account.h"

static struct accounts *of(void *state)
{
	return state;
}

static void on_account_leaves(void *ctx, void *item)
{
	struct account *c = item;
	struct accounts *a = ctx;

	if (c->spent && c->last_ns < c->end_ns && c->b->period != PERIOD_RUN)
		detect__dropped(a->d, DROP_BUDGETS_FULL);
}

static void on_reserved_leaves(void *ctx, void *item);

static int init(void *state, struct detect *d)
{
	struct accounts *a = of(state);

	a->d = d;
	a->list = detect__budgets(d);
	fair__init(&a->accounts, ACCOUNTS_MAX, sizeof(struct account), on_account_leaves, a);
	fair__init(&a->reserved, RESERVED_MAX, sizeof(struct reserved), on_reserved_leaves, a);
	fair__init(&a->runs, ACCOUNT_RUNS, sizeof(struct run_parent), NULL, NULL);
	return 0;
}

static void fini(void *state)
{
	struct accounts *a = of(state);

	/* At the end nothing makes room. */
	a->accounts.leave = a->reserved.leave = NULL;
	fair__fini(&a->reserved);
	fair__fini(&a->accounts);
	fair__fini(&a->runs);
}

/* ---- telling --------------------------------------------------------------------------------- */

static int64_t percent_of(const struct account *c, int64_t n)
{
	__int128 p = (__int128)n * 100 / c->b->limit;

	return p > 1000000 ? 1000000 : (int64_t)p;
}

static struct finding found(const struct account *c, enum finding_kind kind,
			    enum finding_severity severity, int64_t now_ns)
{
	static const uint8_t units[] = { [BUDGET_USD] = FIGURE_NANO_USD,
					 [BUDGET_TOKENS] = FIGURE_COUNT,
					 [BUDGET_CALLS] = FIGURE_COUNT };
	enum figure_unit unit = units[c->b->unit];
	const struct budget *b = c->b;
	struct finding f = c->who;

	f.kind = (uint8_t)kind;
	f.severity = (uint8_t)severity;
	f.trust = c->trust;
	f.since_ns = c->start_ns;
	span__copy(span_str(b->name), f.budget, sizeof(f.budget));
	span__copy(span_str(c->run), f.run, sizeof(f.run));
	if (b->each >= 0 || b->when_count) {
		span__copy(span_str(subject_name(b->each >= 0 ? b->each : b->when[0].subject)),
			   f.field, sizeof(f.field));
		span__copy(span_str(b->each >= 0 ? c->value : b->when[0].pattern), f.value,
			   sizeof(f.value));
	} else {
		span__copy(SPAN("all"), f.field, sizeof(f.field));
		f.value[0] = '\0';
	}
	finding__figure(&f, "used", percent_of(c, c->spent), FIGURE_PERCENT);
	finding__figure(&f, "spent", c->spent, unit);
	finding__figure(&f, "limit", b->limit, unit);
	finding__figure(&f, "in_flight", c->reserved, unit);
	finding__cost(&f, c->calls, c->nano, now_ns);
	/* It goes by its own time. */
	f.until_ns = b->period == PERIOD_RUN ? 0 : c->end_ns;
	f.projected_nano = finding_pace(c->nano, now_ns - c->start_ns, c->end_ns - c->start_ns);
	return f;
}

/* What is told once of a period beside its steps. */
enum { STEP_IN_FLIGHT = 101, STEP_PROJECTION };

static uint64_t what_of(const struct account *c, uint64_t step)
{
	uint64_t what = c->item.key;

	if (c->b->period != PERIOD_RUN) /* a run is itself, whenever it was seen first */
		what = hash_bytes(what, &c->start_ns, sizeof(c->start_ns));
	return hash_bytes(what, &step, sizeof(step));
}

static void tell(struct accounts *a, const struct account *c, struct finding *f, uint64_t step,
		 int64_t now_ns)
{
	detect__tell_of(a->d, f, what_of(c, step), c->tenant, now_ns);
}

static enum finding_kind step_kind(const struct budget *b, size_t step)
{
	return step == b->step_count - 1 ? FINDING_BUDGETS_EXCEEDED : FINDING_BUDGETS_STEP;
}

static void check_steps(struct accounts *a, struct account *c, int64_t now_ns)
{
	const struct budget *b = c->b;
	int64_t used = percent_of(c, c->spent);

	for (size_t i = b->step_count; i-- > 0;) {
		bool last = i == b->step_count - 1;
		struct finding f;

		if (used < b->step[i])
			continue;
		if (c->told & 1u << i)
			return;
		f = found(c, step_kind(b, i), last ? FINDING_CRITICAL : FINDING_WARNING, now_ns);
		/* The highest step that was passed says it of those below it. */
		c->told |= (2u << i) - 1;
		tell(a, c, &f, b->step[i], now_ns);
		return;
	}
}

/* By what has left: a gate that is shut for what is allowed only would hold that back. */
static bool may_be_used_up(const struct account *c)
{
	int64_t sent = c->reserved > c->unsent ? c->reserved - c->unsent : 0, both;

	return __builtin_add_overflow(c->spent, sent, &both) || both >= c->b->limit;
}

static void check_in_flight(struct accounts *a, struct account *c, int64_t now_ns)
{
	struct finding f;

	if (c->told_in_flight || !c->reserved || c->spent >= c->b->limit || !may_be_used_up(c))
		return;
	c->told_in_flight = true;
	f = found(c, FINDING_BUDGETS_IN_FLIGHT, FINDING_WARNING, now_ns);
	tell(a, c, &f, STEP_IN_FLIGHT, now_ns);
}

/* ---- closing --------------------------------------------------------------------------------- */

/*
 * Of a claim anybody can use up what is another's: it is closed to whoever did, and not to others
 * who claim the same.
 */
static void close_to(struct accounts *a, const struct account *c, enum finding_kind kind,
		     const struct account_proc *proc, bool closed, int64_t now_ns)
{
	bool over = kind == FINDING_BUDGETS_EXCEEDED;
	struct finding f;

	if (c->trust < TRUST_PLATFORM && proc->tenant != c->closed_by)
		return;
	f = found(c, kind, over ? FINDING_CRITICAL : FINDING_WARNING, now_ns);
	f.proc = proc->id;
	detect__close(a->d, &f, what_of(c, over ? 100 : STEP_IN_FLIGHT), closed);
}

static void close_to_all(struct accounts *a, const struct account *c, enum finding_kind kind,
			 bool closed, int64_t now_ns)
{
	size_t n = c->proc_count < ACCOUNT_PROCS ? c->proc_count : ACCOUNT_PROCS;

	for (size_t i = 0; i < n; i++)
		close_to(a, c, kind, &c->procs[i], closed, now_ns);
}

static void note_process(struct account *c, const struct account_proc *proc)
{
	size_t n = c->proc_count < ACCOUNT_PROCS ? c->proc_count : ACCOUNT_PROCS;

	for (size_t i = 0; i < n; i++)
		if (c->procs[i].id.tgid == proc->id.tgid &&
		    c->procs[i].id.start_ns == proc->id.start_ns)
			return;
	c->procs[c->proc_count++ % ACCOUNT_PROCS] = *proc;
}

static void close_kind(struct accounts *a, const struct account *c, enum finding_kind kind,
		       const struct seen *s, bool was_closed)
{
	struct account_proc proc = { s->e->owner->proc, s->tenant };

	if (was_closed)
		close_to(a, c, kind, &proc, true, s->end_ns);
	else
		close_to_all(a, c, kind, true, s->end_ns);
}

/*
 * A request of the process was seen, or its answer. Each process is told of once more at each of
 * its requests: who has done something about it knows.
 */
static void check_closed(struct accounts *a, struct account *c, const struct seen *s, bool was_over,
			 bool answered)
{
	bool was_closed = c->closed, over = c->spent >= c->b->limit;

	note_process(c, &(struct account_proc){ s->e->owner->proc, s->tenant });
	/* What is answered holds its worst case still: it is no time to close for that. */
	c->closed = over || (answered ? c->closed : may_be_used_up(c));
	if (!c->closed_by && c->closed)
		c->closed_by = s->tenant;
	if (over)
		close_kind(a, c, FINDING_BUDGETS_EXCEEDED, s, was_over);
	if (over || (c->closed && !answered))
		close_kind(a, c, FINDING_BUDGETS_IN_FLIGHT, s, was_closed);
}

/* What was in flight came to less than it might have. */
static void check_open(struct accounts *a, struct account *c)
{
	if (!c->closed || may_be_used_up(c))
		return;
	c->closed = false;
	close_to_all(a, c, FINDING_BUDGETS_IN_FLIGHT, false, c->last_ns);
	c->closed_by = 0;
}

static void take(int64_t *sum, int64_t n)
{
	*sum -= n < *sum ? n : *sum;
}

static void on_reserved_leaves(void *ctx, void *item)
{
	const struct reserved *r = item;
	struct accounts *a = ctx;

	for (size_t i = 0; i < r->count; i++) {
		struct account *c = fair__get(&a->accounts, r->part[i].account);

		if (!c)
			continue;
		take(&c->reserved, r->part[i].n);
		if (!r->sent)
			take(&c->unsent, r->part[i].n);
		check_open(a, c);
	}
}

static void check_projection(struct accounts *a, struct account *c, int64_t now_ns)
{
	int64_t projected = account__projected(c, now_ns);
	struct finding f;

	if (c->told_projection || projected <= c->b->limit || c->spent >= c->b->limit)
		return;
	c->told_projection = true;
	f = found(c, FINDING_BUDGETS_PROJECTION, FINDING_WARNING, now_ns);
	finding__figure(&f, "projected", projected,
			c->b->unit == BUDGET_USD ? FIGURE_NANO_USD : FIGURE_COUNT);
	tell(a, c, &f, STEP_PROJECTION, now_ns);
}

/* ---- spending -------------------------------------------------------------------------------- */

static int64_t amount_of(const struct budget *b, const struct seen *s)
{
	const struct usage *u = &s->e->call->use;
	int64_t n = 0;

	if (b->unit == BUDGET_USD)
		return s->nano;
	if (b->unit == BUDGET_CALLS)
		return 1;
	for (int i = 0; i < USAGE_CLASSES && !s->implausible; i++)
		if (usage_is_tokens(i) && usage__knows(u, i) &&
		    __builtin_add_overflow(n, u->n[i], &n))
			return INT64_MAX;
	return n;
}

static void add(int64_t *sum, int64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = INT64_MAX;
}

static void on_entry(void *state, const struct seen *s)
{
	struct accounts *a = of(state);
	struct reserved *r = fair__get(&a->reserved, reserved_key(s->e->call->x));
	bool was_over;

	if (s->run)
		accounts__link(a, s->e->link->run, s->e->link->parent_run, s->tenant);
	for (size_t i = 0; i < a->list->count; i++) {
		struct account *c = accounts__find(a, i, s);

		if (!c)
			continue;
		was_over = c->spent >= c->b->limit;
		c->who = finding_of(FINDING_BUDGETS_STEP, FINDING_WARNING, s, c->start_ns);
		add(&c->spent, amount_of(c->b, s));
		add(&c->nano, s->nano);
		c->calls++;
		check_steps(a, c, s->end_ns);
		check_closed(a, c, s, was_over, true);
	}
	/* Behind the spending: what it held is not free for a moment in between. */
	if (r)
		fair__drop(&a->reserved, r);
}

/* A run is known when its call is over: of budgets per run nothing is held. */
struct reserved *budgets_reserve(struct accounts *a, const struct seen *s,
				 const struct worst_case *w)
{
	uint64_t key = reserved_key(s->e->call->x);
	struct reserved *r = fair__get(&a->reserved, key);

	if (r || !a->list->count || !(r = fair__make(&a->reserved, key, s->tenant)))
		return r;
	r->asked_ns = s->end_ns;
	for (size_t i = 0; i < a->list->count && r->count < RESERVED_PARTS; i++) {
		const struct budget *b = &a->list->at[i];
		int64_t n = budget_worst(b, w);
		struct account *c =
			b->period == PERIOD_RUN || n <= 0 ? NULL : accounts__find(a, i, s);

		if (!c)
			continue;
		r->part[r->count].account = c->item.key;
		r->part[r->count++].n = n;
		add(&c->reserved, n);
		add(&c->unsent, n);
	}
	if (r->count)
		return r;
	fair__drop(&a->reserved, r);
	return NULL;
}

/*
 * Of one that a budget held it is reserved by now; it closes its budgets when it is sent, as others
 * do: a gate would hold back what is not.
 */
static void on_asked(void *state, const struct seen *s, const struct worst_case *w)
{
	struct accounts *a = of(state);
	struct reserved *r = budgets_reserve(a, s, w);

	for (size_t i = 0; r && i < r->count; i++) {
		struct account *c = fair__get(&a->accounts, r->part[i].account);

		if (!c)
			continue;
		if (!r->sent)
			take(&c->unsent, r->part[i].n);
		c->who = finding_of(FINDING_BUDGETS_STEP, FINDING_WARNING, s, c->start_ns);
		check_in_flight(a, c, s->end_ns);
		check_closed(a, c, s, c->spent >= c->b->limit, false);
	}
	if (r)
		r->sent = true;
}

static void on_ended(void *state, const struct exchange *x, int64_t now_ns)
{
	struct reserved *r = fair__get(&of(state)->reserved, reserved_key(x));

	if (r)
		r->ended_ns = now_ns;
}

/* ---- time ------------------------------------------------------------------------------------ */

static void drop_over(struct accounts *a, int64_t now_ns)
{
	struct reserved *r, *over[64];
	size_t at = 0, n = 0;

	while (n < sizeof(over) / sizeof(over[0]) && (r = fair__next(&a->reserved, &at)))
		if ((r->ended_ns && now_ns - r->ended_ns > RESERVED_ENDED_NS) ||
		    now_ns - r->asked_ns > RESERVED_OPEN_NS)
			over[n++] = r;
	while (n)
		fair__drop(&a->reserved, over[--n]);
}

static bool is_idle(const struct account *c, int64_t now_ns)
{
	if (c->reserved)
		return false;
	return c->b->period == PERIOD_RUN ? now_ns - c->last_ns > ACCOUNT_RUN_NS
					  : !c->spent && c->b->each >= 0;
}

static void on_tick(void *state, int64_t now_ns)
{
	struct accounts *a = of(state);
	struct account *c, *idle[64];
	size_t at = 0, n = 0;

	drop_over(a, now_ns);
	if (now_ns / MINUTE_NS == a->minute)
		return;
	a->minute = now_ns / MINUTE_NS;
	while ((c = fair__next(&a->accounts, &at))) {
		account__turn(c, now_ns);
		check_steps(a, c, now_ns);
		check_projection(a, c, now_ns);
		if (n < sizeof(idle) / sizeof(idle[0]) && is_idle(c, now_ns))
			idle[n++] = c;
	}
	while (n)
		fair__drop(&a->accounts, idle[--n]);
}

/* ---- what came before ------------------------------------------------------------------------ */

void budgets_past_run(struct accounts *a, const char *run, const char *parent)
{
	accounts__link(a, run, parent, 0);
}

void budgets_past_spent(struct accounts *a, const struct budget_past *p, int64_t now_ns)
{
	struct account *c;
	char run[17] = "";

	if (a->list->at[p->budget].period == PERIOD_RUN)
		accounts__top(a, p->run, run);
	c = accounts__of(a, p->budget, span_str(p->value), run, 0, now_ns);
	if (!c)
		return;
	add(&c->spent, p->spent);
	add(&c->nano, p->nano);
	add(&c->calls, p->calls);
	for (size_t i = 0; i < c->b->step_count; i++)
		if (detect__is_told(a->d, step_kind(c->b, i), what_of(c, c->b->step[i])))
			c->told |= (2u << i) - 1;
	c->told_in_flight =
		detect__is_told(a->d, FINDING_BUDGETS_IN_FLIGHT, what_of(c, STEP_IN_FLIGHT));
	c->told_projection =
		detect__is_told(a->d, FINDING_BUDGETS_PROJECTION, what_of(c, STEP_PROJECTION));
}

void budgets_each(struct accounts *a, bool changed, int64_t now_ns, budget_state_fn fn, void *ctx)
{
	struct account *c;
	size_t at = 0;

	while ((c = fair__next(&a->accounts, &at))) {
		if (changed && c->reserved == c->reserved_told)
			continue;
		if (changed)
			c->reserved_told = c->reserved;
		fn(ctx, &(struct budget_state){ .budget = c->b,
						.value = c->value,
						.run = c->run,
						.spent = c->spent,
						.reserved = c->reserved,
						.projected = account__projected(c, now_ns),
						.start_ns = c->start_ns,
						.end_ns = c->end_ns,
						.calls = c->calls });
	}
}

const struct detector_ops detector_budgets = {
	.name = "budgets",
	.state_size = sizeof(struct accounts),
	.init = init,
	.fini = fini,
	.on_entry = on_entry,
	.on_asked = on_asked,
	.on_ended = on_ended,
	.on_tick = on_tick,
};
