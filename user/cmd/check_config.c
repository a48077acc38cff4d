// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "attribute/rules.h"
#include "cmd/config.h"
#include "cmd/options.h"
#include "cmd/prices.h"
#include "sink/sinks.h"

int cmd_check_config(const struct options *o);

int cmd_check_config(const struct options *o)
{
	const char *path = o->arg_count ? o->args[0] : options__config(o);
	struct options unused = { 0 };
	struct config *config = NULL;
	struct price_list *prices;
	int err, status;

	if (o->arg_count > 1) {
		fprintf(stderr, "wiretally check-config: one FILE is enough\n");
		return EXIT_USAGE;
	}
	err = config__load(path, &config);
	if (err && err != -EBADMSG) {
		fprintf(stderr, "wiretally: %s: %s\n", path, strerror(-err));
		return 1;
	}
	status = options__configure(&unused, NULL, config) || err;
	unused.settings = config;
	prices = prices_load(&unused);
	if (!prices)
		status = 1;
	if (!status)
		printf("%s: fine: %zu settings, %zu prices of your own, %zu rules, %zu sinks, "
		       "%zu budgets\n",
		       path, config->count, config->price_count, rules__count(config->rules),
		       config->sinks ? config->sinks->count : 0, config->budgets.count);
	price_list__free(prices);
	options__fini(&unused);
	return status;
}
