// SPDX-License-Identifier: BSD-2-Clause
/*
 * Puts an empty program on entry and return of two functions of one process, in the way wiretally
 * does on this kernel, until its input ends.
 *
 *   empty_pair OBJECT PID LIBRARY OFFSET OFFSET
 *   < ready
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "capture/features.h"

static struct bpf_program *program(struct bpf_object *o, const char *name, bool multi)
{
	struct bpf_program *p = bpf_object__find_program_by_name(o, name);

	if (p && multi)
		bpf_program__set_expected_attach_type(p, WT_BPF_TRACE_UPROBE_MULTI);
	return p;
}

static int attach(struct bpf_program *p, bool multi, bool at_return, pid_t pid, const char *path,
		  unsigned long *offsets)
{
	if (multi)
		return uprobe_multi_link(bpf_program__fd(p), path, offsets, NULL, 2, pid,
					 at_return);
	for (int i = 0; i < 2; i++)
		if (!bpf_program__attach_uprobe(p, at_return, pid, path, offsets[i]))
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_program *enter, *leave;
	unsigned long offsets[2];
	struct bpf_object *o;
	struct features f;
	bool multi;
	pid_t pid;

	if (argc != 6) {
		fprintf(stderr, "usage: empty_pair OBJECT PID LIBRARY OFFSET OFFSET\n");
		return 2;
	}
	features__probe(&f);
	multi = f.has[FEATURE_UPROBE_MULTI];
	pid = atoi(argv[2]);
	offsets[0] = strtoul(argv[4], NULL, 0);
	offsets[1] = strtoul(argv[5], NULL, 0);
	o = bpf_object__open_file(argv[1], NULL);
	enter = o ? program(o, "empty_enter", multi) : NULL;
	leave = o ? program(o, "empty_leave", multi) : NULL;
	if (!enter || !leave || bpf_object__load(o) ||
	    attach(leave, multi, true, pid, argv[3], offsets) < 0 ||
	    attach(enter, multi, false, pid, argv[3], offsets) < 0) {
		fprintf(stderr, "empty_pair: can't attach\n");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
