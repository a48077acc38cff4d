/* SPDX-License-Identifier: BSD-2-Clause */
/* The least that a Go program is to those who look for its functions: an ELF file of 4 KiB. */
#ifndef WT_GO_IMAGE_H
#define WT_GO_IMAGE_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GO_FUNCS      6
#define GO_FUNC_BYTES 32

struct go_image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[2];
	Elf64_Shdr sh[4];
	char section_names[64];
	Elf64_Rela rela[6];
	uint8_t text[GO_FUNCS][GO_FUNC_BYTES];
	uint64_t module[24];
	struct {
		uint8_t magic[8];
		uint64_t word[8];
		char names[256];
		struct {
			uint32_t start, record;
		} funcs[GO_FUNCS];
		uint32_t end, pad;
		struct {
			uint32_t start, name;
		} records[GO_FUNCS];
	} table;
};

#define GO_AT(field) offsetof(struct go_image, field)
/* Where the file's bytes are loaded: one segment of code, one of data, at the same distance. */
#define GO_BASE	       0x400000u
#define GO_ADDR(field) (GO_BASE + GO_AT(field))

static const char *const go_names[GO_FUNCS] = {
	"internal/abi.Escape",	   "crypto/tls.(*Conn).Write", "crypto/tls.(*Conn).clientHandshake",
	"crypto/tls.(*Conn).Read", "crypto/tls.(*Conn).Close", "main.main",
};

enum go_func_index { GO_ESCAPE, GO_WRITE, GO_HANDSHAKE, GO_READ, GO_CLOSE, GO_MAIN };

/* The second of its two returns; bytes of the constant between them look like more. */
#define GO_RET1 6
#define GO_RET2 17

static inline void go_code(uint8_t *code, uint16_t machine)
{
	static const uint8_t x86[] = {
		0x49, 0x3b, 0x66, 0x10, 0x76, 0x01, /* cmp 0x10(%r14),%rsp; jbe */
		0xc3,				    /* ret */
		0x48, 0xb8, 0xc3, 0xc3, 0xc3, 0xc3, 0xc3, 0xc3, 0xc3, 0xc3, /* movabs */
		0xc3,							    /* ret */
	};
	static const uint32_t arm64[] = { 0xd503201f, 0xd65f03c0, 0xd503201f, 0xd65f03c0 };

	memset(code, 0xcc, GO_FUNC_BYTES); /* int3 between functions */
	if (machine == EM_X86_64) {
		memcpy(code, x86, sizeof(x86));
	} else {
		memset(code, 0, GO_FUNC_BYTES);
		memcpy(code, arm64, sizeof(arm64));
	}
}

static inline void go_section(struct go_image *g, int i, const char *name, uint32_t type,
			      uint64_t offset, uint64_t size)
{
	size_t at = i ? (size_t)i * 16 : 0;

	strcpy(g->section_names + at, name);
	g->sh[i].sh_name = (uint32_t)at;
	g->sh[i].sh_type = type;
	g->sh[i].sh_offset = offset;
	g->sh[i].sh_addr = GO_BASE + offset;
	g->sh[i].sh_size = size;
	g->sh[i].sh_entsize = type == SHT_RELA ? sizeof(Elf64_Rela) : 0;
}

static inline void go_relocate(struct go_image *g, int n, size_t word)
{
	g->rela[n].r_offset = GO_ADDR(module) + word * 8;
	g->rela[n].r_info = ELF64_R_INFO(0, g->eh.e_machine == EM_X86_64 ? R_X86_64_RELATIVE
									 : R_AARCH64_RELATIVE);
	g->rela[n].r_addend = (int64_t)g->module[word];
	g->module[word] = 0;
}

/* relocated: a PIE as linkers of C make it, with sections, and its pointers in relocations. */
static inline void go_image_make(struct go_image *g, uint16_t machine, bool relocated)
{
	size_t at = 1; /* a name is told from the one before by the NUL between them */

	memset(g, 0, sizeof(*g));
	memcpy(g->eh.e_ident, ELFMAG, SELFMAG);
	g->eh.e_ident[EI_CLASS] = ELFCLASS64;
	g->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	g->eh.e_machine = machine;
	g->eh.e_type = relocated ? ET_DYN : ET_EXEC;
	g->eh.e_phoff = GO_AT(ph);
	g->eh.e_phentsize = sizeof(g->ph[0]);
	g->eh.e_phnum = 2;
	g->ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
				 .p_flags = PF_R | PF_X,
				 .p_offset = GO_AT(text),
				 .p_vaddr = GO_ADDR(text),
				 .p_filesz = sizeof(g->text) };
	g->ph[1] = (Elf64_Phdr){ .p_type = PT_LOAD,
				 .p_flags = PF_R | PF_W,
				 .p_offset = GO_AT(module),
				 .p_vaddr = GO_ADDR(module),
				 .p_filesz = sizeof(g->module) + sizeof(g->table) };

	memcpy(g->table.magic, "\xf1\xff\xff\xff\0\0\1\10", 8);
	g->table.magic[6] = machine == EM_X86_64 ? 1 : 4;
	g->table.word[0] = GO_FUNCS;
	g->table.word[3] = GO_AT(table.names) - GO_AT(table);
	for (int w = 4; w < 8; w++) /* files and lines: none */
		g->table.word[w] = GO_AT(table.funcs) - GO_AT(table);
	for (uint32_t i = 0; i < GO_FUNCS; i++) {
		go_code(g->text[i], machine);
		g->table.funcs[i].start = i * GO_FUNC_BYTES;
		g->table.funcs[i].record = (uint32_t)(GO_AT(table.records) - GO_AT(table.funcs) +
						      i * sizeof(g->table.records[0]));
		g->table.records[i].start = i * GO_FUNC_BYTES;
		g->table.records[i].name = (uint32_t)at;
		strcpy(g->table.names + at, go_names[i]);
		at += strlen(go_names[i]) + 1;
	}
	g->table.end = GO_FUNCS * GO_FUNC_BYTES;

	g->module[0] = GO_ADDR(table);
	g->module[1] = GO_ADDR(table.names);
	g->module[16] = GO_ADDR(table.funcs);
	g->module[17] = GO_FUNCS + 1;
	g->module[20] = g->module[22] = GO_ADDR(text);
	g->module[23] = GO_ADDR(text) + sizeof(g->text);
	if (!relocated)
		return;
	g->eh.e_shoff = GO_AT(sh);
	g->eh.e_shentsize = sizeof(g->sh[0]);
	g->eh.e_shnum = 4;
	g->eh.e_shstrndx = 1;
	go_section(g, 1, ".shstrtab", SHT_STRTAB, GO_AT(section_names), sizeof(g->section_names));
	go_section(g, 2, ".rela.dyn", SHT_RELA, GO_AT(rela), sizeof(g->rela));
	go_section(g, 3, ".go.buildinfo", SHT_PROGBITS, GO_AT(module), 8);
	go_relocate(g, 0, 0);
	go_relocate(g, 1, 1);
	go_relocate(g, 2, 16);
	go_relocate(g, 3, 20);
	go_relocate(g, 4, 22);
	go_relocate(g, 5, 23);
}

/* The first n bytes of it as a file; the descriptor, or -1. */
static inline int go_image_file(const struct go_image *g, size_t n)
{
	int fd = memfd_create("go", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, g, n) != (ssize_t)n) {
		close(fd);
		return -1;
	}
	return fd;
}

#endif
