// SPDX-License-Identifier: BSD-2-Clause
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "capture/gopclntab.h"

/* Of the header; funcname, pclntab: distances from its start. Between them: files, lines. */
enum header_word { HEADER_FUNCS = 1, HEADER_FUNCNAME = 4, HEADER_CU = 5, HEADER_PCLNTAB = 8 };
#define HEADER_WORDS 9

/*
 * The words of the runtime's moduledata up to where its text is; slices are pointer, length and
 * capacity. They have kept their places since 1.18.
 */
enum module_word {
	MODULE_HEADER = 0,
	MODULE_FUNCNAME = 1,
	MODULE_FTAB = 16,
	MODULE_FTAB_LEN = 17,
	MODULE_MINPC = 20,
	MODULE_TEXT = 22,
	MODULE_ETEXT = 23,
};
#define MODULE_WORDS 24

/* Pointers to one table that are looked at; a program has its module's and a handful more. */
#define MODULES_MAX 16

/* Tables that are looked at: a debugger has the magic among its constants. */
#define TABLES_MAX 4

/* The largest program known has 300,000. */
#define FUNCS_MAX (4u << 20)

/* The longest of the names that are looked for, with its prefix. */
#define NAME_MAX_LEN 64

/* Functions that are looked for at once. */
#define FIND_MAX 8

#define UNSET	 UINT32_MAX

/* Entries of both are 32-bit numbers: a function's start, and where its record is. */
struct func_entry {
	uint32_t start, record;
};

/* ---- Reading forward ----------------------------------------------------------------------- */

/* A piece of the file; only ever read forward, so that a hostile table can't have it read twice. */
struct window {
	const struct image *img;
	uint64_t offset, end; /* end: of what may be read */
	size_t have;
	uint8_t bytes[32768];
};

static const void *window__at(struct window *w, uint64_t offset, size_t n)
{
	if (offset < w->offset || n > w->end || offset > w->end - n)
		return NULL;
	if (offset - w->offset > w->have || n > w->have - (offset - w->offset)) {
		w->have = sizeof(w->bytes) < w->end - offset ? sizeof(w->bytes)
							     : (size_t)(w->end - offset);
		w->offset = offset;
		if (image__read(w->img, offset, w->bytes, w->have)) {
			w->have = 0;
			return NULL;
		}
	}
	return w->bytes + (offset - w->offset);
}

/* ---- The table ----------------------------------------------------------------------------- */

static const uint8_t magics[][4] = {
	{ 0xf0, 0xff, 0xff, 0xff }, /* 1.18 */
	{ 0xf1, 0xff, 0xff, 0xff }, /* 1.20 */
};

#define MAGICS (sizeof(magics) / sizeof(magics[0]))

/* The first eight bytes of a table of this version, on this processor. */
static bool table_head(const struct image *img, const uint8_t magic[4], uint8_t ret_head[8])
{
	memcpy(ret_head, magic, 4);
	ret_head[4] = ret_head[5] = 0;
	ret_head[6] = img->machine == EM_X86_64 ? 1 : 4;
	ret_head[7] = 8;
	return img->machine == EM_X86_64 || img->machine == EM_AARCH64;
}

/* Takes the table at this place, which ends before `end`. Returns 0 or -EBADMSG. */
static int table_take(struct gopclntab *t, uint64_t offset, uint64_t end)
{
	uint64_t word[HEADER_WORDS], size = end - offset;

	if (size < sizeof(word) || image__read(t->img, offset, word, sizeof(word)))
		return -EBADMSG;
	t->offset = offset;
	t->addr = image__addr(t->img, offset);
	if (!t->addr || !word[HEADER_FUNCS] || word[HEADER_FUNCS] > FUNCS_MAX ||
	    word[HEADER_FUNCNAME] < sizeof(word) || word[HEADER_CU] <= word[HEADER_FUNCNAME] ||
	    word[HEADER_PCLNTAB] < word[HEADER_CU] || word[HEADER_PCLNTAB] > size)
		return -EBADMSG;
	t->count = (uint32_t)word[HEADER_FUNCS];
	t->names = offset + word[HEADER_FUNCNAME];
	t->names_size = word[HEADER_CU] - word[HEADER_FUNCNAME];
	t->funcs = offset + word[HEADER_PCLNTAB];
	t->funcs_size = size - word[HEADER_PCLNTAB];
	return t->funcs_size / sizeof(struct func_entry) > t->count ? 0 : -EBADMSG;
}

/* ---- The module ---------------------------------------------------------------------------- */

static bool module_fits(struct gopclntab *t, const uint64_t *m)
{
	struct func_entry first;

	if (m[MODULE_HEADER] != t->addr || m[MODULE_FUNCNAME] != t->addr + (t->names - t->offset) ||
	    m[MODULE_FTAB] != t->addr + (t->funcs - t->offset) ||
	    m[MODULE_FTAB_LEN] != (uint64_t)t->count + 1 || m[MODULE_ETEXT] <= m[MODULE_TEXT] ||
	    image__read(t->img, t->funcs, &first, sizeof(first)) ||
	    m[MODULE_MINPC] != m[MODULE_TEXT] + first.start)
		return false;
	t->text = m[MODULE_TEXT];
	t->text_end = m[MODULE_ETEXT];
	return true;
}

struct pointers {
	struct gopclntab *t;
	uint32_t count;
};

/* Returns 1 when it is the module, which ends the search. */
static int module_found(void *ctx, uint64_t offset)
{
	struct pointers *p = ctx;
	uint64_t word[MODULE_WORDS];

	if (p->count++ == MODULES_MAX)
		return -E2BIG;
	return !image__read(p->t->img, offset, word, sizeof(word)) && module_fits(p->t, word);
}

/* Pointers as the linker left them in the file: right, but for what the loader of a PIE adds. */
static bool module_in_place(struct gopclntab *t)
{
	struct pointers p = { .t = t };
	int found = 0;

	for (uint32_t i = 0; !found && i < t->img->segment_count; i++) {
		const struct image_segment *s = &t->img->segments[i];

		if (s->type == PT_LOAD && (s->flags & PF_W))
			found = image__search(t->img, s->offset, s->size, &t->addr, sizeof(t->addr),
					      module_found, &p);
	}
	return found > 0;
}

/* Modules that may be: their addresses, and their words as relocation makes them. */
struct modules {
	uint64_t addr[MODULES_MAX], word[MODULES_MAX][MODULE_WORDS];
	uint32_t count;
};

static void modules_note(struct modules *m, const struct gopclntab *t, const Elf64_Rela *r)
{
	if ((uint64_t)r->r_addend == t->addr && m->count < MODULES_MAX)
		m->addr[m->count++] = r->r_offset;
}

static void modules_fill(struct modules *m, const struct gopclntab *t, const Elf64_Rela *r)
{
	for (uint32_t i = 0; i < m->count; i++) {
		uint64_t at = r->r_offset - m->addr[i];

		if (at < sizeof(m->word[i]) && at % sizeof(uint64_t) == 0)
			m->word[i][at / sizeof(uint64_t)] = (uint64_t)r->r_addend;
	}
}

static void each_relative(const struct gopclntab *t, struct modules *m,
			  void (*fn)(struct modules *, const struct gopclntab *,
				     const Elf64_Rela *))
{
	uint32_t relative = t->img->machine == EM_X86_64 ? R_X86_64_RELATIVE : R_AARCH64_RELATIVE;

	for (uint32_t i = 0; i < t->img->section_count; i++) {
		const struct image_section *s = &t->img->sections[i];
		struct window w = { .img = t->img,
				    .offset = s->offset,
				    .end = s->offset + s->size };
		Elf64_Rela r;

		if (s->type != SHT_RELA || s->entsize != sizeof(r))
			continue;
		for (uint64_t at = s->offset; at + sizeof(r) <= w.end; at += sizeof(r)) {
			const void *bytes = window__at(&w, at, sizeof(r));

			if (!bytes)
				break;
			memcpy(&r, bytes, sizeof(r));
			if (ELF64_R_TYPE(r.r_info) == relative)
				fn(m, t, &r);
		}
	}
}

/* Linkers of C leave the pointers of a PIE zero: they are in its relocations alone. */
static bool module_relocated(struct gopclntab *t)
{
	struct modules m = { .count = 0 };

	each_relative(t, &m, modules_note);
	for (uint32_t i = 0; i < m.count; i++) {
		uint64_t offset = image__offset(t->img, m.addr[i]);

		if (!offset || image__read(t->img, offset, m.word[i], sizeof(m.word[i])))
			memset(m.word[i], 0, sizeof(m.word[i]));
	}
	each_relative(t, &m, modules_fill);
	for (uint32_t i = 0; i < m.count; i++)
		if (module_fits(t, m.word[i]))
			return true;
	return false;
}

/* ---- Finding the table --------------------------------------------------------------------- */

/* Where a table may be; the search of a range stops at one that fits. */
struct candidate {
	struct gopclntab *t;
	uint64_t end;
	uint32_t count;
};

static int table_found(void *ctx, uint64_t offset)
{
	struct candidate *c = ctx;
	struct gopclntab t = { .img = c->t->img };

	if (table_take(&t, offset, c->end))
		return 0;
	if (c->count++ == TABLES_MAX)
		return -E2BIG;
	if (!module_in_place(&t) && !module_relocated(&t))
		return 0;
	*c->t = t;
	return 1;
}

/* Returns 1 when it is in this range. */
static int table_search(struct gopclntab *t, uint64_t offset, uint64_t size)
{
	struct candidate c = { .t = t, .end = offset + size };
	int found = 0;

	for (size_t i = 0; !found && i < MAGICS; i++) {
		uint8_t head[8];

		if (table_head(t->img, magics[i], head))
			found = image__search(t->img, offset, size, head, sizeof(head), table_found,
					      &c);
	}
	return found;
}

int gopclntab__open(struct gopclntab *ret_t, const struct image *img)
{
	const struct image_section *s = image__section(img, ".gopclntab");
	struct gopclntab t = { .img = img };
	uint8_t head[8];
	int found = 0;

	if (!s)
		s = image__section(img, ".data.rel.ro.gopclntab"); /* a PIE, until 1.25 */
	/*
	 * Linkers of C put it among other read-only data. A file without sections may be any
	 * program's: those are looked through, which reads them whole.
	 */
	if (!s && img->section_count && !image__section(img, ".go.buildinfo"))
		return -ENOENT;
	if (!table_head(img, magics[0], head))
		return -EOPNOTSUPP;
	if (s)
		found = table_search(&t, s->offset, s->size);
	for (uint32_t i = 0; !s && !found && i < img->segment_count; i++)
		if (img->segments[i].type == PT_LOAD && !(img->segments[i].flags & PF_X))
			found = table_search(&t, img->segments[i].offset, img->segments[i].size);
	if (found < 0)
		return -EBADMSG;
	if (!found)
		return img->section_count ? -EOPNOTSUPP : -ENOENT;
	*ret_t = t;
	return 0;
}

/* ---- Finding functions --------------------------------------------------------------------- */

struct finding {
	const struct gopclntab *t;
	const char *prefix;
	struct go_func *funcs;
	size_t count;
	uint32_t name[FIND_MAX]; /* each one's place among the names */
};

/* offset: of the prefix, with the NUL that ends the name before it. */
static int name_found(void *ctx, uint64_t offset)
{
	struct finding *f = ctx;
	size_t prefix = strlen(f->prefix);
	char rest[NAME_MAX_LEN] = "";
	uint64_t at = offset + 1 + prefix, left = f->t->names + f->t->names_size - at;

	if (image__read(f->t->img, at, rest, left < sizeof(rest) ? (size_t)left : sizeof(rest)))
		return -EBADMSG;
	for (size_t i = 0; i < f->count; i++) {
		if (strncmp(rest, f->funcs[i].name, sizeof(rest)) != 0)
			continue;
		if (f->name[i] != UNSET)
			return -ENOTUNIQ;
		f->name[i] = (uint32_t)(offset + 1 - f->t->names);
	}
	return 0;
}

/*
 * Both the entries and their records are in ascending order, as the linker writes them: one walk
 * forward through each, and a table that is not so is refused.
 */
static int funcs_walk(const struct finding *f)
{
	const struct gopclntab *t = f->t;
	uint64_t end = t->funcs + t->funcs_size;
	struct window entries = { .img = t->img, .offset = t->funcs, .end = end },
		      records = entries;

	for (uint32_t n = 0; n < t->count; n++) {
		struct func_entry e[2]; /* the next one's start is this one's end */
		const void *entry, *record;
		uint32_t name;

		entry = window__at(&entries, t->funcs + (uint64_t)n * sizeof(e[0]), sizeof(e));
		if (!entry)
			return -EBADMSG;
		memcpy(e, entry, sizeof(e));
		if (e[1].start < e[0].start)
			return -EBADMSG;
		/* A record begins: its function's start, its name's place. */
		record = window__at(&records, t->funcs + e[0].record, 2 * sizeof(name));
		if (!record)
			return -EBADMSG;
		memcpy(&name, (const uint8_t *)record + sizeof(name), sizeof(name));
		for (size_t i = 0; i < f->count; i++) {
			if (f->name[i] == UNSET || f->name[i] != name)
				continue;
			if (f->funcs[i].start)
				return -ENOTUNIQ;
			f->funcs[i].start = t->text + e[0].start;
			f->funcs[i].end = t->text + e[1].start;
			if (f->funcs[i].end > t->text_end)
				return -EBADMSG;
		}
	}
	return 0;
}

int gopclntab__find(const struct gopclntab *t, const char *prefix, struct go_func *funcs,
		    size_t count)
{
	struct finding f = { .t = t, .prefix = prefix, .funcs = funcs, .count = count };
	char needle[NAME_MAX_LEN] = "";
	bool any = false;
	int err;

	if (count > FIND_MAX || strlen(prefix) + 1 >= sizeof(needle))
		return -EINVAL;
	memset(f.name, 0xff, sizeof(f.name)); /* UNSET */
	memcpy(needle + 1, prefix, strlen(prefix));
	err = image__search(t->img, t->names, t->names_size, needle, strlen(prefix) + 1, name_found,
			    &f);
	for (size_t i = 0; i < count; i++) {
		funcs[i].start = funcs[i].end = 0;
		any |= f.name[i] != UNSET;
	}
	if (!err && any)
		err = funcs_walk(&f);
	return err;
}
