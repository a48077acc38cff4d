// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "capture/cuda.h"
#include "capture/features.h"
#include "capture/image.h"
#include "capture/perf_uprobe.h"
#include "capture/privileges.h"
#include "capture/procfs.h"
#include "capture/symbols.h"
#include "cuda.skel.h"

/* Without it a process's work can't be told at all; or only by an old driver's name for less. */
enum cuda_call_need { CUDA_OPTIONAL = 0, CUDA_EXPECTED, CUDA_NEEDED };

static const struct cuda_call {
	const char *enter; /* a program's name */
	bool leaves;
	uint8_t often; /* enum cuda_often */
	uint8_t need;  /* enum cuda_call_need */
} calls[] = {
#define CUDA_CALL(symbol, program, returns, frequent, needed) \
	{ .enter = #program, .leaves = returns, .often = frequent, .need = needed },
#include "capture/cuda_calls.def"
#undef CUDA_CALL
};

/* One more than the place in calls[]. */
enum cuda_func {
	CUDA_FUNC_NONE = 0,
#define CUDA_CALL(symbol, program, returns, frequent, needed) CUDA_FUNC_##symbol,
#include "capture/cuda_calls.def"
#undef CUDA_CALL
};

static const struct symbol_func symbols[] = {
#define CUDA_CALL(symbol_, program, returns, frequent, needed_) \
	{ .symbol = #symbol_, .func = CUDA_FUNC_##symbol_, .needed = (needed_) == CUDA_NEEDED },
#include "capture/cuda_calls.def"
#undef CUDA_CALL
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

_Static_assert(CALLS <= SYMBOLS_MAX, "they are looked for in one go");
_Static_assert(CALLS <= PLAN_MAX, "each has a place in one plan");

/* Links of one process that go together: those of one enum cuda_often, and the rest at 0. */
#define OFTEN_SETS 3
/* Of one set: an entry and a return for each function, as perf events. */
#define LINKS_MAX (2 * CALLS)

struct traced {
	uint32_t pid;
	int fd[OFTEN_SETS][LINKS_MAX];
	uint32_t count[OFTEN_SETS];
};

struct cuda {
	struct cuda_bpf *bpf;
	bool multi;
	struct perf_uprobe perf;
	struct traced *traced[CUDA_PROCESSES_MAX];
	size_t traced_count;
};

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

static void close_cuda(void *state)
{
	struct cuda *c = state;

	if (!c)
		return;
	while (c->traced_count)
		cuda_tracer.detach(c, c->traced[0]->pid);
	cuda_bpf__destroy(c->bpf);
	free(c);
}

/* A process has some dozens of links: the usual limit of 1024 is soon reached. */
static void raise_limit(void)
{
	struct rlimit files;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

static int load(struct cuda *c)
{
	struct bpf_program *prog;

	c->bpf = cuda_bpf__open();
	if (!c->bpf)
		return -errno;
	bpf_object__for_each_program(prog, c->bpf->obj)
	{
		if (c->multi)
			bpf_program__set_expected_attach_type(prog, WT_BPF_TRACE_UPROBE_MULTI);
	}
	return cuda_bpf__load(c->bpf);
}

static int open_cuda(void **ret_state, char *why, size_t why_cap)
{
	struct cuda *c = calloc(1, sizeof(*c));
	struct features f;
	int err;

	if (!c)
		return -ENOMEM;
	raise_limit();
	libbpf_set_print(quiet);
	features__probe(&f);
	c->multi = f.has[FEATURE_UPROBE_MULTI];
	/* The older kind of probes is for who administers the system. */
	err = c->multi ? privileges_give_up(1ull << CAP_SYS_ADMIN) : perf_uprobe__init(&c->perf);
	if (!err)
		err = load(c);
	if (err) {
		snprintf(why, why_cap, "the kernel takes no probes from us: %s", strerror(-err));
		close_cuda(c);
		return err;
	}
	*ret_state = c;
	return 0;
}

static int set_of(const struct cuda_call *call)
{
	return call->often & CUDA_LAUNCHES ? 1 : call->often & CUDA_QUERIES ? 2 : 0;
}

static int add_link(struct traced *t, int set, int fd)
{
	if (fd < 0)
		return fd;
	t->fd[set][t->count[set]++] = fd;
	return 0;
}

static int program_of(const struct cuda *c, const struct cuda_call *call, bool at_return)
{
	const char *name = at_return ? "cuda_leave" : call->enter;

	return bpf_program__fd(bpf_object__find_program_by_name(c->bpf->obj, name));
}

static void drop_set(struct traced *t, int set)
{
	while (t->count[set])
		close(t->fd[set][--t->count[set]]);
}

static void drop_sets(struct traced *t)
{
	for (int set = 0; set < OFTEN_SETS; set++)
		drop_set(t, set);
}

/* All places that run the same program, and go together, in one link. */
static int set_multi(const struct cuda *c, struct traced *t, const char *path,
		     const struct probe_plan *plan, bool at_return)
{
	bool done[PLAN_MAX] = { false };
	int err = 0;

	for (uint32_t first = 0; !err && first < plan->count; first++) {
		const struct cuda_call *call = &calls[plan->at[first].func - 1];
		unsigned long places[PLAN_MAX];
		unsigned int n = 0;

		if (done[first] || (at_return && !call->leaves))
			continue;
		for (uint32_t i = first; i < plan->count; i++) {
			const struct cuda_call *other = &calls[plan->at[i].func - 1];

			if (other->often != call->often || (at_return && !other->leaves) ||
			    (!at_return && strcmp(other->enter, call->enter)))
				continue;
			places[n++] = plan->at[i].offset;
			done[i] = true;
		}
		err = add_link(t, set_of(call),
			       uprobe_multi_link(program_of(c, call, at_return), path, places, NULL,
						 n, (int)t->pid, at_return));
	}
	return err;
}

static int set_perf(const struct cuda *c, struct traced *t, const char *path,
		    const struct probe_plan *plan, bool at_return)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < plan->count; i++) {
		const struct cuda_call *call = &calls[plan->at[i].func - 1];

		if (!at_return || call->leaves)
			err = add_link(t, set_of(call),
				       perf_uprobe__link(&c->perf, program_of(c, call, at_return),
							 path, plan->at[i].offset, (pid_t)t->pid,
							 at_return));
	}
	return err;
}

static int set_probes(const struct cuda *c, struct traced *t, int fd, const struct probe_plan *plan)
{
	int (*set)(const struct cuda *, struct traced *, const char *, const struct probe_plan *,
		   bool) = c->multi ? set_multi : set_perf;
	char path[32];
	int err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* Returns first: a wait whose entry is seen never lacks its end. */
	err = set(c, t, path, plan, true);
	if (!err)
		err = set(c, t, path, plan, false);
	if (err)
		drop_sets(t);
	return err;
}

static void on_mapping(void *ctx, const struct mapping *m)
{
	const char *name = strrchr(m->path, '/');
	int *fd = ctx;

	/* "libcuda.so.1", and the file that it is a link to: "libcuda.so.550.54.14". */
	if (*fd < 0 && name && !strncmp(name + 1, "libcuda.so", strlen("libcuda.so")) &&
	    mapping_is_file(m))
		*fd = procfs_open_mapped(m);
}

/* Returns 0, -ENOSYS: what is needed is missing, or why the file can't be read. */
static int plan_of(int fd, struct probe_plan *plan, char *missing, size_t missing_cap)
{
	static const struct symbols_wanted wanted = SYMBOLS_WANTED("cu", symbols);
	struct image img;
	uint32_t seen = 0;
	int err;

	err = image__open(&img, fd, NULL);
	if (!err)
		err = symbols_plan(&img, &wanted, plan, &seen);
	missing[0] = '\0';
	for (size_t i = 0; i < CALLS; i++)
		if (calls[i].need > CUDA_OPTIONAL && !(seen & 1u << i) &&
		    (!*missing || calls[i].need == CUDA_NEEDED))
			snprintf(missing, missing_cap, "%s", symbols[i].symbol);
	return err == -ENOENT ? -ENOSYS : err;
}

static struct traced **find(struct cuda *c, uint32_t pid)
{
	for (size_t i = 0; i < c->traced_count; i++)
		if (c->traced[i]->pid == pid)
			return &c->traced[i];
	return NULL;
}

static int attach_to(const struct cuda *c, struct traced *t, int fd, const struct probe_plan *plan)
{
	static const struct cuda_work none;
	int err;

	/* Before the probes are: they count for who has an entry. */
	err = bpf_map_update_elem(bpf_map__fd(c->bpf->maps.cuda_works), &t->pid, &none, BPF_ANY);
	if (err)
		return err;
	err = set_probes(c, t, fd, plan);
	if (err)
		bpf_map_delete_elem(bpf_map__fd(c->bpf->maps.cuda_works), &t->pid);
	return err;
}

static int attach(void *state, uint32_t pid, char *missing, size_t missing_cap)
{
	struct cuda *c = state;
	struct traced *t = NULL;
	struct probe_plan plan = { .count = 0 };
	int fd = -ENOENT, err = 0;

	if (c->traced_count == CUDA_PROCESSES_MAX)
		return -ENOSPC;
	procfs_mappings((pid_t)pid, on_mapping, &fd);
	if (fd < 0)
		return fd;
	err = plan_of(fd, &plan, missing, missing_cap);
	if (!err && features__seccomp_danger() && procfs_seccomp((pid_t)pid))
		err = -EPERM;
	if (!err)
		t = calloc(1, sizeof(*t));
	if (!err && !t)
		err = -ENOMEM;
	if (!err) {
		t->pid = pid;
		err = attach_to(c, t, fd, &plan);
	}
	close(fd);
	if (err) {
		free(t);
		return err;
	}
	c->traced[c->traced_count++] = t;
	return 0;
}

static void lift(void *state, uint32_t pid, unsigned int often)
{
	struct traced **t = find(state, pid);

	for (int set = 1; t && set < OFTEN_SETS; set++)
		if (often & 1u << (set - 1))
			drop_set(*t, set);
}

static void detach(void *state, uint32_t pid)
{
	struct cuda *c = state;
	struct traced **at = find(c, pid), *t;

	if (!at)
		return;
	t = *at;
	*at = c->traced[--c->traced_count];
	drop_sets(t);
	bpf_map_delete_elem(bpf_map__fd(c->bpf->maps.cuda_works), &pid);
	free(t);
}

static int read_work(void *state, uint32_t pid, struct cuda_work *ret_work)
{
	const struct cuda *c = state;

	return bpf_map_lookup_elem(bpf_map__fd(c->bpf->maps.cuda_works), &pid, ret_work);
}

const struct cuda_tracer cuda_tracer = {
	.open = open_cuda,
	.attach = attach,
	.lift = lift,
	.detach = detach,
	.read = read_work,
	.close = close_cuda,
};
