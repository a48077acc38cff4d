// SPDX-License-Identifier: BSD-2-Clause
#include "attribute/attribute.h"
#include "test.h"

#define ID "4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192"

TEST(cgroup_paths)
{
	static const struct {
		const char *path, *id, *runtime, *unit, *service;
		enum owner_trust trust;
	} cases[] = {
		{ "/system.slice/docker-" ID ".scope", ID, "docker", "docker-" ID ".scope",
		  "4f5a6b7c8d9e", TRUST_PLATFORM },
		{ "/docker/" ID, ID, "docker", "", "4f5a6b7c8d9e", TRUST_PLATFORM },
		{ "/machine.slice/libpod-" ID ".scope/container", ID, "podman",
		  "libpod-" ID ".scope", "4f5a6b7c8d9e", TRUST_PLATFORM },
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/"
		  "cri-containerd-" ID ".scope",
		  ID, "containerd", "cri-containerd-" ID ".scope", "4f5a6b7c8d9e", TRUST_PLATFORM },
		{ "/kubepods/burstable/pod0a1b/" ID, ID, "kubernetes", "", "4f5a6b7c8d9e",
		  TRUST_PLATFORM },
		{ "/kubepods.slice/crio-" ID ".scope", ID, "cri-o", "crio-" ID ".scope",
		  "4f5a6b7c8d9e", TRUST_PLATFORM },
		{ "/system.slice/nginx.service", "", "", "nginx.service", "nginx", TRUST_PLATFORM },
		{ "/system.slice/system-postgresql.slice/postgresql@15-main.service", "", "",
		  "postgresql@15-main.service", "postgresql@15-main", TRUST_PLATFORM },
		{ "/user.slice/user-1000.slice/session-1.scope", "", "", "session-1.scope", "agent",
		  TRUST_KERNEL },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice", "", "",
		  "user@1000.service", "agent", TRUST_KERNEL },
		{ "/", "", "", "", "agent", TRUST_KERNEL },
		{ "", "", "", "", "agent", TRUST_KERNEL },
		/* hex of the right length that no runtime named so */
		{ "/mine/" ID, "", "", "", "agent", TRUST_KERNEL },
		{ "/docker/" ID "00", "", "", "", "agent", TRUST_KERNEL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct owner o = { .exe = "/opt/bin/agent" };

		owner__from_cgroup(&o, cases[i].path);
		owner__name_service(&o);
		ASSERT_STR(o.container_id, cases[i].id);
		ASSERT_STR(o.container_runtime, cases[i].runtime);
		ASSERT_STR(o.unit, cases[i].unit);
		ASSERT_STR(o.service, cases[i].service);
		ASSERT_EQ(o.service_trust, cases[i].trust);
	}
}

static void feed(struct attribute *a, struct wire w, const void *data)
{
	struct wire *copy = malloc(sizeof(w) + w.len);

	*copy = w;
	if (w.len)
		memcpy(copy->data, data, w.len);
	attribute__feed(a, copy);
	free(copy);
}

static void learn(struct attribute *a, uint32_t tgid, const char *exe)
{
	struct wire_proc p = { .ppid = 1, .uid = 1000 };

	span__copy(span_str(exe), p.exe, sizeof(p.exe));
	feed(a,
	     (struct wire){
		     .kind = WIRE_PROC, .tgid = tgid, .start_ns = 5000000000, .len = sizeof(p) },
	     &p);
}

static struct owner resolve(struct attribute *a, uint32_t tgid, uint64_t start_ns)
{
	struct owner o;

	attribute__resolve(a, (struct proc_id){ .tgid = tgid, .start_ns = start_ns }, 9, &o);
	return o;
}

TEST(a_process_is_its_pid_and_its_start)
{
	struct attribute *a = attribute__new();

	learn(a, 10, "/usr/bin/curl");
	ASSERT_STR(resolve(a, 10, 5000000000).service, "curl");
	ASSERT_EQ(resolve(a, 10, 5000000000).cgroup, 9);
	ASSERT(!resolve(a, 10, 6000000000).known);
	ASSERT(!resolve(a, 11, 5000000000).known);
	ASSERT_EQ(resolve(a, 11, 5000000000).proc.tgid, 11);
	attribute__free(a);
}

TEST(a_child_is_as_its_parent_until_it_is_looked_at)
{
	struct attribute *a = attribute__new();
	struct wire_fork f = { .child = 20, .child_start_ns = 7000000000 };

	learn(a, 10, "/usr/bin/gunicorn");
	feed(a,
	     (struct wire){
		     .kind = WIRE_FORK, .tgid = 10, .start_ns = 5000000000, .len = sizeof(f) },
	     &f);
	ASSERT_STR(resolve(a, 20, 7000000000).service, "gunicorn");
	ASSERT_EQ(resolve(a, 20, 7000000000).ppid, 10);
	attribute__free(a);
}

TEST(the_gone_are_remembered_for_a_minute)
{
	struct attribute *a = attribute__new();
	const uint64_t second = 1000000000;

	learn(a, 10, "/usr/bin/curl");
	feed(a,
	     (struct wire){ .kind = WIRE_EXIT, .tgid = 10, .start_ns = 5000000000, .ts = second },
	     NULL);
	feed(a, (struct wire){ .kind = WIRE_TICK, .ts = 59 * second }, NULL);
	ASSERT(resolve(a, 10, 5000000000).known);
	feed(a, (struct wire){ .kind = WIRE_TICK, .ts = 63 * second }, NULL);
	ASSERT(!resolve(a, 10, 5000000000).known);
	attribute__free(a);
}

TEST(the_table_is_bounded_and_makes_room)
{
	struct attribute *a = attribute__new();

	for (uint32_t i = 1; i <= ATTRIBUTE_PROC_MAX; i++)
		learn(a, i, "/bin/x");
	learn(a, 1000000, "/bin/late");
	ASSERT(!resolve(a, 1000000, 5000000000).known);
	feed(a, (struct wire){ .kind = WIRE_EXIT, .tgid = 5, .start_ns = 5000000000, .ts = 1 },
	     NULL);
	feed(a, (struct wire){ .kind = WIRE_TICK, .ts = 100000000000 }, NULL);
	learn(a, 1000000, "/bin/late");
	ASSERT_STR(resolve(a, 1000000, 5000000000).service, "late");
	attribute__free(a);
}

TEST_MAIN()
