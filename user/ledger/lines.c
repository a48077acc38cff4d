// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "ledger/lines.h"

struct line {
	struct line *next; /* another one of the same hash */
	int64_t figures[LINE_FIGURES];
	uint32_t key_len;
	char key[]; /* of each key VALUE, its text and a NUL, or OTHERS alone */
};

enum { OTHERS = 'o', VALUE = 'v' };

struct lines {
	size_t keys, count, max;
	struct table by_key;			   /* hashes to lines, owned */
	uint8_t secret[crypto_shorthash_KEYBYTES]; /* keys are made by strangers */
	char key[LINE_KEY_BYTES];
};

/* The figures of struct ledger_sum, in the order of sums.def. */
static const size_t figures_at[LINE_FIGURES] = {
#define SUM(name, sql) offsetof(struct ledger_sum, name),
#include "ledger/sums.def"
#undef SUM
};

int64_t *line_figure(struct ledger_sum *s, size_t i)
{
	return (int64_t *)((char *)s + figures_at[i]);
}

int lines__new(size_t keys, size_t lines_max, struct lines **ret_lines)
{
	struct lines *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->keys = keys;
	table__init(&l->by_key, lines_max + 1); /* and the line of others */
	l->max = lines_max;
	randombytes_buf(l->secret, sizeof(l->secret));
	*ret_lines = l;
	return 0;
}

void lines__free(struct lines *l)
{
	struct line *line;
	size_t at = 0;

	if (!l)
		return;
	while ((line = table__next(&l->by_key, &at)))
		for (struct line *next; line; line = next) {
			next = line->next;
			free(line);
		}
	table__fini(&l->by_key);
	free(l);
}

/* Writes the line's key. Returns its length, or -E2BIG. */
static int write_key(struct lines *l, const struct span *keys)
{
	size_t n = 0;

	for (size_t i = 0; i < l->keys; i++) {
		size_t text = keys[i].p ? strnlen((const char *)keys[i].p, keys[i].n) : 0;

		if (text + 2 > sizeof(l->key) - n)
			return -E2BIG;
		l->key[n++] = keys[i].p ? VALUE : OTHERS;
		if (!keys[i].p)
			continue;
		memcpy(l->key + n, keys[i].p, text);
		n += text;
		l->key[n++] = '\0';
	}
	return (int)n;
}

/* What is too much: of no value by any key. */
static int write_key_of_others(struct lines *l)
{
	memset(l->key, OTHERS, l->keys);
	return (int)l->keys;
}

static struct line *find(const struct lines *l, uint64_t hash, size_t n)
{
	struct line *line = table__get(&l->by_key, hash);

	while (line && (line->key_len != n || memcmp(line->key, l->key, n) != 0))
		line = line->next;
	return line;
}

static uint64_t hash_of(const struct lines *l, size_t n)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t hash;

	crypto_shorthash(out, (const uint8_t *)l->key, n, l->secret);
	memcpy(&hash, out, sizeof(hash));
	return hash;
}

/* The line of the key that was written, made if it is new. NULL: no memory. */
static struct line *line_of(struct lines *l, size_t n)
{
	uint64_t hash = hash_of(l, n);
	struct line *line = find(l, hash, n);

	if (!line && l->count >= l->max) {
		n = (size_t)write_key_of_others(l);
		hash = hash_of(l, n);
		line = find(l, hash, n);
	}
	if (line)
		return line;
	line = calloc(1, sizeof(*line) + n);
	if (!line)
		return NULL;
	line->key_len = (uint32_t)n;
	memcpy(line->key, l->key, n);
	line->next = table__get(&l->by_key, hash);
	if (table__put(&l->by_key, hash, line)) {
		free(line);
		return NULL;
	}
	l->count++;
	return line;
}

int lines__add(struct lines *l, const struct span *keys, const int64_t figures[LINE_FIGURES])
{
	int n = write_key(l, keys);
	struct line *line = n < 0 ? NULL : line_of(l, (size_t)n);

	if (!line)
		return n < 0 ? n : -ENOMEM;
	for (int i = 0; i < LINE_FIGURES; i++)
		if (__builtin_add_overflow(line->figures[i], figures[i], &line->figures[i]))
			return -EOVERFLOW;
	return 0;
}

/* The others last; then cost, what a subscription pays, calls; then by name. */
static int by_cost(const void *a, const void *b)
{
	static const enum line_figure by[] = { LINE_nano_usd, LINE_subscription_nano, LINE_calls };
	const struct line *x = *(struct line *const *)a, *y = *(struct line *const *)b;
	uint32_t n = x->key_len < y->key_len ? x->key_len : y->key_len;
	int order = (x->key[0] == OTHERS) - (y->key[0] == OTHERS);

	for (size_t i = 0; !order && i < sizeof(by) / sizeof(by[0]); i++)
		order = (x->figures[by[i]] < y->figures[by[i]]) -
			(x->figures[by[i]] > y->figures[by[i]]);
	order = order ? order : memcmp(x->key, y->key, n);
	return order ? order : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

static int by_time(const void *a, const void *b)
{
	const struct line *x = *(struct line *const *)a, *y = *(struct line *const *)b;
	int order = strcmp(x->key, y->key);

	return order ? order : by_cost(a, b);
}

static int tell(const struct lines *l, const struct line *line, ledger_sum_fn fn, void *ctx,
		struct ledger_sum *told)
{
	struct ledger_sum sum = { .total = !l->keys };
	const char *at = line->key;

	for (size_t i = 0; i < l->keys; i++) {
		bool others = *at++ == OTHERS;

		sum.other |= others;
		sum.key[i] = others ? LEDGER_OTHER : at;
		at += others ? 0 : strlen(at) + 1;
	}
	for (size_t i = 0; i < LINE_FIGURES; i++) {
		int64_t *sum_of = line_figure(told, i);

		*line_figure(&sum, i) = line->figures[i];
		if (__builtin_add_overflow(*sum_of, line->figures[i], sum_of))
			return -EOVERFLOW;
	}
	if (fn)
		fn(ctx, &sum);
	return 0;
}

int lines__tell(struct lines *l, enum lines_order order, ledger_sum_fn fn, void *ctx,
		struct ledger_sum *ret_told)
{
	struct line **all = calloc(l->count + 1, sizeof(*all)), *line;
	struct ledger_sum told = { .total = !l->keys };
	size_t at = 0, n = 0;
	int err = all ? 0 : -ENOMEM;

	while (all && (line = table__next(&l->by_key, &at)))
		for (; line; line = line->next)
			if (!l->keys || line->figures[LINE_calls])
				all[n++] = line;
	if (all)
		qsort(all, n, sizeof(*all), order == LINES_BY_TIME ? by_time : by_cost);
	for (size_t i = 0; !err && i < n; i++)
		err = tell(l, all[i], fn, ctx, &told);
	if (!err)
		*ret_told = told;
	free(all);
	return err;
}
