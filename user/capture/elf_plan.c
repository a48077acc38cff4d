// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>

#include "capture/elf_plan.h"

struct tls_func_name {
	const char *symbol;
	uint32_t func; /* enum tls_func */
	bool needed;   /* without it this is not the library */
};

/* SSL_peek moves no bytes of its own: what it shows is read again. It is not hooked. */
static const struct tls_func_name openssl_funcs[] = {
	{ .symbol = "SSL_write", .func = TLS_WRITE, .needed = true },
	{ .symbol = "SSL_read", .func = TLS_READ, .needed = true },
	{ .symbol = "SSL_free", .func = TLS_GONE, .needed = true },
	{ .symbol = "SSL_clear", .func = TLS_GONE },
	{ .symbol = "SSL_write_ex", .func = TLS_WRITE_EX }, /* 1.1.1 */
	{ .symbol = "SSL_read_ex", .func = TLS_READ_EX },
};

/*
 * TLS libraries that are told by their symbols. To add one: a table of its functions, a line here,
 * its file name in libs.c, and a real client of it in tests/live.
 */
static const struct {
	const char *name;
	uint32_t lib; /* enum wire_lib */
	const struct tls_func_name *funcs;
	size_t func_count;
} tls_libs[] = {
	{ .name = "openssl",
	  .lib = WIRE_LIB_OPENSSL,
	  .funcs = openssl_funcs,
	  .func_count = sizeof(openssl_funcs) / sizeof(openssl_funcs[0]) },
};

/* The place in the file of an address of executable code; 0: there is none. */
static uint64_t file_offset(Elf *elf, uint64_t addr)
{
	size_t count;

	if (elf_getphdrnum(elf, &count))
		return 0;
	for (size_t i = 0; i < count && i < 256; i++) {
		GElf_Phdr ph;

		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_LOAD && (ph.p_flags & PF_X) &&
		    addr >= ph.p_vaddr && addr - ph.p_vaddr < ph.p_filesz)
			return addr - ph.p_vaddr + ph.p_offset;
	}
	return 0;
}

static void plan_add(struct probe_plan *plan, uint64_t offset, uint32_t func)
{
	/* Two names of one function would tell its bytes twice. */
	for (uint32_t i = 0; i < plan->count; i++)
		if (plan->at[i].offset == offset)
			return;
	if (offset && plan->count < PLAN_MAX) {
		plan->at[plan->count].offset = offset;
		plan->at[plan->count++].func = func;
	}
}

static void plan_symbols(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh,
			 const struct tls_func_name *funcs, size_t func_count,
			 struct probe_plan *plan)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t count = sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;

	for (size_t i = 0; data && i < count; i++) {
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym))
			break;
		if (GELF_ST_TYPE(sym.st_info) != STT_FUNC || sym.st_shndx == SHN_UNDEF)
			continue;
		name = elf_strptr(elf, sh->sh_link, sym.st_name);
		for (size_t k = 0; name && k < func_count; k++)
			if (!strcmp(name, funcs[k].symbol))
				plan_add(plan, file_offset(elf, sym.st_value), funcs[k].func);
	}
}

static bool plan_complete(const struct probe_plan *plan, const struct tls_func_name *funcs,
			  size_t func_count)
{
	for (size_t k = 0; k < func_count; k++) {
		bool there = false;

		for (uint32_t i = 0; i < plan->count; i++)
			there |= plan->at[i].func == funcs[k].func;
		if (funcs[k].needed && !there)
			return false;
	}
	return true;
}

int elf_plan(int fd, struct probe_plan *ret_plan)
{
	int err = -EBADMSG;
	Elf *elf;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return err;
	/* Read, not mapped: a file that shrinks under a mapping would kill the reader. */
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS64)
		goto out;
	err = -ENOENT;
	for (size_t t = 0; err && t < sizeof(tls_libs) / sizeof(tls_libs[0]); t++) {
		struct probe_plan plan = { .lib = tls_libs[t].lib };
		Elf_Scn *scn = NULL;

		while ((scn = elf_nextscn(elf, scn))) {
			GElf_Shdr sh;

			if (gelf_getshdr(scn, &sh) &&
			    (sh.sh_type == SHT_DYNSYM || sh.sh_type == SHT_SYMTAB))
				plan_symbols(elf, scn, &sh, tls_libs[t].funcs,
					     tls_libs[t].func_count, &plan);
		}
		if (plan_complete(&plan, tls_libs[t].funcs, tls_libs[t].func_count)) {
			*ret_plan = plan;
			err = 0;
		}
	}
out:
	elf_end(elf);
	return err;
}
