// SPDX-License-Identifier: BSD-2-Clause
#include "sink/sinks.h"
#include "test.h"

static const char *add(const char *url)
{
	static struct sinks sinks;
	static char said[256];
	struct sink *sink;
	const char *wrong;

	sinks__fini(&sinks);
	wrong = sinks__add(&sinks, url, &sink);
	if (wrong)
		snprintf(said, sizeof(said), "%s", wrong);
	else
		snprintf(said, sizeof(said), "name %s", sink->name);
	sinks__fini(&sinks);
	return said;
}

TEST(a_url_tells_where_and_how)
{
	ASSERT_STR(add("stdout"), "name stdout");
	ASSERT_STR(add("stdout?name=console&events=calls"), "name console");
	ASSERT_STR(add("file:/var/log/x"), "name file:/var/log/x");
	ASSERT_STR(add("file:///var/log/x?max-size=1G&max-age=7d&keep=30&mode=0640"),
		   "name file:///var/log/x");
	ASSERT_STR(add("FILE:/a%20b"), "name FILE:/a%20b");
}

TEST(a_url_may_name_a_host)
{
	ASSERT_STR(add("syslog+udp://[::1]:5514?facility=local3&format=ocsf"),
		   "name syslog+udp://[::1]:5514");
	ASSERT_STR(add("syslog+tcp://siem"), "name syslog+tcp://siem");
	ASSERT_STR(add("syslog+tls://siem:6514?ca=/a&cert=/b&key=/c&server-name=x"),
		   "name syslog+tls://siem:6514");
	ASSERT_STR(add("journald"), "name journald");
	ASSERT_STR(add("unix:/run/x"), "name unix:/run/x");
	ASSERT_STR(add("splunk+https://h?token-file=/t&index=a-b"), "name splunk+https://h");
	ASSERT_STR(add("slack+https://h?path-file=/p"), "name slack+https://h");
	ASSERT_STR(add("slack+https://h?path-file=p"),
		   "path-file=p: give the absolute path of a file with the URL's path");
	ASSERT_STR(add("pagerduty+https://h?key-file=/k"), "name pagerduty+https://h");
	ASSERT(strstr(add("pagerduty+https://h?path-file=/k"), "path-file is no setting of"));
	ASSERT_STR(add("https://h/a%3Fb?secret-file=/s"), "name https://h/a%3Fb");
	ASSERT_STR(add("syslog+udp:/x"), "give syslog+udp://HOST[:PORT]");
	ASSERT_STR(add("syslog+tcp://"), "give a //HOST[:PORT] behind it");
	ASSERT_STR(add("syslog+tcp://h?facility=local8"),
		   "facility=local8: give a facility as daemon, user, local0 ... local7");
	ASSERT_STR(add("syslog+tls://h?ca=b.pem"),
		   "ca=b.pem: give the absolute path of a PEM file");
	ASSERT(strstr(add("syslog+tcp://h?ca=/b.pem"), "ca is no setting of syslog+tcp"));
	ASSERT_STR(add("stdout?format=xml"), "format=xml: give ecs or ocsf");
	/* What becomes lines of a request, or parts of JSON, can't end them. */
	ASSERT_STR(add("https://h/a%0d%0aX:%20y"), "its path has letters that a URL has not");
	ASSERT_STR(add("https://h%0a/"), "its host has letters that a host has not");
	ASSERT_STR(add("splunk+https://h?index=%22x"),
		   "index=\"x: give letters, digits, and _ - . :");
}

TEST(mistakes_are_named)
{
	ASSERT(strstr(add(""), "give stdout, file:/PATH"));
	ASSERT(strstr(add("smoke://signals"), "give stdout, file:/PATH"));
	ASSERT_STR(add("stdout:x"), "stdout has nothing behind it");
	ASSERT_STR(add("file:x"), "give file:/PATH, an absolute one");
	ASSERT_STR(add("file://host/x"), "give file:/PATH, an absolute one");
	ASSERT_STR(add("file:/x%00y"), "is no URL");
	ASSERT_STR(add("file:/x?max-size=ten"), "max-size=ten: give bytes, as 100M; 0: no limit");
	ASSERT_STR(add("file:/x?max-size=9223372036854775807k"),
		   "max-size=9223372036854775807k: give bytes, as 100M; 0: no limit");
	ASSERT_STR(add("file:/x?max-age=1w"), "max-age=1w: give a time, as 12h or 1d; 0: no limit");
	ASSERT_STR(add("file:/x?keep=0"), "keep=0: give 1 to 999");
	ASSERT_STR(add("file:/x?mode=4755"),
		   "mode=4755: give a mode that it can be written with, as 0640");
	ASSERT(strstr(add("file:/x?colour=red"),
		      "colour is no setting of file: it has events format name"));
	ASSERT(strstr(add("stdout?events=smoke"), "events=smoke: give a list of calls findings"));
	ASSERT_STR(add("stdout?name="), "name=: a name has 1 to 127 letters");
	ASSERT_STR(add("stdout?name=a%20b"), "name=a b: a name has letters, digits and signs");
}

/* Every beginning of a URL is one, or says why not; each byte of it may be any. */
TEST(hostile_urls_do_no_harm)
{
	static const char url[] = "file://[::1]:514/a/b%41?name=x%2fy&events=calls&mode=%zz";
	char text[sizeof(url)];

	for (size_t n = 0; n < sizeof(url); n++) {
		memcpy(text, url, n);
		text[n] = '\0';
		add(text);
	}
	for (size_t i = 0; i + 1 < sizeof(url); i++)
		for (int c = 1; c < 256; c++) {
			memcpy(text, url, sizeof(url));
			text[i] = (char)c;
			add(text);
		}
	ASSERT_STR(add("stdout"), "name stdout");
}

TEST(names_are_unique_and_there_are_only_so_many)
{
	struct sinks s = { .count = 0 }, more = { .count = 0 };
	struct sink *sink;

	for (int i = 0; i < SINKS_MAX; i++)
		ASSERT(!sinks__add(&s, i ? "stdout?name=b" : "stdout", &sink));
	ASSERT_STR(sinks__add(&s, "stdout", &sink), "is one more than there can be");
	ASSERT_STR(sinks__check(&s), "two sinks are named b: give one a name=");
	ASSERT(!sinks__add(&more, "stdout", &sink));
	ASSERT(sinks__join(&s, &more));
	sinks__fini(&s);
	ASSERT(!sinks__join(&s, &more));
	ASSERT_EQ(s.count, 1);
	ASSERT_EQ(more.count, 0);
	ASSERT_EQ(sinks__wants(&s), 1u << OUTBOX_FINDING | 1u << OUTBOX_ACTION);
	sinks__fini(&s);
}

TEST_MAIN()
