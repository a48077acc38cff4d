/* SPDX-License-Identifier: BSD-2-Clause */
/* fields: what a table of JSON paths takes out of a body. The last value that is not null stands.
 */
#ifndef WT_PROVIDER_FIELDS_H
#define WT_PROVIDER_FIELDS_H

#include "base/json.h"
#include "exchange.h"

/* Figures, as the provider reports them: not disjoint yet. */
enum number {
	N_INPUT,
	N_OUTPUT,
	N_OUTPUT_SO_FAR, /* when a stream began: no figure of the answer */
	N_TOTAL,
	N_CACHED,      /* read from a cache */
	N_CACHE_WRITE, /* written to a cache, lifetime not told */
	N_CACHE_WRITE_5M,
	N_CACHE_WRITE_1H,
	N_REASONING,
	N_CITED,      /* of pages that were found (Perplexity): who tells it tells thought apart, */
	N_THOUGHT,    /* beside the output, and others within it */
	N_TOOL_INPUT, /* what tools brought into the prompt, and is not in N_INPUT (Google) */
	N_AUDIO_CACHED, /* the part of N_CACHED that is sound */
	N_IMAGE_CACHED,
	N_AUDIO_IN,
	N_AUDIO_OUT,
	N_IMAGE_IN,
	N_IMAGE_OUT,
	N_REJECTED,  /* predicted by the caller, not used, billed as output (OpenAI) */
	N_BILLED_IN, /* what of it is charged, where that is told apart (Cohere) */
	N_BILLED_OUT,
	N_COST,		 /* nano-dollars that the provider says it charges */
	N_COST_UPSTREAM, /* and that somebody else does, whose key the caller brought */
	N_COST_TICKS,	 /* 10^-10 dollars (xAI) */
	N_OWN_KEY,	 /* 1: the caller brought that key */
	N_COST_GATEWAY,	 /* nano-dollars that a gateway says it costs */
	N_SEARCHES,	 /* in the web, or in documents that are to be ranked */
	N_FILE_SEARCHES,
	N_CONTAINERS, /* in which the provider ran programs */
	N_AUDIO_MS,   /* milliseconds of sound */
	N_PROMPT_MS,  /* the same, where its tokens are told too (Mistral) */
	N_COMPUTE_MS, /* milliseconds that the model worked */
	N_VIDEO_MS,   /* milliseconds of video, of each where there are several */
	N_VIDEOS,
	N_PREFILL_NS, /* that a server of a model read, and wrote, and loaded it */
	N_DECODE_NS,
	N_LOAD_NS,
	N_IMAGES, /* pictures made */
	N_PAGES,
	N_CHARACTERS,
	N_DRAWN_IN, /* of a tool that draws pictures, all beside the call's own (OpenAI) */
	N_DRAWN_CACHED,
	N_DRAWN_IMAGE_IN,
	N_DRAWN_OUT,
	N_DRAWN_TEXT_OUT,
	N_BACKGROUND, /* 1: it is worked on after its request was answered (OpenAI) */
	N_MAX_TOKENS,
	NUMBERS,
};

enum text {
	T_REQUEST_MODEL,
	T_MODEL, /* as the response says */
	T_ID,
	T_TIER,
	T_SPEED,   /* "fast" (Anthropic) */
	T_REGION,  /* where the work is done */
	T_SIZE,	   /* of pictures that are asked for: "1024x1792" */
	T_QUALITY, /* of them: "hd" */
	T_FINISH,
	T_ERROR,     /* the type of an error object */
	T_CODE,	     /* its code */
	T_ASIDE,     /* the model that works beside the call's: it writes what was said, it draws */
	T_CONTAINER, /* in which the provider ran programs */
	T_FILE,	     /* that has the results of a batch */
	TEXTS,
};

#define TEXT_CAP 128

/*
 * Larger figures are not taken: no call has 10^17 tokens, and below this a sum of all figures of a
 * call cannot overflow, whatever a hostile server says.
 */
#define FIELD_NUMBER_MAX (INT64_MAX / 64)

/* Nor is money, in nano-dollars: no call costs 1,000 USD, and nine million that do can be added up.
 */
#define FIELD_MONEY_MAX 1000000000000

struct field {
	const char *path; /* see json.h; NULL ends a table */
	uint8_t len;	  /* of the path */
	uint8_t is_text;
	uint8_t slot;  /* enum number or enum text */
	uint8_t first; /* the first value stands, not the last: who answers a stream can't change */
	uint8_t sum;   /* the values add up: each is of a part of the work */
	uint8_t money; /* a decimal number of dollars, taken as nano-dollars */
	uint8_t milli; /* a decimal number of seconds, taken as milliseconds */
	uint8_t nano;  /* a decimal number of milliseconds, taken as nanoseconds */
	uint8_t weak;  /* it stands only where nothing else was told */
	uint8_t tail;  /* of the text what is behind its last slash: models/NAME */
};

#define FIELD_OF(path_, slot_, ...)                                                 \
	{                                                                           \
		.path = path_, .len = sizeof(path_) - 1, .slot = slot_, __VA_ARGS__ \
	}
#define FIELD_NUMBER(path_, slot_)     FIELD_OF(path_, slot_, .sum = 0)
#define FIELD_SUM(path_, slot_)	       FIELD_OF(path_, slot_, .sum = 1)
#define FIELD_WEAK(path_, slot_)       FIELD_OF(path_, slot_, .weak = 1)
#define FIELD_MONEY(path_, slot_)      FIELD_OF(path_, slot_, .money = 1)
#define FIELD_MILLI(path_, slot_)      FIELD_OF(path_, slot_, .milli = 1)
#define FIELD_NANO(path_, slot_)       FIELD_OF(path_, slot_, .nano = 1)
#define FIELD_WEAK_MILLI(path_, slot_) FIELD_OF(path_, slot_, .milli = 1, .weak = 1)
#define FIELD_TEXT(path_, slot_)       FIELD_OF(path_, slot_, .is_text = 1)
#define FIELD_FIRST(path_, slot_)      FIELD_OF(path_, slot_, .is_text = 1, .first = 1)
#define FIELD_TAIL(path_, slot_)       FIELD_OF(path_, slot_, .is_text = 1, .tail = 1)
#define FIELD_END            \
	{                    \
		.path = NULL \
	}

#define NUMBER_BIT(n) (UINT64_C(1) << (n))

_Static_assert(NUMBERS <= 64 && TEXTS <= 16, "known and told have a bit for each");

/*
 * What was told so far. Thousands of streams are open, and each tells a few of these: only those
 * are held, in the order of their enums.
 */
struct fields {
	uint64_t known;	   /* numbers that were told: NUMBER_BIT() */
	int64_t *number;   /* those, without gaps */
	char *text;	   /* texts that were told, each with its NUL */
	uint16_t text_len; /* bytes of all of them */
	uint16_t told;	   /* which: a bit for each */
	bool no_memory;	   /* for all that was told */
	bool stream;	   /* the request asks for a stream */
	bool prompted;	   /* the request has a prompt: messages, input */
	bool refers;	   /* the prompt refers to what is not in the request: see plausible.c */
	bool elsewhere;	   /* and not for a picture alone that is in the request all the same */
	bool beside_lost;  /* of work billed beside the figures: not all was kept */
	bool open;	   /* a turn of a session: pieces of its answer came */
	bool anew;	   /* an event began: what it tells may replace all that was told */
	bool searched;	   /* searches told from here on replace those that were told (Google) */
	bool rough;	   /* N_CHARACTERS: of a text that was not looked at as a whole */
	bool ollama;	   /* the answer says that Ollama made it, whoever's API it is */
	/* Of a list's element that is passing: its kind, its figure; 0 and -1: not told. */
	uint8_t element;
	int64_t element_count;
	struct iterations *iterations; /* of Anthropic's, owned: see iterations.h; NULL: none */
};

static inline bool fields__knows(const struct fields *f, enum number n)
{
	return f->known & NUMBER_BIT(n);
}

/* The number, or 0 where it was not told. */
int64_t fields__get(const struct fields *f, enum number n);
/* The number is n, and known; no_memory where there is none for it. */
void fields__set(struct fields *f, enum number which, int64_t n);
/* Numbers of which nobody has told: NUMBER_BIT(). */
void fields__forget(struct fields *f, uint64_t which);

static inline bool fields__told(const struct fields *f, enum text t)
{
	return f->told & 1u << t;
}

/* The text, or an empty one where it was not told; valid until one is set. */
const char *fields__text(const struct fields *f, enum text t);
/* Of a longer one than TEXT_CAP the front; an empty one is none. Not one of *f's own texts. */
void fields__set_text(struct fields *f, enum text t, struct span s);

/* *f is all zero, and is what is told in `from` but for its iterations. Returns 0 or -ENOMEM. */
int fields__copy(struct fields *f, const struct fields *from);
/* Frees what it holds: all zero again. */
void fields__free(struct fields *f);

/*
 * Takes the value if the table has its path. A stream that is one JSON array has its events as
 * elements: their paths are those of an event. true is 1 where a number is wanted.
 */
void fields__take(struct fields *f, const struct field *table, const struct json_value *v);

/* False: no value at this path is taken. */
bool fields_have(const struct field *table, struct span path);

/* Takes what the table has of headers; its paths are their names. */
void fields__take_headers(struct fields *f, const struct field *table, const struct head *h);

/*
 * True when data has one of the keys with a value that is not null, an empty one, or a number: the
 * key is followed by an object or a text. A quick look, without parsing; keys as "\"usage\"".
 */
bool event_has(struct span data, const struct span *keys, size_t count);

#endif
