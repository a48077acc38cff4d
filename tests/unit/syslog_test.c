// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "sink/syslog.h"
#include "test.h"

static const char *message(struct syslog *s, int64_t seq, uint8_t severity, struct span text,
			   bool counted)
{
	static struct buffer out;
	struct outbox_row row = { .seq = seq,
				  .at_ns = 1795600800123456789ll,
				  .id = "7",
				  .kind = OUTBOX_FINDING,
				  .severity = severity };

	out.n = 0;
	if (syslog__add(s, &(struct sink_row){ .row = &row, .text = text }, counted, &out) ||
	    buffer__add(&out, SPAN("\0"), 1 << 20))
		return "failed";
	return (const char *)out.p;
}

TEST(a_message_has_the_fields_of_rfc_5424)
{
	struct syslog s = { .host = "node-1" };
	char want[256];

	syslog__init(&s);
	snprintf(
		want, sizeof(want),
		"<28>1 2026-11-25T10:00:00.123Z node-1 wiretally %d finding "
		"[origin software=\"wiretally\" swVersion=\"%s\"][meta sequenceId=\"9\"] {\"a\":1}",
		(int)getpid(), WIRETALLY_VERSION);
	ASSERT_STR(message(&s, 9, SEVERITY_WARNING, SPAN("{\"a\":1}"), false), want);
	ASSERT(!syslog__set_facility(&s, "local7"));
	ASSERT(span__starts(span_str(message(&s, 9, SEVERITY_INFO, SPAN("{}"), false)),
			    SPAN("<190>1 ")));
	ASSERT(syslog__set_facility(&s, "local8"));
	ASSERT(syslog__set_facility(&s, ""));
}

TEST(over_a_stream_its_length_comes_first)
{
	struct syslog s = { .host = "h" };
	const char *m = message(&s, 1, SEVERITY_INFO, SPAN("{\"text\":\"\xc3\xa9\"}"), true), *rest;
	unsigned long n = strtoul(m, (char **)&rest, 10);

	ASSERT_EQ(*rest, ' ');
	ASSERT_EQ(n, strlen(rest + 1)); /* octets, not letters */
}

/* RFC 5424 7.3.1: from 1 to 2147483647. */
TEST(the_sequence_starts_again_when_it_is_too_large)
{
	struct syslog s = { .host = "h" };

	ASSERT(strstr(message(&s, INT32_MAX, 6, SPAN("{}"), false), "Id=\"2147483647\"]"));
	ASSERT(strstr(message(&s, INT32_MAX + 1ll, 6, SPAN("{}"), false), "Id=\"1\"]"));
}

TEST(what_is_too_long_leaves_no_half_of_it)
{
	struct syslog s = { .host = "h" };
	struct outbox_row row = { .seq = 1 };
	struct buffer out = { 0 };
	size_t n = SYSLOG_MESSAGE_MAX;
	char *text = calloc(1, n);

	ASSERT_EQ(syslog__add(&s, &(struct sink_row){ .row = &row, .text = span_of(text, n) }, true,
			      &out),
		  -EMSGSIZE);
	ASSERT_EQ(out.n, 0);
	free(text);
	buffer__free(&out);
}

/* A host may call itself anything: a space or newline in it would be the next field. */
TEST(a_host_name_is_one_word)
{
	struct syslog s;

	syslog__init(&s);
	syslog__open(&s);
	ASSERT(*s.host);
	for (const char *c = s.host; *c; c++)
		ASSERT(*c > ' ' && *c <= '~');
}

TEST_MAIN()
