/* SPDX-License-Identifier: BSD-2-Clause */
/* openssl: the way to find OpenSSL in an image that has no symbols of it: by what its code says. */
#ifndef WT_CAPTURE_OPENSSL_H
#define WT_CAPTURE_OPENSSL_H

#include "capture/tls_lib.h"

/* As struct tls_lib's: of version 3, and of version 1.1.1. */
int openssl_texts(const struct image *img, struct code_search *search);
int openssl_code(const struct image *img, const struct code_search *search,
		 struct probe_plan *ret_plan);
int openssl1_texts(const struct image *img, struct code_search *search);
int openssl1_code(const struct image *img, const struct code_search *search,
		  struct probe_plan *ret_plan);

/* The tag by which openssl1_texts()'s searches are known. */
#define OPENSSL1_FILE 255

#endif
