/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * code: what can be told of the code of a stripped program: which instructions name an address,
 * where the functions around them begin, and what they do. x86-64 and arm64.
 *
 * A function begins where somebody calls, or where a table of functions points: these addresses are
 * collected, and the one closest before a place is taken when the unwinder's table has it too, or,
 * where that says nothing, when it looks like a beginning; and when it decodes, instruction by
 * instruction, up to that very place.
 */
#ifndef WT_CAPTURE_CODE_H
#define WT_CAPTURE_CODE_H

#include "capture/image.h"

/* Places of one search; what is named more often is too common to tell anything. */
#define CODE_PLACES 256

/* Addresses that one search looks for; programs have some of a library's names for their own use.
 */
#define CODE_ADDRS 32

struct code_place {
	uint64_t at;	/* address of an instruction, or of a byte in it */
	uint64_t named; /* the address that it names */
	uint64_t start; /* of the function around it; 0: not known */
	bool looked_at; /* nothing is hooked there: the unwinder's word of the start is enough */
	bool outlined;	/* a piece that functions call; where they do is another place */
};

/* What one finder looks for, and what is found. Large: on the heap. */
struct code_search {
	uint64_t addrs[CODE_ADDRS]; /* set by the finder: who names them is looked for */
	uint8_t tags[CODE_ADDRS];   /* the finder's own word of each */
	bool looked_at[CODE_ADDRS]; /* as struct code_place's, of those that name it */
	size_t addr_count;
	struct code_place places[CODE_PLACES];
	int count;    /* of places; -E2BIG: there are more */
	int absolute; /* so many of them, the first ones, name an address by its value */
};

/* Adds an address to look for. Returns 0, or -E2BIG. */
int code_search__add(struct code_search *s, uint64_t addr, uint8_t tag, bool looked_at);
/*
 * Finds the instructions that name one of the addresses: mov r32,imm32 and lea r64,[rip+d] on
 * x86-64, adrp with add on arm64, or a call of a piece of code that does it and nothing else; and
 * the starts of the functions around them. The code is read as often for many searches as for one.
 * Returns 0, -EOPNOTSUPP for another processor, -EBADMSG when the file contradicts itself, or an
 * error of image__read().
 */
int code_searches__run(const struct image *img, struct code_search *const *searches, size_t n);
/*
 * Finds the one word of the image's data that holds an address, as a table of functions does.
 * Returns 0, -ESRCH, -ENOTUNIQ, or an error of image__read().
 */
int code__pointer(const struct image *img, uint64_t addr, uint64_t *ret_at);

enum code_kind {
	CODE_OTHER, /* a jump: target; 0: another one */
	CODE_CALL,  /* direct: target */
	CODE_CONST, /* a register takes a constant: target */
	CODE_STACK, /* a register takes the address of a local variable */
	CODE_END,   /* the function's last instruction; a jump: target */
};

struct code_insn {
	uint64_t addr, target;
	uint8_t kind; /* enum code_kind */
	uint8_t reg;  /* of CODE_CONST and CODE_STACK: enum code_reg */
};

/* Registers of the first six arguments, by the calling convention; 0: another one. */
enum code_reg { CODE_REG_OTHER, CODE_ARG1, CODE_ARG2, CODE_ARG3, CODE_ARG4, CODE_ARG5, CODE_ARG6 };

/*
 * Tells fn each instruction of the function that starts there, in order of addresses, until its
 * end. Returns 0, what fn returned when that is not 0, -EBADMSG when it does not decode, or an
 * error of image__read().
 */
int code__walk(const struct image *img, uint64_t start,
	       int (*fn)(void *ctx, const struct code_insn *insn), void *ctx);

/*
 * True for an instruction of arm64 that a function begins with, to make its frame: stp or str with
 * the stack pointer moved, sub sp; paciasp, bti c.
 */
bool code_arm64__begins(const uint8_t word[4]);

#endif
