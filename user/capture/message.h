/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * message: what the two processes say to each other, over one SOCK_SEQPACKET socketpair. Fixed
 * size; the privileged side, the keeper, reads nothing of a message but these fields, and checks
 * each before it acts: the meter parses hostile bytes and may have been taken over.
 */
#ifndef WT_CAPTURE_MESSAGE_H
#define WT_CAPTURE_MESSAGE_H

#include <stdint.h>

#include "action.h"
#include "capture/speech.h"
#include "shared.h"
#include "wire.h"

/* Places hooked in one file: a Go function is hooked at each of its returns. */
#define PLAN_MAX 64

/* Where to set probes in a file: what the meter found in an ELF image. */
struct probe_plan {
	uint32_t count;
	uint32_t guessed; /* enum wire_lib of what was found by the shape of its code; 0: none */
	struct {
		uint64_t offset; /* in the file */
		uint32_t func;	 /* enum tls_func */
		uint32_t pad;
	} at[PLAN_MAX];
};

/* How the setting of probes went. */
struct watch_stats {
	uint64_t gone;	   /* processes that ended before their probes were set */
	uint64_t late;	   /* processes that had time for a call before their probes were set */
	uint64_t failed;   /* attaches that the kernel refused */
	uint64_t spared;   /* processes under seccomp that were left alone */
	uint64_t full;	   /* files with a TLS stack beyond LIBS_MAX */
	uint64_t asleep;   /* processes without probes now, since they make no LLM call */
	uint64_t asleep_s; /* seconds that processes were so, summed */
	uint64_t wide;	   /* libraries with probes in every process: see wide.h */
	uint64_t wide_s;   /* seconds that libraries were so, summed */
	uint64_t let_go;   /* servers that were asked for no model */
	uint64_t wrong;	   /* files whose functions were not what they were taken for */
};

/* What is wanted of a file. */
enum scan_kind {
	SCAN_LIBRARY = 0, /* its TLS functions; these go first */
	SCAN_EXECUTABLE,
	SCAN_SOCKETS, /* what moves plain text through sockets, of a C library or a Go program */
};

/* Stops of processes before they write: see halt.h. */
struct halt_stats {
	uint64_t holds;		 /* that ended with leave to go on */
	uint64_t ns, longest_ns; /* how long these were, all together and the longest */
	uint64_t denied;	 /* processes that were ended instead */
	uint64_t unjudged;	 /* writes that went on with nobody's leave */
};

/* What the meter says of one: the process may go on, or is to be ended. */
struct judged {
	struct action action; /* its process; of who is ended, for the record */
	uint64_t asked_ns;    /* CLOCK_MONOTONIC, when what it writes was told */
	uint32_t denied;
	uint32_t pad;
};

enum message_kind {
	/* keeper -> meter */
	MESSAGE_FACT = 1, /* fact: PROC, LOST, END: belongs behind all that is in the ring now */
	MESSAGE_SCAN,	  /* read the ELF file that comes with it, answer with PLAN; count: enum
			     scan_kind */
	MESSAGE_READY,	  /* every process there was has been looked at; count: with probes */
	MESSAGE_STATS,	  /* stats: counters of the kernel side and of the attaching */
	MESSAGE_ACTED,	  /* action: what came of an order, or that it is over */
	MESSAGE_STATE,	  /* a state file of a container comes with it: state; count: its kind */
	MESSAGE_STOP,	  /* no more comes: finish; count: exit status of the command, if any */
	/* meter -> keeper */
	MESSAGE_PLAN,	 /* plan, for the file with this token; count 0: nothing to hook */
	MESSAGE_VERDICT, /* verdict on conn */
	MESSAGE_SPEAKS,	 /* speaks: whether a connection's bytes made sense */
	MESSAGE_NAMED,	 /* named: a process asks for a host; count: enum verdict of its name */
	MESSAGE_ORDER,	 /* action: to be done, if it may be */
	MESSAGE_JUDGED,	 /* judged: whether a process that was stopped before a write may go on */
	MESSAGE_SERVES,	 /* serves: what a process answered to in plain HTTP */
};

struct message {
	uint32_t kind; /* enum message_kind */
	uint32_t count;
	uint64_t token;
	union {
		struct {
			struct wire wire;
			uint8_t data[sizeof(struct wire_proc)];
		} fact;
		struct probe_plan plan;
		struct action action;
		struct judged judged;
		struct {
			char id[64]; /* of the container */
		} state;
		struct {
			struct stats kernel;
			struct watch_stats watch;
			struct halt_stats halts;
		} stats;
		struct {
			uint64_t conn;
			uint32_t verdict;
		} verdict;
		struct speaks speaks;
		struct {
			uint64_t start_ns;
			uint32_t tgid;
			char name[FLOW_NAME_MAX];
		} named;
		struct {
			uint64_t start_ns;
			uint32_t tgid;
			uint32_t model; /* 1: what only a model server is asked; 0: anything else */
		} serves;
	};
};

/*
 * Sends m, with fd (-1: none) attached; waits as long as the socket's SO_SNDTIMEO allows. Returns
 * 0, -EAGAIN when the peer was too slow, or -errno.
 */
int message__send(int sock, const struct message *m, int fd);
/*
 * Receives one message without waiting. Returns 1, 0 at the end of the stream, -EAGAIN when there
 * is none, or -EBADMSG for one of another size. *ret_fd is the file that came with it, or -1; it is
 * the caller's. ret_fd may be NULL: then a file that came is closed.
 */
int message__recv(int sock, struct message *ret_m, int *ret_fd);

#endif
