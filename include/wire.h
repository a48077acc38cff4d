/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * wire: one record from the capture side: plaintext bytes of one connection at their exact byte
 * offset, or a fact about a connection or a process. The BPF programs, the privileged process and
 * the meter all speak it, and a recording is a file of it.
 *
 * One TLS call larger than a size class becomes several records:
 *
 *   SSL_write(ssl, buf, 140000) -> DATA off=0      len=65536 call_seq=0 CALL_FIRST
 *                                  DATA off=65536  len=65536 call_seq=4
 *                                  DATA off=131072 len=8928  call_seq=8 CALL_LAST
 *
 * Included by BPF code too: fixed-width types only, every size asserted.
 */
#ifndef WT_WIRE_H
#define WT_WIRE_H

#include <linux/types.h>

enum wire_kind {
	WIRE_DATA =
		1, /* data[]: len plaintext bytes; with WIRE_FAULT len bytes that can't be read */
	WIRE_END,  /* the TLS object is gone; data[]: struct wire_end */
	WIRE_LOST, /* no data; in this direction `lost` bytes were lost before offset `off` */
	WIRE_EXEC, /* the process image was replaced; off: the new image's number */
	WIRE_FORK, /* data[]: struct wire_fork; tgid is the parent */
	WIRE_EXIT, /* the last thread of the process is gone */
	WIRE_PROC, /* data[]: struct wire_proc, what /proc said when the process was attached */
	WIRE_TICK, /* once a second; conn, tgid are 0: time passes in a replay too */
	WIRE_EXCHANGE,	/* in recordings; data[]: struct wire_exchange and what its event brings */
	WIRE_TOLD,	/* data[]: struct wire_told, what is said of a process or of a container */
	WIRE_CONNECT,	/* to the privileged process: one that is asleep connects to somebody new */
	WIRE_FLOW_OPEN, /* a TLS connection by its packets; data[]: struct wire_flow_open */
	WIRE_FLOW,	/* bytes went over it, either way; data[]: struct wire_flow */
	WIRE_FLOW_END,	/* it was closed; data[]: struct wire_flow */
	WIRE_FLOW_READ, /* the process's request was read in plaintext; data[]: wire_flow_read */
	WIRE_PEER,    /* data[]: struct wire_peer, before the connection's first bytes, or later */
	WIRE_LISTEN,  /* the process listens; off: the port */
	WIRE_CUT,     /* to the privileged process: what this one sent to a provider was held back;
			 off: the cookie of the socket that is to end, 0: each */
	WIRE_HALT,    /* to the privileged process: this one was stopped before a write; with
			 WIRE_FAULT what it writes could not be told whole */
	WIRE_WRITING, /* no data; a write that begins at `off` has not returned, and what comes of
			 the other direction may answer it: once for each such write */
	WIRE_KINDS,
};

enum wire_dir {
	WIRE_OUT = 0, /* the process wrote it */
	WIRE_IN = 1,  /* the process read it */
	WIRE_DIRS = 2,
};

enum wire_lib {
	WIRE_LIB_UNKNOWN = 0,
	WIRE_LIB_OPENSSL,
	WIRE_LIB_REPLAY, /* bytes from a file: no library was involved */
	WIRE_LIB_BORINGSSL,
	WIRE_LIB_GO,
	WIRE_LIB_RUSTLS,
	WIRE_LIB_GNUTLS,
	WIRE_LIB_NSS,
	WIRE_LIB_SOCKET, /* plain text on a socket: no library was involved */
	WIRE_LIB_S2N,
	WIRE_LIB_MBEDTLS,
	WIRE_LIB_WOLFSSL,
	WIRE_LIBS,
};

enum wire_flag {
	WIRE_CALL_FIRST = 1 << 0, /* first record of one TLS call */
	WIRE_CALL_LAST = 1 << 1,
	WIRE_FAULT = 1 << 2,	/* the page could not be read: len bytes are missing here */
	WIRE_CAPPED = 1 << 3,	/* the call was larger than WIRE_CALL_MAX: its rest is in `lost` */
	WIRE_PROPOSED = 1 << 4, /* seen at entry, not confirmed by the return value: never billed */
	WIRE_KIN = 1 << 5,	/* of PROC: not watched itself, it started one that is */
	WIRE_MIXED = 1 << 6,	/* a connect to whom others make LLM calls: a proxy, a gateway */
};

/* The largest piece of one record. */
#define WIRE_CHUNK_MAX 65536

struct wire {
	__u64 ts;	 /* ns, CLOCK_MONOTONIC */
	__u64 conn;	 /* allocated at the first sight of the TLS object; never reused; 0: none */
	__u64 off;	 /* byte offset of data[0] in this direction, lost bytes counted */
	__u64 lost;	 /* bytes of this direction lost so far, all of them before `off` */
	__u64 cgroup;	 /* cgroup v2 id */
	__u64 cgroup_v1; /* id in the v1 memory hierarchy; 0: none */
	__u64 start_ns;	 /* start of the process, ns since boot: with tgid its identity */
	__u32 tgid;
	__u32 tid;
	__u32 len;	/* of data[] */
	__u32 call_len; /* bytes of the whole TLS call */
	__u16 call_seq; /* where this record begins within its call, in steps of 16 KiB */
	__u8 kind;	/* enum wire_kind */
	__u8 lib;	/* enum wire_lib */
	__u8 dir;	/* enum wire_dir */
	__u8 flags;	/* enum wire_flag */
	__u8 pad[2];
	__u8 data[];
};

/* Where both directions stood when the TLS object went. */
struct wire_end {
	__u64 seen[2]; /* by enum wire_dir; lost bytes counted */
	__u64 lost[2];
};

struct wire_fork {
	__u32 child;
	__u32 pad;
	__u64 child_start_ns;
};

/* A process: a pid alone is reused. */
struct caller {
	__u64 start_ns; /* ns since boot */
	__u32 tgid;	/* 0: not known */
	__u32 pad;
};

/* Both ends of a TCP connection, seen from one of them. */
struct sock_ends {
	__u64 local[2], peer[2]; /* IPv6, in network order; IPv4 as ::ffff:192.0.2.1 */
	__u16 local_port, peer_port;
	__u32 netns; /* on loopback, whose addresses are others in each network namespace; else 0 */
};

enum wire_peer_flag {
	WIRE_PEER_CONNECTED = 1 << 0, /* the process itself made the connection */
};

/* Who is at the other end of a plain connection. */
struct wire_peer {
	struct sock_ends ends;
	struct caller caller; /* that made the connection, where it is a process of this host */
	__u32 flags;	      /* enum wire_peer_flag */
	__u32 pad;
};

/*
 * One event of an exchange (exchange.h), decoded. Behind it come texts, each with its length in
 * four bytes before it: of a request method, target, path, host, type, then names and values of
 * headers; of a response its type, then headers; of a piece of a body the bytes; of a server-sent
 * event its name and data.
 */
struct wire_exchange {
	__u64 id;
	__u64 t_request, t_first_byte, t_last_byte;
	__u64 request_len, response_len, lost;
	__u32 flags; /* enum exchange_flag */
	__u32 seq;
	__u16 status;
	__u8 event; /* enum exchange_event_kind */
	__u8 protocol;
	__u8 version; /* of the head that this event brings */
	__u8 pad[3];
};

/*
 * A TLS connection that is seen by its packets alone: `conn` is its socket's number with this bit
 * set. Its tgid is who sent the ClientHello.
 */
#define FLOW_ID (1ull << 63)

/* Names of hosts, with their final NUL. One that is longer is no provider's. */
#define FLOW_NAME_MAX 96

struct wire_flow_open {
	__u8 random[8]; /* of the ClientHello: one that is passed on by a proxy has the same */
	__u64 sent;	/* bytes of the packet with the ClientHello */
	char name[FLOW_NAME_MAX]; /* of the server, as the ClientHello has it */
};

/* Bytes of TCP since before the ClientHello; a FIN counts as one. */
struct wire_flow {
	__u64 sent, received;
};

/* Not of the capture side: made where the request is understood, and kept in recordings. */
struct wire_flow_read {
	char name[FLOW_NAME_MAX]; /* of the host that was asked; empty: not told */
};

/* What the privileged side read of a process. Hostile text: a process chooses most of it. */
struct wire_proc {
	__u32 ppid;
	__u32 uid;
	__u32 gid;
	__u32 args_len; /* bytes of args in use; arguments are separated by NUL */
	char comm[16];
	char exe[512];
	char args[1024];
	char cgroup[512]; /* path in the v2 hierarchy, else in the v1 one named by systemd */
};

/* Who says it: that decides how far it can be relied on. */
enum wire_teller {
	WIRE_TELLER_ENVIRON = 1, /* the process, in its environment */
	WIRE_TELLER_RUNTIME,	 /* the container's runtime, in its state on disk */
	WIRE_TELLER_KUBELET,	 /* kubelet, by itself or by the folders it made */
	WIRE_TELLERS,
};

/*
 * Names and values, each behind the other and ended by NUL: "OTEL_SERVICE_NAME\0shop\0". Only names
 * that are on a list (environ.def, capture/state.c) are ever told.
 */
struct wire_told {
	__u32 teller; /* enum wire_teller */
	__u32 len;    /* bytes of text in use */
	char id[64];  /* the container's id, or the pod's uid, NUL-padded; empty: of the process */
	char text[1984];
};

_Static_assert(sizeof(struct wire) == 80, "struct wire is an ABI");
_Static_assert(sizeof(struct wire_end) == 32, "struct wire_end is an ABI");
_Static_assert(sizeof(struct wire_exchange) == 72, "struct wire_exchange is an ABI");
_Static_assert(sizeof(struct wire_flow_open) == 112, "struct wire_flow_open is an ABI");
_Static_assert(sizeof(struct wire_flow) == 16, "struct wire_flow is an ABI");
_Static_assert(sizeof(struct wire_flow_read) == FLOW_NAME_MAX, "struct wire_flow_read is an ABI");
_Static_assert(sizeof(struct wire_fork) == 16, "struct wire_fork is an ABI");
_Static_assert(sizeof(struct wire_told) == 2056, "struct wire_told is an ABI");
_Static_assert(sizeof(struct sock_ends) == 40, "padding in a hash key is garbage in the key");
_Static_assert(sizeof(struct wire_peer) == 64, "struct wire_peer is an ABI");
_Static_assert(sizeof(struct wire_proc) == 16 + 16 + 512 + 1024 + 512,
	       "struct wire_proc is an ABI");

#endif
