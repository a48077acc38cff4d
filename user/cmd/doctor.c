// SPDX-License-Identifier: BSD-2-Clause
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "capture/doctor.h"
#include "capture/privileges.h"
#include "cmd/gpu_sources.h"
#include "cmd/options.h"

int cmd_doctor(const struct options *o);

struct doctor_out {
	bool json;
	int section;  /* of the text: headings are printed once */
	int missing;  /* features that are needed and are not there */
	int unhooked; /* files */
	int uncovered;
	bool sizes; /* of what is not covered the sizes are seen */
};

static void heading(struct doctor_out *out, int section, const char *text)
{
	if (!out->json && out->section != section)
		printf("%s%s\n", out->section ? "\n" : "", text);
	out->section = section;
}

static void print_json(json_t *o)
{
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void on_feature(void *ctx, enum feature f, bool has)
{
	struct doctor_out *out = ctx;

	out->missing += !has && feature_needed(f);
	out->sizes |= f == FEATURE_CGROUP_SKB && has;
	heading(out, 1, "kernel");
	if (out->json)
		print_json(json_pack("{s:s, s:b, s:s, s:b}", "feature", feature_name(f), "has", has,
				     "since", feature_since(f), "needed", feature_needed(f)));
	else
		printf("  %-4s %-14s (Linux %s)%s%s\n", has ? "yes" : "NO", feature_name(f),
		       feature_since(f), has ? "" : ": ", has ? "" : feature_without(f));
}

static void on_library(void *ctx, const char *path, bool hooked, const char *how)
{
	struct doctor_out *out = ctx;
	char clean[1024];

	out->unhooked += !hooked;
	heading(out, 2, "TLS libraries in this host's folders");
	text_terminal(span_str(path), clean, sizeof(clean));
	if (out->json)
		print_json(json_pack("{s:s, s:b, s:s}", "library", clean, "hooked", hooked, "how",
				     how));
	else
		printf("  %-4s %s: %s\n", hooked ? "yes" : "NO", clean, how);
}

static void on_shared(void *ctx, const char *path)
{
	struct doctor_out *out = ctx;
	char clean[1024];

	heading(out, 3, "in every process, since very many clients call models through them");
	text_terminal(span_str(path), clean, sizeof(clean));
	if (out->json)
		print_json(json_pack("{s:s}", "shared_probes", clean));
	else
		printf("  %s: who else uses it pays for its probes, too\n", clean);
}

static void on_process(void *ctx, pid_t pid, const char *exe, bool covered, const char *why)
{
	struct doctor_out *out = ctx;
	char clean[1024];

	out->uncovered += !covered;
	heading(out, 4, "running processes with TLS");
	text_terminal(span_str(exe), clean, sizeof(clean));
	if (out->json)
		print_json(json_pack("{s:i, s:s, s:b, s:b, s:s}", "process", (int)pid, "executable",
				     clean, "covered", covered, "estimated", !covered && out->sizes,
				     "how", why));
	else
		printf("  %-4s %7d %s: %s%s\n", covered ? "yes" : "NO", pid, clean, why,
		       !covered && out->sizes ? ": its calls are estimated from their sizes" : "");
}

static void on_server(void *ctx, pid_t pid, const char *exe, uint16_t port, bool known,
		      bool covered, const char *why)
{
	struct doctor_out *out = ctx;
	char clean[1024];

	heading(out, 5, "servers of models, in plain HTTP");
	text_terminal(span_str(exe), clean, sizeof(clean));
	if (out->json)
		print_json(json_pack("{s:i, s:s, s:i, s:b, s:b, s:s}", "server", (int)pid,
				     "executable", clean, "port", (int)port, "guessed", !known,
				     "covered", covered, "how", why));
	else
		printf("  %-4s %7d %s, port %u%s: %s\n", covered ? "yes" : "NO", pid, clean, port,
		       known ? "" : " (a guess)", why);
}

static void on_gpu_source(void *ctx, const struct gpu_source_state *s)
{
	bool works = s->state == GPU_STATE_WORKS || s->state == GPU_STATE_PARTLY;
	struct doctor_out *out = ctx;
	char clean[512];

	heading(out, 6, "GPUs");
	text_terminal(span_str(s->text), clean, sizeof(clean));
	if (out->json)
		print_json(json_pack("{s:s, s:s, s:s}", "gpu_source", s->source, "state",
				     gpu_state_name(s->state), "how", clean));
	else
		printf("  %-4s %-14s %s: %s\n",
		       works			      ? "yes"
		       : s->state == GPU_STATE_ABSENT ? "-"
						      : "NO",
		       s->source, gpu_state_name(s->state), clean);
}

static const struct doctor_ops ops = {
	.feature = on_feature,
	.library = on_library,
	.shared = on_shared,
	.process = on_process,
	.server = on_server,
};

int cmd_doctor(const struct options *o)
{
	struct doctor_out out = { .json = o->json };
	const char *missing = privileges_missing();

	if (*missing) {
		fprintf(stderr, "wiretally doctor: %s\n", missing);
		return 1;
	}
	if (o->arg_count) {
		out.section = 2; /* no heading */
		doctor_files(o->args, &ops, &out);
		return out.unhooked || fflush(stdout);
	}
	doctor_run(&o->model_ports, &ops, &out);
	gpu_sources_try(o, on_gpu_source, &out);
	if (!o->json && out.missing)
		printf("\nthis kernel lacks what wiretally needs: see the lines with NO above\n");
	else if (!o->json && out.uncovered)
		printf("\n%d running %s TLS that can't be read yet%s\n", out.uncovered,
		       out.uncovered == 1 ? "process uses" : "processes use",
		       out.sizes ? ": calls to providers are estimated from their sizes" : "");
	return out.missing || fflush(stdout);
}
