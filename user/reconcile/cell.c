// SPDX-License-Identifier: BSD-2-Clause
/* Names, times and figures of bills, as providers write them. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/decimal.h"
#include "reconcile/shape.h"

const char *bill_name(struct span name, char *dst, size_t cap)
{
	size_t n = 0;
	bool lower = false;

	for (size_t i = 0; i < name.n && n + 2 < cap; i++) {
		uint8_t c = name.p[i];

		if (!isalnum(c)) {
			if (n && dst[n - 1] != '_')
				dst[n++] = '_';
			lower = false;
			continue;
		}
		if (isupper(c) && lower)
			dst[n++] = '_';
		lower = islower(c) || isdigit(c);
		dst[n++] = (char)tolower(c);
	}
	while (n && dst[n - 1] == '_')
		n--;
	dst[n] = '\0';
	return dst;
}

enum bill_cell bill_column_find(const struct bill_shape *s, const char *name)
{
	for (const struct bill_column *c = s->columns; c->name; c++)
		if (!strcmp(c->name, name))
			return c->cell;
	return CELL_NONE;
}

bool bill_says(const char *text, const char *words)
{
	return strcasestr(text, words) != NULL;
}

static int digits(const char **at, int count, int low, int high, int *ret_n)
{
	int n = 0;

	for (int i = 0; i < count; i++, (*at)++) {
		if (!isdigit((uint8_t) * *at))
			return -EBADMSG;
		n = n * 10 + **at - '0';
	}
	*ret_n = n;
	return n < low || n > high ? -EBADMSG : 0;
}

/* "Z", " UTC", "+01:00", "-0800"; nothing: ret_zone is false. */
static int zone(const char *at, int64_t *s, bool *ret_zone)
{
	int sign, hours, minutes;

	while (*at == ' ')
		at++;
	*ret_zone = *at != '\0';
	if (!*at || !strcmp(at, "Z") || !strcmp(at, "UTC"))
		return 0;
	if (*at != '+' && *at != '-')
		return -EBADMSG;
	sign = *at++ == '+' ? 1 : -1;
	if (digits(&at, 2, 0, 14, &hours))
		return -EBADMSG;
	at += *at == ':';
	if (digits(&at, 2, 0, 59, &minutes) || *at)
		return -EBADMSG;
	*s -= sign * (hours * 3600 + minutes * 60);
	return 0;
}

/* Ten digits are seconds since the epoch until the year 2286. */
static int unix_time(const char *text, int64_t *ret_s, bool *ret_zone)
{
	if (strlen(text) != 10 || strspn(text, "0123456789") != 10)
		return -EBADMSG;
	*ret_s = atoll(text);
	*ret_zone = true;
	return 0;
}

int bill_time(const char *text, int64_t *ret_s, bool *ret_zone)
{
	struct tm tm = { .tm_mday = 1 };
	const char *at = text;
	bool told;
	int64_t s;

	if (!unix_time(text, ret_s, ret_zone))
		return 0;
	if (digits(&at, 4, 2015, 2200, &tm.tm_year) || (*at != '-' && *at != '/'))
		return -EBADMSG;
	at++;
	if (digits(&at, 2, 1, 12, &tm.tm_mon) || (*at != '-' && *at != '/'))
		return -EBADMSG;
	at++;
	if (digits(&at, 2, 1, 31, &tm.tm_mday))
		return -EBADMSG;
	if (*at == 'T' || (*at == ' ' && isdigit((uint8_t)at[1]))) {
		at++;
		if (digits(&at, 2, 0, 24, &tm.tm_hour) || *at++ != ':' ||
		    digits(&at, 2, 0, 59, &tm.tm_min))
			return -EBADMSG;
		if (*at == ':') {
			at++;
			if (digits(&at, 2, 0, 60, &tm.tm_sec))
				return -EBADMSG;
		}
		if (*at == '.')
			at += 1 + strspn(at + 1, "0123456789");
	}
	tm.tm_year -= 1900;
	tm.tm_mon--;
	s = timegm(&tm);
	if (zone(at, &s, &told))
		return -EBADMSG;
	*ret_s = s;
	*ret_zone = told;
	return 0;
}

/* Without commas, blanks and a currency's sign; *ret_minus by the sign. */
static int plain(const char *text, char *dst, size_t cap, bool *ret_minus)
{
	size_t n = 0;

	*ret_minus = false;
	for (; *text; text++) {
		if (*text == ',' || *text == '$' || *text == ' ')
			continue;
		if (*text == '-' && !n && !*ret_minus) {
			*ret_minus = true;
			continue;
		}
		if (*text == '+' && !n)
			continue;
		if (n + 1 == cap)
			return -EBADMSG;
		dst[n++] = *text;
	}
	dst[n] = '\0';
	return n ? 0 : -EBADMSG;
}

int bill_money(const char *text, int places, int64_t *ret_nano)
{
	char number[80];
	int64_t nano;
	bool minus;

	if (plain(text, number, sizeof(number), &minus) ||
	    decimal_to_nano_shifted(span_str(number), places, &nano, NULL))
		return -EBADMSG;
	*ret_nano = minus ? -nano : nano;
	return 0;
}

int bill_quantity(const char *text, int64_t scale, int64_t *ret_n)
{
	char number[80];
	int64_t nano;
	__int128 n;
	bool minus;

	if (plain(text, number, sizeof(number), &minus) || minus ||
	    decimal_to_nano_near(span_str(number), &nano))
		return -EBADMSG;
	n = ((__int128)nano * scale + 500000000) / 1000000000;
	if (n > INT64_MAX / 4)
		return -EBADMSG;
	*ret_n = (int64_t)n;
	return 0;
}

int bill_count(const char *text, int64_t *ret_n)
{
	return bill_quantity(text, 1, ret_n);
}
