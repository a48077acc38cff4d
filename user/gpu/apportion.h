/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apportion: windows of devices (gpu.h) and what servers were asked, in; bills and calls' shares,
 * out. Pure: no clock, no I/O.
 *
 *   windows    |----|----|----|----|          of one device
 *   requests     |--A-----|                   A's share is told when the third window is settled
 *                     |----B-----|
 *
 * A window is settled when all requests that it has a part of are over, and their tokens known; or
 * when it is APPORTION_WAIT_NS old: of a request that still goes on, what passed so far counts. A
 * call's share is told when all its windows are settled.
 */
#ifndef WT_GPU_APPORTION_H
#define WT_GPU_APPORTION_H

#include "base/drops.h"
#include "call.h"
#include "gpu_bill.h"

struct apportion;

/* Of a long answer not all is known when its first windows are settled. */
#define APPORTION_WAIT_NS (10 * 1000000000ull)
/* A call whose devices tell nothing any more is told with what is known. */
#define APPORTION_CALL_WAIT_NS (45 * 1000000000ull)
/* Devices, with slices of MIG; eight GPUs in seven slices each are 64. */
#define APPORTION_DEVICES_MAX 256
/* Windows of one device that wait. */
#define APPORTION_WINDOWS_MAX 128

struct apportion_opts {
	/*
	 * What an hour of a device costs, in nano-dollars; -1: that is not known. May change from
	 * one window to the next.
	 */
	int64_t (*hour_nano)(void *ctx, const struct gpu_device *device);
	/* The process whose requests that one works for; tgid 0: none. */
	struct proc_id (*server)(void *ctx, const struct gpu_process *p);
	gpu_bill_emit_fn bill;
	gpu_share_emit_fn share;
	void *ctx;
	struct drops *drops;
};

struct apportion *apportion__new(const struct apportion_opts *o); /* NULL: no memory */
void apportion__free(struct apportion *a);			  /* NULL is fine */
/* False: there is no device, and no call has a share of any. */
bool apportion__has_devices(const struct apportion *a);
/* True for a process that was asked something. */
bool apportion__is_server(const struct apportion *a, struct proc_id proc);
void apportion__window(struct apportion *a, const struct gpu_window *w);
/* A request that a process of this host answers, as it goes on; ids are of exchanges. */
void apportion__event(struct apportion *a, const struct exchange_event *ev);
/* It is over, and was that call. */
void apportion__call(struct apportion *a, const struct call *c);
/*
 * Somebody waits for its share. Returns false: none will be told, since there is no device, or it
 * is not followed.
 */
bool apportion__await(struct apportion *a, uint64_t request);
/* It was no call, or is counted elsewhere. */
void apportion__forget(struct apportion *a, uint64_t request);
/* Time passes. */
void apportion__tick(struct apportion *a, uint64_t now);
/* Nothing more comes: settles, and tells, all. */
void apportion__finish(struct apportion *a);

#endif
