/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * requests: what servers of this host were asked, and how much of it fell into a stretch of time. A
 * request that goes on is known by what passed of it so far.
 *
 *   seen          first byte               last byte
 *    |--- prefill ---|------- decode ----------|
 *                w: |-----|                        a part of both
 */
#ifndef WT_GPU_REQUESTS_H
#define WT_GPU_REQUESTS_H

#include "base/table.h"
#include "call.h"
#include "gpu/calibrate.h"
#include "gpu/progress.h"
#include "gpu_bill.h"

/* Servers with requests; the one unused for longest makes room. */
#define GPU_SERVERS_MAX 64
/* Requests of all servers that are not settled, and of one: more than any server batches. */
#define GPU_REQUESTS_MAX	16384
#define GPU_SERVER_REQUESTS_MAX 2048
/* Of more devices than that it is not told which of them did most. */
#define GPU_REQUEST_DEVICES 8
/* Devices on which a server was seen that its calls wait for. */
#define GPU_SERVER_DEVICES 16
/* A request that tells no usage: so many bytes of its body are a token. */
#define GPU_BYTES_PER_TOKEN 4

struct gpu_server;

struct gpu_request {
	struct gpu_request *next; /* of the same server, newest first */
	struct gpu_server *server;
	uint64_t id, t_request, t_first, t_end;
	bool over, awaited; /* awaited: somebody waits for its share */
	struct progress progress;
	uint64_t bytes;			/* of the request's body */
	struct gpu_work work;		/* once it is over */
	uint64_t prefill_ns, decode_ns; /* as the answer tells; 0: it does not */
	struct gpu_share share;		/* so far */
	/* Devices that worked for it, and how long: a model is on eight at most, as a rule. */
	struct {
		const void *device;
		uint64_t ns;
	} worked[GPU_REQUEST_DEVICES];
};

struct gpu_server {
	struct proc_id proc;
	struct gpu_request *first;
	size_t count;
	uint64_t since, used;			 /* when it was asked first, and last */
	const void *devices[GPU_SERVER_DEVICES]; /* on which it has a process */
	size_t device_count;
	struct calibrate calibrate;
};

struct requests {
	struct table by_id, servers;
	size_t count;
};

void requests__init(struct requests *r);
void requests__fini(struct requests *r);
/* NULL: there are too many, or no memory. */
struct gpu_request *requests__begin(struct requests *r, struct proc_id server, uint64_t id,
				    uint64_t ts);
struct gpu_request *requests__get(const struct requests *r, uint64_t id); /* NULL: not known */
/* NULL: it was asked nothing that is remembered. start_ns 0: any of that pid. */
struct gpu_server *requests__server(const struct requests *r, struct proc_id proc);
void requests__drop(struct requests *r, struct gpu_request *q);
/* It is over: what it was, by its call. */
void gpu_request__end(struct gpu_request *q, const struct call *c);
/* What of it fell into [from, until): tokens, and their weight. */
struct gpu_work gpu_request__work(const struct gpu_request *q, uint64_t from, uint64_t until);
uint64_t gpu_request__weight(const struct gpu_request *q, const struct gpu_weights *w,
			     uint64_t from, uint64_t until);

#endif
