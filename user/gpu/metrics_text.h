/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * metrics_text: what exporters for Prometheus answer
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), line by line:
 *
 *   DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="0",UUID="GPU-8f1c",pod="vllm-0"} 0.62
 */
#ifndef WT_GPU_METRICS_TEXT_H
#define WT_GPU_METRICS_TEXT_H

#include "span.h"

/* dcgm-exporter has some fifteen labels on a line. */
#define METRIC_LABELS_MAX 32

struct metric_line {
	struct span name;
	struct {
		struct span name, value; /* as it stands there, escapes and all */
	} labels[METRIC_LABELS_MAX];
	size_t label_count;
	double value;
};

/*
 * A line, without its end; spans point into it. 0; -ENOENT: it is empty or a comment; -EBADMSG: it
 * is none; -ERANGE: a value that is no number (NaN, Inf).
 */
int metrics_text__line(struct metric_line *m, struct span line);
/* A label's value; empty where it has none of that name. Letter case is ignored: UUID, uuid. */
struct span metric_line__label(const struct metric_line *m, const char *name);

#endif
