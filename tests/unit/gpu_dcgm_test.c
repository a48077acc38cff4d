// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "gpu/dcgm_metrics.h"
#include "gpu/metrics_text.h"
#include "gpu_fixture.h"

/* 1.7: names of its own, "uuid" in small letters. */
#define TEXT_1                                                      \
	"# HELP dcgm_gpu_utilization GPU utilization (in %).\n"     \
	"# TYPE dcgm_gpu_utilization gauge\n"                       \
	"dcgm_gpu_utilization{gpu=\"0\",uuid=\"" UUID "\"} 62\n"    \
	"dcgm_fb_free{gpu=\"0\",uuid=\"" UUID "\"} 20000\n"         \
	"dcgm_fb_used{gpu=\"0\",uuid=\"" UUID "\"} 12510\n"         \
	"dcgm_power_usage{gpu=\"0\",uuid=\"" UUID "\"} 91.427000\n" \
	"dcgm_fi_prof_gr_engine_active{gpu=\"0\",uuid=\"" UUID "\"} 0.250000\n"

/* 2.4: blanks between labels, pods; two of them share the GPU, each with the same figures. */
#define POD_2(pod)                \
	"gpu=\"0\", UUID=\"" UUID \
	"\", device=\"nvidia0\",container=\"server\",namespace=\"shop\",pod=\"" pod "\""
#define TEXT_2                                                                                                                                                                \
	"DCGM_FI_DEV_GPU_UTIL{" POD_2(                                                                                                                                        \
		"vllm-0") "} 62\n"                                                                                                                                            \
			  "DCGM_FI_DEV_GPU_UTIL{" POD_2(                                                                                                                      \
				  "vllm-1") "} 62\n"                                                                                                                          \
					    "DCGM_FI_DEV_FB_USED{" POD_2(                                                                                                     \
						    "vllm-0") "} 12510\n"                                                                                                     \
							      "DCGM_FI_DEV_FB_USED{" POD_2(                                                                                   \
								      "vllm-1") "} 12510\n"                                                                                   \
										"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{" POD_2(                                                \
											"vllm-0") "} 9000\n"                                                                  \
												  "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{" POD_2(                              \
													  "vllm-1") "} 9000\n"                                                \
														    "DCGM_FI_PROF_GR_ENGINE_ACTIVE{" POD_2(                   \
															    "vllm-0") "} 0.25\n"                              \
																      "DCGM_FI_PROF_GR_ENGINE_ACTIVE{" POD_2( \
																	      "vllm-1") "} 0.25\n"

/* 3.3: the model's name, the driver's version; a slice, and its GPU. */
#define GPU_3                                                                                 \
	"gpu=\"0\",UUID=\"" UUID "\",device=\"nvidia0\",modelName=\"NVIDIA A100-SXM4-40GB\"," \
	"Hostname=\"node1\",DCGM_FI_DRIVER_VERSION=\"535.104.05\""
#define TEXT_3                                                                                   \
	"DCGM_FI_DEV_FB_USED{" GPU_3 ",GPU_I_PROFILE=\"1g.5gb\",GPU_I_ID=\"9\"} 1000\n"          \
	"DCGM_FI_PROF_GR_ENGINE_ACTIVE{" GPU_3 ",GPU_I_PROFILE=\"1g.5gb\",GPU_I_ID=\"9\"} 0.5\n" \
	"DCGM_FI_DEV_FB_USED{" GPU_3 "} 9000\n"                                                  \
	"DCGM_FI_PROF_GR_ENGINE_ACTIVE{" GPU_3 "} 0.125000\n"                                    \
	"DCGM_FI_PROF_SM_ACTIVE{" GPU_3 "} NaN\n"

/* 4.2: the PCI address, a time behind the value, labels of users with anything in them. */
#define GPU_4                                                                                 \
	"gpu=\"0\",UUID=\"" UUID "\",pci_bus_id=\"00000000:3B:00.0\",device=\"nvidia0\","     \
	"modelName=\"NVIDIA H100 80GB HBM3\",Hostname=\"n\",hpc_job=\"a \\\"b\\\" } c\\\\\"," \
	"DCGM_FI_DRIVER_VERSION=\"570.86.10\""
#define TEXT_4                                               \
	"DCGM_FI_DEV_GPU_UTIL{" GPU_4 "} 62 1764177123000\n" \
	"DCGM_FI_PROF_GR_ENGINE_ACTIVE{" GPU_4 "} 0.25\r\n"  \
	"DCGM_FI_PROF_SM_ACTIVE{" GPU_4 "} 8.1e-02\n"        \
	"DCGM_FI_PROF_DRAM_ACTIVE{" GPU_4 "} 0.300000\n"     \
	"DCGM_FI_DEV_XID_ERRORS{" GPU_4 "} 0\n"

TEST(lines)
{
	struct metric_line m;

	ASSERT_EQ(metrics_text__line(&m, SPAN("up 1")), 0);
	ASSERT_EQ(m.value, 1);
	ASSERT_EQ(metrics_text__line(&m, SPAN("a{x=\"1\",y=\"\",} -2.5 17")), 0);
	ASSERT_EQ(m.label_count, 2);
	ASSERT_SPAN(metric_line__label(&m, "X"), "1");
	ASSERT_EQ(metric_line__label(&m, "z").n, 0);
	ASSERT_EQ(metrics_text__line(&m, SPAN("# HELP up")), -ENOENT);
	ASSERT_EQ(metrics_text__line(&m, SPAN("")), -ENOENT);
	ASSERT_EQ(metrics_text__line(&m, SPAN("a NaN")), -ERANGE);
	ASSERT_EQ(metrics_text__line(&m, SPAN("a{x=\"1} 2")), -EBADMSG);
	ASSERT_EQ(metrics_text__line(&m, SPAN("a{x=\"1\\")), -EBADMSG);
	ASSERT_EQ(metrics_text__line(&m, SPAN("a{x} 2")), -EBADMSG);
	ASSERT_EQ(metrics_text__line(&m, SPAN("a")), -EBADMSG);
	ASSERT_EQ(metrics_text__line(&m, SPAN("a 2x")), -EBADMSG);
}

TEST(each_prefix_is_fine)
{
	struct span whole = SPAN(TEXT_4);
	static struct dcgm_metrics m;

	for (size_t n = 0; n <= whole.n; n++) {
		struct span s = test_guard(span_of(whole.p, n));

		dcgm_metrics__read(&m, s);
		test_unguard(s);
	}
}

TEST(four_versions)
{
	static struct dcgm_metrics m;

	dcgm_metrics__read(&m, SPAN(TEXT_1));
	ASSERT_EQ(m.count, 1);
	ASSERT_STR(m.devices[0].uuid, UUID);
	ASSERT_EQ(m.devices[0].value[DCGM_GPU_UTIL], 62);
	ASSERT_EQ(m.devices[0].value[DCGM_FB_USED], 12510);
	ASSERT(m.devices[0].value[DCGM_GR_ENGINE_ACTIVE] == 0.25);
	dcgm_metrics__read(&m, SPAN(TEXT_2));
	ASSERT_EQ(m.count, 1);
	ASSERT_EQ(m.devices[0].value[DCGM_FB_USED], 12510);
	dcgm_metrics__read(&m, SPAN(TEXT_3));
	ASSERT_EQ(m.count, 2);
	ASSERT(m.devices[0].slice && m.devices[0].instance == 9);
	ASSERT(!m.devices[1].slice);
	ASSERT_STR(m.devices[1].name, "NVIDIA A100-SXM4-40GB");
	ASSERT_STR(m.driver, "535.104.05");
	ASSERT_EQ(m.devices[1].known & 1u << DCGM_SM_ACTIVE, 0);
	dcgm_metrics__read(&m, SPAN(TEXT_4));
	ASSERT_EQ(m.count, 1);
	ASSERT_STR(m.devices[0].pci, "0000:3b:00.0");
	ASSERT(m.devices[0].value[DCGM_SM_ACTIVE] == 0.081);
}

/* Answers so many times, as a process of its own. */
static pid_t serve(const char *text, int times, unsigned int *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid;

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 8) ||
	    getsockname(fd, (struct sockaddr *)&a, &n))
		abort();
	*ret_port = ntohs(a.sin_port);
	pid = fork();
	if (pid) {
		close(fd);
		return pid;
	}
	while (times--) {
		int one = accept(fd, NULL, NULL);
		char request[1024];

		if (recv(one, request, sizeof(request), 0) <= 0)
			_exit(1);
		dprintf(one, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n%s", text);
		close(one);
	}
	_exit(0);
}

static void scrape(struct rig *r, const char *text, int times)
{
	unsigned int port;
	char url[64];
	int status;
	pid_t pid = serve(text, times, &port);

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/metrics", port);
	r->opts.dcgm = url;
	r->source = gpu_sources[GPU_SOURCE_DCGM];
	r->teller.source = GPU_SOURCE_DCGM;
	rig__at(r, 10 * SECOND);
	if (r->source->open(&r->opts, &r->teller, &r->state))
		abort();
	for (int i = 1; i <= times; i++)
		rig__pass(r, i * 10);
	if (waitpid(pid, &status, 0) != pid || status)
		abort();
}

/* Two pods on one GPU: it is one device, and each second of it is in one window. */
TEST(shared_gpu_is_counted_once)
{
	static struct rig r;

	rig__init(&r);
	ASSERT(!gpu_sources[GPU_SOURCE_DCGM]->present(&r.opts));
	scrape(&r, TEXT_2, 4);
	ASSERT_EQ(r.told_state, GPU_STATE_WORKS);
	ASSERT_EQ(r.count, 3);
	ASSERT(rig__tiles(&r));
	for (size_t i = 0; i < r.count; i++) {
		ASSERT_STR(r.kept[i].device.id, UUID);
		ASSERT_EQ(r.kept[i].w.metric, GPU_METRIC_GR_ENGINE_ACTIVE);
		ASSERT_EQ(r.kept[i].w.busy_ns, 5 * SECOND / 2);
		ASSERT_EQ(r.kept[i].w.memory_bytes, 12510ull << 20);
		ASSERT_EQ(r.kept[i].w.losses, GPU_LOSS_PROCESSES);
	}
	rig__pass(&r, 50);
	ASSERT_EQ(r.told_state, GPU_STATE_FAILED);
	rig__fini(&r);
}

TEST(slices_by_their_number)
{
	static struct rig r;
	int slices = 0;

	rig__init(&r);
	scrape(&r, TEXT_3, 3);
	ASSERT_EQ(r.count, 4);
	ASSERT(rig__tiles(&r));
	for (size_t i = 0; i < r.count; i++) {
		bool slice = *r.kept[i].device.parent;

		slices += slice;
		ASSERT_EQ(r.kept[i].device.divided, !slice);
		ASSERT_EQ(r.kept[i].w.busy_ns, slice ? 5 * SECOND : 10 * SECOND / 8);
	}
	ASSERT_EQ(slices, 2);
	rig__fini(&r);
}

TEST_MAIN()
