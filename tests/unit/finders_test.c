// SPDX-License-Identifier: BSD-2-Clause
/* The finders on small libraries that hold what they look for: tests/fuzz/elf/seeds.sh makes them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "capture/elf_plan.h"
#include "capture/image.h"
#include "test.h"

#define FILE_MAX 8192

static uint8_t file[FILE_MAX];
static size_t size;
static struct probe_plan plan;
static char how[256];

static bool load(const char *name)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "tests/fuzz/seeds/elf/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, file, sizeof(file));
	close(fd);
	size = n > 0 ? (size_t)n : 0;
	return size != 0;
}

/* The first n bytes of the file, in a file of that many more, looked at. */
static int look_at(size_t n, uint64_t more, const bool *closing)
{
	int fd = memfd_create("file", MFD_CLOEXEC), err = -1;

	plan.count = 0;
	if (fd >= 0 && write(fd, file, n) == (ssize_t)n && !ftruncate(fd, (off_t)(n + more)))
		err = elf_plan(fd, closing, &plan, how, sizeof(how));
	close(fd);
	return err;
}

static int look(size_t n)
{
	return look_at(n, 0, NULL);
}

static uint32_t places(uint32_t func)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < plan.count; i++)
		count += plan.at[i].func == func;
	return count;
}

/* Where the function is that the plan has; 0: none, or several. */
static uint64_t place(uint32_t func)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < plan.count; i++)
		if (plan.at[i].func == func)
			at = at ? 0 : plan.at[i].offset;
	return at;
}

/* All of `from` in the file by `to`. */
static int replace(const char *from, const char *to, size_t n)
{
	int count = 0;

	for (size_t i = 0; i + n <= size; i++)
		if (!memcmp(file + i, from, n)) {
			memcpy(file + i, to, n);
			count++;
		}
	return count;
}

TEST(openssl)
{
	ASSERT(load("openssl"));
	ASSERT_EQ(look(size), 0);
	ASSERT_STR(how, "openssl");
	ASSERT_EQ(plan.count, 5);
	ASSERT(place(TLS_WRITE) && place(TLS_READ) && place(TLS_WRITE_EX) && place(TLS_READ_EX));
	ASSERT(place(TLS_GONE));
}

/* A program of 32 bits is told, and let alone. */
TEST(of_32_bits)
{
	ASSERT(load("openssl"));
	file[4] = 1; /* ELFCLASS32 */
	ASSERT_EQ(look(size), -EBADMSG);
	ASSERT_STR(how, "it is no 64-bit ELF file that can be read");
	ASSERT_EQ(plan.count, 0);
}

/* One place for each direction, however it is called. */
static void openssl_is_found_by_code(const char *name, uint32_t writes, uint32_t not )
{
	ASSERT(load(name));
	ASSERT_EQ(look(size), 0);
	ASSERT_STR(how, "openssl");
	ASSERT_EQ(plan.count, 4);
	ASSERT(place(writes) && place(TLS_READ_EX) && place(TLS_NEW) && place(TLS_GONE));
	ASSERT_EQ(places(not ), 0);
	ASSERT(place(writes) < place(TLS_READ_EX) && place(TLS_READ_EX) < place(TLS_NEW));
	ASSERT_EQ(plan.guessed, WIRE_LIB_OPENSSL);
}

TEST(openssl_without_symbols)
{
	openssl_is_found_by_code("openssl_code", TLS_WRITE_EX, TLS_WRITE_EX2);
	openssl_is_found_by_code("openssl_code_flags", TLS_WRITE_EX2, TLS_WRITE_EX);
}

/* What a linker left out of a program that calls SSL_write_ex and SSL_read_ex alone. */
TEST(openssl_whose_callers_are_not_there)
{
	ASSERT(load("openssl_code"));
	ASSERT_EQ(replace("SSL_write\0", "SSL_vrite\0", 10), 1);
	ASSERT_EQ(replace("SSL_read\0", "SSL_reed\0", 9), 1);
	ASSERT_EQ(look(size), 0);
	ASSERT_EQ(plan.count, 4);
	ASSERT(place(TLS_WRITE_EX2) && place(TLS_READ_EX) && place(TLS_NEW) && place(TLS_GONE));
}

TEST(openssl_that_is_another)
{
	/* How a call is made is to be known: mov rsp, r8 is mov rsp, rax. */
	ASSERT(load("openssl_code_flags"));
	ASSERT(replace("\x49\x89\xe0", "\x48\x89\xe0", 3));
	ASSERT_EQ(look(size), -EOPNOTSUPP);
	/* SSL_write does not say BAD_LENGTH. */
	ASSERT(load("openssl_code"));
	ASSERT(replace("\xbe\x0f\x01\x00\x00", "\xbe\x10\x01\x00\x00", 5));
	ASSERT_EQ(look(size), -ESRCH);
	ASSERT_STR(how, "openssl: one of its functions was not found");
	/* SSL_clear is a second SSL_new: which one makes a connection is not known. */
	ASSERT(load("openssl_code"));
	ASSERT(replace("\xbe\xbc\x00\x00\x00", "\xbe\xc3\x00\x00\x00", 5));
	ASSERT_EQ(replace("SSL_clear", "SSL_new\0", 9), 1);
	ASSERT_EQ(look(size), -ENOTUNIQ);
	ASSERT_STR(how, "openssl: several places could be one of its functions");
	/* Without SSL_clear a new connection still ends the one before. */
	ASSERT(load("openssl_code"));
	ASSERT_EQ(replace("SSL_clear", "SSL_cleer", 9), 1);
	ASSERT_EQ(look(size), 0);
	ASSERT_EQ(plan.count, 3);
	/* The name of its own file is not there: it is none. */
	ASSERT(load("openssl_code"));
	ASSERT_EQ(replace("rec_layer_s3.c", "rec_layer_s4.c", 14), 1);
	ASSERT_EQ(look(size), -ENOENT);
}

TEST(openssl_1_without_symbols)
{
	openssl_is_found_by_code("openssl1_code", TLS_WRITE_EX, TLS_WRITE_EX2);
}

TEST(openssl_1_that_is_another)
{
	/* No function says that it is SSL_write_internal: 524 is 525. */
	ASSERT(load("openssl1_code"));
	ASSERT_EQ(replace("\xbe\x0c\x02\x00\x00", "\xbe\x0d\x02\x00\x00", 5), 2);
	ASSERT_EQ(look(size), -ESRCH);
	ASSERT_STR(how, "openssl: one of its functions was not found");
	/* SSL_peek's says that it is SSL_read's: 522 is 523. */
	ASSERT(load("openssl1_code"));
	ASSERT_EQ(replace("\xbe\x0a\x02\x00\x00", "\xbe\x0b\x02\x00\x00", 5), 1);
	ASSERT_EQ(look(size), -ENOTUNIQ);
	ASSERT_STR(how, "openssl: several places could be one of its functions");
	/* Without SSL_clear a new connection still ends the one before. */
	ASSERT(load("openssl1_code"));
	ASSERT_EQ(replace("\xbe\xa4\x00\x00\x00", "\xbe\xa5\x00\x00\x00", 5), 1);
	ASSERT_EQ(look(size), 0);
	ASSERT_EQ(plan.count, 3);
	/* Neither its file's name nor those of version 3. */
	ASSERT(load("openssl1_code"));
	ASSERT_EQ(replace("ssl_lib.c", "ssl_lic.c", 9), 1);
	ASSERT_EQ(look(size), -ESRCH);
}

TEST(gnutls)
{
	ASSERT(load("gnutls"));
	ASSERT_EQ(look(size), 0);
	ASSERT_STR(how, "gnutls");
	ASSERT_EQ(places(TLS_WRITE_GNU), 2);
	ASSERT(place(TLS_READ_GNU) && place(TLS_GONE));
}

TEST(mbedtls)
{
	ASSERT(load("mbedtls"));
	ASSERT_EQ(look(size), 0);
	ASSERT_STR(how, "mbedtls");
	ASSERT_EQ(plan.count, 3);
	ASSERT(place(TLS_WRITE_MBED) && place(TLS_READ_MBED) && place(TLS_GONE));
}

TEST(wolfssl)
{
	ASSERT(load("wolfssl"));
	ASSERT_EQ(look(size), 0);
	ASSERT_STR(how, "wolfssl");
	ASSERT_EQ(plan.count, 4);
	ASSERT(place(TLS_WRITE_WOLF) && places(TLS_READ_WOLF) == 2 && place(TLS_GONE));
}

/* cs push rbx: the kernel sets no probe there */
static void pad(uint64_t offset)
{
	memcpy(file + offset, "\x66\x2e\x53", 3);
}

TEST(s2n_whose_functions_begin_with_a_prefix)
{
	uint64_t reads, writes, ends = 0;

	ASSERT(load("s2n"));
	ASSERT_EQ(look(size), 0);
	ASSERT_STR(how, "s2n");
	ASSERT_EQ(plan.count, 4);
	ASSERT_EQ(places(TLS_GONE), 2);
	reads = place(TLS_READ_S2N);
	writes = place(TLS_WRITE_S2N);
	for (uint32_t i = 0; i < plan.count; i++)
		if (plan.at[i].func == TLS_GONE)
			ends = plan.at[i].offset;
	/* Another function reads, and another one ends. */
	pad(reads);
	pad(ends);
	ASSERT_EQ(look(size), 0);
	ASSERT_EQ(plan.count, 3);
	ASSERT(place(TLS_READ_S2N) != reads && place(TLS_WRITE_S2N) == writes);
	ASSERT(place(TLS_GONE) != ends);
	/* No other one writes. */
	pad(writes);
	ASSERT_EQ(look(size), -ENOEXEC);
	ASSERT_EQ(plan.count, 0);
	ASSERT_STR(how, "s2n: the kernel sets no probe at an instruction that one of its functions "
			"begins with");
}

TEST(nss)
{
	ASSERT(load("nss"));
	ASSERT_EQ(look(size), 0);
	ASSERT_STR(how, "nss");
	ASSERT_EQ(plan.count, 3);
	ASSERT(place(TLS_WRITE_NSS) && place(TLS_READ_NSS) && place(TLS_GONE));
	/* Sending follows receiving there, 16 bytes each. */
	ASSERT_EQ(place(TLS_WRITE_NSS) - place(TLS_READ_NSS), 16);
}

TEST(nss_whose_tables_tell_nothing)
{
	static const char jump_back[] = { 0x31, (char)0xc9, (char)0xeb },
			  nothing[] = { 0x31, (char)0xc9, 0x74 };

	/* xor ecx, ecx; jmp recv: a jump on a condition that nobody knows is no other name of it */
	ASSERT(load("nss"));
	if (!replace(jump_back, nothing, sizeof(nothing)))
		ASSERT(replace("\x31\xc9\xe9", "\x31\xc9\xc3", 3));
	ASSERT(look(size) != 0);
}

static void boringssl_is_found(const char *name, uint32_t reads)
{
	ASSERT(load(name));
	ASSERT_EQ(look(size), 0);
	ASSERT_STR(how, "boringssl");
	ASSERT_EQ(plan.count, 3);
	ASSERT(place(TLS_WRITE_BORING) && place(reads));
	ASSERT_EQ(plan.guessed, WIRE_LIB_BORINGSSL);
}

TEST(boringssl)
{
	boringssl_is_found("boringssl", TLS_READ_BORING);
}

TEST(boringssl_whose_reader_is_whole)
{
	boringssl_is_found("boringssl_inside", TLS_PEEK_BORING);
	/* Which of them reads is not clear. */
	ASSERT(load("boringssl_inside_peek"));
	ASSERT_EQ(look(size), -ENOTUNIQ);
	ASSERT_STR(how, "boringssl: several places could be one of its functions");
}

TEST(boringssl_whose_functions_end_by_calls)
{
	boringssl_is_found("boringssl_no_return", TLS_READ_BORING);
}

static void rustls_is_found(const char *name)
{
	ASSERT(load(name));
	ASSERT_EQ(look(size), 0);
	ASSERT_STR(how, "rustls");
	ASSERT_EQ(plan.count, 5);
	ASSERT(place(TLS_AEAD_INIT) && place(TLS_AEAD_INIT) < place(TLS_AEAD_SEAL));
	ASSERT(place(TLS_AEAD_SEAL) < place(TLS_AEAD_SCATTER));
	ASSERT(place(TLS_AEAD_SCATTER) < place(TLS_AEAD_OPEN));
	ASSERT(place(TLS_AEAD_OPEN) < place(TLS_AEAD_GATHER));
}

TEST(rustls)
{
	rustls_is_found("rustls");
}

TEST(rustls_by_the_unwinder)
{
	rustls_is_found("rustls_unwind");
}

TEST(rustls_without_its_unwinder)
{
	/* What does not look like a beginning is none when nothing else says so. */
	ASSERT(load("rustls_unwind"));
	ASSERT(replace("\x01\x1b\x03\x3b", "\x02\x1b\x03\x3b", 4));
	ASSERT(look(size) != 0);
	ASSERT_STR(how, "rustls: one of its functions was not found");
}

TEST(rustls_with_another_cipher)
{
	/* mov edx, 117: TOO_LARGE */
	ASSERT(load("rustls"));
	ASSERT(replace("\xba\x75\x00\x00\x00", "\xba\x76\x00\x00\x00", 5));
	ASSERT(look(size) != 0);
	ASSERT_STR(how, "rustls: one of its functions was not found");
	/* mov edx, 104: CTRL_NOT_IMPLEMENTED, as BAD_DECRYPT: two that open */
	ASSERT(load("rustls"));
	ASSERT(replace("\xba\x68\x00\x00\x00", "\xba\x65\x00\x00\x00", 5));
	ASSERT(look(size) != 0);
	ASSERT_STR(how, "rustls: several places could be one of its functions");
}

TEST(a_file_larger_than_any_program)
{
	ASSERT(load("openssl"));
	ASSERT_EQ(look_at(size, IMAGE_MAX - size, NULL), 0);
	ASSERT_EQ(look_at(size, IMAGE_MAX - size + 1, NULL), -EFBIG);
	ASSERT_STR(how, "it is larger than any program: it is not read");
}

/* A program of 2 GiB takes seconds to read: who ends does not wait for it. */
TEST(nothing_is_read_for_who_ends)
{
	static const char *const names[] = { "openssl", "openssl_code", "openssl1_code", "gnutls",
					     "nss",	"boringssl",	"rustls",	 "s2n" };
	bool closing = true;

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		ASSERT(load(names[k]));
		ASSERT(look_at(size, 0, &closing) != 0);
		ASSERT_EQ(plan.count, 0);
	}
	closing = false;
	ASSERT_EQ(look_at(size, 0, &closing), 0);
}

TEST(every_beginning_of_a_file)
{
	static const char *const names[] = { "openssl", "openssl_code",	 "openssl1_code",
					     "gnutls",	"nss",		 "boringssl",
					     "rustls",	"rustls_unwind", "s2n",
					     "mbedtls", "wolfssl" };

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		ASSERT(load(names[k]));
		for (size_t n = 0; n < size; n++)
			if (!look(n))
				for (uint32_t i = 0; i < plan.count; i++)
					ASSERT(plan.at[i].offset < n);
	}
}

TEST_MAIN()
