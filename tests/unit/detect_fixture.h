/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls for the detect stage, one after the other, and what it tells of them. */
#ifndef WT_DETECT_FIXTURE_H
#define WT_DETECT_FIXTURE_H

#include "detect/detect.h"
#include "test.h"

#define SECOND 1000000000ll
#define DAY    (86400 * SECOND)
/* A Wednesday, 12:00 UTC. */
#define START (1764158400 * SECOND)

/* A call as a test says it; what is not said is an ordinary call of "agent". */
struct story {
	const char *service, *run, *parent_run;
	uint32_t step, depth;
	int64_t nano, took; /* took: ns */
	uint32_t pid, uid;
	int64_t input, output;
	uint32_t same, repeats;
	const char *lineage;
	bool implausible, failed;
	const char *user, *model, *key, *host;
};

struct watch {
	struct detect *d;
	int64_t now;
	struct finding last;
	const struct budgets *budgets;
	int told, again;
	char kinds[1024]; /* "runaway.depth " for each that was told first */
};

static inline void on_finding(void *ctx, const struct finding *f)
{
	struct watch *w = ctx;
	size_t n = strlen(w->kinds);

	w->last = *f;
	if (f->again) {
		w->again++;
		return;
	}
	w->told++;
	snprintf(w->kinds + n, sizeof(w->kinds) - n, "%s.%s ", finding_detector(f->kind),
		 finding_kind_name(f->kind));
}

static inline struct watch watch(void)
{
	return (struct watch){ .now = START };
}

/* w stays where it is: findings go there. */
static inline void watch_with(struct watch *w, const struct detect_settings *s)
{
	w->d = detect__new(&(struct detect_opts){
		.settings = s, .budgets = w->budgets, .emit = on_finding, .ctx = w });
}

/* The call ends now. */
static inline void call_of(struct watch *w, const struct story *s, struct exchange *x,
			   struct call *c, struct charge *ch, struct owner *o, struct run_link *l)
{
	uint64_t took = (uint64_t)(s->took ? s->took : SECOND / 2);

	*x = (struct exchange){ .t_request = 1,
				.t_last_byte = 1 + took,
				.proc = { .tgid = s->pid ? s->pid : 4711, .start_ns = 9 },
				.response.status = 200 };
	*c = (struct call){ .x = x,
			    .provider = "openai",
			    .operation = "chat",
			    .api = "chat.completions",
			    .requested_model = "gpt-4o",
			    .max_tokens = -1,
			    .complete = true,
			    .usage_source = USAGE_REPORTED,
			    .result = CALL_OK };
	if (s->implausible)
		c->usage_source = USAGE_IMPLAUSIBLE;
	if (s->failed)
		c->result = CALL_REFUSED;
	if (s->model)
		span__copy(span_str(s->model), c->requested_model, sizeof(c->requested_model));
	x->request.host = span_str(s->host ? s->host : "api.openai.com");
	usage__set(&c->use, USAGE_INPUT, s->input ? s->input : 100);
	usage__set(&c->use, USAGE_OUTPUT, s->output ? s->output : 20);
	*ch = (struct charge){ .basis = CHARGE_COMPUTED, .total = s->nano };
	*o = (struct owner){ .proc = x->proc, .uid = s->uid, .known = true };
	owner__set(o, OWNER_SERVICE, span_str(s->service ? s->service : "agent"), TRUST_CLAIMED,
		   "script");
	owner__set(o, OWNER_USER, span_str(s->user ? s->user : ""), TRUST_CLAIMED, "field user");
	owner__set(o, OWNER_KEY, span_str(s->key ? s->key : ""), TRUST_CLAIMED, "api key");
	*l = (struct run_link){ .step = s->step ? s->step : 1, .depth = s->depth };
	l->same = s->same;
	l->repeats = s->repeats;
	if (s->lineage)
		span__copy(span_str(s->lineage), o->lineage, sizeof(o->lineage));
	if (s->run)
		span__copy(span_str(s->run), l->run, sizeof(l->run));
	if (s->parent_run)
		span__copy(span_str(s->parent_run), l->parent_run, sizeof(l->parent_run));
}

static inline void say(struct watch *w, struct story s)
{
	struct exchange x;
	struct call c;
	struct charge ch;
	struct owner o;
	struct run_link l;
	struct entry e = { .call = &c, .charge = &ch, .owner = &o, .link = &l };

	call_of(w, &s, &x, &c, &ch, &o, &l);
	e.wall_end_ns = w->now;
	detect__entry(w->d, &e);
}

#define SAY(w, ...) say(w, (struct story){ __VA_ARGS__ })

#endif
