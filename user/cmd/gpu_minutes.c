// SPDX-License-Identifier: BSD-2-Clause
/*
 * Minutes of GPUs, of each device and of each service on it, for who plots them:
 *
 *   MINUTE            DEVICE      SERVICE   BUSY  SM %  POWER W  MEMORY GB  TOK/S  $ BUSY  $ IDLE
 *   2026-11-26T21:14Z GPU-8f1c0e  -         48.9  24.1    402.1       41.0   81.2  0.0240  0.0251
 */
#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "cmd/gpu.h"

/* "2026-11-26T21:14Z", as report's --by minute has it. */
static const char *minute_text(int64_t at, char dst[32])
{
	time_t seconds = (time_t)(at * 60);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(dst, 32, "%Y-%m-%dT%H:%MZ", &tm);
	return dst;
}

static const char *tenths(int64_t n, double by, char dst[24])
{
	if (n < 0)
		return "?";
	snprintf(dst, 24, "%.1f", (double)n / by);
	return dst;
}

static void set(json_t *o, const char *key, int64_t n)
{
	if (n >= 0)
		json_object_set_new(o, key, json_integer(n));
}

static void print_json(const struct ledger_gpu_step *s)
{
	char minute[32], name[400];
	json_t *o = json_pack("{s:s, s:s, s:s}", "kind", s->service ? "service_minute" : "minute",
			      "minute", minute_text(s->at, minute), "device", s->device);

	if (s->service)
		json_object_set_new(
			o, "service",
			json_string(text_utf8(span_str(s->service), name, sizeof(name))));
	set(o, "ns", s->ns);
	set(o, "known_ns", s->known_ns);
	if (s->known_ns)
		set(o, "busy_ns", s->busy_ns);
	set(o, "sm_ppm", s->sm_ppm);
	set(o, "dram_ppm", s->dram_ppm);
	set(o, "power_mw", s->power_mw);
	set(o, "memory_bytes", s->memory_bytes);
	set(o, "prefill_tokens", s->prefill);
	set(o, "decode_tokens", s->decode);
	if (s->priced) {
		set(o, "busy_nano_usd", s->busy_nano);
		set(o, "idle_nano_usd", s->idle_nano);
	}
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void on_step(void *ctx, const struct ledger_gpu_step *s)
{
	const struct options *o = ctx;
	/* A service's part is of the device's minute; nobody measures its own. */
	int64_t of = s->service ? 60 * 1000000000ll : s->known_ns;
	char minute[32], name[400], cell[5][24], usd[2][40];

	if (o->json) {
		print_json(s);
		return;
	}
	printf("%s  %-12.12s %-24.24s %6s %6s %8s %9s %8.1f %9s %9s\n", minute_text(s->at, minute),
	       s->device,
	       s->service ? text_terminal(span_str(s->service), name, sizeof(name)) : "-",
	       tenths(of > 0 ? (int64_t)((__int128)s->busy_ns * 1000 / of) : -1, 10, cell[0]),
	       s->service ? "" : tenths(s->sm_ppm, 1e4, cell[1]),
	       s->service ? "" : tenths(s->power_mw, 1e3, cell[2]),
	       tenths(s->memory_bytes, 1 << 30, cell[3]), (double)(s->prefill + s->decode) / 60,
	       s->priced ? gpu_dollars(s->busy_nano, usd[0], 40) : "?",
	       s->priced ? gpu_dollars(s->idle_nano, usd[1], 40) : "?");
}

int gpu_minutes_print(const struct options *o, struct ledger_view *v, int64_t since_ns,
		      int64_t until_ns)
{
	if (!o->json)
		printf("%-17s  %-12s %-24s %6s %6s %8s %9s %8s %9s %9s\n", "MINUTE", "DEVICE",
		       "SERVICE", "BUSY %", "SM %", "POWER W", "MEMORY GB", "TOK/S", "$ BUSY",
		       "$ IDLE");
	return ledger_view__gpu_steps(v, since_ns, until_ns, on_step, (void *)o);
}
