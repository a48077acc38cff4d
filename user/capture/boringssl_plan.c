// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "capture/boringssl.h"

static int boringssl_plan(const struct image *img, struct probe_plan *ret_plan)
{
	return boringssl_symbols(img, ret_plan);
}

const struct tls_lib boringssl_lib = { .name = "boringssl", .plan = boringssl_plan };
