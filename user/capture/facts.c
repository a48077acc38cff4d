// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "capture/facts.h"
#include "capture/procfs.h"
#include "capture/state.h"
#include "capture/state_files.h"

/* What was told is told again after this: a container may be renamed, a list grow. */
#define TELL_AGAIN_NS 60000000000ull

/* An agent, its shell, its terminal, its login: further up nobody looks. */
#define ANCESTORS 8

/* Of an environment: the rest of a larger one is not looked at. */
#define ENVIRON_BYTES (256 << 10)

static const char *const variables[] = {
#define ENVIRON(name, field) name,
#include "environ.def"
#undef ENVIRON
};

/* False when it was told a short while ago. Two that meet in a place are told more often. */
static bool is_news(struct facts *f, uint64_t what)
{
	uint64_t now = clock_monotonic_ns();
	size_t at = what % FACTS_TOLD;

	if (f->told[at].what == what && now - f->told[at].ns < TELL_AGAIN_NS)
		return false;
	f->told[at].what = what;
	f->told[at].ns = now;
	return true;
}

/* A message that tells what /proc says; false: the process is gone. */
static bool proc_fact(struct message *m, pid_t pid, uint64_t start_ns, uint8_t flags)
{
	*m = (struct message){ .kind = MESSAGE_FACT };
	m->fact.wire.kind = WIRE_PROC;
	m->fact.wire.flags = flags;
	m->fact.wire.ts = clock_monotonic_ns();
	m->fact.wire.tgid = (uint32_t)pid;
	m->fact.wire.start_ns = start_ns;
	m->fact.wire.len = sizeof(struct wire_proc);
	return procfs_read(pid, (struct wire_proc *)m->fact.data);
}

static const struct wire_proc *proc_of(const struct message *m)
{
	return (const struct wire_proc *)m->fact.data;
}

static struct wire_told *told(struct message *m, pid_t pid, uint64_t start_ns,
			      enum wire_teller teller, const char *id)
{
	struct wire_told *t = (struct wire_told *)m->fact.data;

	*m = (struct message){ .kind = MESSAGE_FACT };
	m->fact.wire.kind = WIRE_TOLD;
	m->fact.wire.ts = clock_monotonic_ns();
	m->fact.wire.tgid = (uint32_t)pid;
	m->fact.wire.start_ns = start_ns;
	m->fact.wire.len = sizeof(*t);
	t->teller = teller;
	memcpy(t->id, id, strlen(id));
	return t;
}

static void add_variable(struct wire_told *t, struct span line)
{
	struct span value = line, name = span__cut(&value, '=');

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (span__eq(name, span_str(variables[i])))
			told__add(t, name, value);
}

/* In pieces: the environment may be large, and only lines of the list leave this function. */
static void send_environ(struct facts *f, pid_t pid, uint64_t start_ns)
{
	struct message m;
	struct wire_told *t = told(&m, pid, start_ns, WIRE_TELLER_ENVIRON, "");
	static char text[16384];
	size_t have = 0, total = 0;
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && total < ENVIRON_BYTES &&
	       (n = read(fd, text + have, sizeof(text) - have)) > 0) {
		struct span rest = span_of(text, have + (size_t)n);

		total += (size_t)n;
		while (memchr(rest.p, 0, rest.n))
			add_variable(t, span__cut(&rest, '\0'));
		/* A line that fills the room is no name's. */
		have = rest.n < sizeof(text) ? rest.n : 0;
		memmove(text, rest.p, have);
	}
	if (fd >= 0)
		close(fd);
	explicit_bzero(text, sizeof(text));
	if (t->len)
		f->send(f->ctx, &m, -1);
}

/* The farthest first: whoever is told finds his parent there. */
static void send_ancestors(struct facts *f, uint32_t pid)
{
	struct {
		uint32_t pid;
		uint64_t start_ns;
	} line[ANCESTORS];
	struct message m;
	int n = 0;

	while (n < ANCESTORS && pid > 1) {
		line[n].pid = pid;
		line[n].start_ns = procfs_start_ns((pid_t)pid);
		/* Those above one that was told were told with it. */
		if (!line[n].start_ns || !is_news(f, line[n].start_ns ^ pid))
			break;
		pid = (uint32_t)procfs_parent((pid_t)pid);
		n++;
	}
	while (n-- > 0)
		if (proc_fact(&m, (pid_t)line[n].pid, line[n].start_ns, WIRE_KIN))
			f->send(f->ctx, &m, -1);
}

struct state_told {
	struct facts *f;
	const char *id;
};

static void on_state_file(void *ctx, uint32_t kind, int fd)
{
	const struct state_told *s = ctx;
	struct message m = { .kind = MESSAGE_STATE, .count = kind };

	memcpy(m.state.id, s->id, CONTAINER_ID_LEN);
	s->f->send(s->f->ctx, &m, fd);
	close(fd);
}

static void send_container(struct facts *f, struct span cgroup)
{
	char id[CONTAINER_ID_LEN + 1], uid[CONTAINER_ID_LEN + 1];
	struct state_told s = { f, id };
	struct message m;

	if (container_id_of(cgroup, id) && is_news(f, hash_bytes(HASH_SEED, id, strlen(id))))
		state_files_each(id, cgroup_user(cgroup), on_state_file, &s);
	if (pod_uid_of(cgroup, uid) && is_news(f, hash_bytes(HASH_SEED, uid, strlen(uid))) &&
	    pod_of_logs(uid, told(&m, 0, 0, WIRE_TELLER_KUBELET, uid)))
		f->send(f->ctx, &m, -1);
}

void facts__pods(struct facts *f, const char *file)
{
	struct message m = { .kind = MESSAGE_STATE, .count = STATE_PODS };
	int fd = file ? open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	struct file_id id;
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		id = file_id_of(&st);
		if (!file_id_equal(&id, &f->pods))
			f->send(f->ctx, &m, fd);
		f->pods = id;
	}
	close(fd);
}

void facts__tell(struct facts *f, pid_t pid, uint64_t start_ns)
{
	const struct wire_proc *p;
	struct message m;

	if (!proc_fact(&m, pid, start_ns, 0))
		return;
	p = proc_of(&m);
	send_ancestors(f, p->ppid);
	f->send(f->ctx, &m, -1);
	send_environ(f, pid, start_ns);
	send_container(f, span_of(p->cgroup, strnlen(p->cgroup, sizeof(p->cgroup))));
}
