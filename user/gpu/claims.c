// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>

#include "gpu/claims.h"

/* On all devices of the host: kubelet lets 250 pods run, each GPU may be shared by some dozens. */
#define CLAIMS_MAX 1024
/* What was told is believed so long: it is asked for every ten seconds. */
#define CLAIMS_NS (120 * 1000000000ull)

struct claim {
	char device[GPU_ID_MAX];
	struct gpu_claim c;
};

struct claims {
	struct claim valid[CLAIMS_MAX], told[CLAIMS_MAX];
	size_t valid_count, told_count;
	uint64_t told_ns; /* when all had been told; 0: never */
};

struct claims *claims__new(void)
{
	return calloc(1, sizeof(struct claims));
}

void claims__free(struct claims *c)
{
	free(c);
}

void claims__told(struct claims *c, const struct gpu_reading *r)
{
	struct claim *one = &c->told[c->told_count];

	if (r->kind == GPU_READING_CLAIMED) {
		memcpy(c->valid, c->told, sizeof(c->valid));
		c->valid_count = c->told_count;
		c->told_count = 0;
		c->told_ns = r->ts;
		return;
	}
	if (c->told_count == CLAIMS_MAX)
		return;
	*one = (struct claim){ .c.shared = r->n[0] == 1 };
	span__copy(r->text[0], one->device, sizeof(one->device));
	span__copy(r->text[1], one->c.namespace, sizeof(one->c.namespace));
	span__copy(r->text[2], one->c.pod, sizeof(one->c.pod));
	span__copy(r->text[3], one->c.container, sizeof(one->c.container));
	span__copy(r->text[4], one->c.resource, sizeof(one->c.resource));
	c->told_count++;
}

static bool is_of(const struct claim *c, const struct gpu_device *d)
{
	char gke[32];

	if (!strcmp(c->device, d->id))
		return true;
	/* GKE's names: "nvidia0"; of a slice "nvidia0/gi3", which only its parent's number tells.
	 */
	snprintf(gke, sizeof(gke), "nvidia%u", d->index);
	return !*d->parent && d->vendor == GPU_VENDOR_NVIDIA && !strcmp(c->device, gke);
}

bool claims__of(const struct claims *c, const struct gpu_device *d, uint64_t at_ns,
		struct gpu_claim *to, size_t *ret_count)
{
	if (!c->told_ns || at_ns > c->told_ns + CLAIMS_NS)
		return false;
	*ret_count = 0;
	for (size_t i = 0; i < c->valid_count && *ret_count < GPU_CLAIMS_MAX; i++)
		if (is_of(&c->valid[i], d))
			to[(*ret_count)++] = c->valid[i].c;
	return true;
}
