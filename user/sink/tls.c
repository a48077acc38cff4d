// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "sink/link.h"
#include "sink/tls.h"

#define LIBSSL_FILE "libssl.so.3"

/* The library's functions under their own names: lib.SSL_new(ctx). */
static struct {
	void *handle;
#define LIBSSL(name) typeof(&name) name;
#include "sink/libssl.def"
#undef LIBSSL
} lib;

struct tls {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
};

static int load_library(char *err)
{
	static const char *const names[] = {
#define LIBSSL(name) #name,
#include "sink/libssl.def"
#undef LIBSSL
	};
	void **const places[] = {
#define LIBSSL(name) (void **)&lib.name,
#include "sink/libssl.def"
#undef LIBSSL
	};

	if (lib.handle)
		return 0;
	lib.handle = dlopen(LIBSSL_FILE, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; lib.handle && i < sizeof(names) / sizeof(names[0]); i++) {
		*places[i] = dlsym(lib.handle, names[i]);
		if (*places[i])
			continue;
		dlclose(lib.handle);
		lib.handle = NULL;
	}
	if (lib.handle)
		return 0;
	snprintf(err, SINK_ERROR_MAX, LIBSSL_FILE " can't be used: install OpenSSL 3 (libssl3)");
	return -ENOENT;
}

/* The library's own reason, behind what was tried. */
static int failed(char *err, const char *what)
{
	const char *reason = lib.ERR_reason_error_string(lib.ERR_get_error());

	snprintf(err, SINK_ERROR_MAX, "%s: %s", what, reason ? reason : "it is not to be read");
	return -EPROTO;
}

static BIO *reader(const struct buffer *pem)
{
	return lib.BIO_new_mem_buf(pem->p, (int)pem->n);
}

/* All certificates of the file. */
static int trust(struct tls *t, const struct buffer *pem, char *err)
{
	X509_STORE *store = lib.SSL_CTX_get_cert_store(t->ctx);
	BIO *in = reader(pem);
	X509 *cert;
	int count = 0;

	while (in && (cert = lib.PEM_read_bio_X509(in, NULL, NULL, NULL))) {
		count += lib.X509_STORE_add_cert(store, cert);
		lib.X509_free(cert);
	}
	lib.BIO_free(in);
	if (!count)
		return failed(err, "ca");
	lib.ERR_clear_error(); /* that of the file's end */
	return 0;
}

/* The client's certificate, those above it, and its key. */
static int introduce(struct tls *t, const struct tls_opts *o, char *err)
{
	BIO *in = reader(&o->cert);
	X509 *cert = in ? lib.PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key = NULL;
	bool good = cert && lib.SSL_CTX_use_certificate(t->ctx, cert) == 1;

	lib.X509_free(cert);
	while (good && (cert = lib.PEM_read_bio_X509(in, NULL, NULL, NULL)))
		if (lib.SSL_CTX_ctrl(t->ctx, SSL_CTRL_EXTRA_CHAIN_CERT, 0, cert) != 1) {
			lib.X509_free(cert);
			good = false;
		}
	lib.BIO_free(in);
	if (!good)
		return failed(err, "cert");
	in = reader(&o->key);
	key = in ? lib.PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
	good = key && lib.SSL_CTX_use_PrivateKey(t->ctx, key) == 1;
	lib.EVP_PKEY_free(key);
	lib.BIO_free(in);
	if (!good)
		return failed(err, "key");
	lib.ERR_clear_error();
	return 0;
}

static int make_context(struct tls *t, const struct tls_opts *o, char *err)
{
	int ret = 0;

	lib.ERR_clear_error();
	t->ctx = lib.SSL_CTX_new(lib.TLS_client_method());
	if (!t->ctx)
		return failed(err, "TLS");
	lib.SSL_CTX_ctrl(t->ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL);
	lib.SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	if (o->ca.n)
		ret = trust(t, &o->ca, err);
	else if (lib.SSL_CTX_set_default_verify_paths(t->ctx) != 1)
		ret = failed(err, "the system's certificates");
	if (!ret && o->cert.n)
		ret = introduce(t, o, err);
	return ret;
}

/* Who the certificate is to be of: a name, which the server is told (SNI), or an address. */
static bool expect(struct tls *t, const char *name)
{
	uint8_t address[16];

	if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
		return lib.X509_VERIFY_PARAM_set1_ip_asc(lib.SSL_get0_param(t->ssl), name) == 1;
	return lib.SSL_ctrl(t->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
			    (void *)name) == 1 &&
	       lib.SSL_set1_host(t->ssl, name) == 1;
}

/*
 * What an operation's result means. 0: again, when the socket is ready; -EPIPE: the other end is
 * done; another -errno, told in err.
 */
static int look_at(struct tls *t, int result, const char *what, char *err)
{
	int error = errno, ret;
	long verdict;

	switch (lib.SSL_get_error(t->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		ret = link_wait(t->fd, POLLIN, SINK_PATIENCE_S * 1000);
		break;
	case SSL_ERROR_WANT_WRITE:
		ret = link_wait(t->fd, POLLOUT, SINK_PATIENCE_S * 1000);
		break;
	case SSL_ERROR_ZERO_RETURN:
		return -EPIPE;
	case SSL_ERROR_SYSCALL:
		ret = error ? -error : -ECONNRESET;
		break;
	default:
		verdict = lib.SSL_get_verify_result(t->ssl);
		if (verdict == X509_V_OK)
			return failed(err, what);
		snprintf(err, SINK_ERROR_MAX, "%s: the receiver's certificate: %s", what,
			 lib.X509_verify_cert_error_string(verdict));
		return -EACCES;
	}
	return ret ? sink_error(err, -ret, what) : 0;
}

static int shake_hands(struct tls *t, const char *name, char *err)
{
	int result, ret = 0;

	t->ssl = lib.SSL_new(t->ctx);
	if (!t->ssl || lib.SSL_set_fd(t->ssl, t->fd) != 1 || !expect(t, name))
		return failed(err, "TLS");
	while (!ret && (result = lib.SSL_connect(t->ssl)) != 1)
		ret = look_at(t, result, "TLS handshake", err);
	return ret;
}

int tls__new(int fd, const char *host, const struct tls_opts *o, struct tls **ret_tls, char *err)
{
	struct tls *t = calloc(1, sizeof(*t));
	int ret = t ? load_library(err) : -ENOMEM;

	if (ret) {
		free(t);
		return ret;
	}
	t->fd = fd;
	ret = make_context(t, o, err);
	if (!ret)
		ret = shake_hands(t, o->name ? o->name : host, err);
	if (ret)
		tls__free(t);
	else
		*ret_tls = t;
	return ret;
}

int tls__write(struct tls *t, struct span bytes, char *err)
{
	while (bytes.n) {
		int chunk = bytes.n > 1 << 20 ? 1 << 20 : (int)bytes.n, n, ret = 0;

		lib.ERR_clear_error();
		n = lib.SSL_write(t->ssl, bytes.p, chunk);
		if (n > 0)
			bytes = span_of(bytes.p + n, bytes.n - (size_t)n);
		else
			ret = look_at(t, n, "TLS", err);
		if (ret)
			return ret;
	}
	return 0;
}

ssize_t tls__read(struct tls *t, char *dst, size_t cap, char *err)
{
	for (;;) {
		int n, ret;

		lib.ERR_clear_error();
		n = lib.SSL_read(t->ssl, dst, (int)cap);
		if (n > 0)
			return n;
		ret = look_at(t, n, "TLS", err);
		if (ret)
			return ret == -EPIPE ? 0 : ret;
	}
}

int tls__discard(struct tls *t, char *err)
{
	char waste[4096];
	int n, why;

	lib.ERR_clear_error();
	do {
		n = lib.SSL_read(t->ssl, waste, sizeof(waste));
	} while (n > 0);
	why = lib.SSL_get_error(t->ssl, n);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return -EAGAIN;
	return look_at(t, n, "TLS", err);
}

void tls__say_goodbye(struct tls *t)
{
	lib.ERR_clear_error();
	lib.SSL_shutdown(t->ssl);
}

void tls__free(struct tls *t)
{
	if (!t)
		return;
	lib.SSL_free(t->ssl);
	lib.SSL_CTX_free(t->ctx);
	free(t);
}
