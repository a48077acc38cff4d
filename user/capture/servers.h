/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * servers: processes that serve models in plain HTTP, and have probes on what moves bytes through
 * their sockets. A server is noticed when it listens. Whoever calls it pays nothing: who that is,
 * the kernel side keeps of each connection that is made on this host.
 *
 * One whose calls can't be hooked is read by its packets.
 *
 * A guess that is asked nothing that a model server is asked is let go, and looked at again later.
 */
#ifndef WT_CAPTURE_SERVERS_H
#define WT_CAPTURE_SERVERS_H

#include "capture/libs.h"
#include "capture/packets.h"
#include "capture/probes.h"
#include "capture/serves.h"
#include "capture/watch.h"

/* Files with socket calls of one process: the C library, its threads', the program. */
#define SERVER_LIBS 3
/* Servers at once, with their workers. */
#define SERVERS_MAX 1024
/* Requests for other things than models before a guess is let go, and when it is looked at anew. */
#define SERVER_STRANGERS 64
#define SERVER_AGAIN_S	 600
/* Tokens of files from here on are ours, those below of the TLS stacks' files. */
#define SERVERS_TOKEN (1ull << 62)
/* Seconds in which a server makes its io_uring, if it has one. */
#define SERVER_LOOKS 5
/* Unknown callers that are looked up in /proc in one second: each is a walk through all of it. */
#define SERVERS_LOOKUPS 16

struct server {
	struct server *next;
	pid_t pid;
	uint64_t start_ns;
	uint16_t port;
	uint8_t serves;	 /* enum serves */
	bool proved;	 /* it was asked for a model */
	bool by_packets; /* its new connections are read so: see packets.h */
	bool asked;	 /* whether it is called, and its probes see nothing */
	uint8_t looks;	 /* how often it is still looked at whether it is to be asked */
	uint32_t strangers;
	uint32_t again; /* let go; the tick at which it is looked at again */
	uint32_t lib_count;
	struct {
		struct lib *lib;
		struct probe_link link; /* count 0: not set, or let go */
	} libs[SERVER_LIBS];
};

struct servers {
	struct probes *probes; /* borrowed */
	int serving_fd, ports_fd;
	bool spare_seccomp;
	const struct watch_ops *ops;
	void (*peer)(void *ctx, uint64_t conn, const struct wire_peer *peer);
	void *ctx;
	struct serves_ports ports; /* that somebody named */
	struct packets packets;
	struct watch_stats *stats; /* of the watch: borrowed */
	struct libs libs;
	struct server *procs[256]; /* by pid */
	uint32_t count;
	uint32_t ticks, lookups;
	uint32_t rescan; /* the tick at which listeners are looked for in /proc; 0: not */
};

void servers__fini(struct servers *s);
/* Looks at every process that listens now. */
void servers__scan(struct servers *s);
void servers__listens(struct servers *s, pid_t pid, uint16_t port);
void servers__planned(struct servers *s, uint64_t token, const struct probe_plan *plan);
/* Somebody called: tells who it is, or finds out first. conn 0: the connection is not known. */
void servers__called(struct servers *s, pid_t server, uint64_t conn, const struct wire_peer *peer);
void servers__serves(struct servers *s, pid_t pid, uint64_t start_ns, bool model);
void servers__exec(struct servers *s, pid_t pid);
void servers__fork(struct servers *s, pid_t parent, pid_t child);
void servers__exit(struct servers *s, pid_t pid);
/* Once a second. */
void servers__tick(struct servers *s);
/* NULL: pid is none. */
const struct server *servers__find(const struct servers *s, pid_t pid);
/* True when pid is one, since that start, and has its probes. */
bool servers__has(const struct servers *s, pid_t pid, uint64_t start_ns);

#endif
