/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The few kernel structs that are read, with only the fields that are read. CO-RE relocates each
 * access against the running kernel's BTF, so neither a generated vmlinux.h nor BTF is needed on
 * the machine that builds.
 */
#ifndef WT_BPF_KERNEL_H
#define WT_BPF_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
};

struct signal_struct {
	atomic_t live; /* threads that have not begun to exit */
};

struct mm_struct;

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
};

struct file {
	struct inode *f_inode;
	void *private_data; /* of a socket: struct socket */
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	__u64 words[2]; /* never read by its own name */
};

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
};

struct socket {
	struct sock *sk;
};

struct task_struct {
	int pid;
	int tgid;
	__u64 start_boottime; /* 5.5 */
	__u64 self_exec_id;
	struct mm_struct *mm;
	struct task_struct *group_leader;
	struct task_struct *real_parent; /* the thread that forked */
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct files_struct *files;
};

enum cgroup_subsys_id { memory_cgrp_id = 4 };

#pragma clang attribute pop

/*
 * Stack pointer at a function's return, as seen by a return probe, for the one seen at its entry:
 * x86 has popped the return address by then, arm64 keeps it in a register.
 */
#if defined(__TARGET_ARCH_x86)
#define SP_AT_RETURN(entry_sp) ((entry_sp) + 8)
#else
#define SP_AT_RETURN(entry_sp) (entry_sp)
#endif

#endif
