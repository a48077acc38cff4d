// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <inttypes.h>

#include "base/percent.h"
#include "gpu/reading.h"

static const struct kind {
	const char *word;
	uint8_t numbers, texts;
} kinds[GPU_READINGS] = {
#define GPU_READING(symbol, word, numbers, texts, what) { #word, numbers, texts },
#include "gpu/reading.def"
#undef GPU_READING
};

static const char *const sources[GPU_SOURCES] = {
#define GPU_SOURCE(symbol, name, what) #name,
#include "gpu/sources.def"
#undef GPU_SOURCE
};

const char *gpu_source_name(uint8_t source)
{
	return source < GPU_SOURCES ? sources[source] : "";
}

/* Decimal digits alone, or "-". */
static int parse_number(struct span word, uint64_t *ret_n)
{
	uint64_t n = 0;

	if (span__eq(word, SPAN("-"))) {
		*ret_n = GPU_UNKNOWN;
		return 0;
	}
	if (!word.n)
		return -EBADMSG;
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] < '0' || word.p[i] > '9' || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, word.p[i] - '0', &n))
			return -EBADMSG;
	}
	*ret_n = n;
	return 0;
}

static int parse_device(struct span word, uint32_t *ret_dev)
{
	uint64_t n;

	if (parse_number(word, &n) || (n >= GPU_DEVICES_MAX && n != GPU_UNKNOWN))
		return -EBADMSG;
	*ret_dev = n == GPU_UNKNOWN ? GPU_NO_DEVICE : (uint32_t)n;
	return 0;
}

static int find_word(struct span word, uint8_t *ret_kind)
{
	for (uint8_t k = 0; k < GPU_READINGS; k++)
		if (span__eq(word, span_str(kinds[k].word))) {
			*ret_kind = k;
			return 0;
		}
	return -ENOENT;
}

static int find_source(struct span word, uint8_t *ret_source)
{
	for (uint8_t s = 0; s < GPU_SOURCES; s++)
		if (span__eq(word, span_str(sources[s]))) {
			*ret_source = s;
			return 0;
		}
	return -ENOENT;
}

/* Words and sources of later versions are passed over: a trace of theirs is read as far as known.
 */
static int parse_line(struct gpu_reading *r, struct span line, char *room, bool *ret_read)
{
	struct gpu_reading got = { .ts = 0 };
	struct span source, word;
	size_t left = GPU_LINE_MAX;
	uint32_t dev;

	if (!line.n || line.p[0] == '#')
		return 0;
	if (parse_number(span__cut(&line, ' '), &got.ts) || got.ts > GPU_TIME_MAX)
		return -EBADMSG;
	source = span__cut(&line, ' ');
	if (parse_device(span__cut(&line, ' '), &dev))
		return -EBADMSG;
	got.dev = dev;
	word = span__cut(&line, ' ');
	if (!source.n || !word.n)
		return -EBADMSG;
	if (find_source(source, &got.source) || find_word(word, &got.kind))
		return 0;
	for (uint8_t i = 0; i < kinds[got.kind].numbers; i++)
		if (parse_number(span__cut(&line, ' '), &got.n[i]))
			return -EBADMSG;
	for (uint8_t i = 0; i < kinds[got.kind].texts; i++) {
		struct span text = span__cut(&line, ' ');

		if (!text.n)
			return -EBADMSG;
		if (span__eq(text, SPAN("-")))
			continue;
		got.text[i] = percent_decode(text, room, left);
		/* A text ends at its first NUL, wherever it goes: names that look alike are one. */
		got.text[i].n = strnlen((const char *)got.text[i].p, got.text[i].n);
		room += got.text[i].n;
		left -= got.text[i].n;
	}
	*r = got;
	*ret_read = true;
	return 0;
}

int gpu_reading__parse(struct gpu_reading *r, struct span text, char *room, bool *ret_read)
{
	struct span rest = text, line;
	bool read = false;
	int err;

	if (!text.n || !memchr(text.p, '\n', text.n))
		return text.n >= GPU_LINE_MAX ? -EMSGSIZE : -EAGAIN;
	line = span__cut(&rest, '\n');
	if (line.n >= GPU_LINE_MAX)
		return -EMSGSIZE;
	err = parse_line(r, line, room, &read);
	if (err)
		return err;
	*ret_read = read;
	return (int)(text.n - rest.n);
}

static size_t put_text(struct span text, char *at, size_t room)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;

	if (!text.n && room) {
		at[0] = '-';
		return 1;
	}
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		bool plain = c > ' ' && c < 0x7f && c != '%' && !(text.n == 1 && c == '-');

		if (n + (plain ? 1 : 3) > room)
			break;
		if (plain) {
			at[n++] = (char)c;
			continue;
		}
		at[n++] = '%';
		at[n++] = hex[c >> 4];
		at[n++] = hex[c & 15];
	}
	return n;
}

size_t gpu_reading__print(const struct gpu_reading *r, char line[GPU_LINE_MAX])
{
	/* Each text has its share of what numbers leave: eight of 20 digits, and words, are 250. */
	const size_t text_max = (GPU_LINE_MAX - 300) / GPU_READING_TEXTS;
	const struct kind *k = &kinds[r->kind];
	size_t n = (size_t)snprintf(line, GPU_LINE_MAX, "%" PRIu64 " %s ", r->ts,
				    gpu_source_name(r->source));

	if (r->dev == GPU_NO_DEVICE)
		line[n++] = '-';
	else
		n += (size_t)snprintf(line + n, GPU_LINE_MAX - n, "%u", r->dev);
	n += (size_t)snprintf(line + n, GPU_LINE_MAX - n, " %s", k->word);
	for (uint8_t i = 0; i < k->numbers; i++) {
		line[n++] = ' ';
		if (r->n[i] == GPU_UNKNOWN)
			line[n++] = '-';
		else
			n += (size_t)snprintf(line + n, GPU_LINE_MAX - n, "%" PRIu64, r->n[i]);
	}
	for (uint8_t i = 0; i < k->texts; i++) {
		line[n++] = ' ';
		n += put_text(r->text[i], line + n, text_max);
	}
	line[n++] = '\n';
	return n;
}
