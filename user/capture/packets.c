// SPDX-License-Identifier: BSD-2-Clause
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "capture/cgroup_root.h"
#include "capture/packets.h"
#include "shared.h"
#include "wiretally.skel.h"

void packets_prepare(struct wiretally_bpf *bpf, bool has)
{
	bpf_program__set_autoload(bpf->progs.packet_sent, has);
	bpf_program__set_autoload(bpf->progs.packet_got, has);
}

bool packets_likely(pid_t pid)
{
	char path[64], to[64];
	bool found = false;
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && !found && (e = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), e->d_name, to, sizeof(to) - 1);

		to[n > 0 ? n : 0] = '\0';
		found = !strcmp(to, "anon_inode:[io_uring]");
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Links: they go with the keeper, however that ends. */
static bool attach(struct wiretally_bpf *bpf)
{
	int root;

	if (bpf->links.packet_got)
		return true;
	if (bpf_program__fd(bpf->progs.packet_got) < 0)
		return false;
	root = cgroup_root_open();
	if (root < 0)
		return false;
	if (!bpf->links.packet_sent)
		bpf->links.packet_sent = bpf_program__attach_cgroup(bpf->progs.packet_sent, root);
	if (bpf->links.packet_sent)
		bpf->links.packet_got = bpf_program__attach_cgroup(bpf->progs.packet_got, root);
	close(root);
	return bpf->links.packet_got != NULL;
}

bool packets__serve(struct packets *p, uint16_t port, pid_t pid, uint64_t start_ns, bool ask)
{
	struct packet_server server = { .start_ns = start_ns, .tgid = (uint32_t)pid, .ask = ask };
	uint32_t key = port;
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	if (stat(path, &st) || !attach(p->bpf))
		return false;
	server.netns = (uint32_t)st.st_ino;
	return !bpf_map_update_elem(bpf_map__fd(p->bpf->maps.packet_servers), &key, &server,
				    BPF_ANY);
}

bool packets__called(const struct packets *p, uint16_t port)
{
	struct packet_server server = { .called = 0 };
	uint32_t key = port;

	bpf_map_lookup_elem(bpf_map__fd(p->bpf->maps.packet_servers), &key, &server);
	return server.called;
}

void packets__end(struct packets *p, uint16_t port)
{
	uint32_t key = port;

	bpf_map_delete_elem(bpf_map__fd(p->bpf->maps.packet_servers), &key);
}
