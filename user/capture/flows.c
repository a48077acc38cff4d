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

void flows_judge(const struct wiretally_bpf *bpf, const char name[FLOW_NAME_MAX], enum verdict v)
{
	int names = bpf_map__fd(bpf->maps.flow_names);
	char key[FLOW_NAME_MAX] = "";
	__u32 verdict = v, before;

	if (v != VERDICT_FOLLOW && v != VERDICT_IGNORE && v != VERDICT_SPOKEN)
		return;
	/* Behind the name there is nothing but zeros, as the program's key has it. */
	memcpy(key, name, strnlen(name, sizeof(key) - 1));
	/* What a provider's name is, or has turned out to be, it stays. */
	if (v != VERDICT_FOLLOW && !bpf_map_lookup_elem(names, key, &before) &&
	    before != VERDICT_IGNORE)
		return;
	bpf_map_update_elem(names, key, &verdict, BPF_ANY);
}
