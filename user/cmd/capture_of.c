// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/capture_of.h"

struct capture_opts capture_of(const struct meter_opts *mo, char **command)
{
	return (struct capture_opts){
		.command = command,
		.ring_bytes = mo->o->ring_bytes,
		.perf_uprobes = mo->o->perf_uprobes,
		.look_again_s =
			mo->o->look_again ? mo->o->look_again - 1 : CAPTURE_LOOK_AGAIN_SECONDS,
		.pods_file = mo->o->kubelet_pods,
		.hold = mo->o->hold,
		.control = mo->control,
		.pid = mo->o->pid,
		.sinks = mo->courier ? mo->courier->pid : 0,
		.model_ports = mo->o->model_ports,
		.keep_fd = -1,
		.hook_fd = -1,
		.gauge_fd = -1,
	};
}
