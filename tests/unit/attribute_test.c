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

TEST(an_interpreter_is_what_it_runs)
{
	static const struct {
		const char *exe;
		struct span args;
		const char *service;
		enum owner_trust trust;
	} cases[] = {
		{ "/usr/bin/python3.11",
		  SPAN("python3\0-u\0/srv/worker.py\0--queue\0"
		       "7"),
		  "worker.py", TRUST_CLAIMED },
		{ "/usr/bin/python3", SPAN("python3\0-m\0uvicorn\0app:main"), "uvicorn",
		  TRUST_CLAIMED },
		{ "/usr/bin/python3", SPAN("python3\0-X\0dev\0-W\0error\0a.py"), "a.py",
		  TRUST_CLAIMED },
		{ "/usr/bin/python3", SPAN("python3\0-c\0import openai"), "python3", TRUST_KERNEL },
		{ "/usr/bin/python3", SPAN("python3\0-"), "python3", TRUST_KERNEL },
		{ "/usr/bin/python3", SPAN("python3"), "python3", TRUST_KERNEL },
		{ "/usr/bin/python3", SPAN(""), "python3", TRUST_KERNEL },
		{ "/usr/local/bin/node",
		  SPAN("node\0--enable-source-maps\0-r\0./x.js\0dist/agent.js"), "agent.js",
		  TRUST_CLAIMED },
		{ "/usr/local/bin/node", SPAN("node\0/usr/local/bin/codex\0exec"), "codex",
		  TRUST_CLAIMED },
		{ "/usr/bin/java", SPAN("java\0-Xmx1g\0-cp\0/a.jar\0-jar\0/opt/billing.jar"),
		  "billing.jar", TRUST_CLAIMED },
		{ "/usr/bin/deno", SPAN("deno\0run\0--allow-net\0main.ts"), "main.ts",
		  TRUST_CLAIMED },
		{ "/bin/bash", SPAN("bash\0-c\0curl x"), "bash", TRUST_KERNEL },
		/* not an interpreter: its arguments say nothing */
		{ "/usr/bin/curl", SPAN("curl\0https://x/y"), "curl", TRUST_KERNEL },
		/* a script that names a directory names nothing */
		{ "/usr/bin/python3", SPAN("python3\0/srv/app/"), "python3", TRUST_KERNEL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span args = test_guard(cases[i].args);
		struct owner o = { .known = true };

		span__copy(span_str(cases[i].exe), o.exe, sizeof(o.exe));
		owner__name_service(&o);
		owner__name_script(&o, args);
		ASSERT_STR(o.service, cases[i].service);
		ASSERT_EQ(o.service_trust, cases[i].trust);
		test_unguard(args);
	}
}

TEST(a_unit_or_container_names_a_script_better)
{
	struct owner o = { .exe = "/usr/bin/python3" };

	owner__from_cgroup(&o, "/system.slice/indexer.service");
	owner__name_service(&o);
	owner__name_script(&o, SPAN("python3\0/srv/worker.py"));
	ASSERT_STR(o.service, "indexer");
	ASSERT_EQ(o.service_trust, TRUST_PLATFORM);
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
	struct attribute *a = attribute__new(NULL);

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
	struct attribute *a = attribute__new(NULL);
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
	struct attribute *a = attribute__new(NULL);
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
	struct attribute *a = attribute__new(NULL);

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
