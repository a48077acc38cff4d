/* SPDX-License-Identifier: BSD-2-Clause */
/* keeper: the privileged process's loop. It never looks at captured bytes. */
#ifndef WT_CAPTURE_KEEPER_H
#define WT_CAPTURE_KEEPER_H

#include <sys/types.h>

#include "capture/capture.h"
#include "capture/enforce.h"
#include "capture/serves.h"

struct wiretally_bpf;

struct keeper_opts {
	struct wiretally_bpf *bpf; /* loaded, nothing attached; borrowed */
	bool multi;		   /* uprobe_multi works */
	int sock;		   /* to the meter */
	pid_t meter;
	char **command;		     /* see struct capture_opts */
	pid_t pid;		     /* likewise */
	uint32_t look_again_s;	     /* likewise */
	struct serves_ports ports;   /* of model servers, beside the known ones */
	const char *pods_file;	     /* as in struct capture_opts */
	bool hold;		     /* likewise */
	struct enforce_opts enforce; /* what may be done to whom */
	pid_t sinks;		     /* likewise */
	int signals; /* a signalfd of SIGINT, SIGTERM, SIGHUP, SIGCHLD, which are blocked */
};

/* Returns the exit status for the whole program. Errors are on stderr. */
int keeper_run(const struct keeper_opts *o);

#endif
