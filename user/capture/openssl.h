/* SPDX-License-Identifier: BSD-2-Clause */
/* openssl: the way to find OpenSSL in an image that has no symbols of it: by what its code says. */
#ifndef WT_CAPTURE_OPENSSL_H
#define WT_CAPTURE_OPENSSL_H

#include "capture/tls_lib.h"

/* As struct tls_lib's. */
int openssl_texts(const struct image *img, struct code_search *search);
int openssl_code(const struct image *img, const struct code_search *search,
		 struct probe_plan *ret_plan);

#endif
