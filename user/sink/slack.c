// SPDX-License-Identifier: BSD-2-Clause
/*
 * Slack's incoming webhooks, and those that take the same (Mattermost, Rocket.Chat): a POST with
 *
 *   {"text":"*node-1* runaway.depth (warning): planner.py[4711]: sub-agents start sub-agents ..."}
 *
 * The path is the secret: https://hooks.slack.com/services/T000/B000/XXXX.
 */
#include <errno.h>
#include <stdio.h>

#include "sink/ecs.h"
#include "sink/http.h"

/* Of one message Slack shows 40,000 letters; what does not fit is told by the next one. */
#define TEXT_MAX 30000

struct slack {
	struct http_target target;
	char path_file[512];
	struct buffer text;
};

static const char *slack_where(void *state, const struct sink_where *w)
{
	struct slack *s = state;

	s->target.tls = true;
	return http_target__where(&s->target, w, "443", "/");
}

static const char *slack_set(void *state, const char *key, const char *value)
{
	struct slack *s = state;

	if (strcmp(key, "path-file"))
		return tls_settings__set(&s->target.settings, key, value);
	return *value == '/' && span__copy(span_str(value), s->path_file, sizeof(s->path_file))
		       ? NULL
		       : "give the absolute path of a file with the URL's path";
}

static int slack_prepare(void *state, uid_t uid, gid_t gid, char *err)
{
	struct slack *s = state;
	int ret = tls_settings__read(&s->target.settings, err);

	if (ret || !*s->path_file)
		return ret;
	ret = http_read_secret(s->path_file, s->target.path, sizeof(s->target.path), err);
	if (!ret && *s->target.path != '/') {
		snprintf(err, SINK_ERROR_MAX, "%.150s: is no path: /services/T000/B000/XXXX",
			 s->path_file);
		ret = -EINVAL;
	}
	return ret;
}

static int slack_open(void *state, char *err)
{
	return 0;
}

/* What would be a link, a name or an entity is text (Slack's "Escaping text"). */
static int add_text(struct buffer *b, const char *text)
{
	int ret = 0;

	for (; *text && !ret; text++)
		ret = buffer__add(b,
				  *text == '&'	 ? SPAN("&amp;")
				  : *text == '<' ? SPAN("&lt;")
				  : *text == '>' ? SPAN("&gt;")
						 : span_of(text, 1),
				  TEXT_MAX);
	return ret;
}

static int post(struct slack *s, char *err)
{
	json_t *o = json_pack("{s:s%}", "text", s->text.p, s->text.n);
	char *body = o ? json_dumps(o, JSON_COMPACT) : NULL;
	int ret = -ENOMEM;

	if (body)
		ret = http_post(&s->target, "Content-Type: application/json\r\n", span_str(body),
				err);
	free(body);
	json_decref(o);
	s->text.n = 0;
	return ret;
}

static int add_line(struct slack *s, const struct sink_row *row, const json_t *ecs)
{
	const char *rule = ecs_text(ecs, "rule.name"),
		   *severity = ecs_text(ecs, "wiretally.finding.severity");
	char sentence[1600];
	int ret;

	sink_sentence(ecs, sentence, sizeof(sentence));
	ret = buffer__add(&s->text, s->text.n ? SPAN("\n*") : SPAN("*"), TEXT_MAX);
	ret = ret ? ret : add_text(&s->text, row->host);
	ret = ret ? ret : buffer__add(&s->text, SPAN("* "), TEXT_MAX);
	if (!ret && rule && severity) {
		ret = add_text(&s->text, rule);
		ret = ret ? ret : buffer__add(&s->text, SPAN(" ("), TEXT_MAX);
		ret = ret ? ret : add_text(&s->text, severity);
		ret = ret ? ret : buffer__add(&s->text, SPAN("): "), TEXT_MAX);
	}
	return ret ? ret : add_text(&s->text, sentence);
}

static int slack_write(void *state, const struct sink_row *row, char *err)
{
	json_t *ecs = json_loadb((const char *)row->row->line.p, row->row->line.n, 0, NULL);
	struct slack *s = state;
	size_t held = s->text.n;
	int ret = json_is_object(ecs) ? add_line(s, row, ecs) : -EBADMSG;

	if (ret == -EMSGSIZE && held) {
		s->text.n = held;
		ret = post(s, err);
		ret = ret ? ret : add_line(s, row, ecs);
	} else if (ret) {
		s->text.n = held;
	}
	json_decref(ecs);
	return ret;
}

static int slack_flush(void *state, char *err)
{
	struct slack *s = state;

	return s->text.n ? post(s, err) : 0;
}

static void slack_close(void *state)
{
	struct slack *s = state;

	buffer__free(&s->text);
}

const struct sink_ops slack_sink = {
	.scheme = "slack+https",
	.address = "//HOST[:443][/PATH]",
	.options = "path-file " HTTP_TLS_OPTIONS,
	.state_size = sizeof(struct slack),
	.where = slack_where,
	.set = slack_set,
	.prepare = slack_prepare,
	.open = slack_open,
	.write = slack_write,
	.flush = slack_flush,
	.close = slack_close,
};
