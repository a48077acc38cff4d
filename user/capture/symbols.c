// SPDX-License-Identifier: BSD-2-Clause
/*
 * A symbol table of a large program has a million names. Names are searched in the string table
 * first, as bytes; then the table is walked for symbols with a name at one of those places.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "capture/symbols.h"

#define PLACES_MAX 64 /* of one name: the ends of longer names count too, "fread" of "read" */

/* Where in one string table the names are: a symbol's st_name. */
struct names {
	const struct image *img;
	const struct symbols_wanted *wanted;
	uint64_t start, end; /* of the string table */
	struct {
		uint64_t at[PLACES_MAX];
		uint32_t count;
	} places[SYMBOLS_MAX];
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
	for (size_t k = 0; k < n->wanted->count; k++) {
		if (strcmp(name, n->wanted->funcs[k].symbol))
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

/*
 * A function of no more code does nothing but to jump to another one: three instructions on arm64,
 * with room for a landing pad.
 */
#define ALIAS_MAX 16

static bool is_alias(const Elf64_Sym *sym)
{
	return sym->st_size && sym->st_size <= ALIAS_MAX;
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
			offset = image__code_offset(img, syms[i].st_value);
			for (size_t k = 0; offset && k < n->wanted->count; k++) {
				const struct symbol_func *f = &n->wanted->funcs[k];

				if (!name_is(n, k, syms[i].st_name))
					continue;
				*ret_seen |= 1u << k;
				if (!f->func || (f->alias && is_alias(&syms[i])))
					continue;
				if (f->needed || place_settable(img, offset))
					err = plan__add(plan, offset, f->func);
				if (err)
					return err;
			}
		}
	}
	return 0;
}

/* Returns 0 when all that are needed are in that table. */
static int table_plan(const struct image *img, const struct image_section *table,
		      const struct symbols_wanted *wanted, struct probe_plan *plan,
		      uint32_t *ret_seen)
{
	const struct image_section *strings = &img->sections[table->link];
	struct names n = { .img = img,
			   .wanted = wanted,
			   .start = strings->offset,
			   .end = strings->offset + strings->size };
	int err = image__search(img, strings->offset, strings->size, wanted->prefix,
				strlen(wanted->prefix), name_found, &n);

	*ret_seen = 0;
	if (!err && !n.found)
		err = -ENOENT;
	if (!err)
		err = symbols_take(&n, img, table, plan, ret_seen);
	for (size_t k = 0; !err && k < wanted->count; k++)
		if (wanted->funcs[k].needed && !(*ret_seen & 1u << k))
			err = -ENOENT;
	return err;
}

/* Of a kind. A file has one; each further one could have the whole file searched once more. */
#define TABLES_MAX 4

int symbols_plan(const struct image *img, const struct symbols_wanted *wanted,
		 struct probe_plan *plan, uint32_t *ret_seen)
{
	/* What is exported is in the smaller of the two tables. */
	static const uint32_t types[] = { SHT_DYNSYM, SHT_SYMTAB };
	int err = -ENOENT;

	for (size_t t = 0; err == -ENOENT && t < 2; t++) {
		uint32_t tables = 0;

		for (uint32_t i = 0;
		     err == -ENOENT && i < img->section_count && tables < TABLES_MAX; i++) {
			const struct image_section *table = &img->sections[i];

			plan->count = 0;
			if (table->type != types[t] || table->entsize != sizeof(Elf64_Sym) ||
			    table->link >= img->section_count)
				continue;
			err = table_plan(img, table, wanted, plan, ret_seen);
			tables++;
		}
	}
	return err;
}

int symbols_tell(const struct image *img, const struct symbols_wanted *wanted,
		 struct probe_plan *ret_plan)
{
	struct probe_plan plan = { .count = 0 };
	uint32_t seen;
	int err = symbols_plan(img, wanted, &plan, &seen);

	if (!err)
		*ret_plan = plan;
	return err;
}
