/* SPDX-License-Identifier: BSD-2-Clause */
/* openssl: the way to find OpenSSL in an image that has no symbols of it: by what its code says. */
#ifndef WT_CAPTURE_OPENSSL_H
#define WT_CAPTURE_OPENSSL_H

#include "capture/tls_lib.h"

/* As struct tls_lib's plan. */
int openssl_code(const struct image *img, struct probe_plan *ret_plan);

#endif
