// SPDX-License-Identifier: BSD-2-Clause
/* What became of a claimed exchange: its outcome, its figures, the call that it was. */
#include <stdio.h>

#include "provider/claim.h"
#include "provider/path.h"

/* A stream is whole with its last event, whatever HTTP says about its end. */
static bool stream_ended(const struct claim *c, const struct exchange *x)
{
	return c->terminal || ((c->ops->body_ends ||
				(c->ops->finish_ends && fields__told(&c->fields, T_FINISH))) &&
			       (x->flags & EXCHANGE_RESPONSE_DONE));
}

/*
 * The answer was whole, and its figures were told, though not its stream's last event. Clients
 * leave then (LiteLLM does, at Anthropic's), and nothing is lost of it.
 *
 *   data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":200}}
 */
static bool answer_ended(const struct claim *c, const struct usage *use)
{
	return c->ops->figures_end && fields__told(&c->fields, T_FINISH) &&
	       usage__knows(use, USAGE_OUTPUT) && !use->estimated;
}

/*
 * The end was not seen. It broke off if all that passed was; else the end may be in what is
 * missing, or it came where nobody looked: also a connection whose answer was whole ends.
 */
static enum call_result result_of_open(const struct exchange *x)
{
	return x->flags & (EXCHANGE_DAMAGED | EXCHANGE_UNWATCHED) ? CALL_UNKNOWN : CALL_ABORTED;
}

/*
 * HTTP tells no end of a body that the connection's end closes, and this one ended within an
 * object.
 *
 *   {"id":"chatcmpl-1","choices":[{"message":{"content":"Hel
 */
static bool is_cut_json(const struct claim *c)
{
	return c->scan && json_scan__open(c->scan);
}

/*
 * An error told within a response of status 200. Instead of an answer, the call failed and costs
 * nothing; behind some of it, the answer broke off, and what there was of it is paid for.
 *
 *   event: error
 *   data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}
 */
static enum call_result result_of_stream(const struct claim *c, const struct exchange *x,
					 const struct usage *use)
{
	const struct fields *f = &c->fields;
	bool error = fields__told(f, T_ERROR);
	/* A chat tells finish_reason and usage at its end only; others tell them before it. */
	bool answered =
		c->output || (c->ops->finish_ends && (fields__told(f, T_FINISH) || use->known));

	if (error && !answered)
		return CALL_ERROR;
	if (error && !use->known)
		return CALL_ABORTED;
	return stream_ended(c, x) || answer_ended(c, use) ? CALL_OK : result_of_open(x);
}

static enum call_result result_of(const struct claim *c, const struct exchange *x,
				  const struct usage *use)
{
	uint16_t status = x->response.status;

	/* What failed behind a part of its answer (gRPC) is paid for as far as it came. */
	if (status >= 400 && c->ops->rpc_request && (c->output || use->known))
		return CALL_ABORTED;
	if (status >= 500)
		return CALL_ERROR;
	if (status >= 400)
		return CALL_REFUSED;
	if (x->flags & EXCHANGE_STREAMED)
		return result_of_stream(c, x, use);
	if (!(x->flags & EXCHANGE_RESPONSE_DONE) || is_cut_json(c))
		return result_of_open(x);
	return fields__told(&c->fields, T_ERROR) && !use->known ? CALL_ERROR : CALL_OK;
}

static enum usage_source source_of(const struct claim *c, const struct exchange *x,
				   const struct usage *use)
{
	const uint32_t counted = 1u << USAGE_IMAGES | 1u << USAGE_CHARACTERS |
				 (c->ops->ends_begun ? 1u << USAGE_VIDEO_MS : 0);

	if (!use->known)
		return USAGE_NONE;
	if (use->estimated)
		return USAGE_ESTIMATED;
	if (!(use->known & ~counted))
		return USAGE_COUNTED;
	return c->unread || plausible(&c->fields, use, x) ? USAGE_REPORTED : USAGE_IMPLAUSIBLE;
}

/*
 * The work goes on: what is told is no final state of it. What waits for the caller's tools is over
 * for Google, which tells its figures, and goes on for OpenAI's assistants.
 */
static bool is_working(const struct fields *f, const struct usage *use)
{
	static const char *const states[] = { "queued",	    "in_progress", "requires_action",
					      "cancelling", "validating",  "finalizing",
					      "starting",   "processing" };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (!strcmp(fields__text(f, T_FINISH), states[i]))
			return strcmp(states[i], "requires_action") || !use->known;
	return false;
}

/*
 * Whether this answer is the call, of work that is asked about again and again: its figures are
 * final, and were not told before.
 *
 *   {"id":"resp_1","background":true,"status":"in_progress","usage":null}
 *   {"id":"resp_1","background":true,"status":"completed","usage":{"input_tokens":15,...}}
 */
static bool is_first_final(struct provider *p, const struct claim *c, const struct exchange *x,
			   const struct usage *use)
{
	const struct fields *f = &c->fields;

	if (c->ops->awaited && !billed__begun(&p->billed, span_str(fields__text(f, T_ID))))
		return false;
	if (!use->known || !fields__told(f, T_ID) || is_working(f, use) ||
	    !billed__add(&p->billed, x, span_str(fields__text(f, T_ID))))
		return false;
	/* What a batch tells with itself is in the file of its results, too. */
	return !fields__told(f, T_FILE) ||
	       billed__add(&p->billed, x, span_str(fields__text(f, T_FILE)));
}

/*
 * Azure refuses what its filter finds, and what takes too long, after it has worked on the prompt,
 * and its page on costs says that the prompt may be charged: a 400 with code content_filter, a 408.
 */
static bool is_likely_billed(const struct claim *c, const struct exchange *x)
{
	uint16_t status = x->response.status;

	return span__starts(span_str(c->provider), SPAN("azure.ai")) &&
	       (status == 408 ||
		(status == 400 && !strcmp(fields__text(&c->fields, T_CODE), "content_filter")));
}

/* What of the usage is charged, where that is told apart from what was used. */
static void billed_of(const struct fields *f, const struct usage *use, struct usage *ret_billed)
{
	*ret_billed = (struct usage){ .reasoning = -1 };
	if (!fields__knows(f, N_INPUT) || !fields__knows(f, N_BILLED_IN))
		return;
	*ret_billed = *use;
	usage__set(ret_billed, USAGE_INPUT, fields__get(f, N_BILLED_IN));
	ret_billed->known &= ~(1u << USAGE_CACHE_READ);
	if (fields__knows(f, N_BILLED_OUT))
		usage__set(ret_billed, USAGE_OUTPUT, fields__get(f, N_BILLED_OUT));
}

/*
 * What the provider says it charges. It stands only of providers we know by name: anybody can say
 * it.
 *
 *   "usage":{"prompt_tokens":8512,...,"cost":0.0012816,"is_byok":false}
 *   "usage":{"prompt_tokens":468,...,"cost_in_usd_ticks":2488500}
 */
static bool told_cost(const struct fields *f, int64_t *ret_nano)
{
	/* Azure tells ticks too, always 0. */
	if (fields__get(f, N_COST_TICKS) > 0 &&
	    fields__get(f, N_COST_TICKS) / 10 < FIELD_MONEY_MAX) {
		*ret_nano = (fields__get(f, N_COST_TICKS) + 5) / 10;
		return true;
	}
	if (!fields__knows(f, N_COST))
		return false;
	*ret_nano = fields__get(f, N_COST);
	if (fields__get(f, N_OWN_KEY))
		*ret_nano += fields__get(f, N_COST_UPSTREAM);
	return true;
}

/* What somebody else says that it costs: a gateway, or a host that is not known. */
static bool claimed_cost(const struct claim *c, int64_t *ret_nano)
{
	if (fields__get(&c->fields, N_COST_GATEWAY) > 0) {
		*ret_nano = fields__get(&c->fields, N_COST_GATEWAY);
		return true;
	}
	return !c->known_host && told_cost(&c->fields, ret_nano);
}

/* It has begun, and its end is missing. */
static bool is_cut(const struct call *c)
{
	return c->result == CALL_ABORTED || c->result == CALL_UNKNOWN;
}

/* A call that was answered, at least in part, by tokens that nobody told the number of. */
static bool is_to_be_estimated(const struct claim *c, const struct call *call)
{
	const char *const kinds[] = { "chat", "text_completion", "generate_content" };
	bool answers = false;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		answers |= !strcmp(call->operation, kinds[i]);
	return answers && !c->sound && !call->free && !call->cost_told && !c->ops->polled &&
	       (call->x->flags & EXCHANGE_STREAMED) && (call->result == CALL_OK || is_cut(call)) &&
	       (!usage__knows(&call->use, USAGE_INPUT) || !usage__knows(&call->use, USAGE_OUTPUT));
}

static void copy_text(char *dst, size_t cap, const char *src)
{
	span__copy(span_str(src), dst, cap);
}

/* Of a host that we don't know, without figures: whether it is a call all the same. */
static bool looks_like_call(const struct claim *c, const struct exchange *x)
{
	const struct fields *f = &c->fields;
	bool asked = fields__told(f, T_REQUEST_MODEL);

	if (fields__told(f, T_MODEL))
		return true;
	return c->ops->loose ? asked && f->prompted && x->response.status >= 400 : asked;
}

static const char *tier_of(const struct claim *c)
{
	const struct fields *f = &c->fields;

	/* Anthropic's "usage":{"service_tier":"standard","speed":"fast"} */
	if (!strcmp(fields__text(f, T_SPEED), "fast"))
		return fields__text(f, T_SPEED);
	return fields__told(f, T_TIER) || !c->ops->tier ? fields__text(f, T_TIER) : c->ops->tier;
}

/* As the answer says it ("inference_geo":"us"), or the host: us.api.openai.com. */
static void region_of(const struct claim *c, const struct exchange *x, char *dst, size_t cap)
{
	static const char *const none[] = { "global", "not_available" };
	const char *told = fields__text(&c->fields, T_REGION);
	struct span rest = x->request.host, front = span__cut(&rest, '.');

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (!strcmp(told, none[i]))
			return;
	if (told[0])
		copy_text(dst, cap, told);
	else if (span__eq_nocase(rest, SPAN("api.openai.com")))
		span__copy(front, dst, cap);
}

/*
 * Pictures that are sold by the piece, and videos, are sold by quality and size: "hd/1024x1792".
 * What is not asked for, or is what one gets without asking, is no variant.
 */
static void variant_of(const struct fields *f, const struct usage *use, char *dst, size_t cap)
{
	static const char *const plain[] = { "",	 "auto",     "standard", "1024x1024",
					     "1280x720", "720x1280", "720p" };
	const char *quality = fields__text(f, T_QUALITY), *size = fields__text(f, T_SIZE);
	bool is_plain[2] = { false, false };

	if (!usage__knows(use, USAGE_IMAGES) && !usage__knows(use, USAGE_VIDEO_MS))
		return;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		is_plain[0] |= !strcmp(quality, plain[i]);
		is_plain[1] |= !strcmp(size, plain[i]);
	}
	if (is_plain[0] && is_plain[1])
		return;
	snprintf(dst, cap, "%.20s%s%.20s", is_plain[0] ? "" : quality,
		 is_plain[0] || is_plain[1] ? "" : "/", is_plain[1] ? "" : size);
}

/* Tokens of what the request holds beside text; -1: not known. */
static int64_t beyond_text(const struct claim *c, const struct call *call)
{
	return c->media || c->fields.elsewhere ? -1 : pictures__tokens(c->pictures, call);
}

static void link_retry(const struct provider *p, const struct claim *c, uint64_t asked,
		       struct call *call)
{
	const struct call_key *before = recent__failed(&p->recent, call->x, asked);

	call->retry = c->retry;
	call->asked_before = before != NULL;
	if (before)
		call->retry_of = *before;
}

/* What was not read as a whole is like nothing. */
static void likeness_of(const struct provider *p, const struct claim *c,
			struct likeness *ret_likeness)
{
	bool whole = !c->unread && !c->is_form && !c->ops->ask && c->liken.front;

	liken__end(&c->liken, whole ? p->tagging.key : NULL, ret_likeness);
	if (fields__knows(&c->fields, N_MAX_TOKENS) &&
	    fields__get(&c->fields, N_MAX_TOKENS) <= LIKENESS_SHORT_TOKENS)
		ret_likeness->traits |= LIKENESS_SHORT;
}

/* What is asked for later, and told as a call then. */
static void await(struct provider *p, const struct claim *c, const struct exchange *x,
		  const struct usage *use)
{
	const struct fields *f = &c->fields;

	if (use->known)
		return;
	if (fields__told(f, T_FILE))
		billed__begin(&p->billed, x, span_str(fields__text(f, T_FILE)), NULL);
	if (c->ops->then_polled && is_working(f, use) && fields__told(f, T_ID))
		billed__begin(&p->billed, x, span_str(fields__text(f, T_ID)), NULL);
}

/* Programs of several answers may run in one container, whose fee is due once. */
static void once_a_container(struct provider *p, const struct fields *f, const struct exchange *x,
			     struct usage *use)
{
	if (usage__knows(use, USAGE_CONTAINERS) && fields__told(f, T_CONTAINER) &&
	    !billed__add(&p->billed, x, span_str(fields__text(f, T_CONTAINER))))
		use->known &= ~(1u << USAGE_CONTAINERS);
}

/* Who answers at a host that is not known may say it. */
static const char *provider_told(const struct claim *c)
{
	return c->fields.ollama && !c->known_host && !c->gateway ? "ollama" : c->provider;
}

static void tell(struct provider *p, const struct claim *c, const struct exchange *x)
{
	const struct fields *f = &c->fields;
	struct conversation conversation;
	uint64_t asked;
	struct call call = {
		.x = x,
		.provider = provider_told(c),
		.operation = c->ops->operation,
		.api = c->ops->api,
		.tags = &c->tags,
		.max_tokens = fields__knows(f, N_MAX_TOKENS) ? fields__get(f, N_MAX_TOKENS) : -1,
		.conversation = c->talk && talk__conversation(c->talk, &conversation)
					? &conversation
					: NULL,
		.stream = c->ops->stream || f->stream ||
			  ((x->flags & EXCHANGE_STREAMED) && !c->ops->rpc_request),
	};

	c->ops->settle(f, &call.use);
	await(p, c, x, &call.use);
	once_a_container(p, f, x, &call.use);
	if ((!c->known_host || c->ops->unsure) && !call.use.known && !looks_like_call(c, x))
		return;
	call.result = (uint8_t)result_of(c, x, &call.use);
	if (c->ops->polled && (is_cut(&call) || !is_first_final(p, c, x, &call.use)))
		return;
	/* Worked on in the background, and finished while its request still streamed. */
	if (c->ops->then_polled || (!c->ops->polled && fields__knows(f, N_BACKGROUND)))
		is_first_final(p, c, x, &call.use);
	copy_text(call.requested_model, sizeof(call.requested_model),
		  fields__text(f, T_REQUEST_MODEL));
	copy_text(call.served_model, sizeof(call.served_model), fields__text(f, T_MODEL));
	path_shown(x->request.path, call.path, sizeof(call.path));
	copy_text(call.response_id, sizeof(call.response_id), fields__text(f, T_ID));
	copy_text(call.tier, sizeof(call.tier), tier_of(c));
	region_of(c, x, call.region, sizeof(call.region));
	variant_of(f, &call.use, call.variant, sizeof(call.variant));
	copy_text(call.finish_reason, sizeof(call.finish_reason), fields__text(f, T_FINISH));
	call.usage_source = (uint8_t)source_of(c, x, &call.use);
	call.complete = !(x->flags & EXCHANGE_DAMAGED) && (x->flags & EXCHANGE_REQUEST_DONE) &&
			!is_cut(&call) && !is_working(f, &call.use) && !f->no_memory;
	if (c->ops->beside)
		call.complete &= c->ops->beside(f, &call);
	call.free = c->ops->free;
	call.subscription = c->subscription;
	call.gateway = c->gateway;
	call.prompt = c->prompt;
	copy_text(call.system_prompt, sizeof(call.system_prompt), c->system_prompt.hash);
	likeness_of(p, c, &call.likeness);
	call.cost_told = c->known_host && told_cost(f, &call.told_cost_nano);
	call.cost_claimed = !call.cost_told && claimed_cost(c, &call.claimed_cost_nano);
	call.prefill_ns = (uint64_t)fields__get(f, N_PREFILL_NS);
	call.decode_ns = (uint64_t)fields__get(f, N_DECODE_NS);
	call.load_ns = (uint64_t)fields__get(f, N_LOAD_NS);
	billed_of(f, &call.use, &call.billed);
	call.likely_billed = is_likely_billed(c, x);
	if (call.likely_billed || is_to_be_estimated(c, &call))
		estimate__fill(&p->estimate, &call, &c->text, beyond_text(c, &call));
	else if (!c->sound && !call.beside_count)
		estimate__learn(&p->estimate, &call, &c->text, beyond_text(c, &call));
	sizes__told(&p->sizes, &call);
	asked = asked__end(&c->asked, x->request_len);
	link_retry(p, c, asked, &call);
	p->emit(p->ctx, &call);
	recent__add(&p->recent, &call, asked);
}

/* True: it is told when the work that it began is done. */
static bool begins(struct provider *p, const struct claim *c, const struct exchange *x)
{
	const struct fields *f = &c->fields;
	struct billed_work work = { .ms = fields__knows(f, N_VIDEO_MS) ? fields__get(f, N_VIDEO_MS)
								       : c->ops->begins_ms };

	if (!c->ops->begins_ms || !fields__told(f, T_ID))
		return false;
	copy_text(work.size, sizeof(work.size), fields__text(f, T_SIZE));
	copy_text(work.quality, sizeof(work.quality), fields__text(f, T_QUALITY));
	billed__begin(&p->billed, x, span_str(fields__text(f, T_ID)), &work);
	return true;
}

/* The request that began it says what it is of. */
static void recall(struct provider *p, struct claim *c)
{
	struct fields *f = &c->fields;
	const struct billed_work *work = billed__begun(&p->billed, span_str(fields__text(f, T_ID)));

	if (!work || !work->ms)
		return;
	fields__set(f, N_VIDEO_MS, work->ms);
	fields__set_text(f, T_SIZE, span_str(work->size));
	fields__set_text(f, T_QUALITY, span_str(work->quality));
}

void claim__tell(struct provider *p, struct claim *c, const struct exchange *x)
{
	/* Which figure is missing is not known: so none is. */
	if (c->fields.no_memory) {
		drops__add(p->drops, DROP_NO_MEMORY, 1);
		fields__forget(&c->fields, UINT64_MAX);
	}
	if (begins(p, c, x))
		return;
	if (c->ops->ends_begun)
		recall(p, c);
	tell(p, c, x);
}
