/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hop: one leg of a call's way. A client that asks a local proxy, which asks a provider, makes two
 * legs: both are seen, one is charged.
 *
 *   curl ──server──► litellm ──gateway──► api.openai.com
 *        passed_through        charged, and curl is the owner
 */
#ifndef WT_HOP_H
#define WT_HOP_H

#include "call.h"

enum hop_role {
	HOP_CLIENT = 0, /* the process made the call for itself */
	HOP_SERVER,	/* the process answered it */
	HOP_GATEWAY,	/* the process made it for somebody who had called it */
};

enum charge_role {
	CHARGE_ROLE_CHARGED = 0,
	CHARGE_ROLE_PASSED_THROUGH, /* the leg that goes on with it is charged */
	CHARGE_ROLE_UNKNOWN,	    /* a proxy's answer, and where it came from was not seen */
};

struct hop {
	uint8_t role;	       /* enum hop_role */
	uint8_t charge;	       /* enum charge_role */
	struct proc_id caller; /* who asked first, as far as seen; tgid 0: not known */
	struct proc_id via;    /* HOP_SERVER, HOP_GATEWAY: the process it was seen at */
	const struct tags
		*asked; /* HOP_GATEWAY: what the caller told it; NULL: nothing; borrowed */
	bool ends_known;
	struct sock_ends ends; /* of the leg, or of HOP_GATEWAY's caller: seen from via */
};

/* 127.0.0.0/8, ::1: the other end is of this host, and of the same network namespace. */
static inline bool sock_ends__is_loopback(const struct sock_ends *e)
{
	const uint8_t *peer = (const uint8_t *)e->peer;
	static const uint8_t one[16] = { [15] = 1 }, mapped[12] = { [10] = 0xff, 0xff };

	return !memcmp(peer, one, 16) || (!memcmp(peer, mapped, 12) && peer[12] == 127);
}

typedef void (*hop_emit_fn)(void *ctx, const struct call *c, const struct hop *hop);

#endif
