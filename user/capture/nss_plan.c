// SPDX-License-Identifier: BSD-2-Clause
/*
 * NSS (Firefox, Thunderbird, curl on some systems): libssl3, or where that is linked into libnss3.
 *
 * A program calls NSPR's PR_Read and PR_Write, which are for every file there is, and these call a
 * function of the layer below. None of NSS's is exported. What a socket does is in one of two
 * tables, for one that speaks TLS and for one that does not yet; they lie side by side:
 *
 *   connect -       bind listen shutdown close recv send read write getpeername getsockname
 *   connect -       bind listen shutdown close recv send read write getpeername getsockname
 *
 * Four of the functions are the same in both. In the one for TLS read is recv without flags, and
 * write is send: that tells it. Their first argument, the library's own socket, stands for the
 * connection.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "capture/code.h"
#include "capture/symbols.h"

static const struct symbol_func funcs[] = {
	{ .symbol = "SSL_ImportFD", .needed = true },
	{ .symbol = "SSL_ForceHandshake", .needed = true },
};

static const struct symbols_wanted wanted = SYMBOLS_WANTED("SSL_", funcs);

/* Relocations that are looked at; libssl3 has 800, Firefox's libnss3 some 20,000. */
#define WORDS_MAX 131072

enum op {
	OP_CONNECT,
	OP_ACCEPT,
	OP_BIND,
	OP_LISTEN,
	OP_SHUTDOWN,
	OP_CLOSE,
	OP_RECV,
	OP_SEND,
	OP_READ,
	OP_WRITE,
	OP_GETPEERNAME,
	OP_GETSOCKNAME,
	OPS,
};

/* A word of data that is a pointer into the image once it is loaded. */
struct word {
	uint64_t at, value;
};

struct words {
	struct word *word; /* by place */
	size_t count;
};

static int by_place(const void *a, const void *b)
{
	const struct word *l = a, *r = b;

	return l->at < r->at ? -1 : l->at > r->at;
}

/* The relocations of a section that say nothing but "the image's base is to be added". */
static int words_read(struct words *w, const struct image *img, const struct image_section *s)
{
	uint64_t relative = img->machine == EM_AARCH64 ? R_AARCH64_RELATIVE : R_X86_64_RELATIVE;
	Elf64_Rela some[512];

	for (uint64_t done = 0; done + sizeof(some[0]) <= s->size; done += sizeof(some)) {
		uint64_t n = s->size - done < sizeof(some) ? s->size - done : sizeof(some);
		int err = image__read(img, s->offset + done, some, (size_t)n);

		if (err)
			return err;
		for (size_t i = 0; i < n / sizeof(some[0]); i++) {
			if (ELF64_R_TYPE(some[i].r_info) != relative)
				continue;
			if (w->count == WORDS_MAX)
				return -EOPNOTSUPP;
			w->word[w->count++] = (struct word){
				.at = some[i].r_offset,
				.value = (uint64_t)some[i].r_addend,
			};
		}
	}
	return 0;
}

static uint64_t word_at(const struct words *w, uint64_t at)
{
	const struct word key = { .at = at };
	const struct word *found = bsearch(&key, w->word, w->count, sizeof(key), by_place);

	return found ? found->value : 0;
}

static bool is_ops(const struct words *w, uint64_t at)
{
	for (uint64_t op = 0; op < OPS; op++)
		if (!word_at(w, at + op * 8) != (op == OP_ACCEPT))
			return false;
	return true;
}

static bool same(const struct words *w, uint64_t a, uint64_t b, enum op op)
{
	return word_at(w, a + op * 8ull) == word_at(w, b + op * 8ull);
}

static bool is_pair(const struct words *w, uint64_t a, uint64_t b)
{
	return is_ops(w, a) && is_ops(w, b) && same(w, a, b, OP_BIND) && same(w, a, b, OP_LISTEN) &&
	       same(w, a, b, OP_GETPEERNAME) && same(w, a, b, OP_GETSOCKNAME) &&
	       !same(w, a, b, OP_RECV) && !same(w, a, b, OP_SEND) && !same(w, a, b, OP_CLOSE);
}

struct going {
	uint64_t to;
	bool goes;
};

static int take_target(void *ctx, const struct code_insn *insn)
{
	struct going *g = ctx;

	g->goes |= insn->target == g->to && insn->kind != CODE_CONST;
	return g->goes;
}

/* True when the function at `from` calls the one at `to`, or jumps there. */
static bool goes(const struct image *img, uint64_t from, uint64_t to)
{
	struct going g = { .to = to };

	code__walk(img, from, take_target, &g);
	return g.goes;
}

static bool is_for_tls(const struct image *img, const struct words *w, uint64_t at)
{
	return goes(img, word_at(w, at + OP_READ * 8), word_at(w, at + OP_RECV * 8)) &&
	       goes(img, word_at(w, at + OP_WRITE * 8), word_at(w, at + OP_SEND * 8));
}

static int ops_find(const struct image *img, const struct words *w, uint64_t *ret_at)
{
	uint64_t found = 0;

	for (size_t i = 0; i < w->count; i++) {
		uint64_t at = w->word[i].at, next = at + OPS * 8ull;

		if (!is_pair(w, at, next))
			continue;
		if (is_for_tls(img, w, at) == is_for_tls(img, w, next))
			return -ENOTUNIQ;
		if (found)
			return -ENOTUNIQ;
		found = is_for_tls(img, w, at) ? at : next;
	}
	if (!found)
		return -ESRCH;
	*ret_at = found;
	return 0;
}

static int op_plan(const struct image *img, const struct words *w, uint64_t at, enum op op,
		   uint32_t func, struct probe_plan *plan)
{
	uint64_t offset = image__code_offset(img, word_at(w, at + op * 8ull));

	return offset ? plan__add(plan, offset, func) : -EBADMSG;
}

static int nss_find(const struct image *img, struct words *w, struct probe_plan *plan)
{
	uint64_t at;
	int err = 0;

	for (uint32_t i = 0; !err && i < img->section_count; i++)
		if (img->sections[i].type == SHT_RELA &&
		    img->sections[i].entsize == sizeof(Elf64_Rela))
			err = words_read(w, img, &img->sections[i]);
	if (err)
		return err;
	qsort(w->word, w->count, sizeof(w->word[0]), by_place);
	err = ops_find(img, w, &at);
	if (!err)
		err = op_plan(img, w, at, OP_RECV, TLS_READ_NSS, plan);
	if (!err)
		err = op_plan(img, w, at, OP_SEND, TLS_WRITE_NSS, plan);
	if (!err)
		err = op_plan(img, w, at, OP_CLOSE, TLS_GONE, plan);
	if (!err && plan->count != 3)
		err = -ENOTUNIQ;
	return err;
}

static int nss_plan(const struct image *img, struct probe_plan *ret_plan)
{
	struct probe_plan plan = { .count = 0 };
	struct words w = { .count = 0 };
	uint32_t seen;
	int err = symbols_plan(img, &wanted, &plan, &seen);

	if (err)
		return err;
	w.word = calloc(WORDS_MAX, sizeof(w.word[0]));
	if (!w.word)
		return -ENOMEM;
	err = nss_find(img, &w, &plan);
	free(w.word);
	if (!err)
		*ret_plan = plan;
	return err;
}

const struct tls_lib nss_lib = { .name = "nss", .plan = nss_plan };
