/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pod_resources: kubelet's ListPodResourcesResponse
 * (https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/):
 * which container was given which GPU, whether it uses it or not.
 *
 *   pod_resources { name: "vllm-0" namespace: "shop" containers { name: "server"
 *     devices { resource_name: "nvidia.com/gpu" device_ids: "GPU-8f1c...::2" } } }
 *   -> GPU-8f1c..., shared, shop/vllm-0, server
 */
#ifndef WT_GPU_POD_RESOURCES_H
#define WT_GPU_POD_RESOURCES_H

#include "gpu.h"

/* A message of a node with 250 pods has some 100 KiB; more is refused. */
#define POD_RESOURCES_MAX (4u << 20)

/* device: as struct gpu_device has it; "nvidia0" where only the number is told. Borrowed. */
typedef void (*gpu_claim_emit_fn)(void *ctx, const char *device, const struct gpu_claim *c);

/* Claims on GPUs alone. 0; -EBADMSG: it is no such message, -EMSGSIZE, -ENOMEM. */
int pod_resources__read(struct span message, gpu_claim_emit_fn emit, void *ctx);

#endif
