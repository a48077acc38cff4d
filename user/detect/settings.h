/* SPDX-License-Identifier: BSD-2-Clause */
/* settings: what detectors go by, as data: the configuration, --detect and the help come from it.
 */
#ifndef WT_DETECT_SETTINGS_H
#define WT_DETECT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

enum detector {
#define DETECTOR(name) DETECTOR_##name,
#include "detect/detectors.def"
#undef DETECTOR
	DETECTORS
};

enum detect_setting {
#define SETTING(detector, symbol, name, unit, value, what) SET_##symbol,
#include "detect/settings.def"
#undef SETTING
	DETECT_SETTINGS
};

struct detect_settings {
	int64_t value[DETECT_SETTINGS]; /* 0: switched off */
	bool off[DETECTORS];
};

void detect_settings__init(struct detect_settings *s);
/*
 * "runaway", "depth", "5"; "runaway", NULL, "off". Returns NULL, or what is wrong with it.
 */
const char *detect_settings__set(struct detect_settings *s, const char *detector, const char *name,
				 const char *value);
/* The same of "runaway.depth=5", "runaway=off". */
const char *detect_settings__set_text(struct detect_settings *s, const char *text);

#endif
