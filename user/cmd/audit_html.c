// SPDX-License-Identifier: BSD-2-Clause
/*
 * The audit as a page of its own: drawings are SVG within it, there is no script, and its policy
 * forbids it to load anything. Whatever came from a process, a name of a service or a model, is
 * escaped.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cmd/audit_page.h"

/* Places in the drawing of all leaks, in pixels of its own: names, then bars. */
#define NAMES_WIDE 300
#define BARS_WIDE  420
#define ROW_HIGH   34
/* The drawing of time: so many columns at most. */
#define COLUMNS	  60
#define TIME_WIDE 840
#define TIME_HIGH 180

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	"style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
	"<meta name=\"referrer\" content=\"no-referrer\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<title>wiretally audit</title>\n<style>\n"
	":root{--ink:#1d2430;--soft:#5c6675;--line:#d9dee6;--paper:#fff;--card:#f6f8fa;--bar:#c2410c;"
	"--range:#fdba74;--spend:#93b4d9;color-scheme:light dark}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#98a3b3;--line:#343c48;"
	"--paper:#14181e;--card:#1b2129;--bar:#f97316;--range:#7c3a12;--spend:#3f6694}}\n"
	"body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:56rem;background:var(--paper);"
	"color:var(--ink);font:16px/1.5 system-ui,'Segoe UI','DejaVu Sans',sans-serif}\n"
	"h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .4rem}\n"
	"p{margin:.35rem 0}.soft{color:var(--soft)}\n"
	".sums{display:flex;flex-wrap:wrap;gap:1rem;margin:1.2rem 0}\n"
	".sums div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;"
	"padding:.6rem 1rem;min-width:8rem}.sums b{display:block;font-size:1.35rem}\n"
	"section{border-top:1px solid var(--line);margin-top:1.6rem;padding-top:.4rem}\n"
	"section h2{display:flex;justify-content:space-between;gap:1rem;margin-top:.6rem}\n"
	".do{background:var(--card);border-left:4px solid var(--bar);padding:.4rem .8rem;margin:.6rem 0}\n"
	"table{border-collapse:collapse;width:100%;margin:.6rem 0;font-size:.92rem}\n"
	"th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line);"
	"overflow-wrap:anywhere}th{color:var(--soft);font-weight:500}\n"
	".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	"svg{width:100%;height:auto;display:block}svg text{fill:var(--ink);font-size:14px}\n"
	"svg .soft{fill:var(--soft)}.bar{fill:var(--bar)}.range{fill:var(--range)}.spend{fill:var(--spend)}\n"
	".axis{stroke:var(--line)}\n"
	"</style>\n</head>\n<body>\n";

/* Text of anybody's: what could end a text or an attribute is written as a name. */
static void put(FILE *out, const char *text)
{
	char clean[1200];

	for (const char *p = text_terminal(span_str(text), clean, sizeof(clean)); *p; p++)
		switch (*p) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			putc(*p, out);
		}
}

static void put_usd(FILE *out, int64_t nano)
{
	char usd[32];

	put(out, found_usd(nano, usd, sizeof(usd)));
}

/* A length in proportion, with a pixel for what is not nothing. */
static int64_t scaled(int64_t value, int64_t most, int64_t wide)
{
	int64_t n = most > 0 && value > 0 ? (int64_t)((__int128)value * wide / most) : 0;

	return value > 0 && n == 0 ? 1 : n;
}

static void put_sum(FILE *out, const char *name, int64_t nano)
{
	fputs("<div><b>", out);
	put_usd(out, nano);
	fprintf(out, "</b>%s</div>\n", name);
}

static void put_top(FILE *out, const struct found *f)
{
	const struct audit_total *t = &f->total;

	fputs(head, out);
	fputs("<h1>Where the money leaks</h1>\n<p class=\"soft\">since ", out);
	put(out, f->since);
	if (f->until) {
		fputs(" until ", out);
		put(out, f->until);
	}
	fprintf(out, "</p>\n<div class=\"sums\">\n<div><b>%" PRId64 "</b>calls</div>\n", t->calls);
	put_sum(out, "spent", t->nano_usd);
	put_sum(out, "in leaks, at most", t->together_nano);
	fputs("</div>\n", out);
	if (!f->leak_count)
		fputs("<p>No leak was found.</p>\n", out);
}

/* All leaks as bars: from the least to the most that they may come to, and the figure on it. */
static void put_bars(FILE *out, const struct found *f)
{
	int64_t most = 1;

	for (size_t i = 0; i < f->leak_count; i++)
		if (f->leaks[i]->high_nano > most)
			most = f->leaks[i]->high_nano;
	fprintf(out,
		"<h2>Leaks</h2>\n<svg role=\"img\" aria-label=\"what each leak comes to\" "
		"viewBox=\"0 0 %d %d\">\n",
		NAMES_WIDE + BARS_WIDE + 120, ROW_HIGH * (int)f->leak_count + 4);
	for (size_t i = 0; i < f->leak_count; i++) {
		const struct audit_leak *l = f->leaks[i];
		int64_t at = scaled(l->nano_usd, most, BARS_WIDE);
		int64_t high = scaled(l->high_nano, most, BARS_WIDE);
		int64_t low = scaled(l->low_nano, most, BARS_WIDE);
		int y = ROW_HIGH * (int)i + 4;

		fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", NAMES_WIDE - 10,
			y + 19);
		put(out, l->title);
		fprintf(out,
			"</text><rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"%" PRId64
			"\" height=\"22\" rx=\"2\"/>",
			NAMES_WIDE, y + 3, at);
		if (high > low)
			fprintf(out,
				"<rect class=\"range\" x=\"%" PRId64 "\" y=\"%d\" width=\"%" PRId64
				"\" height=\"6\"/>",
				NAMES_WIDE + low, y + 11, high - low);
		fprintf(out, "<text class=\"soft\" x=\"%" PRId64 "\" y=\"%d\">",
			NAMES_WIDE + (high > at ? high : at) + 8, y + 19);
		put_usd(out, l->nano_usd);
		fputs("</text>\n", out);
	}
	fputs("</svg>\n<p class=\"soft\">The light stripe is the range that the assumptions leave. A call "
	      "may be in several leaks: their sum is no figure.</p>\n",
	      out);
}

/* Columns of the drawing of time. */
struct column {
	int64_t nano_usd, leaked;
};

static void put_moment(FILE *out, int64_t hour, int x, const char *anchor)
{
	time_t at = (time_t)(hour * 3600);
	char text[32];
	struct tm tm;

	localtime_r(&at, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	fprintf(out, "<text class=\"soft\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x,
		TIME_HIGH + 38, anchor, text);
}

static void put_time(FILE *out, const struct found *f)
{
	const struct audit_total *t = &f->total;
	struct column column[COLUMNS] = { { 0 } };
	int64_t first, hours, each, most = 1;
	int count;

	if (t->hour_count < 2)
		return;
	first = t->hours[0].hour;
	hours = t->hours[t->hour_count - 1].hour - first + 1;
	each = (hours + COLUMNS - 1) / COLUMNS;
	count = (int)((hours + each - 1) / each);
	for (size_t i = 0; i < t->hour_count; i++) {
		struct column *c = &column[(t->hours[i].hour - first) / each];

		c->nano_usd += t->hours[i].nano_usd;
		c->leaked += t->hours[i].leaked_nano;
		most = c->nano_usd > most ? c->nano_usd : most;
	}
	fprintf(out,
		"<h2>When</h2>\n<svg role=\"img\" aria-label=\"spend over time, and what of it leaked\" "
		"viewBox=\"0 0 %d %d\">\n<text class=\"soft\" x=\"0\" y=\"14\">",
		TIME_WIDE, TIME_HIGH + 46);
	put_usd(out, most);
	fprintf(out, " in %" PRId64 " h</text>\n", each);
	for (int i = 0; i < count; i++) {
		int wide = TIME_WIDE / count, x = i * TIME_WIDE / count;
		int64_t leaked = column[i].leaked < column[i].nano_usd ? column[i].leaked
								       : column[i].nano_usd;
		int64_t high = scaled(column[i].nano_usd, most, TIME_HIGH);
		int64_t part = scaled(leaked, most, TIME_HIGH);

		fprintf(out,
			"<rect class=\"spend\" x=\"%d\" y=\"%" PRId64
			"\" width=\"%d\" height=\"%" PRId64
			"\"/><rect class=\"bar\" x=\"%d\" y=\"%" PRId64
			"\" width=\"%d\" height=\"%" PRId64 "\"/>\n",
			x, TIME_HIGH + 20 - high, wide > 2 ? wide - 1 : wide, high, x,
			TIME_HIGH + 20 - part, wide > 2 ? wide - 1 : wide, part);
	}
	fprintf(out, "<line class=\"axis\" x1=\"0\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n", TIME_WIDE,
		TIME_HIGH + 20, TIME_HIGH + 20);
	put_moment(out, first, 0, "start");
	put_moment(out, first + hours, TIME_WIDE, "end");
	fputs("</svg>\n<p class=\"soft\">The columns are what was spent; the part at their foot is in a leak.</p>\n",
	      out);
}

static void put_classes(FILE *out, const struct audit_total *t)
{
	static const char *const names[] = { [AUDIT_TRIVIAL] = "easy",
					     [AUDIT_MEDIUM] = "in between",
					     [AUDIT_MULTI_STAGE] = "several stages, tools",
					     [AUDIT_NO_CLASS] = "no chat, or not answered" };

	fputs("<h2>How easy the work is</h2>\n<table><tr><th>Requests</th><th class=\"n\">calls</th>"
	      "<th class=\"n\">spent</th></tr>\n",
	      out);
	for (int i = 0; i < AUDIT_CLASSES; i++) {
		fprintf(out, "<tr><td>%s</td><td class=\"n\">%" PRId64 "</td><td class=\"n\">",
			names[i], t->class_calls[i]);
		put_usd(out, t->class_nano[i]);
		fputs("</td></tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void put_places(FILE *out, const struct audit_leak *l)
{
	char text[700];

	if (!l->place_count)
		return;
	fprintf(out,
		"<table><tr><th>Where</th><th>What</th><th class=\"n\">%s</th><th class=\"n\">leaks</th>"
		"</tr>\n",
		l->counts);
	for (size_t i = 0; i < l->place_count; i++) {
		const struct audit_place *p = &l->places[i];

		fputs("<tr><td>", out);
		put(out, *p->service ? p->service : "-");
		fputs("</td><td>", out);
		put(out, found_place(l, p, text, sizeof(text)));
		if (p->hash)
			fprintf(out, ": %" PRId64 " tokens, caching pays from send %" PRId64,
				p->tokens, p->break_even);
		fprintf(out, "</td><td class=\"n\">%" PRId64 "</td><td class=\"n\">", p->calls);
		put_usd(out, p->nano_usd);
		fputs("</td></tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void put_leak(FILE *out, const struct audit_leak *l)
{
	char figure[40];

	fputs("<section><h2><span>", out);
	put(out, l->title);
	fputs("</span><span>", out);
	put_usd(out, l->nano_usd);
	fprintf(out, "</span></h2>\n<p class=\"soft\">%" PRId64 " %s; ", l->calls, l->counts);
	if (l->low_nano != l->high_nano) {
		put_usd(out, l->low_nano);
		fputs(" to ", out);
		put_usd(out, l->high_nano);
		fputs(": ", out);
	}
	put(out, l->assumes);
	fputs(".</p>\n<p class=\"do\">", out);
	put(out, l->fix);
	fputs("</p>\n<p>", out);
	for (size_t i = 0; i < l->figure_count; i++) {
		fputs(i ? "; " : "", out);
		put(out, l->figures[i].name);
		fputs(": ", out);
		put(out, found_figure(&l->figures[i], figure, sizeof(figure)));
	}
	fputs("</p>\n", out);
	put_places(out, l);
	fputs("</section>\n", out);
}

static void put_notes(FILE *out, const struct found *f)
{
	const struct audit_total *t = &f->total;

	fputs("<section class=\"soft\">", out);
	if (t->unpriced)
		fprintf(out, "<p>%" PRId64 " calls have no price, and are in no figure.</p>\n",
			t->unpriced);
	if (t->subscription)
		fprintf(out,
			"<p>%" PRId64 " calls are paid by a subscription, and leak nothing.</p>\n",
			t->subscription);
	if (t->unlike)
		fprintf(out,
			"<p>%" PRId64
			" calls have no hash of what they ask: they may be repeats.</p>\n",
			t->unlike);
	if (f->no_room)
		fputs("<p>There was no room for some of it: figures may be too low.</p>\n", out);
	fputs("<p>Made by wiretally from numbers and keyed hashes. No prompt and no answer was "
	      "kept.</p></section>\n</body>\n</html>\n",
	      out);
}

int found__write_html(const struct found *f, const char *path)
{
	FILE *out = fopen(path, "we");
	int err;

	if (!out)
		return -errno;
	put_top(out, f);
	if (f->leak_count)
		put_bars(out, f);
	put_time(out, f);
	put_classes(out, &f->total);
	for (size_t i = 0; i < f->leak_count; i++)
		put_leak(out, f->leaks[i]);
	put_notes(out, f);
	err = ferror(out) ? -EIO : 0;
	if (fclose(out) && !err)
		err = -errno;
	return err;
}
