/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packets: servers whose calls can't be hooked, or not all of them, and that are read by their
 * packets (bpf/packet.bpf.c). Those programs see every packet of the host: they are attached when
 * there is such a server, and stay.
 */
#ifndef WT_CAPTURE_PACKETS_H
#define WT_CAPTURE_PACKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct wiretally_bpf;

struct packets {
	struct wiretally_bpf *bpf; /* loaded; borrowed */
};

/* Before bpf is loaded. has: the kernel takes such programs. */
void packets_prepare(struct wiretally_bpf *bpf, bool has);
/*
 * The process may move bytes where no function of a library is passed: it has an io_uring. Many
 * have one for files alone (libuv).
 */
bool packets_likely(pid_t pid);
/*
 * Who listens on that port is read so from now on; ask: it is only found out whether it is called.
 * False: it can't be.
 */
bool packets__serve(struct packets *p, uint16_t port, pid_t pid, uint64_t start_ns, bool ask);
/* Whether it was called since it is asked for. */
bool packets__called(const struct packets *p, uint16_t port);
void packets__end(struct packets *p, uint16_t port);

#endif
