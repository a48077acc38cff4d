// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/calls.h"
#include "cmd/config_budgets.h"
#include "cmd/config_detect.h"
#include "cmd/config_gpu.h"
#include "cmd/fingerprints.h"
#include "cmd/options.h"
#include "cmd/pairs.h"
#include "cmd/past.h"
#include "cmd/prices.h"
#include "cmd/replay_gpu.h"
#include "detect/detect.h"
#include "ledger/ledger.h"
#include "pipeline.h"
#include "record/recording.h"
#include "sink/sink.h"

int cmd_replay(const struct options *o);

/* Where rows go. */
struct out {
	int err;	       /* the first failure to print */
	struct ledger *ledger; /* --into; NULL: they are printed alone */
	int ledger_err;
	uint64_t rows;
	int64_t last_ns; /* the end of the last one */
};

/* What a recording holds is a second's work or a month's: sums are made in between. */
#define TICK_ROWS 1000

static void tick(struct out *out)
{
	static const struct drops none = { { 0 } };
	int err = ledger__tick(out->ledger, out->last_ns, &none);

	if (!out->ledger_err)
		out->ledger_err = err;
}

static void on_entry(void *ctx, const struct entry *e)
{
	struct out *out = ctx;
	int err;

	if (!out->err)
		out->err = sink_json__write(stdout, e);
	if (!out->ledger)
		return;
	err = ledger__add(out->ledger, e);
	if (!out->ledger_err)
		out->ledger_err = err;
	if (e->wall_end_ns > out->last_ns)
		out->last_ns = e->wall_end_ns;
	if (++out->rows % TICK_ROWS == 0)
		tick(out);
}

static void on_upload(void *ctx, const struct upload_entry *u)
{
	struct out *out = ctx;
	int err = out->ledger ? ledger__add_upload(out->ledger, u) : 0;

	if (!out->ledger_err)
		out->ledger_err = err;
	if (!out->err)
		out->err = sink_json__write_upload(stdout, u);
}

static void on_gpu(void *ctx, const struct gpu_entry *g)
{
	struct out *out = ctx;
	int err = out->ledger ? ledger__add_gpu(out->ledger, g) : 0;

	if (!out->ledger_err)
		out->ledger_err = err;
	if (g->wall_start_ns > out->last_ns)
		out->last_ns = g->wall_start_ns;
}

static void on_gpu_window(void *ctx, const struct gpu_window *w)
{
	pipeline__gpu(ctx, w);
}

static void ignore_entry(void *ctx, const struct entry *e)
{
}

static void print_finding(int *err, const struct finding *f)
{
	if (!*err)
		*err = sink_json__write_finding(stdout, f);
}

static void on_finding(void *ctx, const struct finding *f)
{
	struct out *out = ctx;

	print_finding(&out->err, f);
}

static bool ends_with(const char *s, const char *end)
{
	return span__ends(span_str(s), span_str(end));
}

/* A recording, and what GPUs did meanwhile. */
static bool is_beside_trace(const struct options *o)
{
	return !o->pairs && o->arg_count == 2 && is_gpu_trace(o->args[1]);
}

static int check_args(const struct options *o)
{
	if (o->calls && !o->pairs && !o->arg_count)
		return 0;
	if (o->pairs && !o->arg_count)
		return 0;
	if (!o->pairs && o->arg_count == 1)
		return 0;
	if (!o->pairs && o->arg_count == 2 && ends_with(o->args[0], ".req") &&
	    ends_with(o->args[1], ".resp"))
		return 0;
	if (is_beside_trace(o))
		return 0;
	fprintf(stderr,
		"wiretally replay: give FILE, or FILE and a trace of GPUs, or NAME.req NAME.resp, or --pairs DIR\n");
	return EXIT_USAGE;
}

static struct recording *open_recording(FILE *file, const char *name)
{
	struct recording *r = NULL;
	int err = recording__open(file, &r);

	if (err == -EBADMSG)
		fprintf(stderr, "wiretally: %s: no recording: 'wiretally record' writes one\n",
			name);
	else if (err == -EPROTO)
		fprintf(stderr,
			"wiretally: %s: a recording of another version or byte order than %d\n",
			name, RECORDING_VERSION);
	else if (err)
		fprintf(stderr, "wiretally: %s: %s\n", name, strerror(-err));
	else if (recording__header(r)->flags & RECORDING_PLAINTEXT)
		fprintf(stderr, "wiretally: %s holds prompts, answers and keys as they were\n",
			name);
	return r;
}

/* What comes before a mistake in the file stands. gpus: what they did meanwhile; NULL: unknown. */
static int replay_recording(struct pipeline *p, struct recording *r, struct gpu_trace *gpus,
			    const char *name)
{
	const struct wire *w;
	uint64_t ts = 0;
	int got, err = 0;

	while (!err && (got = recording__next(r, &w)) > 0) {
		ts = w->ts > ts ? w->ts : ts;
		if (gpus)
			gpu_trace__until(gpus, ts);
		err = pipeline__feed(p, w);
	}
	if (gpus) {
		gpu_trace__until(gpus, UINT64_MAX);
		ts = gpu_trace__last(gpus) > ts ? gpu_trace__last(gpus) : ts;
	}
	pipeline__finish(p, ts);
	if (!err && got < 0)
		err = got;
	if (err)
		fprintf(stderr, "wiretally: %s: at byte %llu: %s; what comes before it is told\n",
			name, (unsigned long long)recording__offset(r),
			err == -EBADMSG ? "no record, or it is cut short" : strerror(-err));
	return err != 0;
}

/* Both from their beginnings on; beside: a trace of GPUs, NULL: there is none. */
static int replay_beside(struct pipeline *p, struct recording *r, const char *name,
			 const char *beside)
{
	struct gpu_trace *gpus = beside ? gpu_trace__open(beside, on_gpu_window, p) : NULL;
	int status = 1;

	if (!beside || (gpus && gpu_trace__fits(gpus, recording__header(r)->wall_offset_ns)))
		status = replay_recording(p, r, gpus, name);
	gpu_trace__close(gpus);
	return status;
}

/* Returns the exit status. po gets the time that the recording was made at. */
static int replay_file(struct pipeline_opts *po, const char *name, const char *beside)
{
	FILE *file = fopen(name, "re");
	struct recording *r = NULL;
	struct pipeline *p = NULL;
	int status = 1;

	if (!file)
		fprintf(stderr, "wiretally: %s: %s\n", name, strerror(errno));
	else
		r = open_recording(file, name);
	if (r) {
		po->wall_offset_ns = recording__header(r)->wall_offset_ns;
		p = pipeline__new(po);
		if (p)
			status = replay_beside(p, r, name, beside);
		else
			fprintf(stderr, "wiretally: no memory\n");
	}
	if (p)
		drops__print(pipeline__drops(p), stderr);
	pipeline__free(p);
	recording__free(r);
	if (file)
		fclose(file);
	return status;
}

static int replay_pairs(const struct pipeline_opts *po, const struct options *o)
{
	struct pipeline *p = pipeline__new(po);
	int status = 1;

	if (!p)
		fprintf(stderr, "wiretally: no memory\n");
	else if (o->pairs)
		status = pairs_replay_folder(p, o->pairs);
	else
		status = pairs_replay(p, o->args[0], o->args[1]);
	if (p)
		drops__print(pipeline__drops(p), stderr);
	pipeline__free(p);
	return status;
}

/* What is told is kept, too, where there is a ledger. */
struct past_calls {
	struct ledger *ledger; /* NULL: there is none */
	int err, ledger_err;
};

static void on_past_finding(void *ctx, const struct finding *f)
{
	struct past_calls *p = ctx;

	print_finding(&p->err, f);
	if (p->ledger && !p->ledger_err)
		p->ledger_err = ledger__add_finding(p->ledger, f);
}

/* Goes on with what the ledger's detectors had learnt. */
static int open_past(const char *path, struct past_calls *p, struct detect *d)
{
	char why[512];

	if (!path)
		return 0;
	if (!ledger__open(path, &p->ledger, why, sizeof(why)))
		return past_read(path, d, NULL, PAST_ALL);
	fprintf(stderr, "wiretally: %s\n", why);
	return 1;
}

static int close_past(struct past_calls *p, struct detect *d, const char *path)
{
	if (p->ledger && !p->ledger_err)
		p->ledger_err = past_keep(p->ledger, d);
	ledger__close(p->ledger);
	if (p->ledger_err)
		fprintf(stderr, "wiretally: %s: %s\n", path, strerror(-p->ledger_err));
	return p->ledger_err;
}

/* Rows have their prices and owners: nothing but the detectors looks at them again. */
static int replay_calls(const struct options *o)
{
	struct detect_settings settings = detect_settings_of(o);
	struct past_calls p = { .ledger = NULL };
	struct detect_opts opts = {
		.settings = &settings, .budgets = budgets_of(o), .emit = on_past_finding, .ctx = &p
	};
	FILE *in = fopen(o->calls, "re");
	struct detect *d = in ? detect__new(&opts) : NULL;
	int status = 1;

	if (!in)
		fprintf(stderr, "wiretally: %s: %s\n", o->calls, strerror(errno));
	else if (!d)
		fprintf(stderr, "wiretally: no memory\n");
	else if (!open_past(o->past, &p, d))
		status = calls_replay(in, o->calls, d);
	if (close_past(&p, d, o->past))
		status = 1;
	detect__free(d);
	if (in)
		fclose(in);
	return status || p.err || fflush(stdout);
}

static int open_into(const char *path, struct out *out)
{
	char why[512];

	if (!path || !ledger__open(path, &out->ledger, why, sizeof(why)))
		return 0;
	fprintf(stderr, "wiretally replay: %s\n", why);
	return 1;
}

/* Returns the exit status. */
static int close_into(const char *path, struct out *out)
{
	if (!out->ledger)
		return 0;
	tick(out);
	ledger__close(out->ledger);
	if (out->ledger_err)
		fprintf(stderr, "wiretally replay: %s can't be written: %s\n", path,
			strerror(-out->ledger_err));
	return out->ledger_err != 0;
}

/* The recording that --record makes of what is replayed; NULL, and said: it can't be written. */
static FILE *open_record(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!f)
		fprintf(stderr, "wiretally: %s: %s\n", path, strerror(errno));
	return f;
}

static int replay_into(struct pipeline_opts *po, const struct options *o)
{
	if (o->arg_count == 1)
		return replay_file(po, o->args[0], NULL);
	if (is_beside_trace(o))
		return replay_file(po, o->args[0], o->args[1]);
	return replay_pairs(po, o);
}

/* Rows of recorded bytes, to where they are asked to go. */
static int replay_wire(struct pipeline_opts *po, const struct options *o, struct out *out)
{
	int status;

	if (o->record && !(po->record = open_record(o->record)))
		return 1;
	if (open_into(o->into, out))
		return 1;
	status = replay_into(po, o);
	if (po->record && fclose(po->record)) {
		fprintf(stderr, "wiretally: %s: %s\n", o->record, strerror(errno));
		status = 1;
	}
	status |= close_into(o->into, out);
	if (fflush(stdout) && !out->err)
		out->err = -errno;
	if (out->err)
		fprintf(stderr, "wiretally: can't write to standard output: %s\n",
			strerror(-out->err));
	return status || out->err;
}

int cmd_replay(const struct options *o)
{
	struct out out = { .err = 0 };
	int status = check_args(o);
	struct fingerprints fingerprints;
	struct attribute_opts attribute = { .has_key = false };
	struct pipeline_opts po = { .emit = on_entry,
				    .upload = on_upload,
				    .gpu_rates = gpu_rates_of(o),
				    .gpu = on_gpu,
				    .ctx = &out,
				    .attribute = &attribute,
				    .tagging = &fingerprints.tagging };
	struct detect_settings detect;
	struct price_list *prices;

	if (status)
		return status;
	if (o->calls)
		return replay_calls(o);
	if (!o->pairs && o->arg_count == 1 && is_gpu_trace(o->args[0]))
		return replay_gpu(o->args[0]);
	if (fingerprints_load(o, false, &fingerprints, &attribute))
		return 1;
	prices = prices_load(o);
	if (!prices)
		return 1;
	po.prices = prices;
	if (o->findings) {
		detect = detect_settings_of(o);
		po.detect = &detect;
		po.budgets = budgets_of(o);
		po.emit = ignore_entry;
		po.upload = NULL;
		po.finding = on_finding;
	}
	status = replay_wire(&po, o, &out);
	price_list__free(prices);
	return status;
}
