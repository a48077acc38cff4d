// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fixed against variable: what a million tokens of a model cost here, with what its server held
 * idle (loaded), beside what a provider asks for the same tokens, and from what load on it pays to
 * have it.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/gpu.h"
#include "cmd/prices.h"
#include "price/catalogue.h"

#define MILLION 1000000

/* A provider's price of a model's tokens here. */
struct offer {
	char provider[64], model[160];
	int64_t nano; /* of all of them; below 0: there is none */
};

/* What that provider would have asked for the tokens; below 0: it has no price of the model. */
static int64_t asked(const struct price_list *l, const struct ledger_gpu_model *m,
		     const char *provider, const char *model)
{
	struct exchange x = { .id = 0 };
	struct call c = { .x = &x,
			  .provider = provider,
			  .operation = "chat",
			  .api = "chat.completions",
			  .result = CALL_OK,
			  .usage_source = USAGE_REPORTED,
			  .complete = true };
	struct charge ch;

	span__copy(span_str(model), c.served_model, sizeof(c.served_model));
	span__copy(span_str(model), c.requested_model, sizeof(c.requested_model));
	usage__set(&c.use, USAGE_INPUT, m->input);
	usage__set(&c.use, USAGE_CACHE_READ, m->cache_read);
	usage__set(&c.use, USAGE_OUTPUT, m->output);
	price_list__charge(l, &c, 0, &ch);
	return ch.basis == CHARGE_COMPUTED ? ch.total : -1;
}

/* --against names it; else whoever sells a model of the same name for least. */
static struct offer offer_of(const struct gpu_report *r, const struct price_list *l,
			     const struct ledger_gpu_model *m)
{
	struct offer o = { .nano = -1 };

	if (r->o->against) {
		struct span rest = span_str(r->o->against), provider = span__cut(&rest, '/');

		span__copy(provider, o.provider, sizeof(o.provider));
		span__copy(rest, o.model, sizeof(o.model));
		o.nano = asked(l, m, o.provider, o.model);
		return o;
	}
	for (size_t i = 0; i < l->count; i++) {
		char provider[sizeof(o.provider)];
		int64_t nano;

		if (i && span__eq(l->rows[i].provider, l->rows[i - 1].provider))
			continue;
		span__copy(l->rows[i].provider, provider, sizeof(provider));
		nano = asked(l, m, provider, m->model);
		if (nano > 0 && (o.nano < 0 || nano < o.nano)) {
			o.nano = nano;
			span__copy(span_str(provider), o.provider, sizeof(o.provider));
			span__copy(span_str(m->model), o.model, sizeof(o.model));
		}
	}
	return o;
}

/*
 * Busy money with the part of what its server held idle that its own busy money is of the server's:
 * busy x (held + busy) / busy of the server.
 */
static int64_t loaded_of(const struct gpu_report *r, const struct ledger_gpu_model *m)
{
	int64_t busy = 0, held = 0;

	for (size_t i = 0; i < r->service_count; i++)
		if (!strcmp(r->services[i].service, m->server)) {
			busy += r->services[i].nano[GPU_PART_REQUEST];
			held += r->services[i].nano[GPU_PART_HELD];
		}
	return busy > 0 ? (int64_t)((__int128)m->gpu_nano * (busy + held) / busy) : m->gpu_nano;
}

/* What the GPUs of its server cost in an hour. */
static int64_t fixed_of(const struct gpu_report *r, const struct ledger_gpu_model *m)
{
	int64_t hour = 0;

	for (size_t i = 0; i < r->service_count; i++) {
		const struct gpu_seen *d = &r->devices[r->services[i].device];

		if (!strcmp(r->services[i].service, m->server) && d->sum.hour_nano > 0)
			hour += d->sum.hour_nano;
	}
	return hour;
}

static int64_t per_million(int64_t nano, int64_t tokens)
{
	return tokens > 0 ? (int64_t)((__int128)nano * MILLION / tokens) : 0;
}

static void print_model(const struct gpu_report *r, const struct price_list *l,
			const struct ledger_gpu_model *m)
{
	int64_t tokens = m->input + m->cache_read + m->output, loaded = loaded_of(r, m),
		fixed = fixed_of(r, m), even = -1;
	struct offer o = offer_of(r, l, m);
	char usd[3][40], name[2][500];
	bool priced = m->unpriced < m->calls && tokens > 0;

	/* Tokens an hour, of this mix, for which the provider would ask what the GPUs cost. */
	if (o.nano > 0 && fixed > 0 && tokens > 0)
		even = (int64_t)((__int128)fixed * tokens / o.nano);
	if (r->o->json) {
		json_t *j =
			json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "kind", "model",
				  "model", text_utf8(span_str(m->model), name[0], sizeof(name[0])),
				  "service",
				  text_utf8(span_str(m->server), name[1], sizeof(name[1])), "calls",
				  (json_int_t)m->calls, "input", (json_int_t)m->input, "cache_read",
				  (json_int_t)m->cache_read, "output", (json_int_t)m->output,
				  "gpu_ns", (json_int_t)m->gpu_ns);

		if (priced) {
			json_object_set_new(j, "busy_nano_usd", json_integer(m->gpu_nano));
			json_object_set_new(j, "loaded_nano_usd", json_integer(loaded));
			json_object_set_new(j, "loaded_nano_usd_per_million",
					    json_integer(per_million(loaded, tokens)));
		}
		if (o.nano >= 0) {
			json_object_set_new(j, "api_provider", json_string(o.provider));
			json_object_set_new(j, "api_model", json_string(o.model));
			json_object_set_new(j, "api_nano_usd", json_integer(o.nano));
		}
		if (even >= 0)
			json_object_set_new(j, "break_even_tokens_per_hour", json_integer(even));
		json_dumpf(j, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(j);
		return;
	}
	printf("%-30.30s %-16.16s %7lld %12lld ",
	       text_terminal(span_str(m->model), name[0], sizeof(name[0])),
	       text_terminal(span_str(m->server), name[1], sizeof(name[1])), (long long)m->calls,
	       (long long)tokens);
	printf("%9s %9s ", priced ? gpu_dollars(per_million(m->gpu_nano, tokens), usd[0], 40) : "?",
	       priced ? gpu_dollars(per_million(loaded, tokens), usd[1], 40) : "?");
	if (o.nano < 0)
		printf("%9s\n", "?");
	else
		printf("%9s %s/%s", gpu_dollars(per_million(o.nano, tokens), usd[2], 40),
		       o.provider, text_terminal(span_str(o.model), name[0], sizeof(name[0])));
	if (o.nano >= 0 && even >= 0)
		printf(", even at %lld tokens/h", (long long)even);
	if (o.nano >= 0)
		putchar('\n');
}

void gpu_models_print(const struct gpu_report *r)
{
	struct price_list *l = r->model_count ? prices_load_lists(r->o) : NULL;

	if (!l)
		return;
	if (!r->o->json)
		printf("\n%-30s %-16s %7s %12s %9s %9s %9s\n", "MODEL SERVED HERE", "BY", "CALLS",
		       "TOKENS", "$/M BUSY", "LOADED", "AN API");
	for (size_t i = 0; i < r->model_count; i++)
		print_model(r, l, &r->models[i].sum);
	price_list__free(l);
}
