// SPDX-License-Identifier: BSD-2-Clause
#include "base/hash.h"
#include "provider/estimate.h"
#include "provider/ops.h"

/*
 * Tokens in thousandths, by what request and answer are made of: fitted on one half of recorded
 * calls that told them, and measured on the other (tools/estimate_check.py). Tools weigh most in
 * what is short: a template stands around them, and their names are in no text of an answer. To add
 * one: a line here, by a part of the model's name; the first that has it counts ("-4-2025":
 * Claude's fourth, which says less of tools than the ones behind it).
 */
static const struct weights {
	const char *model;
	/* Of a request: of a thousand of words.h's, a message, a call of a tool in it, any request.
	 */
	uint32_t said, message, past_call, request;
	/* The same of texts in tools, a value in them, a tool, that it offers any. */
	uint32_t tool_text, tool_value, tool, tools;
	uint32_t form;	 /* of the form of an answer */
	uint32_t sealed; /* of a byte of thought that nobody can read */
	/* Of an answer: of texts, of arguments, a call, an answer if there is anything in it. */
	uint32_t text, json, call, answer;
} weights[] = {
	{ "gpt-oss", 800, 20200, 0, 47900, 1200, 568, 54, 14400, 1770, 0, 970, 460, 18900, 4500 },
	{ "claude-3", 1020, 2210, 63300, 5820, 733, 491, 49500, 295000, 10500, 0, 1060, 1880, 35000,
	  4600 },
	{ "-4-2025", 1270, 0, 60800, 12100, 1480, 1010, 48000, 291000, 3800, 0, 1060, 1880, 35000,
	  4600 },
	{ "claude", 1040, 14, 42200, 7060, 1970, 610, 4420, 513000, 3120, 0, 1060, 1880, 35000,
	  4600 },
	{ "gpt", 989, 1870, 15300, 5450, 1080, 763, 737, 11500, 1060, 0, 970, 460, 18900, 4500 },
	{ "gemini", 833, 0, 18300, 2210, 1280, 41, 0, 17700, 46, 348, 1000, 1230, 12100, 2500 },
	{ "nova", 1340, 687, 20000, 0, 2040, 1640, 17100, 330000, 1000, 0, 1000, 1230, 12100,
	  2500 },
	{ "mistral", 1080, 2390, 7080, 797, 1860, 2740, 18000, 0, 247, 0, 1000, 1230, 12100, 2500 },
	{ "deepseek-v4", 800, 6550, 67300, 4000, 2750, 774, 26300, 166000, 1000, 0, 1000, 1230,
	  12100, 2500 },
	{ "deepseek", 800, 3840, 30000, 1590, 400, 505, 7600, 0, 1000, 0, 1000, 1230, 12100, 2500 },
	{ "grok", 800, 6540, 92700, 0, 961, 3300, 59100, 186000, 1000, 0, 1000, 1230, 12100, 2500 },
	{ "llama", 957, 10200, 148000, 783, 4000, 2000, 134000, 0, 3950, 0, 1000, 1230, 12100,
	  2500 },
	{ "glm", 881, 0, 17800, 7060, 2460, 781, 22600, 80400, 293, 0, 1000, 1230, 12100, 2500 },
	{ "command-a", 1540, 25000, 209000, 26100, 4000, 878, 49800, 287000, 1000, 0, 470, 1960,
	  20600, 17400 },
	{ "command", 1250, 0, 30000, 0, 4000, 1070, 57100, 291000, 1000, 0, 470, 1960, 20600,
	  17400 },
	{ "qwen", 1000, 4000, 30000, 4000, 1500, 600, 15000, 40000, 1000, 0, 1000, 1230, 12100,
	  2500 },
	{ "kimi", 1000, 4000, 30000, 4000, 1500, 600, 15000, 40000, 1000, 0, 1000, 1230, 12100,
	  2500 },
	{ "", 946, 4060, 11000, 759, 400, 664, 13100, 26200, 844, 0, 1000, 1230, 12100, 2500 },
};

/* An answer in pieces that are no longer is told token by token. */
#define PIECE_MILLI 1600

static const char *model_of(const struct call *c)
{
	return c->served_model[0] ? c->served_model : c->requested_model;
}

static const struct weights *weights_of(const struct call *c)
{
	const struct weights *w = weights;

	while (!strcasestr(model_of(c), w->model))
		w++;
	return w;
}

struct part {
	uint64_t n, weight;
};

/* In tokens, of thousandths. */
static double sum_of(const struct part *parts, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (double)parts[i].n * (double)parts[i].weight;
	return sum / 1000;
}

/* Texts in thousandths; a piece is a token at least. */
static double said_of(uint64_t milli, uint64_t pieces, uint32_t weight)
{
	double tokens = (double)milli / 1000;

	if (tokens * 1000 < (double)pieces * PIECE_MILLI)
		return (double)pieces;
	tokens *= (double)weight / 1000;
	return tokens > (double)pieces ? tokens : (double)pieces;
}

/* whole: it was not broken off, and has what stands at an answer's end. */
static double output_of(const struct weights *w, const struct estimate_text *t, bool whole)
{
	double sum = said_of(estimate_text__said(t, false), t->pieces, w->text) +
		     said_of(estimate_text__said(t, true), t->json_pieces, w->json) +
		     (double)t->calls * w->call / 1000;

	return sum > 0 && whole ? sum + w->answer / 1000.0 : sum;
}

static double request_of(const struct weights *w, const struct estimate_text *t)
{
	const struct part parts[] = { { t->said / 1000, w->said },
				      { t->messages, w->message },
				      { t->past_calls, w->past_call },
				      { t->values != 0, w->request },
				      { t->tool_texts / 1000, w->tool_text },
				      { t->tool_values, w->tool_value },
				      { t->tools, w->tool },
				      { t->tools != 0, w->tools },
				      { t->form / 1000, w->form },
				      { t->sealed, w->sealed } };

	return sum_of(parts, sizeof(parts) / sizeof(parts[0]));
}

/* ---- what calls on this host told ----------------------------------------------------------- */

/*
 * How sure the weights are, in the terms of calls that told: where a line starts, its slope. What
 * stands around a request differs by service and is the same in each of its calls; what an answer's
 * text has differs by what is said.
 */
struct sure {
	double start, slope;
};

static const struct sure sure_in = { 1 / (5000.0 * 5000.0), 0.5 },
			 sure_out = { 1 / (30.0 * 30.0), 10 };

/* Of what earlier calls told, how much is left behind the next. */
#define KEPT 0.97
/* Errors are felt in parts of the whole, but no whole is smaller than this. */
#define TOKENS_MIN 10.0

static void line__add(struct estimate_line *l, double likely, double told)
{
	double whole = told > TOKENS_MIN ? told : TOKENS_MIN, w = 1 / (whole * whole);

	l->n = l->n * KEPT + w;
	l->x = l->x * KEPT + w * likely;
	l->xx = l->xx * KEPT + w * likely * likely;
	l->y = l->y * KEPT + w * told;
	l->xy = l->xy * KEPT + w * likely * told;
}

/* start + slope * likely, by least squares, from 0 and 1 on. */
static double line__at(const struct estimate_line *l, const struct sure *sure, double likely)
{
	double n = l->n + sure->start, xx = l->xx + sure->slope, xy = l->xy + sure->slope;
	double slope = (n * xy - l->x * l->y) / (n * xx - l->x * l->x);

	/* No tokenizer is so far from another: what was told is of something else. */
	slope = slope < 0.25 ? 0.25 : slope > 4 ? 4 : slope;
	return (l->y - slope * l->x) / n + slope * likely;
}

/*
 * Who sends one set of tools is one program, with one system prompt as a rule: its own calls know
 * best what stands around a request.
 */
enum kin { SAME_TOOLS, SAME_MODEL };

static uint64_t key_of(const struct call *c, const struct estimate_text *t, enum kin kin)
{
	const char *model = model_of(c);
	uint64_t h = hash_bytes(HASH_SEED, c->provider, strlen(c->provider) + 1);

	h = hash_bytes(h, model, strlen(model) + 1);
	if (kin == SAME_TOOLS) {
		h = hash_bytes(h, &t->tools, sizeof(t->tools));
		h = hash_bytes(h, &t->tool_texts, sizeof(t->tool_texts));
	} else {
		h = hash_bytes(h, t->tools ? "t" : "", 1);
	}
	return h ? h : 1;
}

/* The model's place in its set; NULL: it has none. */
static const struct estimate_model *find(const struct estimate *e, uint64_t key)
{
	const struct estimate_model *set = e->models[key % ESTIMATE_SETS];

	for (size_t i = 0; i < ESTIMATE_WAYS; i++)
		if (set[i].key == key)
			return &set[i];
	return NULL;
}

/* The model, which comes first in its set. */
static struct estimate_model *find_or_add(struct estimate *e, uint64_t key)
{
	struct estimate_model *set = e->models[key % ESTIMATE_SETS], m = { .key = key };
	const struct estimate_model *old = find(e, key);
	size_t at = old ? (size_t)(old - set) : ESTIMATE_WAYS - 1;

	if (old)
		m = *old;
	memmove(set + 1, set, at * sizeof(*set));
	*set = m;
	return set;
}

void estimate__learn(struct estimate *e, const struct call *c, const struct estimate_text *t,
		     int64_t beyond)
{
	const struct weights *w = weights_of(c);
	struct estimate_model *m;
	double likely = output_of(w, t, true);
	int64_t in = usage__input(&c->use), out;

	if (c->usage_source != USAGE_REPORTED || !c->complete || c->result != CALL_OK)
		return;
	m = find_or_add(e, key_of(c, t, SAME_MODEL));
	if (!beyond && usage__knows(&c->use, USAGE_INPUT) && in > 0 && t->values) {
		line__add(&m->in, request_of(w, t), (double)in);
		if (t->tools)
			line__add(&find_or_add(e, key_of(c, t, SAME_TOOLS))->in, request_of(w, t),
				  (double)in);
	}
	m = find_or_add(e, key_of(c, t, SAME_MODEL));
	/* Thought that is not shown is no text. */
	out = usage__knows(&c->use, USAGE_OUTPUT) ? c->use.n[USAGE_OUTPUT] : 0;
	out -= c->use.reasoning > 0 ? c->use.reasoning : 0;
	if (likely > 0 && out > 0)
		line__add(&m->out, likely, (double)out);
}

/* most: more can't be, whatever was learnt. */
static int64_t tokens_of(const struct estimate_line *l, const struct sure *sure, double likely,
			 uint64_t most)
{
	double n = line__at(l, sure, likely);

	/* Where a line ends below what is short, that is no less than a text is: never nothing. */
	if (n < likely / 4)
		n = likely / 4;
	if (n < 1)
		n = 1;
	if (n > (double)most)
		n = (double)most;
	return n < INT32_MAX ? (int64_t)n : INT32_MAX;
}

/*
 * A token is a byte at least. A provider may put more in front of a request than it has itself, and
 * calls have told so.
 */
static uint64_t most_input(const struct estimate_model *m, const struct call *c)
{
	return m->in.n > 0 ? plausible_input(c->x->request_len) : c->x->request_len;
}

static void estimated(struct usage *u, enum usage_class class, int64_t n)
{
	usage__set(u, class, n);
	u->estimated |= 1u << class;
}

void estimate__fill(const struct estimate *e, struct call *c, const struct estimate_text *t,
		    int64_t beyond)
{
	const struct estimate_model *m = find(e, key_of(c, t, SAME_MODEL));
	const struct estimate_model *kin = t->tools ? find(e, key_of(c, t, SAME_TOOLS)) : NULL;
	static const struct estimate_model none;
	const struct weights *w = weights_of(c);
	double likely = output_of(w, t, c->result != CALL_ABORTED);
	int64_t n;

	if (!m)
		m = &none;
	if (!usage__knows(&c->use, USAGE_INPUT) && beyond >= 0 && t->values)
		estimated(&c->use, USAGE_INPUT,
			  beyond + tokens_of(kin ? &kin->in : &m->in, &sure_in, request_of(w, t),
					     most_input(m, c)));
	if (!usage__knows(&c->use, USAGE_OUTPUT) && likely > 0) {
		n = tokens_of(&m->out, &sure_out, likely, c->x->response_len);
		if (c->max_tokens >= 0 && n > c->max_tokens)
			n = c->max_tokens;
		estimated(&c->use, USAGE_OUTPUT, n ? n : 1);
	}
	/*
	 * What there was of an answer that was broken off is nothing, and its input was read. What
	 * was not seen of one is not nothing.
	 */
	if (!usage__knows(&c->use, USAGE_OUTPUT) && c->result == CALL_ABORTED &&
	    !(c->x->flags & EXCHANGE_DAMAGED))
		estimated(&c->use, USAGE_OUTPUT, 0);
	if (c->use.estimated)
		c->usage_source = USAGE_ESTIMATED;
}
