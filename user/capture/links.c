// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include <bpf/libbpf.h>

#include "capture/flows.h"
#include "capture/links.h"
#include "wiretally.skel.h"

int links_attach(struct wiretally_bpf *bpf)
{
	bpf->links.proc_exec = bpf_program__attach(bpf->progs.proc_exec);
	bpf->links.proc_fork = bpf_program__attach(bpf->progs.proc_fork);
	bpf->links.proc_exit = bpf_program__attach(bpf->progs.proc_exit);
	bpf->links.sock_state = bpf_program__attach(bpf->progs.sock_state);
	if (!bpf->links.proc_exec || !bpf->links.proc_fork || !bpf->links.proc_exit ||
	    !bpf->links.sock_state)
		return -errno;
	bpf->links.connects = bpf_program__attach(bpf->progs.connects);
	return flows_attach(bpf);
}
