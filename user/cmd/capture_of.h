/* SPDX-License-Identifier: BSD-2-Clause */
/* capture_of: what a meter captures, as it is configured. */
#ifndef WT_CMD_CAPTURE_OF_H
#define WT_CMD_CAPTURE_OF_H

#include "capture/capture.h"
#include "cmd/meter.h"

/* Texts are borrowed from both. No files are open yet. */
struct capture_opts capture_of(const struct meter_opts *mo, char **command);

#endif
