// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fills a ledger through its own writer, as a host with sixty services would:
 *
 *   ledger_fill FILE CALLS DAYS CALLS_PER_SECOND [new-users]
 *   < {"calls":1000000,"cpu_s":21.5,"bytes":289341440,"rss_anon":9437184}
 *
 * cpu_s: of the ledger, without what it takes to make the calls up. The calls end in the last DAYS.
 * The ledger is ticked each CALLS_PER_SECOND of them, which is what a transaction holds. new-users:
 * each call names an end user of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "ledger/ledger.h"

#define SERVICES 60
#define USERS	 50000
#define STEPS	 8 /* calls of a run */

static const struct model {
	const char *provider, *api, *host, *path, *asked, *served, *price;
	int64_t in_nano, out_nano;
} models[] = {
	{ "openai", "chat.completions", "api.openai.com", "/v1/chat/completions", "gpt-4o",
	  "gpt-4o-2024-08-06", "openai/gpt-4o", 2500, 10000 },
	{ "openai", "chat.completions", "api.openai.com", "/v1/chat/completions", "gpt-4o-mini",
	  "gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini", 150, 600 },
	{ "openai", "responses", "api.openai.com", "/v1/responses", "gpt-5", "gpt-5-2025-08-07",
	  "openai/gpt-5", 1250, 10000 },
	{ "openai", "embeddings", "api.openai.com", "/v1/embeddings", "text-embedding-3-small",
	  "text-embedding-3-small", "openai/text-embedding-3-small", 20, 0 },
	{ "anthropic", "messages", "api.anthropic.com", "/v1/messages", "claude-sonnet-4-5",
	  "claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5", 3000, 15000 },
	{ "anthropic", "messages", "api.anthropic.com", "/v1/messages", "claude-haiku-4-5",
	  "claude-haiku-4-5-20251001", "anthropic/claude-haiku-4-5", 1000, 5000 },
	{ "gcp.gemini", "generateContent", "generativelanguage.googleapis.com",
	  "/v1beta/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro", "gemini-2.5-pro",
	  "gemini/gemini-2.5-pro", 1250, 10000 },
	{ "mistral_ai", "chat.completions", "api.mistral.ai", "/v1/chat/completions",
	  "mistral-large-latest", "mistral-large-2411", "mistral/mistral-large-latest", 2000,
	  6000 },
};

#define MODELS (sizeof(models) / sizeof(models[0]))

static uint64_t rand_state = 88172645463325252ull;

/* xorshift64: the same calls in each run. */
static uint64_t random_number(uint64_t below)
{
	rand_state ^= rand_state << 13;
	rand_state ^= rand_state >> 7;
	rand_state ^= rand_state << 17;
	return rand_state % below;
}

static void set(struct owner *o, enum owner_field f, const char *text, enum owner_trust trust,
		const char *origin)
{
	owner__set(o, f, span_str(text), trust, origin);
}

/* Who makes the calls of a service: one of three pods of it. */
static void fill_owner(struct owner *o, uint64_t service, uint64_t pod)
{
	char text[128];

	*o = (struct owner){ .known = true,
			     .uid = 10000 + (uint32_t)service,
			     .proc = { .tgid = (uint32_t)(20000 + service * 10 + pod),
				       .start_ns = 1000000000ull * (service * 10 + pod + 1) } };
	strcpy(o->comm, "python3");
	strcpy(o->exe, "/usr/bin/python3.11");
	strcpy(o->container_runtime, "containerd");
	snprintf(o->container_id, sizeof(o->container_id), "%064llx",
		 (unsigned long long)(service * 977 + pod) * 0x9e3779b97f4a7c15ull);
	snprintf(
		o->cgroup_path, sizeof(o->cgroup_path),
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod%08llx_77aa_4c1d_9f3e_"
		"0123456789ab.slice/cri-containerd-%s.scope",
		(unsigned long long)(service * 131 + pod), o->container_id);
	snprintf(text, sizeof(text), "service-%02d", (int)service);
	set(o, OWNER_SERVICE, text, TRUST_PLATFORM, "pod label app.kubernetes.io/name");
	set(o, OWNER_WORKLOAD, text, TRUST_PLATFORM, "pod owner");
	snprintf(text, sizeof(text), "service-%02d-7d9f8b6c5-%03d", (int)service, (int)pod);
	set(o, OWNER_POD, text, TRUST_PLATFORM, "log folder");
	snprintf(text, sizeof(text), "%08d-77aa-4c1d-9f3e-0123456789ab",
		 (int)(service * 131 + pod));
	set(o, OWNER_POD_UID, text, TRUST_KERNEL, "cgroup");
	snprintf(text, sizeof(text), "team-%d", (int)(service % 12));
	set(o, OWNER_TEAM, text, TRUST_PLATFORM, "pod label team");
	set(o, OWNER_NAMESPACE, service % 3 ? "shop" : "platform", TRUST_PLATFORM, "log folder");
	set(o, OWNER_NODE, "node-a7", TRUST_PLATFORM, "kubelet");
	set(o, OWNER_CONTAINER, "app", TRUST_PLATFORM, "log folder");
	snprintf(text, sizeof(text), "registry.example.com/shop/service-%02d:2.%d.1", (int)service,
		 (int)service % 7);
	set(o, OWNER_IMAGE, text, TRUST_PLATFORM, "containerd");
	snprintf(text, sizeof(text), "%016llx",
		 (unsigned long long)(service % 20 + 1) * 0x1f3d5b79ull);
	set(o, OWNER_KEY, text, TRUST_CLAIMED, "api key");
	set(o, OWNER_KEY_ID, "980cb3e1", TRUST_CLAIMED, "api key");
}

/* What a call says of itself: the feature, the end user, the run. */
static void fill_tags(struct owner *o, struct run_link *link, uint64_t service, uint64_t number,
		      uint64_t user)
{
	uint64_t run = number / (STEPS * SERVICES) * SERVICES + service;
	char text[64];

	snprintf(text, sizeof(text), "feature-%d", (int)(service * 4 + number / 7 % 4));
	set(o, OWNER_FEATURE, text, TRUST_CLAIMED, "helicone-property-Feature");
	snprintf(text, sizeof(text), "%016llx",
		 (unsigned long long)(user + 1) * 0x9e3779b97f4a7c15ull);
	set(o, OWNER_USER, text, TRUST_CLAIMED, "field user");
	snprintf(text, sizeof(text), "%016llx",
		 (unsigned long long)(number / 7 % 40 + 1) * 0x2545f491ull);
	set(o, OWNER_PROMPT, text, TRUST_CLAIMED, "system prompt");
	*link = (struct run_link){ .step = (uint32_t)(number / SERVICES % STEPS + 1),
				   .how = RUN_MESSAGES };
	snprintf(link->run, sizeof(link->run), "%016llx",
		 (unsigned long long)(run + 1) * 0xd1342543de82ef95ull);
	set(o, OWNER_RUN, link->run, TRUST_CLAIMED, "conversation");
	if (link->step > 1)
		snprintf(link->parent_call, sizeof(link->parent_call), "%032llx",
			 (unsigned long long)(number - SERVICES) * 0x9e3779b97f4a7c15ull);
}

static void fill_call(struct call *c, struct charge *ch, const struct model *m, uint64_t number)
{
	int64_t in = (int64_t)random_number(6000) + 50, out = (int64_t)random_number(900) + 1;

	*c = (struct call){ .x = c->x,
			    .conversation = c->conversation,
			    .provider = m->provider,
			    .operation = m->out_nano ? "chat" : "embeddings",
			    .api = m->api,
			    .tier = "default",
			    .max_tokens = -1,
			    .stream = number % 3 == 0,
			    .result = number % 97 ? CALL_OK : CALL_REFUSED,
			    .complete = true,
			    .usage_source = number % 31 ? USAGE_REPORTED : USAGE_ESTIMATED,
			    .use.reasoning = -1 };
	snprintf(c->requested_model, sizeof(c->requested_model), "%s", m->asked);
	snprintf(c->served_model, sizeof(c->served_model), "%s", m->served);
	snprintf(c->path, sizeof(c->path), "%s", m->path);
	snprintf(c->response_id, sizeof(c->response_id), "chatcmpl-%016llx%013llx",
		 (unsigned long long)number * 0x9e3779b97f4a7c15ull, (unsigned long long)number);
	usage__set(&c->use, USAGE_INPUT, in);
	usage__set(&c->use, USAGE_CACHE_READ, in / 3);
	usage__set(&c->use, USAGE_OUTPUT, out);
	*ch = (struct charge){ .basis = number % 31 ? CHARGE_COMPUTED : CHARGE_ESTIMATED,
			       .list_version = "2026-09-23" };
	if (c->result == CALL_REFUSED) {
		c->use.known = 0;
		c->usage_source = USAGE_NONE;
		ch->basis = CHARGE_NOT_BILLED;
		return;
	}
	ch->total = in * m->in_nano + in / 3 * m->in_nano / 10 + out * m->out_nano;
	snprintf(ch->price_id, sizeof(ch->price_id), "%s", m->price);
}

/* What an audit goes by: one request in ten was made before, and every prompt begins like another.
 */
static void fill_likeness(struct call *c, struct run_link *link, uint64_t number)
{
	uint64_t asked = number % 10 ? number : number / 10 % 5000;

	c->likeness = (struct likeness){
		.request = (asked + 1) * 0x9e3779b97f4a7c15ull >> (64 - LIKENESS_BITS),
		.traits = (number % 3 ? 0 : LIKENESS_WARM) | (number % 5 ? 0 : LIKENESS_JSON)
	};
	if (number % 8 == 0)
		link->prefix = (number % 400 + 1) * 0x9e3779b97f4a7c15ull >> (64 - LIKENESS_BITS);
	link->prefix_tokens = c->use.n[USAGE_INPUT];
	link->prefix_age_ns = (int64_t)(number % 900) * 1000000000;
	if (strcmp(c->operation, "embeddings") != 0)
		return;
	c->likeness.inputs = (struct likeness_inputs){ .count = number % 4 ? 1 : 4 };
	c->likeness.inputs.kept = (uint8_t)c->likeness.inputs.count;
	for (uint32_t i = 0; i < c->likeness.inputs.kept; i++)
		c->likeness.inputs.hash[i] = (uint32_t)random_number(1000000) * 0x9e3779b9u;
}

static double cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static long rss_anon(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	long kb = -1;

	while (f && kb < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %ld kB", &kb) != 1)
			kb = -1;
	if (f)
		fclose(f);
	return kb < 0 ? -1 : kb * 1024;
}

/* l NULL: the calls are made up, and thrown away. */
static int fill(struct ledger *l, uint64_t calls, int64_t from_ns, int64_t length_ns,
		uint64_t per_tick, bool new_users)
{
	struct drops drops = { { 0 } };
	struct exchange x = { .t_request = 1000000000, .protocol = 11, .response.status = 200 };
	struct conversation said = { .messages = 3 };
	struct call c = { .x = &x, .conversation = &said };
	struct charge ch;
	struct run_link link;
	struct owner o;
	int err = 0;

	for (uint64_t i = 0; !err && i < calls; i++) {
		uint64_t service = i % SERVICES;
		const struct model *m = &models[(service * 3 + random_number(3)) % MODELS];
		struct entry e = { .call = &c,
				   .charge = &ch,
				   .owner = &o,
				   .link = &link,
				   .wall_end_ns = from_ns + (int64_t)((double)length_ns *
								      (double)i / (double)calls) };

		x.t_first_byte = x.t_request + 300000000 + random_number(400000000);
		x.t_last_byte = x.t_first_byte + random_number(6000000000);
		x.request_len = 4 * random_number(6000) + 300;
		x.response_len = 5 * random_number(900) + 700;
		x.request.host = span_str(m->host);
		fill_owner(&o, service, random_number(3));
		fill_tags(&o, &link, service, i, new_users ? i : random_number(USERS));
		fill_call(&c, &ch, m, i);
		fill_likeness(&c, &link, i);
		snprintf(e.id, sizeof(e.id), "%016llx%016llx",
			 (unsigned long long)(i + 1) * 0x9e3779b97f4a7c15ull,
			 (unsigned long long)(i + 1) * 0xd1342543de82ef95ull);
		err = l ? ledger__add(l, &e) : 0;
		if (l && !err && i % per_tick == per_tick - 1)
			err = ledger__tick(l, e.wall_end_ns, &drops);
	}
	return err || !l ? err : ledger__tick(l, from_ns + length_ns, &drops);
}

int main(int argc, char **argv)
{
	struct ledger *l = NULL;
	struct stat st = { 0 };
	char why[512] = "";
	double before, made_up;
	long rss;
	int64_t length, from;
	int err;

	if (argc < 5) {
		fprintf(stderr,
			"usage: ledger_fill FILE CALLS DAYS CALLS_PER_SECOND [new-users]\n");
		return 2;
	}
	err = ledger__open(argv[1], &l, why, sizeof(why));
	if (err) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	length = (int64_t)(atof(argv[3]) * 86400e9);
	from = (int64_t)time(NULL) * 1000000000 - length;
	before = cpu_seconds();
	fill(NULL, strtoull(argv[2], NULL, 10), from, length, 1, argc > 5);
	made_up = cpu_seconds() - before;
	before = cpu_seconds();
	err = fill(l, strtoull(argv[2], NULL, 10), from, length, strtoull(argv[4], NULL, 10),
		   argc > 5);
	rss = rss_anon();
	ledger__close(l);
	stat(argv[1], &st);
	printf("{\"calls\":%s,\"cpu_s\":%.3f,\"bytes\":%lld,\"rss_anon\":%ld}\n", argv[2],
	       cpu_seconds() - before - made_up, (long long)st.st_size, rss);
	return err ? 1 : 0;
}
