// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
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

void cutting__init(struct cutting *c, const struct wiretally_bpf *bpf)
{
	memset(c, 0, sizeof(*c));
	if (bpf_program__fd(bpf->progs.flow_sent) < 0)
		return;
	c->cuts_fd = bpf_map__fd(bpf->maps.cuts);
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

int cutting__add(struct cutting *c, const struct member *m)
{
	struct proc_key key = key_of(m);
	uint8_t one = 1;

	if (!c->count)
		return -EOPNOTSUPP;
	if (bpf_map_update_elem(c->cuts_fd, &key, &one, BPF_NOEXIST))
		return errno == EEXIST ? 0 : -errno;
	__atomic_add_fetch(c->count, 1, __ATOMIC_SEQ_CST);
	return 0;
}

void cutting__remove(struct cutting *c, const struct member *m)
{
	struct proc_key key = key_of(m);

	if (c->count && !bpf_map_delete_elem(c->cuts_fd, &key))
		__atomic_sub_fetch(c->count, 1, __ATOMIC_SEQ_CST);
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
static bool destroy(int sock)
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

struct ending {
	const struct cutting *c;
	unsigned ended;
};

static bool end_one(void *ctx, int sock)
{
	struct ending *e = ctx;

	if (is_spoken(e->c, sock))
		e->ended += destroy(sock);
	return true;
}

unsigned cutting__end(const struct cutting *c, const struct member *m)
{
	struct ending e = { .c = c };

	if (c->count)
		sockets_each(m, end_one, &e);
	return e.ended;
}
