// SPDX-License-Identifier: BSD-2-Clause
/*
 * TLS stacks that are told by their symbols: OpenSSL's library, programs that export what they
 * link statically (Node), and BoringSSL where nobody stripped it.
 *
 * A symbol table of a large program has a million names. Names are searched in the string table
 * first, as bytes; then the table is walked for symbols with a name at one of those places.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "capture/boringssl.h"

struct func_name {
	const char *symbol;
	uint32_t func; /* enum tls_func; 0: it only tells whose the others are */
	bool needed;   /* without it this is not the stack */
};

/* SSL_peek moves no bytes of its own: what it shows is read again. It is not hooked. */
static const struct func_name openssl_funcs[] = {
	{ .symbol = "SSL_write", .func = TLS_WRITE, .needed = true },
	{ .symbol = "SSL_read", .func = TLS_READ, .needed = true },
	{ .symbol = "SSL_free", .func = TLS_GONE, .needed = true },
	{ .symbol = "SSL_clear", .func = TLS_GONE },
	{ .symbol = "SSL_write_ex", .func = TLS_WRITE_EX }, /* 1.1.1 */
	{ .symbol = "SSL_read_ex", .func = TLS_READ_EX },
};

static const struct func_name boringssl_funcs[] = {
	{ .symbol = "SSL_write", .func = TLS_WRITE_BORING, .needed = true },
	{ .symbol = "SSL_read", .func = TLS_READ_BORING, .needed = true },
	{ .symbol = "SSL_free", .func = TLS_GONE, .needed = true },
	{ .symbol = "SSL_clear", .func = TLS_GONE },
	/* OpenSSL has no such function. Any connection of BoringSSL's may call it. */
	{ .symbol = "SSL_get_early_data_reason" },
	{ .symbol = "SSL_early_callback_ctx_extension_get" },
};

#define PREFIX	   "SSL_" /* of all names */
#define FUNCS_MAX  8
#define PLACES_MAX 16 /* of one name: the ends of longer names count too */

/* Where in one string table the names are: a symbol's st_name. */
struct names {
	const struct image *img;
	const struct func_name *funcs;
	size_t count;
	uint64_t start, end; /* of the string table */
	struct {
		uint64_t at[PLACES_MAX];
		uint32_t count;
	} places[FUNCS_MAX];
	bool found;
};

/* A text that begins as all names do: "SSL_write", "SSL_write_ex", "BIO_f_SSL_..." */
static int name_found(void *ctx, uint64_t offset)
{
	struct names *n = ctx;
	char name[48] = "";
	size_t len = sizeof(name) - 1;

	if (len > n->end - offset)
		len = (size_t)(n->end - offset);
	if (image__read(n->img, offset, name, len))
		return -ENODATA;
	for (size_t k = 0; k < n->count; k++) {
		if (strcmp(name, n->funcs[k].symbol))
			continue;
		if (n->places[k].count == PLACES_MAX)
			return -ENOTUNIQ;
		n->places[k].at[n->places[k].count++] = offset - n->start;
		n->found = true;
	}
	return 0;
}

static bool name_is(const struct names *n, size_t which, uint64_t at)
{
	for (uint32_t i = 0; i < n->places[which].count; i++)
		if (n->places[which].at[i] == at)
			return true;
	return false;
}

static int symbols_take(const struct names *n, const struct image *img,
			const struct image_section *table, struct probe_plan *plan,
			uint32_t *ret_seen)
{
	Elf64_Sym syms[1024];
	uint64_t count = table->size / sizeof(syms[0]);
	int err = 0;

	for (uint64_t done = 0; done < count; done += sizeof(syms) / sizeof(syms[0])) {
		size_t some = sizeof(syms) / sizeof(syms[0]);

		if (some > count - done)
			some = (size_t)(count - done);
		err = image__read(img, table->offset + done * sizeof(syms[0]), syms,
				  some * sizeof(syms[0]));
		if (err)
			return err;
		for (size_t i = 0; i < some; i++) {
			uint64_t offset;

			if (ELF64_ST_TYPE(syms[i].st_info) != STT_FUNC ||
			    syms[i].st_shndx == SHN_UNDEF)
				continue;
			for (size_t k = 0; k < n->count; k++) {
				if (!name_is(n, k, syms[i].st_name))
					continue;
				offset = image__code_offset(img, syms[i].st_value);
				if (!offset)
					continue;
				*ret_seen |= 1u << k;
				if (n->funcs[k].func)
					err = plan__add(plan, offset, n->funcs[k].func);
				if (err)
					return err;
			}
		}
	}
	return 0;
}

/* Returns 0 when all that are needed are in that table. */
static int table_plan(const struct image *img, const struct image_section *table,
		      const struct func_name *funcs, size_t count, struct probe_plan *plan,
		      uint32_t *ret_seen)
{
	const struct image_section *strings = &img->sections[table->link];
	struct names n = { .img = img,
			   .funcs = funcs,
			   .count = count,
			   .start = strings->offset,
			   .end = strings->offset + strings->size };
	int err = image__search(img, strings->offset, strings->size, PREFIX, strlen(PREFIX),
				name_found, &n);

	*ret_seen = 0;
	if (!err && !n.found)
		err = -ENOENT;
	if (!err)
		err = symbols_take(&n, img, table, plan, ret_seen);
	for (size_t k = 0; !err && k < count; k++)
		if (funcs[k].needed && !(*ret_seen & 1u << k))
			err = -ENOENT;
	return err;
}

/* Returns 0 and which of the functions there are as bits, or an error. */
static int symbols_plan(const struct image *img, const struct func_name *funcs, size_t count,
			struct probe_plan *plan, uint32_t *ret_seen)
{
	/* What is exported is in the smaller of the two tables. */
	static const uint32_t types[] = { SHT_DYNSYM, SHT_SYMTAB };
	int err = -ENOENT;

	for (size_t t = 0; err == -ENOENT && t < 2; t++)
		for (uint32_t i = 0; err == -ENOENT && i < img->section_count; i++) {
			const struct image_section *table = &img->sections[i];

			plan->count = 0;
			if (table->type == types[t] && table->entsize == sizeof(Elf64_Sym) &&
			    table->link < img->section_count)
				err = table_plan(img, table, funcs, count, plan, ret_seen);
		}
	return err;
}

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static bool boringssl_seen(uint32_t seen)
{
	for (size_t k = 0; k < COUNT_OF(boringssl_funcs); k++)
		if (!boringssl_funcs[k].func && seen & 1u << k)
			return true;
	return false;
}

int boringssl_symbols(const struct image *img, struct probe_plan *ret_plan)
{
	struct probe_plan plan = { .count = 0 };
	uint32_t seen;
	int err = symbols_plan(img, boringssl_funcs, COUNT_OF(boringssl_funcs), &plan, &seen);

	if (!err && !boringssl_seen(seen))
		err = -ENOENT;
	if (!err)
		*ret_plan = plan;
	return err;
}

static int openssl_plan(const struct image *img, struct probe_plan *ret_plan)
{
	struct probe_plan plan = { .count = 0 };
	uint32_t seen;
	int err;

	if (!boringssl_symbols(img, &plan))
		return -ENOENT;
	plan.count = 0;
	err = symbols_plan(img, openssl_funcs, COUNT_OF(openssl_funcs), &plan, &seen);
	if (!err)
		*ret_plan = plan;
	return err;
}

const struct tls_lib openssl_lib = { .name = "openssl", .plan = openssl_plan };
