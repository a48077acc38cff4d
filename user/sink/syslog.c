// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "sink/lines.h"
#include "sink/syslog.h"

static const char *const facilities[] = { "kern",     "user",	"mail",	  "daemon",   "auth",
					  "syslog",   "lpr",	"news",	  "uucp",     "cron",
					  "authpriv", "ftp",	"ntp",	  "security", "console",
					  "clock",    "local0", "local1", "local2",   "local3",
					  "local4",   "local5", "local6", "local7" };

#define FACILITY_DAEMON 3

void syslog__init(struct syslog *s)
{
	s->facility = FACILITY_DAEMON;
}

const char *syslog__set_facility(struct syslog *s, const char *name)
{
	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
		if (!strcmp(name, facilities[i])) {
			s->facility = (uint8_t)i;
			return NULL;
		}
	return "give a facility as daemon, user, local0 ... local7";
}

void syslog__open(struct syslog *s)
{
	s->host[sizeof(s->host) - 1] = '\0';
	if (gethostname(s->host, sizeof(s->host) - 1) || !*s->host)
		strcpy(s->host, "-"); /* NILVALUE */
	/* PRINTUSASCII */
	for (char *c = s->host; *c; c++)
		if (*c <= ' ' || *c > '~')
			*c = '-';
}

/*
 * The message is JSON in UTF-8, in which there is no control character, and no BOM: what reads JSON
 * would stumble over it. That makes it MSG-ANY. Of structured data only what IANA has registered is
 * there (RFC 5424 7): other names would need an enterprise number.
 */
int syslog__add(const struct syslog *s, const struct sink_row *row, bool counted,
		struct buffer *out)
{
	char head[512], time[40], count[24];
	size_t held = out->n;
	int n, digits = 0, ret;

	text_time(row->row->at_ns, time, sizeof(time));
	n = snprintf(head, sizeof(head),
		     "<%d>1 %s %s wiretally %d %s [origin software=\"wiretally\" swVersion=\"%s\"]"
		     "[meta sequenceId=\"%lld\"] ",
		     s->facility * 8 + (row->row->severity & 7), time, s->host, (int)getpid(),
		     outbox_kind_name(row->row->kind), WIRETALLY_VERSION,
		     (long long)((row->row->seq - 1) % INT32_MAX) + 1);
	if ((size_t)n + row->text.n > SYSLOG_MESSAGE_MAX)
		return -EMSGSIZE;
	if (counted)
		digits = snprintf(count, sizeof(count), "%zu ", (size_t)n + row->text.n);
	ret = buffer__add(out, span_of(count, (size_t)digits), LINES_BYTES_MAX);
	if (!ret)
		ret = buffer__add(out, span_of(head, (size_t)n), LINES_BYTES_MAX);
	if (!ret)
		ret = buffer__add(out, row->text, LINES_BYTES_MAX);
	if (ret)
		out->n = held; /* no half of one */
	return ret;
}
