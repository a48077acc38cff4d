/* SPDX-License-Identifier: BSD-2-Clause */
/* boringssl: the ways to find BoringSSL in an image: by its symbols, else by what its code says. */
#ifndef WT_CAPTURE_BORINGSSL_H
#define WT_CAPTURE_BORINGSSL_H

#include "capture/tls_lib.h"

/* As struct tls_lib's plan. */
int boringssl_symbols(const struct image *img, struct probe_plan *ret_plan);

#endif
