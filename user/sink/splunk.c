// SPDX-License-Identifier: BSD-2-Clause
/*
 * Splunk's HTTP Event Collector: POST /services/collector/event with a token, and events one behind
 * the other:
 *
 *   {"time":1795600800.123,"host":"node-1","source":"wiretally","sourcetype":"_json","event":{...}}
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "sink/http.h"
#include "sink/lines.h"

struct splunk {
	struct http_target target;
	char token_file[512], token[256];
	char index[64], source[64], sourcetype[64];
	struct buffer events;
};

static void splunk_init(void *state)
{
	struct splunk *s = state;

	strcpy(s->source, "wiretally");
	strcpy(s->sourcetype, "_json");
}

static const char *splunk_where(void *state, const struct sink_where *w)
{
	struct splunk *s = state;

	s->target.tls = true;
	return http_target__where(&s->target, w, "8088", "/services/collector/event");
}

/* They are parts of JSON. */
static const char *set_word(char dst[64], const char *value)
{
	for (const char *c = value; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_-.:", *c))
			return "give letters, digits, and _ - . :";
	return *value && span__copy(span_str(value), dst, 64) ? NULL : "give 1 to 63 letters";
}

static const char *splunk_set(void *state, const char *key, const char *value)
{
	struct splunk *s = state;

	if (!strcmp(key, "token-file"))
		return *value == '/' && span__copy(span_str(value), s->token_file,
						   sizeof(s->token_file))
			       ? NULL
			       : "give the absolute path of a file with the token";
	if (!strcmp(key, "index"))
		return set_word(s->index, value);
	if (!strcmp(key, "source"))
		return set_word(s->source, value);
	if (!strcmp(key, "sourcetype"))
		return set_word(s->sourcetype, value);
	return tls_settings__set(&s->target.settings, key, value);
}

static int splunk_prepare(void *state, uid_t uid, gid_t gid, char *err)
{
	struct splunk *s = state;
	int ret = tls_settings__read(&s->target.settings, err);

	if (!ret && !*s->token_file) {
		snprintf(err, SINK_ERROR_MAX, "it needs a token-file=/PATH");
		return -EINVAL;
	}
	return ret ? ret : http_read_secret(s->token_file, s->token, sizeof(s->token), err);
}

static int splunk_open(void *state, char *err)
{
	return 0;
}

static int splunk_write(void *state, const struct sink_row *row, char *err)
{
	struct splunk *s = state;
	int64_t ms = row->row->at_ns / 1000000;
	size_t held = s->events.n;
	char head[512];
	int n = snprintf(head, sizeof(head),
			 "{\"time\":%lld.%03lld,\"host\":\"%s\",\"source\":\"%s\",",
			 (long long)(ms / 1000), (long long)(ms % 1000), row->host, s->source);
	int ret;

	if (*s->index)
		n += snprintf(head + n, sizeof(head) - (size_t)n, "\"index\":\"%s\",", s->index);
	n += snprintf(head + n, sizeof(head) - (size_t)n,
		      "\"sourcetype\":\"%s\",\"event\":", s->sourcetype);
	ret = buffer__add(&s->events, span_of(head, (size_t)n), LINES_BYTES_MAX);
	if (!ret)
		ret = buffer__add(&s->events, row->text, LINES_BYTES_MAX);
	if (!ret)
		ret = buffer__add(&s->events, SPAN("}\n"), LINES_BYTES_MAX);
	if (ret)
		s->events.n = held;
	return ret;
}

static int splunk_flush(void *state, char *err)
{
	struct splunk *s = state;
	char headers[384];
	int ret = 0;

	snprintf(headers, sizeof(headers),
		 "Authorization: Splunk %s\r\nContent-Type: application/json\r\n", s->token);
	if (s->events.n)
		ret = http_post(&s->target, headers, span_of(s->events.p, s->events.n), err);
	s->events.n = 0;
	return ret;
}

static void splunk_close(void *state)
{
	struct splunk *s = state;

	buffer__free(&s->events);
}

const struct sink_ops splunk_sink = {
	.scheme = "splunk+https",
	.address = "//HOST[:8088]",
	.options = "token-file index source sourcetype " HTTP_TLS_OPTIONS,
	.state_size = sizeof(struct splunk),
	.init = splunk_init,
	.where = splunk_where,
	.set = splunk_set,
	.prepare = splunk_prepare,
	.open = splunk_open,
	.write = splunk_write,
	.flush = splunk_flush,
	.close = splunk_close,
};
