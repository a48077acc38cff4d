// SPDX-License-Identifier: BSD-2-Clause
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "capture/shared_probes.h"

/* Every library of them has this program once, at the entries of its functions (tls.bpf.c). */
#define PROGRAM		       "tls_multi_enter"

#define LINK_TYPE_UPROBE_MULTI 12 /* enum bpf_link_type; not in all headers yet */

/* struct bpf_link_info of the kernel, as far as it is of such a link. */
struct link_info {
	uint32_t type, id, prog_id, pad;
	uint64_t path; /* where to write it */
	uint64_t offsets, ref_ctr_offsets, cookies;
	uint32_t path_size, count, flags;
	uint32_t pid; /* 0: it is every process's */
	uint8_t more[64];
};

/* Links come and go meanwhile: some are told of, and gone when they are asked. */
static int link_read(uint32_t id, struct link_info *ret_info)
{
	int fd = bpf_link_get_fd_by_id(id), err;
	uint32_t size = sizeof(*ret_info);

	if (fd < 0)
		return fd;
	err = bpf_obj_get_info_by_fd(fd, ret_info, &size);
	close(fd);
	return err;
}

static int is_own(uint32_t prog_id)
{
	struct bpf_prog_info info = { .type = 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog_id), err;

	if (fd < 0)
		return 0;
	err = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	return !err && !strncmp(info.name, PROGRAM, sizeof(info.name));
}

void shared_probes_each(void (*fn)(void *ctx, const char *path), void *ctx)
{
	uint32_t id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		char path[PATH_MAX] = "";
		struct link_info info = { .path = (uintptr_t)path, .path_size = sizeof(path) };

		if (!link_read(id, &info) && info.type == LINK_TYPE_UPROBE_MULTI && !info.pid &&
		    info.path_size && is_own(info.prog_id))
			fn(ctx, path);
	}
}
