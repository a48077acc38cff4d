// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "proto/head.h"
#include "proto/http1_head.h"

/* Longest method that is taken for one: WebDAV's longest has 17 letters. */
#define METHOD_MAX 20

static const struct span version_prefix = { (const uint8_t *)"HTTP/1.", 7 };
static const struct span http2_preface = { (const uint8_t *)"PRI * HTTP/2.0\r\n", 16 };

/* True when s is the start of whole, or whole is the start of s. */
static bool agrees(struct span s, struct span whole)
{
	size_t n = s.n < whole.n ? s.n : whole.n;

	return memcmp(s.p, whole.p, n) == 0;
}

enum start_line http1_start(struct span b)
{
	size_t i = 0;

	if (!b.n)
		return START_MORE;
	if (agrees(b, http2_preface))
		return b.n >= http2_preface.n ? START_HTTP2 : START_MORE;
	if (agrees(b, version_prefix))
		return b.n > version_prefix.n ? START_RESPONSE : START_MORE;
	while (i < b.n && i < METHOD_MAX && ((b.p[i] >= 'A' && b.p[i] <= 'Z') || b.p[i] == '-'))
		i++;
	if (i == b.n && i < METHOD_MAX)
		return START_MORE;
	if (i < 3 || i == b.n || b.p[i] != ' ')
		return START_NO;
	if (i + 1 == b.n)
		return START_MORE;
	/* origin-form, asterisk-form, absolute-form; authority-form for CONNECT (RFC 9112 3.2) */
	if (b.p[i + 1] == '/' || b.p[i + 1] == '*' || b.p[i + 1] == 'h')
		return START_REQUEST;
	return span__starts(b, SPAN("CONNECT ")) ? START_REQUEST : START_NO;
}

size_t http1_head_len(struct span b, size_t *scanned)
{
	/* Four bytes back: the blank line may straddle the pieces. */
	size_t i = *scanned > 3 ? *scanned - 3 : 0;
	const uint8_t *lf;

	while (i < b.n && (lf = memchr(b.p + i, '\n', b.n - i))) {
		i = (size_t)(lf - b.p) + 1;
		if (i < b.n && b.p[i] == '\n')
			return i + 1;
		if (i + 1 < b.n && b.p[i] == '\r' && b.p[i + 1] == '\n')
			return i + 2;
	}
	*scanned = b.n;
	return 0;
}

static int parse_request_line(struct span line, struct head *h)
{
	struct span version;

	h->method = span__cut(&line, ' ');
	h->target = span__cut(&line, ' ');
	version = head_trim(line);
	if (version.n != 8 || !span__starts(version, version_prefix) || !h->target.n)
		return -EBADMSG;
	h->version = version.p[7] == '0' ? 10 : 11;
	h->path = h->target;
	if (span__starts(h->path, SPAN("http://")) || span__starts(h->path, SPAN("https://"))) {
		/* absolute-form: "http://host:port/path" */
		const uint8_t *slash;
		struct span rest = h->path;

		span__cut(&rest, '/');
		span__cut(&rest, '/');
		slash = memchr(rest.p, '/', rest.n);
		h->host = head_host(span_of(rest.p, slash ? (size_t)(slash - rest.p) : rest.n));
		h->path = slash ? span_of(slash, (size_t)(rest.p + rest.n - slash)) : SPAN("/");
	}
	h->path = span__cut(&h->path, '?');
	return 0;
}

static int parse_status_line(struct span line, struct head *h)
{
	struct span version = span__cut(&line, ' ');

	line = head_trim(line);
	if (version.n != 8 || line.n < 3)
		return -EBADMSG;
	for (int i = 0; i < 3; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return -EBADMSG;
		h->status = (uint16_t)(h->status * 10 + (line.p[i] - '0'));
	}
	h->version = version.p[7] == '0' ? 10 : 11;
	return h->status < 100 ? -EBADMSG : 0;
}

/* RFC 9112 5.2: a line that begins with a blank continues the one before it. */
static void unfold(uint8_t *p, size_t n)
{
	for (size_t i = 1; i + 1 < n; i++)
		if (p[i] == '\n' && (p[i + 1] == ' ' || p[i + 1] == '\t')) {
			p[i] = ' ';
			if (p[i - 1] == '\r')
				p[i - 1] = ' ';
		}
}

int http1_head_parse(uint8_t *p, size_t n, struct header *headers, size_t cap,
		     struct head *ret_head)
{
	struct span rest = span_of(p, n), line;
	struct head h = { .headers = headers };
	int err;

	unfold(p, n);
	line = head_trim(span__cut(&rest, '\n'));
	err = span__starts(line, version_prefix) ? parse_status_line(line, &h)
						 : parse_request_line(line, &h);
	if (err)
		return err;
	while (rest.n) {
		struct span value = head_trim(span__cut(&rest, '\n')), name;

		if (!value.n)
			break;
		if (!memchr(value.p, ':', value.n))
			return -EBADMSG;
		name = head_trim(span__cut(&value, ':'));
		if (!name.n)
			return -EBADMSG;
		if (h.header_count == cap)
			return -EMSGSIZE;
		headers[h.header_count++] =
			(struct header){ .name = name, .value = head_trim(value) };
	}
	head__finish(&h);
	*ret_head = h;
	return 0;
}

/* Content-Length, possibly several times, possibly as a list: all must be the same number. */
static int content_length(const struct head *h, bool *ret_there, uint64_t *ret_length)
{
	uint64_t n;

	*ret_there = false;
	for (size_t i = 0; i < h->header_count; i++) {
		struct span list = h->headers[i].value;

		if (!span__eq_nocase(h->headers[i].name, SPAN("content-length")))
			continue;
		do {
			if (head_length(head_trim(span__cut(&list, ',')), &n))
				return -EBADMSG;
			if (*ret_there && n != *ret_length)
				return -EBADMSG;
			*ret_there = true;
			*ret_length = n;
		} while (list.n);
	}
	return 0;
}

/* chunked is the last transfer coding where it is used at all (RFC 9112 6.1). */
static bool is_chunked(const struct head *h, bool *ret_there)
{
	bool chunked = false;

	*ret_there = false;
	for (size_t i = 0; i < h->header_count; i++) {
		struct span list = h->headers[i].value;

		if (!span__eq_nocase(h->headers[i].name, SPAN("transfer-encoding")))
			continue;
		*ret_there = true;
		do {
			chunked =
				span__eq_nocase(head_trim(span__cut(&list, ',')), SPAN("chunked"));
		} while (list.n);
	}
	return chunked;
}

int http1_framing(const struct head *h, struct span method, struct framing_of *ret_framing)
{
	struct framing_of f = { .coding = head__get(h, SPAN("content-encoding")) };
	bool has_length, has_transfer, chunked = is_chunked(h, &has_transfer);

	if (h->status && (span__eq(method, SPAN("HEAD")) || h->status < 200 || h->status == 204 ||
			  h->status == 304)) {
		*ret_framing = f;
		return 0;
	}
	if (chunked) {
		f.kind = FRAMING_CHUNKED;
	} else if (has_transfer) {
		f.kind = h->status ? FRAMING_CLOSE : FRAMING_NONE;
	} else {
		if (content_length(h, &has_length, &f.length))
			return -EBADMSG;
		if (has_length)
			f.kind = f.length ? FRAMING_LENGTH : FRAMING_NONE;
		else
			f.kind = h->status ? FRAMING_CLOSE : FRAMING_NONE;
	}
	*ret_framing = f;
	return 0;
}
