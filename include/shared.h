/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What the BPF programs and the privileged process share beside the wire: maps' keys and values. */
#ifndef WT_SHARED_H
#define WT_SHARED_H

#include <linux/types.h>

#include "wire.h"

#define CONN_MAX	 65536 /* open connections followed at once */
#define WATCHED_MAX	 16384 /* processes with probes */
#define KEYS_MAX	 32768 /* keys of rustls, two a connection */
#define GO_CALLS_MAX	 65536 /* goroutines inside a TLS call: each idle connection has one */
#define CALLERS_MAX	 16384 /* connections made on this host, the latest ones */
#define SERVED_PORTS_MAX 256   /* ports that model servers listen on */
#define FLOW_NAMES	 4096  /* names of hosts that are remembered to be a provider's or not */
#define CUTS_MAX	 16384 /* processes whose connections to providers are cut at once */
#define HALTS_MAX	 1024  /* processes that are asked about before they write */

/* What a process in that map is kept from. */
enum cut_mode {
	CUT_NOT = 0,
	CUT_SLOW, /* from requests without a pause before them */
	CUT_NEXT, /* requests that it has not begun; what is under way goes on */
	CUT_ALL,
};

/* Ancestors that are looked up: an agent's tools start programs that start programs. */
#define CUT_ANCESTORS 16

/* Bits of a process's entry in the map of watched processes. */
enum watch_mark {
	WATCH_PROBED = 1 << 0, /* it has probes: forks and exits are told */
	WATCH_TREE = 1 << 1,   /* its children are watched like it, from their first instant */
	WATCH_ASLEEP = 1 << 2, /* it makes no LLM call, and has no probes: its connects are told */
	WATCH_FLOWS = 1 << 3,  /* it has connections to a provider, seen by their packets */
};

/*
 * A mark's upper half: how often the process was put to sleep. Its probes bear that number in the
 * upper half of their cookies, above enum tls_func: one that is woken at once has probes of before,
 * which take a second or two to be taken away, beside those of now.
 */
#define WATCH_ROUND  16
#define COOKIE_ROUND 32
#define COOKIE_WIDE  63 /* set: the probe is in every process, and runs for those that are awake */

/* What a process has to do with a server that speaks plain HTTP. */
enum serve_mark {
	SERVE_SERVER = 1 << 0, /* it has probes on its sockets: forks and exits are told */
	SERVE_CALLER = 1 << 1, /* it called one: its exit is told */
	SERVE_SEEN = 1 << 2,   /* its probes saw bytes on a socket */
	SERVE_UNSEEN = 1 << 3, /* and others that were in no process: sendfile(2) */
};

/* Who listens on a port and is read by its packets. */
struct packet_server {
	__u64 start_ns;
	__u32 tgid, netns;
	__u32 ask;    /* nothing is told of it: it may be that its probes see all */
	__u32 called; /* somebody sent something to it */
};

enum verdict {
	VERDICT_UNKNOWN = 0,
	VERDICT_FOLLOW,
	VERDICT_IGNORE, /* never a call: its bytes are counted, not copied */
	VERDICT_SPOKEN, /* of a host's name: no provider's, but LLM calls to it were read */
};

/* A TLS object within one image of one process: exec gives the address to somebody else. */
struct conn_key {
	__u64 tls;	/* address of the TLS object */
	__u64 start_ns; /* of the process, since boot */
	__u32 exec_id;
	__u32 tgid;
};

/* Beside enum wire_dir in a goroutine's call: it is one of a descriptor's, below TLS. */
#define GO_BELOW_TLS 2

/* A goroutine inside a TLS call, by the address of its descriptor. */
struct go_call_key {
	__u64 goroutine;
	__u64 number; /* tells apart calls of one goroutine: 0, if it is in one only */
	__u32 tgid;
	__u32 dir; /* enum wire_dir, and GO_BELOW_TLS */
};

/* Arrays by enum wire_dir. One thread at a time is in a direction of a TLS object. */
struct conn {
	__u64 id;
	__u64 seen[2]; /* bytes that the process sent or received */
	__u64 lost[2]; /* those of them that did not get into the ring */
	__u64 told[2]; /* lost[] as the last record in the ring said it */
	__u64 writer;  /* Go: the goroutine that called Write last */
	__u64 unsent;  /* GnuTLS: the buffer of a write that is to be called again, without it */
	__u8 lib;
	__u8 pad[7];
};

/* A process as a key: a pid alone is reused. */
struct proc_key {
	__u64 start_ns; /* since boot, in steps of 10 ms */
	__u32 tgid;
	__u32 pad;
};

/* A process that is asked about before it writes. */
struct halt {
	__u64 start_ns; /* since boot, in steps of 10 ms */
	__u64 asked;	/* how often it was stopped; the kernel side counts */
};

/* A keeper that was not heard of for so long stops nobody any more: it hangs. */
#define HALT_ALIVE_NS (4 * 1000000000ull)

/* A connection whose ClientHello has passed. */
struct flow {
	__u64 id;
	__u64 sent, received; /* as told last */
	__u64 start_ns, cgroup, cgroup_v1;
	__u32 tgid;
	__u32 seq, ack; /* the next byte to be sent, to be received, as told last */
	__u8 verdict;	/* enum verdict, of the name */
	__u8 quiet;	/* no provider's by its name, and kept for when it is to be cut */
	__u8 pad[2];
	struct proc_key cut; /* of which the process was or descended from; tgid 0: not cut then */
	/* When it was told last that a packet was held back, or since when one waits; 0: none does.
	 */
	__u64 cut_ns;
	__u32 slow_ack; /* throttled: what was received when the last request was let go */
	__u32 pad2;
	char name[FLOW_NAME_MAX];
};

/* Whom a process connects to. */
struct peer {
	__u8 addr[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u32 netns;   /* of a loopback address; else 0 */
	__u16 port;    /* network byte order */
	__u16 pad;
};

/* That an image of a process did. */
struct known_peer {
	struct peer peer;
	__u64 start_ns; /* of the process, since boot */
	__u32 exec_id;
	__u32 tgid;
};

/* Connects of one process that are remembered: between one and its first request come few. */
#define RECENT_PEERS	4
#define KNOWN_PEERS_MAX 16384
#define MIXED_PEERS_MAX 4096

struct recent_peers {
	struct peer peer[RECENT_PEERS];
	__u64 ts[RECENT_PEERS]; /* ns, CLOCK_MONOTONIC; 0: none */
	__u32 next;		/* the place that is taken next */
	__u32 pad;
};

/* A connection that is over and could not be told so. */
struct ended {
	struct conn_key key;
	struct conn conn;
};

struct stats {
	__u64 calls;	 /* TLS calls that moved bytes */
	__u64 bytes;	 /* plaintext bytes copied into the ring */
	__u64 ring_full; /* bytes lost since the ring was full */
	__u64 fault;	 /* bytes that could not be read */
	__u64 capped;	 /* bytes beyond the largest call */
	__u64 ignored;	 /* bytes of connections with VERDICT_IGNORE */
	__u64 conn_full; /* TLS calls not followed: the table of connections was full */
	__u64 nesting;	 /* TLS calls not followed: nested deeper than a thread's stack of calls */
	__u64 events_full; /* process events lost: the ring of events was full */
	__u64 http3;	   /* bytes of UDP to port 443 of a provider's address */
	__u64 flows_full;  /* TLS connections not followed by their packets: no room for one more */
	__u64 flows_unnamed; /* TLS connections whose ClientHello names no server that is readable
			      */
	__u64 unpaired;	     /* TLS records of keys that are not known to be of a connection */
};

_Static_assert(sizeof(struct proc_key) == 16, "padding in a hash key is garbage in the key");
_Static_assert(sizeof(struct conn_key) == 24, "padding in a hash key is garbage in the key");
_Static_assert(sizeof(struct peer) == 24, "padding in a hash key is garbage in the key");
_Static_assert(sizeof(struct known_peer) == 40, "padding in a hash key is garbage in the key");
_Static_assert(sizeof(struct go_call_key) == 24, "padding in a hash key is garbage in the key");
_Static_assert(sizeof(struct conn) == 80, "struct conn is shared with user space");

/* Cookies tell one attached function from another: what the probe is to do there. */
enum tls_func {
	TLS_WRITE = 1,	  /* int SSL_write(SSL *, const void *, int) */
	TLS_READ,	  /* int SSL_read(SSL *, void *, int) */
	TLS_WRITE_EX,	  /* int SSL_write_ex(SSL *, const void *, size_t, size_t *written) */
	TLS_READ_EX,	  /* int SSL_read_ex(SSL *, void *, size_t, size_t *readbytes) */
	TLS_GONE,	  /* void SSL_free(SSL *), int SSL_clear(SSL *): the connection is over */
	TLS_WRITE_BORING, /* BoringSSL's: the same, but for its name on the bill */
	TLS_READ_BORING,
	TLS_NEW,	  /* SSL *SSL_new(SSL_CTX *): what was at that address is over */
	TLS_GO_WRITE,	  /* func (c *Conn) Write(b []byte) (int, error) */
	TLS_GO_WRITE_RET, /* one of its return instructions */
	TLS_GO_READ,	  /* func (c *Conn) Read(b []byte) (int, error) */
	TLS_GO_READ_RET,
	TLS_GO_CLOSE,	  /* func (c *Conn) Close() error: the connection is over */
	TLS_GO_HANDSHAKE, /* func (c *Conn) clientHandshake(...): one begins */
	TLS_WRITE_GNU,	  /* ssize_t gnutls_record_send(gnutls_session_t, const void *, size_t) */
	TLS_READ_GNU,	  /* ssize_t gnutls_record_recv(gnutls_session_t, void *, size_t) */
	TLS_UNCORK_GNU,	  /* int gnutls_record_uncork(gnutls_session_t, unsigned flags) */
	TLS_WRITE_NSS, /* int ssl_SecureSend(sslSocket *, const unsigned char *, int, int flags) */
	TLS_READ_NSS,  /* int ssl_SecureRecv(sslSocket *, unsigned char *, int, int flags) */
	SOCK_READ,     /* ssize_t read(int, void *, size_t) */
	SOCK_RECV,     /* ssize_t recv(int, void *, size_t, int flags), recvfrom */
	SOCK_WRITE,    /* ssize_t write(int, const void *, size_t), send, sendto */
	SOCK_READV,    /* ssize_t readv(int, const struct iovec *, int) */
	SOCK_WRITEV,   /* ssize_t writev(int, const struct iovec *, int) */
	SOCK_RECVMSG,  /* ssize_t recvmsg(int, struct msghdr *, int flags) */
	SOCK_SENDMSG,  /* ssize_t sendmsg(int, const struct msghdr *, int flags) */
	SOCK_SENDFILE, /* ssize_t sendfile(int out, int in, off_t *, size_t): bytes unseen */
	SOCK_GO_READ,  /* func (fd *FD) Read(p []byte) (int, error) */
	SOCK_GO_READ_RET,
	SOCK_GO_WRITE, /* func (fd *FD) Write(p []byte) (int, error) */
	SOCK_GO_WRITE_RET,
	/* AWS-LC, below rustls; their arguments are in aead.bpf.c */
	TLS_AEAD_INIT,	  /* int EVP_AEAD_CTX_init(EVP_AEAD_CTX *, ...): a key is made */
	TLS_AEAD_SEAL,	  /* int EVP_AEAD_CTX_seal(EVP_AEAD_CTX *, ...) */
	TLS_AEAD_SCATTER, /* int EVP_AEAD_CTX_seal_scatter(EVP_AEAD_CTX *, ...) */
	TLS_AEAD_OPEN,	  /* int EVP_AEAD_CTX_open(EVP_AEAD_CTX *, ...) */
	TLS_AEAD_GATHER,  /* int EVP_AEAD_CTX_open_gather(EVP_AEAD_CTX *, ...) */
	/* int ssl_write_internal(SSL *, const void *, size_t, uint64_t flags, size_t *written) */
	TLS_WRITE_EX2,
	TLS_PEEK_BORING, /* int SSL_peek(SSL *, void *, int), that SSL_read calls: see its finder */
	TLS_WRITE_S2N,	 /* ssize_t s2n_send(conn *, const void *, ssize_t, blocked *) */
	TLS_READ_S2N,	 /* ssize_t s2n_recv(conn *, void *, ssize_t, blocked *) */
	TLS_WRITE_MBED,	 /* int mbedtls_ssl_write(context *, const unsigned char *, size_t) */
	TLS_READ_MBED,	 /* int mbedtls_ssl_read(context *, unsigned char *, size_t) */
	TLS_WRITE_WOLF,	 /* int wolfSSL_write(WOLFSSL *, const void *, int) */
	TLS_READ_WOLF,	 /* int wolfSSL_read(WOLFSSL *, void *, int), wolfSSL_recv */
	TLS_FUNCS,
};

#endif
