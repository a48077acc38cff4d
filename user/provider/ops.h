/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * provider_ops: one API of one provider: which requests are its, which JSON fields it takes from
 * where, and what the figures mean.
 */
#ifndef WT_PROVIDER_OPS_H
#define WT_PROVIDER_OPS_H

#include "base/protobuf.h"
#include "call.h"
#include "provider/fields.h"
#include "provider/provider.h"

/* What an event of a stream is worth. */
enum event_worth {
	EVENT_IDLE, /* it says nothing: a ping, a state of waiting */
	EVENT_SKIP, /* a piece of the answer: nothing that is needed is in it, nobody looks */
	EVENT_READ,
	EVENT_LAST, /* the terminal event, nothing to be read in it */
	EVENT_READ_LAST,
	/* Messages of a WebSocket only: */
	EVENT_SOUND, /* a piece of the answer that is no text */
	EVENT_TERMS, /* it is read, and no part of a turn: what holds for the session */
	EVENT_ASIDE, /* work beside the answer, with figures of its own: see aside */
};

struct provider_ops {
	const char *provider;  /* OTel gen_ai.provider.name, where the host does not tell */
	const char *operation; /* OTel gen_ai.operation.name */
	const char *api;
	bool free; /* the provider does not charge for it: counting tokens */
	/*
	 * The answer tells of work that is asked about again and again. It is a call when its
	 * figures are final, once by its id; before, and again, it is none.
	 */
	bool polled;
	bool then_polled; /* its answer is told again to who polls it */
	/*
	 * It begins work that is polled by the id in its answer, which says neither how long it is,
	 * which is this unless the request says it, nor of which size. 0: it does not.
	 */
	int64_t begins_ms;
	bool ends_begun; /* what is polled was begun so */
	/*
	 * What is polled is charged only if it was seen that it is worked on, or that these are the
	 * results of what was: who reads it again pays nothing.
	 */
	bool awaited;
	bool lines; /* the answer is a JSON object a line, whatever its type says */
	/*
	 * Others have such a path too (an application's own /api/chat): of a host that is not
	 * known it is a call if its answer says so, or refuses what looks like a prompt.
	 */
	bool loose;
	bool unsure; /* also at its provider's: what has neither figures nor a model is none */
	/*
	 * The provider at whose hosts alone its paths are asked for: others have them for something
	 * else, or a path says too little by itself. NULL: any host's.
	 */
	const char *at;
	const char *method; /* NULL: POST */
	/* Paths of its requests, separated by blanks; see path_fits(). */
	const char *path;
	const char *model_after;      /* the model is named in the path behind this: "/models/" */
	bool model_to_end;	      /* that name has slashes, and goes on to the path's end */
	const char *id_after;	      /* what is polled is named in the path behind this */
	bool stream;		      /* its answer is a stream, whatever its framing says */
	const char *tier;	      /* where the response does not tell: "batch" */
	const struct field *request;  /* fields of the request's body; ends with path == NULL */
	const struct field *asked_by; /* fields of the request's headers; NULL: none */
	const struct field *response;
	/* Fields of a stream's events; NULL: those of response. */
	const struct field *event;
	const struct field *header; /* fields of the response's headers; NULL: none */
	/* Looks at each value of a request, beside the table; NULL: nobody. */
	void (*note_request)(struct fields *f, const struct json_value *v);
	/* Looks at each value of a response and its events, before the tables; NULL: nobody. */
	void (*note)(struct fields *f, const struct json_value *v);
	/*
	 * Of a remote procedure call (gRPC): the messages that its request and its answer are, also
	 * where the answer is one and no stream. They are told as the JSON that the tables are of.
	 * NULL: it is none.
	 */
	const struct protobuf_field *rpc_request, *rpc_response;
	/* The event that an event wraps; room: where it may be decoded; NULL: it wraps none. */
	struct span (*unwrap)(struct span data, struct buffer *room);
	/* What is in each event that says something of a tool call; none: talk.c looks for all. */
	struct span tool_sign[2];
	/* f: what was read so far. */
	enum event_worth (*judge)(const struct fields *f, struct span name, struct span data);
	/*
	 * A reason to finish ends a stream as well as its last event does: some who speak the API
	 * never send [DONE].
	 */
	bool finish_ends;
	/*
	 * Figures are final when a reason to finish was told with them or before: who has both may
	 * leave before the last event, and has the whole answer.
	 */
	bool figures_end;
	bool body_ends; /* events have no last one: the end of the body ends the stream */
	/*
	 * A WebSocket (its method is GET): each turn of it is a call, that an EVENT_*_LAST ends.
	 * Says what a message that the caller sent is worth: with an EVENT_*_LAST an answer is
	 * asked for. NULL: it is none.
	 */
	enum event_worth (*ask)(const struct fields *f, struct span message);
	uint32_t session;	 /* texts that hold for all turns: bits of enum text */
	bool remembers;		 /* what was said in earlier turns is input of this one */
	const char *model_query; /* parts of the query that name the model, separated by blanks */
	/* Whose call an EVENT_ASIDE is; its model is T_ASIDE. It is read by the same tables. */
	const struct provider_ops *aside;
	/*
	 * Tells what is billed with the call beside its own figures. Returns false where that is
	 * not all of it. NULL: nothing is.
	 */
	bool (*beside)(const struct fields *f, struct call *call);
	/* Makes disjoint classes of what was read (wire.md's traps are handled here). */
	void (*settle)(const struct fields *f, struct usage *ret_use);
};

/* True when a flat fee pays for it. x: its request's head is being told. */
bool is_subscription(const struct exchange *x);

/* Notes what plausible() needs to know of a request; v: a value of its body. */
void plausible_note(struct fields *f, const struct json_value *v);
/* Paths of which plausible_note() takes notice: of a prompt; of what the prompt refers to. */
bool plausible_prompted_at(struct span path);
bool plausible_outside_at(struct span path);
/* True when plausible_note() looks for this key, at some depth. */
bool plausible_key(struct span key);
/* False when the figures are impossible for the bytes that passed. */
bool plausible(const struct fields *f, const struct usage *u, const struct exchange *x);

/* The most tokens that a request of so many bytes can have: what a provider adds is in it. */
uint64_t plausible_input(uint64_t request_len);

/* What a gateway says that a call costs, beside what its API tells. */
#define GATEWAY_COST_HEADER "x-litellm-response-cost"

/* See provider__keeps(). */
bool provider_keeps(const struct provider_ops *ops, enum provider_part part,
		    enum provider_kept what, struct span path);

/* Provider names by host, where an API is spoken by several. NULL: unknown. */
const char *provider_by_host(struct span host);

#define PROVIDER(id) extern const struct provider_ops provider_##id;
#include "provider/provider.def"
#undef PROVIDER

#endif
