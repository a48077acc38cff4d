// SPDX-License-Identifier: BSD-2-Clause
/*
 * The finder of Go's TLS, on an image that was right before the input was written over it: a byte
 * that picks the kind of image, then any number of
 *
 *   offset (2 bytes, little-endian)  bytes to follow (1)  bytes
 *
 * No crash, and only places that are in the file.
 */
#include <stddef.h>
#include <stdlib.h>

#include "../unit/go_image.h"
#include "capture/tls_lib.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_over(struct go_image *g, const uint8_t *data, size_t size)
{
	while (size > 3) {
		size_t at = (data[0] | (size_t)data[1] << 8) % sizeof(*g), n = data[2];

		data += 3;
		size -= 3;
		n = n < size ? n : size;
		n = n < sizeof(*g) - at ? n : sizeof(*g) - at;
		memcpy((uint8_t *)g + at, data, n);
		data += n;
		size -= n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct image img;
	struct probe_plan plan = { .count = 0 };
	struct go_image g;
	int fd;

	if (!size)
		return 0;
	go_image_make(&g, data[0] & 1 ? EM_AARCH64 : EM_X86_64, data[0] & 2);
	write_over(&g, data + 1, size - 1);
	fd = go_image_file(&g, sizeof(g));
	if (fd < 0)
		abort();
	if (!image__open(&img, fd, NULL) && gotls_lib.plan(&img, &plan) && plan.count)
		abort();
	for (uint32_t i = 0; i < plan.count; i++)
		if (plan.at[i].offset >= sizeof(g) || !plan.at[i].func ||
		    plan.at[i].func >= TLS_FUNCS)
			abort();
	close(fd);
	return 0;
}
