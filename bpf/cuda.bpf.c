// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * libcuda: launches, and waits for them. What they come to is added up here, in one entry for each
 * process that has probes (cuda_work.h): a launch costs its trap and some loads, and tells nobody.
 */
#include "kernel.bpf.h"
#include "cuda_work.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* CU_STREAM_LEGACY and CU_STREAM_PER_THREAD: which of both NULL is depends on the spelling. */
#define STREAM_LEGACY	  1
#define STREAM_PER_THREAD 2
/* No stream is there: its address would be the kernel's. */
#define STREAM_OF_THREAD (1ull << 63)
/* Of a wait for all streams. */
#define STREAM_ALL (~0ull)

/* By tgid. User space adds those that get probes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CUDA_PROCESSES_MAX);
	__type(key, __u32);
	__type(value, struct cuda_work);
} cuda_works SEC(".maps");

struct event_key {
	__u64 event;
	__u64 tgid;
};

/* Work that was launched into the stream up to then. */
struct mark {
	__u64 stream, ns;
};

/* Where each event was recorded last. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct event_key);
	__type(value, struct mark);
} cuda_events SEC(".maps");

struct wait {
	struct mark until; /* what is over when it returns; stream 0: it is not known */
	__u64 ns;	   /* when it began */
	__u64 query;	   /* it does not wait, but looks */
};

/* By thread: the call that it is in. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct wait);
} cuda_waits SEC(".maps");

static __always_inline struct cuda_work *work_of(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	return bpf_map_lookup_elem(&cuda_works, &tgid);
}

static __always_inline __u64 stream_of(__u64 stream, bool per_thread)
{
	if (!stream)
		stream = per_thread ? STREAM_PER_THREAD : STREAM_LEGACY;
	if (stream == STREAM_PER_THREAD)
		stream = STREAM_OF_THREAD | (__u32)bpf_get_current_pid_tgid();
	return stream;
}

/* Handles are addresses of records of the same size: the middle bits tell them apart. */
static __always_inline struct cuda_stream *slot_of(struct cuda_work *w, __u64 stream)
{
	__u64 i = (stream * 0x9e3779b97f4a7c15ull) >> 60;

	asm volatile("%0 &= 15" : "+r"(i));
	return &w->streams[i];
}

static __always_inline void opened(struct cuda_work *w, __u64 stream)
{
	struct cuda_stream *s = slot_of(w, stream);
	__u64 now = bpf_ktime_get_ns();

	/* What nobody waited for has ended some time: see CUDA_UNSEEN_NS. */
	if (w->since_ns && !w->waiting_ns && now > w->seen_ns + CUDA_UNSEEN_NS) {
		__sync_fetch_and_add(&w->done_ns, w->seen_ns + CUDA_UNSEEN_NS - w->since_ns);
		for (int i = 0; i < CUDA_STREAMS; i++)
			w->streams[i].launched_ns = 0;
		w->since_ns = 0;
	}
	s->stream = stream;
	s->launched_ns = now;
	if (!w->since_ns)
		w->since_ns = now;
	w->seen_ns = now;
}

/* All that was launched into the stream by then is over. */
static __always_inline void closed(struct cuda_work *w, const struct mark *until)
{
	bool open = false;

	for (int i = 0; i < CUDA_STREAMS; i++) {
		struct cuda_stream *s = &w->streams[i];

		if (s->launched_ns && s->launched_ns <= until->ns &&
		    (until->stream == STREAM_ALL || s->stream == until->stream))
			s->launched_ns = 0;
		open |= s->launched_ns != 0;
	}
	if (!open && w->since_ns) {
		__u64 now = bpf_ktime_get_ns();

		__sync_fetch_and_add(&w->done_ns, now - w->since_ns);
		w->since_ns = 0;
	}
}

static __always_inline int launch(struct pt_regs *ctx, __u64 stream, bool per_thread, bool graph)
{
	struct cuda_work *w = work_of();

	if (!w)
		return 0;
	if (graph)
		__sync_fetch_and_add(&w->graphs, 1);
	else
		__sync_fetch_and_add(&w->launches, 1);
	opened(w, stream_of(stream, per_thread));
	return 0;
}

/* The ninth argument, by the calling convention: on the stack. */
#if defined(__TARGET_ARCH_x86)
#define NINTH 24
#else
#define NINTH 0
#endif

static __always_inline __u64 user_u64(__u64 at)
{
	__u64 value = 0;

	bpf_probe_read_user(&value, sizeof(value), (const void *)at);
	return value;
}

SEC("uprobe")
int cuda_launch(struct pt_regs *ctx)
{
	return launch(ctx, user_u64(PT_REGS_SP(ctx) + NINTH), false, false);
}

SEC("uprobe")
int cuda_launch_ptsz(struct pt_regs *ctx)
{
	return launch(ctx, user_u64(PT_REGS_SP(ctx) + NINTH), true, false);
}

SEC("uprobe")
int cuda_launch_ex(struct pt_regs *ctx)
{
	return launch(ctx, user_u64(PT_REGS_PARM1(ctx) + CUDA_CONFIG_STREAM), false, false);
}

SEC("uprobe")
int cuda_launch_ex_ptsz(struct pt_regs *ctx)
{
	return launch(ctx, user_u64(PT_REGS_PARM1(ctx) + CUDA_CONFIG_STREAM), true, false);
}

SEC("uprobe")
int cuda_graph(struct pt_regs *ctx)
{
	return launch(ctx, PT_REGS_PARM2(ctx), false, true);
}

SEC("uprobe")
int cuda_graph_ptsz(struct pt_regs *ctx)
{
	return launch(ctx, PT_REGS_PARM2(ctx), true, true);
}

static __always_inline int copy(struct pt_regs *ctx)
{
	struct cuda_work *w = work_of();

	if (!w)
		return 0;
	__sync_fetch_and_add(&w->copies, 1);
	__sync_fetch_and_add(&w->copied_bytes, PT_REGS_PARM3(ctx));
	return 0;
}

SEC("uprobe")
int cuda_copy_async(struct pt_regs *ctx)
{
	return copy(ctx);
}

static __always_inline int record(struct pt_regs *ctx, bool per_thread)
{
	struct event_key key = { PT_REGS_PARM1(ctx), bpf_get_current_pid_tgid() >> 32 };
	struct mark mark = { stream_of(PT_REGS_PARM2(ctx), per_thread), bpf_ktime_get_ns() };
	struct cuda_work *w = work_of();

	if (!w)
		return 0;
	__sync_fetch_and_add(&w->records, 1);
	bpf_map_update_elem(&cuda_events, &key, &mark, BPF_ANY);
	return 0;
}

SEC("uprobe")
int cuda_record(struct pt_regs *ctx)
{
	return record(ctx, false);
}

SEC("uprobe")
int cuda_record_ptsz(struct pt_regs *ctx)
{
	return record(ctx, true);
}

static __always_inline int enter(struct mark until, bool query)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct wait wait = { until, bpf_ktime_get_ns(), query };
	struct cuda_work *w = work_of();

	if (!w)
		return 0;
	if (query)
		__sync_fetch_and_add(&w->queries, 1);
	else
		w->waiting_ns = wait.ns;
	/* A look that could tell nothing new: there is no work. */
	if (query && !w->since_ns)
		return 0;
	bpf_map_update_elem(&cuda_waits, &thread, &wait, BPF_ANY);
	return 0;
}

static __always_inline struct mark event_mark(__u64 event)
{
	struct event_key key = { event, bpf_get_current_pid_tgid() >> 32 };
	struct mark none = {}, *m = bpf_map_lookup_elem(&cuda_events, &key);

	return m ? *m : none;
}

static __always_inline struct mark stream_mark(__u64 stream, bool per_thread)
{
	struct mark m = { stream, bpf_ktime_get_ns() };

	if (stream != STREAM_ALL)
		m.stream = stream_of(stream, per_thread);
	return m;
}

SEC("uprobe")
int cuda_stream_wait(struct pt_regs *ctx)
{
	return enter(stream_mark(PT_REGS_PARM1(ctx), false), false);
}

SEC("uprobe")
int cuda_stream_wait_ptsz(struct pt_regs *ctx)
{
	return enter(stream_mark(PT_REGS_PARM1(ctx), true), false);
}

SEC("uprobe")
int cuda_event_wait(struct pt_regs *ctx)
{
	return enter(event_mark(PT_REGS_PARM1(ctx)), false);
}

SEC("uprobe")
int cuda_context_wait(struct pt_regs *ctx)
{
	return enter(stream_mark(STREAM_ALL, false), false);
}

/* It comes back when the bytes are there: behind all of its stream. */
SEC("uprobe")
int cuda_copy_wait(struct pt_regs *ctx)
{
	copy(ctx);
	return enter(stream_mark(0, false), false);
}

SEC("uprobe")
int cuda_copy_wait_ptds(struct pt_regs *ctx)
{
	copy(ctx);
	return enter(stream_mark(0, true), false);
}

SEC("uprobe")
int cuda_stream_query(struct pt_regs *ctx)
{
	return enter(stream_mark(PT_REGS_PARM1(ctx), false), true);
}

SEC("uprobe")
int cuda_stream_query_ptsz(struct pt_regs *ctx)
{
	return enter(stream_mark(PT_REGS_PARM1(ctx), true), true);
}

SEC("uprobe")
int cuda_event_query(struct pt_regs *ctx)
{
	return enter(event_mark(PT_REGS_PARM1(ctx)), true);
}

/* CUDA_SUCCESS; an error (the GPU is lost) and CUDA_ERROR_NOT_READY end nothing. */
#define CUDA_DONE      0
#define CUDA_NOT_READY 600

SEC("uretprobe")
int cuda_leave(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();
	struct wait *wait = bpf_map_lookup_elem(&cuda_waits, &thread);
	struct cuda_work *w = work_of();
	int result = (int)PT_REGS_RC(ctx);

	if (!wait)
		return 0;
	if (w && !wait->query) {
		__sync_fetch_and_add(&w->waits, 1);
		__sync_fetch_and_add(&w->waited_ns, now - wait->ns);
		/* Of several who wait it is the latest one's: the others are seen when they end. */
		if (w->waiting_ns == wait->ns)
			w->waiting_ns = 0;
		/* What goes on in other streams was waited out, too, for all that is known. */
		if (w->since_ns)
			w->seen_ns = now;
	}
	if (w && result == CUDA_DONE && wait->until.stream)
		closed(w, &wait->until);
	else if (w && wait->query && result == CUDA_NOT_READY)
		w->seen_ns = now;
	bpf_map_delete_elem(&cuda_waits, &thread);
	return 0;
}
