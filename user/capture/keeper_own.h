/* SPDX-License-Identifier: BSD-2-Clause */
/* keeper_own: what a keeper holds, shared by the files that make one up (keeper.c, keeper_tell.c).
 */
#ifndef WT_CAPTURE_KEEPER_OWN_H
#define WT_CAPTURE_KEEPER_OWN_H

#include "capture/command.h"
#include "capture/enforce.h"
#include "capture/facts.h"
#include "capture/holding.h"
#include "capture/keeper.h"
#include "capture/message.h"
#include "capture/servers.h"
#include "capture/sideband.h"
#include "capture/sweep.h"
#include "capture/watch.h"

struct keeper {
	const struct keeper_opts *o;
	struct watch watch;
	struct servers servers;
	struct sweep sweep;
	struct facts facts;
	struct sideband *sideband;
	struct ring_buffer *events;
	struct command command;
	struct holding holding;
	struct enforce enforce;
	pid_t sinks; /* as in capture_opts, while it lives */
	int epoll, timer;
	bool ready, stopping, meter_gone;
	int status; /* exit status */
	uint32_t ticks;
};

/* Its parts know each other, the maps and the socket to the meter; nothing is attached yet. */
void keeper__introduce(struct keeper *k);
void keeper__tell(struct keeper *k, const struct message *m);

#endif
