// SPDX-License-Identifier: BSD-2-Clause
/* What runtimes keep of containers, as they write it. */
#include "capture/state.h"
#include "test.h"

#define ID "4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192"

/* Names and values, "name=value" with blanks between. */
static const char *told(enum state_kind kind, struct span file)
{
	static char text[4096];
	struct wire_told t = { .len = 0 };

	state_read(kind, SPAN(ID), file, &t);
	for (uint32_t i = 0, names = 0; i < t.len; i++)
		text[i] = t.text[i] ? t.text[i] : names++ % 2 ? ' ' : '=';
	text[t.len] = '\0';
	if (t.len)
		text[t.len - 1] = '\0';
	return text;
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

TEST(a_file_cut_anywhere_says_what_it_said)
{
	for (size_t n = 0; n < sizeof(docker); n++) {
		struct span cut = test_guard(span_of(docker, n));
		struct wire_told t = { .len = 0 };

		state_read(STATE_DOCKER, SPAN(ID), cut, &t);
		ASSERT(!t.len || !t.text[t.len - 1]);
		test_unguard(cut);
	}
}

TEST(labels_are_bounded)
{
	char *file = malloc(2 << 20);
	size_t n = (size_t)sprintf(file, "{\"Config\":{\"Labels\":{\"long\":\"%0*d\"", 65536, 1);
	struct wire_told t = { .len = 0 };

	for (int i = 0; i < 10000; i++)
		n += (size_t)sprintf(file + n, ",\"label%d\":\"a\\u0000b\"", i);
	for (int i = 0; i < 10000; i++)
		n += (size_t)sprintf(file + n, ",\"more%d\":\"%0*d\"", i, 60, i);
	state_read(STATE_DOCKER, SPAN(ID), span_of(file, n), &t);
	free(file);
	ASSERT(t.len > sizeof(t.text) - 100 && t.len <= sizeof(t.text));
	/* Names and values come in pairs still. */
	for (uint32_t i = n = 0; i < t.len; i++)
		n += !t.text[i];
	ASSERT_EQ(n % 2, 0);
}

TEST_MAIN()
