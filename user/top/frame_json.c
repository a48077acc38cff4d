// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <jansson.h>

#include "base/decimal.h"
#include "base/text.h"
#include "top/inside.h"

static void set_sums(json_t *o, const struct top_sums *s)
{
	static const char *const names[TOP_SUMS] = {
#define SUM(symbol, name) #name,
#include "top/sums.def"
#undef SUM
	};
	char usd[40];

	for (int i = 0; i < TOP_SUMS; i++)
		json_object_set_new(o, names[i], json_integer(s->n[i]));
	decimal_from_nano(s->n[SUM_NANO], usd, sizeof(usd));
	json_object_set_new(o, "usd", json_string(usd));
}

static json_t *row_json(const struct top *t, const struct top_row *r)
{
	char name[3 * TOP_NAME_MAX], about[200], when[40];
	json_t *o = json_object();

	json_object_set_new(o, "name",
			    json_string(text_utf8(span_str(r->name), name, sizeof(name))));
	if (t->view == VIEW_RUN)
		json_object_set_new(
			o, "service",
			json_string(text_utf8(span_str(r->about), about, sizeof(about))));
	set_sums(o, &r->sum);
	json_object_set_new(o, "in_flight", json_integer(r->live));
	if (r->live) {
		text_time(r->live_ns, when, sizeof(when));
		json_object_set_new(o, "in_flight_since", json_string(when));
	}
	if (r->sum.n[SUM_CALLS]) {
		text_time(r->start_ns, when, sizeof(when));
		json_object_set_new(o, "first_start", json_string(when));
		text_time(r->end_ns, when, sizeof(when));
		json_object_set_new(o, "last_end", json_string(when));
	}
	return o;
}

static json_t *spent_json(const struct ledger_spent *s)
{
	char usd[40];

	decimal_from_nano(s->nano_usd, usd, sizeof(usd));
	return json_pack("{s:I, s:I, s:I, s:s}", "calls", (json_int_t)s->calls, "unpriced",
			 (json_int_t)s->unpriced, "nano_usd", (json_int_t)s->nano_usd, "usd", usd);
}

static json_t *gpus_json(const struct ledger_gpu_total *g)
{
	json_t *parts = json_object();

	for (uint8_t i = 0; i < GPU_PARTS; i++)
		json_object_set_new(parts, gpu_part_name(i), json_integer(g->part_nano[i]));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "devices", (json_int_t)g->devices,
			 "ns", (json_int_t)g->ns, "known_ns", (json_int_t)g->known_ns, "busy_ns",
			 (json_int_t)g->busy_ns, "priced_ns", (json_int_t)g->priced_ns, "nano_usd",
			 (json_int_t)g->nano_usd, "parts_nano_usd", parts);
}

int top__json(struct top *t, FILE *out)
{
	json_t *o = json_object(), *total = json_object(), *rows = json_array(),
	       *lost = json_object();
	char now[40];
	int err = 0;

	top__order(t);
	text_time(t->time.now_ns, now, sizeof(now));
	json_object_set_new(o, "time", json_string(now));
	json_object_set_new(o, "by", json_string(top_views[t->view].dimension));
	json_object_set_new(o, "window", json_string(top_windows[t->window].name));
	json_object_set_new(o, "window_ns", json_integer(t->time.now_ns - top__from(t)));
	json_object_set_new(o, "rates_over_ns", json_integer(top__span(t)));
	json_object_set_new(o, "meter_running", json_boolean(t->meter_running));
	set_sums(total, &t->total);
	json_object_set_new(total, "in_flight", json_integer(t->live));
	json_object_set_new(o, "total", total);
	json_object_set_new(o, "today", spent_json(&t->today));
	json_object_set_new(o, "month", spent_json(&t->month));
	if (t->gpus.devices)
		json_object_set_new(o, "gpus", gpus_json(&t->gpus));
	for (size_t i = 0; i < t->losses; i++)
		json_object_set_new(lost, t->loss[i].name, json_integer(t->loss[i].n));
	json_object_set_new(o, "lost", lost);
	for (size_t i = 0; i < t->shown_count; i++)
		json_array_append_new(rows, row_json(t, t->shown[i]));
	if (json_object_set_new(o, "rows", rows) || t->no_memory)
		err = -ENOMEM;
	if (!err && (json_dumpf(o, out, JSON_COMPACT) || fputc('\n', out) == EOF))
		err = -EIO;
	json_decref(o);
	return err;
}
