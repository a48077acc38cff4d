/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * secret: the key of this install, with which fingerprints are made: the same thing gets the same
 * fingerprint in each run, and nobody without the key can try out guesses.
 */
#ifndef WT_CMD_SECRET_H
#define WT_CMD_SECRET_H

#include <stdint.h>

#define SECRET_BYTES 32

/*
 * Reads it from file, or makes it (root alone may read it) when the file is not there. Where
 * neither can be done, that is told on stderr, and the key is one of this run alone.
 */
void secret_load(const char *file, uint8_t ret_key[SECRET_BYTES]);

#endif
