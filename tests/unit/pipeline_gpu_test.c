// SPDX-License-Identifier: BSD-2-Clause
/*
 * From bytes at a model server's socket and windows of a GPU to rows of the ledger: the caller owns
 * what the server's GPU did for him, and what nobody asked for is told apart.
 */
#include "gpu/rates.h"
#include "ledger_fixture.h"
#include "ledger_gpu.h"
#include "pipeline.h"
#include "price/price.h"

#define SECOND 1000000000ull
#define WALL   (1790000000 * (int64_t)SECOND)
#define SERVER 50
#define WORKER 51
#define CALLER 60

struct fixture {
	struct price_list *prices;
	struct gpu_rates rates;
	struct pipeline *p;
	struct ledger *l;
	struct wire *w;
	uint64_t off[2][2]; /* by connection, direction */
	int64_t gpu_nano;   /* of entries */
	uint64_t gpu_ns;
	size_t entries;
	char owner[OWNER_TEXT_MAX], label[16];
};

static void on_entry(void *ctx, const struct entry *e)
{
	struct fixture *f = ctx;

	f->entries++;
	snprintf(f->owner, sizeof(f->owner), "%s", e->owner->value[OWNER_SERVICE].text);
	if (e->gpu) {
		f->gpu_nano += e->gpu->nano_usd;
		f->gpu_ns += e->gpu->ns;
		snprintf(f->label, sizeof(f->label), "%s", gpu_label_name(e->gpu->label));
	}
	ledger__add(f->l, e);
}

static void on_gpu(void *ctx, const struct gpu_entry *g)
{
	struct fixture *f = ctx;

	ledger__add_gpu(f->l, g);
}

static void feed(struct fixture *f, uint8_t kind, uint64_t ts, uint32_t tgid, const void *data,
		 size_t n)
{
	*f->w = (struct wire){
		.kind = kind, .ts = ts, .tgid = tgid, .start_ns = tgid, .len = (uint32_t)n
	};
	if (n)
		memcpy(f->w->data, data, n);
	pipeline__feed(f->p, f->w);
}

static void process(struct fixture *f, uint32_t tgid, const char *exe, const char *cgroup)
{
	struct wire_proc p = { .uid = 1000 };

	strcpy(p.exe, exe);
	strcpy(p.comm, strrchr(exe, '/') + 1);
	strcpy(p.cgroup, cgroup);
	feed(f, WIRE_PROC, 1, tgid, &p, sizeof(p));
}

static void begin(struct fixture *f)
{
	struct pipeline_opts o = {
		.emit = on_entry, .gpu = on_gpu, .ctx = f, .wall_offset_ns = WALL
	};

	*f = (struct fixture){ .prices = price_list__builtin() };
	setup();
	f->l = open_ledger();
	f->rates = (struct gpu_rates){ .rules = { { .gpu = "*", .hour_nano = 3600000000 } },
				       .count = 1 };
	o.prices = f->prices;
	o.gpu_rates = &f->rates;
	f->p = pipeline__new(&o);
	f->w = malloc(sizeof(*f->w) + WIRE_CHUNK_MAX);
	process(f, SERVER, "/usr/bin/vllm", "/system.slice/vllm.service");
	process(f, CALLER, "/usr/bin/shop", "/system.slice/shop.service");
}

static void end(struct fixture *f)
{
	struct drops none = { { 0 } };

	pipeline__finish(f->p, 100 * SECOND);
	ledger__tick(f->l, WALL + 100 * (int64_t)SECOND, &none);
	ledger__close(f->l);
}

static void fini(struct fixture *f)
{
	pipeline__free(f->p);
	price_list__free(f->prices);
	free(f->w);
	teardown();
}

/* CALLER's connection; the server's end of it is seen. */
static void connected(struct fixture *f, uint64_t conn)
{
	struct wire_peer peer = { .ends = { .local_port = 8000,
					    .peer_port = (uint16_t)(40000 + conn) },
				  .caller = { .start_ns = CALLER, .tgid = CALLER } };

	*f->w = (struct wire){ .kind = WIRE_PEER,
			       .ts = 1,
			       .conn = conn,
			       .tgid = SERVER,
			       .start_ns = SERVER,
			       .lib = WIRE_LIB_SOCKET,
			       .len = sizeof(peer) };
	memcpy(f->w->data, &peer, sizeof(peer));
	pipeline__feed(f->p, f->w);
}

static void bytes(struct fixture *f, uint64_t conn, uint8_t way, uint64_t ts, const char *text)
{
	size_t n = strlen(text);

	*f->w = (struct wire){ .kind = WIRE_DATA,
			       .ts = ts,
			       .conn = conn,
			       .tgid = SERVER,
			       .start_ns = SERVER,
			       .lib = WIRE_LIB_SOCKET,
			       .dir = way,
			       .off = f->off[conn - 1][way],
			       .len = (uint32_t)n,
			       .flags = WIRE_CALL_FIRST };
	memcpy(f->w->data, text, n);
	f->off[conn - 1][way] += n;
	pipeline__feed(f->p, f->w);
}

#define ASK                                                                         \
	"POST /v1/chat/completions HTTP/1.1\r\nHost: vllm:8000\r\nContent-Length: " \
	"39\r\n\r\n{\"model\":\"qwen\",\"messages\":[],\"a\":\"xy\"}"
#define ANSWER                                                                               \
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 113\r\n\r\n"   \
	"{\"id\":\"c\",\"model\":\"qwen\",\"choices\":[],\"usage\":{\"prompt_tokens\":1000," \
	"\"completion_tokens\":100,\"total_tokens\":1100}}"

static void window(struct fixture *f, uint64_t from, uint64_t until, uint64_t busy)
{
	static const struct gpu_device device = { .id = "GPU-0",
						  .name = "NVIDIA H100 80GB HBM3",
						  .memory_bytes = 80ull << 30 };
	struct gpu_process worker = { .proc = { WORKER, WORKER },
				      .ppid = SERVER,
				      .known = GPU_PROCESS_MEMORY,
				      .memory_bytes = 60ull << 30,
				      .comm = "EngineCore",
				      .cgroup = "/system.slice/vllm.service" };
	struct gpu_window w = { .device = &device,
				.start_ns = from,
				.end_ns = until,
				.wall_offset_ns = WALL,
				.known = GPU_KNOWS_BUSY | GPU_KNOWS_PROCESSES | GPU_KNOWS_MEMORY |
					 GPU_KNOWS_SM,
				.metric = GPU_METRIC_GPM,
				.busy_ns = busy,
				.sm_ppm = 250000,
				.memory_bytes = 61ull << 30,
				.processes = &worker,
				.process_count = 1 };

	pipeline__gpu(f->p, &w);
}

static void on_device(void *ctx, const struct ledger_gpu *g)
{
	*(struct ledger_gpu *)ctx = *g;
}

static void on_total(void *ctx, const struct ledger_sum *s)
{
	if (s->total)
		*(struct ledger_sum *)ctx = *s;
}

TEST(the_caller_owns_what_the_gpu_did)
{
	struct ledger_query q = { .since_ns = INT64_MIN, .until_ns = INT64_MAX };
	struct ledger_gpu g = { .ns = 0 };
	struct ledger_sum sum = { .calls = 0 };
	struct ledger_view *v;
	struct fixture f;
	char err[200];

	begin(&f);
	window(&f, 10 * SECOND, 11 * SECOND, 0);
	connected(&f, 1);
	bytes(&f, 1, WIRE_IN, 11 * SECOND, ASK);
	bytes(&f, 1, WIRE_OUT, 12 * SECOND, ANSWER);
	/* It is not told before its window is. */
	ASSERT_EQ(f.entries, 0);
	window(&f, 11 * SECOND, 12 * SECOND, SECOND / 2);
	ASSERT_EQ(f.entries, 1);
	ASSERT_STR(f.owner, "shop");
	ASSERT_STR(f.label, "exact");
	ASSERT_EQ(f.gpu_ns, SECOND / 2);
	ASSERT_EQ(f.gpu_nano, 500000); /* half a second, at a dollar in 1000 seconds */
	/* Nobody asked, and it was busy. */
	window(&f, 12 * SECOND, 14 * SECOND, SECOND / 4);
	end(&f);
	ASSERT_EQ(ledger_view__open(path, &v, err, sizeof(err)), 0);
	ASSERT_EQ(ledger_view__gpus(v, INT64_MIN, INT64_MAX, on_device, &g), 0);
	ASSERT_EQ(g.ns, 4 * SECOND);
	ASSERT_EQ(g.known_ns, 4 * SECOND);
	ASSERT_EQ(g.busy_ns, SECOND / 2 + SECOND / 4);
	ASSERT_EQ(g.sm_ppm, 250000);
	ASSERT_EQ(g.used_bytes, 61ll << 30);
	ASSERT_EQ(g.nano_usd, 4000000);
	ASSERT_EQ(g.part_nano[GPU_PART_REQUEST], 500000);
	ASSERT_EQ(g.part_nano[GPU_PART_UNATTRIBUTED], 250000);
	ASSERT_EQ(g.part_nano[GPU_PART_HELD], 3250000);
	ASSERT_EQ(g.prefill, 1000);
	ASSERT_EQ(g.decode, 100);
	q.ret_known = NULL;
	ASSERT_EQ(ledger_view__report(v, &q, on_total, &sum), 0);
	ASSERT_EQ(sum.calls, 1);
	ASSERT_EQ(sum.gpu_nano, 500000);
	ASSERT_EQ(sum.nano_usd, 0); /* in no sum of what an API costs */
	ledger_view__close(v);
	fini(&f);
}

/* On a host without GPUs nothing waits. */
TEST(without_windows_a_call_is_told_at_once)
{
	struct fixture f;

	begin(&f);
	connected(&f, 1);
	bytes(&f, 1, WIRE_IN, 11 * SECOND, ASK);
	bytes(&f, 1, WIRE_OUT, 12 * SECOND, ANSWER);
	ASSERT_EQ(f.entries, 1);
	ASSERT_EQ(f.gpu_ns, 0);
	end(&f);
	fini(&f);
}

/* What is told at the end of a meter is whole, too. */
TEST(at_the_end_all_that_waits_is_told)
{
	struct fixture f;

	begin(&f);
	window(&f, 10 * SECOND, 11 * SECOND, 0);
	connected(&f, 1);
	bytes(&f, 1, WIRE_IN, 11 * SECOND, ASK);
	bytes(&f, 1, WIRE_OUT, 12 * SECOND, ANSWER);
	ASSERT_EQ(f.entries, 0);
	end(&f);
	ASSERT_EQ(f.entries, 1);
	ASSERT_EQ(f.gpu_ns, 0);
	fini(&f);
}

TEST_MAIN()
