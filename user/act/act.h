/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * act: findings in, actions out, by the rules of the configuration:
 *
 *   actions:
 *     enforce: true                       # without it all of this is a dry run
 *     protect: [/usr/bin/postgres]        # whom nobody may touch, beside the host's own services
 *     rules:
 *       - {on: "runaway.*", severity: critical, do: cut, for: 10m}
 *
 * An action is for the process that made the call at which something was found, and never for
 * others who claim the same: a service's name, a user's, a header's value can be anybody's. Its
 * whole control group is meant only when the rule says so. Pure: no I/O, no clock.
 */
#ifndef WT_ACT_ACT_H
#define WT_ACT_ACT_H

#include <stdbool.h>

#include "action.h"
#include "finding.h"

#define ACT_RULES_MAX	     32
#define ACT_PROTECT_MAX	     32
#define ACT_PER_MINUTE	     10 /* actions at most, by default */
#define ACT_RUN_MAX	     256
#define ACT_HOOK_SECONDS     10 /* a hook may take, by default */
#define ACT_HOOK_SECONDS_MAX 600

struct act_rule {
	char on[48];	  /* glob of "detector.kind" */
	char service[64]; /* glob of the service; empty: any */
	uint8_t severity; /* at least; 0: any */
	uint8_t verb;	  /* enum action_verb */
	uint8_t scope;	  /* enum action_scope */
	uint32_t seconds; /* 0: until it is allowed; of a budget's, until its period ends */
	char where[64];	  /* "config.yaml:12" */
	/* Of a hook: an absolute path, and what it is called with, blank-separated; no shell. */
	char run[ACT_RUN_MAX];
	uint32_t timeout_s; /* 0: ACT_HOOK_SECONDS */
};

struct act_settings {
	bool enforce;
	uint32_t per_minute; /* 0: ACT_PER_MINUTE */
	struct act_rule rules[ACT_RULES_MAX];
	size_t rule_count;
	char protect[ACT_PROTECT_MAX][128]; /* globs of executables' paths */
	size_t protect_count;
};

/* Takes one part of a rule: on, service, severity, do, for, scope, run, timeout. NULL, or what is
 * wrong. */
const char *act_rule__set(struct act_rule *r, const char *name, const char *value);
/* What is missing in a rule, or NULL. */
const char *act_rule__check(const struct act_rule *r);

/* Whether something is done to who asks while what is in flight may use a budget up. */
bool act_gates_budgets(const struct act_settings *s);

struct act;

/* s is borrowed. NULL: no memory. */
struct act *act__new(const struct act_settings *s);
void act__free(struct act *a); /* NULL is fine */
/*
 * The strongest of what the rules say of a finding, once as long as it holds. Returns false when
 * nothing is to be done. ret_order is an order: its result says nothing yet.
 */
bool act__finding(struct act *a, const struct finding *f, int64_t now_ns, struct action *ret_order);
typedef void (*act_hook_fn)(void *ctx, const struct action *order, const struct act_rule *r);
/*
 * Each hook that a rule has for a finding, beside what act__finding() says: when it is found first,
 * and when it gets worse; with `for`, again after that time.
 */
void act__hooks(struct act *a, const struct finding *f, int64_t now_ns, act_hook_fn fn, void *ctx);
bool act_has_hooks(const struct act_settings *s);
/*
 * What was found is so no more: takes back what was ordered for it. Returns false when nothing was.
 */
bool act__over(struct act *a, const struct finding *f, int64_t now_ns, struct action *ret_order);
/* What came of an order: one that did not hold may be given again. */
void act__done(struct act *a, const struct action *done);

#endif
