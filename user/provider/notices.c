// SPDX-License-Identifier: BSD-2-Clause
#include "base/text_hash.h"
#include "provider/estimate_text.h"
#include "provider/notices.h"
#include "provider/ops.h"
#include "provider/pictures.h"
#include "provider/prompt.h"
#include "provider/system_prompt.h"
#include "provider/tagging.h"
#include "provider/talk_path.h"

static void judge(struct notice_of *at, const struct field *table, struct span path)
{
	at->table = table;
	at->text = estimate_text_at(path);
	at->picture = pictures_at(path);
	at->like = liken_at(path);
	at->talk = talk_at(path);
	at->who =
		(uint8_t)((fields_have(table, path) ? NOTICE_FIELD : 0) |
			  (plausible_prompted_at(path) ? NOTICE_PROMPTED : 0) |
			  (plausible_outside_at(path) ? NOTICE_OUTSIDE : 0) |
			  (prompt_at(path) ? NOTICE_PROMPT : 0) | (tags_at(path) ? NOTICE_TAG : 0) |
			  (system_prompt_at(path) ? NOTICE_SYSTEM : 0));
}

static bool is_of(const struct notice_of *at, const struct field *table, struct span path)
{
	return at->table == table && span__eq(path, span_of(at->path, at->len));
}

static const struct notice_of *find(struct notices *n, const struct field *table, struct span path)
{
	struct text_hash hash = { 0 };
	struct notice_of *at;

	if (path.n > NOTICE_PATH_MAX) {
		judge(&n->longer, table, path);
		return &n->longer;
	}
	text_hash__add(&hash, path.p, path.n);
	at = &n->at[text_hash__end(&hash) % (NOTICES / 2) * 2];
	for (int i = 0; i < 2; i++)
		if (is_of(&at[i], table, path))
			return &at[i];
	at[1] = at[0];
	judge(at, table, path);
	at->len = (uint8_t)path.n;
	if (path.n)
		memcpy(at->path, path.p, path.n);
	return at;
}

const struct notice_of *notices__of(struct notices *n, const struct field *table, struct span path)
{
	/* One that is too long has no path of its own to be known again by. */
	if (!n->last || n->last == &n->longer || !is_of(n->last, table, path))
		n->last = find(n, table, path);
	return n->last;
}
