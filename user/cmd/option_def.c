// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"
#include "capture/serves.h"
#include "cmd/config_detect.h"
#include "cmd/config_prices.h"
#include "cmd/option_def.h"
#include "ledger/keep.h"
#include "ledger/rollup.h"
#include "sink/sinks.h"

static int parse_bytes(const char *text, uint32_t *ret_bytes)
{
	long page = sysconf(_SC_PAGESIZE);
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || end == text || n < (unsigned long)page || n > (1ul << 30) || (n & (n - 1)))
		return -1;
	*ret_bytes = (uint32_t)n;
	return 0;
}

/* One more than was given: 0 is that nothing was. */
static int parse_seconds(const char *text, uint32_t *ret_seconds)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || end == text || *text == '-' || n > 86400)
		return -1;
	*ret_seconds = (uint32_t)n + 1;
	return 0;
}

static int parse_pid(const char *text, int32_t *ret_pid)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text || n < 1 || n > INT32_MAX || (kill((pid_t)n, 0) && errno == ESRCH))
		return -1;
	*ret_pid = (int32_t)n;
	return 0;
}

static int parse_secrecy(const char *text, uint8_t *ret_how)
{
	static const char *const names[] = { "off", "hashed", "plain" };

	for (uint8_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(text, names[i])) {
			*ret_how = i + 1;
			return 0;
		}
	return -1;
}

/* "model=gpt-4o*,input=1.9,output=7.6" as one more row of a catalogue. */
static int parse_price(const char *text, char **rows)
{
	struct price_override price = { { NULL } };
	char *copy = strdup(text), *rest = copy, *grown = NULL;
	size_t size;
	bool good = copy != NULL;
	FILE *out = open_memstream(&grown, &size);

	while (good && rest) {
		char *value = strsep(&rest, ","), *name = strsep(&value, "=");
		int column = price_column(name);

		good = column >= 0 && value;
		if (good)
			price.cells[column] = value;
	}
	if (out) {
		if (*rows)
			fputs(*rows, out);
		else
			price_heading(out);
		fputc('\n', out);
		good = good && price_row(out, &price);
		good = !fclose(out) && good;
	}
	free(copy);
	if (!out || !good) {
		free(grown);
		return -1;
	}
	free(*rows);
	*rows = grown;
	return 0;
}

static const char *add_budget(const char *text, struct budgets **budgets)
{
	if (!*budgets)
		*budgets = calloc(1, sizeof(**budgets));
	return *budgets ? budgets__add_text(*budgets, text) : "there is no memory for it";
}

/* What is no zone would be taken for UTC without a word. */
static const char *set_time_zone(const char *text, const char **at)
{
	char path[300];

	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.200s", text);
	if (!*text || *text == '/' || strstr(text, "..") || access(path, R_OK))
		return "there is no such time zone: Europe/Berlin is one";
	*at = text;
	return NULL;
}

/* Read for its mistakes; it is taken when the configuration was read. */
static const char *set_detect(const char *text, const char **at)
{
	struct detect_settings s;
	const char *wrong;

	detect_settings__init(&s);
	wrong = detect_parse(&s, text);
	if (!wrong)
		*at = text;
	return wrong;
}

static const char *parse_sink(const char *text, struct sinks **sinks)
{
	struct sink *sink;

	if (!*sinks)
		*sinks = calloc(1, sizeof(**sinks));
	return *sinks ? sinks__add(*sinks, text, &sink) : "there is no memory for it";
}

static int parse_count(const char *text, int64_t *ret_count)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text || n < 1 || n > 1000000000)
		return -1;
	*ret_count = n;
	return 0;
}

bool option_def__is_for(const struct option_def *d, const struct command_def *c)
{
	const char *at = strstr(d->commands, c->name);
	size_t n = strlen(c->name);

	return !*d->commands || (at && (at[n] == ' ' || at[n] == '\0'));
}

const char *option_def__set(const struct option_def *d, struct options *o, const char *text)
{
	void *at = (char *)o + d->offset;

	switch (d->type) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return NULL;
	case OPTION_TEXT:
		*(const char **)at = text;
		return NULL;
	case OPTION_PID:
		return parse_pid(text, at) ? "there is no such process" : NULL;
	case OPTION_BYTES:
		return parse_bytes(text, at) ? "give a power of two from 4096 to 1073741824" : NULL;
	case OPTION_SECONDS:
		return parse_seconds(text, at) ? "give seconds, 0 to 86400" : NULL;
	case OPTION_SECRECY:
		return parse_secrecy(text, at) ? "give off, hashed or plain" : NULL;
	case OPTION_PORTS:
		return serves_parse(text, at) ? "give up to 32 ports, as 8123,9999" : NULL;
	case OPTION_DETECT:
		return set_detect(text, at);
	case OPTION_BUDGET:
		return add_budget(text, at);
	case OPTION_TIME_ZONE:
		return set_time_zone(text, at);
	case OPTION_KEEP:
		*(const char **)at = text;
		return keep_parse(text, &(struct ledger_keep){ { 0 } })
			       ? "give calls=30d,minutes=12w,hours=1y,days=all"
			       : NULL;
	case OPTION_ROLLUPS:
		*(const char **)at = text;
		return rollup_check(text);
	case OPTION_PRICE:
		return parse_price(text, at)
			       ? "give model=NAME,input=USD,output=USD ... or model=NAME,discount=PERCENT"
			       : NULL;
	case OPTION_SINK:
		return parse_sink(text, at);
	case OPTION_COUNT_OF:
		return parse_count(text, at) ? "give a number from 1 to 1000000000" : NULL;
	}
	return "it takes no value";
}

const char *option_def__set_text(const struct option_def *d, struct options *o, const char *text)
{
	static const char *const on[] = { "true", "yes", "on" }, *const off[] = { "false", "no",
										  "off" };

	if (d->type != OPTION_FLAG)
		return option_def__set(d, o, text);
	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
		if (!strcasecmp(text, on[i]))
			return option_def__set(d, o, NULL);
		if (!strcasecmp(text, off[i]))
			return NULL;
	}
	return "give true or false";
}

const char *option_def_nearest(const struct option_def *defs, size_t count, const char *word)
{
	const char *nearest = NULL;
	size_t best = 4; /* farther ones are other words */

	for (size_t i = 0; i < count; i++) {
		size_t far = defs[i].setting ? text_distance(word, defs[i].name) : best;

		if (far < best) {
			best = far;
			nearest = defs[i].name;
		}
	}
	return nearest;
}
