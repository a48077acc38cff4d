/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wording: what a description of a price says. Clouds sell tokens by names for people.
 *
 *   gpt-5-nano, cached input                       gpt-5-nano       CACHE_READ
 *   Gemini 2.5 Flash GA Text Input - Predictions   gemini 2 5 flash INPUT
 *   USE1-Claude3-5Haiku-output-tokens-batch        claude 3 5 haiku OUTPUT, batch
 *   USE1-MP:USE1_InputTokenCount-Units             INPUT
 */
#ifndef WT_RECONCILE_WORDING_H
#define WT_RECONCILE_WORDING_H

#include "reconcile/bill.h"

struct wording {
	char model[BILL_TEXT]; /* words that say no class; empty: none */
	bool loose;	       /* model is words; else a name as it stands */
	int usage_class;       /* enum usage_class; -1: no tokens are spoken of */
	bool batch;
	bool held; /* what is sold by the hour: caches that are kept, throughput */
};

void wording_parse(struct span text, struct wording *ret_w);
/*
 * A name by which models can be told the same: words in order of the alphabet, without dates,
 * vendors, and versions behind a colon. "claude-3-5-haiku-20241022" and "Claude 3.5 Haiku" are "3 5
 * claude haiku". Returns dst, terminated.
 */
const char *wording_model_key(const char *model, char *dst, size_t cap);

#endif
