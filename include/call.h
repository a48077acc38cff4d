/* SPDX-License-Identifier: BSD-2-Clause */
/* call: an exchange understood as an LLM API call. */
#ifndef WT_CALL_H
#define WT_CALL_H

#include "conversation.h"
#include "exchange.h"
#include "likeness.h"
#include "tags.h"

enum usage_class {
#define USAGE(sym, name, kind) USAGE_##sym,
#include "usage.def"
#undef USAGE
	USAGE_CLASSES
};

enum usage_kind { USAGE_KIND_IN, USAGE_KIND_OUT, USAGE_KIND_COUNT, USAGE_KIND_FEE };

static inline enum usage_kind usage_kind(int c)
{
	static const uint8_t kinds[USAGE_CLASSES] = {
#define USAGE(sym, name, kind) USAGE_KIND_##kind,
#include "usage.def"
#undef USAGE
	};

	return kinds[c];
}

static inline bool usage_is_tokens(int c)
{
	return usage_kind(c) <= USAGE_KIND_OUT;
}

/* Unknown is not zero: n[c] means something only where bit c of known is set. */
struct usage {
	int64_t n[USAGE_CLASSES]; /* tokens, and what usage.def counts otherwise */
	uint32_t known;
	uint32_t estimated; /* those of known that nobody told */
	int64_t reasoning;  /* the part of output that was reasoning; -1: not told */
	int64_t cached_audio, cached_image; /* parts of USAGE_CACHE_READ; 0: none is told */
};

static inline bool usage__knows(const struct usage *u, enum usage_class c)
{
	return u->known & (1u << c);
}

static inline void usage__set(struct usage *u, enum usage_class c, int64_t n)
{
	u->n[c] = n;
	u->known |= 1u << c;
}

/* All input, from caches or not; -1 when it overflows. */
static inline int64_t usage__input(const struct usage *u)
{
	int64_t n = 0;

	for (int i = USAGE_INPUT; i <= USAGE_CACHE_WRITE_1H; i++)
		if (usage__knows(u, i) && __builtin_add_overflow(n, u->n[i], &n))
			return -1;
	return n;
}

enum usage_source {
	USAGE_NONE = 0, /* no figure: not reported, and not estimated */
	USAGE_REPORTED, /* the provider's own figures */
	USAGE_ESTIMATED,
	USAGE_IMPLAUSIBLE, /* reported, and impossible for the bytes that passed */
	USAGE_COUNTED,	   /* nobody told it: pictures, characters that passed were counted */
};

enum call_result {
	CALL_OK = 1,
	CALL_REFUSED, /* 4xx: the provider did no work */
	CALL_ERROR,   /* 5xx, or an error event before any output */
	CALL_ABORTED, /* the answer broke off: a stream before its end, a body within a value */
	CALL_UNKNOWN, /* nobody saw how it ended: bytes were lost, or the watching stopped */
};

static inline const char *call_result_name(enum call_result r)
{
	static const char *const names[] = { [CALL_OK] = "ok",
					     [CALL_REFUSED] = "refused",
					     [CALL_ERROR] = "error",
					     [CALL_ABORTED] = "aborted",
					     [CALL_UNKNOWN] = "unknown" };

	return names[r];
}

/* Which call it is, of all of a run of the meter: what its id is made of. */
struct call_key {
	uint64_t t_request, start_ns, conn;
	uint32_t tgid, seq;
};

static inline struct call_key call_key_of(const struct exchange *x)
{
	return (struct call_key){ .t_request = x->t_request,
				  .start_ns = x->proc.start_ns,
				  .conn = x->conn,
				  .tgid = x->proc.tgid,
				  .seq = x->seq };
}

/* How well a figure is estimated: of ten such calls eight are within it. high 0: it is not. */
struct call_range {
	int64_t low, high; /* tokens */
};

/* Kinds of it and models that one call tells apart; real ones have one or two. */
#define CALL_BESIDE_MAX 4

/*
 * Work that was done for a call, is billed with it, and is in no figure of its use: of a kind
 * ("compaction", "advisor_message") and a model. But what is of the kind CALL_PART is a part of
 * those figures: what one model did of what several did, sold by its own price.
 */
#define CALL_PART "part"

struct call_beside {
	char type[32];
	char model[64]; /* empty: the call's */
	struct usage use;
};

struct call {
	const struct exchange *x; /* borrowed until the emit call returns */
	const char *provider;	  /* OTel gen_ai.provider.name: "openai", "anthropic" */
	const char *operation;	  /* OTel gen_ai.operation.name: "chat" */
	const char *api;	  /* the provider's own: "chat.completions", "messages" */
	char requested_model[128];
	char served_model[128]; /* what answered: prices go by it; empty when not told */
	char response_id[128];
	char path[256];	  /* the request's, as far as it is made of words of an API */
	char tier[32];	  /* as the response says: "default", "batch"; empty when not told */
	char region[16];  /* where the work is done, if it is told: "us"; prices may go by it */
	char variant[48]; /* of a model that is sold in several: "hd/1024x1792" */
	char finish_reason[64]; /* of the first choice */
	int64_t max_tokens;	/* -1: not in the request */
	bool stream;		/* asked for, or what came */
	bool free;		/* the provider does not charge for this API */
	bool subscription;	/* a flat fee pays for it: its price is what it would cost */
	uint32_t retry;		/* the SDK says that it asks again, for the so-manieth time */
	bool asked_before; /* the same request, by the same process, failed a short time ago: */
	struct call_key retry_of;
	bool likely_billed; /* refused, and its prompt charged all the same, as far as known */
	bool complete;	    /* request and response passed whole, and the usage is final */
	struct usage use;
	struct usage billed; /* what of it is charged; known == 0: all of it */
	struct call_beside beside[CALL_BESIDE_MAX];
	uint8_t beside_count;
	char fallback_model[64]; /* whose the figures are, where another began; else empty */
	bool gateway;		 /* its answer says that a proxy gave it */
	struct likeness likeness;
	uint64_t prompt;	 /* stands for the request's texts; 0: none was read */
	const struct tags *tags; /* what it says of its owner, borrowed; NULL: nothing */
	char system_prompt[20];	 /* keyed hash of its beginning; empty: none */
	bool cost_told;		 /* the provider says what it charges: */
	int64_t told_cost_nano;	 /* nano-dollars */
	bool cost_claimed;	 /* a gateway, or a host that is not known, says that it charges: */
	int64_t claimed_cost_nano; /* to be compared with, and no figure to go by */
	/* What a server of a model says that it worked: reading, writing, loading; 0: not told. */
	uint64_t prefill_ns, decode_ns, load_ns;
	const struct conversation *conversation; /* NULL: none; borrowed as x is */
	bool from_sizes; /* nothing else is known: what is estimated is so from them */
	struct call_range input_range, output_range;
	uint8_t usage_source; /* enum usage_source */
	uint8_t result;	      /* enum call_result */
};

typedef void (*call_emit_fn)(void *ctx, const struct call *c);

#endif
