// SPDX-License-Identifier: BSD-2-Clause
#include <capstone/capstone.h>
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "capture/returns.h"

/* The longest function that is decoded; a TLS stack's take 1 to 4 KiB. */
#define CODE_MAX 65536

/* Instructions of 4 bytes need no decoder: RET, to the address in register 30. */
#define ARM64_RET 0xd65f03c0u

static int returns_arm64(const uint8_t *code, size_t n, uint64_t offset,
			 int (*fn)(void *ctx, uint64_t offset), void *ctx)
{
	int err = n % 4 ? -EBADMSG : 0;

	for (size_t at = 0; !err && at < n; at += 4) {
		uint32_t word;

		memcpy(&word, code + at, sizeof(word));
		if (word == ARM64_RET)
			err = fn(ctx, offset + at);
	}
	return err;
}

/*
 * Every byte has to belong to an instruction: the byte of a return, c3, is also part of others,
 * and a breakpoint there would break the program.
 */
static int returns_x86(const uint8_t *code, size_t n, uint64_t offset,
		       int (*fn)(void *ctx, uint64_t offset), void *ctx)
{
	uint64_t at = offset; /* "address", as the decoder calls it */
	cs_insn *insn;
	int err = 0;
	csh decoder;

	if (cs_open(CS_ARCH_X86, CS_MODE_64, &decoder) != CS_ERR_OK)
		return -ENOMEM;
	insn = cs_malloc(decoder);
	while (insn && !err && cs_disasm_iter(decoder, &code, &n, &at, insn))
		if (insn->id == X86_INS_RET)
			err = fn(ctx, insn->address);
	if (!err && n)
		err = insn ? -EBADMSG : -ENOMEM;
	if (insn)
		cs_free(insn, 1);
	cs_close(&decoder);
	return err;
}

int returns_find(const struct image *img, uint64_t start, uint64_t end,
		 int (*fn)(void *ctx, uint64_t offset), void *ctx)
{
	uint64_t offset = image__code_offset(img, start);
	uint8_t code[CODE_MAX];

	if (!offset || end <= start || end - start > sizeof(code) ||
	    image__code_offset(img, end - 1) != offset + (end - 1 - start) ||
	    image__read(img, offset, code, (size_t)(end - start)))
		return -EBADMSG;
	if (img->machine == EM_X86_64)
		return returns_x86(code, (size_t)(end - start), offset, fn, ctx);
	if (img->machine == EM_AARCH64)
		return returns_arm64(code, (size_t)(end - start), offset, fn, ctx);
	return -EOPNOTSUPP;
}
