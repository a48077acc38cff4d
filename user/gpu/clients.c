// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/table.h"
#include "gpu/clients.h"

/* Clients times engines: a desktop has some hundred. */
#define CLIENTS_MAX 8192
/* A client that was not told so long is gone; its number may be another's. */
#define FORGET_NS (60 * 1000000000ull)
/* What a client may have been busy beyond the time between two looks: they are not at one instant.
 */
#define SLACK_NS (100 * 1000000ull)

/* Of one engine of one client, or of a process that was looked at (count 0). */
struct counter {
	uint64_t key, count, total, seen_ns;
};

struct clients {
	struct table by_key;
	uint64_t forgot_ns;
};

struct clients *clients__new(void)
{
	struct clients *c = calloc(1, sizeof(*c));

	if (c)
		table__init(&c->by_key, CLIENTS_MAX);
	return c;
}

void clients__free(struct clients *c)
{
	size_t at = 0;

	if (!c)
		return;
	for (void *one; (one = table__next(&c->by_key, &at));)
		free(one);
	table__fini(&c->by_key);
	free(c);
}

static uint64_t key_of(const char *device, uint64_t client, struct span engine)
{
	uint64_t h = hash_bytes(HASH_SEED, device, strlen(device));

	h = hash_bytes(h, &client, sizeof(client));
	return hash_bytes(h, engine.p, engine.n);
}

static uint64_t process_key(const struct gpu_reading *r)
{
	return hash_bytes(HASH_SEED, r->n, 2 * sizeof(r->n[0]));
}

static int add(struct clients *c, uint64_t key, uint64_t now, struct counter **ret_counter)
{
	struct counter *one = calloc(1, sizeof(*one));
	int err = one ? table__put(&c->by_key, key, one) : -ENOMEM;

	if (err) {
		free(one);
		return err;
	}
	one->key = key;
	one->seen_ns = now;
	*ret_counter = one;
	return 0;
}

/* Was the process looked at in the pass before, or is it younger? Then a new client is new. */
static bool is_new(struct clients *c, const struct gpu_reading *r, uint64_t passed_ns)
{
	struct counter *process = table__get(&c->by_key, process_key(r));
	uint64_t before = passed_ns ? r->ts - passed_ns : UINT64_MAX;

	return (process && process->total <= before && before != UINT64_MAX) ||
	       (r->n[1] != GPU_UNKNOWN && r->n[1] >= before);
}

/* total: when the process was looked at first. */
static void look(struct clients *c, const struct gpu_reading *r)
{
	struct counter *process = table__get(&c->by_key, process_key(r));

	if (!process && !add(c, process_key(r), r->ts, &process))
		process->total = r->ts;
	if (process)
		process->seen_ns = r->ts;
}

int clients__busy(struct clients *c, const char *device, const struct gpu_reading *r,
		  uint64_t passed_ns, uint64_t *ret_busy_ns)
{
	bool cycles = r->kind == GPU_READING_CYCLES, fresh;
	uint64_t key = key_of(device, r->n[2], r->text[0]), count = r->n[4];
	uint64_t total = cycles ? r->n[5] : 0, capacity = r->n[3], busy;
	struct counter *one = table__get(&c->by_key, key);
	int err;

	if (!capacity || capacity > 1024 || count == GPU_UNKNOWN || total == GPU_UNKNOWN)
		return -ENOENT;
	fresh = !one && !cycles && is_new(c, r, passed_ns);
	look(c, r);
	if (!one) {
		err = add(c, key, r->ts, &one);
		if (err)
			return err;
		one->count = fresh ? 0 : count;
		one->total = total;
		if (!fresh)
			return -ENOENT;
	}
	one->seen_ns = r->ts;
	/* Counters may step back: the larger value stands (drm-usage-stats.rst). */
	busy = count > one->count ? count - one->count : 0;
	one->count += busy;
	if (cycles) {
		uint64_t all = total > one->total ? total - one->total : 0;

		one->total += all;
		busy = all ? (uint64_t)((unsigned __int128)busy * passed_ns / all) : 0;
	}
	busy /= capacity;
	if (busy > passed_ns + SLACK_NS)
		busy = passed_ns + SLACK_NS;
	*ret_busy_ns = busy;
	return 0;
}

void clients__pass(struct clients *c, uint64_t now)
{
	uint64_t old[64];
	size_t count = 0, at = 0;

	if (now < c->forgot_ns + FORGET_NS)
		return;
	/* Those that fit: the rest is for the next pass. */
	for (struct counter *one; count < 64 && (one = table__next(&c->by_key, &at));)
		if (now > one->seen_ns + FORGET_NS)
			old[count++] = one->key;
	for (size_t i = 0; i < count; i++)
		free(table__take(&c->by_key, old[i]));
	if (count < 64)
		c->forgot_ns = now;
}
