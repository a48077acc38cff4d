// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>

#include "gpu/source.h"

#define GPU_SOURCE(symbol, name, what) extern const struct gpu_source gpu_source_##name;
#include "gpu/sources.def"
#undef GPU_SOURCE

const struct gpu_source *const gpu_sources[GPU_SOURCES] = {
#define GPU_SOURCE(symbol, name, what) &gpu_source_##name,
#include "gpu/sources.def"
#undef GPU_SOURCE
};

int gpu_source__pass(const struct gpu_source *s, void *state, const struct gpu_teller *t)
{
	int err;

	GPU_TELL(t, GPU_NO_DEVICE, GPU_READING_TIME, (uint64_t)t->wall_offset_ns);
	err = s->sample(state, t);
	if (!err)
		gpu_tell(t, GPU_NO_DEVICE, GPU_READING_PASS, NULL, 0);
	return err;
}

void gpu_tell_texts(const struct gpu_teller *t, uint32_t dev, enum gpu_reading_kind kind,
		    const uint64_t *numbers, size_t count, const char *const *texts, size_t texts_n)
{
	struct gpu_reading r = {
		.ts = t->ts, .source = t->source, .kind = (uint8_t)kind, .dev = dev
	};

	for (size_t i = 0; i < count && i < GPU_READING_NUMBERS; i++)
		r.n[i] = numbers[i];
	for (size_t i = 0; i < texts_n && i < GPU_READING_TEXTS; i++)
		r.text[i] = span_str(texts[i]);
	t->emit(t->ctx, &r);
}

void gpu_tell(const struct gpu_teller *t, uint32_t dev, enum gpu_reading_kind kind,
	      const uint64_t *numbers, size_t count)
{
	gpu_tell_texts(t, dev, kind, numbers, count, NULL, 0);
}

void gpu_tell_state(const struct gpu_teller *t, enum gpu_state state, const char *fmt, ...)
{
	char text[256];
	const char *const texts[] = { text };
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	gpu_tell_texts(t, GPU_NO_DEVICE, GPU_READING_STATE, &(uint64_t){ state }, 1, texts, 1);
}
