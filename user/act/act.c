// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/act.h"
#include "base/glob.h"
#include "base/hash.h"
#include "span.h"

/* Orders that are remembered: more than can hold at once, and than are given in some minutes. */
#define ORDERS 256

struct order {
	uint64_t who; /* verb, process and finding */
	int64_t until_ns;
};

struct act {
	const struct act_settings *s;
	struct order orders[ORDERS]; /* by the hash of who: a newer one takes its place */
};

static const char *set_text(char *dst, size_t cap, const char *value)
{
	if (!*value || strlen(value) >= cap)
		return "is empty, or too long";
	memcpy(dst, value, strlen(value) + 1);
	return NULL;
}

static const char *set_severity(struct act_rule *r, const char *value)
{
	for (uint8_t i = FINDING_NOTICE; i <= FINDING_CRITICAL; i++)
		if (!strcmp(value, finding_severity_name(i))) {
			r->severity = i;
			return NULL;
		}
	return "is notice, warning or critical";
}

static const char *set_verb(struct act_rule *r, const char *value)
{
	for (uint8_t i = 0; i < ACTION_ALLOW; i++)
		if (!strcmp(value, action_verb_name(i))) {
			r->verb = i;
			return NULL;
		}
	return "is tell, hook, throttle, gate, cut, freeze, gate_kill, term or kill";
}

static const char *set_scope(struct act_rule *r, const char *value)
{
	r->scope = !strcmp(value, "group") ? ACTION_GROUP : ACTION_TREE;
	return r->scope == ACTION_TREE && strcmp(value, "tree")
		       ? "is tree (a process and its descendants) or group (its control group)"
		       : NULL;
}

/* "90s", "10m", "2h", "1d". */
static const char *set_time(uint32_t *ret_seconds, const char *value)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end != value && *end == units[i].unit && !end[1] && n &&
		    n <= 366 * 86400ul / units[i].seconds) {
			*ret_seconds = (uint32_t)n * units[i].seconds;
			return NULL;
		}
	return "is a time: 90s, 10m, 2h, 1d";
}

static const char *set_timeout(struct act_rule *r, const char *value)
{
	const char *wrong = set_time(&r->timeout_s, value);

	return wrong || r->timeout_s <= ACT_HOOK_SECONDS_MAX ? wrong : "is ten minutes at most";
}

const char *act_rule__set(struct act_rule *r, const char *name, const char *value)
{
	if (!strcmp(name, "on"))
		return set_text(r->on, sizeof(r->on), value);
	if (!strcmp(name, "service"))
		return set_text(r->service, sizeof(r->service), value);
	if (!strcmp(name, "severity"))
		return set_severity(r, value);
	if (!strcmp(name, "do"))
		return set_verb(r, value);
	if (!strcmp(name, "scope"))
		return set_scope(r, value);
	if (!strcmp(name, "for"))
		return set_time(&r->seconds, value);
	if (!strcmp(name, "run"))
		return *value == '/' ? set_text(r->run, sizeof(r->run), value)
				     : "is an absolute path, and what it is called with";
	if (!strcmp(name, "timeout"))
		return set_timeout(r, value);
	return "is nothing that such a rule has: on, service, severity, do, scope, for, run, "
	       "timeout";
}

static bool fits(const char *text, const char *glob)
{
	return glob_fits(span_str(text), span_str(glob));
}

static void name_of(const struct finding *f, char *dst, size_t cap)
{
	snprintf(dst, cap, "%s.%s", finding_detector(f->kind), finding_kind_name(f->kind));
}

const char *act_rule__check(const struct act_rule *r)
{
	char name[64];

	if (!*r->on)
		return "such a rule needs what it is for: 'on: runaway.*'";
	if (r->verb == ACTION_TELL)
		return "such a rule needs what is to be done: 'do: cut'";
	if (r->verb == ACTION_HOOK && !*r->run)
		return "a hook needs a program: 'run: /usr/local/bin/page'";
	if (r->verb != ACTION_HOOK && (*r->run || r->timeout_s))
		return "what is to be run is for 'do: hook'";
	for (uint8_t i = 0; i < FINDING_KINDS; i++) {
		snprintf(name, sizeof(name), "%s.%s", finding_detector(i), finding_kind_name(i));
		if (fits(name, r->on))
			return NULL;
	}
	return "no detector finds that: 'wiretally help findings' has what they find";
}

struct act *act__new(const struct act_settings *s)
{
	struct act *a = calloc(1, sizeof(*a));

	if (a)
		a->s = s;
	return a;
}

void act__free(struct act *a)
{
	free(a);
}

static bool fits_rule(const struct act_rule *r, const struct finding *f)
{
	char name[64];

	name_of(f, name, sizeof(name));
	return f->severity >= r->severity && fits(name, r->on) &&
	       (!*r->service || fits(f->service, r->service));
}

static const struct act_rule *strongest(const struct act_settings *s, const struct finding *f)
{
	const struct act_rule *best = NULL;

	for (size_t i = 0; i < s->rule_count; i++)
		if (s->rules[i].verb != ACTION_HOOK && fits_rule(&s->rules[i], f) &&
		    (!best || s->rules[i].verb > best->verb))
			best = &s->rules[i];
	return best;
}

bool act_gates_budgets(const struct act_settings *s)
{
	static const struct finding f = { .kind = FINDING_BUDGETS_IN_FLIGHT,
					  .severity = FINDING_WARNING };

	return s->enforce && strongest(s, &f);
}

static uint64_t who(const struct action *o)
{
	uint64_t h = hash_bytes(HASH_SEED, o->finding, strlen(o->finding));

	h = hash_bytes(h, &o->verb, sizeof(o->verb));
	h = hash_bytes(h, &o->proc.tgid, sizeof(o->proc.tgid));
	h = hash_bytes(h, &o->proc.start_ns, sizeof(o->proc.start_ns));
	return h | 1;
}

static struct action order_of(const struct finding *f, const struct act_rule *r, uint8_t verb,
			      int64_t now_ns)
{
	struct action o = { .at_ns = now_ns, .proc = f->proc, .verb = verb, .scope = r->scope };
	uint64_t id;

	span__copy(span_str(f->id), o.finding, sizeof(o.finding));
	span__copy(span_str(r->where), o.by, sizeof(o.by));
	span__copy(span_str(f->service), o.service, sizeof(o.service));
	id = who(&o);
	snprintf(o.id, sizeof(o.id), "%016" PRIx64 "%016" PRIx64, id,
		 hash_bytes(id, &now_ns, sizeof(now_ns)));
	return o;
}

/* A budget that is used up is so until its period ends. */
static int64_t until(const struct finding *f, const struct act_rule *r, int64_t now_ns)
{
	if (r->seconds)
		return now_ns + (int64_t)r->seconds * 1000000000;
	return *f->budget && f->until_ns > now_ns ? f->until_ns : 0;
}

bool act__finding(struct act *a, const struct finding *f, int64_t now_ns, struct action *ret_order)
{
	const struct act_rule *r = strongest(a->s, f);
	struct order *known;
	struct action o;
	uint64_t id;

	if (!r || !f->proc.tgid)
		return false;
	o = order_of(f, r, r->verb, now_ns);
	o.until_ns = until(f, r, now_ns);
	id = who(&o);
	known = &a->orders[id % ORDERS];
	if (known->who == id && (!known->until_ns || now_ns < known->until_ns))
		return false;
	*known = (struct order){ id, o.until_ns };
	*ret_order = o;
	return true;
}

static void hook(struct act *a, const struct finding *f, const struct act_rule *r, int64_t now_ns,
		 act_hook_fn fn, void *ctx)
{
	struct action o = order_of(f, r, ACTION_HOOK, now_ns);
	uint64_t id = hash_bytes(who(&o), r->run, strlen(r->run));
	struct order *known;

	id = hash_bytes(id, &f->severity, sizeof(f->severity)) | 1;
	known = &a->orders[id % ORDERS];
	if (known->who == id && (!known->until_ns || now_ns < known->until_ns))
		return;
	*known = (struct order){ id, r->seconds ? now_ns + (int64_t)r->seconds * 1000000000 : 0 };
	snprintf(o.id, sizeof(o.id), "%016" PRIx64 "%016" PRIx64, id,
		 hash_bytes(id, &now_ns, sizeof(now_ns)));
	o.result = a->s->enforce ? ACTION_DONE : ACTION_DRY_RUN;
	fn(ctx, &o, r);
}

void act__hooks(struct act *a, const struct finding *f, int64_t now_ns, act_hook_fn fn, void *ctx)
{
	for (size_t i = 0; i < a->s->rule_count; i++)
		if (a->s->rules[i].verb == ACTION_HOOK && fits_rule(&a->s->rules[i], f))
			hook(a, f, &a->s->rules[i], now_ns, fn, ctx);
}

bool act_has_hooks(const struct act_settings *s)
{
	for (size_t i = 0; i < s->rule_count; i++)
		if (s->rules[i].verb == ACTION_HOOK)
			return true;
	return false;
}

bool act__over(struct act *a, const struct finding *f, int64_t now_ns, struct action *ret_order)
{
	const struct act_rule *r = strongest(a->s, f);
	struct order *known;
	struct action o;

	if (!r || !f->proc.tgid)
		return false;
	o = order_of(f, r, r->verb, now_ns);
	known = &a->orders[who(&o) % ORDERS];
	if (known->who != who(&o))
		return false;
	known->who = 0;
	*ret_order = order_of(f, r, ACTION_ALLOW, now_ns);
	return true;
}

void act__done(struct act *a, const struct action *done)
{
	struct order *known = &a->orders[who(done) % ORDERS];

	/* What may be otherwise by the next time. */
	if (known->who == who(done) &&
	    (done->result == ACTION_TOO_MANY || done->result == ACTION_FAILED ||
	     done->result == ACTION_STRANGER || done->result == ACTION_UNDONE))
		known->who = 0;
}
