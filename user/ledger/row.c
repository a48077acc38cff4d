// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "base/text.h"
#include "ledger/beside.h"
#include "ledger/row.h"

/* Longer ones are no ids, and no lists of hashes. */
#define HEX_BYTES 128

/* Lower case alone: the same text comes out again. */
static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_bytes(struct span s, uint8_t *ret_bytes)
{
	if (!s.n || s.n % 2 || s.n > 2 * HEX_BYTES)
		return false;
	for (size_t i = 0; i < s.n; i += 2) {
		int high = hex_digit(s.p[i]), low = hex_digit(s.p[i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret_bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool row_bind_short(struct binder *b, struct span s)
{
	enum column_kind kind = ledger_columns[b->at].kind;
	uint8_t bytes[HEX_BYTES];
	int64_t number = 0;
	int rc = SQLITE_OK;

	if (kind == COLUMN_NAME)
		number = texts__number(b->texts, s, b->day, &rc);
	binder__note(b, rc);
	if (number) {
		bind_int(b, number);
		return true;
	}
	if (kind != COLUMN_HEX || !hex_bytes(s, bytes))
		return false;
	binder__note(b, sqlite3_bind_blob(b->s, ++b->at, bytes, (int)s.n / 2, SQLITE_TRANSIENT));
	return true;
}

static const char *const trust_names[] = { [TRUST_NONE] = "",
					   [TRUST_CLAIMED] = "claimed",
					   [TRUST_PLATFORM] = "platform",
					   [TRUST_KERNEL] = "kernel" };

static void bind_call(struct binder *b, const struct entry *e)
{
	static const char *const sources[] = { [USAGE_NONE] = "none",
					       [USAGE_REPORTED] = "reported",
					       [USAGE_ESTIMATED] = "estimated",
					       [USAGE_IMPLAUSIBLE] = "implausible",
					       [USAGE_COUNTED] = "counted" };
	static const char *const basis[] = { [CHARGE_UNKNOWN] = "unknown",
					     [CHARGE_COMPUTED] = "computed",
					     [CHARGE_ESTIMATED] = "estimated",
					     [CHARGE_REPORTED] = "reported",
					     [CHARGE_NOT_BILLED] = "not_billed" };
	const struct call *c = e->call;
	const struct exchange *x = c->x;
	const struct charge *ch = e->charge;
	uint64_t end = x->t_last_byte > x->t_request ? x->t_last_byte : x->t_request;

	bind_text(b, e->id);
	bind_int(b, e->wall_end_ns);
	bind_int(b, (int64_t)(end - x->t_request));
	bind_known(b, x->t_first_byte > x->t_request, (int64_t)(x->t_first_byte - x->t_request));
	bind_text(b, c->provider);
	bind_text(b, c->api);
	bind_text(b, c->operation);
	bind_text(b, c->requested_model);
	bind_text(b, c->served_model);
	bind_text(b, c->response_id);
	bind_text(b, call_result_name(c->result));
	bind_int(b, c->complete);
	/* The view knows it by that: FROM_SIZES. */
	bind_text(b, c->from_sizes ? "estimated from sizes" : sources[c->usage_source]);
	bind_int(b, c->stream);
	bind_text(b, c->tier);
	for (int i = 0; i < USAGE_CLASSES && usage_is_tokens(i); i++)
		bind_known(b, usage__knows(&c->use, i), c->use.n[i]);
	bind_known(b, c->use.reasoning >= 0, c->use.reasoning);
	bind_known(b, ch->basis != CHARGE_UNKNOWN, ch->total);
	bind_text(b, basis[ch->basis]);
	bind_text(b, ch->price_id);
	bind_text(b, ch->price_id[0] ? ch->list_version : "");
	bind_int(b, (int64_t)x->lost);
}

/* Each value of an owner has a line: its field, its trust and where it comes from. */
#define ORIGINS_MAX (OWNER_FIELDS * 96)

/* "service=platform unit", a line for each value: what it is trusted for, and who gave it. */
static void origins_of(const struct owner *o, char *dst, size_t cap)
{
	static const char *const fields[OWNER_FIELDS] = {
#define OWNER(symbol, name, help) [OWNER_##symbol] = #name,
#include "owner.def"
#undef OWNER
	};
	size_t n = 0;

	dst[0] = '\0';
	for (int i = 0; i < OWNER_FIELDS && n < cap; i++)
		if (owner__has(o, i))
			n += (size_t)snprintf(dst + n, cap - n, "%s=%s %s\n", fields[i],
					      trust_names[o->value[i].trust], o->value[i].origin);
}

/* NULL: the call is of no run. */
static void bind_link(struct binder *b, const struct run_link *l)
{
	bind_text(b, l ? l->parent_call : "");
	bind_known(b, l, l ? l->step : 0);
	bind_known(b, l, l ? l->depth : 0);
	bind_text(b, l ? run_how_name(l->how) : "");
}

static void bind_hop(struct binder *b, const struct entry *e)
{
	static const char *const roles[] = {
		[HOP_CLIENT] = "client", [HOP_SERVER] = "server", [HOP_GATEWAY] = "gateway"
	};
	static const char *const charges[] = { [CHARGE_ROLE_CHARGED] = "charged",
					       [CHARGE_ROLE_PASSED_THROUGH] = "passed_through",
					       [CHARGE_ROLE_UNKNOWN] = "unknown" };
	static const struct hop own = { .role = HOP_CLIENT };
	const struct hop *hop = e->hop ? e->hop : &own;
	char address[64] = "";

	if (hop->ends_known)
		text_address((const uint8_t *)hop->ends.peer, address, sizeof(address));
	bind_text(b, roles[hop->role]);
	bind_text(b, charges[hop->charge]);
	bind_text(b, address);
	bind_known(b, hop->via.tgid != 0, hop->via.tgid);
	bind_text(b, e->via ? e->via->value[OWNER_SERVICE].text : "");
}

static void bind_owner(struct binder *b, const struct entry *e)
{
	const struct owner *o = e->owner;
	const struct exchange *x = e->call->x;
	char origins[ORIGINS_MAX];

	origins_of(o, origins, sizeof(origins));
	bind_int(b, o->proc.tgid);
	bind_int(b, (int64_t)o->proc.start_ns);
	bind_known(b, o->known, o->uid);
	bind_text(b, o->comm);
	bind_text(b, o->exe);
	bind_text(b, o->cgroup_path);
	bind_text(b, o->container_id);
	bind_text(b, o->container_runtime);
	bind_text(b, trust_names[o->value[OWNER_SERVICE].trust]);
	bind_span(b, x->request.host);
	bind_text(b, e->call->path);
	bind_known(b, x->response.status != 0, x->response.status);
	bind_text(b, origins);
	for (int i = 0; i < OWNER_FIELDS; i++)
		bind_text(b, o->value[i].text);
}

/* Tokens of a beginning below which no cache is worth a row's bytes, and of what of it is unread.
 */
#define RESENT_MIN 256

/*
 * "1f2e3d4c" "000960" "003c": of the beginning of the prompt that was sent before its hash, its
 * tokens, and the seconds since then, 65,535 at most. Not where a cache read it.
 */
static void bind_resent(struct binder *b, const struct entry *e)
{
	const struct run_link *l = e->link;
	const struct usage *use = &e->call->use;
	int64_t read = usage__knows(use, USAGE_CACHE_READ) ? use->n[USAGE_CACHE_READ] : 0;
	int64_t seconds = l ? (l->prefix_age_ns + 999999999) / 1000000000 : 0;
	char text[2 * 9 + 1];

	if (!l || !l->prefix || l->prefix_tokens - read < RESENT_MIN ||
	    l->prefix_tokens > 0xffffff) {
		bind_known(b, false, 0);
		return;
	}
	snprintf(text, sizeof(text), "%08x%06x%04x", (unsigned int)(l->prefix & 0xffffffff),
		 (unsigned int)l->prefix_tokens,
		 (unsigned int)(seconds < 0xffff ? seconds : 0xffff));
	bind_text(b, text);
}

/*
 * "03" "0012" "1f2e3d4c...": level, count, hashes; of more than 65,535 texts that many are told.
 * Never as long as what bind_resent() writes.
 */
static void bind_inputs(struct binder *b, const struct likeness_inputs *in)
{
	char text[2 * HEX_BYTES + 1];
	int n = snprintf(text, sizeof(text), "%02x%04x", in->level,
			 in->count < 0xffff ? in->count : 0xffff);

	for (uint8_t i = 0; i < in->kept; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%08x", in->hash[i]);
	bind_text(b, text);
}

_Static_assert(3 + 4 * LIKENESS_INPUTS <= HEX_BYTES, "all of them are kept");

/* Of a step behind others all that is known: it is no repeat, and not easy. */
static void bind_likeness(struct binder *b, const struct entry *e)
{
	const struct likeness *l = &e->call->likeness;
	uint32_t messages = e->call->conversation ? e->call->conversation->messages : 0;
	bool step = e->link && e->link->step > 1;
	uint32_t traits = step ? l->traits & LIKENESS_SHORT : l->traits;

	messages = step ? 0 : messages < 7 ? messages : 7;
	bind_known(b, l->request && !step, (int64_t)l->request);
	bind_known(b, messages || traits, (int64_t)traits << 3 | messages);
	if (l->inputs.kept)
		bind_inputs(b, &l->inputs);
	else
		bind_resent(b, e);
	bind_text(b, e->link ? e->link->holds : "");
}

/* NULL: no GPU worked for the call. */
static void bind_gpu(struct binder *b, const struct gpu_share *g)
{
	bool known = g && g->ns;

	bind_known(b, known, known ? (int64_t)g->ns : 0);
	bind_known(b, known && g->priced, known ? g->nano_usd : 0);
	bind_text(b, known ? gpu_label_name(g->label) : "");
	bind_text(b, known ? g->device : "");
}

/* In the order of added.def. */
static void bind_added(struct binder *b, const struct entry *e)
{
	const struct call *c = e->call;

	for (int i = 0; i < USAGE_CLASSES; i++)
		if (!usage_is_tokens(i))
			bind_known(b, usage__knows(&c->use, i), c->use.n[i]);
	bind_text(b, c->region);
	bind_text(b, c->variant);
	bind_link(b, e->link && e->link->run[0] ? e->link : NULL);
	bind_known(b, c->retry != 0, c->retry);
	bind_text(b, e->retry_of);
	bind_known(b, e->charge->subscription && e->charge->basis != CHARGE_UNKNOWN,
		   e->charge->equivalent);
	bind_hop(b, e);
	bind_int(b, e->charge->subscription);
	bind_beside(b, e);
	bind_text(b, c->fallback_model);
	bind_int(b, (int64_t)c->x->request_len);
	bind_int(b, (int64_t)c->x->response_len);
	bind_text(b, c->finish_reason);
	bind_known(b, c->conversation && c->conversation->tools,
		   c->conversation ? c->conversation->calls.count : 0);
	bind_known(b, c->use.cached_audio != 0, c->use.cached_audio);
	bind_known(b, c->use.cached_image != 0, c->use.cached_image);
	bind_likeness(b, e);
	bind_gpu(b, e->gpu);
	bind_known(b, c->load_ns != 0, (int64_t)c->load_ns);
}

void row_bind_call(struct binder *b, const struct entry *e)
{
	bind_call(b, e);
	bind_owner(b, e);
	bind_added(b, e);
}

/* In the order of LEDGER_UPLOADS_TABLE. */
void row_bind_upload(struct binder *b, const struct upload_entry *e)
{
	const struct upload *u = e->upload;

	bind_text(b, e->id);
	bind_text(b, e->call_id);
	bind_int(b, e->wall_end_ns);
	bind_text(b, u->service);
	bind_text(b, u->id);
	bind_text(b, u->parent);
	bind_text(b, u->trace);
	bind_text(b, u->session);
	bind_text(b, u->tags);
	bind_text(b, u->model);
	bind_text(b, u->response_id);
	bind_known(b, u->input >= 0, u->input);
	bind_known(b, u->output >= 0, u->output);
	bind_known(b, u->cost_told, u->cost_nano);
	bind_int(b, u->x->proc.tgid);
	bind_int(b, (int64_t)u->x->proc.start_ns);
}

/* "depth 6 count;limit 5 count": names are ours, and have neither blank nor semicolon. */
static void bind_figures(struct binder *b, const struct finding *f)
{
	static const char *const units[] = { [FIGURE_COUNT] = "count",
					     [FIGURE_NANO_USD] = "nano_usd",
					     [FIGURE_PERCENT] = "percent" };
	char text[512];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < f->figure_count && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %lld %s", n ? ";" : "",
				      f->figures[i].name, (long long)f->figures[i].value,
				      units[f->figures[i].unit]);
	bind_text(b, text);
}

/* In the order of LEDGER_FINDINGS_TABLE. */
void row_bind_finding(struct binder *b, const struct finding *f)
{
	bind_text(b, f->id);
	bind_text(b, f->key);
	bind_text(b, finding_detector(f->kind));
	bind_text(b, finding_kind_name(f->kind));
	bind_int(b, f->severity);
	bind_int(b, f->since_ns);
	bind_int(b, f->found_ns);
	bind_int(b, f->last_ns);
	bind_int(b, (int64_t)f->count);
	bind_text(b, f->field);
	bind_text(b, f->value);
	bind_text(b, trust_names[f->trust]);
	bind_text(b, f->service);
	bind_text(b, f->run);
	bind_known(b, f->proc.tgid != 0, f->proc.tgid);
	bind_known(b, f->proc.tgid != 0, (int64_t)f->proc.start_ns);
	bind_text(b, f->cgroup_path);
	bind_text(b, f->container_id);
	bind_int(b, f->calls);
	bind_int(b, f->nano_usd);
	bind_int(b, f->hour_nano);
	bind_known(b, f->until_ns != 0, f->projected_nano);
	bind_known(b, f->until_ns != 0, f->until_ns);
	bind_figures(b, f);
	bind_text(b, f->budget);
	bind_text(b, f->what);
}

/* In the order of LEDGER_ACTIONS_TABLE. */
void row_bind_action(struct binder *b, const struct action *a)
{
	bind_text(b, a->id);
	bind_text(b, action_result_name(a->result));
	bind_int(b, a->at_ns);
	bind_text(b, action_verb_name(a->verb));
	bind_text(b, a->finding);
	bind_text(b, a->by);
	bind_text(b, action_scope_name(a->scope));
	bind_text(b, a->service);
	bind_int(b, a->proc.tgid);
	bind_int(b, (int64_t)a->proc.start_ns);
	bind_known(b, a->until_ns != 0, a->until_ns);
	bind_int(b, a->processes);
	bind_int(b, a->connections);
	bind_int(b, a->spared);
}

_Static_assert(USAGE_IMAGE_OUT == 8, "a new token class is a new column: column.def");
