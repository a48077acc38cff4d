// SPDX-License-Identifier: BSD-2-Clause
#include "base/hash.h"
#include "provider/estimate.h"
#include "provider/ops.h"
#include "provider/weights.h"

/* An answer in pieces that are no longer is told token by token. */
#define PIECE_TOKENS 1.6

/* A text that came in so many pieces, each of them a token at least. */
static double said_of(double tokens, uint64_t pieces, double factor)
{
	if (tokens < (double)pieces * PIECE_TOKENS)
		return (double)pieces;
	tokens *= factor;
	return tokens > (double)pieces ? tokens : (double)pieces;
}

/* whole: it was not broken off, and has what stands at an answer's end. */
static double output_of(const struct call_weights *weights, const struct estimate_text *t,
			bool whole)
{
	const struct answer_weights *w = weights->answer;
	enum tokenizer k = weights->request->tokenizer;
	double sum = said_of(tokenizer__tokens(k, &t->text), t->pieces, w->text) +
		     said_of(tokenizer__tokens(k, &t->json), t->json_pieces, w->json) +
		     (double)t->calls * w->call +
		     (t->calls > 1 ? (double)(t->calls - 1) * w->more : 0);

	return sum > 0 && whole ? sum + w->answer : sum;
}

/* What a provider writes around a request: of this, nothing is in its bytes. */
static double hidden_of(const struct weights *w, const struct estimate_text *t)
{
	return (t->messages ? w->request : 0) + (t->tools ? w->tools : 0) +
	       (t->thinks ? w->thinks : 0) + (t->cites ? w->cites : 0);
}

static double request_of(const struct call_weights *weights, const struct estimate_text *t)
{
	static const struct estimate_beside none;
	const struct estimate_beside *beside = t->beside ? t->beside : &none;
	const struct weights *w = weights->request;
	enum tokenizer k = w->tokenizer;

	return tokenizer__tokens(k, &t->said) * w->said +
	       tokenizer__tokens(k, &beside->tool_said) * w->tool_said +
	       tokenizer__tokens(k, &beside->form) * w->form +
	       tokenizer__tokens(k, &beside->thought) * w->thought +
	       (double)t->messages * w->message + (double)t->past_calls * w->past_call +
	       (double)t->tool_values * w->tool_value + (double)t->tools * w->tool +
	       (double)t->sealed * w->sealed + hidden_of(w, t);
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

static const struct sure sure_in = { 1 / (5000.0 * 5000.0), 10 },
			 sure_out = { 1 / (10.0 * 10.0), 30 };

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
	const char *model = c->served_model[0] ? c->served_model : c->requested_model;
	uint64_t h = hash_bytes(HASH_SEED, c->provider, strlen(c->provider) + 1);

	h = hash_bytes(h, model, strlen(model) + 1);
	if (kin == SAME_TOOLS) {
		h = hash_bytes(h, &t->tools, sizeof(t->tools));
		h = t->beside
			    ? hash_bytes(h, t->beside->tool_said.n, sizeof(t->beside->tool_said.n))
			    : h;
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

/* Thought that is not shown is no text. */
static int64_t said_by(const struct call *c, const struct estimate_text *t)
{
	int64_t n = usage__knows(&c->use, USAGE_OUTPUT) ? c->use.n[USAGE_OUTPUT] : 0;

	return n - (!t->shows_thought && c->use.reasoning > 0 ? c->use.reasoning : 0);
}

void estimate__learn(struct estimate *e, const struct call *c, const struct estimate_text *t,
		     int64_t beyond)
{
	int64_t in = usage__input(&c->use), out = said_by(c, t);
	struct call_weights w;
	double likely;

	if (c->usage_source != USAGE_REPORTED || !c->complete || c->result != CALL_OK)
		return;
	w = weights_of(c);
	if (!beyond && usage__knows(&c->use, USAGE_INPUT) && in > 0 && t->values && !t->lacks) {
		likely = request_of(&w, t);
		line__add(&find_or_add(e, key_of(c, t, SAME_MODEL))->in, likely, (double)in);
		if (t->tools)
			line__add(&find_or_add(e, key_of(c, t, SAME_TOOLS))->in, likely,
				  (double)in);
	}
	likely = output_of(&w, t, true);
	if (likely > 0 && out > 0)
		line__add(&find_or_add(e, key_of(c, t, SAME_MODEL))->out, likely, (double)out);
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
 * A token is a byte at least. A provider may put more in front of a request than it has itself:
 * what is known that this one does, or as much as any, where calls have told so.
 */
static uint64_t most_input(const struct estimate_model *m, const struct call *c, double hidden)
{
	uint64_t any = plausible_input(c->x->request_len),
		 known = c->x->request_len + (uint64_t)hidden;

	return m->in.n > 0 || known > any ? any : known;
}

static void estimated(struct usage *u, enum usage_class class, int64_t n)
{
	usage__set(u, class, n);
	u->estimated |= 1u << class;
}

/*
 * Where the truth is in eight of ten calls, in parts of the estimate: more is said than is seen, as
 * a rule. Recorded calls that no weight was fitted on are within narrower ones (0.96 to 1.21, 0.93
 * to 1.27); those of programs of which no call was in the fit are further off.
 * tools/estimate_check.py counts how many are within.
 */
struct within {
	double low, high;
};

static const struct within input_within = { 0.75, 1.5 }, output_within = { 0.8, 1.4 };

/* most: more can't be; -1: nobody said. */
static struct call_range range_of(const struct within *in, int64_t n, int64_t most)
{
	struct call_range r = { (int64_t)((double)n * in->low),
				(int64_t)((double)n * in->high + 1) };

	if (most >= 0 && r.high > most)
		r.high = most;
	return r;
}

static void fill_input(struct call *c, int64_t n)
{
	estimated(&c->use, USAGE_INPUT, n);
	c->input_range = range_of(&input_within, n, -1);
}

/* Of an answer that broke off waste tells between which figures it is: nobody knows where it ended.
 */
static void fill_output(struct call *c, int64_t n)
{
	if (c->max_tokens >= 0 && n > c->max_tokens)
		n = c->max_tokens;
	n = n ? n : 1;
	estimated(&c->use, USAGE_OUTPUT, n);
	if (c->result != CALL_ABORTED)
		c->output_range =
			range_of(&output_within, n, c->max_tokens >= n ? c->max_tokens : -1);
}

void estimate__fill(const struct estimate *e, struct call *c, const struct estimate_text *t,
		    int64_t beyond)
{
	const struct estimate_model *m = find(e, key_of(c, t, SAME_MODEL));
	const struct estimate_model *kin = t->tools ? find(e, key_of(c, t, SAME_TOOLS)) : NULL;
	static const struct estimate_model none;
	struct call_weights w = weights_of(c);
	double likely = output_of(&w, t, c->result != CALL_ABORTED);

	if (!m)
		m = &none;
	if (!usage__knows(&c->use, USAGE_INPUT) && beyond >= 0 && t->values && !t->lacks)
		fill_input(c,
			   beyond + tokens_of(kin ? &kin->in : &m->in, &sure_in, request_of(&w, t),
					      most_input(m, c, hidden_of(w.request, t))));
	if (!usage__knows(&c->use, USAGE_OUTPUT) && likely > 0)
		fill_output(c, tokens_of(&m->out, &sure_out, likely, c->x->response_len));
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
