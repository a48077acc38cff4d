// SPDX-License-Identifier: BSD-2-Clause
#include "capture/capture.h"
#include "cmd/seen.h"

void seen_print(const struct tap *tap, FILE *out)
{
	const struct stats *s = tap__stats(tap);
	struct waited w = tap__waited(tap);
	uint64_t asleep = tap__asleep(tap);

	if (asleep)
		fprintf(out, "not looked at in the end: %llu %s with TLS that made no LLM call\n",
			(unsigned long long)asleep, asleep == 1 ? "process" : "processes");
	fprintf(out,
		"TLS: %llu calls, %llu bytes read, %llu ignored; lost: %llu ring full, "
		"%llu unreadable, %llu beyond the largest call, %llu calls of connections "
		"over the limit\n",
		(unsigned long long)s->calls, (unsigned long long)s->bytes,
		(unsigned long long)s->ignored, (unsigned long long)s->ring_full,
		(unsigned long long)s->fault, (unsigned long long)s->capped,
		(unsigned long long)(s->conn_full + s->nesting));
	if (s->ring_full)
		fprintf(out,
			"the ring was full: at most %llu of %llu MiB waited to be understood, "
			"%llu times there was no memory for more; the thread that takes them %s\n",
			(unsigned long long)(w.most >> 20), (unsigned long long)(w.max >> 20),
			(unsigned long long)w.full,
			w.at_once ? "goes before others" : "has no real-time priority here");
}
