/* SPDX-License-Identifier: BSD-2-Clause */
/* provider: exchange events in, calls out. Which provider and what its fields mean: provider.def.
 */
#ifndef WT_PROVIDER_PROVIDER_H
#define WT_PROVIDER_PROVIDER_H

#include "base/drops.h"
#include "call.h"
#include "sizes.h"
#include "upload.h"

struct provider;

/* emit gets each call at its exchange's END. drops is borrowed. NULL: no memory. */
struct provider *provider__new(call_emit_fn emit, void *ctx, struct drops *drops);
/* What applications upload of their calls is told too; before anything is fed. */
void provider__on_upload(struct provider *p, upload_emit_fn emit, void *ctx);
void provider__free(struct provider *p); /* NULL is fine */
/* What of requests says whose they are; its texts and keys are borrowed. Without: no fingerprints.
 */
struct tagging;
void provider__tag(struct provider *p, const struct tagging *t);
/* What the exchange's request says of its owner, so far; NULL: nothing, or it is no call's. */
const struct tags *provider__tags(const struct exchange *x);
/* Events of one exchange in order (exchange.h). Returns true when it is an LLM call's. */
bool provider__feed(struct provider *p, const struct exchange_event *ev);

/* True for a host that is known to answer LLM calls, whatever it is asked. */
bool provider_knows_host(struct span host);
/* An exchange with a provider of which only the sizes are known: told as a call, or learnt from. */
void provider__sizes(struct provider *p, const struct sizes *s);
/* struct call's prompt, as far as the request has been read. x: one whose events are a call's. */
uint64_t provider__prompt(const struct exchange *x);

/*
 * What is known of a call when its request has passed, with no answer yet: who is asked for which
 * model, how long the answer may be. Its provider is NULL where its answer alone may show that it
 * is one. False: it is none, or its request has not passed whole, or is
 * no JSON. Borrowed until the exchange's next event.
 */
bool provider__asked(const struct exchange *x, struct call *ret_call);

/* What its request says of its conversation, when it has passed. False: it is of none, or was no
 * JSON.
 */
bool provider__conversation(const struct exchange *x, struct conversation *ret_c);

/*
 * Runs of words of what the request says to the model, when it has passed, else 0; and which
 * answers have them: those are told with the call (struct conversation's quoted). x: one whose
 * events are a call's.
 */
uint32_t provider__quotes(const struct exchange *x, const uint32_t **ret_hash);
void provider__quoted(const struct exchange *x, const struct conversation_quote *q, uint32_t count);

/* True for what only servers of models are asked beside calls: what they have, and can do. */
bool provider_asks(const struct exchange *x);

enum provider_part { PROVIDER_REQUEST = 0, PROVIDER_RESPONSE, PROVIDER_EVENT };
enum provider_kept { PROVIDER_KEY = 1, PROVIDER_TEXT, PROVIDER_NUMBER };

/*
 * True when what is at this path of a body (json.h; for a key the path ends with it) is no more
 * than this stage needs or an API's own word, so that it may be stored. x: one for which
 * provider__feed() returned true, and not over.
 */
bool provider__keeps(const struct exchange *x, enum provider_part part, enum provider_kept what,
		     struct span path);
/*
 * What an event of a call, or a piece of its request, wraps; or it itself. x: as for
 * provider__keeps(). Borrowed until the next event is fed or unwrapped.
 */
struct span provider__unwrap(struct provider *p, const struct exchange *x, enum provider_part part,
			     struct span data);

#endif
