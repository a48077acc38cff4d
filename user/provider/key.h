/* SPDX-License-Identifier: BSD-2-Clause */
/* key: which API key a request was made with, told as a fingerprint; the key itself goes nowhere.
 */
#ifndef WT_PROVIDER_KEY_H
#define WT_PROVIDER_KEY_H

#include "exchange.h"
#include "tags.h"
#include "provider/tagging.h"

/* Adds the fingerprint as tags; false when they found no room. Nothing without o->key. */
bool key_take(struct tags *t, const struct tagging *o, const struct head *h);

#endif
