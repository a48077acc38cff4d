/* SPDX-License-Identifier: BSD-2-Clause */
/* pipeline_record: the recorder of a pipeline, with rules of the stages that read what it keeps. */
#ifndef WT_PIPELINE_RECORD_H
#define WT_PIPELINE_RECORD_H

struct pipeline_opts;
struct provider;
struct recorder;

/* provider is borrowed. NULL: no memory, or no key to be had. */
struct recorder *pipeline_recorder(const struct pipeline_opts *o, struct provider *provider);

#endif
