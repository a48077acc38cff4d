// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "capture/holding.h"

void holding__take(struct holding *h)
{
	struct held held;

	while (h->hold && hold__next(h->hold, &held)) {
		uint64_t token;

		ring_buffer__consume(h->events); /* its exec comes first */
		token = watch__held(h->watch, held.pid, held.fd, held.exec);
		close(held.fd);
		if (!token)
			hold__done(h->hold, held.ticket);
		h->held[held.ticket % HELD_MAX].ticket = held.ticket;
		h->held[held.ticket % HELD_MAX].token = token;
	}
}

void holding__release(struct holding *h)
{
	for (uint32_t i = 0; h->hold && i < HELD_MAX; i++) {
		if (!h->held[i].token || !watch__read(h->watch, h->held[i].token))
			continue;
		hold__done(h->hold, h->held[i].ticket);
		h->held[i].token = 0;
	}
}

void holding__file(struct holding *h, const struct lib *lib)
{
	if (h->hold)
		hold__file(h->hold, lib->fd, lib->executable);
}

void holding__root(struct holding *h, pid_t pid)
{
	char root[32];

	snprintf(root, sizeof(root), "/proc/%d/root", pid);
	if (h->hold)
		hold__root(h->hold, root);
}
