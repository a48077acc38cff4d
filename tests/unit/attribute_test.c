// SPDX-License-Identifier: BSD-2-Clause
#include "attribute/attribute.h"
#include "test.h"

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
		{ "/usr/bin/lua5.3", SPAN("lua\0-l\0ssl.https\0ask.lua"), "ask.lua",
		  TRUST_CLAIMED },
		{ "/usr/bin/luajit", SPAN("luajit\0-e\0os.exit()"), "luajit", TRUST_KERNEL },
		{ "/opt/julia/bin/julia", SPAN("julia\0-t\0auto\0serve.jl"), "serve.jl",
		  TRUST_CLAIMED },
		{ "/usr/bin/java", SPAN("java\0-Xmx1g\0-cp\0/a.jar\0-jar\0/opt/billing.jar"),
		  "billing.jar", TRUST_CLAIMED },
		{ "/usr/bin/deno", SPAN("deno\0run\0--allow-net\0main.ts"), "main.ts",
		  TRUST_CLAIMED },
		{ "/usr/bin/deno", SPAN("deno\0run\0-A\0--cert\0ca.pem\0main.ts"), "main.ts",
		  TRUST_CLAIMED },
		{ "/usr/bin/java",
		  SPAN("java\0--add-opens\0java.base/java.lang=ALL-UNNAMED\0-jar\0/opt/billing.jar"),
		  "billing.jar", TRUST_CLAIMED },
		{ "/usr/local/bin/bun", SPAN("bun\0--cwd\0/srv\0run\0agent.ts"), "agent.ts",
		  TRUST_CLAIMED },
		{ "/bin/bash", SPAN("bash\0-c\0curl x"), "bash", TRUST_KERNEL },
		/* as npm's packages name the program of every system */
		{ "/usr/lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe",
		  SPAN("claude\0-p\0go on"), "claude", TRUST_KERNEL },
		{ "/opt/.exe", SPAN("x"), ".exe", TRUST_KERNEL },
		/* not an interpreter: its arguments say nothing */
		{ "/usr/bin/curl", SPAN("curl\0https://x/y"), "curl", TRUST_KERNEL },
		/* a script that names a directory names nothing */
		{ "/usr/bin/python3", SPAN("python3\0/srv/app/"), "python3", TRUST_KERNEL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span args = test_guard(cases[i].args);
		struct owner o = { .known = true };

		span__copy(span_str(cases[i].exe), o.exe, sizeof(o.exe));
		owner__name_service(&o, owner__script(span_str(o.exe), args));
		ASSERT_STR(o.value[OWNER_SERVICE].text, cases[i].service);
		ASSERT_EQ(o.value[OWNER_SERVICE].trust, cases[i].trust);
		test_unguard(args);
	}
}

TEST(a_unit_or_container_names_a_script_better)
{
	struct owner o = { .exe = "/usr/bin/python3" };

	owner__from_cgroup(&o, "/system.slice/indexer.service");
	owner__name_service(&o, owner__script(span_str(o.exe), SPAN("python3\0/srv/worker.py")));
	ASSERT_STR(o.value[OWNER_SERVICE].text, "indexer");
	ASSERT_EQ(o.value[OWNER_SERVICE].trust, TRUST_PLATFORM);
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

	attribute__resolve(a, (struct proc_id){ .tgid = tgid, .start_ns = start_ns }, 9, UINT64_MAX,
			   &o);
	return o;
}

TEST(a_process_is_its_pid_and_its_start)
{
	struct attribute *a = attribute__new(NULL);

	learn(a, 10, "/usr/bin/curl");
	ASSERT_STR(resolve(a, 10, 5000000000).value[OWNER_SERVICE].text, "curl");
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
	ASSERT_STR(resolve(a, 20, 7000000000).value[OWNER_SERVICE].text, "gunicorn");
	ASSERT_EQ(resolve(a, 20, 7000000000).ppid, 10);
	attribute__free(a);
}

static void learn_python(struct attribute *a, uint32_t tgid, uint32_t ppid, const char *exe,
			 struct span args)
{
	struct wire_proc p = { .ppid = ppid, .args_len = (uint32_t)args.n };

	span__copy(span_str(exe), p.exe, sizeof(p.exe));
	memcpy(p.args, args.p, args.n);
	feed(a,
	     (struct wire){ .kind = WIRE_PROC, .tgid = tgid, .start_ns = tgid, .len = sizeof(p) },
	     &p);
}

TEST(workers_of_a_script_are_its)
{
	static const char python[] = "/usr/bin/python3.11";
	struct attribute *a = attribute__new(NULL);

	learn_python(a, 10, 1, python, SPAN("python3\0train.py"));
	learn_python(a, 20, 10, python, SPAN("python3\0-c\0from multiprocessing.forkserver"));
	learn_python(a, 30, 20, python, SPAN("python3\0-c\0from multiprocessing.spawn"));
	/* another interpreter, and one of nobody's */
	learn_python(a, 40, 10, "/opt/venv/bin/python3", SPAN("python3\0-c\0import openai"));
	learn_python(a, 50, 1, python, SPAN("python3\0-c\0import openai"));
	ASSERT_STR(resolve(a, 30, 30).value[OWNER_SERVICE].text, "train.py");
	ASSERT_EQ(resolve(a, 30, 30).value[OWNER_SERVICE].trust, TRUST_CLAIMED);
	ASSERT_STR(resolve(a, 40, 40).value[OWNER_SERVICE].text, "python3");
	ASSERT_STR(resolve(a, 50, 50).value[OWNER_SERVICE].text, "python3.11");
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

static void learn_of(struct attribute *a, struct wire w, uint32_t ppid, const char *cgroup)
{
	struct wire_proc p = { .ppid = ppid, .exe = "/bin/x" };

	snprintf(p.comm, sizeof(p.comm), "p%u", w.tgid);
	span__copy(span_str(cgroup), p.cgroup, sizeof(p.cgroup));
	w.kind = WIRE_PROC;
	w.len = sizeof(p);
	feed(a, w, &p);
}

/* Whoever starts most processes is forgotten first, and of his the one whose calls are longest ago.
 */
TEST(a_flood_of_processes_is_its_own_tenants_loss)
{
	struct attribute *a = attribute__new(NULL);
	struct wire w = { .tgid = 1, .start_ns = 5000000000 };
	char group[64];

	learn_of(a, w, 1, "/system.slice/shop.service");
	for (w.tgid = 2; w.tgid <= PROCS_MAX; w.tgid++) {
		/* Groups below his own, named by himself, make him no more tenants. */
		snprintf(group, sizeof(group), "/user.slice/user-7.slice/user@7.service/g%u",
			 w.tgid);
		learn_of(a, w, 1, group);
	}
	ASSERT(resolve(a, 2, 5000000000).known);
	for (; w.tgid <= PROCS_MAX + 10; w.tgid++)
		learn_of(a, w, 1, "/user.slice/user-7.slice/user@7.service/x");
	ASSERT_STR(resolve(a, 1, 5000000000).value[OWNER_SERVICE].text, "shop");
	ASSERT(resolve(a, 2, 5000000000).known);
	for (uint32_t i = 3; i < 13; i++)
		ASSERT(!resolve(a, i, 5000000000).known);
	ASSERT(resolve(a, 13, 5000000000).known);
	ASSERT(resolve(a, PROCS_MAX + 10, 5000000000).known);
	attribute__free(a);
}

static void tell(struct attribute *a, enum wire_teller teller, const char *id, struct span text)
{
	struct wire_told t = { .teller = teller, .len = (uint32_t)text.n };

	memcpy(t.id, id, strlen(id));
	memcpy(t.text, text.p, text.n);
	feed(a,
	     (struct wire){
		     .kind = WIRE_TOLD, .tgid = 10, .start_ns = 5000000000, .len = sizeof(t) },
	     &t);
}

/* A text of names and values with its last NUL. */
#define TOLD(lit) span_of(lit, sizeof(lit))

#define LIT(lit)                                    \
	{                                           \
		(const uint8_t *)(lit), sizeof(lit) \
	}

TEST(what_is_told_is_scrubbed_to_names_of_services)
{
	static const struct {
		enum wire_teller teller;
		struct span said, left;
	} cases[] = {
		{ WIRE_TELLER_ENVIRON, LIT("OTEL_SERVICE_NAME\0shop\0HOME\0/home/jo"),
		  LIT("OTEL_SERVICE_NAME\0shop") },
		{ WIRE_TELLER_ENVIRON,
		  LIT("OTEL_RESOURCE_ATTRIBUTES\0user=jo,service.name=shop,a,=,k=v,team=x"),
		  LIT("OTEL_RESOURCE_ATTRIBUTES\0service.name=shop,team=x") },
		{ WIRE_TELLER_ENVIRON, LIT("OTEL_RESOURCE_ATTRIBUTES\0token=x\0NODE_NAME\0n1"),
		  LIT("OTEL_RESOURCE_ATTRIBUTES\0\0NODE_NAME\0n1") },
		{ WIRE_TELLER_ENVIRON,
		  LIT("OTEL_RESOURCE_ATTRIBUTES\0team=jo%40example.com,feature=%73k-ab12"),
		  LIT("OTEL_RESOURCE_ATTRIBUTES\0") },
		{ WIRE_TELLER_ENVIRON, LIT("SLURM_JOB_NAME\0sk-ab12\0GITHUB_JOB\0build"),
		  LIT("GITHUB_JOB\0build") },
		{ WIRE_TELLER_RUNTIME,
		  LIT("container.name\0web\0label.app\0shop\0label.note\0x\0label.owner\0jo\0"
		      "container.image.name\0nginx@sha256:9f3c"),
		  LIT("container.name\0web\0label.app\0shop\0"
		      "container.image.name\0nginx@sha256:9f3c") },
		{ WIRE_TELLER_KUBELET, LIT("k8s.pod.name\0web-0\0label.team\0jo@example.com"),
		  LIT("k8s.pod.name\0web-0") },
		/* A name without its value, nothing, and what is no text of this kind. */
		{ WIRE_TELLER_KUBELET, LIT("k8s.pod.name"), { NULL, 0 } },
		{ WIRE_TELLER_ENVIRON, LIT("OTEL_RESOURCE_ATTRIBUTES"), { NULL, 0 } },
		{ WIRE_TELLER_ENVIRON, { NULL, 0 }, { NULL, 0 } },
		{ WIRE_TELLER_ENVIRON, { (const uint8_t *)"NODE_NAME\0n1", 12 }, { NULL, 0 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_told t = { .teller = cases[i].teller,
				       .len = (uint32_t)cases[i].said.n };
		const struct wire_told none = { .len = 0 };
		size_t n = cases[i].left.n;

		if (cases[i].said.n)
			memcpy(t.text, cases[i].said.p, cases[i].said.n);
		told__scrub(&t);
		if (t.len != n || (n && memcmp(t.text, cases[i].left.p, n)))
			TEST_FAIL("case %zu leaves %u bytes: %s", i, t.len, t.text);
		ASSERT(!memcmp(t.text + n, none.text, sizeof(t.text) - n));
	}
}

#undef LIT

TEST(a_told_text_that_fills_its_room_is_scrubbed_within)
{
	struct wire_told t = { .teller = WIRE_TELLER_ENVIRON, .len = sizeof(t.text) };
	const size_t at = sizeof(t.text) - sizeof("OTEL_RESOURCE_ATTRIBUTES");

	memset(t.text, 'a', sizeof(t.text));
	t.text[9] = t.text[at - 1] = '\0';
	strcpy(t.text + at, "OTEL_RESOURCE_ATTRIBUTES");
	memcpy(t.text, "NODE_NAME", 9);
	told__scrub(&t);
	ASSERT_EQ(t.len, at);
	strcpy(t.text + at, "OTEL_RESOURCE_ATTRIBUTES");
	t.len = sizeof(t.text) - 1;
	told__scrub(&t);
	ASSERT_EQ(t.len, 0);
}

TEST(who_started_whom_stays_known)
{
	struct attribute *a = attribute__new(NULL);
	const uint64_t minute = 60000000000;
	struct wire_fork f = { .child = 30, .child_start_ns = 9000000000 };
	struct owner o;

	learn_of(a, (struct wire){ .tgid = 5, .start_ns = 1000000000, .flags = WIRE_KIN }, 1, "/");
	learn_of(a, (struct wire){ .tgid = 10, .start_ns = 5000000000 }, 5, "/");
	feed(a,
	     (struct wire){
		     .kind = WIRE_FORK, .tgid = 10, .start_ns = 5000000000, .len = sizeof(f) },
	     &f);
	o = resolve(a, 30, 9000000000);
	ASSERT_STR(o.lineage, "p10[10] < p5[5]");
	ASSERT_EQ(o.parent.tgid, 10);
	/* The parent ends, its pid is used again, and the child has another parent by its pid. */
	feed(a, (struct wire){ .kind = WIRE_EXIT, .tgid = 10, .start_ns = 5000000000, .ts = 1 },
	     NULL);
	feed(a, (struct wire){ .kind = WIRE_TICK, .ts = 9 * minute }, NULL);
	learn_of(a, (struct wire){ .tgid = 10, .start_ns = 9500000000 }, 1, "/");
	learn_of(a, (struct wire){ .tgid = 30, .start_ns = 9000000000 }, 1, "/");
	o = resolve(a, 30, 9000000000);
	ASSERT_STR(o.lineage, "p10[10] < p5[5]");
	ASSERT_EQ(o.parent.start_ns, 5000000000);
	ASSERT_EQ(o.ppid, 10);
	/* With the last of its children all of it goes. */
	feed(a, (struct wire){ .kind = WIRE_EXIT, .tgid = 30, .start_ns = 9000000000, .ts = 1 },
	     NULL);
	for (uint64_t i = 10; i < 13; i++)
		feed(a, (struct wire){ .kind = WIRE_TICK, .ts = i * minute }, NULL);
	ASSERT(!resolve(a, 10, 5000000000).known);
	ASSERT(!resolve(a, 5, 1000000000).known);
	ASSERT(resolve(a, 10, 9500000000).known);
	attribute__free(a);
}

TEST(nobody_is_the_child_of_who_started_later)
{
	struct attribute *a = attribute__new(NULL);

	learn_of(a, (struct wire){ .tgid = 5, .start_ns = 6000000000 }, 1, "/");
	learn_of(a, (struct wire){ .tgid = 10, .start_ns = 5000000000 }, 5, "/");
	ASSERT_STR(resolve(a, 10, 5000000000).lineage, "");
	attribute__free(a);
}

#define ID  "4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192"
#define UID "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
#define POD "/kubepods/burstable/pod" UID "/" ID

TEST(names_in_their_order)
{
	struct attribute *a = attribute__new(NULL);
	struct wire at = { .tgid = 10, .start_ns = 5000000000 };
	struct owner o;

	learn_of(a, at, 1, POD);
	o = resolve(a, 10, 5000000000);
	ASSERT_STR(o.value[OWNER_SERVICE].text, "4f5a6b7c8d9e");
	tell(a, WIRE_TELLER_RUNTIME, ID,
	     TOLD("container.name\0app\0container.image.name\0reg/shop:1\0"
		  "label.com.docker.compose.service\0compose"));
	o = resolve(a, 10, 5000000000);
	ASSERT_STR(o.value[OWNER_SERVICE].text, "compose");
	ASSERT_STR(o.value[OWNER_CONTAINER].text, "app");
	ASSERT_STR(o.value[OWNER_IMAGE].text, "reg/shop:1");
	ASSERT_EQ(o.value[OWNER_IMAGE].trust, TRUST_PLATFORM);
	tell(a, WIRE_TELLER_KUBELET, UID,
	     TOLD("k8s.pod.name\0shop-7d4b9c6f5d-x2x9z\0k8s.namespace.name\0prod"));
	o = resolve(a, 10, 5000000000);
	ASSERT_STR(o.value[OWNER_SERVICE].text, "shop");
	ASSERT_STR(o.value[OWNER_WORKLOAD].text, "shop");
	ASSERT_STR(o.value[OWNER_NAMESPACE].text, "prod");
	tell(a, WIRE_TELLER_KUBELET, UID,
	     TOLD("k8s.pod.name\0shop-1\0label.app\0store\0label.app.kubernetes.io/name\0checkout"));
	o = resolve(a, 10, 5000000000);
	ASSERT_STR(o.value[OWNER_SERVICE].text, "checkout");
	ASSERT_EQ(o.value[OWNER_SERVICE].trust, TRUST_PLATFORM);
	ASSERT_EQ(o.label_count, 3);
	tell(a, WIRE_TELLER_ENVIRON, "",
	     TOLD("OTEL_RESOURCE_ATTRIBUTES\0team=a%20b,service.name=said,k8s.namespace.name=lie\0"
		  "CI_JOB_NAME\0nightly"));
	o = resolve(a, 10, 5000000000);
	ASSERT_STR(o.value[OWNER_SERVICE].text, "said");
	ASSERT_EQ(o.value[OWNER_SERVICE].trust, TRUST_CLAIMED);
	ASSERT_STR(o.value[OWNER_TEAM].text, "a b");
	ASSERT_STR(o.value[OWNER_JOB].text, "nightly");
	tell(a, WIRE_TELLER_ENVIRON, "",
	     TOLD("OTEL_RESOURCE_ATTRIBUTES\0k8s.namespace.name=lie\0OTEL_SERVICE_NAME\0mine"));
	tell(a, WIRE_TELLER_KUBELET, UID, TOLD("k8s.namespace.name\0prod"));
	o = resolve(a, 10, 5000000000);
	ASSERT_STR(o.value[OWNER_SERVICE].text, "mine");
	/* What the platform says stands before what the process says. */
	ASSERT_STR(o.value[OWNER_NAMESPACE].text, "prod");
	attribute__free(a);
}

TEST(an_environment_is_inherited_until_the_child_is_told_of)
{
	struct attribute *a = attribute__new(NULL);
	struct wire_fork f = { .child = 20, .child_start_ns = 7000000000 };

	learn_of(a, (struct wire){ .tgid = 10, .start_ns = 5000000000 }, 1, "/");
	tell(a, WIRE_TELLER_ENVIRON, "", TOLD("OTEL_SERVICE_NAME\0shop"));
	feed(a,
	     (struct wire){
		     .kind = WIRE_FORK, .tgid = 10, .start_ns = 5000000000, .len = sizeof(f) },
	     &f);
	ASSERT_STR(resolve(a, 20, 7000000000).value[OWNER_SERVICE].text, "shop");
	learn_of(a, (struct wire){ .tgid = 20, .start_ns = 7000000000 }, 10, "/");
	ASSERT_STR(resolve(a, 20, 7000000000).value[OWNER_SERVICE].text, "x");
	ASSERT_STR(resolve(a, 10, 5000000000).value[OWNER_SERVICE].text, "shop");
	attribute__free(a);
}

TEST(what_is_told_of_a_container_that_named_itself_is_a_claim)
{
	struct attribute *a = attribute__new(NULL);
	struct owner o;

	learn_of(a, (struct wire){ .tgid = 10, .start_ns = 5000000000 }, 1,
		 "/user.slice/user-1000.slice/user@1000.service/docker-" ID ".scope");
	tell(a, WIRE_TELLER_RUNTIME, ID, TOLD("container.name\0billing\0label.team\0ceo"));
	o = resolve(a, 10, 5000000000);
	ASSERT_STR(o.value[OWNER_CONTAINER].text, "billing");
	ASSERT_EQ(o.value[OWNER_CONTAINER].trust, TRUST_CLAIMED);
	ASSERT_EQ(o.value[OWNER_TEAM].trust, TRUST_CLAIMED);
	attribute__free(a);
}

TEST(a_note_without_its_end_is_none)
{
	struct attribute *a = attribute__new(NULL);

	learn_of(a, (struct wire){ .tgid = 10, .start_ns = 5000000000 }, 1, POD);
	tell(a, WIRE_TELLER_RUNTIME, ID, SPAN("container.name\0app"));
	ASSERT_STR(resolve(a, 10, 5000000000).value[OWNER_CONTAINER].text, "4f5a6b7c8d9e");
	attribute__free(a);
}

TEST(workloads_by_the_names_of_their_pods)
{
	static const char *const cases[][2] = {
		{ "web-7d4b9c6f5d-x2x9z", "web" },
		{ "my-web-app-66bcd8d99-9lsk4", "my-web-app" },
		{ "backup-28473920-l8k2p", "backup" },
		{ "agent-x2x9z", "agent" },
		{ "db-0", "db" },
		{ "db-12", "db" },
		{ "standalone", "standalone" },
		{ "kube-proxy-worker", "kube-proxy-worker" },
		{ "etcd-master-1", "etcd-master" },
		{ "", "" },
		{ "-", "-" },
		{ "x2x9z", "x2x9z" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ASSERT_SPAN(workload_of_pod(span_str(cases[i][0])), cases[i][1]);
}

TEST(containers_are_bounded)
{
	struct attribute *a = attribute__new(NULL);
	char id[65] = { 0 };

	learn_of(a, (struct wire){ .tgid = 10, .start_ns = 5000000000 }, 1, POD);
	tell(a, WIRE_TELLER_RUNTIME, ID, TOLD("container.name\0app"));
	for (int i = 0; i < 2 * ATTRIBUTE_CONTAINER_MAX; i++) {
		snprintf(id, sizeof(id), "%064d", i);
		tell(a, WIRE_TELLER_RUNTIME, id, TOLD("container.name\0flood"));
		/* One that makes calls is not the one unused for longest. */
		if (i % 1000 == 0)
			resolve(a, 10, 5000000000);
	}
	ASSERT_STR(resolve(a, 10, 5000000000).value[OWNER_CONTAINER].text, "app");
	attribute__free(a);
}

TEST_MAIN()
