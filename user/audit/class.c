// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a call's work is like. A person who reads requests tells the easy ones by what is asked;
 * here it is told by sizes: a short prompt without tools, files or reasoning, whose answer is
 * short. How often that is right is measured: tests/audit/RULES.md.
 */
#include "audit/leak.h"

/* Tokens: a question and its few rules, and an answer of some sentences, or a small object. */
#define TRIVIAL_INPUT  600
#define TRIVIAL_OUTPUT 80
#define TRIVIAL_JSON   150
/* A system prompt, an example, its answer, the question: more is a conversation. */
#define TRIVIAL_MESSAGES 4

static bool is_chat(const struct ledger_detail *d)
{
	return !strcmp(d->operation, "chat") || !strcmp(d->operation, "generate_content");
}

/* A step behind others of its run, one with sub-agents, one that asks for tools. */
static bool is_multi_stage(const struct ledger_detail *d)
{
	return d->step > 1 || d->parent_run || d->tool_calls > 0 ||
	       (d->tool_calls >= 0 && d->messages > 2);
}

static bool is_trivial(const struct ledger_detail *d)
{
	int64_t input = detail__input(d), most = TRIVIAL_OUTPUT, said = d->output;

	/* A model that reasons unasked does so about a greeting, too. */
	if (d->reasoning > 0)
		said = said > d->reasoning ? said - d->reasoning : 0;

	if (d->traits & LIKENESS_JSON)
		most = TRIVIAL_JSON;
	return input >= 0 && input <= TRIVIAL_INPUT && d->output >= 0 && said <= most &&
	       d->tool_calls < 0 && d->messages > 0 && d->messages <= TRIVIAL_MESSAGES &&
	       !d->retry_of && !(d->traits & (LIKENESS_MEDIA | LIKENESS_REASON | LIKENESS_HOT));
}

enum audit_class audit_class(const struct ledger_detail *d)
{
	if (!is_chat(d) || strcmp(d->result, "ok") != 0)
		return AUDIT_NO_CLASS;
	return is_multi_stage(d) ? AUDIT_MULTI_STAGE : is_trivial(d) ? AUDIT_TRIVIAL : AUDIT_MEDIUM;
}

const char *audit_class_name(enum audit_class c)
{
	static const char *const names[] = { [AUDIT_TRIVIAL] = "trivial",
					     [AUDIT_MEDIUM] = "medium",
					     [AUDIT_MULTI_STAGE] = "multi_stage",
					     [AUDIT_NO_CLASS] = "none" };

	return names[c];
}
