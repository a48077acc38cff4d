// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client whose answers overtake its requests: one thread writes, one reads, and SSL_write returns
 * only when SSL_read has returned with the answer's beginning. A thread that is kept from its CPU
 * after send(2) does so by chance.
 *
 *   overtaken HOST PORT TEST CALLS BYTES
 *
 * BYTES is the size of what is asked. TLS 1.2: in 1.3 OpenSSL's reader and writer share a state
 * that session tickets change.
 */
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A reader that failed would be waited for in vain. */
#define WAIT_S 30

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t unsent;	    /* of the request, before it is waited for its answer */
static bool answered, over; /* the answer's beginning was read, its end */
static int fd;
static SSL *ssl;

static void fail(const char *what)
{
	fprintf(stderr, "overtaken: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static void wait_for(const bool *flag)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&lock);
	while (!*flag)
		if (pthread_cond_timedwait(&changed, &lock, &until))
			fail("no answer came");
	pthread_mutex_unlock(&lock);
}

static void tell(bool *flag)
{
	pthread_mutex_lock(&lock);
	*flag = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* Below SSL_write: a TLS record is longer than what is in it. */
static int late_write(BIO *bio, const char *data, int len)
{
	bool last = unsent && unsent <= (size_t)len;

	for (int at = 0; at < len;) {
		ssize_t n = send(fd, data + at, (size_t)(len - at), MSG_NOSIGNAL);

		if (n <= 0)
			fail("send");
		at += (int)n;
	}
	unsent -= unsent < (size_t)len ? unsent : (size_t)len;
	if (last)
		wait_for(&answered);
	return len;
}

static long late_ctrl(BIO *bio, int cmd, long number, void *at)
{
	return cmd == BIO_CTRL_FLUSH;
}

static void *read_answers(void *arg)
{
	char buf[16384], tail[5] = "";

	for (int calls = *(int *)arg; calls;) {
		int n = SSL_read(ssl, buf, sizeof(buf)), keep = n < 5 ? n : 5;

		if (n <= 0)
			fail("SSL_read");
		tell(&answered);
		memmove(tail, tail + keep, (size_t)(5 - keep));
		memcpy(tail + 5 - keep, buf + n - keep, (size_t)keep);
		if (memcmp(tail, "0\r\n\r\n", 5) != 0)
			continue;
		memset(tail, 0, sizeof(tail));
		calls--;
		tell(&over);
	}
	return NULL;
}

static void ask(const char *host, const char *test, size_t bytes)
{
	static const char begin[] = "{\"model\":\"gpt-4o\",\"stream\":true,\"stream_options\":"
				    "{\"include_usage\":true},\"messages\":[{\"role\":\"user\","
				    "\"content\":\"",
			  end[] = "\"}]}";
	size_t body = strlen(begin) + bytes + strlen(end), cap = body + 1024, n;
	char *request = malloc(cap);

	n = (size_t)snprintf(request, cap,
			     "POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\nx-sim-test: %s\r\n"
			     "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			     host, test, body, begin);
	memset(request + n, 'a', bytes);
	memcpy(request + n + bytes, end, strlen(end));
	n += bytes + strlen(end);
	pthread_mutex_lock(&lock);
	answered = over = false;
	pthread_mutex_unlock(&lock);
	unsent = n;
	if (SSL_write(ssl, request, (int)n) != (int)n)
		fail("SSL_write");
	free(request);
	wait_for(&over);
}

int main(int argc, char **argv)
{
	struct addrinfo *at, hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	BIO_METHOD *late = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "late");
	pthread_t reader;
	int calls;
	BIO *out;

	if (argc != 6 || getaddrinfo(argv[1], argv[2], &hints, &at))
		fail("HOST PORT TEST CALLS BYTES");
	fd = socket(at->ai_family, at->ai_socktype, 0);
	if (connect(fd, at->ai_addr, at->ai_addrlen))
		fail("connect");
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	ssl = SSL_new(ctx);
	BIO_meth_set_write(late, late_write);
	BIO_meth_set_ctrl(late, late_ctrl);
	out = BIO_new(late);
	BIO_set_init(out, 1);
	SSL_set_bio(ssl, BIO_new_socket(fd, BIO_NOCLOSE), out);
	if (SSL_connect(ssl) != 1)
		fail("SSL_connect");
	calls = atoi(argv[4]);
	pthread_create(&reader, NULL, read_answers, &calls);
	for (int i = 0; i < atoi(argv[4]); i++)
		ask(argv[1], argv[3], (size_t)atol(argv[5]));
	pthread_join(reader, NULL);
	SSL_free(ssl);
	close(fd);
	freeaddrinfo(at);
	return 0;
}
