// SPDX-License-Identifier: BSD-2-Clause
/* What runtimes keep of containers, as they write it. */
#include <sqlite3.h>
#include <stdlib.h>

#include "capture/state.h"
#include "test.h"

#define ID "4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192"

static char text[8192];
static struct wire_told last;

/* Adds names and values, "name=value" with blanks between; a line for each that is told of. */
static void on_told(void *ctx, const struct wire_told *t)
{
	size_t n = strlen(text), names = 0;

	if (n)
		text[n++] = '\n';
	for (uint32_t i = 0; i < t->len; i++)
		text[n++] = t->text[i] ? t->text[i] : names++ % 2 ? ' ' : '=';
	text[n ? n - 1 : 0] = '\0';
	last = *t;
}

static const char *told_in(enum state_kind kind, struct span file, size_t piece)
{
	struct state_reader *r = state_reader__new(kind, SPAN(ID), on_told, NULL);

	text[0] = '\0';
	last = (struct wire_told){ .len = 0 };
	for (size_t at = 0; at < file.n; at += piece)
		state_reader__feed(r,
				   span_of(file.p + at, at + piece < file.n ? piece : file.n - at));
	state_reader__end(r);
	return text;
}

static const char *told(enum state_kind kind, struct span file)
{
	return told_in(kind, file, file.n ? file.n : 1);
}

static const char docker[] =
	"{\"StreamConfig\":{},\"State\":{\"Running\":true,\"Pid\":77},\"ID\":\"" ID "\","
	"\"Config\":{\"Hostname\":\"4f5a\",\"Env\":[\"API_KEY=sk-1\"],\"Image\":\"reg.example/shop:1.2\","
	"\"Labels\":{\"com.docker.compose.project\":\"shop\",\"com.docker.compose.service\":\"web\"}},"
	"\"Image\":\"sha256:aa\",\"Name\":\"/shop-web-1\",\"Driver\":\"overlay2\"}";

static const char containerd[] =
	"{\"ociVersion\":\"1.1.0\",\"process\":{\"env\":[\"K=v\"]},\"hostname\":\"web-1\",\"annotations\":{"
	"\"io.kubernetes.cri.container-name\":\"app\",\"io.kubernetes.cri.container-type\":\"container\","
	"\"io.kubernetes.cri.image-name\":\"reg.example/shop:1.2\",\"io.kubernetes.cri.sandbox-id\":\"b0\","
	"\"io.kubernetes.cri.sandbox-name\":\"web-7d4b9c6f5d-x2x9z\","
	"\"io.kubernetes.cri.sandbox-namespace\":\"shop\",\"io.kubernetes.cri.sandbox-uid\":\"0a1b\"}}";

static const char crio[] =
	"{\"annotations\":{\"io.kubernetes.container.name\":\"app\",\"io.kubernetes.cri-o.ImageName\":"
	"\"reg.example/shop:1.2\",\"io.kubernetes.cri-o.Labels\":\"{\\\"app\\\":\\\"shop\\\","
	"\\\"io.kubernetes.pod.uid\\\":\\\"0a1b\\\"}\",\"io.kubernetes.pod.name\":\"web-1\","
	"\"io.kubernetes.pod.namespace\":\"shop\",\"io.kubernetes.pod.uid\":\"0a1b\"}}";

static const char podman[] =
	"[{\"id\":\"b0\",\"names\":[\"other\"],\"metadata\":\"{\\\"image-name\\\":\\\"x\\\"}\"},"
	"{\"id\":\"" ID "\",\"names\":[\"web\"],\"image\":\"aa\",\"layer\":\"bb\",\"metadata\":"
	"\"{\\\"image-name\\\":\\\"docker.io/library/nginx:1\\\",\\\"name\\\":\\\"web\\\"}\",\"flags\":{}},"
	"{\"id\":\"b1\",\"names\":[\"third\"]}]";

TEST(docker_keeps_name_image_and_labels)
{
	ASSERT_STR(
		told(STATE_DOCKER, span_str(docker)),
		"container.image.name=reg.example/shop:1.2 label.com.docker.compose.project=shop "
		"label.com.docker.compose.service=web container.name=shop-web-1");
}

TEST(labels_that_hold_secrets_are_nobodys)
{
	ASSERT_STR(
		told(STATE_DOCKER,
		     SPAN("{\"Config\":{\"Labels\":{\"traefik.http.middlewares.a.basicauth.users\":"
			  "\"admin:$apr1$x\",\"db.password\":\"x\",\"note\":\"sk-abcdefgh\","
			  "\"team\":\"ads\"}}}")),
		"label.team=ads");
}

TEST(containerd_keeps_the_pod)
{
	ASSERT_STR(told(STATE_OCI, span_str(containerd)),
		   "k8s.container.name=app container.image.name=reg.example/shop:1.2 "
		   "k8s.pod.name=web-7d4b9c6f5d-x2x9z k8s.namespace.name=shop k8s.pod.uid=0a1b");
}

TEST(cri_o_keeps_labels_in_a_text)
{
	ASSERT_STR(
		told(STATE_OCI, span_str(crio)),
		"k8s.container.name=app container.image.name=reg.example/shop:1.2 label.app=shop "
		"label.io.kubernetes.pod.uid=0a1b k8s.pod.name=web-1 k8s.namespace.name=shop "
		"k8s.pod.uid=0a1b");
}

TEST(podman_keeps_a_list_of_all)
{
	ASSERT_STR(told(STATE_PODMAN_LIST, span_str(podman)),
		   "container.name=web container.image.name=docker.io/library/nginx:1");
}

#define POD(name, more)                                                                                  \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"shop\",\"uid\":\"uid-" name                \
	"\",\"labels\":{\"app\":\"" name "\",\"app.kubernetes.io/name\":\"shop-" name "\"}," more        \
	"},\"spec\":{\"containers\":[{\"name\":\"app\",\"env\":[{\"name\":\"KEY\",\"value\":\"sk\"}]}]," \
	"\"nodeName\":\"node-1\"},\"status\":{\"phase\":\"Running\",\"containerStatuses\":["             \
	"{\"name\":\"app\",\"image\":\"reg/" name ":1\",\"containerID\":\"containerd://" ID              \
	"\"}]}}"

static const char pods[] =
	"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":[" POD(
		"web-7d4b9c6f5d-x2x9z",
		"\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":"
		"\"web-7d4b9c6f5d\"}]") "," POD("db-0",
						"\"ownerReferences\":[{\"kind\":\"StatefulSet\","
						"\"name\":\"db\"}]") "]}";

TEST(kubelet_tells_pods_and_their_containers)
{
	for (size_t piece = 1; piece < 100; piece += 7)
		ASSERT_STR(
			told_in(STATE_PODS, span_str(pods), piece),
			"k8s.container.name=app container.image.name=reg/web-7d4b9c6f5d-x2x9z:1\n"
			"k8s.pod.name=web-7d4b9c6f5d-x2x9z k8s.namespace.name=shop "
			"label.app=web-7d4b9c6f5d-x2x9z "
			"label.app.kubernetes.io/name=shop-web-7d4b9c6f5d-x2x9z "
			"k8s.node.name=node-1 k8s.replicaset.name=web-7d4b9c6f5d\n"
			"k8s.container.name=app container.image.name=reg/db-0:1\n"
			"k8s.pod.name=db-0 k8s.namespace.name=shop label.app=db-0 "
			"label.app.kubernetes.io/name=shop-db-0 k8s.node.name=node-1 "
			"k8s.statefulset.name=db");
	ASSERT_EQ(last.teller, WIRE_TELLER_KUBELET);
	ASSERT(!strcmp(last.id, "uid-db-0"));
}

TEST(a_file_cut_anywhere_says_what_it_said)
{
	for (size_t n = 0; n < sizeof(docker); n++) {
		struct span cut = test_guard(span_of(docker, n));

		told(STATE_DOCKER, cut);
		ASSERT(!last.len || !last.text[last.len - 1]);
		test_unguard(cut);
	}
	for (size_t n = 0; n < sizeof(pods); n++)
		told(STATE_PODS, span_of(pods, n));
}

TEST(labels_are_bounded)
{
	char *file = malloc(2 << 20);
	size_t n = (size_t)sprintf(file, "{\"Config\":{\"Labels\":{\"long\":\"%0*d\"", 65536, 1);

	for (int i = 0; i < 10000; i++)
		n += (size_t)sprintf(file + n, ",\"label%d\":\"a\\u0000b\"", i);
	for (int i = 0; i < 10000; i++)
		n += (size_t)sprintf(file + n, ",\"more%d\":\"%0*d\"", i, 60, i);
	told(STATE_DOCKER, span_of(file, n));
	free(file);
	ASSERT(last.len > sizeof(last.text) - 100 && last.len <= sizeof(last.text));
	/* Names and values come in pairs still. */
	for (uint32_t i = n = 0; i < last.len; i++)
		n += !last.text[i];
	ASSERT_EQ(n % 2, 0);
}

/* A database of Podman's with one container; sql: what else somebody did to it. */
static struct span podman_db(const char *config, const char *sql)
{
	static uint8_t file[1 << 16];
	sqlite3_stmt *s = NULL;
	sqlite3 *db = NULL;
	sqlite3_int64 n = 0;
	unsigned char *bytes;
	int rc = sqlite3_open(":memory:", &db);

	/* libpod/sqlite_state_internal.go, without what is not asked for */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(
			db,
			"CREATE TABLE ContainerConfig (ID TEXT NOT NULL PRIMARY KEY, Name TEXT"
			" NOT NULL, PodID TEXT, JSON TEXT NOT NULL);"
			"INSERT INTO ContainerConfig VALUES ('b0', 'db', '', '{\"name\":\"db\"}')",
			NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db,
					"INSERT INTO ContainerConfig VALUES ('" ID "','web','',?)",
					-1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 1, config, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_DONE)
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_finalize(s);
	bytes = rc == SQLITE_OK ? sqlite3_serialize(db, "main", &n, 0) : NULL;
	if (!bytes || n > (sqlite3_int64)sizeof(file))
		exit(2);
	memcpy(file, bytes, (size_t)n);
	sqlite3_free(bytes);
	sqlite3_close(db);
	return span_of(file, (size_t)n);
}

static const char podman_config[] =
	"{\"spec\":null,\"id\":\"" ID "\",\"name\":\"web\",\"rootfsImageName\":\"docker.io/library/"
	"nginx:1\",\"labels\":{\"app.kubernetes.io/name\":\"shop\",\"db-password\":\"hunter2\","
	"\"evil\":\"a\\u0000b\",\"esc\":\"\\u001b[2J\"},\"env\":{\"API_KEY\":\"sk-1\"}}";

TEST(podmans_database_has_labels_too)
{
	struct span db = podman_db(podman_config, "");

	/* A label with a NUL, or whose name says that it is a secret, is none; escapes are shown
	 * safely later. */
	ASSERT_STR(told(STATE_PODMAN_DB, db),
		   "container.name=web container.image.name=docker.io/library/nginx:1 "
		   "label.app.kubernetes.io/name=shop label.esc=\x1b[2J");
	ASSERT_STR(told_in(STATE_PODMAN_DB, db, 1000), text);
	/* It was in WAL mode. */
	((uint8_t *)db.p)[18] = ((uint8_t *)db.p)[19] = 2;
	told(STATE_PODMAN_DB, db);
	ASSERT(strstr(text, "label.app.kubernetes.io/name=shop"));
}

TEST(a_database_that_somebody_made_otherwise)
{
	static const char *const sql[] = {
		"DELETE FROM ContainerConfig",
		"DROP TABLE ContainerConfig",
		"UPDATE ContainerConfig SET JSON = '{'",
		"UPDATE ContainerConfig SET JSON = x'00ff'",
		"DROP TABLE ContainerConfig; CREATE VIEW ContainerConfig AS WITH r(ID) AS (SELECT 1 UNION ALL"
		" SELECT ID + 1 FROM r) SELECT ID, '{}' AS JSON FROM r",
		"DROP TABLE ContainerConfig; CREATE TABLE ContainerConfig (ID, JSON AS (zeroblob(1 << 30)))",
	};
	struct span db;

	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		ASSERT_STR(told(STATE_PODMAN_DB, podman_db(podman_config, sql[i])), "");
	/* Cut anywhere, and with any byte of its pages changed. */
	db = podman_db(podman_config, "");
	for (size_t n = 0; n < db.n; n += 97)
		told(STATE_PODMAN_DB, span_of(db.p, n));
	for (size_t at = 0; at < db.n; at += 13) {
		uint8_t was = db.p[at];

		((uint8_t *)db.p)[at] ^= 0xff;
		told(STATE_PODMAN_DB, db);
		((uint8_t *)db.p)[at] = was;
	}
}

TEST_MAIN()
