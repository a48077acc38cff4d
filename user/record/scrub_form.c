// SPDX-License-Identifier: BSD-2-Clause
#include "record/scrub_form.h"

enum { F_SEEK, F_HEAD, F_VALUE, F_REST };

/* No model has a longer name; what goes on is no name. */
#define VALUE_MAX 100

static const char name[] = "name=\"model\"", blank[] = "\r\n\r\n";

/*
 * One more byte of what is looked for. What was held back is blotted out where it does not go on,
 * told where it is complete. Neither text has a longer beginning that comes in it again.
 */
static size_t step(struct scrub_form *f, const char *want, size_t len, uint8_t c, uint8_t *out)
{
	size_t n = 0;

	if (c != (uint8_t)want[f->at]) {
		n = f->at;
		memset(out, 'x', n);
		f->at = 0;
		if (c != (uint8_t)want[0]) {
			out[n++] = 'x';
			return n;
		}
	}
	if (++f->at < len)
		return n;
	memcpy(out + n, want, len);
	f->at = 0;
	f->state++;
	return n + len;
}

size_t scrub_form__feed(struct scrub_form *f, struct span in, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];

		switch (f->state) {
		case F_SEEK:
			n += step(f, name, sizeof(name) - 1, c, out + n);
			break;
		case F_HEAD:
			n += step(f, blank, sizeof(blank) - 1, c, out + n);
			break;
		case F_VALUE:
			if (c == '\r' || f->told == VALUE_MAX)
				f->state = F_REST;
			f->told++;
			out[n++] = c == '\r' || f->state == F_VALUE ? c : 'x';
			break;
		default:
			out[n++] = 'x';
		}
	}
	return n;
}

size_t scrub_form__end(struct scrub_form *f, uint8_t *out)
{
	size_t n = f->at;

	memset(out, 'x', n);
	f->at = 0;
	return n;
}
