// SPDX-License-Identifier: BSD-2-Clause
/*
 * usage.iterations (https://docs.anthropic.com/en/api/messages, betas): the figures of an answer
 * add up its messages alone. A context that was made shorter, another model that was asked for
 * advice stand beside them, the second at its own model's price:
 *
 *   "usage":{"input_tokens":162,"output_tokens":11,"iterations":[
 *     {"input_tokens":99195,"output_tokens":81,"type":"compaction"},
 *     {"input_tokens":162,"output_tokens":11,"type":"message"}]}
 *   "usage":{"input_tokens":2411,"output_tokens":145,"iterations":[
 *     {"input_tokens":1128,"output_tokens":135,"type":"message"},
 *     {"input_tokens":2543,"output_tokens":18,"type":"advisor_message","model":"claude-opus-4-8"},
 *     {"input_tokens":1283,"output_tokens":10,"type":"message"}]}
 *
 * A model that declines hands over to another, whose figures the answer's then are. The first try
 * is billed if there was any output of it (release notes of the API, on stop_reason "refusal"):
 *
 *   "usage":{"input_tokens":412,"output_tokens":264,"iterations":[
 *     {"type":"message","model":"claude-fable-5","input_tokens":408,"output_tokens":0},
 *     {"type":"fallback_message","model":"claude-opus-4-8","input_tokens":412,"output_tokens":264}]}
 *
 * Groq's systems of several models tell what each did of the whole:
 *
 *   "usage":{"prompt_tokens":1530,"completion_tokens":210,...},"usage_breakdown":{"models":[
 *     {"model":"llama-3.3-70b-versatile","usage":{"prompt_tokens":1030,"completion_tokens":150}},
 *     {"model":"openai/gpt-oss-120b","usage":{"prompt_tokens":500,"completion_tokens":60}}]}
 *
 * And so do traces of Bedrock's agents: see bedrock_agent.c.
 */
#include <stdlib.h>

#include "provider/iterations.h"
#include "provider/shapes.h"

/* Kinds and models told apart: those that stand beside, those that declined, and who answered. */
#define GROUPS_MAX (2 * CALL_BESIDE_MAX)

struct iterations {
	struct fields now; /* the element that is passing */
	char type[sizeof(((struct call_beside *)0)->type)];
	bool passing;
	struct call_beside group[GROUPS_MAX];
	size_t count;
	size_t answered; /* number, from 1, of the group of the last fallback; 0: there was none */
	bool full;	 /* not all of it is in a group */
	bool batch;
};

static const struct field part[] = {
	FIELD_TEXT("model", T_MODEL),
	FIELD_NUMBER("usage.prompt_tokens", N_INPUT),
	FIELD_NUMBER("usage.completion_tokens", N_OUTPUT),
	FIELD_NUMBER("usage.prompt_tokens_details.cached_tokens", N_CACHED),
	FIELD_NUMBER("usage.completion_tokens_details.reasoning_tokens", N_REASONING),
	FIELD_END,
};

static const struct field traced[] = {
	FIELD_NUMBER("inputTokens", N_INPUT),
	FIELD_NUMBER("outputTokens", N_OUTPUT),
	FIELD_END,
};

static const struct field element[] = {
	FIELD_TEXT("model", T_MODEL),
	FIELD_NUMBER("input_tokens", N_INPUT),
	FIELD_NUMBER("output_tokens", N_OUTPUT),
	FIELD_NUMBER("cache_read_input_tokens", N_CACHED),
	FIELD_NUMBER("cache_creation_input_tokens", N_CACHE_WRITE),
	FIELD_NUMBER("cache_creation.ephemeral_5m_input_tokens", N_CACHE_WRITE_5M),
	FIELD_NUMBER("cache_creation.ephemeral_1h_input_tokens", N_CACHE_WRITE_1H),
	FIELD_END,
};

static bool is(const struct call_beside *b, const char *type)
{
	return !strcmp(b->type, type);
}

/* The group of that type and model, made when it is not there; NULL: there are too many. */
static struct call_beside *group_of(struct iterations *it)
{
	struct call_beside *b;

	for (size_t i = 0; i < it->count; i++) {
		b = &it->group[i];
		if (is(b, it->type) &&
		    !strncmp(b->model, fields__text(&it->now, T_MODEL), sizeof(b->model) - 1))
			return b;
	}
	if (it->count == GROUPS_MAX)
		return NULL;
	b = &it->group[it->count++];
	*b = (struct call_beside){ .use.reasoning = -1 };
	span__copy(span_str(it->type), b->type, sizeof(b->type));
	span__copy(span_str(fields__text(&it->now, T_MODEL)), b->model, sizeof(b->model));
	return b;
}

static void add_use(struct usage *sum, const struct usage *u)
{
	for (int i = 0; i < USAGE_CLASSES; i++)
		if (usage__knows(u, i)) {
			int64_t n = usage__knows(sum, i) ? sum->n[i] + u->n[i] : u->n[i];

			usage__set(sum, i, n < FIELD_NUMBER_MAX ? n : FIELD_NUMBER_MAX);
		}
}

/* The element has passed. Messages of the model that answers are in the answer's own figures. */
static void end_element(struct iterations *it)
{
	struct call_beside *b;
	struct usage use;

	if (!it->passing)
		return;
	it->passing = false;
	it->full |= it->now.no_memory;
	if (!strcmp(it->type, "message") && !fields__told(&it->now, T_MODEL))
		return;
	b = group_of(it);
	if (!b) {
		it->full = true;
		return;
	}
	if (!strcmp(it->type, CALL_PART))
		openai_settle(&it->now, &use);
	else
		anthropic_settle(&it->now, &use);
	add_use(&b->use, &use);
	if (is(b, "fallback_message"))
		it->answered = (size_t)(b - it->group) + 1;
}

/* type: where the element does not tell one */
static void begin_element(struct iterations *it, struct span type)
{
	end_element(it);
	fields__free(&it->now);
	span__copy(type, it->type, sizeof(it->type));
	it->passing = true;
}

/* The path within an element of the list; false: the value is of none. */
static bool in_element(struct span path, struct span list, struct span *ret_rest)
{
	const uint8_t *at = span__find(path, list);

	if (!at)
		return false;
	at += list.n;
	*ret_rest = span_of(at, (size_t)(path.p + path.n - at));
	if (ret_rest->n)
		*ret_rest = span_of(ret_rest->p + 1, ret_rest->n - 1); /* the dot */
	return true;
}

/* The list that is told, begun anew with the event that tells it again; NULL: no memory. */
static struct iterations *list_of(struct fields *f, bool adds)
{
	if (f->anew && !adds) {
		iterations_free(f);
		f->anew = false;
	}
	if (!f->iterations)
		f->iterations = calloc(1, sizeof(*f->iterations));
	f->beside_lost |= !f->iterations;
	return f->iterations;
}

static void note(struct fields *f, const struct json_value *v, bool batch)
{
	struct json_value inner = *v;
	struct iterations *it;

	if (!in_element(v->path, SPAN("usage.iterations[]"), &inner.path))
		return;
	it = list_of(f, batch);
	if (!it)
		return;
	it->batch = batch;
	if (!inner.path.n && v->kind == JSON_ARRAY_NEXT)
		begin_element(it, SPAN(""));
	else if (span__eq(inner.path, SPAN("type")) && v->kind == JSON_STRING)
		span__copy(v->text, it->type, sizeof(it->type));
	else
		fields__take(&it->now, element, &inner);
}

void iterations_note_parts(struct fields *f, const struct json_value *v)
{
	struct json_value inner = *v;
	struct iterations *it;

	if (!in_element(v->path, SPAN("usage_breakdown.models[]"), &inner.path))
		return;
	it = list_of(f, false);
	if (!it)
		return;
	if (!inner.path.n && v->kind == JSON_ARRAY_NEXT)
		begin_element(it, SPAN(CALL_PART));
	else
		fields__take(&it->now, part, &inner);
}

/* An event says which model is asked, a later one what that took. */
void iterations_note_traces(struct fields *f, const struct json_value *v)
{
	bool asked = span__ends(v->path, SPAN(".modelInvocationInput.foundationModel"));
	struct json_value inner = *v;
	struct iterations *it;

	if (!asked &&
	    !in_element(v->path, SPAN(".modelInvocationOutput.metadata.usage"), &inner.path))
		return;
	it = list_of(f, true);
	if (!it)
		return;
	/* Which model it was is not always told. */
	if (asked || !it->passing ||
	    (span__eq(inner.path, SPAN("inputTokens")) && fields__knows(&it->now, N_INPUT)))
		begin_element(it, SPAN(CALL_PART));
	if (asked)
		fields__set_text(&it->now, T_MODEL, v->text);
	else
		fields__take(&it->now, traced, &inner);
}

void iterations_note(struct fields *f, const struct json_value *v)
{
	note(f, v, false);
}

void iterations_note_batch(struct fields *f, const struct json_value *v)
{
	note(f, v, true);
}

/* Tries of models that answered, or declined; false: work of another kind. */
static bool is_try(const struct call_beside *b)
{
	return is(b, "message") || is(b, "fallback_message");
}

/* A try that stands beside: its model declined behind some output. */
static bool is_billed_try(const struct iterations *it, const struct call_beside *b)
{
	const struct call_beside *answer = it->answered ? &it->group[it->answered - 1] : NULL;

	return answer && strcmp(b->model, answer->model) && usage__knows(&b->use, USAGE_OUTPUT) &&
	       b->use.n[USAGE_OUTPUT];
}

bool iterations_tell(const struct fields *f, struct call *call)
{
	struct iterations *it = f->iterations;
	bool sure = !f->beside_lost;

	if (!it)
		return sure;
	end_element(it);
	/* Which of the results of a batch another model answered is not known any more. */
	sure &= !it->full && !(it->batch && it->answered);
	if (it->answered && strcmp(it->group[it->answered - 1].model, call->served_model))
		span__copy(span_str(it->group[it->answered - 1].model), call->fallback_model,
			   sizeof(call->fallback_model));
	for (size_t i = 0; i < it->count; i++) {
		const struct call_beside *b = &it->group[i];

		if (is_try(b) && !is_billed_try(it, b))
			continue;
		sure &= is_try(b) || is(b, "compaction") || is(b, "advisor_message") ||
			is(b, CALL_PART);
		if (call->beside_count < CALL_BESIDE_MAX)
			call->beside[call->beside_count++] = *b;
		else
			sure = false;
	}
	return sure;
}

void iterations_free(struct fields *f)
{
	if (f->iterations)
		fields__free(&f->iterations->now);
	free(f->iterations);
	f->iterations = NULL;
}
