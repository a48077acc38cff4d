// SPDX-License-Identifier: BSD-2-Clause
/*
 * PagerDuty's Events API v2: a POST for each finding or action, which makes an incident or, with
 * the same dedup_key, is of the one that there is:
 *
 *   {"routing_key":"...","event_action":"trigger","dedup_key":"000102...","payload":{"summary":
 *    "planner.py[4711]: sub-agents start sub-agents ...","source":"node-1","severity":"warning",
 *    "timestamp":"2026-11-26T18:00:00.000Z","class":"runaway.depth","custom_details":{...}}}
 */
#include <errno.h>
#include <stdio.h>

#include "sink/ecs.h"
#include "sink/http.h"
#include "sink/lines.h"

/* The API's own limit. */
#define SUMMARY_MAX 1024

struct pagerduty {
	struct http_target target;
	char key_file[512], key[128];
	struct buffer events; /* each ends with a newline */
};

static const char *pagerduty_where(void *state, const struct sink_where *w)
{
	struct pagerduty *p = state;

	p->target.tls = true;
	return http_target__where(&p->target, w, "443", "/v2/enqueue");
}

static const char *pagerduty_set(void *state, const char *key, const char *value)
{
	struct pagerduty *p = state;

	if (strcmp(key, "key-file"))
		return tls_settings__set(&p->target.settings, key, value);
	return *value == '/' && span__copy(span_str(value), p->key_file, sizeof(p->key_file))
		       ? NULL
		       : "give the absolute path of a file with the integration key";
}

static int pagerduty_prepare(void *state, uid_t uid, gid_t gid, char *err)
{
	struct pagerduty *p = state;
	int ret = tls_settings__read(&p->target.settings, err);

	if (!ret && !*p->key_file) {
		snprintf(err, SINK_ERROR_MAX, "it needs a key-file=/PATH");
		return -EINVAL;
	}
	return ret ? ret : http_read_secret(p->key_file, p->key, sizeof(p->key), err);
}

static int pagerduty_open(void *state, char *err)
{
	return 0;
}

static const char *severity_of(const json_t *ecs)
{
	const char *severity = ecs_text(ecs, "wiretally.finding.severity");

	if (severity && (!strcmp(severity, "critical") || !strcmp(severity, "warning")))
		return severity;
	return "info";
}

/* What is done about a finding is of its incident. */
static const char *dedup_key(const struct sink_row *row, const json_t *ecs)
{
	const char *finding = ecs_text(ecs, "wiretally.action.finding");

	return finding && *finding ? finding : row->row->id;
}

static json_t *event_of(const struct pagerduty *p, const struct sink_row *row, json_t *ecs)
{
	const char *at = ecs_text(ecs, "@timestamp"), *rule = ecs_text(ecs, "rule.name"),
		   *service = ecs_text(ecs, "service.name");
	char summary[SUMMARY_MAX];

	sink_sentence(ecs, summary, sizeof(summary));
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s*, s:s*, s:s*, s:O}}", "routing_key",
			 p->key, "event_action", "trigger", "dedup_key", dedup_key(row, ecs),
			 "payload", "summary", summary, "source", row->host, "severity",
			 severity_of(ecs), "timestamp", at, "class", rule, "component", service,
			 "custom_details", ecs);
}

static int pagerduty_write(void *state, const struct sink_row *row, char *err)
{
	json_t *ecs = json_loadb((const char *)row->row->line.p, row->row->line.n, 0, NULL);
	struct pagerduty *p = state;
	json_t *event = json_is_object(ecs) ? event_of(p, row, ecs) : NULL;
	char *text = event ? json_dumps(event, JSON_COMPACT) : NULL;
	int ret = text ? lines__add(&p->events, span_str(text)) : -EBADMSG;

	free(text);
	json_decref(event);
	json_decref(ecs);
	return ret;
}

/* One that goes again has the same dedup_key: it makes no second incident. */
static int pagerduty_flush(void *state, char *err)
{
	struct pagerduty *p = state;
	struct span rest = span_of(p->events.p, p->events.n);
	int ret = 0;

	while (rest.n && !ret)
		ret = http_post(&p->target, "Content-Type: application/json\r\n",
				span__cut(&rest, '\n'), err);
	p->events.n = 0;
	return ret;
}

static void pagerduty_close(void *state)
{
	struct pagerduty *p = state;

	buffer__free(&p->events);
}

const struct sink_ops pagerduty_sink = {
	.scheme = "pagerduty+https",
	.address = "//HOST[:443]",
	.options = "key-file " HTTP_TLS_OPTIONS,
	.state_size = sizeof(struct pagerduty),
	.where = pagerduty_where,
	.set = pagerduty_set,
	.prepare = pagerduty_prepare,
	.open = pagerduty_open,
	.write = pagerduty_write,
	.flush = pagerduty_flush,
	.close = pagerduty_close,
};
