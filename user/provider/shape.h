/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shape: which API an exchange is of, where its path is not known: on an HTTP/2 connection that was
 * joined in the middle a path may be sent as a reference to one before. What is answered says what
 * it is: {"object":"chat.completion",...}, event: message_start. Not whose it is: the provider is
 * the one that the API is of, as for any host that is not known.
 */
#ifndef WT_PROVIDER_SHAPE_H
#define WT_PROVIDER_SHAPE_H

#include "provider/ops.h"

/* Stands for the API until it shows: reads what requests of all have in common. */
extern const struct provider_ops provider_by_shape;

/* A body that has not shown whose it is: read as each of them would. */
struct shape_guess;

/* asked: what the request told. NULL: no memory. */
struct shape_guess *shape_guess__new(const struct fields *asked);
void shape_guess__free(struct shape_guess *g); /* NULL is fine */
void shape_guess__take(struct shape_guess *g, const struct json_value *v);
/* The API that the values show, and what they told in place of *ret_fields; NULL: none. */
const struct provider_ops *shape_guess__end(struct shape_guess *g, struct fields *ret_fields);
/* See provider__keeps(). */
bool shape_keeps(enum provider_part part, enum provider_kept what, struct span path);
/* The API that an event shows; NULL: not yet, or none. */
const struct provider_ops *shape_of_event(struct span name, struct span data);

#endif
