// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/config.h"
#include "cmd/prices.h"
#include "price/catalogue.h"

int file_read(const char *path, size_t limit, uint8_t **ret_buf, size_t *ret_n)
{
	size_t n = 0, cap = 64 * 1024;
	uint8_t *buf = malloc(cap), *larger;
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	ssize_t got;

	if (fd < 0)
		err = -errno;
	else if (!buf)
		err = -ENOMEM;
	while (!err && (got = read(fd, buf + n, cap - n)) != 0) {
		if (got < 0) {
			err = -errno;
			break;
		}
		n += (size_t)got;
		if (n > limit)
			err = -EFBIG;
		if (n < cap)
			continue;
		larger = realloc(buf, cap *= 2);
		if (!larger)
			err = -ENOMEM;
		else
			buf = larger;
	}
	if (fd >= 0)
		close(fd);
	if (err) {
		free(buf);
		return err;
	}
	*ret_buf = buf;
	*ret_n = n;
	return 0;
}

static struct price_list *parse(struct span text, const char *name)
{
	struct price_list *list = NULL;
	char why[256] = "";
	int err = price_list__parse(text, name, &list, why, sizeof(why));

	if (err)
		fprintf(stderr, "wiretally: %s\n", *why ? why : strerror(-err));
	return err ? NULL : list;
}

/* A list in a file; NULL after an error on stderr, or where there is no such file and need not be.
 */
static struct price_list *list_in(const char *file, bool needed, bool *ret_bad)
{
	struct price_list *list;
	uint8_t *buf;
	size_t n;
	int err = file_read(file, CATALOGUE_MAX, &buf, &n);

	*ret_bad = err && (needed || (err != -ENOENT && err != -EACCES));
	if (*ret_bad)
		fprintf(stderr, "wiretally: %s: %s\n", file, strerror(-err));
	if (err)
		return NULL;
	list = parse(span_of(buf, n), file);
	*ret_bad = !list;
	free(buf);
	return list;
}

static struct price_list *catalogue(const char *file)
{
	struct price_list *list;
	bool bad;

	if (file)
		return list_in(file, true, &bad);
	list = price_list__builtin();
	if (!list)
		fprintf(stderr, "wiretally: no memory for the price catalogue\n");
	return list;
}

/* Puts the rows before those of the list. Frees the list where they can't be read. */
static struct price_list * override(struct price_list *list, const char *rows, const char *name)
{
	struct price_list *own;

	if (!list || !rows)
		return list;
	own = parse(span_str(rows), name);
	if (!own) {
		price_list__free(list);
		return NULL;
	}
	price_list__override(list, own, true);
	return list;
}

struct price_list *prices_load_lists(const struct options *o)
{
	struct price_list *list = catalogue(o->prices), *own;
	bool bad = false;

	if (!list || o->prices)
		return list;
	own = list_in(options__own_prices(o), false, &bad);
	if (bad) {
		price_list__free(list);
		return NULL;
	}
	if (own)
		price_list__override(list, own, false);
	return list;
}

const struct price_list *prices_own(const struct price_list *l)
{
	return l->own;
}

struct price_list *prices_load(const struct options *o)
{
	const struct config *config = o->settings;
	struct price_list *list = prices_load_lists(o);

	if (config && config->price_count)
		list = override(list, config->prices, config->path);
	return override(list, o->price_rows, "--price");
}
