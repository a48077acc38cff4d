/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * form: the model that a form names (multipart/form-data, RFC 7578), as it passes in pieces. A file
 * of any size may come before it and is not held.
 *
 *   --x\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--x
 */
#ifndef WT_PROVIDER_FORM_H
#define WT_PROVIDER_FORM_H

#include "span.h"

enum form_state { FORM_SEEK = 0, FORM_HEAD, FORM_VALUE, FORM_DONE };

/* All zero: nothing has passed. */
struct form {
	uint8_t state; /* enum form_state */
	uint8_t at;    /* bytes of what is looked for that are there */
};

/* Takes the next bytes. value: where the model's name grows, NUL-terminated, cut at cap. */
void form__feed(struct form *f, struct span bytes, char *value, size_t cap);

#endif
