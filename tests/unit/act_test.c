// SPDX-License-Identifier: BSD-2-Clause
/* Actions: which rule holds for a finding, and how often it is ordered. */
#include "act/act.h"
#include "test.h"

#define SECOND 1000000000ll
#define START  (1700000000ll * SECOND)

static struct finding finding(uint8_t kind, uint8_t severity)
{
	struct finding f = { .kind = kind, .severity = severity, .proc = { .tgid = 7 } };

	f.proc.start_ns = 70000000;
	memcpy(f.id, "0123456789abcdef0123456789abcdef", 33);
	memcpy(f.service, "agent.py", 9);
	return f;
}

static struct act_rule rule(const char *on, const char *verb, const char *severity,
			    const char *seconds)
{
	struct act_rule r = { .verb = 0 };

	act_rule__set(&r, "on", on);
	act_rule__set(&r, "do", verb);
	if (severity)
		act_rule__set(&r, "severity", severity);
	if (seconds)
		act_rule__set(&r, "for", seconds);
	snprintf(r.where, sizeof(r.where), "c.yaml:%s", verb);
	return r;
}

TEST(the_strongest_rule_that_fits)
{
	static struct act_settings s;
	struct finding warning = finding(FINDING_RUNAWAY_DEPTH, FINDING_WARNING),
		       critical = finding(FINDING_RUNAWAY_DEPTH, FINDING_CRITICAL),
		       budget = finding(FINDING_BUDGETS_EXCEEDED, FINDING_CRITICAL);
	struct action o;
	struct act *a;

	s.rules[0] = rule("runaway.*", "freeze", "critical", NULL);
	s.rules[1] = rule("runaway.depth", "cut", NULL, "10m");
	s.rules[2] = rule("budgets.step", "kill", NULL, NULL);
	s.rule_count = 3;
	a = act__new(&s);
	ASSERT_EQ(act__finding(a, &warning, START, &o), 1);
	ASSERT_EQ(o.verb, ACTION_CUT);
	ASSERT_STR(o.by, "c.yaml:cut");
	ASSERT_STR(o.finding, warning.id);
	ASSERT_EQ(o.until_ns - o.at_ns, 600 * SECOND);
	ASSERT_EQ(o.proc.tgid, 7);
	ASSERT_EQ(act__finding(a, &critical, START, &o), 1);
	ASSERT_EQ(o.verb, ACTION_FREEZE);
	ASSERT_EQ(o.until_ns, 0);
	ASSERT_EQ(act__finding(a, &budget, START, &o), 0);
	act__free(a);
}

TEST(once_as_long_as_it_holds)
{
	static struct act_settings s;
	struct finding f = finding(FINDING_RUNAWAY_RATE, FINDING_WARNING);
	struct action o;
	struct act *a;

	s.rules[0] = rule("runaway.rate", "cut", NULL, "10s");
	s.rule_count = 1;
	a = act__new(&s);
	ASSERT_EQ(act__finding(a, &f, START, &o), 1);
	ASSERT_EQ(act__finding(a, &f, START + 9 * SECOND, &o), 0);
	ASSERT_EQ(act__finding(a, &f, START + 10 * SECOND, &o), 1);
	/* What could not be done may be tried again; what was refused for good is not. */
	o.result = ACTION_TOO_MANY;
	act__done(a, &o);
	ASSERT_EQ(act__finding(a, &f, START + 11 * SECOND, &o), 1);
	o.result = ACTION_PROTECTED;
	act__done(a, &o);
	ASSERT_EQ(act__finding(a, &f, START + 12 * SECOND, &o), 0);
	/* Another process of the same finding is another matter. */
	f.proc.tgid = 8;
	ASSERT_EQ(act__finding(a, &f, START + 12 * SECOND, &o), 1);
	f.proc.tgid = 0;
	ASSERT_EQ(act__finding(a, &f, START + 12 * SECOND, &o), 0);
	act__free(a);
}

TEST(parts_of_a_rule)
{
	struct act_rule r = { .verb = 0 };

	ASSERT_STR(act_rule__check(&r), "such a rule needs what it is for: 'on: runaway.*'");
	ASSERT_EQ(act_rule__set(&r, "on", "runaway.*") == NULL, 1);
	ASSERT_EQ(act_rule__check(&r) != NULL, 1);
	ASSERT_EQ(act_rule__set(&r, "do", "allow") != NULL, 1);
	ASSERT_EQ(act_rule__set(&r, "do", "cut") == NULL, 1);
	ASSERT_EQ(act_rule__check(&r) == NULL, 1);
	ASSERT_EQ(act_rule__set(&r, "for", "90s") == NULL && r.seconds == 90, 1);
	ASSERT_EQ(act_rule__set(&r, "for", "2d") == NULL && r.seconds == 172800, 1);
	ASSERT_EQ(act_rule__set(&r, "for", "400d") != NULL, 1);
	ASSERT_EQ(act_rule__set(&r, "for", "-1m") != NULL, 1);
	ASSERT_EQ(act_rule__set(&r, "scope", "group") == NULL && r.scope == ACTION_GROUP, 1);
	ASSERT_EQ(act_rule__set(&r, "scope", "all") != NULL, 1);
	ASSERT_EQ(act_rule__set(&r, "whom", "all") != NULL, 1);
}

struct hooked {
	int n;
	char where[128];
	struct action last;
};

static void on_hook(void *ctx, const struct action *order, const struct act_rule *r)
{
	struct hooked *h = ctx;

	h->n++;
	h->last = *order;
	strcat(strcat(h->where, r->run), " ");
}

TEST(hooks_are_run_beside_what_is_strongest_and_once)
{
	static struct act_settings s;
	struct finding f = finding(FINDING_RUNAWAY_DEPTH, FINDING_WARNING);
	struct hooked h = { .n = 0 };
	struct action o;
	struct act *a;

	s.rules[0] = rule("runaway.*", "hook", NULL, NULL);
	strcpy(s.rules[0].run, "/bin/a");
	s.rules[1] = rule("runaway.depth", "hook", NULL, "1m");
	strcpy(s.rules[1].run, "/bin/b");
	s.rules[2] = rule("runaway.depth", "hook", "critical", NULL);
	strcpy(s.rules[2].run, "/bin/c");
	s.rule_count = 3;
	ASSERT_EQ(act_has_hooks(&s), 1);
	a = act__new(&s);
	/* Without `enforce` it is said what would be run. */
	act__hooks(a, &f, START, on_hook, &h);
	ASSERT_STR(h.where, "/bin/a /bin/b ");
	ASSERT_EQ(h.last.result, ACTION_DRY_RUN);
	ASSERT_STR(h.last.finding, f.id);
	ASSERT_EQ(act__finding(a, &f, START, &o), 0);
	s.enforce = true;
	act__hooks(a, &f, START + 59 * SECOND, on_hook, &h);
	ASSERT_EQ(h.n, 2);
	/* Again after its time; it gets worse; and what it is about needs no process. */
	act__hooks(a, &f, START + 60 * SECOND, on_hook, &h);
	ASSERT_STR(h.where, "/bin/a /bin/b /bin/b ");
	ASSERT_EQ(h.last.result, ACTION_DONE);
	*h.where = '\0';
	f.severity = FINDING_CRITICAL;
	f.proc.tgid = 0;
	act__hooks(a, &f, START + 61 * SECOND, on_hook, &h);
	ASSERT_STR(h.where, "/bin/a /bin/b /bin/c ");
	act__free(a);
}

TEST(a_budget_in_flight_is_gated_and_opened_again)
{
	static struct act_settings s;
	struct finding f = finding(FINDING_BUDGETS_IN_FLIGHT, FINDING_WARNING);
	struct action gate, open;
	struct act *a;

	memcpy(f.budget, "day", 4);
	f.until_ns = START + 3600 * SECOND;
	s.rules[0] = rule("budgets.in_flight", "gate", NULL, NULL);
	s.rule_count = 1;
	ASSERT_EQ(act_gates_budgets(&s), 0); /* a dry run does nothing */
	s.enforce = true;
	ASSERT_EQ(act_gates_budgets(&s), 1);
	a = act__new(&s);
	ASSERT_EQ(act__over(a, &f, START, &open), 0); /* nothing was ordered */
	ASSERT_EQ(act__finding(a, &f, START, &gate), 1);
	ASSERT_EQ(gate.verb, ACTION_GATE);
	ASSERT_EQ(gate.until_ns, f.until_ns); /* as long as the budget is used up */
	ASSERT_EQ(act__finding(a, &f, START, &gate), 0);
	/* Another process of the same budget is another order. */
	f.proc.tgid = 8;
	ASSERT_EQ(act__finding(a, &f, START, &gate), 1);
	f.proc.tgid = 7;
	ASSERT_EQ(act__over(a, &f, START + SECOND, &open), 1);
	ASSERT_EQ(open.verb, ACTION_ALLOW);
	ASSERT_EQ(open.proc.tgid, 7);
	ASSERT_STR(open.finding, f.id);
	ASSERT_EQ(act__over(a, &f, START + SECOND, &open), 0);
	ASSERT_EQ(act__finding(a, &f, START + 2 * SECOND, &gate), 1);
	act__free(a);
}

TEST_MAIN()
