// SPDX-License-Identifier: BSD-2-Clause
/*
 * dcgm: figures of a dcgm-exporter that runs anyway, asked over HTTP. They are means over its own
 * interval (30 s as it is installed), of GPUs and MIG slices, never of processes.
 */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "gpu/dcgm_metrics.h"
#include "gpu/source.h"

#define EACH_MS 10000
/* An answer of 16 GPUs in 7 slices each, shared by pods, has some 500 KiB. */
#define ANSWER_MAX (4u << 20)
#define WAIT_S	   3
/* Its own interval may be longer than ours: the last figure stands for so long at most. */
#define OVER_MAX_NS (60 * 1000000000ull)

struct dcgm {
	char host[256], port[8], path[256];
	struct dcgm_metrics metrics;
	uint64_t before_ns; /* the pass before; 0: there was none */
	uint64_t listed;    /* stands for the devices that were told */
	enum { NOT_ASKED, ANSWERS, FAILS } last;
};

static bool present(const struct gpu_source_opts *o)
{
	return o->dcgm != NULL;
}

/* "http://127.0.0.1:9400/metrics" */
static bool parse_url(struct dcgm *d, const char *url)
{
	return sscanf(url, "http://%255[^:/]:%7[0-9]/%255s", d->host, d->port, d->path) >= 2;
}

static int open_dcgm(const struct gpu_source_opts *o, const struct gpu_teller *t, void **ret_state)
{
	struct dcgm *d = calloc(1, sizeof(*d));
	const char *const texts[] = { "" };

	if (!d)
		return -ENOMEM;
	if (!parse_url(d, o->dcgm)) {
		gpu_tell_state(t, GPU_STATE_FAILED, "'%s' is no http://HOST:PORT/PATH", o->dcgm);
		free(d);
		return -EINVAL;
	}
	gpu_tell_texts(t, GPU_NO_DEVICE, GPU_READING_BEGIN, NULL, 0, texts, 1);
	*ret_state = d;
	return 0;
}

static int connect_to(const struct dcgm *d)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	struct timeval wait = { .tv_sec = WAIT_S };
	int fd = -1, err = -EHOSTUNREACH;

	if (getaddrinfo(d->host, d->port, &hints, &found))
		return err;
	for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
		if (!connect(fd, a->ai_addr, a->ai_addrlen))
			break;
		err = -errno;
		close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd < 0 ? err : fd;
}

/* HTTP/1.0: the answer ends with the connection, and is in no chunks. */
static int ask(const struct dcgm *d, struct buffer *answer)
{
	char request[768], piece[8192];
	int n = snprintf(request, sizeof(request),
			 "GET /%s HTTP/1.0\r\nHost: %s:%s\r\nAccept: text/plain\r\n\r\n", d->path,
			 d->host, d->port);
	int fd = connect_to(d), err = fd < 0 ? fd : 0;
	ssize_t got = 0;

	if (!err && send(fd, request, (size_t)n, MSG_NOSIGNAL) != n)
		err = -EIO;
	while (!err && (got = recv(fd, piece, sizeof(piece), 0)) > 0)
		err = buffer__add(answer, span_of(piece, (size_t)got), ANSWER_MAX);
	if (!err && got < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

/* Its body, of a 200. */
static int body_of(struct span answer, struct span *ret_body)
{
	const uint8_t *end = span__find(answer, SPAN("\r\n\r\n"));

	if (!end || !span__starts(answer, SPAN("HTTP/1.")) || answer.n < 12 ||
	    memcmp(answer.p + 8, " 200", 4) != 0)
		return -EPROTO;
	*ret_body = span_of(end + 4, (size_t)(answer.p + answer.n - end - 4));
	return 0;
}

static uint64_t ppm_of(const struct dcgm_device *d, enum dcgm_metric which)
{
	double v = d->value[which];

	return d->known & 1u << which && v <= 1 ? (uint64_t)(v * 1e6) : GPU_UNKNOWN;
}

static bool knows(const struct dcgm_device *d, enum dcgm_metric which)
{
	return d->known & 1u << which && d->value[which] < 1e15;
}

static void tell_device(const struct gpu_teller *t, uint32_t i, const struct dcgm_device *d)
{
	char id[GPU_ID_MAX + 16];
	const char *const texts[] = { id, d->slice ? d->uuid : "", d->pci, d->name };
	uint64_t memory = GPU_UNKNOWN;

	snprintf(id, sizeof(id), "%s", d->uuid);
	if (d->slice)
		snprintf(id, sizeof(id), "%s/gi%u", d->uuid, d->instance);
	if (knows(d, DCGM_FB_USED) && knows(d, DCGM_FB_FREE))
		memory = (uint64_t)(d->value[DCGM_FB_USED] + d->value[DCGM_FB_FREE] +
				    (knows(d, DCGM_FB_RESERVED) ? d->value[DCGM_FB_RESERVED] : 0))
			 << 20;
	gpu_tell_texts(t, i, GPU_READING_DEVICE,
		       (const uint64_t[]){ d->slice ? d->instance : d->index, GPU_VENDOR_NVIDIA,
					   memory, 0, 0 },
		       5, texts, 4);
}

static void tell_figures(const struct gpu_teller *t, uint32_t i, const struct dcgm_device *d,
			 uint64_t over)
{
	if (over)
		GPU_TELL(t, i, GPU_READING_MEANS, over, ppm_of(d, DCGM_GR_ENGINE_ACTIVE),
			 ppm_of(d, DCGM_SM_ACTIVE), ppm_of(d, DCGM_SM_OCCUPANCY),
			 ppm_of(d, DCGM_TENSOR_ACTIVE), ppm_of(d, DCGM_DRAM_ACTIVE));
	if (knows(d, DCGM_GPU_UTIL) && d->value[DCGM_GPU_UTIL] <= 100)
		GPU_TELL(t, i, GPU_READING_UTIL, (uint64_t)d->value[DCGM_GPU_UTIL]);
	if (knows(d, DCGM_FB_USED))
		GPU_TELL(t, i, GPU_READING_MEMORY, (uint64_t)d->value[DCGM_FB_USED] << 20);
	if (knows(d, DCGM_ENERGY))
		GPU_TELL(t, i, GPU_READING_ENERGY, (uint64_t)d->value[DCGM_ENERGY]);
	if (knows(d, DCGM_POWER) && d->value[DCGM_POWER] < 1e6)
		GPU_TELL(t, i, GPU_READING_POWER, (uint64_t)(d->value[DCGM_POWER] * 1000));
	GPU_TELL(t, i, GPU_READING_LOSS, GPU_LOSS_PROCESSES);
}

static int read_metrics(struct dcgm *d)
{
	struct buffer answer = { .p = NULL };
	struct span body = { NULL, 0 };
	int err = ask(d, &answer);

	if (!err)
		err = body_of(span_of(answer.p, answer.n), &body);
	if (!err)
		dcgm_metrics__read(&d->metrics, body);
	buffer__free(&answer);
	return err;
}

static void tell_all(struct dcgm *d, const struct gpu_teller *t)
{
	uint64_t over = d->before_ns ? t->ts - d->before_ns : 0;

	for (uint32_t i = 0; i < d->metrics.count; i++)
		tell_device(t, i, &d->metrics.devices[i]);
	gpu_tell(t, GPU_NO_DEVICE, GPU_READING_LISTED, NULL, 0);
	for (uint32_t i = 0; i < d->metrics.count; i++)
		tell_figures(t, i, &d->metrics.devices[i], over < OVER_MAX_NS ? over : 0);
	d->before_ns = t->ts;
}

static int sample(void *state, const struct gpu_teller *t)
{
	struct dcgm *d = state;
	int err = read_metrics(d);

	if (!err)
		tell_all(d, t);
	else
		d->before_ns = 0;
	if (!err && d->last != ANSWERS)
		gpu_tell_state(t, GPU_STATE_WORKS, "%zu devices by %s:%s%s%s", d->metrics.count,
			       d->host, d->port, *d->metrics.driver ? ", driver " : "",
			       d->metrics.driver);
	else if (err && d->last != FAILS)
		gpu_tell_state(t, GPU_STATE_FAILED, "%s:%s: %s", d->host, d->port, strerror(-err));
	d->last = err ? FAILS : ANSWERS;
	return 0;
}

static void close_dcgm(void *state)
{
	free(state);
}

const struct gpu_source gpu_source_dcgm = {
	.name = "dcgm",
	.absent = "not asked (--dcgm-exporter URL)",
	.period_ms = EACH_MS,
	.present = present,
	.open = open_dcgm,
	.sample = sample,
	.close = close_dcgm,
};
