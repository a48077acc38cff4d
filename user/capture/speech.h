/* SPDX-License-Identifier: BSD-2-Clause */
/* speech: what the meter found a connection to be, for who decides on probes. */
#ifndef WT_CAPTURE_SPEECH_H
#define WT_CAPTURE_SPEECH_H

#include <stdint.h>

enum speech {
	SPEECH_ALIEN = 0, /* both directions begin with something that is no HTTP */
	SPEECH_HTTP,
	SPEECH_CALL, /* it makes LLM calls, or talks to who answers them */
};

struct speaks {
	uint64_t start_ns; /* with tgid the process */
	uint64_t begun_ns; /* of the first request on this connection; 0: it had others before */
	uint32_t tgid;
	uint8_t lib;  /* enum wire_lib */
	uint8_t what; /* enum speech */
};

#endif
