// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/capture.h"
#include "cmd/doing.h"
#include "cmd/hooks.h"
#include "sink/sink.h"

int doing__init(struct doing *d)
{
	d->act = act__new(d->s);
	return d->act ? 0 : -ENOMEM;
}

void doing__fini(struct doing *d)
{
	act__free(d->act);
	d->act = NULL;
}

void doing__acted(struct doing *d, const struct action *a)
{
	act__done(d->act, a);
	d->acted(d->ctx, a);
}

static void order(struct doing *d, struct action *o)
{
	if (tap__order(d->tap, o))
		return;
	o->result = ACTION_FAILED;
	doing__acted(d, o);
}

void doing__closed(struct doing *d, const struct finding *f, bool closed, int64_t now_ns)
{
	struct action o;

	if (closed ? act__finding(d->act, f, now_ns, &o) : act__over(d->act, f, now_ns, &o))
		order(d, &o);
}

/* A finding that a hook is run with; its JSON is made once it is known that there is one. */
struct hooking {
	struct doing *d;
	const struct finding *f;
};

static int run_hook(const struct hooking *h, const struct action *o, const struct act_rule *r)
{
	char *json = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&json, &n);
	int err = out ? sink_json__write_finding(out, h->f) : -ENOMEM;

	if (out && fclose(out) && !err)
		err = -ENOMEM;
	if (!err)
		err = hooks_order(h->d->hooks, o, r, json, n);
	free(json);
	return err;
}

static void on_hook(void *ctx, const struct action *order, const struct act_rule *r)
{
	struct hooking *h = ctx;
	struct action o = *order;
	int err = 0;

	if (o.result != ACTION_DRY_RUN)
		err = h->d->hooks >= 0 ? run_hook(h, &o, r) : -EPIPE;
	if (err)
		o.result = err == -EAGAIN ? ACTION_TOO_MANY : ACTION_FAILED;
	if (o.result != ACTION_DONE) /* else it is told when it has ended */
		h->d->acted(h->d->ctx, &o);
}

void doing__found(struct doing *d, const struct finding *f, int64_t now_ns)
{
	struct hooking h = { d, f };

	doing__closed(d, f, true, now_ns); /* first, since money is spent meanwhile */
	act__hooks(d->act, f, now_ns, on_hook, &h);
}

static void take(struct doing *d, bool wait)
{
	struct action a;

	while (d->hooks >= 0 && hooks_next(d->hooks, wait, &a))
		d->acted(d->ctx, &a);
}

void doing__tick(struct doing *d)
{
	take(d, false);
}

void doing__finish(struct doing *d)
{
	if (d->hooks < 0)
		return;
	hooks_finish(d->hooks);
	take(d, true);
}
