// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "capture/cutting.h"
#include "capture/sockets.h"
#include "shared.h"
#include "wiretally.skel.h"

#ifndef SOCK_DESTROY
#define SOCK_DESTROY 21
#endif

/* A connection that is acknowledged all the time is uploading: it may end. */
#define WRITTEN_TRIES 16

void cutting__init(struct cutting *c, const struct wiretally_bpf *bpf)
{
	memset(c, 0, sizeof(*c));
	if (bpf_program__fd(bpf->progs.flow_sent) < 0)
		return;
	c->cuts_fd = bpf_map__fd(bpf->maps.cuts);
	c->gates_fd = bpf_map__fd(bpf->maps.gates);
	c->flows_fd = bpf_map__fd(bpf->maps.flows);
	c->names_fd = bpf_map__fd(bpf->maps.flow_names);
	c->count = &bpf->bss->cuts_count;
}

bool cutting__supported(const struct cutting *c)
{
	return c->count != NULL;
}

static struct proc_key key_of(const struct member *m)
{
	return (struct proc_key){ .start_ns = m->start_ns, .tgid = (uint32_t)m->pid };
}

int cutting__set(struct cutting *c, const struct member *m, uint8_t mode)
{
	struct proc_key key = key_of(m);
	uint8_t was = CUT_NOT;

	if (!c->count)
		return -EOPNOTSUPP;
	bpf_map_lookup_elem(c->cuts_fd, &key, &was);
	if (mode && bpf_map_update_elem(c->cuts_fd, &key, &mode, BPF_ANY))
		return -errno;
	if (!mode && was)
		bpf_map_delete_elem(c->cuts_fd, &key);
	if (mode && !was)
		__atomic_add_fetch(c->count, 1, __ATOMIC_SEQ_CST);
	else if (!mode && was)
		__atomic_sub_fetch(c->count, 1, __ATOMIC_SEQ_CST);
	return 0;
}

/* A socket as sock_diag(7) names it. The cookie makes it this one and no later one. */
static bool identify(int fd, struct inet_diag_req_v2 *ret_q)
{
	struct sockaddr_storage local = { 0 }, peer = { 0 };
	socklen_t local_len = sizeof(local), peer_len = sizeof(peer), cookie_len = 8;
	uint64_t cookie;

	memset(ret_q, 0, sizeof(*ret_q));
	if (getsockname(fd, (struct sockaddr *)&local, &local_len) ||
	    getpeername(fd, (struct sockaddr *)&peer, &peer_len) ||
	    getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &cookie_len))
		return false;
	ret_q->sdiag_family = (uint8_t)local.ss_family;
	ret_q->sdiag_protocol = IPPROTO_TCP;
	ret_q->idiag_states = ~0u;
	if (local.ss_family == AF_INET) {
		const struct sockaddr_in *l = (const void *)&local, *p = (const void *)&peer;

		ret_q->id.idiag_sport = l->sin_port;
		ret_q->id.idiag_dport = p->sin_port;
		memcpy(ret_q->id.idiag_src, &l->sin_addr, sizeof(l->sin_addr));
		memcpy(ret_q->id.idiag_dst, &p->sin_addr, sizeof(p->sin_addr));
	} else if (local.ss_family == AF_INET6) {
		const struct sockaddr_in6 *l = (const void *)&local, *p = (const void *)&peer;

		ret_q->id.idiag_sport = l->sin6_port;
		ret_q->id.idiag_dport = p->sin6_port;
		memcpy(ret_q->id.idiag_src, &l->sin6_addr, sizeof(l->sin6_addr));
		memcpy(ret_q->id.idiag_dst, &p->sin6_addr, sizeof(p->sin6_addr));
	} else {
		return false;
	}
	ret_q->id.idiag_cookie[0] = (uint32_t)cookie;
	ret_q->id.idiag_cookie[1] = (uint32_t)(cookie >> 32);
	return true;
}

/* A netlink socket belongs to the namespace that it is made in: made by a thread of its own. */
struct maker {
	int netns, fd;
};

static void *make_in(void *arg)
{
	struct maker *m = arg;

	if (setns(m->netns, CLONE_NEWNET))
		m->fd = -errno;
	else
		m->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (m->fd == -1)
		m->fd = -errno;
	return NULL;
}

static int diag_open(int sock)
{
	struct maker m = { .netns = ioctl(sock, SIOCGSKNS), .fd = -1 };
	struct timeval second = { 1, 0 };
	pthread_t thread;

	if (m.netns < 0)
		return -errno;
	if (pthread_create(&thread, NULL, make_in, &m))
		m.fd = -EAGAIN;
	else
		pthread_join(thread, NULL);
	close(m.netns);
	if (m.fd >= 0)
		setsockopt(m.fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	return m.fd;
}

/* Returns what the kernel answers: 0, or -errno; -ENOENT when there is no such socket any more. */
static int ask(int diag, uint16_t type, const struct inet_diag_req_v2 *q)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 q;
	} m = { .h = { .nlmsg_len = sizeof(m),
		       .nlmsg_type = type,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.q = *q };
	union {
		struct nlmsghdr h;
		uint8_t room[8192];
	} answer;
	ssize_t n;

	if (send(diag, &m, sizeof(m), 0) != sizeof(m))
		return -errno;
	n = recv(diag, &answer, sizeof(answer), 0);
	if (n < (ssize_t)sizeof(answer.h))
		return n < 0 ? -errno : -EBADMSG;
	if (answer.h.nlmsg_type != NLMSG_ERROR)
		return 0; /* the socket's description */
	return ((const struct nlmsgerr *)NLMSG_DATA(&answer.h))->error;
}

/* True when the connection is over. */
static bool destroy(const struct cutting *c, int sock)
{
	struct inet_diag_req_v2 q;
	int diag, err;

	if (!identify(sock, &q))
		return false;
	diag = diag_open(sock);
	if (diag < 0)
		return false;
	err = ask(diag, SOCK_DESTROY, &q);
	close(diag);
	return err == 0;
}

/* Whether LLM calls go over a socket: see is_spoken() in bpf/flow.bpf.c. */
static bool is_spoken(const struct cutting *c, int sock)
{
	struct flow f;
	__u32 verdict;

	if (bpf_map_lookup_elem(c->flows_fd, &sock, &f))
		return false;
	return f.verdict == VERDICT_FOLLOW ||
	       (!bpf_map_lookup_elem(c->names_fd, f.name, &verdict) &&
		(verdict == VERDICT_FOLLOW || verdict == VERDICT_SPOKEN));
}

/* Whether it is the socket of that cookie, if one is asked for. */
static bool is_meant(int sock, uint64_t cookie)
{
	uint64_t own;
	socklen_t len = sizeof(own);

	return !cookie || (!getsockopt(sock, SOL_SOCKET, SO_COOKIE, &own, &len) && own == cookie);
}

/* What is done to each socket of a process over which LLM calls go. */
struct doing {
	const struct cutting *c;
	uint64_t cookie; /* 0: of each */
	bool (*fn)(const struct cutting *c, int sock);
	unsigned done; /* how many fn said yes to */
};

static bool do_one(void *ctx, int sock)
{
	struct doing *d = ctx;

	if (is_meant(sock, d->cookie) && is_spoken(d->c, sock))
		d->done += d->fn(d->c, sock);
	return true;
}

unsigned cutting__end(const struct cutting *c, const struct member *m, uint64_t cookie)
{
	struct doing d = { .c = c, .cookie = cookie, .fn = destroy };

	if (c->count)
		sockets_each(m, do_one, &d);
	return d.done;
}

static int64_t acked(int sock)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	return getsockopt(sock, IPPROTO_TCP, TCP_INFO, &info, &len)
		       ? -1
		       : (int64_t)info.tcpi_bytes_acked;
}

/* What is acknowledged, and what waits for that; again when an acknowledgement came in between. */
static bool note_written(const struct cutting *c, int sock)
{
	for (int i = 0; i < WRITTEN_TRIES; i++) {
		int64_t before = acked(sock);
		int waiting;
		uint64_t written;

		if (before < 0 || ioctl(sock, SIOCOUTQ, &waiting))
			return false;
		written = (uint64_t)before + (uint64_t)waiting;
		if (acked(sock) == before)
			return !bpf_map_update_elem(c->gates_fd, &sock, &written, BPF_ANY);
	}
	return false;
}

void cutting__written(const struct cutting *c, const struct member *m)
{
	struct doing d = { .c = c, .fn = note_written };

	if (c->count)
		sockets_each(m, do_one, &d);
}
