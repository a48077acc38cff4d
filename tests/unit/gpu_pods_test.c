// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "gpu/grpc_call.h"
#include "gpu/pod_resources.h"
#include "gpu_fixture.h"

struct bytes {
	uint8_t p[4096];
	size_t n;
};

static void put_field(struct bytes *b, int number, const void *p, size_t n)
{
	b->p[b->n++] = (uint8_t)(number << 3 | 2);
	if (n > 127)
		b->p[b->n++] = (uint8_t)(n | 128);
	b->p[b->n++] = (uint8_t)(n > 127 ? n >> 7 : n);
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void put_text(struct bytes *b, int number, const char *text)
{
	put_field(b, number, text, strlen(text));
}

static void put_inner(struct bytes *b, int number, const struct bytes *inner)
{
	put_field(b, number, inner->p, inner->n);
}

/* A pod with one container that was given one device. */
static void put_pod(struct bytes *b, const char *pod, const char *resource, const char *id)
{
	struct bytes devices = { .n = 0 }, container = { .n = 0 }, one = { .n = 0 };

	put_text(&devices, 1, resource);
	put_text(&devices, 2, id);
	put_text(&container, 1, "server");
	put_inner(&container, 2, &devices);
	put_text(&one, 1, pod);
	put_text(&one, 2, "shop");
	put_inner(&one, 3, &container);
	put_inner(b, 1, &one);
}

struct told {
	size_t count;
	char device[8][GPU_ID_MAX];
	struct gpu_claim c[8];
};

static void on_claim(void *ctx, const char *device, const struct gpu_claim *c)
{
	struct told *t = ctx;

	if (t->count == 8)
		return;
	snprintf(t->device[t->count], GPU_ID_MAX, "%s", device);
	t->c[t->count++] = *c;
}

static void make_response(struct bytes *b)
{
	struct bytes cdi = { .n = 0 }, resource = { .n = 0 }, dynamic = { .n = 0 };
	struct bytes container = { .n = 0 }, pod = { .n = 0 };

	put_pod(b, "vllm-0", "nvidia.com/gpu", UUID "::2");
	put_pod(b, "nic-0", "intel.com/sriov", "0000:5e:00.1");
	put_pod(b, "slice-0", "nvidia.com/mig-1g.10gb", "MIG-a");
	put_pod(b, "gke-0", "nvidia.com/gpu", "nvidia0/vgpu1");
	put_pod(b, "rocm-0", "amd.com/gpu", "0000:03:00.0");
	put_text(&cdi, 1, "k8s.gpu.nvidia.com/device=GPU-9");
	put_inner(&resource, 4, &cdi);
	/* claim_resources { cdi_devices = 1 } within dynamic_resources */
	resource.n = 0;
	put_inner(&resource, 1, &cdi);
	put_text(&dynamic, 1, "gpu.nvidia.com");
	put_text(&dynamic, 2, "one-gpu");
	put_text(&dynamic, 3, "lab");
	put_inner(&dynamic, 4, &resource);
	put_text(&container, 1, "train");
	put_inner(&container, 5, &dynamic);
	put_text(&pod, 1, "dra-0");
	put_text(&pod, 2, "lab");
	put_inner(&pod, 3, &container);
	put_inner(b, 1, &pod);
}

TEST(reads_spellings_of_devices)
{
	static struct bytes b;
	static struct told t;

	b.n = t.count = 0;
	make_response(&b);
	ASSERT_EQ(pod_resources__read(span_of(b.p, b.n), on_claim, &t), 0);
	ASSERT_EQ(t.count, 5);
	ASSERT_STR(t.device[0], UUID);
	ASSERT(t.c[0].shared);
	ASSERT_STR(t.c[0].pod, "vllm-0");
	ASSERT_STR(t.c[0].namespace, "shop");
	ASSERT_STR(t.c[0].container, "server");
	ASSERT_STR(t.c[0].resource, "nvidia.com/gpu");
	ASSERT_STR(t.device[1], "MIG-a");
	ASSERT(!t.c[1].shared);
	ASSERT_STR(t.device[2], "nvidia0");
	ASSERT(t.c[2].shared);
	ASSERT_STR(t.device[3], "PCI-0000:03:00.0");
	ASSERT_STR(t.device[4], "GPU-9");
	ASSERT_STR(t.c[4].pod, "dra-0");
	ASSERT_STR(t.c[4].namespace, "lab");
	ASSERT_STR(t.c[4].resource, "one-gpu");
}

TEST(each_prefix_is_fine)
{
	static struct bytes b;
	static struct told t;

	b.n = 0;
	make_response(&b);
	for (size_t n = 0; n <= b.n; n++) {
		struct span s = test_guard(span_of(b.p, n));

		t.count = 0;
		pod_resources__read(s, on_claim, &t);
		test_unguard(s);
	}
}

/* What a server sends: settings, headers, the body in two frames, trailers. */
static size_t make_answer(uint8_t *to, const struct bytes *b)
{
	static const uint8_t settings[] = { 0, 0, 0, 4, 0, 0, 0, 0, 0 };
	static const uint8_t headers[] = { 0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88 };
	static const uint8_t ping[] = { 0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint8_t trailers[] = { 0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88 };
	uint8_t message[4096 + 5] = { 0, 0, 0, (uint8_t)(b->n >> 8), (uint8_t)b->n };
	size_t n = 0, whole = b->n + 5, half = whole / 2;

	memcpy(message + 5, b->p, b->n);
	memcpy(to, settings, sizeof(settings));
	n += sizeof(settings);
	memcpy(to + n, headers, sizeof(headers));
	n += sizeof(headers);
	memcpy(to + n, ping, sizeof(ping));
	n += sizeof(ping);
	for (int i = 0; i < 2; i++) {
		size_t part = i ? whole - half : half;

		memcpy(to + n,
		       (uint8_t[]){ 0, (uint8_t)(part >> 8), (uint8_t)part, 0, 0, 0, 0, 0, 1 }, 9);
		memcpy(to + n + 9, message + (i ? half : 0), part);
		n += 9 + part;
	}
	memcpy(to + n, trailers, sizeof(trailers));
	return n + sizeof(trailers);
}

/* Byte by byte, as frames come. */
TEST(frames_of_an_answer)
{
	static struct bytes b;
	static uint8_t wire[8192];
	struct buffer body = { .p = NULL }, reply = { .p = NULL };
	struct span message;
	size_t n, at = 0;
	bool end = false;

	b.n = 0;
	make_response(&b);
	n = make_answer(wire, &b);
	for (size_t have = 0; have <= n && !end; have++) {
		int took =
			grpc_call_frame(span_of(wire + at, have - at), &body, 65536, &reply, &end);

		if (took == -EAGAIN)
			continue;
		ASSERT(took > 0);
		at += (size_t)took;
	}
	ASSERT(end);
	ASSERT_EQ(at, n);
	/* Settings are acknowledged, and the ping is answered with what it brought. */
	ASSERT_EQ(reply.n, 9 + 17);
	ASSERT_EQ(reply.p[4], 1);
	ASSERT_EQ(reply.p[9 + 4], 1);
	ASSERT_EQ(reply.p[9 + 16], 8);
	ASSERT_EQ(grpc_call_message(span_of(body.p, body.n), &message), 0);
	ASSERT_EQ(message.n, b.n);
	buffer__free(&body);
	buffer__free(&reply);
}

TEST(refusals)
{
	static const uint8_t goaway[] = { 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
	struct buffer body = { .p = NULL }, reply = { .p = NULL };
	struct span message;
	bool end = false;

	ASSERT_EQ(grpc_call_frame(span_of(goaway, sizeof(goaway)), &body, 64, &reply, &end),
		  -EPROTO);
	ASSERT_EQ(grpc_call_frame(SPAN("HTTP/1.1 400 Bad Request\r\n"), &body, 64, &reply, &end),
		  -EPROTO);
	ASSERT_EQ(grpc_call_message(SPAN("\1\0\0\0\0"), &message), -EBADMSG);
	ASSERT_EQ(grpc_call_message(SPAN("\0\0\0\0\2a"), &message), -EBADMSG);
	buffer__free(&body);
	buffer__free(&reply);
}

/* A kubelet that answers one call and ends, as a process of its own. */
static pid_t serve(const char *path, const struct bytes *b)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	static uint8_t wire[8192];
	size_t n = make_answer(wire, b);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), one;
	pid_t pid;

	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 1))
		abort();
	pid = fork();
	if (pid == 0) {
		uint8_t request[1024];

		one = accept(fd, NULL, NULL);
		if (recv(one, request, sizeof(request), 0) < 30 ||
		    memcmp(request, "PRI * HTTP/2.0", 14) != 0 ||
		    send(one, wire, n, 0) != (ssize_t)n)
			_exit(1);
		while (recv(one, request, sizeof(request), 0) > 0)
			;
		_exit(0);
	}
	close(fd);
	return pid;
}

/* The socket is made anew by a kubelet that starts again; while it is away its word stands. */
TEST(kubelet_that_restarts)
{
	static struct rig r;
	static struct bytes b;
	struct gpu_teller t;
	char path[108];
	void *kubelet;
	int status;

	rig__init(&r);
	rig__line(&r, 1, "- time %llu", (unsigned long long)WALL);
	rig__line(&r, 1, "- begin 550.54.14");
	rig__line(&r, 1, "0 device 0 1 85520809984 0 0 " UUID " - 0000:3b:00.0 H100");
	rig__line(&r, 1, "- listed");
	ASSERT(!gpu_sources[GPU_SOURCE_KUBELET]->present(&r.opts));
	rig__file(&r, "var/lib/kubelet/pod-resources/x", "");
	ASSERT(gpu_sources[GPU_SOURCE_KUBELET]->present(&r.opts));
	snprintf(path, sizeof(path), "%s/var/lib/kubelet/pod-resources/kubelet.sock", r.folder);
	ASSERT_EQ(rig__open(&r, STANDIN, 1), 0);
	t = r.teller;
	t.source = GPU_SOURCE_KUBELET;
	ASSERT_EQ(gpu_sources[GPU_SOURCE_KUBELET]->open(&r.opts, &t, &kubelet), 0);
	b.n = 0;
	make_response(&b);
	for (int i = 1; i <= 4; i++) {
		pid_t pid = i == 3 ? 0 : serve(path, &b);

		if (i == 3)
			unlink(path);
		t.ts = (uint64_t)i * SECOND;
		ASSERT_EQ(gpu_source__pass(gpu_sources[GPU_SOURCE_KUBELET], kubelet, &t), 0);
		ASSERT_EQ(r.told_state, i == 3 ? GPU_STATE_FAILED : GPU_STATE_WORKS);
		if (pid)
			ASSERT(waitpid(pid, &status, 0) == pid && !status);
		ASSERT_EQ(rig__pass(&r, i + 0.5), 0);
	}
	ASSERT_EQ(r.count, 3);
	for (size_t i = 0; i < r.count; i++) {
		ASSERT(r.kept[i].w.known & GPU_KNOWS_CLAIMS);
		/* By its id, and by GKE's number. */
		ASSERT_EQ(r.kept[i].w.claim_count, 2);
		ASSERT_STR(r.kept[i].claims[0].pod, "vllm-0");
		ASSERT_STR(r.kept[i].claims[1].pod, "gke-0");
	}
	gpu_sources[GPU_SOURCE_KUBELET]->close(kubelet);
	rig__fini(&r);
}

TEST_MAIN()
