// SPDX-License-Identifier: BSD-2-Clause
#include "base/hash.h"
#include "gpu/settle.h"

/* A time and its price, which are divided by the same weights. */
struct amount {
	uint64_t ns;
	int64_t nano_usd;
};

static uint64_t length_of(const struct gpu_window *w)
{
	return w->end_ns > w->start_ns ? w->end_ns - w->start_ns : 0;
}

/* By the weights in s->split: times to its parts, money to s->nano. False: all weights are 0. */
static bool divide(struct settle *s, struct amount whole, size_t count)
{
	if (!split(whole.nano_usd, s->split, count))
		return false;
	for (size_t i = 0; i < count; i++)
		s->nano[i] = s->split[i].part;
	return split((int64_t)whole.ns, s->split, count);
}

static void add(struct settle *s, struct gpu_part part)
{
	/* Room is for all there can be; what is nothing is no part. */
	if (s->count < SETTLE_PARTS_MAX && (part.ns || part.nano_usd))
		s->parts[s->count++] = part;
}

static uint64_t name_of(const struct gpu_process *p)
{
	uint64_t key[] = { p->proc.tgid, p->proc.start_ns };

	return hash_bytes(HASH_SEED, key, sizeof(key));
}

static bool is_alone(const struct gpu_window *w)
{
	return w->process_count == 1 && (w->known & GPU_KNOWS_PROCESSES) &&
	       !(w->losses & (GPU_LOSS_FULL | GPU_LOSS_PROCESSES));
}

static enum gpu_label worse(enum gpu_label a, enum gpu_label b)
{
	return a > b ? a : b;
}

/* Of the requests of one server in the window. */
static enum gpu_label label_of(const struct settle *s, const struct gpu_process *p,
			       const struct gpu_request *q, const struct gpu_weights *w,
			       size_t busy)
{
	const struct gpu_window *win = s->window;
	enum gpu_label label = is_alone(win) ? GPU_LABEL_EXACT : GPU_LABEL_SPLIT;
	bool told = w->from == GPU_WEIGHTS_TOLD && q->over && q->prefill_ns + q->decode_ns;

	if (busy > 1 && !told)
		label = worse(label,
			      w->from == GPU_WEIGHTS_DEFAULT ? GPU_LABEL_DEFAULT : GPU_LABEL_GOOD);
	if (win->metric == GPU_METRIC_ENVELOPE ||
	    (!is_alone(win) && p->metric == GPU_METRIC_ENVELOPE))
		label = worse(label, GPU_LABEL_ENVELOPE);
	return label;
}

/* What one process was busy with, to the requests that it worked for. */
static void to_requests(struct settle *s, size_t process, struct amount busy)
{
	const struct gpu_window *win = s->window;
	const struct gpu_process *p = &win->processes[process];
	struct gpu_server *server = s->servers[process];
	struct gpu_weights w = { 0 };
	struct split_part *parts = s->split;
	struct gpu_work work = { 0 };
	size_t n = 0;

	if (server)
		w = calibrate__weights(&server->calibrate);
	for (const struct gpu_request *q = server ? server->first : NULL; q; q = q->next) {
		uint64_t weight = gpu_request__weight(q, &w, win->start_ns, win->end_ns);
		struct gpu_work one = gpu_request__work(q, win->start_ns, win->end_ns);

		if (!weight)
			continue;
		work.prefill += one.prefill;
		work.decode += one.decode;
		work.context += one.context;
		parts[n] = (struct split_part){ .weight = weight, .name = q->id };
		s->work[n] = one;
		s->requests[n++] = q;
	}
	if (server)
		calibrate__window(&server->calibrate, &work, busy.ns);
	if (!divide(s, busy, n)) {
		add(s,
		    (struct gpu_part){ .kind = GPU_PART_UNATTRIBUTED,
				       .label = is_alone(win) ? GPU_LABEL_EXACT : GPU_LABEL_SPLIT,
				       .process = p,
				       .ns = busy.ns,
				       .nano_usd = busy.nano_usd });
		return;
	}
	for (size_t i = 0; i < n; i++)
		add(s, (struct gpu_part){ .kind = GPU_PART_REQUEST,
					  .label = (uint8_t)label_of(s, p, s->requests[i], &w, n),
					  .request = s->requests[i]->id,
					  .process = p,
					  .ns = (uint64_t)parts[i].part,
					  .nano_usd = s->nano[i],
					  .prefill = s->work[i].prefill,
					  .decode = s->work[i].decode });
}

/* Nothing tells which process was busy: those whose servers were at work meanwhile, by how much. */
static bool by_requests(struct settle *s)
{
	const struct gpu_window *win = s->window;
	static const struct gpu_weights any = GPU_WEIGHTS_GUESSED;
	bool some = false;

	for (size_t i = 0; i < win->process_count; i++) {
		s->split[i].weight = 0;
		for (const struct gpu_request *q = s->servers[i] ? s->servers[i]->first : NULL; q;
		     q = q->next)
			s->split[i].weight +=
				gpu_request__weight(q, &any, win->start_ns, win->end_ns) >> 12;
		some |= s->split[i].weight != 0;
	}
	return some;
}

static void busy_parts(struct settle *s, struct amount busy)
{
	const struct gpu_window *win = s->window;
	struct amount each[GPU_PROCESSES_MAX];
	size_t n = win->process_count;
	bool known = n == 1;

	for (size_t i = 0; i < n; i++) {
		const struct gpu_process *p = &win->processes[i];

		s->split[i] = (struct split_part){ .name = name_of(p), .weight = n == 1 };
		if (n > 1 && (p->known & GPU_PROCESS_BUSY))
			s->split[i].weight = p->busy_ns;
		known |= s->split[i].weight != 0;
	}
	known = known || by_requests(s);
	if (!known || !divide(s, busy, n)) {
		add(s, (struct gpu_part){ .kind = GPU_PART_UNATTRIBUTED,
					  .label = GPU_LABEL_SPLIT,
					  .ns = busy.ns,
					  .nano_usd = busy.nano_usd });
		return;
	}
	for (size_t i = 0; i < n; i++)
		each[i] = (struct amount){ (uint64_t)s->split[i].part, s->nano[i] };
	for (size_t i = 0; i < n; i++)
		if (each[i].ns || each[i].nano_usd)
			to_requests(s, i, each[i]);
}

/* Who holds memory keeps others from using it. */
static bool held_parts(struct settle *s, struct amount idle)
{
	const struct gpu_window *win = s->window;
	bool memory = false;

	for (size_t i = 0; i < win->process_count; i++)
		memory |= (win->processes[i].known & GPU_PROCESS_MEMORY) &&
			  win->processes[i].memory_bytes;
	for (size_t i = 0; i < win->process_count; i++) {
		const struct gpu_process *p = &win->processes[i];
		bool knows = p->known & GPU_PROCESS_MEMORY;

		s->split[i] = (struct split_part){ .name = name_of(p),
						   .weight = !memory ? !p->ended
							     : knows ? p->memory_bytes
								     : 0 };
	}
	if (!divide(s, idle, win->process_count))
		return false;
	for (size_t i = 0; i < win->process_count; i++)
		add(s, (struct gpu_part){ .kind = GPU_PART_HELD,
					  .process = &win->processes[i],
					  .ns = (uint64_t)s->split[i].part,
					  .nano_usd = s->nano[i] });
	return true;
}

static bool reserved_parts(struct settle *s, struct amount idle)
{
	const struct gpu_window *win = s->window;

	for (size_t i = 0; i < win->claim_count; i++) {
		const struct gpu_claim *c = &win->claims[i];
		uint64_t key = hash_bytes(HASH_SEED, c->namespace, strlen(c->namespace));

		key = hash_bytes(key, c->pod, strlen(c->pod));
		key = hash_bytes(key, c->container, strlen(c->container));
		s->split[i] = (struct split_part){ .name = key, .weight = 1 };
	}
	if (!divide(s, idle, win->claim_count))
		return false;
	for (size_t i = 0; i < win->claim_count; i++)
		add(s, (struct gpu_part){ .kind = GPU_PART_RESERVED,
					  .claim = &win->claims[i],
					  .ns = (uint64_t)s->split[i].part,
					  .nano_usd = s->nano[i] });
	return true;
}

static void idle_parts(struct settle *s, struct amount idle)
{
	if ((!idle.ns && !idle.nano_usd) || held_parts(s, idle) || reserved_parts(s, idle))
		return;
	add(s,
	    (struct gpu_part){ .kind = GPU_PART_FREE, .ns = idle.ns, .nano_usd = idle.nano_usd });
}

/* Nobody is there, or its slices tell who is: it can't have been busy. */
static bool is_surely_idle(const struct gpu_window *w)
{
	return w->device->divided || ((w->known & GPU_KNOWS_PROCESSES) && !w->process_count &&
				      !(w->losses & (GPU_LOSS_PROCESSES | GPU_LOSS_FOREIGN_PIDS)));
}

void settle__window(struct settle *s)
{
	const struct gpu_window *win = s->window;
	uint64_t length = length_of(win), busy = win->busy_ns < length ? win->busy_ns : length;
	struct amount all = { length, s->nano_usd }, busy_part, idle_part;

	s->count = 0;
	if (!(win->known & GPU_KNOWS_BUSY) && !is_surely_idle(win)) {
		add(s, (struct gpu_part){ .kind = GPU_PART_UNATTRIBUTED,
					  .label = GPU_LABEL_UNKNOWN,
					  .ns = all.ns,
					  .nano_usd = all.nano_usd });
		return;
	}
	if (!(win->known & GPU_KNOWS_BUSY))
		busy = 0;
	s->split[0] = (struct split_part){ .weight = busy, .name = 0 };
	s->split[1] = (struct split_part){ .weight = length - busy, .name = 1 };
	if (!divide(s, all, 2))
		return;
	busy_part = (struct amount){ busy, s->nano[0] };
	idle_part = (struct amount){ length - busy, s->nano[1] };
	if (busy_part.ns || busy_part.nano_usd)
		busy_parts(s, busy_part);
	idle_parts(s, idle_part);
}
