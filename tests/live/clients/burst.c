// SPDX-License-Identifier: BSD-2-Clause
/*
 * A burst of LLM calls as fast as the CPU allows: client and server are two TLS objects in one
 * process, joined in memory, so nothing waits for a network. Each call is a chat request and a
 * streamed answer with its usage. Prints what passed, for a test to hold the meter against:
 *
 *   burst THREADS EXCHANGES BYTES CERT KEY
 *   {"tls_calls":..,"bytes":..,"exchanges":..,"input":..,"output":..}
 *
 * BYTES is the size of each request's and each answer's content. On a line of input it starts.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Exchanges on one connection. */
#define KEEPALIVE 100

static SSL_CTX *server_ctx, *client_ctx;
static int exchanges, content;

struct worker {
	pthread_t thread;
	int number;
	uint64_t tls_calls, bytes, done, input, output;
	SSL *client, *server;
	char *message, *buf;
	size_t cap;
};

static void fail(const char *what)
{
	fprintf(stderr, "burst: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static void connect_pair(struct worker *w)
{
	BIO *a, *b;

	w->client = SSL_new(client_ctx);
	w->server = SSL_new(server_ctx);
	/* Room for a whole message on its way: no call is ever told to wait. */
	if (!BIO_new_bio_pair(&a, 4 << 20, &b, 4 << 20))
		fail("BIO pair");
	SSL_set_bio(w->client, a, a);
	SSL_set_bio(w->server, b, b);
	SSL_set_connect_state(w->client);
	SSL_set_accept_state(w->server);
	while (!SSL_is_init_finished(w->client) || !SSL_is_init_finished(w->server)) {
		SSL_do_handshake(w->client);
		SSL_do_handshake(w->server);
	}
}

static void disconnect(struct worker *w)
{
	SSL_free(w->client);
	SSL_free(w->server);
}

static void pass(struct worker *w, SSL *from, SSL *to, size_t n)
{
	size_t got = 0;
	int r = SSL_write(from, w->message, (int)n);

	if (r != (int)n)
		fail("SSL_write");
	w->tls_calls++;
	w->bytes += n;
	while (got < n) {
		r = SSL_read(to, w->buf, (int)w->cap);
		if (r <= 0)
			fail("SSL_read");
		w->tls_calls++;
		w->bytes += (uint64_t)r;
		got += (size_t)r;
	}
}

static size_t request(struct worker *w)
{
	static const char front[] =
		"{\"model\":\"gpt-4o\",\"stream\":true,\"messages\":[{\"content\":\"";
	static const char back[] = "\"}]}";
	size_t body = sizeof(front) - 1 + (size_t)content + sizeof(back) - 1;
	int n = sprintf(w->message,
			"POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\n"
			"Content-Length: %zu\r\n\r\n%s",
			body, front);

	memset(w->message + n, 'q', (size_t)content);
	memcpy(w->message + n + content, back, sizeof(back) - 1);
	return (size_t)n + (size_t)content + sizeof(back) - 1;
}

/* Head and one text event, then the usage and the end, in two writes as servers do. */
static size_t answer_front(struct worker *w)
{
	static const char event[] =
		"data: {\"id\":\"b\",\"model\":\"gpt-4o-2024-08-06\",\"choices\":"
		"[{\"delta\":{\"content\":\"";
	static const char back[] = "\"},\"finish_reason\":null}]}\n\n";
	size_t body = sizeof(event) - 1 + (size_t)content + sizeof(back) - 1;
	int n = sprintf(w->message,
			"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
			"Transfer-Encoding: chunked\r\n\r\n%zx\r\n%s",
			body, event);

	memset(w->message + n, 'a', (size_t)content);
	n += content;
	n += sprintf(w->message + n, "%s\r\n", back);
	return (size_t)n;
}

static size_t answer_back(struct worker *w, uint64_t in, uint64_t out)
{
	char event[400];
	int n = sprintf(event,
			"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":%llu,"
			"\"completion_tokens\":%llu,\"total_tokens\":%llu}}\n\ndata: [DONE]\n\n",
			(unsigned long long)in, (unsigned long long)out,
			(unsigned long long)(in + out));

	return (size_t)sprintf(w->message, "%x\r\n%s\r\n0\r\n\r\n", n, event);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < exchanges; i++) {
		uint64_t in = 10 + (uint64_t)(i % 1000),
			 out = 1 + (uint64_t)((i + w->number) % 500);

		if (i % KEEPALIVE == 0)
			connect_pair(w);
		pass(w, w->client, w->server, request(w));
		pass(w, w->server, w->client, answer_front(w));
		pass(w, w->server, w->client, answer_back(w, in, out));
		w->done++;
		w->input += in;
		w->output += out;
		if (i % KEEPALIVE == KEEPALIVE - 1 || i == exchanges - 1)
			disconnect(w);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc > 5 ? atoi(argv[1]) : 0;
	struct worker *w = calloc((size_t)threads + 1, sizeof(*w)), sum = { 0 };
	char line[16];

	if (threads < 1 || !w)
		fail("usage: burst THREADS EXCHANGES BYTES CERT KEY");
	exchanges = atoi(argv[2]);
	content = atoi(argv[3]);
	server_ctx = SSL_CTX_new(TLS_server_method());
	client_ctx = SSL_CTX_new(TLS_client_method());
	if (SSL_CTX_use_certificate_file(server_ctx, argv[4], SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(server_ctx, argv[5], SSL_FILETYPE_PEM) != 1)
		fail("certificate");
	printf("started\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	for (int i = 0; i < threads; i++) {
		w[i].number = i;
		w[i].cap = (size_t)content + 4096;
		w[i].message = malloc(w[i].cap);
		w[i].buf = malloc(w[i].cap);
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(w[i].thread, NULL);
		sum.tls_calls += w[i].tls_calls;
		sum.bytes += w[i].bytes;
		sum.done += w[i].done;
		sum.input += w[i].input;
		sum.output += w[i].output;
	}
	printf("{\"tls_calls\":%llu,\"bytes\":%llu,\"exchanges\":%llu,\"input\":%llu,"
	       "\"output\":%llu}\n",
	       (unsigned long long)sum.tls_calls, (unsigned long long)sum.bytes,
	       (unsigned long long)sum.done, (unsigned long long)sum.input,
	       (unsigned long long)sum.output);
	fflush(stdout);
	/* The meter has a second to look at its tables before the process is gone. */
	sleep(2);
	return 0;
}
