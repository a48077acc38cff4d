// SPDX-License-Identifier: BSD-2-Clause
#include "audit/sibling.h"
#include "base/glob.h"

static const struct {
	const char *provider, *model, *small;
} siblings[] = {
#define SIBLING(provider, model, small) { provider, model, small },
#include "audit/siblings.def"
#undef SIBLING
};

const char *sibling_of(const char *provider, const char *model)
{
	for (size_t i = 0; i < sizeof(siblings) / sizeof(siblings[0]); i++)
		if (glob_fits(span_str(provider), span_str(siblings[i].provider)) &&
		    glob_fits(span_str(model), span_str(siblings[i].model)))
			return siblings[i].small;
	return "";
}

int64_t sibling_cost(const struct ledger_detail *d, const struct audit_prices *p)
{
	int64_t read = p->cache_read >= 0 ? p->cache_read : p->input;
	int64_t write = p->cache_write >= 0 ? p->cache_write : p->input;

	return tokens_nano(d->input > 0 ? d->input : 0, p->input) +
	       tokens_nano(d->cache_read > 0 ? d->cache_read : 0, read) +
	       tokens_nano(d->cache_write > 0 ? d->cache_write : 0, write) +
	       tokens_nano(d->output > 0 ? d->output : 0, p->output);
}

bool sibling__price(struct leak *l, const struct ledger_detail *d, const char **ret_model,
		    int64_t *ret_nano)
{
	const char *small = sibling_of(d->provider, d->model);
	struct audit_prices p;
	int64_t nano;

	if (!*small || detail__input(d) < 0 || d->output < 0 ||
	    !leak__prices(l, d->provider, small, &p) || p.input < 0 || p.output < 0)
		return false;
	nano = sibling_cost(d, &p);
	if (nano >= detail__paid(d))
		return false;
	*ret_model = small;
	*ret_nano = nano;
	return true;
}
