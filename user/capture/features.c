// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "capture/cgroup_root.h"
#include "capture/features.h"

static const struct {
	const char *name, *since, *without;
	bool needed;
} feature_table[FEATURE_COUNT] = {
#define FEATURE(sym, id, from, need, instead) \
	[FEATURE_##sym] = { .name = #id, .since = from, .without = instead, .needed = need },
#include "capture/features.def"
#undef FEATURE
};

const char *feature_name(enum feature f)
{
	return feature_table[f].name;
}

bool feature_needed(enum feature f)
{
	return feature_table[f].needed;
}

const char *feature_since(enum feature f)
{
	return feature_table[f].since;
}

const char *feature_without(enum feature f)
{
	return feature_table[f].without;
}

int uprobe_multi_link(int prog_fd, const char *path, const unsigned long *offsets,
		      const unsigned long long *cookies, unsigned int count, int pid,
		      bool at_return)
{
	/* union bpf_attr's link_create with its uprobe_multi part, as of 6.6. */
	struct {
		__u32 prog_fd, target_fd, attach_type, flags;
		__u64 path, offsets, ref_ctr_offsets, cookies;
		__u32 count, multi_flags, pid, pad;
	} attr = {
		.prog_fd = (__u32)prog_fd,
		.attach_type = WT_BPF_TRACE_UPROBE_MULTI,
		.path = (__u64)(uintptr_t)path,
		.offsets = (__u64)(uintptr_t)offsets,
		.cookies = (__u64)(uintptr_t)cookies,
		.count = count,
		.multi_flags = at_return ? 1 : 0,
		.pid = (__u32)pid,
	};
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : (int)fd;
}

/* What the self-test hooks; not inlined, not merged, not optimised to nothing. */
static volatile unsigned int self_test_calls;

__attribute__((noinline, noclone)) static void self_test_target(void)
{
	self_test_calls++;
	__asm__ volatile("");
}

static void *self_test_thread(void *unused)
{
	self_test_target();
	return NULL;
}

unsigned long self_offset(const void *addr)
{
	unsigned long at = (unsigned long)addr, ret = 0;
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];

	while (maps && !ret && fgets(line, sizeof(line), maps)) {
		unsigned long start, end, offset;

		if (sscanf(line, "%lx-%lx %*4s %lx", &start, &end, &offset) == 3 && at >= start &&
		    at < end)
			ret = at - start + offset;
	}
	if (maps)
		fclose(maps);
	return ret;
}

static bool try_btf(void)
{
	return access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

static bool try_ringbuf(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "wt_try", 0, 0, 4096, NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool try_sideband(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1,
		.mmap2 = 1,
	};
	long fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd >= 0)
		close((int)fd);
	return fd >= 0;
}

/*
 * A link with a pid filter must fire in every thread of the process: from 6.6 to 6.9 it is silent
 * in all but the first. So the call is made on a second thread, and must be counted.
 */
static bool try_uprobe_multi(void)
{
	__u32 zero = 0;
	__u64 hits = 0;
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "wt_try", 4, 8, 1, NULL), prog = -1, link = -1;
	struct bpf_insn insns[] = {
		/* key = 0; value = lookup(map, &key); if (value) *value += 1; return 0 */
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map },
		{ 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .off = 2, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1, .imm = 1 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW,
		  .dst_reg = 0,
		  .src_reg = 1,
		  .imm = BPF_ADD },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = WT_BPF_TRACE_UPROBE_MULTI);
	unsigned long offset = self_offset((const void *)self_test_target);
	pthread_t thread;

	if (map < 0 || !offset)
		goto out;
	prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "wt_try", "Dual BSD/GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), &opts);
	if (prog < 0)
		goto out;
	link = uprobe_multi_link(prog, "/proc/self/exe", &offset, NULL, 1, getpid(), false);
	if (link < 0)
		goto out;
	if (!pthread_create(&thread, NULL, self_test_thread, NULL))
		pthread_join(thread, NULL);
	bpf_map_lookup_elem(map, &zero, &hits);
out:
	if (link >= 0)
		close(link);
	if (prog >= 0)
		close(prog);
	if (map >= 0)
		close(map);
	return hits == 1;
}

/* Marks are refused where they could not be answered. */
static bool try_hold(void)
{
	int file = memfd_create("wiretally", MFD_CLOEXEC);
	int group = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);
	bool can = group >= 0 && !fanotify_mark(group, FAN_MARK_ADD,
						FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM, file, NULL);

	if (group >= 0)
		close(group);
	if (file >= 0)
		close(file);
	return can;
}

/* Sends a datagram to ourselves, which a program at the root of all cgroups must see. */
static bool send_to_self(void)
{
	struct sockaddr_in self = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(self);
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool sent;

	sent = sock >= 0 && !bind(sock, (struct sockaddr *)&self, n) &&
	       !getsockname(sock, (struct sockaddr *)&self, &n) &&
	       sendto(sock, "", 1, 0, (struct sockaddr *)&self, n) == 1;
	if (sock >= 0)
		close(sock);
	return sent;
}

/* The program asks who runs, as ours does: it takes a kernel of 5.10 with the rights to trace. */
static bool try_cgroup_skb(void)
{
	__u32 zero = 0;
	__u64 seen = 0;
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "wt_try", 4, 8, 1, NULL), prog = -1, link = -1;
	int root = cgroup_root_open();
	struct bpf_insn insns[] = {
		/* key = 0; value = lookup(map, &key); if (value) *value = current; return 1 */
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map },
		{ 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .off = 3, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_task },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 6, .src_reg = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_CGROUP_INET_EGRESS);

	if (map < 0 || root < 0)
		goto out;
	prog = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SKB, "wt_try", "Dual BSD/GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), &opts);
	if (prog < 0)
		goto out;
	link = bpf_link_create(prog, root, BPF_CGROUP_INET_EGRESS, NULL);
	if (link >= 0 && send_to_self())
		bpf_map_lookup_elem(map, &zero, &seen);
out:
	if (link >= 0)
		close(link);
	if (prog >= 0)
		close(prog);
	if (root >= 0)
		close(root);
	if (map >= 0)
		close(map);
	return seen != 0;
}

void features__probe(struct features *ret_f)
{
#define FEATURE(sym, id, from, need, instead) ret_f->has[FEATURE_##sym] = try_##id();
#include "capture/features.def"
#undef FEATURE
}

const char *features__missing(const struct features *f)
{
	if (!f->has[FEATURE_BTF])
		return "this kernel has no BTF (/sys/kernel/btf/vmlinux): use a kernel built with "
		       "CONFIG_DEBUG_INFO_BTF, as Debian 11, Ubuntu 20.10, RHEL 8.2 and later are";
	if (!f->has[FEATURE_RINGBUF])
		return "this kernel has no BPF ring buffer: use Linux 5.10 or later";
	if (!f->has[FEATURE_SIDEBAND])
		return "perf_event_open is refused: set kernel.perf_event_paranoid to 2 or less, "
		       "or give the container CAP_PERFMON";
	return "";
}

bool features__seccomp_danger(void)
{
#if defined(__x86_64__)
	struct utsname u;
	unsigned int major, minor;

	if (uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return true;
	return major == 6 && minor >= 11 && minor < 14;
#else
	return false;
#endif
}
