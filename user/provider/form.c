// SPDX-License-Identifier: BSD-2-Clause
#include "provider/form.h"

/*
 * One more byte of what is looked for. Where it does not go on, it may only begin anew with this
 * byte: neither text has a longer beginning that comes in it again.
 */
static bool step(struct form *f, const char *want, size_t len, uint8_t c)
{
	if (c != (uint8_t)want[f->at])
		f->at = c == (uint8_t)want[0];
	else
		f->at++;
	if (f->at < len)
		return false;
	f->at = 0;
	return true;
}

void form__feed(struct form *f, struct span bytes, char *value, size_t cap)
{
	static const char name[] = "name=\"model\"", blank[] = "\r\n\r\n";

	for (size_t i = 0; i < bytes.n && f->state != FORM_DONE; i++) {
		uint8_t c = bytes.p[i];

		switch (f->state) {
		case FORM_SEEK:
			f->state = step(f, name, sizeof(name) - 1, c) ? FORM_HEAD : FORM_SEEK;
			break;
		case FORM_HEAD: /* other headers of the part */
			f->state = step(f, blank, sizeof(blank) - 1, c) ? FORM_VALUE : FORM_HEAD;
			break;
		default:
			if (c == '\r' || (size_t)f->at + 1 >= cap || f->at == UINT8_MAX) {
				f->state = FORM_DONE;
				break;
			}
			value[f->at++] = (char)c;
			value[f->at] = '\0';
		}
	}
}
