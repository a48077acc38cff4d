/* SPDX-License-Identifier: BSD-2-Clause */
/* head: what heads of any version of HTTP have in common. */
#ifndef WT_PROTO_HEAD_H
#define WT_PROTO_HEAD_H

#include "exchange.h"

/* Without blanks, and a CR, around it. */
struct span head_trim(struct span s);
/* A host without its port: "[::1]:443", "api.openai.com:443". */
struct span head_host(struct span host);
/* A number, as Content-Length has one. Returns 0, or -EBADMSG. */
int head_length(struct span s, uint64_t *ret_length);
/* Sets what other parts of a head tell: the host where there is none yet, and the type. */
void head__finish(struct head *h);

#endif
