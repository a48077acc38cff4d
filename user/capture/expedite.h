/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expedite: short RCU grace periods while probes are set. Registering a uprobe waits for one
 * (percpu_down_write of dup_mmap_sem), 8 to 12 ms on an idle host, while a curl makes its first
 * TLS write 12 ms after exec: the race would be lost half of the time. Expedited grace periods
 * (/sys/kernel/rcu_expedited) take well under a millisecond. The setting is the whole host's, so
 * it is on only while probes are set or taken away (an attach queues behind a detach of the same
 * function), and a guard process puts it back should we be killed meanwhile. A host that has chosen
 * normal grace periods (rcu_normal, as real-time kernels do) is left alone, and so is the setting
 * while it is on already.
 *
 * The kernel's own threads that see to expedited grace periods wait for a CPU like anybody else: on
 * a busy host, 10 to 30 ms. While we run they have the lowest real-time priority, as a kernel with
 * CONFIG_RCU_EXP_KTHREAD gives them; each has some microseconds to do. The guard puts that back
 * too.
 */
#ifndef WT_CAPTURE_EXPEDITE_H
#define WT_CAPTURE_EXPEDITE_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

/* One for all grace periods, and one for each 16 CPUs: the largest hosts have two thousand. */
#define EXPEDITE_WORKERS 129

struct expedite {
	int fd;	   /* of /sys/kernel/rcu_expedited; -1: not to be touched */
	int guard; /* pipe whose end tells the guard to put things back */
	pid_t guard_pid;
	bool *ours; /* it is on, and to be put back by us; shared with the guard */
	pid_t worker[EXPEDITE_WORKERS]; /* the kernel's threads whose priority is ours to put back
					 */
	int worker_count;
	pthread_mutex_t lock;
	int users; /* between begin and end */
};

/* Forks the guard: before threads are started. */
void expedite__init(struct expedite *e);
void expedite__fini(struct expedite *e);
/* Around an attach or a detach; threads may overlap. */
void expedite__begin(struct expedite *e);
void expedite__end(struct expedite *e);

#endif
