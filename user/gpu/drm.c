// SPDX-License-Identifier: BSD-2-Clause
/*
 * drm: GPUs whose kernel driver tells the time of its engines by client, and sysfs the rest: AMD's
 * and Intel's. NVIDIA's own driver tells nothing here.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <unistd.h>

#include "gpu/drm_fdinfo.h"
#include "gpu/looks.h"
#include "gpu/source.h"
#include "gpu/sysfs.h"

/* Descriptors of DRM devices that are followed: some per process and device. */
#define FDS_MAX 512
/*
 * All processes are gone through after so many passes: a GPU's client lives long. In between only
 * what is known is read.
 */
#define SCAN_PASSES 10
#define CARDS_MAX   32

struct card {
	char name[16]; /* "card1" */
	char pci[16];
	char driver[24];
	char hwmon[64]; /* "hwmon3"; empty: it has none */
};

struct drm_fd {
	uint32_t pid;
	uint32_t fd;
	uint32_t card; /* by its node, for texts without drm-pdev */
};

struct drm {
	const char *root;
	struct looks *looks;
	struct card cards[CARDS_MAX];
	size_t card_count;
	struct drm_fd fds[FDS_MAX];
	size_t fd_count;
	uint32_t passes, scan_pid;
	/* Memory of a client is counted once a pass, whoever has its descriptors. */
	uint64_t clients[FDS_MAX];
	size_t client_count;
};

static bool is_card(const char *name)
{
	size_t n = strlen("card");

	return name[n] && strspn(name + n, "0123456789") == strlen(name + n);
}

static bool is_ours(const char *driver)
{
	return *driver && strcmp(driver, "nvidia") != 0;
}

struct search {
	const char *root;
	bool found;
};

static bool on_present(void *ctx, const char *name)
{
	struct search *s = ctx;
	char path[96], driver[24];

	snprintf(path, sizeof(path), "/sys/class/drm/%.32s/device/driver", name);
	sysfs_link(s->root, path, driver, sizeof(driver));
	/* What has no engines of its own, as simpledrm or a virtual machine's, is no GPU for
	 * models. */
	s->found = is_card(name) &&
		   (!strcmp(driver, "amdgpu") || !strcmp(driver, "i915") || !strcmp(driver, "xe"));
	return !s->found;
}

static bool present(const struct gpu_source_opts *o)
{
	struct search s = { .root = o->root };

	sysfs_each(o->root, "/sys/class/drm", "card", on_present, &s);
	return s.found;
}

static void read_uevent(const struct drm *d, struct card *c)
{
	char path[96], text[1024];
	struct span rest;

	snprintf(path, sizeof(path), "/sys/class/drm/%s/device/uevent", c->name);
	rest = span_of(text, sysfs_text(d->root, path, text, sizeof(text)));
	while (rest.n) {
		struct span value = span__cut(&rest, '\n'), key = span__cut(&value, '=');

		if (span__eq(key, SPAN("PCI_SLOT_NAME")))
			span__copy(value, c->pci, sizeof(c->pci));
		else if (span__eq(key, SPAN("DRIVER")))
			span__copy(value, c->driver, sizeof(c->driver));
	}
}

static bool on_hwmon(void *ctx, const char *name)
{
	struct card *c = ctx;

	snprintf(c->hwmon, sizeof(c->hwmon), "%.60s", name);
	return false;
}

static bool on_card(void *ctx, const char *name)
{
	struct drm *d = ctx;
	struct card *c = &d->cards[d->card_count];
	char path[96];

	if (!is_card(name) || strlen(name) >= sizeof(c->name) || d->card_count == CARDS_MAX)
		return true;
	*c = (struct card){ .name = "" };
	memcpy(c->name, name, strlen(name));
	read_uevent(d, c);
	if (!is_ours(c->driver) || !*c->pci)
		return true;
	snprintf(path, sizeof(path), "/sys/class/drm/%s/device/hwmon", c->name);
	sysfs_each(d->root, path, "hwmon", on_hwmon, c);
	d->card_count++;
	return true;
}

static uint64_t number(const struct drm *d, const struct card *c, const char *name)
{
	char path[192];

	snprintf(path, sizeof(path), "/sys/class/drm/%s/device/%s", c->name, name);
	return sysfs_number(d->root, path);
}

static int by_pci(const void *a, const void *b)
{
	return strcmp(((const struct card *)a)->pci, ((const struct card *)b)->pci);
}

static void tell_card(const struct drm *d, const struct gpu_teller *t, uint32_t i)
{
	const struct card *c = &d->cards[i];
	char id[GPU_ID_MAX], name[GPU_NAME_MAX], path[96];
	const char *const texts[] = { id, "", c->pci, name };
	uint64_t vendor = !strcmp(c->driver, "amdgpu") ? GPU_VENDOR_AMD
			  : !strcmp(c->driver, "i915") || !strcmp(c->driver, "xe")
				  ? GPU_VENDOR_INTEL
				  : GPU_VENDOR_UNKNOWN;

	snprintf(id, sizeof(id), "PCI-%s", c->pci);
	snprintf(path, sizeof(path), "/sys/class/drm/%s/device/product_name", c->name);
	if (!sysfs_text(d->root, path, name, sizeof(name)))
		snprintf(name, sizeof(name), "%s %04x", c->driver,
			 (unsigned int)(number(d, c, "device") & 0xffff));
	gpu_tell_texts(t, i, GPU_READING_DEVICE,
		       (const uint64_t[]){ i, vendor, number(d, c, "mem_info_vram_total"), 0, 0 },
		       5, texts, 4);
}

static void close_drm(void *state)
{
	struct drm *d = state;

	if (!d)
		return;
	looks__free(d->looks);
	free(d);
}

static int open_drm(const struct gpu_source_opts *o, const struct gpu_teller *t, void **ret_state)
{
	struct drm *d = calloc(1, sizeof(*d));
	char version[80];
	const char *const texts[] = { version };

	if (!d)
		return -ENOMEM;
	d->root = o->root;
	d->looks = looks__new(o->root);
	if (!d->looks) {
		free(d);
		return -ENOMEM;
	}
	sysfs_each(d->root, "/sys/class/drm", "card", on_card, d);
	qsort(d->cards, d->card_count, sizeof(d->cards[0]), by_pci);
	sysfs_text(d->root, "/proc/sys/kernel/osrelease", version, sizeof(version));
	gpu_tell_texts(t, GPU_NO_DEVICE, GPU_READING_BEGIN, NULL, 0, texts, 1);
	for (uint32_t i = 0; i < d->card_count; i++)
		tell_card(d, t, i);
	gpu_tell(t, GPU_NO_DEVICE, GPU_READING_LISTED, NULL, 0);
	gpu_tell_state(t, GPU_STATE_WORKS, "%zu GPU%s of AMD's or Intel's", d->card_count,
		       d->card_count == 1 ? "" : "s");
	*ret_state = d;
	return 0;
}

/* "/dev/dri/renderD128": the card of that node; CARDS_MAX: it is none. */
static uint32_t card_of(const struct drm *d, const char *target)
{
	char path[96], device[32];
	const char *node = strrchr(target, '/');

	if (strncmp(target, "/dev/dri/", 9) != 0 || !node)
		return CARDS_MAX;
	snprintf(path, sizeof(path), "/sys/class/drm/%.32s/device", node + 1);
	sysfs_link(d->root, path, device, sizeof(device));
	for (uint32_t i = 0; i < d->card_count; i++)
		if (!strcmp(d->cards[i].pci, device) || !strcmp(d->cards[i].name, node + 1))
			return i;
	return CARDS_MAX;
}

static bool on_fd(void *ctx, const char *name)
{
	struct drm *d = ctx;
	char path[320], target[128];
	uint32_t card;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/proc/%u/fd/%.16s", d->root, d->scan_pid, name);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	if (strncmp(target, "/dev/dri/", 9) != 0)
		return true;
	card = card_of(d, target);
	if (d->fd_count < FDS_MAX)
		d->fds[d->fd_count++] = (struct drm_fd){ .pid = d->scan_pid,
							 .fd = (uint32_t)strtoul(name, NULL, 10),
							 .card = card };
	return d->fd_count < FDS_MAX;
}

static bool on_process(void *ctx, const char *name)
{
	struct drm *d = ctx;
	char path[64];
	char *end;
	unsigned long pid = strtoul(name, &end, 10);

	if (*end || !pid || pid > UINT32_MAX)
		return true;
	d->scan_pid = (uint32_t)pid;
	snprintf(path, sizeof(path), "/proc/%lu/fd", pid);
	sysfs_each(d->root, path, "", on_fd, d);
	return d->fd_count < FDS_MAX;
}

static void tell_gauges(const struct drm *d, const struct gpu_teller *t, uint32_t i)
{
	static const char *const powers[] = { "power1_average", "power1_input" };
	const struct card *c = &d->cards[i];
	uint64_t busy = number(d, c, "gpu_busy_percent"), used = number(d, c, "mem_info_vram_used");
	uint64_t n = UINT64_MAX;
	char path[128];

	if (busy <= 100)
		GPU_TELL(t, i, GPU_READING_UTIL, busy);
	if (used != UINT64_MAX)
		GPU_TELL(t, i, GPU_READING_MEMORY, used);
	if (!*c->hwmon)
		return;
	for (size_t k = 0; k < 2 && n == UINT64_MAX; k++) {
		snprintf(path, sizeof(path), "hwmon/%s/%s", c->hwmon, powers[k]);
		n = number(d, c, path);
	}
	if (n != UINT64_MAX)
		GPU_TELL(t, i, GPU_READING_POWER, n / 1000);
	snprintf(path, sizeof(path), "hwmon/%s/energy1_input", c->hwmon);
	n = number(d, c, path);
	if (n != UINT64_MAX)
		GPU_TELL(t, i, GPU_READING_ENERGY, n / 1000);
}

static void tell_engines(const struct gpu_teller *t, uint32_t card, const struct drm_fdinfo *f,
			 uint32_t pid, uint64_t start, uint64_t client)
{
	for (size_t i = 0; i < f->engine_count; i++) {
		const struct drm_engine *e = &f->engines[i];
		const char *const texts[] = { e->name };
		const uint64_t ns[] = { pid, start, client, e->capacity, e->busy_ns };
		const uint64_t cycles[] = { pid, start, client, e->capacity, e->cycles, e->total };

		if (!drm_engine__computes(e))
			continue;
		if (e->busy_ns != UINT64_MAX)
			gpu_tell_texts(t, card, GPU_READING_ENGINE, ns, 5, texts, 1);
		else if (e->cycles != UINT64_MAX && e->total != UINT64_MAX)
			gpu_tell_texts(t, card, GPU_READING_CYCLES, cycles, 6, texts, 1);
	}
}

/* True the first time in a pass. */
static bool is_first(struct drm *d, uint32_t card, uint64_t client)
{
	uint64_t key = client * CARDS_MAX + card;

	for (size_t i = 0; i < d->client_count; i++)
		if (d->clients[i] == key)
			return false;
	if (d->client_count < FDS_MAX)
		d->clients[d->client_count++] = key;
	return true;
}

/* Memory of a process is that of all its clients, which may have descriptors in others, too. */
static void tell_fd(struct drm *d, const struct gpu_teller *t, const struct drm_fd *one,
		    uint64_t memory[CARDS_MAX])
{
	char path[64], text[DRM_FDINFO_MAX];
	uint32_t card = one->card;
	struct drm_fdinfo f;
	uint64_t client;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%u/fdinfo/%u", one->pid, one->fd);
	n = sysfs_text(d->root, path, text, sizeof(text));
	if (!n || drm_fdinfo__parse(&f, span_of(text, n)))
		return;
	for (uint32_t i = 0; *f.pdev && i < d->card_count; i++)
		if (!strcmp(d->cards[i].pci, f.pdev))
			card = i;
	if (card == CARDS_MAX)
		return;
	client = f.client != UINT64_MAX ? f.client : (uint64_t)one->pid << 32 | one->fd;
	if (!is_first(d, card, client))
		return;
	tell_engines(t, card, &f, one->pid, looks__at(d->looks, t, one->pid), client);
	if (memory[card] == UINT64_MAX)
		memory[card] = 0;
	if (f.memory != UINT64_MAX)
		memory[card] += f.memory;
}

static int sample(void *state, const struct gpu_teller *t)
{
	struct drm *d = state;
	uint64_t memory[CARDS_MAX];

	if (d->passes++ % SCAN_PASSES == 0) {
		d->fd_count = 0;
		sysfs_each(d->root, "/proc", "", on_process, d);
	}
	d->client_count = 0;
	for (uint32_t i = 0; i < d->card_count; i++)
		tell_gauges(d, t, i);
	memset(memory, 0xff, sizeof(memory));
	for (size_t i = 0; i < d->fd_count; i++) {
		tell_fd(d, t, &d->fds[i], memory);
		/* Descriptors of a process follow one another. */
		if (i + 1 < d->fd_count && d->fds[i + 1].pid == d->fds[i].pid)
			continue;
		for (uint32_t k = 0; k < d->card_count; k++) {
			if (memory[k] != UINT64_MAX)
				GPU_TELL(t, k, GPU_READING_HOLDS, d->fds[i].pid,
					 looks__at(d->looks, t, d->fds[i].pid), memory[k]);
			memory[k] = UINT64_MAX;
		}
	}
	for (uint32_t i = 0; i < d->card_count; i++)
		gpu_tell(t, i, GPU_READING_HELD, NULL, 0);
	return 0;
}

const struct gpu_source gpu_source_drm = {
	.name = "drm",
	.absent = "no GPU of AMD's or Intel's",
	/* fdinfo of a process is for who may trace it, and its descriptors for who may see them. */
	.caps = 1ull << CAP_SYS_PTRACE,
	.present = present,
	.open = open_drm,
	.sample = sample,
	.close = close_drm,
};
