// SPDX-License-Identifier: BSD-2-Clause
/* A window of a GPU as one JSON object: what is not known is not in it. */
#include <stdio.h>

#include "sink/json_writer.h"
#include "sink/sink.h"

static void add_device(struct json_writer *w, json_t *g, const struct gpu_device *d)
{
	json_t *j = json_child(w, g, "device");

	json_set_str(w, j, "id", d->id);
	json_set_str(w, j, "parent", d->parent);
	json_set_str(w, j, "name", d->name);
	json_set_str(w, j, "pci", d->pci);
	json_set_int(w, j, "index", d->index);
	if (d->memory_bytes)
		json_set_int(w, j, "memory_bytes", (int64_t)d->memory_bytes);
	if (d->slices) {
		json_set_int(w, j, "slices", d->slices);
		json_set_int(w, j, "parent_slices", d->parent_slices);
	}
	json_set(w, j, "divided", json_boolean(d->divided));
}

static void add_figures(struct json_writer *w, json_t *g, const struct gpu_window *win)
{
	const struct {
		uint32_t bit;
		const char *name;
		uint64_t value;
	} figures[] = {
		{ GPU_KNOWS_BUSY, "busy_ns", win->busy_ns },
		{ GPU_KNOWS_SM, "sm_ppm", win->sm_ppm },
		{ GPU_KNOWS_OCCUPANCY, "occupancy_ppm", win->occupancy_ppm },
		{ GPU_KNOWS_TENSOR, "tensor_ppm", win->tensor_ppm },
		{ GPU_KNOWS_DRAM, "dram_ppm", win->dram_ppm },
		{ GPU_KNOWS_MEMORY, "memory_bytes", win->memory_bytes },
		{ GPU_KNOWS_ENERGY, "energy_uj", win->energy_uj },
		{ GPU_KNOWS_POWER, "power_mw", win->power_mw },
	};
	json_t *losses = json_array();

	json_set_int(w, g, "start_ns", (int64_t)win->start_ns);
	json_set_int(w, g, "end_ns", (int64_t)win->end_ns);
	json_set_str(w, g, "metric", gpu_metric_name(win->metric));
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (win->known & figures[i].bit)
			json_set_int(w, g, figures[i].name, (int64_t)figures[i].value);
	for (unsigned int i = 0; i < GPU_LOSSES; i++)
		if (win->losses & 1u << i)
			json_array_append_new(losses, json_string(gpu_loss_name(i)));
	json_set(w, g, "losses", losses);
}

static json_t *process_of(struct json_writer *w, const struct gpu_process *p)
{
	json_t *j = json_object();

	json_set_int(w, j, "pid", p->proc.tgid);
	if (p->proc.start_ns)
		json_set_int(w, j, "start_ns", (int64_t)p->proc.start_ns);
	json_set_str(w, j, "name", p->comm);
	json_set_str(w, j, "cgroup", p->cgroup);
	if (p->known & GPU_PROCESS_BUSY)
		json_set_int(w, j, "busy_ns", (int64_t)p->busy_ns);
	json_set_str(w, j, "metric", gpu_metric_name(p->metric));
	if (p->known & GPU_PROCESS_MEMORY)
		json_set_int(w, j, "memory_bytes", (int64_t)p->memory_bytes);
	if (p->ended)
		json_set(w, j, "ended", json_true());
	return j;
}

static json_t *claim_of(struct json_writer *w, const struct gpu_claim *c)
{
	json_t *j = json_object();

	json_set_str(w, j, "namespace", c->namespace);
	json_set_str(w, j, "pod", c->pod);
	json_set_str(w, j, "container", c->container);
	json_set_str(w, j, "resource", c->resource);
	json_set(w, j, "shared", json_boolean(c->shared));
	return j;
}

int sink_json__write_gpu_window(FILE *out, const struct gpu_window *win)
{
	struct json_writer w = { false };
	json_t *o = json_object(), *g;
	int err;

	json_set_time(&w, o, "@timestamp", (int64_t)win->end_ns + win->wall_offset_ns);
	g = json_child(&w, json_child(&w, o, "wiretally"), "gpu");
	add_device(&w, g, win->device);
	add_figures(&w, g, win);
	if (win->known & GPU_KNOWS_PROCESSES || win->process_count) {
		json_t *list = json_array();

		for (size_t i = 0; i < win->process_count; i++)
			json_array_append_new(list, process_of(&w, &win->processes[i]));
		json_set(&w, g, "processes", list);
	}
	if (win->known & GPU_KNOWS_CLAIMS) {
		json_t *list = json_array();

		for (size_t i = 0; i < win->claim_count; i++)
			json_array_append_new(list, claim_of(&w, &win->claims[i]));
		json_set(&w, g, "claims", list);
	}
	err = json_put_line(out, &w, o);
	json_decref(o);
	return err;
}
