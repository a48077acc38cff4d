// SPDX-License-Identifier: BSD-2-Clause
#include <dirent.h>
#include <endian.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/listeners.h"
#include "capture/procfs.h"

#define TCP_STATE_LISTEN 10

struct tcp_row {
	uint64_t ino;
	struct sock_ends ends;
	unsigned int state;
};

typedef void (*tcp_row_fn)(void *ctx, const struct tcp_row *r);

/* "0100007F:1F90", "0000000000000000FFFF00000100007F:1F90": words as they are in memory, in hex. */
static bool parse_end(const char *text, __u64 ret_addr[2], uint16_t *ret_port)
{
	const char *colon = strchr(text, ':');
	uint32_t words[4] = { 0, 0, htobe32(0xffff), 0 };
	size_t count = colon ? (size_t)(colon - text) / 8 : 0;

	if (count != 1 && count != 4)
		return false;
	for (size_t i = 0; i < count; i++) {
		char word[9] = "";

		memcpy(word, text + 8 * i, 8);
		words[4 - count + i] = (uint32_t)strtoul(word, NULL, 16);
	}
	memcpy(ret_addr, words, sizeof(words));
	*ret_port = (uint16_t)strtoul(colon + 1, NULL, 16);
	return true;
}

/*
 *   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 *    0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 26147
 */
static void tcp_rows(pid_t pid, tcp_row_fn fn, void *ctx)
{
	static const char *const tables[] = { "tcp", "tcp6" };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char path[64], line[512], local[40], peer[40];
		struct tcp_row r = { 0 };
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/net/%s", pid, tables[i]);
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, " %*d: %39s %39s %x %*s %*s %*s %*u %*d %lu", local, peer,
				   &r.state, &r.ino) == 4 &&
			    parse_end(local, r.ends.local, &r.ends.local_port) &&
			    parse_end(peer, r.ends.peer, &r.ends.peer_port))
				fn(ctx, &r);
		if (f)
			fclose(f);
	}
}

/* Tells the inode of each socket that the process has open. */
static void sockets_of(pid_t pid, void (*fn)(void *ctx, pid_t pid, uint64_t ino), void *ctx)
{
	char path[64];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		char to[64] = "";
		unsigned long ino;

		if (e->d_name[0] != '.' &&
		    readlinkat(dirfd(d), e->d_name, to, sizeof(to) - 1) > 0 &&
		    sscanf(to, "socket:[%lu]", &ino) == 1)
			fn(ctx, pid, ino);
	}
	if (d)
		closedir(d);
}

static uint64_t netns_of(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return stat(path, &st) ? 0 : st.st_ino;
}

struct listeners {
	listener_fn fn;
	void *ctx;
	uint64_t netns[LISTENERS_NETNS];
	uint32_t netns_count, count;
	struct {
		uint64_t ino;
		uint16_t port;
	} at[LISTENERS_MAX];
};

static void on_row(void *ctx, const struct tcp_row *r)
{
	struct listeners *l = ctx;

	if (r->state != TCP_STATE_LISTEN || l->count == LISTENERS_MAX)
		return;
	l->at[l->count].ino = r->ino;
	l->at[l->count++].port = r->ends.local_port;
}

static void on_netns(void *ctx, pid_t pid)
{
	struct listeners *l = ctx;
	uint64_t ns = netns_of(pid);

	for (uint32_t i = 0; i < l->netns_count; i++)
		if (l->netns[i] == ns)
			return;
	if (!ns || l->netns_count == LISTENERS_NETNS)
		return;
	l->netns[l->netns_count++] = ns;
	tcp_rows(pid, on_row, l);
}

static void on_socket(void *ctx, pid_t pid, uint64_t ino)
{
	struct listeners *l = ctx;

	for (uint32_t i = 0; i < l->count; i++)
		if (l->at[i].ino == ino)
			l->fn(l->ctx, pid, l->at[i].port);
}

static void on_process(void *ctx, pid_t pid)
{
	sockets_of(pid, on_socket, ctx);
}

void listeners_each(listener_fn fn, void *ctx)
{
	struct listeners *l = calloc(1, sizeof(*l));

	if (!l)
		return;
	l->fn = fn;
	l->ctx = ctx;
	procfs_each(on_netns, l);
	if (l->count)
		procfs_each(on_process, l);
	free(l);
}

struct search {
	const struct sock_ends *ends;
	uint64_t ino;
	pid_t found;
};

static void on_peer_row(void *ctx, const struct tcp_row *r)
{
	struct search *s = ctx;

	if (!memcmp(r->ends.local, s->ends->peer, sizeof(r->ends.local)) &&
	    !memcmp(r->ends.peer, s->ends->local, sizeof(r->ends.peer)) &&
	    r->ends.local_port == s->ends->peer_port && r->ends.peer_port == s->ends->local_port)
		s->ino = r->ino;
}

static void on_peer_socket(void *ctx, pid_t pid, uint64_t ino)
{
	struct search *s = ctx;

	if (ino == s->ino)
		s->found = pid;
}

static void on_peer_process(void *ctx, pid_t pid)
{
	struct search *s = ctx;

	if (!s->found)
		sockets_of(pid, on_peer_socket, s);
}

pid_t listeners_peer(pid_t pid, const struct sock_ends *ends)
{
	struct search s = { .ends = ends };

	tcp_rows(pid, on_peer_row, &s);
	if (!s.ino && netns_of(pid) != netns_of(getpid()))
		tcp_rows(getpid(), on_peer_row, &s);
	if (s.ino)
		procfs_each(on_peer_process, &s);
	return s.found;
}
