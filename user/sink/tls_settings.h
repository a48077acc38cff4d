/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_settings: files of certificates and keys, as a person names them, and what is in them. */
#ifndef WT_SINK_TLS_SETTINGS_H
#define WT_SINK_TLS_SETTINGS_H

#include "sink/tls.h"

struct tls_settings {
	char ca[512], cert[512], key[512], server_name[256]; /* empty: not given */
	struct tls_opts opts;
};

/* ca, cert, key or server-name. Returns NULL, or what is wrong. */
const char *tls_settings__set(struct tls_settings *s, const char *key, const char *value);
/* Reads the files, with the rights of who started it. Returns 0 or -errno, told in err. */
int tls_settings__read(struct tls_settings *s, char *err);

#endif
