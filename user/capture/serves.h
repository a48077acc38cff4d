/* SPDX-License-Identifier: BSD-2-Clause */
/* serves: whether a process that listens serves models, by its name, its port, its libraries. */
#ifndef WT_CAPTURE_SERVES_H
#define WT_CAPTURE_SERVES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Ports beside the known ones that somebody may name. */
#define SERVES_PORTS_MAX 32

struct serves_ports {
	uint16_t port[SERVES_PORTS_MAX];
	uint32_t count;
};

enum serves {
	SERVES_NOTHING = 0,
	SERVES_GUESSED, /* a proxy by its name; by its port, or by a library that runs models */
	SERVES_KNOWN,	/* by its name, or since somebody said so */
};

/* "9999,8123": returns 0, or -EINVAL for anything else than up to SERVES_PORTS_MAX ports. */
int serves_parse(const char *text, struct serves_ports *ret_ports);
/* own: ports that somebody named. Reads /proc. */
enum serves serves_models(pid_t pid, uint16_t port, const struct serves_ports *own);

#endif
