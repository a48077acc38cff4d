// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "detect/settings.h"

enum unit { COUNT, USD, PERCENT };

static const struct {
	uint8_t detector, unit;
	const char *name;
	int64_t value;
} settings[DETECT_SETTINGS] = {
#define SETTING(detector_, symbol, name_, unit_, value_, what) \
	[SET_##symbol] = { DETECTOR_##detector_, unit_, name_, value_ },
#include "detect/settings.def"
#undef SETTING
};

static const char *const detectors[DETECTORS] = {
#define DETECTOR(name) [DETECTOR_##name] = #name,
#include "detect/detectors.def"
#undef DETECTOR
};

void detect_settings__init(struct detect_settings *s)
{
	*s = (struct detect_settings){ .off = { false } };
	for (int i = 0; i < DETECT_SETTINGS; i++)
		s->value[i] = settings[i].value;
}

static int detector_of(const char *name)
{
	for (int i = 0; i < DETECTORS; i++)
		if (!strcmp(name, detectors[i]))
			return i;
	return -1;
}

static const char *set_count(int64_t *at, const char *text, const char *end)
{
	char *rest;
	long long n = strtoll(text, &rest, 10);

	if (rest == text || strcmp(rest, end) || n < 0 || n > 1000000000)
		return *end ? "give a percentage: 300%" : "give a number; 0: not at all";
	*at = n;
	return NULL;
}

static const char *set_usd(int64_t *at, const char *text)
{
	int64_t nano;

	if (decimal_to_nano(span_str(text + (*text == '$')), &nano) || nano < 0)
		return "give dollars: 12.5; 0: not at all";
	*at = nano;
	return NULL;
}

static const char *set_value(struct detect_settings *s, int setting, const char *text)
{
	int64_t *at = &s->value[setting];

	switch (settings[setting].unit) {
	case USD:
		return set_usd(at, text);
	case PERCENT:
		return set_count(at, text, strcmp(text, "0") ? "%" : "");
	default:
		return set_count(at, text, "");
	}
}

const char *detect_settings__set(struct detect_settings *s, const char *detector, const char *name,
				 const char *value)
{
	int d = detector_of(detector);

	if (d < 0)
		return "is no detector";
	if (!name) {
		bool off = !strcmp(value, "off") || !strcmp(value, "false");

		if (!off && strcmp(value, "on") && strcmp(value, "true"))
			return "give on or off, or its settings";
		s->off[d] = off;
		return NULL;
	}
	for (int i = 0; i < DETECT_SETTINGS; i++)
		if (settings[i].detector == d && !strcmp(settings[i].name, name))
			return set_value(s, i, value);
	return "is nothing that this detector goes by";
}

const char *detect_settings__set_text(struct detect_settings *s, const char *text)
{
	char *copy = strdup(text), *value = copy, *name = strsep(&value, "="),
	     *detector = strsep(&name, ".");
	const char *wrong = "give DETECTOR.SETTING=VALUE or DETECTOR=off";

	if (copy && value)
		wrong = detect_settings__set(s, detector, name, value);
	free(copy);
	return wrong;
}
