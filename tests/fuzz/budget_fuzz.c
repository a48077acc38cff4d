// SPDX-License-Identifier: BSD-2-Clause
/*
 * Budgets and settings of detectors, a line each, as somebody may write them: nothing crashes or
 * leaks, and what is taken is a budget: it has a name, a limit, and steps that rise to 100 %.
 */
#include <stdlib.h>
#include <string.h>

#include "detect/budget.h"
#include "detect/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct budget *b)
{
	if (!b->name || b->limit <= 0 || !b->step_count || b->step[b->step_count - 1] != 100)
		abort();
	for (size_t i = 1; i < b->step_count; i++)
		if (b->step[i] <= b->step[i - 1])
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *rest = text, *line;
	static struct budgets budgets;
	struct detect_settings settings;

	if (!text)
		return 0;
	detect_settings__init(&settings);
	while ((line = strsep(&rest, "\n"))) {
		budgets__add_text(&budgets, line);
		detect_settings__set_text(&settings, line);
	}
	for (size_t i = 0; i < budgets.count; i++)
		check(&budgets.at[i]);
	budgets__fini(&budgets);
	free(text);
	return 0;
}
