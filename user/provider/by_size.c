// SPDX-License-Identifier: BSD-2-Clause
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "provider/by_size.h"

/* Samples that make a figure, and how much larger or smaller than a call they may be. */
#define SAMPLES_MIN 8
#define ALIKE	    4
/* The plaintext of a request is read this long before or behind its bytes go out, at most. */
#define SAME_NS (200 * 1000000ull)

/* Bytes for a token, in tenths: of ten calls one is below low, one above high. */
struct ratio {
	uint64_t low, middle, high;
};

static const struct size_class {
	const char *family; /* how the provider's name begins */
	uint8_t kind;
	uint64_t from, below; /* bytes; below 0: any */
	struct ratio ratio;
} classes[] = {
#define SIZES(family_, kind_, from_, below_, low_, middle_, high_) \
	{ family_, SIZES_##kind_, from_, below_, { low_, middle_, high_ } },
#include "provider/by_size.def"
#undef SIZES
};

#define CLASSES (sizeof(classes) / sizeof(classes[0]))

static bool is_in(const struct size_class *c, enum sizes_kind kind, uint64_t bytes)
{
	return c->kind == kind && bytes >= c->from && (bytes < c->below || !c->below);
}

/* A provider's own class, else everybody's, else everybody's that comes nearest. */
static struct ratio recorded_ratio(const char *provider, enum sizes_kind kind, uint64_t bytes)
{
	const struct size_class *near = NULL;

	/* The family "", which begins every name, comes last. */
	for (size_t i = 0; i < CLASSES; i++) {
		const struct size_class *c = &classes[i];

		if (is_in(c, kind, bytes) && span__starts(span_str(provider), span_str(c->family)))
			return c->ratio;
		if (c->kind == kind && !c->family[0] && (!near || c->from <= bytes))
			near = c;
	}
	return near->ratio;
}

static uint64_t host_key(struct span host)
{
	uint64_t h = HASH_SEED;

	for (size_t i = 0; i < host.n; i++) {
		uint8_t lower = (uint8_t)tolower(host.p[i]);

		h = hash_bytes(h, &lower, 1);
	}
	return h ? h : 1;
}

static int by_ratio(const void *a, const void *b)
{
	const struct size_sample *x = a, *y = b;
	unsigned __int128 left = (unsigned __int128)x->bytes * y->tokens,
			  right = (unsigned __int128)y->bytes * x->tokens;

	return left < right ? -1 : left > right;
}

static uint64_t tenths(const struct size_sample *s)
{
	uint64_t n = s->bytes * 10 / s->tokens;

	return n ? n : 1;
}

/* By calls of about that size to the host; false where there were too few. */
static bool learnt_ratio(const struct sizes_model *m, uint64_t host, enum sizes_kind kind,
			 uint64_t bytes, struct ratio *ret_ratio)
{
	struct size_sample alike[SIZES_CALLS];
	size_t n = 0;

	if (m->hosts[host % SIZES_HOSTS].key != host)
		return false;
	for (size_t i = 0; i < SIZES_CALLS; i++) {
		const struct size_sample *s = &m->hosts[host % SIZES_HOSTS].calls[kind][i];

		if (s->bytes && s->bytes / ALIKE <= bytes && bytes / ALIKE <= s->bytes)
			alike[n++] = *s;
	}
	if (n < SAMPLES_MIN)
		return false;
	qsort(alike, n, sizeof(alike[0]), by_ratio);
	*ret_ratio = (struct ratio){ .low = tenths(&alike[n / 10]),
				     .middle = tenths(&alike[n / 2]),
				     .high = tenths(&alike[n - 1 - n / 10]) };
	return true;
}

/* Nobody sends more in one call, and no sum of these overflows. */
#define BYTES_MAX (1ull << 40)

static int64_t tokens_of(uint64_t bytes, uint64_t ratio)
{
	uint64_t n = (bytes < BYTES_MAX ? bytes : BYTES_MAX) * 10 / ratio;

	return n ? (int64_t)n : 1;
}

static void fill(const struct sizes_model *m, const struct sizes *s, enum sizes_kind kind,
		 uint64_t bytes, struct call *c, enum usage_class class)
{
	struct call_range *range = class == USAGE_INPUT ? &c->input_range : &c->output_range;
	struct ratio r;

	if (!learnt_ratio(m, host_key(s->x.request.host), kind, bytes, &r))
		r = recorded_ratio(c->provider, kind, bytes);
	usage__set(&c->use, class, tokens_of(bytes, r.middle));
	c->use.estimated |= 1u << class;
	range->low = tokens_of(bytes, r.high);
	range->high = tokens_of(bytes, r.low);
}

static enum sizes_kind answer_of(const struct sizes *s)
{
	return s->streamed ? SIZES_STREAM : SIZES_WHOLE;
}

void sizes__fill(const struct sizes_model *m, const struct sizes *s, struct call *c)
{
	fill(m, s, SIZES_SENT, s->sent, c, USAGE_INPUT);
	fill(m, s, answer_of(s), s->received, c, USAGE_OUTPUT);
	c->use.reasoning = -1;
	c->usage_source = USAGE_ESTIMATED;
	c->from_sizes = true;
}

void sizes__told(struct sizes_model *m, const struct call *c)
{
	struct size_told *t = &m->told[m->next_told];
	int64_t in = usage__input(&c->use);

	if (c->usage_source != USAGE_REPORTED || !c->complete || c->result != CALL_OK ||
	    !usage__knows(&c->use, USAGE_INPUT) || !usage__knows(&c->use, USAGE_OUTPUT) ||
	    in <= 0 || c->use.n[USAGE_OUTPUT] <= 0)
		return;
	*t = (struct size_told){ .t_request = c->x->t_request,
				 .host = host_key(c->x->request.host),
				 .proc = c->x->proc,
				 .input = in,
				 .output = c->use.n[USAGE_OUTPUT] };
	m->next_told = (m->next_told + 1) % SIZES_TOLD;
}

static void sample_add(struct sizes_model *m, uint64_t host, enum sizes_kind kind, uint64_t bytes,
		       int64_t tokens)
{
	size_t i = host % SIZES_HOSTS;
	uint8_t *next = &m->hosts[i].next[kind];

	if (m->hosts[i].key != host) {
		memset(&m->hosts[i], 0, sizeof(m->hosts[i]));
		m->hosts[i].key = host;
	}
	m->hosts[i].calls[kind][*next] =
		(struct size_sample){ .bytes = bytes, .tokens = (uint64_t)tokens };
	*next = (uint8_t)((*next + 1) % SIZES_CALLS);
}

void sizes__learn(struct sizes_model *m, const struct sizes *s)
{
	const struct size_told *one = NULL;
	uint64_t host = host_key(s->x.request.host);

	for (size_t i = 0; i < SIZES_TOLD; i++) {
		const struct size_told *t = &m->told[i];

		if (t->host != host || t->proc.tgid != s->x.proc.tgid ||
		    t->proc.start_ns != s->x.proc.start_ns ||
		    t->t_request + SAME_NS < s->x.t_request || t->t_request > s->x.t_last_byte)
			continue;
		/* Of two that share a connection, or have one each, neither is known to be it. */
		if (one)
			return;
		one = t;
	}
	if (!one || !s->sent || !s->received)
		return;
	sample_add(m, host, SIZES_SENT, s->sent, one->input);
	sample_add(m, host, answer_of(s), s->received, one->output);
}
