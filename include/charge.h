/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * charge: what a call costs. Money is integer nano-dollars (10^-9 USD). A price is an integer of
 * nano-dollars per million tokens (seconds, pictures, ...), so that 0.01875 USD per million is
 * whole: 18,750,000.
 */
#ifndef WT_CHARGE_H
#define WT_CHARGE_H

#include "call.h"

enum charge_basis {
	CHARGE_UNKNOWN = 0, /* no price for the model, or no usage: no figure, never zero dollars */
	CHARGE_COMPUTED,    /* reported usage x list price */
	CHARGE_ESTIMATED,   /* estimated usage x list price */
	CHARGE_REPORTED,    /* what the provider says it charges, in one sum */
	CHARGE_NOT_BILLED,  /* the provider does not charge for it: refused, failed */
};

struct charge {
	int64_t nano_usd[USAGE_CLASSES];      /* per class, each rounded half to even */
	int64_t unsplit;		      /* what is told in one sum, for no class */
	int64_t beside_nano[CALL_BESIDE_MAX]; /* of the call's beside, each the sum of its classes
					       */
	int64_t beside;			      /* their sum */
	uint32_t unpriced;		      /* fees that no price is known of: total lacks them */
	int64_t total;			      /* of the classes as rounded, of unsplit and beside */
	/*
	 * Told by the provider, and computed from a list as well: the one that is not total, and
	 * whether they are more than a hundredth apart.
	 */
	bool compared, differs;
	int64_t compared_nano;
	/*
	 * A flat fee pays for the call: nothing of it is spent, and total is 0. What it would be
	 * is here: what the call would cost.
	 */
	bool subscription;
	int64_t equivalent;
	uint8_t basis;		  /* enum charge_basis */
	bool contract;		  /* by a price of the user's own, not the list's */
	char price_id[128];	  /* "openai/gpt-4o"; empty when unknown */
	const char *list_version; /* of the catalogue: "2026-09-23" */
};

/* The call is paid by a flat fee: what it would cost is no spend. */
static inline void charge__not_spent(struct charge *ch)
{
	ch->subscription = true;
	ch->equivalent = ch->total;
	ch->total = 0;
}

#endif
