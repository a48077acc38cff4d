// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "capture/descriptors.h"
#include "capture/features.h"
#include "capture/flows.h"
#include "capture/keeper.h"
#include "capture/message.h"
#include "capture/packets.h"
#include "capture/privileges.h"
#include "capture/probes.h"
#include "capture/serves.h"
#include "capture/tap.h"
#include "wiretally.skel.h"

/* Messages that wait for a busy peer: what 1,000 processes need at the start. */
#define SOCKET_BYTES (4 << 20)

/* libbpf's own words, kept until somebody needs them: its last complaint. */
static char libbpf_said[512];

static int libbpf_print(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN)
		vsnprintf(libbpf_said, sizeof(libbpf_said), format, args);
	return 0;
}

static int open_sockets(int socks[2])
{
	struct timeval second = { .tv_sec = 1 };
	int bytes = SOCKET_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks))
		return -errno;
	for (int i = 0; i < 2; i++) {
		setsockopt(socks[i], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
		setsockopt(socks[i], SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
	}
	return 0;
}

static struct wiretally_bpf *load(const struct capture_opts *o, const struct features *has,
				  bool multi)
{
	struct wiretally_bpf *bpf = wiretally_bpf__open();
	int err;

	if (!bpf)
		return NULL;
	probes__prepare(bpf, multi);
	bpf->rodata->tree_only = o->command || o->pid;
	bpf->rodata->halt_on = o->enforce && o->halt_count;
	flows_prepare(bpf, has->has[FEATURE_CGROUP_SKB], o->command || o->pid);
	packets_prepare(bpf, has->has[FEATURE_CGROUP_SKB]);
	err = bpf_map__set_max_entries(bpf->maps.ring,
				       o->ring_bytes ? o->ring_bytes : CAPTURE_RING_BYTES);
	if (!err)
		err = wiretally_bpf__load(bpf);
	if (err) {
		wiretally_bpf__destroy(bpf);
		errno = -err;
		return NULL;
	}
	return bpf;
}

/* Out of the way of the places that descriptors are going to. */
static int aside(int fd)
{
	return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 100) : -1;
}

/* Into its place, or the place is closed. */
static int place(int fd, int at)
{
	if (fd >= 0)
		return dup3(fd, at, O_CLOEXEC);
	close(at);
	return -1;
}

/*
 * The meter keeps the ring, its socket, what is kept for it and the standard streams: no program,
 * no map, no probe.
 */
static int run_meter(int ring_fd, int sock, const struct capture_opts *o, meter_fn meter, void *ctx)
{
	int keep = aside(o->keep_fd), hook = aside(o->hook_fd), gauge = aside(o->gauge_fd),
	    ring = aside(ring_fd);
	struct tap *tap;
	int err, status;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sock = aside(sock);
	ring = place(ring, 3);
	sock = place(sock, 4);
	place(keep, CAPTURE_KEPT_FD);
	place(hook, CAPTURE_HOOK_FD);
	place(gauge, CAPTURE_GAUGE_FD);
	syscall(SYS_close_range, CAPTURE_GAUGE_FD + 1u, ~0u, 0u);
	privileges_go_first();
	tap = ring == 3 && sock == 4 ? tap__new(ring, sock) : NULL;
	if (!tap) {
		fprintf(stderr, "wiretally: can't read the ring buffer: %s\n", strerror(errno));
		return 1;
	}
	err = privileges_drop_meter();
	if (err) {
		fprintf(stderr, "wiretally: can't give up privileges: %s\n", strerror(-err));
		return 1;
	}
	status = meter(tap, ctx);
	tap__free(tap);
	return status;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int capture_run(const struct capture_opts *o, meter_fn meter, void *ctx)
{
	const char *missing = privileges_missing();
	struct keeper_opts keeper = { .command = o->command,
				      .pid = o->pid,
				      .look_again_s = o->look_again_s,
				      .hold = o->hold,
				      .sinks = o->sinks,
				      .ports = o->model_ports,
				      .pods_file = o->pods_file,
				      .enforce = { .on = o->enforce,
						   .protect = o->protect,
						   .per_minute = o->actions_per_minute,
						   .control = o->control,
						   .halt = o->halt,
						   .halt_count = o->halt_count } };
	struct features features;
	int socks[2], err, status;

	libbpf_set_print(libbpf_print);
	if (!*missing) {
		features__probe(&features);
		missing = features__missing(&features);
	}
	if (*missing) {
		fprintf(stderr, "wiretally: %s\n", missing);
		return 1;
	}
	descriptors_make_room();
	keeper.multi = features.has[FEATURE_UPROBE_MULTI] && !o->perf_uprobes;
	keeper.bpf = load(o, &features, keeper.multi);
	if (!keeper.bpf) {
		fprintf(stderr, "wiretally: the kernel refuses the programs: %s\n%s",
			strerror(errno), libbpf_said);
		return 1;
	}
	err = open_sockets(socks);
	if (err) {
		fprintf(stderr, "wiretally: socketpair: %s\n", strerror(-err));
		wiretally_bpf__destroy(keeper.bpf);
		return 1;
	}
	keeper.signals = open_signals(); /* before a child can end */
	fflush(NULL);
	keeper.meter = fork();
	if (keeper.meter == 0)
		_exit(run_meter(bpf_map__fd(keeper.bpf->maps.ring), socks[1], o, meter, ctx));
	err = keeper.meter < 0 ? -errno : 0;
	close(socks[1]);
	if (o->hook_fd >= 0)
		close(o->hook_fd); /* the hooks end with the meter */
	keeper.sock = socks[0];
	if (err)
		fprintf(stderr, "wiretally: can't start the meter: %s\n", strerror(-err));
	status = err ? 1 : keeper_run(&keeper);
	close(keeper.signals);
	close(keeper.sock);
	wiretally_bpf__destroy(keeper.bpf);
	return status;
}
