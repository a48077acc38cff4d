/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config: the configuration file, YAML. Its keys are the long options; prices that differ from the
 * list's are a table of their own.
 *
 *   ledger: /var/lib/wiretally/ledger.db
 *   ring-bytes: 33554432
 *   price-overrides:
 *     - model: gpt-4o*          # a star at the end: any ending
 *       provider: openai        # optional
 *       input: 1.90             # USD per million tokens
 *       output: 7.60
 *   rules:                      # whose calls are whose: attribute/rules.h
 *     - set: feature
 *       to: search
 *       when: {service: shop-*, api: embeddings}
 *   budgets:                    # what may be spent: detect/budget.h
 *     - {name: search, limit: 2000 USD, per: month, when: {feature: search}}
 *   detect:                     # what detectors go by: detect/settings.def
 *     runaway: {depth: 3, run-usd-per-minute: 2.5}
 *   sinks:                      # where rows are sent: sink/sinks.h
 *     - to: file:/var/log/wiretally/calls.ndjson
 *       max-size: 100M
 *   gpu-prices:                 # what an hour of a GPU costs: gpu/rates.h
 *     - {gpu: "*H100*", usd-per-hour: 2.95, kind: reserved}
 *   actions:                    # what is done about findings: act/act.h
 *     enforce: true
 *     rules: [{on: "runaway.*", severity: critical, do: cut, for: 10m}]
 */
#ifndef WT_CMD_CONFIG_H
#define WT_CMD_CONFIG_H

#include <stddef.h>

#include "detect/budget.h"
#include "act/act.h"
#include "gpu/rates.h"
#include "detect/settings.h"

/* A configuration is read whole: nobody writes more by hand. */
#define CONFIG_BYTES_MAX (1u << 20)
/* Settings of one file: more than there are options. */
#define CONFIG_SETTINGS_MAX 128

struct rules;
struct sinks;

struct config_setting {
	char *name, *value;
	unsigned int line;
};

struct config {
	char *path;
	struct config_setting settings[CONFIG_SETTINGS_MAX];
	size_t count;
	char *prices; /* price-overrides as a catalogue (price.h), each row on its own line; NULL:
			 none */
	size_t price_count;
	struct rules *rules; /* NULL: none */
	struct detect_settings detect;
	struct act_settings act;
	struct sinks *sinks; /* NULL: none */
	struct budgets budgets;
	struct gpu_rates gpu;
};

/*
 * Reads the file. Mistakes of its form go to stderr as "FILE:12: what is wrong". Returns 0,
 * -EBADMSG when there were mistakes (*ret_config is what could be read), -ENOENT or another -errno.
 */
int config__load(const char *path, struct config **ret_config);
void config__free(struct config *c); /* NULL is fine */

#endif
