// SPDX-License-Identifier: BSD-2-Clause
/*
 * A TLS client that is measured from within: both ends are in this process, joined in memory, so
 * nothing waits for a network. The client calls SSL_write and SSL_read, as programs do, and the
 * time spent within these calls is what counts; the server's end goes through OpenSSL's BIO, which
 * calls neither: it is not probed, as a provider's server is not.
 *
 *   tls_loop CERT KEY
 *   < {"library":"/usr/lib/x86_64-linux-gnu/libssl.so.3","write":211328,"read":210560}
 *   > calls 64 30              LLM calls, cut into TLS calls of 64 bytes, for 30 ms
 *   < {"pairs":1280,"ns":61430,"exchanges":10,"bytes":163840,"probed":false}
 *   > web 1024 30              HTTP, but no LLM calls
 *   > opaque 16384 30          no HTTP either
 *
 * ns: of one SSL_write of that many bytes and the SSL_reads of as many. probed: whether there was a
 * breakpoint on SSL_write, before or after.
 */
#include <link.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "script.h"

#define LARGEST	   131072
#define EXCHANGE   16384 /* least bytes of an exchange in each direction */
#define BREAKPOINT 0xcc	 /* x86's */

/* A connection a workload and size: a verdict is on a connection. */
struct loop {
	char workload[16];
	int size, pairs; /* pairs: writes and reads of one exchange */
	SSL *client;
	BIO *server; /* a TLS connection, as a filter over its wire */
	char *request, *answer;
	struct loop *next;
};

struct result {
	uint64_t pairs, ns, exchanges, bytes;
	bool probed;
};

static SSL_CTX *server_ctx, *client_ctx;
static char buf[LARGEST];

static void fail(const char *what)
{
	fprintf(stderr, "tls_loop: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool probed(void)
{
	return *(const volatile uint8_t *)(uintptr_t)SSL_write == BREAKPOINT ||
	       *(const volatile uint8_t *)(uintptr_t)SSL_read == BREAKPOINT;
}

/* Where in its file a function of a library lies. */
struct place {
	uintptr_t address;
	uint64_t offset;
	const char *library;
};

static int place_find(struct dl_phdr_info *o, size_t size, void *ctx)
{
	struct place *p = ctx;

	(void)size;
	for (int i = 0; i < o->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &o->dlpi_phdr[i];
		uintptr_t from = o->dlpi_addr + h->p_vaddr;

		if (h->p_type != PT_LOAD || p->address < from || p->address >= from + h->p_memsz)
			continue;
		p->library = o->dlpi_name;
		p->offset = p->address - from + h->p_offset;
		return 1;
	}
	return 0;
}

static void tell_places(void)
{
	struct place write = { .address = (uintptr_t)SSL_write },
		     read = { .address = (uintptr_t)SSL_read };

	if (!dl_iterate_phdr(place_find, &write) || !dl_iterate_phdr(place_find, &read))
		fail("no library");
	printf("{\"library\":\"%s\",\"write\":%llu,\"read\":%llu}\n", write.library,
	       (unsigned long long)write.offset, (unsigned long long)read.offset);
	fflush(stdout);
}

static void connect_pair(struct loop *l)
{
	SSL *server = SSL_new(server_ctx);
	BIO *a, *b;

	l->client = SSL_new(client_ctx);
	l->server = BIO_new(BIO_f_ssl());
	/* Room for a whole call on its way: none is ever told to wait. */
	if (!server || !l->client || !l->server || !BIO_new_bio_pair(&a, 1 << 20, &b, 1 << 20))
		fail("connection");
	SSL_set_bio(l->client, a, a);
	SSL_set_bio(server, b, b);
	SSL_set_connect_state(l->client);
	SSL_set_accept_state(server);
	BIO_set_ssl(l->server, server, BIO_CLOSE);
	while (!SSL_is_init_finished(l->client) || !SSL_is_init_finished(server)) {
		SSL_do_handshake(l->client);
		SSL_do_handshake(server);
	}
}

static struct loop *loop_new(const char *workload, int size)
{
	struct loop *l = calloc(1, sizeof(*l));
	size_t n;

	if (!l || size < 1 || size > LARGEST)
		fail("size");
	snprintf(l->workload, sizeof(l->workload), "%s", workload);
	l->size = size;
	l->pairs = size < EXCHANGE / 4 ? EXCHANGE / size : 4;
	n = (size_t)l->size * (size_t)l->pairs;
	l->request = malloc(n + 1);
	l->answer = malloc(n + 1);
	if (!l->request || !l->answer)
		fail("memory");
	if (strcmp(workload, "opaque") != 0) {
		if (strcmp(workload, "web") == 0)
			script_request(l->request, n, "shop.example", "/api/v2/items");
		else
			script_request(l->request, n, "api.openai.com", "/v1/chat/completions");
		script_answer(l->answer, n);
	} else {
		memset(l->request, 1, n); /* no protocol begins so */
		memset(l->answer, 2, n);
	}
	connect_pair(l);
	return l;
}

static uint64_t client_write(struct loop *l, const char *p)
{
	uint64_t from = now(), ns;
	int got = 0;

	if (SSL_write(l->client, p, l->size) != l->size)
		fail("SSL_write");
	ns = now() - from;
	while (got < l->size) {
		int n = BIO_read(l->server, buf, sizeof(buf));

		if (n <= 0)
			fail("BIO_read");
		got += n;
	}
	return ns;
}

static uint64_t client_read(struct loop *l, const char *p)
{
	uint64_t from, ns;
	int got = 0;

	if (BIO_write(l->server, p, l->size) != l->size)
		fail("BIO_write");
	from = now();
	while (got < l->size) {
		int n = SSL_read(l->client, buf, sizeof(buf));

		if (n <= 0)
			fail("SSL_read");
		got += n;
	}
	ns = now() - from;
	return ns;
}

/* Whole exchanges, until the time is over. */
static struct result run(struct loop *l, uint64_t ms)
{
	struct result r = { .probed = probed() };
	uint64_t until = now() + ms * 1000000u;

	do {
		for (int i = 0; i < l->pairs; i++)
			r.ns += client_write(l, l->request + (size_t)i * (size_t)l->size);
		for (int i = 0; i < l->pairs; i++)
			r.ns += client_read(l, l->answer + (size_t)i * (size_t)l->size);
		r.pairs += (uint64_t)l->pairs;
		r.exchanges++;
	} while (now() < until);
	r.bytes = 2 * r.pairs * (uint64_t)l->size;
	r.probed |= probed();
	return r;
}

int main(int argc, char **argv)
{
	struct loop *first = NULL, *l;
	char line[64], workload[16];
	int size, ms;

	if (argc != 3)
		fail("usage: tls_loop CERT KEY");
	server_ctx = SSL_CTX_new(TLS_server_method());
	client_ctx = SSL_CTX_new(TLS_client_method());
	if (SSL_CTX_use_certificate_file(server_ctx, argv[1], SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(server_ctx, argv[2], SSL_FILETYPE_PEM) != 1)
		fail("certificate");
	tell_places();
	while (fgets(line, sizeof(line), stdin) &&
	       sscanf(line, "%15s %d %d", workload, &size, &ms) == 3) {
		struct result r;

		for (l = first; l && (strcmp(l->workload, workload) || l->size != size);
		     l = l->next)
			;
		if (!l) {
			l = loop_new(workload, size);
			l->next = first;
			first = l;
		}
		r = run(l, (uint64_t)ms);
		printf("{\"pairs\":%llu,\"ns\":%.1f,\"exchanges\":%llu,\"bytes\":%llu,"
		       "\"probed\":%s}\n",
		       (unsigned long long)r.pairs, (double)r.ns / (double)r.pairs,
		       (unsigned long long)r.exchanges, (unsigned long long)r.bytes,
		       r.probed ? "true" : "false");
		fflush(stdout);
	}
	return 0;
}
