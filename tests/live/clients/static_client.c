// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client that has OpenSSL inside: PORT COUNT, and a request on its input, which ends its
 * connection. It asks by each way that OpenSSL has in turn: plain, _ex, as a BIO, and plain again
 * with the TLS object of before.
 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum way { PLAIN, EX, THROUGH_BIO, AGAIN, WAYS };

static int dial(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((unsigned short)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&to, sizeof(to)) ? -1 : fd;
}

static int plain(SSL *tls, const char *request, int n)
{
	char answer[4096];
	int sent = SSL_write(tls, request, n);

	while (SSL_read(tls, answer, sizeof(answer)) > 0)
		;
	return sent == n;
}

static int ex(SSL *tls, const char *request, int n)
{
	char answer[4096];
	size_t sent = 0, got;

	SSL_write_ex(tls, request, (size_t)n, &sent);
	while (SSL_read_ex(tls, answer, sizeof(answer), &got))
		;
	return sent == (size_t)n;
}

static int through_bio(SSL *tls, const char *request, int n)
{
	BIO *bio = BIO_new(BIO_f_ssl());
	char answer[4096];
	int sent;

	BIO_set_ssl(bio, tls, BIO_NOCLOSE);
	sent = BIO_write(bio, request, n);
	while (BIO_read(bio, answer, sizeof(answer)) > 0)
		;
	BIO_free(bio);
	return sent == n;
}

static int ask(SSL *tls, int port, enum way way, const char *request, int n)
{
	int fd = dial(port), ok;

	SSL_set_fd(tls, fd);
	if (SSL_connect(tls) != 1)
		return 0;
	ok = way == EX		  ? ex(tls, request, n)
	     : way == THROUGH_BIO ? through_bio(tls, request, n)
				  : plain(tls, request, n);
	SSL_shutdown(tls);
	close(fd);
	return ok;
}

int main(int argc, char **argv)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int port = atoi(argv[1]), count = atoi(argv[2]);
	static char request[4096];
	SSL *tls = NULL;
	int n;

	n = (int)read(0, request, sizeof(request));
	for (int i = 0; i < count; i++) {
		enum way way = i % WAYS;

		if (way == AGAIN) {
			SSL_clear(tls);
		} else {
			SSL_free(tls);
			tls = SSL_new(ctx);
		}
		if (!ask(tls, port, way, request, n))
			return 1;
	}
	return 0;
}
