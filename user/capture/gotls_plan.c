// SPDX-License-Identifier: BSD-2-Clause
/*
 * Go's crypto/tls, which Go programs carry within them, stripped or not.
 *
 * A Go function can't have a return probe: that puts an address of its own on the stack, and the
 * stack moves while the function runs. Each of its return instructions is hooked instead.
 */
#include <errno.h>

#include "capture/gopclntab.h"
#include "capture/returns.h"
#include "capture/tls_lib.h"

#define PREFIX "crypto/tls.(*Conn)."

struct go_hook {
	const char *name;
	uint32_t enter, leave; /* enum tls_func; 0: its returns are not hooked */
	bool needed;	       /* without it there is no telling who sent what */
};

/*
 * Probes are set in this order, one after the other, while the program runs. Write is the last, and
 * of a function its returns come before its entry: of a request that is seen, the answer is too.
 */
static const struct go_hook hooked[] = {
	{ .name = "Read", .enter = TLS_GO_READ, .leave = TLS_GO_READ_RET, .needed = true },
	{ .name = "Close", .enter = TLS_GO_CLOSE, .needed = true },
	/* A program that only calls has no server's, and the other way round. */
	{ .name = "clientHandshake", .enter = TLS_GO_HANDSHAKE },
	{ .name = "serverHandshake", .enter = TLS_GO_HANDSHAKE },
	{ .name = "Write", .enter = TLS_GO_WRITE, .leave = TLS_GO_WRITE_RET, .needed = true },
};

#define HOOKED (sizeof(hooked) / sizeof(hooked[0]))

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

static int gotls_plan(const struct image *img, struct probe_plan *ret_plan)
{
	struct planning p = { .plan.count = 0 };
	struct go_func funcs[HOOKED];
	struct gopclntab table;
	bool any = false;
	int err = gopclntab__open(&table, img);

	for (size_t i = 0; i < HOOKED; i++)
		funcs[i] = (struct go_func){ .name = hooked[i].name };
	if (!err)
		err = gopclntab__find(&table, PREFIX, funcs, HOOKED);
	for (size_t i = 0; i < HOOKED; i++)
		any |= funcs[i].start != 0;
	if (!err && !any)
		err = -ENOENT; /* a Go program that speaks no TLS */
	for (size_t i = 0; !err && i < HOOKED; i++)
		err = plan_func(&p, img, &funcs[i], &hooked[i]);
	if (!err)
		*ret_plan = p.plan;
	return err;
}

const struct tls_lib gotls_lib = { .name = "go", .plan = gotls_plan };
