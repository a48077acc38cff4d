// SPDX-License-Identifier: BSD-2-Clause
/* What others may ask this stage about an exchange, and about a host. */
#include "provider/claim.h"
#include "provider/target.h"

bool provider_knows_host(struct span host)
{
	return provider_by_host(host) != NULL;
}

bool provider__keeps(const struct exchange *x, enum provider_part part, enum provider_kept what,
		     struct span path)
{
	const struct claim *c = x->claim;

	return c && provider_keeps(c->ops, part, what, path);
}

const struct tags *provider__tags(const struct exchange *x)
{
	const struct claim *c = x->claim;

	return c && c->tags.n ? &c->tags : NULL;
}

uint64_t provider__prompt(const struct exchange *x)
{
	const struct claim *c = x->claim;

	return c ? c->prompt : 0;
}

bool provider__asked(const struct exchange *x, struct call *ret_call)
{
	const struct claim *c = x->claim;
	const struct fields *f;

	/* A session asks in its turns. */
	if (!c || !c->ops || c->ops->ask || !c->whole || c->bad_json || c->table != c->ops->request)
		return false;
	f = &c->fields;
	*ret_call = (struct call){
		.x = x,
		.provider = c->provider,
		.operation = c->ops->operation,
		.api = c->ops->api,
		.tags = &c->tags,
		.max_tokens = fields__knows(f, N_MAX_TOKENS) ? fields__get(f, N_MAX_TOKENS) : -1,
		.use = { .reasoning = -1 },
		.free = c->ops->free,
		.subscription = c->subscription,
	};
	span__copy(span_str(fields__text(f, T_REQUEST_MODEL)), ret_call->requested_model,
		   sizeof(ret_call->requested_model));
	return true;
}

bool provider__conversation(const struct exchange *x, struct conversation *ret_c)
{
	const struct claim *c = x->claim;

	if (!c || !c->talk || !c->whole || c->bad_json || c->table != c->ops->request)
		return false;
	talk__request_end(c->talk);
	return talk__conversation(c->talk, ret_c);
}

uint32_t provider__quotes(const struct exchange *x, const uint32_t **ret_hash)
{
	const struct claim *c = x->claim;

	/* Behind its answer's head a request is not read. */
	return c && c->talk && (c->whole || x->response.status) ? talk__quotes(c->talk, ret_hash)
								: 0;
}

void provider__quoted(const struct exchange *x, const struct conversation_quote *q, uint32_t count)
{
	const struct claim *c = x->claim;

	if (c && c->talk)
		talk__quoted(c->talk, q, count);
}

bool provider_asks(const struct exchange *x)
{
	static const char paths[] = "*/v1/models */api/tags */api/version */api/ps */api/show "
				    "*/props */slots */get_model_info */model/info";

	return x->response.status == 200 && target_fits(x->request.path, paths);
}
