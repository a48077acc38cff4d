// SPDX-License-Identifier: BSD-2-Clause
/*
 * A Go function can't have a return probe: that puts an address of its own on the stack, and the
 * stack moves while the function runs. Each of its return instructions is hooked instead.
 */
#include <errno.h>

#include "capture/go_plan.h"
#include "capture/gopclntab.h"
#include "capture/returns.h"
#include "capture/tls_lib.h"

struct planning {
	struct probe_plan plan;
	uint32_t func; /* enum tls_func of the returns that are found now */
	uint32_t count;
};

static int on_return(void *ctx, uint64_t offset)
{
	struct planning *p = ctx;

	p->count++;
	return plan__add(&p->plan, offset, p->func);
}

static int plan_func(struct planning *p, const struct image *img, const struct go_func *f,
		     const struct go_hook *h)
{
	uint64_t offset = image__code_offset(img, f->start);
	int err;

	if (!f->start)
		return h->needed ? -ESRCH : 0;
	if (!offset)
		return -EBADMSG;
	if (h->leave) {
		p->func = h->leave;
		p->count = 0;
		err = returns_find(img, f->start, f->end, on_return, p);
		if (err || !p->count)
			return err ? err : -EBADMSG;
	}
	return plan__add(&p->plan, offset, h->enter);
}

int go_plan(const struct image *img, const char *prefix, const struct go_hook *hooked, size_t count,
	    struct probe_plan *ret_plan)
{
	struct planning p = { .plan.count = 0 };
	struct go_func funcs[GO_HOOKS_MAX];
	struct gopclntab table;
	bool any = false;
	int err = gopclntab__open(&table, img);

	for (size_t i = 0; i < count; i++)
		funcs[i] = (struct go_func){ .name = hooked[i].name };
	if (!err)
		err = gopclntab__find(&table, prefix, funcs, count);
	for (size_t i = 0; i < count; i++)
		any |= funcs[i].start != 0;
	if (!err && !any)
		err = -ENOENT;
	for (size_t i = 0; !err && i < count; i++)
		err = plan_func(&p, img, &funcs[i], &hooked[i]);
	if (!err)
		*ret_plan = p.plan;
	return err;
}
