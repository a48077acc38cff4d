/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stand-in for a server that batches as vLLM does, which knows the true GPU time of each request:
 * in each step prompts are read in chunks beside all answers that are being written, a token each.
 * Nothing of user/gpu is in it, and none of its figures are those that the estimator begins with.
 *
 * linear: a step takes the sum of what its tokens take. Else it takes a time of its own, in which
 * the weights are read for all that are in it, what is read and written gets in each other's way,
 * and more answers at once are cheaper each; the time of its own is everybody's in equal parts.
 */
#ifndef WT_GPU_BATCHING_H
#define WT_GPU_BATCHING_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define BATCH_MAX    24
#define CHUNK_MAX    768 /* tokens of prompts that a step reads */
#define OUTPUT_MAX   700
#define LINEAR_READ  31000.0 /* ns a token */
#define LINEAR_WRITE 170000.0
#define LINEAR_BACK  21.0

struct batching_request {
	uint64_t arrival, end;
	int64_t input, cached, output;
	int64_t read, written;
	uint64_t token_at[OUTPUT_MAX]; /* when each token was written */
	double true_ns;
};

/* A stretch in which the device was busy. */
struct batching_step {
	uint64_t start, end;
};

struct batching {
	struct batching_request *requests;
	size_t count;
	struct batching_step *steps;
	size_t step_count, step_cap;
	uint64_t state;
};

static inline double batching__random(struct batching *b)
{
	b->state = b->state * 6364136223846793005ull + 1442695040888963407ull;
	return (double)(b->state >> 11) / (double)(1ull << 53);
}

static inline void batching__init(struct batching *b, size_t count, double per_second,
				  uint64_t seed)
{
	double at = 1e9;

	*b = (struct batching){ .count = count, .state = seed };
	b->requests = calloc(count, sizeof(*b->requests));
	for (size_t i = 0; i < count; i++) {
		struct batching_request *q = &b->requests[i];

		at += -log(1 - batching__random(b)) / per_second * 1e9;
		q->arrival = (uint64_t)at;
		q->input = 50 + (int64_t)(exp(batching__random(b) * 4.5) * 60);
		q->cached = batching__random(b) < 0.3 ? q->input * 7 / 10 : 0;
		q->output = 8 + (int64_t)(exp(batching__random(b) * 4) * 12);
		q->output = q->output < OUTPUT_MAX ? q->output : OUTPUT_MAX;
	}
}

static inline void batching__fini(struct batching *b)
{
	free(b->requests);
	free(b->steps);
}

struct batching_share {
	struct batching_request *q;
	int64_t read; /* of its prompt in this step; 0: it writes a token */
	double ns;
};

static inline double batching_step_time(struct batching_share *in, size_t n, bool linear)
{
	double read = 0, write = 0, own = linear ? 0 : 7.5e6, factor;

	for (size_t i = 0; i < n; i++) {
		struct batching_share *s = &in[i];

		s->ns = s->read ? LINEAR_READ * (double)s->read
				: LINEAR_WRITE +
					  LINEAR_BACK * (double)(s->q->input + s->q->written);
		*(s->read ? &read : &write) += s->ns;
	}
	if (linear)
		return read + write;
	factor = read > 0 && write > 0 ? 1.25 : 1;
	for (size_t i = 0; i < n; i++) {
		if (!in[i].read)
			in[i].ns *= pow(write / LINEAR_WRITE, -0.25);
		in[i].ns = in[i].ns * factor + own / (double)n;
	}
	read = 0;
	for (size_t i = 0; i < n; i++)
		read += in[i].ns;
	return read;
}

/* Runs until all are answered. */
static inline void batching__run(struct batching *b, bool linear)
{
	size_t arrived = 0, done = 0, first = 0;
	uint64_t now = 0;

	while (done < b->count) {
		struct batching_share in[BATCH_MAX];
		int64_t room = CHUNK_MAX;
		size_t n = 0;

		if (arrived == done)
			now = now > b->requests[done].arrival ? now : b->requests[done].arrival;
		while (arrived < b->count && b->requests[arrived].arrival <= now)
			arrived++;
		while (b->requests[first].end)
			first++;
		for (size_t i = first; i < arrived && n < BATCH_MAX; i++) {
			struct batching_request *q = &b->requests[i];
			int64_t left = q->input - q->cached - q->read;

			if (q->end)
				continue;
			if (left > 0 && room > 0) {
				in[n++] =
					(struct batching_share){ q, left < room ? left : room, 0 };
				room -= in[n - 1].read;
			} else if (left <= 0) {
				in[n++] = (struct batching_share){ q, 0, 0 };
			}
		}
		if (b->step_count == b->step_cap) {
			b->step_cap = b->step_cap ? 2 * b->step_cap : 1024;
			b->steps = realloc(b->steps, b->step_cap * sizeof(*b->steps));
		}
		b->steps[b->step_count].start = now;
		now += (uint64_t)batching_step_time(in, n, linear);
		b->steps[b->step_count++].end = now;
		for (size_t i = 0; i < n; i++) {
			struct batching_request *q = in[i].q;

			q->true_ns += in[i].ns;
			q->read += in[i].read;
			if (!in[i].read)
				q->token_at[q->written++] = now;
			if (q->written == q->output) {
				q->end = now;
				done++;
			}
		}
		now += 200000; /* the host prepares the next step */
	}
}

#endif
