// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "gpu/drm_fdinfo.h"

static struct span trim(struct span s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

/* "9288864723 ns", "2048 KiB", "77": digits and a unit. UINT64_MAX: it is none, or too large. */
static uint64_t number_of(struct span value, struct span *ret_unit)
{
	uint64_t n = 0;
	size_t i = 0;

	*ret_unit = span_of(NULL, 0);
	for (; i < value.n && value.p[i] >= '0' && value.p[i] <= '9'; i++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, value.p[i] - '0', &n))
			return UINT64_MAX;
	*ret_unit = trim(span_of(value.p + i, value.n - i));
	return i ? n : UINT64_MAX;
}

static uint64_t bytes_of(struct span value)
{
	struct span unit;
	uint64_t n = number_of(value, &unit), by = 1;

	if (span__eq(unit, SPAN("KiB")))
		by = 1 << 10;
	else if (span__eq(unit, SPAN("MiB")))
		by = 1 << 20;
	else if (unit.n)
		return UINT64_MAX;
	return n == UINT64_MAX || __builtin_mul_overflow(n, by, &n) ? UINT64_MAX : n;
}

static struct drm_engine *engine_of(struct drm_fdinfo *f, struct span name)
{
	struct drm_engine *e;

	if (!name.n || name.n >= sizeof(e->name) || memchr(name.p, 0, name.n))
		return NULL;
	for (size_t i = 0; i < f->engine_count; i++)
		if (span__eq(span_str(f->engines[i].name), name))
			return &f->engines[i];
	if (f->engine_count == DRM_ENGINES_MAX)
		return NULL;
	e = &f->engines[f->engine_count++];
	*e = (struct drm_engine){
		.busy_ns = UINT64_MAX, .cycles = UINT64_MAX, .total = UINT64_MAX, .capacity = 1
	};
	span__copy(name, e->name, sizeof(e->name));
	return e;
}

/* The key without the prefix that it begins with. */
static bool cut_prefix(struct span *key, struct span prefix)
{
	if (!span__starts(*key, prefix))
		return false;
	key->p += prefix.n;
	key->n -= prefix.n;
	return true;
}

static void on_engine(struct drm_fdinfo *f, struct span key, struct span value)
{
	struct span unit = { NULL, 0 };
	uint64_t n = number_of(value, &unit);
	bool capacity = cut_prefix(&key, SPAN("drm-engine-capacity-"));
	bool cycles = !capacity && cut_prefix(&key, SPAN("drm-cycles-"));
	bool total = !capacity && !cycles && cut_prefix(&key, SPAN("drm-total-cycles-"));
	bool busy = !capacity && !cycles && !total && cut_prefix(&key, SPAN("drm-engine-"));
	struct drm_engine *e;

	if (!(capacity || cycles || total || busy) || n == UINT64_MAX ||
	    (busy && !span__eq(unit, SPAN("ns"))))
		return;
	e = engine_of(f, key);
	if (!e)
		return;
	if (capacity && n)
		e->capacity = n;
	else if (cycles)
		e->cycles = n;
	else if (total)
		e->total = n;
	else if (busy)
		e->busy_ns = n;
}

/* Memory of the device itself: "vram", xe's "vram0", i915's "local0"; not the host's it maps. */
static bool is_device_region(struct span region)
{
	return span__starts(region, SPAN("vram")) || span__starts(region, SPAN("local"));
}

/* Resident is what it has; drm-memory- is that key's older name; all else is not memory it has. */
static void on_memory(struct drm_fdinfo *f, struct span key, struct span value, bool *has_resident)
{
	bool resident = cut_prefix(&key, SPAN("drm-resident-"));
	uint64_t n;

	if (!resident && (*has_resident || !cut_prefix(&key, SPAN("drm-memory-"))))
		return;
	n = bytes_of(value);
	if (!is_device_region(key) || n == UINT64_MAX)
		return;
	if (resident && !*has_resident)
		f->memory = UINT64_MAX;
	*has_resident |= resident;
	if (f->memory == UINT64_MAX)
		f->memory = n;
	else if (__builtin_add_overflow(f->memory, n, &f->memory))
		f->memory = UINT64_MAX;
}

int drm_fdinfo__parse(struct drm_fdinfo *f, struct span text)
{
	bool has_resident = false;
	struct span unit;

	*f = (struct drm_fdinfo){ .client = UINT64_MAX, .memory = UINT64_MAX };
	if (text.n > DRM_FDINFO_MAX)
		text.n = DRM_FDINFO_MAX;
	while (text.n) {
		struct span value = span__cut(&text, '\n'), key = span__cut(&value, ':');

		value = trim(value);
		if (!span__starts(key, SPAN("drm-")) || !value.n)
			continue;
		if (span__eq(key, SPAN("drm-driver")))
			span__copy(value, f->driver, sizeof(f->driver));
		else if (span__eq(key, SPAN("drm-pdev")))
			span__copy(value, f->pdev, sizeof(f->pdev));
		else if (span__eq(key, SPAN("drm-client-id")))
			f->client = number_of(value, &unit);
		else if (span__starts(key, SPAN("drm-resident-")) ||
			 span__starts(key, SPAN("drm-memory-")))
			on_memory(f, key, value, &has_resident);
		else
			on_engine(f, key, value);
	}
	return *f->driver ? 0 : -EBADMSG;
}

bool drm_engine__computes(const struct drm_engine *e)
{
	/* Of amdgpu, i915, xe, panfrost and their like: copies, and pictures. */
	static const struct span others[] = {
		SPAN_OF("copy"), SPAN_OF("bcs"), SPAN_OF("video"), SPAN_OF("vcs"),
		SPAN_OF("vecs"), SPAN_OF("dec"), SPAN_OF("enc"),   SPAN_OF("jpeg"),
		SPAN_OF("vpe"),	 SPAN_OF("dma"), SPAN_OF("sdma"),  SPAN_OF("vcn"),
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (span__starts(span_str(e->name), others[i]))
			return false;
	return true;
}
