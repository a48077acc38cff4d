/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * cuda_work: what probes on libcuda count of one process, in the kernel: nothing is told for each
 * call. Times are CLOCK_MONOTONIC.
 *
 *   launch       launch            wait .......... returns
 *     |------------ a stretch: work is outstanding --|
 *
 * A stream has work from a launch until a wait that came behind it returns. The process has some
 * while any of its streams has: that is never less than the GPU is busy for it, and may be more,
 * since it may stand in line behind others.
 */
#ifndef WT_CUDA_WORK_H
#define WT_CUDA_WORK_H

#include <linux/types.h>

/* Processes that have probes at once. */
#define CUDA_PROCESSES_MAX 256
/* Streams of one process told apart; two that fall together are one. */
#define CUDA_STREAMS 16
/*
 * Of what was launched and is not waited for nobody knows when it ended: trailing copies of a
 * request. It counts for so long behind the last launch, or the last look that found it running.
 */
#define CUDA_UNSEEN_NS (100 * 1000000ull)
/*
 * CUlaunchConfig, cuLaunchKernelEx's first argument: seven u32 of the grid, of the block and of
 * shared memory, then CUstream.
 */
#define CUDA_CONFIG_STREAM 32

struct cuda_stream {
	__u64 stream;
	__u64 launched_ns; /* the last time; 0: nothing is outstanding */
};

/* The kernel side writes it without locks: threads that race lose a stretch, not the count. */
struct cuda_work {
	__u64 launches, graphs;	    /* kernels one by one, graphs of many */
	__u64 records, queries;	    /* of events: what may be called in a spin */
	__u64 copies, copied_bytes; /* from the device to the host */
	__u64 waits, waited_ns;	    /* calls that wait in the driver, that are over */
	__u64 done_ns;		    /* stretches that are over */
	__u64 since_ns;		    /* the one that goes on; 0: none */
	__u64 seen_ns;		    /* it was launched, or seen running, for the last time */
	__u64 waiting_ns;	    /* who waits in the driver came then; 0: nobody */
	struct cuda_stream streams[CUDA_STREAMS];
};

#endif
