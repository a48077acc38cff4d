// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "capture/hooks.h"
#include "capture/listeners.h"
#include "capture/procfs.h"
#include "capture/servers.h"

#define BUCKETS (sizeof(((struct servers *)0)->procs) / sizeof(((struct servers *)0)->procs[0]))

/* Workers that get their socket from the parent are there a moment after the first one listens. */
#define RESCAN_TICKS 2

static struct server *server_find(const struct servers *s, pid_t pid)
{
	struct server *p = s->procs[(uint32_t)pid % BUCKETS];

	while (p && p->pid != pid)
		p = p->next;
	return p;
}

const struct server *servers__find(const struct servers *s, pid_t pid)
{
	return server_find(s, pid);
}

bool servers__has(const struct servers *s, pid_t pid, uint64_t start_ns)
{
	const struct server *p = server_find(s, pid);

	return p && p->start_ns == start_ns && !p->again;
}

static uint32_t mark_of(const struct servers *s, pid_t pid)
{
	uint32_t key = (uint32_t)pid, value = 0;

	bpf_map_lookup_elem(s->serving_fd, &key, &value);
	return value;
}

static void mark(struct servers *s, pid_t pid, uint32_t bits)
{
	uint32_t key = (uint32_t)pid, value = mark_of(s, pid) | bits;

	bpf_map_update_elem(s->serving_fd, &key, &value, BPF_ANY);
}

static struct server *server_add(struct servers *s, pid_t pid, uint16_t port, enum serves serves)
{
	struct server **bucket = &s->procs[(uint32_t)pid % BUCKETS], *p;
	uint64_t start_ns = procfs_start_ns(pid);
	uint32_t key = port, one = 1;

	if (!start_ns || s->count == SERVERS_MAX)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->pid = pid;
	p->start_ns = start_ns;
	p->port = port;
	p->serves = (uint8_t)serves;
	p->looks = SERVER_LOOKS;
	p->next = *bucket;
	*bucket = p;
	s->count++;
	bpf_map_update_elem(s->ports_fd, &key, &one, BPF_ANY);
	return p;
}

/* Another process of the same server may be left to stand for its port. */
static void server_let_go(struct servers *s, struct server *p)
{
	for (uint32_t i = 0; i < p->lib_count; i++)
		probes__detach(s->probes, &p->libs[i].link);
	if (!p->by_packets && !p->asked)
		return;
	p->by_packets = p->asked = false;
	packets__end(&s->packets, p->port);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct server *o = s->procs[i]; o; o = o->next)
			if (o->by_packets && o->port == p->port)
				packets__serve(&s->packets, o->port, o->pid, o->start_ns, false);
}

/* Whether any of its files has its probes, or may get them yet. */
static bool is_hooked(const struct server *p)
{
	for (uint32_t i = 0; i < p->lib_count; i++)
		if (p->libs[i].link.count || p->libs[i].lib->state == LIB_PENDING)
			return true;
	return false;
}

/* From now on; a connection that its probes have met goes on to be told by them. */
static void read_packets(struct servers *s, struct server *p)
{
	p->by_packets = packets__serve(&s->packets, p->port, p->pid, p->start_ns, false);
}

/* Whether the probes of one of those that share the port saw bytes; whether one is read without. */
static bool port_is_seen(const struct servers *s, uint16_t port)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct server *p = s->procs[i]; p; p = p->next)
			if (p->port == port && mark_of(s, p->pid) & SERVE_SEEN)
				return true;
	return false;
}

static bool port_is_read(const struct servers *s, uint16_t port)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct server *p = s->procs[i]; p; p = p->next)
			if (p->port == port && p->by_packets)
				return true;
	return false;
}

/* It has an io_uring, and probes: which of them moves its bytes shows when it is called. */
static void server_judge(struct servers *s, struct server *p)
{
	if (port_is_seen(s, p->port)) {
		packets__end(&s->packets, p->port);
		p->asked = false;
		p->looks = 0;
	} else if (packets__called(&s->packets, p->port)) {
		p->asked = false;
		read_packets(s, p);
	}
}

static void server_look(struct servers *s, struct server *p)
{
	if (p->again || p->by_packets || port_is_read(s, p->port))
		return;
	if (p->asked)
		server_judge(s, p);
	else if ((p->looks && !is_hooked(p)) || mark_of(s, p->pid) & SERVE_UNSEEN)
		read_packets(s, p);
	else if (p->looks && packets_likely(p->pid))
		p->asked = packets__serve(&s->packets, p->port, p->pid, p->start_ns, true);
}

static void server_remove(struct servers *s, pid_t pid)
{
	struct server **at = &s->procs[(uint32_t)pid % BUCKETS], *p;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	p = *at;
	if (!p)
		return;
	*at = p->next;
	server_let_go(s, p);
	for (uint32_t i = 0; i < p->lib_count; i++)
		p->libs[i].lib->users--;
	free(p);
	s->count--;
}

/* Sets the probes of one of its files, as soon as it is known where they go. */
static void server_attach(struct servers *s, struct server *p, struct lib *lib)
{
	struct probe_link *link = NULL;
	int err;

	for (uint32_t i = 0; i < p->lib_count; i++)
		if (p->libs[i].lib == lib)
			link = &p->libs[i].link;
	if (!link || link->count || p->again || lib->state != LIB_PLANNED)
		return;
	if (s->spare_seccomp && hooks_return(&lib->plan) && procfs_seccomp(p->pid)) {
		s->stats->spared++;
		return;
	}
	err = probes__attach(s->probes, p->pid, 0, lib->fd, &lib->plan, link);
	s->stats->gone += err == -ESRCH;
	s->stats->failed += err && err != -ESRCH;
}

/* Takes fd over. */
static struct lib *file_of(struct servers *s, int fd)
{
	struct file_id id;
	struct lib *lib;
	struct stat st;

	if (fstat(fd, &st)) {
		close(fd);
		return NULL;
	}
	id = file_id_of(&st);
	for (uint32_t i = 0; i < s->libs.count; i++)
		if (file_id_equal(&s->libs.lib[i]->id, &id)) {
			close(fd);
			return s->libs.lib[i];
		}
	/* An executable that holds nothing is no loss: the next one takes its place. */
	for (uint32_t i = 0; s->libs.count == LIBS_MAX && i < s->libs.count; i++)
		if (!s->libs.lib[i]->users && s->libs.lib[i]->state != LIB_PENDING)
			libs__remove(&s->libs, s->libs.lib[i]);
	if (!s->libs.last_token)
		s->libs.last_token = SERVERS_TOKEN;
	lib = libs__add(&s->libs, st.st_dev, st.st_ino, fd);
	if (!lib) {
		s->stats->full++;
		return NULL;
	}
	/* Nobody would ever answer. */
	if (s->ops->scan(s->ctx, lib)) {
		s->stats->failed++;
		libs__remove(&s->libs, lib);
		return NULL;
	}
	return lib;
}

static void server_use(struct servers *s, struct server *p, int fd)
{
	struct lib *lib = fd >= 0 && p->lib_count < SERVER_LIBS ? file_of(s, fd) : NULL;

	if (fd >= 0 && p->lib_count == SERVER_LIBS)
		close(fd);
	if (!lib)
		return;
	for (uint32_t i = 0; i < p->lib_count; i++)
		if (p->libs[i].lib == lib)
			return;
	p->libs[p->lib_count++].lib = lib;
	lib->users++;
	server_attach(s, p, lib);
}

struct server_of {
	struct servers *s;
	struct server *p;
};

static void on_mapping(void *ctx, const struct mapping *m)
{
	struct server_of *u = ctx;

	if (libc_name_known(m->path))
		server_use(u->s, u->p, procfs_open_mapped(m));
}

static void server_start(struct servers *s, struct server *p)
{
	struct server_of u = { s, p };

	/* Marked first: its fork or exit during the attach must be told. */
	mark(s, p->pid, SERVE_SERVER);
	procfs_mappings(p->pid, on_mapping, &u);
	server_use(s, p, procfs_open_exe(p->pid));
	server_look(s, p);
	s->ops->fact(s->ctx, p->pid, p->start_ns);
}

void servers__listens(struct servers *s, pid_t pid, uint16_t port)
{
	struct server *p = server_find(s, pid);
	enum serves serves;

	/* What hands sockets out to services is none itself. */
	if (p || pid == 1 || pid == getpid())
		return;
	serves = serves_models(pid, port, &s->ports);
	p = serves ? server_add(s, pid, port, serves) : NULL;
	if (!p)
		return;
	server_start(s, p);
	s->rescan = s->ticks + RESCAN_TICKS;
}

static void on_listener(void *ctx, pid_t pid, uint16_t port)
{
	servers__listens(ctx, pid, port);
}

void servers__scan(struct servers *s)
{
	listeners_each(on_listener, s);
	s->rescan = 0;
}

void servers__planned(struct servers *s, uint64_t token, const struct probe_plan *plan)
{
	struct lib *lib = libs__planned(&s->libs, token, plan);

	for (size_t i = 0; lib && i < BUCKETS; i++)
		for (struct server *p = s->procs[i]; p; p = p->next) {
			server_attach(s, p, lib);
			server_look(s, p);
		}
}

/* A connection that was made before anybody looked: /proc may know whose it is. */
static pid_t caller_find(struct servers *s, pid_t server, const struct wire_peer *peer)
{
	if (s->lookups == SERVERS_LOOKUPS)
		return 0;
	s->lookups++;
	return listeners_peer(server, &peer->ends);
}

void servers__called(struct servers *s, pid_t server, uint64_t conn, const struct wire_peer *peer)
{
	struct wire_peer found = *peer;

	if (!found.caller.tgid) {
		found.caller.tgid = (uint32_t)caller_find(s, server, peer);
		found.caller.start_ns = procfs_start_ns((pid_t)found.caller.tgid);
		if (!found.caller.tgid || !found.caller.start_ns)
			return;
		mark(s, (pid_t)found.caller.tgid, SERVE_CALLER);
		s->peer(s->ctx, conn, &found);
	}
	s->ops->fact(s->ctx, (pid_t)found.caller.tgid, found.caller.start_ns);
}

void servers__serves(struct servers *s, pid_t pid, uint64_t start_ns, bool model)
{
	struct server *p = server_find(s, pid);

	if (!p || p->start_ns != start_ns || p->again)
		return;
	p->proved |= model;
	p->strangers += !model;
	if (p->proved || p->serves == SERVES_KNOWN || p->strangers < SERVER_STRANGERS)
		return;
	server_let_go(s, p);
	s->stats->let_go++;
	p->again = s->ticks + SERVER_AGAIN_S;
}

/* Its image is another one now: what it does with its sockets is to be seen anew. */
void servers__exec(struct servers *s, pid_t pid)
{
	struct server *p = server_find(s, pid);

	if (p) {
		server_remove(s, pid);
		s->rescan = s->ticks + RESCAN_TICKS;
	} else if (s->count && server_find(s, procfs_parent(pid))) {
		s->rescan = s->ticks + RESCAN_TICKS; /* a worker, which is given its socket */
	}
	/* A caller is another program now. */
	if (mark_of(s, pid) & SERVE_CALLER)
		s->ops->fact(s->ctx, pid, procfs_start_ns(pid));
}

void servers__fork(struct servers *s, pid_t parent, pid_t child)
{
	const struct server *from = server_find(s, parent);
	struct server *p = from ? server_add(s, child, from->port, from->serves) : NULL;

	if (!p)
		return;
	p->again = from->again;
	p->proved = from->proved;
	server_start(s, p);
}

void servers__exit(struct servers *s, pid_t pid)
{
	uint32_t key = (uint32_t)pid;

	bpf_map_delete_elem(s->serving_fd, &key);
	server_remove(s, pid);
}

static void server_look_again(struct servers *s, struct server *p)
{
	p->again = 0;
	p->strangers = 0;
	p->looks = SERVER_LOOKS;
	for (uint32_t i = 0; i < p->lib_count; i++)
		server_attach(s, p, p->libs[i].lib);
}

void servers__tick(struct servers *s)
{
	s->ticks++;
	s->lookups = 0;
	if (s->rescan && s->ticks >= s->rescan)
		servers__scan(s);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct server *p = s->procs[i]; p; p = p->next) {
			if (p->again && s->ticks >= p->again)
				server_look_again(s, p);
			server_look(s, p);
			p->looks -= p->looks > 0;
		}
}

void servers__fini(struct servers *s)
{
	for (size_t i = 0; i < BUCKETS; i++)
		while (s->procs[i])
			server_remove(s, s->procs[i]->pid);
	libs__fini(&s->libs);
}
