// SPDX-License-Identifier: BSD-2-Clause
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gpu/nvml_library.h"

#define NAME "libnvidia-ml.so.1"

/*
 * Where it is found: of the GPU operator's driver container, of GKE's nodes, of distributions; the
 * first is the dynamic linker's own way, which is for the root folder of this process alone.
 */
static const char *const folders[] = {
	"run/nvidia/driver/usr/lib/x86_64-linux-gnu",
	"run/nvidia/driver/usr/lib64",
	"home/kubernetes/bin/nvidia/lib64",
	"usr/local/nvidia/lib64",
	"usr/lib/x86_64-linux-gnu",
	"usr/lib/aarch64-linux-gnu",
	"usr/lib64",
	"usr/local/cuda/lib64",
	"usr/lib",
	"usr/lib/x86_64-linux-gnu/nvidia/current",
	"usr/lib/wsl/lib",
};

static void *open_one(const char *path, char *why, size_t cap)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!handle && strchr(path, '/') && !access(path, F_OK))
		snprintf(why, cap, "%s", dlerror());
	return handle;
}

static void *search(const char *root, char *why, size_t cap)
{
	char path[512];
	void *handle = *root ? NULL : open_one(NAME, why, cap);

	for (size_t i = 0; !handle && i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", root, folders[i], NAME);
		handle = open_one(path, why, cap);
	}
	return handle;
}

int nvml_library__open(struct nvml_library *l, const char *path, const char *root, char *why,
		       size_t cap)
{
	*l = (struct nvml_library){ .handle = NULL };
	snprintf(why, cap, "%s", "");
	l->handle = path ? open_one(path, why, cap) : search(root, why, cap);
	if (!l->handle) {
		if (*why)
			return -ELIBBAD;
		snprintf(why, cap, "there is no %s", path ? path : NAME);
		return -ENOENT;
	}
#define NVML_CALL(needed, name, arguments)                          \
	*(void **)&l->name = dlsym(l->handle, #name);               \
	if (needed && !l->name) {                                   \
		snprintf(why, cap, "the library has no %s", #name); \
		nvml_library__close(l);                             \
		return -ELIBBAD;                                    \
	}
#include "gpu/nvml_calls.def"
#undef NVML_CALL
	return 0;
}

void nvml_library__close(struct nvml_library *l)
{
	if (l->handle)
		dlclose(l->handle);
	l->handle = NULL;
}

/* Names told; of a very old driver more are missing. */
#define NAMES_MAX 3

void nvml_library__lacks(const struct nvml_library *l, char *text, size_t cap)
{
	int count = 0;
	size_t n = 0;

	text[0] = '\0';
	/* Older names of a function that is there under its newest are not missed. */
#define NVML_CALL(needed, name, arguments)                                              \
	if (!l->name &&                                                                 \
	    !(strstr(#name, "RunningProcesses") &&                                      \
	      (l->nvmlDeviceGetComputeRunningProcesses_v3 || !strstr(#name, "_v3"))) && \
	    count++ < NAMES_MAX && n < cap)                                             \
		n += (size_t)snprintf(text + n, cap - n, "%s%s", n ? ", " : "", #name);
#include "gpu/nvml_calls.def"
#undef NVML_CALL
	if (count > NAMES_MAX && n < cap)
		snprintf(text + n, cap - n, " and %d more", count - NAMES_MAX);
}

const char *nvml_error_text(uint32_t error)
{
	switch (error) {
	case NVML_UNINITIALIZED:
		return "it was not initialised";
	case NVML_NO_PERMISSION:
		return "not permitted";
	case NVML_DRIVER_NOT_LOADED:
		return "the driver is not loaded";
	case NVML_GPU_IS_LOST:
		return "the GPU is lost: it fell off the bus, or is broken";
	case NVML_RESET_REQUIRED:
		return "the GPU needs a reset";
	case NVML_LIB_RM_VERSION_MISMATCH:
		return "the library is of another version than the loaded driver: it was updated, "
		       "and needs a reload or a reboot";
	case NVML_TIMEOUT:
		return "the driver did not answer in time";
	case NVML_NOT_SUPPORTED:
		return "not supported";
	default:
		return "an error that is not known";
	}
}
