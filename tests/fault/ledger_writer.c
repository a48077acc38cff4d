// SPDX-License-Identifier: BSD-2-Clause
/*
 * Writes calls into a ledger as the meter does, and says what it was told: ledger_writer FILE
 *
 *   opened 0            what ledger__open() returned; nothing follows when it failed
 *   kept 40             the call of that number, and all below it but those named failed, was
 *                       committed: a tick behind it returned 0
 *   failed 3            as ledger__failed() counts them, at the end
 *
 * Calls are numbered from 1; each costs its number in nano-dollars.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger.h"

#define CALLS	       200
#define CALLS_PER_TICK 20

static int add(struct ledger *l, int number)
{
	struct exchange x = { .t_request = 1,
			      .t_first_byte = 2,
			      .t_last_byte = 3,
			      .request.host = SPAN("api.openai.com"),
			      .request.path = SPAN("/v1/chat/completions"),
			      .response.status = 200 };
	struct call c = { .x = &x,
			  .provider = "openai",
			  .operation = "chat",
			  .api = "chat.completions",
			  .served_model = "gpt-x",
			  .result = CALL_OK,
			  .complete = true,
			  .usage_source = USAGE_REPORTED };
	struct charge charge = { .basis = CHARGE_COMPUTED,
				 .total = number,
				 .list_version = "test" };
	struct owner owner = { .known = true };
	struct entry e = {
		.call = &c, .charge = &charge, .owner = &owner, .wall_end_ns = 1000000000ll * number
	};

	owner__set(&owner, OWNER_SERVICE, SPAN("shop"), TRUST_KERNEL, "executable");
	c.use.reasoning = -1;
	usage__set(&c.use, USAGE_INPUT, 10);
	usage__set(&c.use, USAGE_OUTPUT, 3);
	snprintf(e.id, sizeof(e.id), "%032d", number);
	return ledger__add(l, &e);
}

int main(int argc, char **argv)
{
	struct drops drops = { .n = { [DROP_NOT_HTTP] = 7 } };
	struct ledger *l = NULL;
	char why[512] = "";
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: ledger_writer FILE\n");
		return 2;
	}
	err = ledger__open(argv[1], &l, why, sizeof(why));
	printf("opened %d\n", err);
	if (err) {
		fprintf(stderr, "%s\n", why);
		return *why ? 0 : 1;
	}
	for (int i = 1; i <= CALLS; i++) {
		if (add(l, i))
			printf("refused %d\n", i);
		if (i % CALLS_PER_TICK == 0 && !ledger__tick(l, 1000000000ll * i, &drops))
			printf("kept %d\n", i);
	}
	printf("failed %llu\n", (unsigned long long)ledger__failed(l));
	ledger__close(l);
	return 0;
}
