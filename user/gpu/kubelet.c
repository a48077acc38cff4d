// SPDX-License-Identifier: BSD-2-Clause
/*
 * kubelet: which pods were given which GPUs, by its PodResources service. It tells no figures: it
 * tells whose a GPU is that nobody uses. The socket is made anew when kubelet starts: it is opened
 * for each call.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <unistd.h>

#include "gpu/grpc_call.h"
#include "gpu/pod_resources.h"
#include "gpu/source.h"

#define FOLDER "/var/lib/kubelet/pod-resources"
#define METHOD "/v1.PodResourcesLister/List"
/* Pods come and go in seconds; an idle GPU is a matter of minutes. */
#define EACH_MS 10000

struct kubelet {
	char path[320];
	const struct gpu_teller *t; /* of the pass that goes on */
	enum { NOT_ASKED, ANSWERS, FAILS } last;
};

static bool present(const struct gpu_source_opts *o)
{
	char path[320];

	snprintf(path, sizeof(path), "%s" FOLDER, o->root);
	return !access(path, F_OK);
}

static int open_kubelet(const struct gpu_source_opts *o, const struct gpu_teller *t,
			void **ret_state)
{
	struct kubelet *k = calloc(1, sizeof(*k));
	const char *const texts[] = { "" };

	if (!k)
		return -ENOMEM;
	snprintf(k->path, sizeof(k->path), "%s" FOLDER "/kubelet.sock", o->root);
	gpu_tell_texts(t, GPU_NO_DEVICE, GPU_READING_BEGIN, NULL, 0, texts, 1);
	*ret_state = k;
	return 0;
}

static void on_claim(void *ctx, const char *device, const struct gpu_claim *c)
{
	struct kubelet *k = ctx;
	const char *const texts[] = { device, c->namespace, c->pod, c->container, c->resource };
	const uint64_t shared = c->shared;

	gpu_tell_texts(k->t, GPU_NO_DEVICE, GPU_READING_CLAIM, &shared, 1, texts, 5);
}

static int sample(void *state, const struct gpu_teller *t)
{
	struct kubelet *k = state;
	struct buffer body = { .p = NULL };
	struct span message = { NULL, 0 };
	int err = grpc_call(k->path, METHOD, &body, POD_RESOURCES_MAX);

	k->t = t;
	if (!err)
		err = grpc_call_message(span_of(body.p, body.n), &message);
	if (!err)
		err = pod_resources__read(message, on_claim, k);
	buffer__free(&body);
	/* A kubelet that starts anew is away for a while: what it said last is believed on. */
	if (!err)
		gpu_tell(t, GPU_NO_DEVICE, GPU_READING_CLAIMED, NULL, 0);
	if (!err && k->last != ANSWERS)
		gpu_tell_state(t, GPU_STATE_WORKS, "pods and their GPUs, by PodResources");
	else if (err && k->last != FAILS)
		gpu_tell_state(t, GPU_STATE_FAILED, "PodResources: %s", strerror(-err));
	k->last = err ? FAILS : ANSWERS;
	return 0;
}

static void close_kubelet(void *state)
{
	free(state);
}

const struct gpu_source gpu_source_kubelet = {
	.name = "kubelet",
	.absent = "no kubelet (" FOLDER ")",
	/* The socket is root's. */
	.caps = 1ull << CAP_DAC_OVERRIDE,
	.period_ms = EACH_MS,
	.present = present,
	.open = open_kubelet,
	.sample = sample,
	.close = close_kubelet,
};
