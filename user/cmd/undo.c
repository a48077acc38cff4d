// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/release.h"
#include "cmd/options.h"

int cmd_undo(const struct options *o);

/* What a meter does by itself when it starts; for the host that starts none again. */
int cmd_undo(const struct options *o)
{
	int count;

	(void)o;
	if (geteuid()) {
		fprintf(stderr, "wiretally undo: needs root\n");
		return 1;
	}
	count = release__undo();
	if (count == -EOPNOTSUPP) {
		printf("nothing to undo: built without what acts (ENFORCE=0)\n");
		return 0;
	}
	if (count < 0) {
		fprintf(stderr, "wiretally undo: %s: %s\n", RELEASE_FOLDER, strerror(-count));
		return 1;
	}
	if (count)
		printf("%d %s let go on, that a meter which is gone had stopped\n", count,
		       count == 1 ? "process is" : "processes are");
	else
		printf("nothing is left to undo\n");
	return 0;
}
