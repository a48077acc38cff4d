// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/privileges.h"

/* The kernel's CAP_ numbers that linux/capability.h of an older system lacks. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

const char *privileges_missing(void)
{
	if (geteuid() != 0)
		return "capturing needs root: run it with sudo";
	return "";
}

/* Keeps those of caps that we have: a container's root lacks some, and may do without. */
static int keep_caps(uint64_t caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(caps >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static void no_core(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	umask(077); /* what is written is the meter's alone, unless somebody widens it */
}

void privileges_meter_user(uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *pw = getpwnam("wiretally");

	*ret_uid = pw ? pw->pw_uid : NOBODY;
	*ret_gid = pw ? pw->pw_gid : NOBODY;
}

/* Whoever we are: nobody's, and with no capability but these. */
static int drop_to_meter_user(uint64_t caps)
{
	uid_t uid;
	gid_t gid;
	int err;

	privileges_meter_user(&uid, &gid);
	/* A change of the user takes all capabilities, but those that are asked to be kept. */
	if (caps && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return -errno;
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -errno;
	err = keep_caps(caps);
	if (err)
		return err;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	no_core();
	return 0;
}

int privileges_drop_meter(void)
{
	return drop_to_meter_user(0);
}

int privileges_drop_source(uint64_t caps)
{
	return drop_to_meter_user(caps);
}

int privileges_give_up(uint64_t caps)
{
	return keep_caps(~caps);
}

void privileges_go_first(void)
{
	setpriority(PRIO_PROCESS, 0, -10);
}

/* How soon a thread of a deadline may run again that has used up its share. */
#define DEADLINE_NS 4000000

/* sched_setattr(2), of the calling thread. */
static bool schedule(uint32_t policy, int32_t nice, uint64_t runtime_ns, uint64_t period_ns)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime_ns, deadline_ns, period_ns;
	} attr = { .size = sizeof(attr),
		   .policy = policy,
		   .flags = SCHED_FLAG_RESET_ON_FORK,
		   .nice = nice,
		   .priority = policy == SCHED_RR,
		   .runtime_ns = runtime_ns,
		   .deadline_ns = period_ns,
		   .period_ns = period_ns };

	return !syscall(SYS_sched_setattr, 0, &attr, 0);
}

bool privileges_go_at_once(uint32_t percent)
{
	bool at_once =
		schedule(SCHED_RR, 0, 0, 0) ||
		schedule(SCHED_DEADLINE, 0, (uint64_t)DEADLINE_NS / 100 * percent, DEADLINE_NS);

	/* What the fair class has to offer: the largest share, and (6.12) the shortest turns. */
	if (!at_once)
		schedule(SCHED_OTHER, -20, 100000, 0);
	keep_caps(~(1ull << CAP_SYS_NICE));
	return at_once;
}

int privileges_drop_keeper(void)
{
	no_core();
	/* SYS_RESOURCE: more descriptors; the rest is what each act of attaching asks for. */
	return keep_caps(1ull << CAP_BPF | 1ull << CAP_PERFMON | 1ull << CAP_SYS_PTRACE |
			 1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_KILL | 1ull << CAP_NET_ADMIN |
			 1ull << CAP_SYS_ADMIN | 1ull << CAP_SYS_RESOURCE | 1ull << CAP_SYS_NICE);
}

static int drop_helper(uint64_t caps)
{
	int err = keep_caps(caps);

	no_core();
	return !err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : err;
}

int privileges_drop_helper(void)
{
	return drop_helper(0);
}

int privileges_drop_releaser(void)
{
	return drop_helper(1ull << CAP_KILL);
}

int privileges_drop_guard(void)
{
	return drop_helper(1ull << CAP_SYS_NICE);
}

int privileges_drop_gauge(uint64_t caps)
{
	return drop_helper(caps | 1ull << CAP_KILL | 1ull << CAP_SETUID | 1ull << CAP_SETGID);
}

/* sudo tells who called it in SUDO_UID; somebody who is root already may pretend anything. */
static long sudo_number(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long n;

	if (!text || !*text)
		return -1;
	n = strtol(text, &end, 10);
	return *end || n < 0 ? -1 : n;
}

int privileges_drop_command(void)
{
	long uid = sudo_number("SUDO_UID"), gid = sudo_number("SUDO_GID");
	const struct passwd *pw;

	if (uid <= 0 || gid < 0)
		return 0;
	pw = getpwuid((uid_t)uid);
	if (pw ? initgroups(pw->pw_name, (gid_t)gid) : setgroups(0, NULL))
		return -errno;
	if (setresgid((gid_t)gid, (gid_t)gid, (gid_t)gid) ||
	    setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid))
		return -errno;
	return 0;
}
