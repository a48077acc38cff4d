// SPDX-License-Identifier: BSD-2-Clause
/*
 * cuda: launches and waits of processes that hold a GPU's memory, by probes on their libcuda. It
 * knows no device: what it tells splits the time that another source says a device was busy.
 *
 * Where the driver tells processes apart it looks five times a second who runs, and gives all of
 * that time to one; on MIG's slices and with MPS it tells nothing of them.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <unistd.h>

#include "gpu/envelope.h"
#include "gpu/holders.h"
#include "gpu/looks.h"
#include "gpu/source.h"

/* Of linux/capability.h, which lacks them on an older system. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

/* One that could not be traced is tried again: its libcuda is mapped when it first needs it. */
#define AGAIN_NS (20 * 1000000000ull)
/*
 * Processes that get probes, or lose them, in one look: each has some twenty, and the kernel takes
 * 10 to 100 ms for each. A source that does not come back is taken for one that hangs.
 */
#define CHANGES_MAX 4
/* Looks in which the driver calls a process busy, until it is said that no launch of it was seen.
 */
#define SILENT_LOOKS 15
/*
 * The driver's look ends a window: what was outstanding in it is to be told by then, or it is taken
 * for the next one's. A look here takes a millisecond, unless it sets probes.
 */
#define LEAD_MS 50

struct traced {
	uint32_t pid; /* 0: none */
	uint64_t start_ns;
	bool attached, held; /* held: it was named in this pass */
	int err;	     /* why it is not attached */
	uint64_t next_ns;    /* when that is tried again, or what was lifted is set again */
	uint64_t busy_ns;    /* when the driver last called it busy */
	unsigned int silent; /* so often, and nothing was seen of it */
	char missing[48];    /* a name that its libcuda lacks */
	struct envelope envelope;
};

struct cuda {
	const struct cuda_tracer *tracer; /* NULL: the kernel takes no probes */
	void *probes;
	struct gpu_holders *holders;
	struct looks *looks;
	unsigned int changes; /* in the look that goes on */
	struct traced traced[CUDA_PROCESSES_MAX];
	uint8_t told_state;
	char told[200];
};

/* It knows processes from the driver of NVIDIA's: where that is, there may be some. */
static bool present(const struct gpu_source_opts *o)
{
	return o->cuda && gpu_sources[GPU_SOURCE_NVML]->present(o);
}

static void close_cuda(void *state)
{
	struct cuda *c = state;

	if (!c)
		return;
	if (c->tracer)
		c->tracer->close(c->probes);
	looks__free(c->looks);
	free(c);
}

static void tell_once(struct cuda *c, const struct gpu_teller *t, enum gpu_state state,
		      const char *text)
{
	if (c->told_state == state && !strcmp(c->told, text))
		return;
	c->told_state = (uint8_t)state;
	span__copy(span_str(text), c->told, sizeof(c->told));
	gpu_tell_state(t, state, "%s", text);
}

#define WORKS "launches and waits of processes that hold a GPU's memory"

/* A kernel that takes no probes does not take them later: it is said, and nothing more is done. */
static int open_cuda(const struct gpu_source_opts *o, const struct gpu_teller *t, void **ret_state)
{
	struct cuda *c = calloc(1, sizeof(*c));
	const char *const texts[] = { "" };
	char why[160] = "";

	if (!c)
		return -ENOMEM;
	c->holders = o->holders;
	c->looks = looks__new(o->root);
	if (!c->looks) {
		close_cuda(c);
		return -ENOMEM;
	}
	gpu_tell_texts(t, GPU_NO_DEVICE, GPU_READING_BEGIN, NULL, 0, texts, 1);
	if (!o->cuda->open(&c->probes, why, sizeof(why)))
		c->tracer = o->cuda;
	tell_once(c, t, c->tracer ? GPU_STATE_WORKS : GPU_STATE_FAILED, c->tracer ? WORKS : why);
	*ret_state = c;
	return 0;
}

static void forget(struct cuda *c, struct traced *p)
{
	if (p->attached) {
		c->tracer->detach(c->probes, p->pid);
		c->changes++;
	}
	*p = (struct traced){ .pid = 0 };
}

static struct traced *find(struct cuda *c, uint32_t pid)
{
	struct traced *unused = NULL;

	for (size_t i = 0; i < CUDA_PROCESSES_MAX; i++) {
		if (c->traced[i].pid == pid)
			return &c->traced[i];
		if (!c->traced[i].pid && !unused)
			unused = &c->traced[i];
	}
	return unused;
}

static void attach(struct cuda *c, struct traced *p, uint64_t now)
{
	if (p->attached || now < p->next_ns || c->changes >= CHANGES_MAX)
		return;
	c->changes++;
	p->err = c->tracer->attach(c->probes, p->pid, p->missing, sizeof(p->missing));
	p->attached = !p->err;
	p->next_ns = now + AGAIN_NS;
	p->envelope = (struct envelope){ .lifted = 0 };
}

static void meet(struct cuda *c, const struct gpu_teller *t, const struct gpu_holder *h)
{
	uint32_t pid = h->pid;
	uint64_t start = looks__at(c->looks, t, pid), busy = h->busy_ns;
	struct traced *p = find(c, pid);

	/* A pid of elsewhere is no process of ours; one that is taken anew is another process. */
	if (!p || start == GPU_UNKNOWN)
		return;
	if (p->pid && p->start_ns != start)
		forget(c, p);
	p->pid = pid;
	p->start_ns = start;
	p->held = true;
	attach(c, p, t->ts);
	if (busy > p->busy_ns && p->attached && !p->envelope.active)
		p->silent++;
	p->busy_ns = busy;
}

static void read_one(struct cuda *c, const struct gpu_teller *t, struct traced *p)
{
	struct envelope_part part;
	struct cuda_work w;

	if (p->envelope.lifted && t->ts >= p->next_ns) {
		c->tracer->detach(c->probes, p->pid);
		p->attached = false;
		attach(c, p, t->ts);
	}
	if (!p->attached || c->tracer->read(c->probes, p->pid, &w) ||
	    !envelope__next(&p->envelope, &w, t->ts, &part))
		return;
	if (part.lift) {
		c->tracer->lift(c->probes, p->pid, part.lift);
		p->next_ns = t->ts + ENVELOPE_AGAIN_NS;
	}
	if (p->envelope.active)
		p->silent = 0;
	GPU_TELL(t, GPU_NO_DEVICE, GPU_READING_WORK, p->pid, p->start_ns, part.over_ns,
		 part.known ? part.outstanding_ns : GPU_UNKNOWN,
		 part.counted ? part.launches : GPU_UNKNOWN, part.graphs, part.waited_ns);
}

/* What a person should know of one process; false: all is as it should be. */
static bool complain(const struct traced *p, char *text, size_t cap)
{
	if (p->err == -ENOSYS)
		snprintf(text, cap, "its libcuda has no %s", p->missing);
	else if (p->err == -EPERM)
		snprintf(text, cap, "left alone: probes could get it killed by its seccomp filter");
	else if (p->err && p->err != -ENOENT && p->err != -ESRCH)
		snprintf(text, cap, "its libcuda takes no probes: %s", strerror(-p->err));
	else if (p->envelope.lifted & CUDA_LAUNCHES)
		snprintf(text, cap, "over %d launches a second: their probes are off for 5 minutes",
			 ENVELOPE_LAUNCHES_MAX);
	else if (p->envelope.lifted)
		snprintf(text, cap,
			 "over %d looks a second at events: their probes are off for 5 minutes",
			 ENVELOPE_QUERIES_MAX);
	else if (p->silent >= SILENT_LOOKS)
		snprintf(text, cap, "the driver calls it busy, and no launch was seen of it");
	else if (*p->missing)
		snprintf(text, cap, "its libcuda has no %s: an older driver", p->missing);
	else
		return false;
	return true;
}

static void tell_how(struct cuda *c, const struct gpu_teller *t)
{
	char one[100] = "", why[100], text[200];
	uint32_t first = 0;
	size_t more = 0;

	for (size_t i = 0; i < CUDA_PROCESSES_MAX; i++) {
		if (!c->traced[i].pid || !complain(&c->traced[i], why, sizeof(why)))
			continue;
		if (first)
			more++;
		else
			memcpy(one, why, sizeof(one));
		if (!first)
			first = c->traced[i].pid;
	}
	if (more)
		snprintf(text, sizeof(text), "process %u: %s; and %zu more", first, one, more);
	else
		snprintf(text, sizeof(text), "process %u: %s", first, one);
	tell_once(c, t, first ? GPU_STATE_PARTLY : GPU_STATE_WORKS, first ? text : WORKS);
}

static int sample(void *state, const struct gpu_teller *t)
{
	struct cuda *c = state;

	if (!c->tracer || !c->holders)
		return 0;
	c->changes = 0;
	for (size_t i = 0; i < CUDA_PROCESSES_MAX; i++)
		c->traced[i].held = false;
	for (size_t i = 0; i < HOLDERS_MAX; i++)
		if (holder__is(&c->holders->at[i], t->ts))
			meet(c, t, &c->holders->at[i]);
	for (size_t i = 0; i < CUDA_PROCESSES_MAX; i++) {
		struct traced *p = &c->traced[i];

		if (p->pid && !p->held && c->changes < CHANGES_MAX)
			forget(c, p);
		if (p->attached)
			read_one(c, t, p);
	}
	tell_how(c, t);
	return 0;
}

const struct gpu_source gpu_source_cuda = {
	.name = "cuda",
	.absent = "no driver of NVIDIA's, or nobody to set probes",
	.caps = 1ull << CAP_BPF | 1ull << CAP_PERFMON | 1ull << CAP_SYS_PTRACE |
		1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_SYS_RESOURCE | 1ull << CAP_SYS_ADMIN,
	.lead_ms = LEAD_MS,
	.present = present,
	.open = open_cuda,
	.sample = sample,
	.close = close_cuda,
};
