// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client of mbedTLS, or with -DOF_WOLFSSL of wolfSSL: PORT COUNT, and a request on its input,
 * which ends its connection.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static char answer[4096];

#ifdef OF_WOLFSSL

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

static bool ask(int fd, const char *request, int n)
{
	static WOLFSSL_CTX *all;
	WOLFSSL *tls;
	bool sent;

	if (!all) {
		wolfSSL_Init();
		all = wolfSSL_CTX_new(wolfTLS_client_method());
		wolfSSL_CTX_set_verify(all, WOLFSSL_VERIFY_NONE, NULL);
	}
	tls = wolfSSL_new(all);
	wolfSSL_set_fd(tls, fd);
	sent = wolfSSL_connect(tls) == WOLFSSL_SUCCESS && wolfSSL_write(tls, request, n) == n;
	while (wolfSSL_read(tls, answer, sizeof(answer)) > 0)
		;
	wolfSSL_free(tls);
	return sent;
}

#else

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>

static bool ask(int fd, const char *request, int n)
{
	mbedtls_net_context socket = { .fd = fd };
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
	mbedtls_ssl_config config;
	mbedtls_ssl_context tls;
	bool sent;

	mbedtls_entropy_init(&entropy);
	mbedtls_ctr_drbg_init(&random);
	mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0);
	mbedtls_ssl_config_init(&config);
	mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
				    MBEDTLS_SSL_PRESET_DEFAULT);
	mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_NONE);
	mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
	mbedtls_ssl_init(&tls);
	mbedtls_ssl_setup(&tls, &config);
	mbedtls_ssl_set_bio(&tls, &socket, mbedtls_net_send, mbedtls_net_recv, NULL);
	sent = !mbedtls_ssl_handshake(&tls) &&
	       mbedtls_ssl_write(&tls, (const unsigned char *)request, (size_t)n) == n;
	while (mbedtls_ssl_read(&tls, (unsigned char *)answer, sizeof(answer)) > 0)
		;
	mbedtls_ssl_free(&tls);
	mbedtls_ssl_config_free(&config);
	mbedtls_ctr_drbg_free(&random);
	mbedtls_entropy_free(&entropy);
	return sent;
}

#endif

static int dial(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((unsigned short)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&to, sizeof(to)) ? -1 : fd;
}

int main(int argc, char **argv)
{
	char request[4096];
	ssize_t n = read(STDIN_FILENO, request, sizeof(request));

	if (argc != 3 || n <= 0)
		return 2;
	for (int i = 0; i < atoi(argv[2]); i++) {
		int fd = dial(atoi(argv[1]));

		if (fd < 0 || !ask(fd, request, (int)n))
			return 1;
		close(fd);
	}
	return 0;
}
