// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gpu/looks.h"

/* As many are remembered as have a share of one device. */
#define LOOKS_MAX 256

struct look {
	uint32_t pid;
	uint64_t start_ns; /* GPU_UNKNOWN: it was not there */
	uint64_t at_ns;	   /* pass in which it was read */
	char comm[16];
	bool told;
};

struct looks {
	char root[256];
	uint64_t tick_ns; /* of the clock that /proc counts in */
	struct look ring[LOOKS_MAX];
	size_t next;
};

struct looks *looks__new(const char *root)
{
	struct looks *l = calloc(1, sizeof(*l));
	long ticks = sysconf(_SC_CLK_TCK);

	if (!l)
		return NULL;
	snprintf(l->root, sizeof(l->root), "%s", root);
	l->tick_ns = 1000000000u / (uint64_t)(ticks > 0 ? ticks : 100);
	return l;
}

void looks__free(struct looks *l)
{
	free(l);
}

static size_t read_file(const struct looks *l, uint32_t pid, const char *name, char *text,
			size_t cap)
{
	char path[320];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/proc/%" PRIu32 "/%s", l->root, pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, cap - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* "8123 (VLLM::EngineCor) S 8100 ...": the name ends at the last bracket, since it may hold any. */
static bool read_stat(const struct looks *l, uint32_t pid, struct look *to, uint64_t *ret_parent)
{
	char text[1024], *open = NULL, *close = NULL;
	unsigned long long start;
	unsigned int parent;

	if (read_file(l, pid, "stat", text, sizeof(text))) {
		open = strchr(text, '(');
		close = strrchr(text, ')');
	}
	if (!open || !close || close < open ||
	    sscanf(close + 1,
		   " %*c %u %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
		   &parent, &start) != 2)
		return false;
	span__copy(span_of(open + 1, (size_t)(close - open - 1)), to->comm, sizeof(to->comm));
	to->start_ns = start * l->tick_ns;
	*ret_parent = parent;
	return true;
}

/* The unified hierarchy's path; where that holds nobody, that of v1's memory. */
static void read_cgroup(const struct looks *l, uint32_t pid, char *path, size_t cap)
{
	char text[4096];
	struct span rest = span_of(text, read_file(l, pid, "cgroup", text, sizeof(text)));

	path[0] = '\0';
	while (rest.n) {
		struct span line = span__cut(&rest, '\n'), at = line, name;

		span__cut(&at, ':');
		name = span__cut(&at, ':');
		if ((!name.n && (!*path || at.n > 1)) ||
		    (span__eq(name, SPAN("memory")) && (!*path || !strcmp(path, "/"))))
			span__copy(at, path, cap);
	}
}

static void tell(struct looks *l, const struct gpu_teller *t, const struct look *one,
		 uint64_t parent)
{
	char path[320], cgroup[256];
	const char *const texts[] = { one->comm, cgroup };
	struct stat st;
	uint64_t uid;

	snprintf(path, sizeof(path), "%s/proc/%" PRIu32, l->root, one->pid);
	uid = stat(path, &st) ? GPU_UNKNOWN : st.st_uid;
	read_cgroup(l, one->pid, cgroup, sizeof(cgroup));
	gpu_tell_texts(t, GPU_NO_DEVICE, GPU_READING_TASK,
		       (const uint64_t[]){ one->pid, one->start_ns, parent, uid }, 4, texts, 2);
}

uint64_t looks__at(struct looks *l, const struct gpu_teller *t, uint32_t pid)
{
	struct look *known = NULL, now = { .pid = pid, .at_ns = t->ts };
	uint64_t parent;

	for (size_t i = 0; i < LOOKS_MAX; i++)
		if (l->ring[i].pid == pid)
			known = &l->ring[i];
	if (known && known->at_ns == t->ts)
		return known->start_ns;
	if (!read_stat(l, pid, &now, &parent))
		now.start_ns = GPU_UNKNOWN;
	if (!known) {
		known = &l->ring[l->next];
		l->next = (l->next + 1) % LOOKS_MAX;
		*known = (struct look){ .pid = pid };
	}
	now.told = known->told && known->start_ns == now.start_ns && !strcmp(known->comm, now.comm);
	*known = now;
	if (now.start_ns != GPU_UNKNOWN && !now.told) {
		tell(l, t, known, parent);
		known->told = true;
	}
	return known->start_ns;
}
