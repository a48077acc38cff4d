#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes tests/fuzz/seeds/elf: libraries that hold nothing but what the finders look for. They are kept
# in the tree, since tests name places in them; x86-64's alone.
set -eu
cd "$(dirname "$0")"
out=../seeds/elf

# make NAME SOURCE "WHAT IS EXPORTED" [OPTION ...]
make() {
	name=$1 source=$2 exported=$3
	shift 3
	echo "{ global: $exported local: *; };" >"$out/$name.map"
	gcc -shared -nostdlib -Wl,-z,max-page-size=512 -Wl,-z,noseparate-code -Wl,-z,norelro \
		-Wl,--build-id=none -Wl,--version-script="$out/$name.map" "$@" -o "$out/$name" "$source"
	strip "$out/$name"
	rm "$out/$name.map"
}

make openssl symbols.S "SSL_*;" -DNAMES="SSL_write,SSL_read,SSL_write_ex,SSL_read_ex,SSL_free"
make gnutls symbols.S "gnutls_*;" \
	-DNAMES="gnutls_record_send,gnutls_record_send2,gnutls_record_recv,gnutls_deinit"
make s2n symbols.S "s2n_*;" \
	-DNAMES="s2n_send,s2n_recv,s2n_recv_impl,s2n_connection_wipe,s2n_connection_free"
make mbedtls symbols.S "mbedtls_*;" -DNAMES="mbedtls_ssl_write,mbedtls_ssl_read,mbedtls_ssl_free"
make wolfssl symbols.S "wolfSSL_*;" -DNAMES="wolfSSL_write,wolfSSL_read,wolfSSL_recv,wolfSSL_free"
make nss nss.S "SSL_*;"
make boringssl boringssl.S "user;"
make rustls rustls.S "user;"
make rustls_unwind rustls.S "user;" -DUNWIND
make boringssl_no_return boringssl.S "user;" -DNO_RETURN
make boringssl_inside boringssl.S "user;" -DINSIDE
make boringssl_inside_peek boringssl.S "user;" -DINSIDE -DPEEK
make openssl_code openssl_code.S "user;"
make openssl_code_flags openssl_code.S "user;" -DFLAGS
make openssl1_code openssl1_code.S "user;"
