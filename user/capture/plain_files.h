/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain_files: files that processes map and that hold no TLS stack. A host maps the same few
 * hundred all the time: what was looked at is not looked at again soon.
 */
#ifndef WT_CAPTURE_PLAIN_FILES_H
#define WT_CAPTURE_PLAIN_FILES_H

#include <stdbool.h>
#include <stdint.h>

/* Remembered at once, by device and number. */
#define PLAIN_FILES_MAX 8192

/* A number may be another file's by then: this bounds for how long that one is not seen. */
#define PLAIN_FILE_NS (10ull * 1000 * 1000 * 1000)

struct plain_files {
	struct {
		uint64_t dev, ino, until_ns;
	} at[PLAIN_FILES_MAX];
};

bool plain_files__has(const struct plain_files *p, uint64_t dev, uint64_t ino, uint64_t now_ns);
void plain_files__add(struct plain_files *p, uint64_t dev, uint64_t ino, uint64_t now_ns);

#endif
