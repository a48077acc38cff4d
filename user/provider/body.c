// SPDX-License-Identifier: BSD-2-Clause
/* The body of a request or an answer, as it passes in pieces: JSON, or a JSON object a line. */
#include "provider/claim.h"

static bool is_blank(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!memchr(" \t\r\n", s.p[i], 4))
			return false;
	return true;
}

static void body_is_bad(struct provider *p, struct claim *c)
{
	c->bad_json = true;
	c->unread |= c->table == c->ops->request;
	drops__add(p->drops, DROP_BAD_JSON, 1);
}

static void document(struct provider *p, struct claim *c, const struct field *table,
		     struct span bytes)
{
	if (c->whole) {
		if (!c->bad_json && !is_blank(bytes))
			body_is_bad(p, c);
		return;
	}
	if (!c->scan || c->table != table) {
		json_scan__free(c->scan);
		c->table = table;
		c->bad_json = false;
		c->scan = json_scan__new(claim__take_value, c);
		if (!c->scan)
			drops__add(p->drops, DROP_NO_MEMORY, 1);
		else if (c->talk || table == c->ops->request)
			json_scan__pieces(c->scan, claim__take_piece);
	}
	if (c->scan && !c->bad_json && json_scan__feed(c->scan, bytes))
		body_is_bad(p, c);
	/* While the answer is waited for and streams, thousands of calls hold no scanner. */
	if (c->scan && json_scan__done(c->scan)) {
		json_scan__free(c->scan);
		c->scan = NULL;
		c->whole = true;
	}
}

/*
 * A JSON object a line: each is a document. One that ends on a later line was written to be read by
 * people.
 */
static void documents(struct provider *p, struct claim *c, const struct field *table,
		      struct span bytes)
{
	while (bytes.n) {
		struct span rest = bytes, line = span__cut(&rest, '\n');

		document(p, c, table, line);
		if (line.n < bytes.n && (c->whole || c->bad_json)) {
			json_scan__free(c->scan);
			c->scan = NULL;
			c->whole = false;
		}
		bytes = rest;
	}
}

void claim__body(struct provider *p, struct claim *c, const struct field *table, struct span bytes)
{
	if (c->ops->lines && table == c->ops->response)
		documents(p, c, table, bytes);
	else
		document(p, c, table, bytes);
}
