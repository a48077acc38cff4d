// SPDX-License-Identifier: BSD-2-Clause
/* Texts that are embedded again: a vector of the same text by the same model is the same. */
#include <stdlib.h>

#include "audit/leak.h"
#include "base/hash.h"

/* Nobody throws vectors away; a ledger has some months. */
#define KEPT_NS (400 * DAY_NS)

struct embedded {
	struct remembered remembered;
};

struct embeddings {
	struct memory texts;
	int64_t calls, known,
		again; /* texts that are known, about; those of them that came again */
};

static int init(void *state)
{
	struct embeddings *e = state;

	memory__init(&e->texts, sizeof(struct embedded), KEPT_NS, NULL, NULL);
	return 0;
}

static void fini(void *state)
{
	memory__fini(&((struct embeddings *)state)->texts);
}

/* Of a model: another one makes other vectors. */
static uint64_t key_of(const struct ledger_detail *d, uint32_t text)
{
	uint64_t key = hash_bytes(HASH_SEED, &d->model, sizeof(d->model));

	return hash_bytes(key, &text, sizeof(text)) | 1;
}

static void on_call(void *state, struct leak *l, const struct ledger_detail *d)
{
	struct embeddings *e = state;
	int64_t paid = detail__paid(d), again = 0, nano;

	if (!d->inputs.kept || strcmp(d->operation, "embeddings") != 0 ||
	    strcmp(d->result, "ok") != 0)
		return;
	for (uint8_t i = 0; i < d->inputs.kept; i++) {
		uint64_t key = key_of(d, d->inputs.hash[i]);

		again += memory__get(&e->texts, key, d->end_ns) != NULL;
		if (!memory__put(&e->texts, key, d->end_ns))
			leak__no_room(l);
	}
	e->calls++;
	e->known += (int64_t)d->inputs.kept << d->inputs.level;
	e->again += again << d->inputs.level;
	nano = paid * again / d->inputs.kept;
	if (nano)
		leak__add(l, d, nano, nano, nano, NULL);
}

static void on_end(void *state, struct leak *l)
{
	const struct embeddings *e = state;

	leak__figure(l, "texts", AUDIT_COUNT, e->known);
	leak__figure(l, "that came again", AUDIT_COUNT, e->again);
	leak__figure(l, "hits of a cache", AUDIT_PERMILLE, permille(e->again, e->known));
}

const struct leak_ops leak_embeddings = {
	.name = "embeddings",
	.title = "texts that are embedded again",
	.fix = "keep each vector by its text's hash and the model's name",
	.assumes =
		"texts of one request are alike in length. It is more where texts come one by one that "
		"were among more than 31 before: of those a sample is known",
	.state_size = sizeof(struct embeddings),
	.init = init,
	.fini = fini,
	.on_call = on_call,
	.on_end = on_end,
};
