// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "gpu/drm_fdinfo.h"
#include "gpu_fixture.h"

#define AMD_TEXT                                   \
	"pos:\t0\nflags:\t02100002\nmnt_id:\t29\n" \
	"drm-driver:\tamdgpu\n"                    \
	"drm-client-id:\t7\n"                      \
	"drm-pdev:\t0000:03:00.0\n"                \
	"drm-memory-vram:\t1024 KiB\n"             \
	"drm-memory-gtt: \t512 KiB\n"              \
	"drm-resident-vram:\t2 MiB\n"              \
	"drm-shared-vram:\t900 MiB\n"              \
	"drm-engine-gfx:\t9288864723 ns\n"         \
	"drm-engine-compute:\t26478901 ns\n"       \
	"drm-engine-capacity-compute:\t4\n"        \
	"drm-engine-dec:\t77 ns\n"

TEST(reads_amdgpu)
{
	struct drm_fdinfo f;

	ASSERT_EQ(drm_fdinfo__parse(&f, SPAN(AMD_TEXT)), 0);
	ASSERT_STR(f.driver, "amdgpu");
	ASSERT_STR(f.pdev, "0000:03:00.0");
	ASSERT_EQ(f.client, 7);
	ASSERT_EQ(f.memory, 2 << 20);
	ASSERT_EQ(f.engine_count, 3);
	ASSERT_STR(f.engines[0].name, "gfx");
	ASSERT_EQ(f.engines[0].busy_ns, 9288864723);
	ASSERT_EQ(f.engines[0].capacity, 1);
	ASSERT_EQ(f.engines[1].capacity, 4);
	ASSERT(drm_engine__computes(&f.engines[1]));
	ASSERT(!drm_engine__computes(&f.engines[2]));
}

TEST(reads_xe_and_i915)
{
	struct drm_fdinfo f;

	ASSERT_EQ(drm_fdinfo__parse(&f,
				    SPAN("drm-driver: xe\ndrm-client-id: 12\n"
					 "drm-pdev: 0000:00:02.0\n"
					 "drm-total-vram0: 99 MiB\ndrm-resident-vram0: 3 MiB\n"
					 "drm-resident-vram1: 1 MiB\ndrm-resident-system: 5 MiB\n"
					 "drm-cycles-rcs: 28257900\n"
					 "drm-total-cycles-rcs: 7655183225\n"
					 "drm-engine-capacity-ccs: 4\n")),
		  0);
	ASSERT_EQ(f.memory, 4 << 20);
	ASSERT_EQ(f.engines[0].cycles, 28257900);
	ASSERT_EQ(f.engines[0].total, 7655183225);
	ASSERT_EQ(f.engines[0].busy_ns, UINT64_MAX);
	ASSERT_EQ(drm_fdinfo__parse(&f, SPAN("drm-driver:\ti915\ndrm-engine-render:\t5 ns\n"
					     "drm-engine-copy:\t9 ns\n")),
		  0);
	ASSERT_EQ(f.client, UINT64_MAX);
	ASSERT_EQ(f.memory, UINT64_MAX);
	ASSERT_STR(f.pdev, "");
}

TEST(what_makes_no_sense_is_passed_over)
{
	struct drm_fdinfo f;

	ASSERT_EQ(drm_fdinfo__parse(&f, SPAN("pos:\t0\nflags:\t02\n")), -EBADMSG);
	ASSERT_EQ(drm_fdinfo__parse(&f, SPAN("")), -EBADMSG);
	ASSERT_EQ(drm_fdinfo__parse(
			  &f,
			  SPAN("drm-driver: amdgpu\ndrm-engine-gfx: 99999999999999999999999 ns\n"
			       "drm-engine-compute: 5 s\ndrm-engine-: 5 ns\n"
			       "drm-engine-capacity-gfx: 0\ndrm-engine-gfx 7 ns\n"
			       "drm-resident-vram: 17179869184 GiB\n"
			       "drm-resident-vram: 18446744073709551615 KiB\n")),
		  0);
	ASSERT_EQ(f.memory, UINT64_MAX);
	for (size_t i = 0; i < f.engine_count; i++) {
		ASSERT_EQ(f.engines[i].busy_ns, UINT64_MAX);
		ASSERT_EQ(f.engines[i].capacity, 1);
	}
}

TEST(each_prefix_is_fine)
{
	struct span whole = SPAN(AMD_TEXT);

	for (size_t n = 0; n <= whole.n; n++) {
		struct span s = test_guard(span_of(whole.p, n));
		struct drm_fdinfo f;

		drm_fdinfo__parse(&f, s);
		test_unguard(s);
	}
}

static void link_to(struct rig *r, const char *name, const char *target)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", r->folder, name);
	unlink(path);
	rig__file(r, name, ""); /* and the folders that it is in */
	unlink(path);
	if (symlink(target, path))
		abort();
}

static void fdinfo(struct rig *r, unsigned int pid, unsigned int fd, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void fdinfo(struct rig *r, unsigned int pid, unsigned int fd, const char *fmt, ...)
{
	char name[64], text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snprintf(name, sizeof(name), "proc/%u/fdinfo/%u", pid, fd);
	rig__file(r, name, text);
	snprintf(name, sizeof(name), "proc/%u/fd/%u", pid, fd);
	link_to(r, name, "/dev/dri/renderD128");
}

static void begin(struct rig *r)
{
	rig__init(r);
	rig__file(r, "sys/class/drm/card1/device/uevent",
		  "DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_SLOT_NAME=0000:03:00.0\n");
	rig__file(r, "sys/class/drm/card1/device/device", "0x744c\n");
	rig__file(r, "sys/class/drm/card1/device/mem_info_vram_total", "25753026560\n");
	rig__file(r, "sys/class/drm/card1/device/mem_info_vram_used", "6000000000\n");
	rig__file(r, "sys/class/drm/card1/device/hwmon/hwmon3/power1_average", "91000000\n");
	rig__file(r, "sys/class/drm/card1-DP-1/status", "connected\n");
	link_to(r, "sys/class/drm/card1/device/driver", "../../../bus/pci/drivers/amdgpu");
	link_to(r, "sys/class/drm/renderD128/device", "../../../0000:03:00.0");
	rig__process(r, 501, "ollama", 4000);
	rig__process(r, 502, "python3", 5000);
	rig__process(r, 503, "bash", 6000);
	rig__file(r, "proc/503/fd/0", "");
}

static int open_source(struct rig *r, enum gpu_source_number which, double t)
{
	r->source = gpu_sources[which];
	r->teller.source = (uint8_t)which;
	rig__at(r, (uint64_t)(t * 1e9));
	return r->source->open(&r->opts, &r->teller, &r->state);
}

TEST(engines_are_time_of_processes)
{
	static struct rig r;
	const struct kept *k;

	begin(&r);
	ASSERT(gpu_sources[GPU_SOURCE_DRM]->present(&r.opts));
	for (int t = 100; t <= 110; t++) {
		unsigned long long gfx = 5000000000ull + (unsigned long long)(t - 100) * 300000000;

		/* One client, by two descriptors and in a child: counted once. */
		for (unsigned int fd = 4; fd <= 5; fd++)
			fdinfo(&r, 501, fd,
			       "drm-driver:\tamdgpu\ndrm-client-id:\t7\ndrm-pdev:\t0000:03:00.0\n"
			       "drm-resident-vram:\t4000 MiB\ndrm-engine-gfx:\t%llu ns\n",
			       gfx);
		/* No drm-pdev; its counter steps back once. */
		fdinfo(&r, 502, 9,
		       "drm-driver:\tamdgpu\ndrm-client-id:\t8\ndrm-memory-vram:\t1000 MiB\n"
		       "drm-engine-compute:\t%llu ns\ndrm-engine-capacity-compute:\t2\n",
		       t == 105 ? 1ull : (unsigned long long)(t - 100) * 400000000);
		if (t == 100)
			ASSERT_EQ(open_source(&r, GPU_SOURCE_DRM, t), 0);
		ASSERT_EQ(rig__pass(&r, t), 0);
	}
	ASSERT_EQ(r.count, 10);
	ASSERT(rig__tiles(&r));
	k = &r.kept[2];
	ASSERT_STR(k->device.id, "PCI-0000:03:00.0");
	ASSERT_STR(k->device.name, "amdgpu 744c");
	ASSERT_EQ(k->device.vendor, GPU_VENDOR_AMD);
	ASSERT_EQ(k->device.memory_bytes, 25753026560);
	ASSERT_EQ(k->w.metric, GPU_METRIC_ENGINES);
	ASSERT_EQ(k->w.busy_ns, 500000000);
	ASSERT_EQ(k->w.power_mw, 91000);
	ASSERT_EQ(k->w.memory_bytes, 6000000000);
	ASSERT_EQ(k->w.process_count, 2);
	for (int i = 0; i < 2; i++) {
		const struct gpu_process *p = &k->processes[i];
		bool first = p->proc.tgid == 501;

		ASSERT_EQ(p->busy_ns, first ? 300000000 : 200000000);
		ASSERT_EQ(p->memory_bytes, (uint64_t)(first ? 4000 : 1000) << 20);
		ASSERT_EQ(p->proc.start_ns, first ? 40000000000 : 50000000000);
		ASSERT_STR(p->comm, first ? "ollama" : "python3");
	}
	/* 5 s of gfx and 2 s of compute in 10 s: what stepped back is made up for. */
	ASSERT_EQ(rig__busy(&r), 10 * 300000000ull + 10 * 200000000ull);
	rig__fini(&r);
}

/* Work of ROCm that is not in the engines: the gauge tells the device, compute units the shares. */
TEST(kfd_and_its_compute_units)
{
	static struct rig r;
	const struct kept *k;

	begin(&r);
	rig__file(&r, "sys/class/kfd/kfd/topology/nodes/0/gpu_id", "0\n");
	rig__file(&r, "sys/class/kfd/kfd/topology/nodes/1/gpu_id", "38946\n");
	rig__file(&r, "sys/class/kfd/kfd/topology/nodes/1/properties",
		  "cpu_cores_count 0\nsimd_count 384\nsimd_per_cu 4\nlocation_id 768\ndomain 0\n");
	rig__file(&r, "sys/class/kfd/kfd/proc/501/vram_38946", "4194304000\n");
	rig__file(&r, "sys/class/kfd/kfd/proc/501/stats_38946/cu_occupancy", "48\n");
	rig__file(&r, "sys/class/kfd/kfd/proc/502/vram_38946", "1048576\n");
	rig__file(&r, "sys/class/kfd/kfd/proc/502/stats_38946/cu_occupancy", "12\n");
	ASSERT(gpu_sources[GPU_SOURCE_KFD]->present(&r.opts));
	ASSERT_EQ(open_source(&r, GPU_SOURCE_KFD, 100), 0);
	for (int t = 100; t <= 105; t++)
		ASSERT_EQ(rig__pass(&r, t), 0);
	ASSERT_EQ(r.count, 5);
	ASSERT(rig__tiles(&r));
	k = &r.kept[3];
	ASSERT_STR(k->device.id, "PCI-0000:03:00.0");
	ASSERT_EQ(k->w.known & GPU_KNOWS_BUSY, 0);
	ASSERT_EQ(k->w.process_count, 2);
	for (int i = 0; i < 2; i++) {
		bool first = k->processes[i].proc.tgid == 501;

		ASSERT_EQ(k->processes[i].metric, GPU_METRIC_COMPUTE_UNITS);
		ASSERT(k->processes[i].busy_ns / 1000 == (first ? 499999 : 124999) ||
		       k->processes[i].busy_ns / 1000 == (first ? 500000 : 125000));
		ASSERT_EQ(k->processes[i].memory_bytes, first ? 4194304000 : 1048576);
	}
	rig__fini(&r);
}

/* Both tell of one device: it is one, its memory the larger figure, and nobody has ended. */
TEST(two_sources_of_one_device)
{
	static struct rig r;
	struct gpu_teller t;
	void *kfd;

	begin(&r);
	rig__file(&r, "sys/class/drm/card1/device/gpu_busy_percent", "40\n");
	rig__file(&r, "sys/class/kfd/kfd/topology/nodes/1/gpu_id", "38946\n");
	rig__file(&r, "sys/class/kfd/kfd/topology/nodes/1/properties",
		  "simd_count 384\nsimd_per_cu 4\nlocation_id 768\ndomain 0\n");
	rig__file(&r, "sys/class/kfd/kfd/proc/501/vram_38946", "5000000000\n");
	rig__file(&r, "sys/class/kfd/kfd/proc/501/stats_38946/cu_occupancy", "48\n");
	fdinfo(&r, 501, 4,
	       "drm-driver:\tamdgpu\ndrm-client-id:\t7\ndrm-pdev:\t0000:03:00.0\n"
	       "drm-resident-vram:\t4 MiB\ndrm-engine-gfx:\t5 ns\n");
	ASSERT_EQ(open_source(&r, GPU_SOURCE_DRM, 100), 0);
	t = r.teller;
	t.source = GPU_SOURCE_KFD;
	ASSERT_EQ(gpu_sources[GPU_SOURCE_KFD]->open(&r.opts, &t, &kfd), 0);
	for (int at = 100; at <= 105; at++) {
		ASSERT_EQ(rig__pass(&r, at), 0);
		t.ts = (uint64_t)at * SECOND + SECOND / 2;
		t.wall_offset_ns = (int64_t)WALL;
		ASSERT_EQ(gpu_source__pass(gpu_sources[GPU_SOURCE_KFD], kfd, &t), 0);
	}
	ASSERT_EQ(r.count, 5);
	ASSERT(rig__tiles(&r));
	ASSERT_EQ(r.kept[3].w.process_count, 1);
	ASSERT_EQ(r.kept[3].w.metric, GPU_METRIC_UTILIZATION);
	ASSERT_EQ(r.kept[3].w.busy_ns, 400000000);
	ASSERT(!r.kept[3].processes[0].ended);
	ASSERT_EQ(r.kept[3].processes[0].memory_bytes, 5000000000);
	ASSERT_EQ(r.kept[3].processes[0].metric, GPU_METRIC_COMPUTE_UNITS);
	gpu_sources[GPU_SOURCE_KFD]->close(kfd);
	rig__fini(&r);
}

TEST_MAIN()
