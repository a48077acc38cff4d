// SPDX-License-Identifier: BSD-2-Clause
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/command.h"
#include "capture/meter_end.h"

void meter_end__kill(pid_t meter)
{
	/* kill(2) takes 0 and -1 for whole groups, and for everybody. */
	if (meter > 0)
		kill(meter, SIGKILL);
}

int meter_end__wait(pid_t meter)
{
	uint64_t until = clock_monotonic_ns() + METER_END_SECONDS * 1000000000ull;
	int status;

	for (;;) {
		pid_t pid = waitpid(meter, &status, WNOHANG);

		if (pid == meter)
			return command_status(status);
		if (pid < 0)
			return 0; /* no child of ours any more: its number may be another's */
		if (clock_monotonic_ns() > until) {
			fprintf(stderr, "wiretally: the meter did not finish in %d s: killed\n",
				METER_END_SECONDS);
			meter_end__kill(meter);
			return 0;
		}
		usleep(2000);
	}
}
