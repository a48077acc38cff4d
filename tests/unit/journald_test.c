// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "sink/sinks.h"
#include "test.h"

static char dir[] = "/tmp/wt-journal-XXXXXX";
static int journal = -1;
static struct sinks sinks;
static struct sink *sink;

/* A socket as journald's, and a sink that is connected to it. */
static int begin(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char url[128], err[SINK_ERROR_MAX] = "";

	strcpy(dir, "/tmp/wt-journal-XXXXXX");
	if (!mkdtemp(dir))
		return -errno;
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/s", dir);
	journal = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (journal < 0 || bind(journal, (struct sockaddr *)&a, sizeof(a)))
		return -errno;
	snprintf(url, sizeof(url), "journald:%s", a.sun_path);
	if (sinks__add(&sinks, url, &sink))
		return -EINVAL;
	return sink->ops->open(sink->state, err);
}

static void end(void)
{
	char path[64];

	sink->ops->close(sink->state);
	sinks__fini(&sinks);
	close(journal);
	snprintf(path, sizeof(path), "%s/s", dir);
	unlink(path);
	rmdir(dir);
}

/* What arrives of a row with that text; newlines are told as '|', other control bytes as '.'. */
static const char *entry(const char *text)
{
	static char got[4096];
	struct outbox_row row = { .seq = 1, .id = "7", .severity = SEVERITY_NOTICE };
	char err[SINK_ERROR_MAX] = "";
	ssize_t n;

	if (sink->ops->write(sink->state, &(struct sink_row){ .row = &row, .text = span_str(text) },
			     err))
		return "failed";
	n = recv(journal, got, sizeof(got) - 1, MSG_DONTWAIT);
	for (ssize_t i = 0; i < n; i++)
		got[i] = got[i] == '\n' ? '|' : (unsigned char)got[i] < ' ' ? '.' : got[i];
	got[n < 0 ? 0 : n] = '\0';
	return got;
}

TEST(each_value_is_a_field)
{
	ASSERT_EQ(begin(), 0);
	ASSERT_STR(
		entry("{\"@timestamp\":\"t\",\"message\":\"two calls\",\"event\":{\"id\":\"7\","
		      "\"category\":[\"api\",\"web\"]},\"n\":{\"a-b\":-3,\"t\":true,\"z\":null,"
		      "\"r\":0.5},\"_PID\":\"1\",\"9\":\"x\"}"),
		"MESSAGE=two calls|PRIORITY=5|SYSLOG_IDENTIFIER=wiretally|TIMESTAMP=t|EVENT_ID=7|"
		"EVENT_CATEGORY=api|EVENT_CATEGORY=web|N_A_B=-3|N_T=true|N_R=0.5|PID=1|");
	end();
}

TEST(a_value_with_a_newline_has_its_length_before_it)
{
	ASSERT_EQ(begin(), 0);
	ASSERT_STR(
		entry("{\"message\":\"m\",\"labels\":{\"x\":\"a\\nPRIORITY=0\"}}"),
		"MESSAGE=m|PRIORITY=5|SYSLOG_IDENTIFIER=wiretally|LABELS_X|........a|PRIORITY=0|");
	end();
}

TEST(a_call_is_told_in_a_sentence)
{
	ASSERT_EQ(begin(), 0);
	ASSERT(strstr(
		entry("{\"service\":{\"name\":\"shop\"},\"gen_ai\":{\"response\":{\"model\":\"m\"},"
		      "\"usage\":{\"input_tokens\":3,\"output_tokens\":4}},\"wiretally\":{\"result\":"
		      "\"ok\",\"cost\":{\"usd\":\"0.1\"}}}"),
		"MESSAGE=shop called m, 3 tokens in, 4 out, $0.1: ok|"));
	ASSERT(strstr(entry("{\"gen_ai\":7}"), "MESSAGE=a process called a model: unknown|"));
	end();
}

TEST(what_is_no_object_is_refused)
{
	ASSERT_EQ(begin(), 0);
	ASSERT_STR(entry("[1]"), "failed");
	ASSERT_STR(entry("{\"a\":"), "failed");
	end();
}

TEST_MAIN()
