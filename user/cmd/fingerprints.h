/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fingerprints: the keys of hashes, from their files: of this install, or of the fleet, so that
 * nodes give the same key, user and prompt the same hash.
 */
#ifndef WT_CMD_FINGERPRINTS_H
#define WT_CMD_FINGERPRINTS_H

#include "attribute/attribute.h"
#include "cmd/options.h"
#include "provider/tagging.h"

struct fingerprints {
	uint8_t key[32], before[32];
	char key_id[9], before_id[9];
	struct tagging tagging; /* points into this struct */
};

/*
 * Loads what the options say, with the rights of who started it, and fills what the stages need.
 * make: without a file for it, the install's key is made and kept. Returns 0, or 1 after it told
 * what is wrong: nodes of a fleet that use different keys can't be joined any more.
 */
int fingerprints_load(const struct options *o, bool make, struct fingerprints *f,
		      struct attribute_opts *ret_attribute);

#endif
