// SPDX-License-Identifier: BSD-2-Clause
/*
 * How fast the stages behind the capture read streams, on one core: recorded exchanges, again and
 * again on one connection, from wire records to priced rows.
 *
 *   decode PIECE MS A.req A.resp [B.req B.resp ...]
 *   < {"exchanges":3,"bytes":151220,"rounds":3300,"gb_per_s":1.61,"entries":9900}
 *
 * PIECE: bytes of a TLS call. Only whole exchanges with known figures count as right. Of HTTP/2
 * each round is a connection of its own: a header block is not sent twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "feeder.h"

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct span file_read(const char *path)
{
	FILE *f = fopen(path, "re");
	char *p = NULL;
	long n = 0;

	if (f && !fseek(f, 0, SEEK_END) && (n = ftell(f)) > 0) {
		p = malloc((size_t)n);
		rewind(f);
	}
	if (!p || fread(p, 1, (size_t)n, f) != (size_t)n) {
		perror(path);
		exit(1);
	}
	fclose(f);
	return span_of(p, (size_t)n);
}

int main(int argc, char **argv)
{
	struct feeder_conn conn = { .id = 1 };
	uint64_t rounds = 0, bytes = 0, from, ns, limit;
	struct span *files;
	struct feeder f;
	size_t piece, n;

	if (argc < 5 || argc % 2 == 0) {
		fprintf(stderr, "usage: decode PIECE MS A.req A.resp [B.req B.resp ...]\n");
		return 2;
	}
	piece = strtoul(argv[1], NULL, 10);
	limit = strtoul(argv[2], NULL, 10) * 1000000u;
	n = (size_t)(argc - 3);
	files = calloc(n, sizeof(*files));
	if (!files || !piece)
		return 2;
	for (size_t i = 0; i < n; i++) {
		files[i] = file_read(argv[3 + i]);
		bytes += files[i].n;
	}
	feeder__open(&f);
	from = cpu_ns();
	do {
		for (size_t i = 0; i < n; i++)
			feeder__bytes(&f, &conn, i % 2 ? WIRE_IN : WIRE_OUT, files[i], piece);
		if (span__starts(files[0], SPAN("PRI * HTTP/2.0")))
			feeder__end(&f, &conn);
		rounds++;
		ns = cpu_ns() - from;
	} while (ns < limit);
	printf("{\"exchanges\":%zu,\"bytes\":%llu,\"rounds\":%llu,\"gb_per_s\":%.3f,"
	       "\"entries\":%llu}\n",
	       n / 2, (unsigned long long)bytes, (unsigned long long)rounds,
	       (double)bytes * (double)rounds / (double)ns, (unsigned long long)f.complete);
	feeder__close(&f);
	for (size_t i = 0; i < n; i++)
		free((void *)files[i].p);
	free(files);
	return 0;
}
