// SPDX-License-Identifier: BSD-2-Clause
/* What the stages know of calls, as rules of what a recording may keep of them. */
#include <string.h>
#include <sys/random.h>

#include "attribute/attribute.h"
#include "pipeline.h"
#include "pipeline_record.h"
#include "provider/path.h"
#include "provider/provider.h"
#include "record/recorder.h"

static enum provider_part part_of(enum scrub_part part)
{
	static const uint8_t parts[] = { [SCRUB_REQUEST] = PROVIDER_REQUEST,
					 [SCRUB_RESPONSE] = PROVIDER_RESPONSE,
					 [SCRUB_EVENT] = PROVIDER_EVENT };

	return parts[part];
}

static bool rule_keep(void *ctx, const struct exchange *x, enum scrub_part part,
		      enum scrub_what what, struct span path)
{
	static const uint8_t kinds[] = { [SCRUB_KEY] = PROVIDER_KEY,
					 [SCRUB_STRING] = PROVIDER_TEXT,
					 [SCRUB_NUMBER] = PROVIDER_NUMBER };

	return provider__keeps(x, part_of(part), kinds[what], path);
}

static size_t rule_keep_path(void *ctx, struct span part, struct span before)
{
	return path_part_known(part, before);
}

static bool rule_keep_header(void *ctx, struct span name)
{
	return header_read(name);
}

static struct span rule_unwrap(void *ctx, const struct exchange *x, enum scrub_part part,
			       struct span data)
{
	return provider__unwrap(ctx, x, part_of(part), data);
}

static void scrub_proc(struct wire_proc *p)
{
	size_t n = p->args_len < sizeof(p->args) ? p->args_len : sizeof(p->args);

	owner__scrub_args(span_of(p->exe, strnlen(p->exe, sizeof(p->exe))), (uint8_t *)p->args, n);
	memset(p->args + n, 0, sizeof(p->args) - n);
}

struct recorder *pipeline_recorder(const struct pipeline_opts *o, struct provider *provider)
{
	struct recorder_opts ro = {
		.out = o->record,
		.plaintext = o->plaintext,
		.wall_offset_ns = o->wall_offset_ns,
		.rules = { .keep = rule_keep,
			   .keep_path = rule_keep_path,
			   .keep_header = rule_keep_header,
			   .unwrap = rule_unwrap,
			   .ctx = provider },
		.scrub_proc = scrub_proc,
		.scrub_told = told__scrub,
	};
	struct recorder *r = NULL;

	if (getrandom(ro.key, sizeof(ro.key), 0) == sizeof(ro.key))
		r = recorder__new(&ro);
	explicit_bzero(ro.key, sizeof(ro.key));
	return r;
}
