// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "capture/cgroup_root.h"
#include "capture/flows.h"
#include "shared.h"
#include "wiretally.skel.h"

void flows_prepare(struct wiretally_bpf *bpf, bool has, bool tree_only)
{
	bpf->rodata->flow_tree_only = tree_only;
	bpf_program__set_autoload(bpf->progs.flow_sent, has);
}

int flows_attach(struct wiretally_bpf *bpf)
{
	int root;

	if (bpf_program__fd(bpf->progs.flow_sent) < 0)
		return 0;
	root = cgroup_root_open();
	if (root < 0)
		return root;
	/* A link: it goes with the keeper, however that ends, and others' programs stay. */
	bpf->links.flow_sent = bpf_program__attach_cgroup(bpf->progs.flow_sent, root);
	close(root);
	return bpf->links.flow_sent ? 0 : -errno;
}

void flows_judge(const struct wiretally_bpf *bpf, const char name[FLOW_NAME_MAX], bool is_provider)
{
	__u32 verdict = is_provider ? VERDICT_FOLLOW : VERDICT_IGNORE;
	char key[FLOW_NAME_MAX] = "";

	/* Behind the name there is nothing but zeros, as the program's key has it. */
	memcpy(key, name, strnlen(name, sizeof(key) - 1));
	bpf_map_update_elem(bpf_map__fd(bpf->maps.flow_names), key, &verdict, BPF_ANY);
}
