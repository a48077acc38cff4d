/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scrub_form: a form in pieces (multipart/form-data, RFC 7578), blotted out but for the model that
 * it names: files and prompts come in forms too.
 *
 *   --b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b ...
 *   xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxname="model"\r\n\r\nwhisper-1\rxxxx ...
 */
#ifndef WT_RECORD_SCRUB_FORM_H
#define WT_RECORD_SCRUB_FORM_H

#include "span.h"

/* Bytes that may be held back between two pieces. */
#define SCRUB_FORM_HELD_MAX 16

/* All zero: nothing has passed. */
struct scrub_form {
	uint8_t state; /* enum in scrub_form.c */
	uint8_t at;    /* bytes of what is looked for that are there, and held back */
	uint8_t told;  /* bytes of the value */
};

/* Writes at most in.n + SCRUB_FORM_HELD_MAX bytes to out. Returns how many. */
size_t scrub_form__feed(struct scrub_form *f, struct span in, uint8_t *out);
size_t scrub_form__end(struct scrub_form *f, uint8_t *out);

#endif
