// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>

#include "base/json.h"
#include "base/protobuf.h"
#include "gpu/pod_resources.h"

static const struct protobuf_field cdi_device[] = {
	{ .number = 1, .name = "name", .kind = PROTOBUF_TEXT },
	{ .number = 0 },
};
static const struct protobuf_field claim_resource[] = {
	{ .number = 1,
	  .name = "cdi",
	  .kind = PROTOBUF_MESSAGE,
	  .list = true,
	  .message = cdi_device },
	{ .number = 0 },
};
static const struct protobuf_field dynamic[] = {
	{ .number = 2, .name = "claim", .kind = PROTOBUF_TEXT },
	{ .number = 4,
	  .name = "resources",
	  .kind = PROTOBUF_MESSAGE,
	  .list = true,
	  .message = claim_resource },
	{ .number = 0 },
};
static const struct protobuf_field devices[] = {
	{ .number = 1, .name = "resource", .kind = PROTOBUF_TEXT },
	{ .number = 2, .name = "id", .kind = PROTOBUF_TEXT, .list = true },
	{ .number = 0 },
};
static const struct protobuf_field container[] = {
	{ .number = 1, .name = "name", .kind = PROTOBUF_TEXT },
	{ .number = 2,
	  .name = "devices",
	  .kind = PROTOBUF_MESSAGE,
	  .list = true,
	  .message = devices },
	{ .number = 5,
	  .name = "dynamic",
	  .kind = PROTOBUF_MESSAGE,
	  .list = true,
	  .message = dynamic },
	{ .number = 0 },
};
static const struct protobuf_field pod[] = {
	{ .number = 1, .name = "name", .kind = PROTOBUF_TEXT },
	{ .number = 2, .name = "namespace", .kind = PROTOBUF_TEXT },
	{ .number = 3,
	  .name = "containers",
	  .kind = PROTOBUF_MESSAGE,
	  .list = true,
	  .message = container },
	{ .number = 0 },
};
static const struct protobuf_field response[] = {
	{ .number = 1, .name = "pods", .kind = PROTOBUF_MESSAGE, .list = true, .message = pod },
	{ .number = 0 },
};

struct reading {
	gpu_claim_emit_fn emit;
	void *ctx;
	struct gpu_claim c; /* of the fields that have passed */
};

/* Vendors' resources: "nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "amd.com/gpu". */
static bool is_gpu(const char *resource)
{
	return !strncmp(resource, "nvidia.com/", 11) || !strncmp(resource, "amd.com/gpu", 11);
}

/*
 * "GPU-<uuid>", "MIG-<uuid>"; time-sliced "GPU-<uuid>::3"; GKE's "nvidia0", "nvidia0/vgpu1",
 * "nvidia0/gi3"; AMD's "0000:03:00.0".
 */
static void tell(struct reading *r, struct span id)
{
	char device[GPU_ID_MAX];
	const uint8_t *shared = span__find(id, SPAN("::"));
	const uint8_t *slice = id.n ? (const uint8_t *)memchr(id.p, '/', id.n) : NULL;
	bool gke = span__starts(id, SPAN("nvidia"));

	r->c.shared = shared || (gke && span__find(id, SPAN("/vgpu")));
	if (shared)
		id.n = (size_t)(shared - id.p);
	/* A slice's number is of its GPU: which device that is only its parent's number tells. */
	if (gke && slice && !span__find(id, SPAN("/gi")))
		id.n = (size_t)(slice - id.p);
	/* What a pod was given has a name; kubelet says it first. */
	if (!id.n || id.n + 4 >= sizeof(device) || memchr(id.p, 0, id.n) || !*r->c.resource)
		return;
	if (!strncmp(r->c.resource, "amd.com/", 8) && !span__starts(id, SPAN("PCI-"))) {
		memcpy(device, "PCI-", 4);
		span__copy(id, device + 4, sizeof(device) - 4);
	} else {
		span__copy(id, device, sizeof(device));
	}
	r->emit(r->ctx, device, &r->c);
}

/* CDI's "nvidia.com/gpu=GPU-<uuid>" or "nvidia.com/gpu=0": kind, and the device's name there. */
static void tell_cdi(struct reading *r, struct span name)
{
	struct span device = name, kind = span__cut(&device, '=');
	char number[32];
	bool digits = device.n && device.n < 4;

	if (!span__find(kind, SPAN("nvidia.com/")) || !device.n)
		return;
	for (size_t i = 0; i < device.n; i++)
		digits = digits && device.p[i] >= '0' && device.p[i] <= '9';
	if (digits) {
		snprintf(number, sizeof(number), "nvidia%.*s", (int)device.n,
			 (const char *)device.p);
		device = span_str(number);
	}
	tell(r, device);
}

/* Fields come in the order of their numbers: names before what they are of. */
static void on_value(void *ctx, const struct json_value *v)
{
	struct reading *r = ctx;
	struct span at = v->path;

	if (v->kind != JSON_STRING)
		return;
	if (span__eq(at, SPAN("pods[].name"))) {
		r->c = (struct gpu_claim){ .pod = "" };
		span__copy(v->text, r->c.pod, sizeof(r->c.pod));
	} else if (span__eq(at, SPAN("pods[].namespace"))) {
		span__copy(v->text, r->c.namespace, sizeof(r->c.namespace));
	} else if (span__eq(at, SPAN("pods[].containers[].name"))) {
		span__copy(v->text, r->c.container, sizeof(r->c.container));
	} else if (span__eq(at, SPAN("pods[].containers[].devices[].resource")) ||
		   span__eq(at, SPAN("pods[].containers[].dynamic[].claim"))) {
		span__copy(v->text, r->c.resource, sizeof(r->c.resource));
	} else if (span__eq(at, SPAN("pods[].containers[].devices[].id[]"))) {
		if (is_gpu(r->c.resource))
			tell(r, v->text);
	} else if (span__eq(at, SPAN("pods[].containers[].dynamic[].resources[].cdi[].name"))) {
		tell_cdi(r, v->text);
	}
}

int pod_resources__read(struct span message, gpu_claim_emit_fn emit, void *ctx)
{
	struct reading r = { .emit = emit, .ctx = ctx };
	struct json_scan *scan = json_scan__new(on_value, &r);
	struct buffer json = { .p = NULL };
	int err = scan ? 0 : -ENOMEM;

	if (!err && message.n > POD_RESOURCES_MAX)
		err = -EMSGSIZE;
	if (!err)
		err = protobuf_to_json(message, response, &json, POD_RESOURCES_MAX);
	if (!err)
		err = json_scan__feed(scan, span_of(json.p, json.n));
	buffer__free(&json);
	json_scan__free(scan);
	return err;
}
