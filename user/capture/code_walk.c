// SPDX-License-Identifier: BSD-2-Clause
#include <elf.h>
#include <errno.h>
#include <string.h>

#include <capstone/capstone.h>

#include "capture/code.h"
#include "capture/eh_frame.h"

/* A longer function is read no further. */
#define FUNCTION_MAX 16384

struct walk {
	csh cs;
	uint16_t machine;
	uint64_t farthest; /* target of a jump within the function: it ends behind it */
	uint64_t start;
	uint64_t pushed; /* x86: by the instruction before, if it pushed a constant */
	bool has_pushed;
	bool after_call; /* nothing but padding is behind it yet */
	struct eh_frame eh;
};

static uint8_t x86_reg_of(unsigned int reg)
{
	switch (reg) {
	case X86_REG_EDI:
	case X86_REG_RDI:
		return CODE_ARG1;
	case X86_REG_ESI:
	case X86_REG_RSI:
		return CODE_ARG2;
	case X86_REG_EDX:
	case X86_REG_RDX:
		return CODE_ARG3;
	case X86_REG_ECX:
	case X86_REG_RCX:
		return CODE_ARG4;
	case X86_REG_R8D:
	case X86_REG_R8:
		return CODE_ARG5;
	case X86_REG_R9D:
	case X86_REG_R9:
		return CODE_ARG6;
	}
	return CODE_REG_OTHER;
}

static uint8_t arm64_reg_of(unsigned int reg)
{
	if (reg >= ARM64_REG_W0 && reg <= ARM64_REG_W5)
		return (uint8_t)(CODE_ARG1 + (reg - ARM64_REG_W0));
	if (reg >= ARM64_REG_X0 && reg <= ARM64_REG_X5)
		return (uint8_t)(CODE_ARG1 + (reg - ARM64_REG_X0));
	return CODE_REG_OTHER;
}

/* A jump to where it may go on; it ends the function when nothing before it jumps over it. */
static void jump(struct walk *w, const cs_insn *in, bool always, uint64_t target,
		 struct code_insn *out)
{
	out->target = target;
	if (target > w->farthest && target - w->start < FUNCTION_MAX)
		w->farthest = target;
	if (always && in->address >= w->farthest)
		out->kind = CODE_END;
}

/* lea r8, [rsp+24]; mov rcx, rsp */
static bool x86_stack(const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;

	if (x->op_count != 2 || x->operands[0].type != X86_OP_REG)
		return false;
	if (in->id == X86_INS_MOV)
		return x->operands[1].type == X86_OP_REG && x->operands[1].reg == X86_REG_RSP;
	return in->id == X86_INS_LEA && x->operands[1].mem.index == X86_REG_INVALID &&
	       (x->operands[1].mem.base == X86_REG_RSP || x->operands[1].mem.base == X86_REG_RBP);
}

/* add x3, sp, #24; mov x3, sp */
static bool arm64_stack(const cs_insn *in)
{
	const cs_arm64 *a = &in->detail->arm64;

	if ((in->id != ARM64_INS_ADD && in->id != ARM64_INS_SUB && in->id != ARM64_INS_MOV) ||
	    a->op_count < 2 || a->operands[0].type != ARM64_OP_REG ||
	    a->operands[1].type != ARM64_OP_REG ||
	    (a->op_count > 2 && a->operands[2].type != ARM64_OP_IMM))
		return false;
	return a->operands[1].reg == ARM64_REG_SP || a->operands[1].reg == ARM64_REG_X29;
}

static void x86_take(struct walk *w, const cs_insn *in, struct code_insn *out)
{
	const cs_x86 *x = &in->detail->x86;
	bool imm = x->op_count && x->operands[x->op_count - 1].type == X86_OP_IMM;
	uint64_t value = imm ? (uint64_t)x->operands[x->op_count - 1].imm : 0;
	bool has_pushed = w->has_pushed;

	w->has_pushed = in->id == X86_INS_PUSH && imm;
	if (in->id == X86_INS_CALL && imm) {
		out->kind = CODE_CALL;
		out->target = value;
	} else if (in->id == X86_INS_JMP) {
		jump(w, in, true, imm ? value : 0, out);
	} else if (cs_insn_group(w->cs, in, X86_GRP_JUMP)) {
		jump(w, in, false, imm ? value : 0, out);
	} else if (in->id == X86_INS_RET || in->id == X86_INS_UD2 || in->id == X86_INS_INT3) {
		jump(w, in, true, 0, out);
	} else if (in->id == X86_INS_MOV && imm && x->operands[0].type == X86_OP_REG) {
		out->kind = CODE_CONST;
		out->reg = x86_reg_of(x->operands[0].reg);
		out->target = value;
	} else if (in->id == X86_INS_POP && has_pushed && x->operands[0].type == X86_OP_REG) {
		/* push 115; pop rdx: two bytes shorter */
		out->kind = CODE_CONST;
		out->reg = x86_reg_of(x->operands[0].reg);
		out->target = w->pushed;
	} else if (x86_stack(in)) {
		out->kind = CODE_STACK;
		out->reg = x86_reg_of(x->operands[0].reg);
	}
	w->pushed = value;
}

static void arm64_take(struct walk *w, const cs_insn *in, struct code_insn *out)
{
	const cs_arm64 *a = &in->detail->arm64;
	bool imm = a->op_count && a->operands[a->op_count - 1].type == ARM64_OP_IMM;
	uint64_t value = imm ? (uint64_t)a->operands[a->op_count - 1].imm : 0;

	if (in->id == ARM64_INS_BL) {
		out->kind = CODE_CALL;
		out->target = value;
	} else if (in->id == ARM64_INS_B && a->cc != ARM64_CC_INVALID && a->cc != ARM64_CC_AL) {
		jump(w, in, false, value, out);
	} else if (in->id == ARM64_INS_B || in->id == ARM64_INS_BR) {
		jump(w, in, true, imm ? value : 0, out);
	} else if (cs_insn_group(w->cs, in, ARM64_GRP_JUMP)) {
		jump(w, in, false, imm ? value : 0, out);
	} else if (in->id == ARM64_INS_RET || in->id == ARM64_INS_BRK) {
		jump(w, in, true, 0, out);
	} else if ((in->id == ARM64_INS_MOVZ || in->id == ARM64_INS_MOV) && imm &&
		   a->op_count == 2) {
		out->kind = CODE_CONST;
		out->reg = arm64_reg_of(a->operands[0].reg);
		out->target = value;
	} else if (arm64_stack(in)) {
		out->kind = CODE_STACK;
		out->reg = arm64_reg_of(a->operands[0].reg);
	}
}

/*
 * A call that does not return may be a function's last instruction, with the next function behind
 * it: nothing jumps there, and the unwinder's table says so, or a frame is made, as who calls has
 * done long since.
 *
 *   bl   __libcpp_verbose_abort
 *   sub  sp, sp, #176
 */
static bool next_begins(const struct walk *w, uint64_t addr, const uint8_t *bytes, size_t n)
{
	static const uint8_t frame[] = { 0x55, 0x48, 0x89, 0xe5 }; /* push rbp; mov rbp, rsp */

	if (!w->after_call || addr <= w->farthest || n < sizeof(frame))
		return false;
	if (eh_frame__start(&w->eh, addr) == addr)
		return true;
	return w->machine == EM_X86_64 ? !memcmp(bytes, frame, sizeof(frame))
				       : code_arm64__begins(bytes);
}

static bool is_padding(const struct walk *w, const cs_insn *in)
{
	return in->id ==
	       (w->machine == EM_X86_64 ? (unsigned int)X86_INS_NOP : (unsigned int)ARM64_INS_NOP);
}

static int walk(struct walk *w, const uint8_t *bytes, size_t n,
		int (*fn)(void *ctx, const struct code_insn *insn), void *ctx)
{
	cs_insn *in = cs_malloc(w->cs);
	uint64_t addr = w->start;
	int err = in ? 0 : -ENOMEM;

	while (!err) {
		struct code_insn out = { .addr = addr };

		if (next_begins(w, addr, bytes, n))
			break;
		if (!cs_disasm_iter(w->cs, &bytes, &n, &addr, in)) {
			err = -EBADMSG;
			break;
		}
		if (w->machine == EM_X86_64)
			x86_take(w, in, &out);
		else
			arm64_take(w, in, &out);
		err = fn(ctx, &out);
		if (out.kind == CODE_END)
			break;
		w->after_call = out.kind == CODE_CALL || (w->after_call && is_padding(w, in));
	}
	if (in)
		cs_free(in, 1);
	return err;
}

int code__walk(const struct image *img, uint64_t start,
	       int (*fn)(void *ctx, const struct code_insn *insn), void *ctx)
{
	struct walk w = { .machine = img->machine, .start = start, .eh = eh_frame_of(img) };
	uint64_t offset = image__code_offset(img, start);
	uint8_t bytes[FUNCTION_MAX];
	size_t n = sizeof(bytes);
	int err;

	if (!offset)
		return -EBADMSG;
	if (n > img->size - offset)
		n = (size_t)(img->size - offset);
	err = image__read(img, offset, bytes, n);
	if (err)
		return err;
	if (img->machine == EM_X86_64)
		err = cs_open(CS_ARCH_X86, CS_MODE_64, &w.cs);
	else if (img->machine == EM_AARCH64)
		err = cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &w.cs);
	else
		return -EOPNOTSUPP;
	if (err != CS_ERR_OK)
		return -ENOMEM;
	cs_option(w.cs, CS_OPT_DETAIL, CS_OPT_ON);
	err = walk(&w, bytes, n, fn, ctx);
	cs_close(&w.cs);
	return err;
}
