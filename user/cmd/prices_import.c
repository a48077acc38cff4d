// SPDX-License-Identifier: BSD-2-Clause
/*
 * A foreign list is held against what is known: of each of its prices the row that a call would be
 * priced by now. New ones and changed ones go into the host's own list, which comes before the
 * built-in one. A changed price holds from the day of the import: what was spent before it stays.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/text.h"
#include "cmd/prices.h"
#include "cmd/prices_import.h"
#include "cmd/prices_show.h"
#include "price/import.h"

/* Changes that are shown; the rest is counted. */
#define SHOWN_MAX 40

struct importer {
	const struct price_list *known;
	char **providers; /* NULL-terminated; none: all */
	int64_t now_ns, today_ns;
	const char *source; /* the file's name and format's day */
	FILE *out;	    /* rows that are new or changed */
	unsigned int added, changed, same, shown;
};

static bool is_wanted(const struct importer *in, struct span provider)
{
	if (!in->providers[0])
		return true;
	for (char **p = in->providers; *p; p++)
		if (span__eq(provider, span_str(*p)))
			return true;
	return false;
}

/* The row that a call would be priced by now that this one is about; NULL: there is none. */
static const struct price_row *known_row(const struct importer *in, const struct price_row *r)
{
	struct call c = { .operation = "chat" };
	char provider[80];
	struct price_match m;

	if (!span__copy(r->provider, provider, sizeof(provider)) ||
	    !span__copy(r->model, c.served_model, sizeof(c.served_model)))
		return NULL;
	c.provider = provider;
	span__copy(r->tier, c.tier, sizeof(c.tier));
	usage__set(&c.use, USAGE_INPUT, r->over + 1);
	m = price_list__match(in->known, &c, r->since_ns > in->now_ns ? r->since_ns : in->now_ns);
	return m.row && (m.row->over != 0) == (r->over != 0) ? m.row : NULL;
}

static void show(struct importer *in, const struct price_row *r, const struct price_row *old)
{
	char terms[160], provider[OWNER_TEXT_MAX], model[OWNER_TEXT_MAX];

	if (in->shown++ >= SHOWN_MAX)
		return;
	/* A list that somebody made says what it likes. */
	printf("%s %s/%s", old ? "changed" : "new    ",
	       text_terminal(r->provider, provider, sizeof(provider)),
	       text_terminal(r->model, model, sizeof(model)));
	if (*prices_terms(r, terms, sizeof(terms)))
		printf(" (%s)", terms);
	printf(": ");
	if (!old)
		prices_print(stdout, r);
	for (int i = 0; old && i < PRICES; i++) {
		char was[40] = "?", is[40];

		if (!(r->known & 1u << i) ||
		    ((old->known & 1u << i) && old->price[i] == r->price[i]))
			continue;
		if (old->known & 1u << i)
			decimal_from_nano(old->price[i], was, sizeof(was));
		decimal_from_nano(r->price[i], is, sizeof(is));
		printf("%s %s -> %s ", price_name(i), was, is);
	}
	putchar('\n');
}

static bool differs(const struct price_row *r, const struct price_row *old)
{
	for (int i = 0; i < PRICES; i++)
		if ((r->known & 1u << i) &&
		    (!(old->known & 1u << i) || old->price[i] != r->price[i]))
			return true;
	return false;
}

static int on_row(void *ctx, const struct price_row *row)
{
	struct importer *in = ctx;
	const struct price_row *old;
	struct price_row r = *row;

	/* What held once is of no use: calls that were made then are priced. */
	if (!is_wanted(in, r.provider) || (r.until_ns && r.until_ns <= in->now_ns))
		return 0;
	old = known_row(in, &r);
	if (old && !differs(&r, old)) {
		in->same++;
		return 0;
	}
	in->added += !old;
	in->changed += old != NULL;
	show(in, &r, old);
	for (int i = 0; old && i < PRICES; i++)
		if ((old->known & 1u << i) && !(r.known & 1u << i)) {
			r.price[i] =
				old->price[i]; /* a list that does not tell it takes nothing away */
			r.known |= 1u << i;
		}
	if (old && r.since_ns < in->today_ns)
		r.since_ns = in->today_ns;
	r.source = span_str(in->source);
	price_row__write(in->out, &r);
	return ferror(in->out) ? -EIO : 0;
}

static bool same_key(const struct price_row *a, const struct price_row *b)
{
	return span__eq(a->provider, b->provider) && span__eq(a->model, b->model) &&
	       span__eq(a->tier, b->tier) && span__eq(a->region, b->region) && a->over == b->over &&
	       a->from == b->from && a->to == b->to;
}

/* A row of the host's own list as it stays: until a newer one begins, or as it is. */
static void keep_row(FILE *out, const struct price_row *row, const struct price_list *fresh)
{
	struct price_row r = *row;

	for (size_t i = 0; i < fresh->count; i++) {
		const struct price_row *f = &fresh->rows[i];

		if (same_key(f, &r) && f->since_ns > r.since_ns &&
		    (!r.until_ns || f->since_ns < r.until_ns))
			r.until_ns = f->since_ns;
		else if (same_key(f, &r) && f->since_ns <= r.since_ns)
			return;
	}
	price_row__write(out, &r);
}

/* All of the file or none: what is there stays until what is new is whole. */
static int replace(const char *path, const char *text, size_t n)
{
	char fresh[4096];
	FILE *f;
	int err = 0;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh))
		return -ENAMETOOLONG;
	f = fopen(fresh, "we");
	if (!f)
		return -errno;
	if (fwrite(text, 1, n, f) != n || fflush(f) || fsync(fileno(f)) || fchmod(fileno(f), 0644))
		err = errno ? -errno : -EIO;
	if (fclose(f) && !err)
		err = -errno;
	if (!err && rename(fresh, path))
		err = -errno;
	if (err)
		unlink(fresh);
	return err;
}

/* The host's own list, with the new rows in it. own: what it was; NULL: there was none. */
static int write_list(const struct importer *in, const char *path, const struct price_list *own,
		      const char *rows)
{
	struct price_list *fresh = NULL;
	char day[24], err[200] = "", *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	int ret;

	if (!out)
		return -ENOMEM;
	price_day_text(in->today_ns, day, sizeof(day));
	fprintf(out,
		"# wiretally's list of this host's prices, made by 'wiretally prices import'.\n"
		"# version %s\n",
		day);
	price_heading__write(out);
	ret = price_list__parse(span_str(rows), "import", &fresh, err, sizeof(err));
	if (ret)
		fprintf(stderr, "wiretally prices import: %s\n", err);
	for (size_t i = 0; !ret && own && i < own->count; i++)
		keep_row(out, &own->rows[i], fresh);
	for (size_t i = 0; !ret && i < fresh->count; i++)
		price_row__write(out, &fresh->rows[i]);
	price_list__free(fresh);
	if (fclose(out) && !ret)
		ret = -ENOMEM;
	if (!ret)
		ret = replace(path, text, n);
	free(text);
	return ret;
}

/* What of the list is not taken over. */
static void tell_left_out(const struct price_import_result *r)
{
	char name[2 * sizeof(r->unplaced[0].name)];

	if (r->rounded)
		printf("; %u finer than 10^-9 USD per million, rounded", r->rounded);
	if (r->refused)
		printf("; %u refused: no decimal number, or a tier far beside its base",
		       r->refused);
	printf("\n");
	if (r->unplaced_count)
		printf("left out, a catalogue has no place for it:\n");
	for (size_t i = 0; i < r->unplaced_count; i++)
		printf("  %7u %s\n", r->unplaced[i].count,
		       text_terminal(span_str(r->unplaced[i].name), name, sizeof(name)));
	if (r->unplaced_others)
		printf("  %7u of other names\n", r->unplaced_others);
}

static void tell(const struct importer *in, const struct price_import_result *r, const char *path)
{
	if (in->shown > SHOWN_MAX)
		printf("... and %u more\n", in->shown - SHOWN_MAX);
	printf("%s: %u new, %u changed, %u as they are", r->format, in->added, in->changed,
	       in->same);
	tell_left_out(r);
	if (path)
		printf("nothing is written: --yes writes them to %s\n", path);
}

static int import_text(const struct options *o, struct importer *in, struct span text,
		       const char *name)
{
	struct price_import_result result;
	const struct price_list *own = prices_own(in->known);
	char err[256] = "", *rows = NULL;
	size_t n;
	int ret;

	in->out = open_memstream(&rows, &n);
	if (!in->out)
		return -ENOMEM;
	price_heading__write(in->out);
	ret = price_import(text, name, on_row, in, &result, err, sizeof(err));
	if (fclose(in->out) && !ret)
		ret = -ENOMEM;
	if (!ret) {
		bool apply = o->yes && in->added + in->changed;

		if (apply)
			ret = write_list(in, options__own_prices(o), own, rows);
		if (!ret)
			tell(in, &result,
			     in->added + in->changed && !apply ? options__own_prices(o) : NULL);
		if (!ret && apply)
			printf("written to %s\n", options__own_prices(o));
	}
	if (ret)
		fprintf(stderr, "wiretally prices import: %s\n", *err ? err : strerror(-ret));
	free(rows);
	return ret;
}

int prices_import(const struct options *o, char **args)
{
	const int64_t day = 86400ll * 1000000000;
	int64_t now = (int64_t)clock_monotonic_ns() + clock_wall_offset_ns();
	struct importer in = { .now_ns = now, .today_ns = now / day * day };
	struct price_list *known;
	const char *base;
	uint8_t *text;
	size_t n;
	int err;

	if (!args[0]) {
		fprintf(stderr, "wiretally prices import: give a FILE, and PROVIDERs if not all\n");
		return EXIT_USAGE;
	}
	err = file_read(args[0], CATALOGUE_MAX, &text, &n);
	if (err) {
		fprintf(stderr, "wiretally prices import: %s: %s\n", args[0], strerror(-err));
		return 1;
	}
	known = prices_load_lists(o);
	if (known) {
		base = strrchr(args[0], '/');
		in.known = known;
		in.providers = args + 1;
		in.source = base ? base + 1 : args[0];
		err = import_text(o, &in, span_of(text, n), args[0]);
	}
	price_list__free(known);
	free(text);
	return !known || err || fflush(stdout) ? 1 : 0;
}

static int pass_row(void *ctx, const struct price_row *row)
{
	(void)ctx;
	(void)row;
	return 0;
}

int prices_check_foreign(const char *path)
{
	struct price_import_result r;
	char err[256] = "";
	uint8_t *bytes;
	size_t n;
	int ret = file_read(path, CATALOGUE_MAX, &bytes, &n);

	if (ret)
		return -ENOENT; /* who reads it as a catalogue says what is wrong */
	if (!price_import_format(span_of(bytes, n))) {
		free(bytes);
		return -ENOENT;
	}
	ret = price_import(span_of(bytes, n), path, pass_row, NULL, &r, err, sizeof(err));
	free(bytes);
	if (ret) {
		fprintf(stderr, "wiretally prices check: %s\n", *err ? err : strerror(-ret));
		return 1;
	}
	printf("fine: %u prices, a list of %s", r.rows, r.format);
	tell_left_out(&r);
	return 0;
}
