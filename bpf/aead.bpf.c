// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * rustls with AWS-LC, in programs without symbols (Codex, Deno): one layer below TLS, where records
 * are sealed and opened. Other things are sealed there too; a TLS record tells itself by what is
 * authenticated with it:
 *
 *   TLS 1.3  17 03 03 LEN LEN                     LEN: plaintext, its type (1 byte) and tag (16)
 *   TLS 1.2  SEQUENCE (8 bytes) 17 03 03 LEN LEN  LEN: plaintext (RFC 5246 6.2.3.3)
 *
 * A connection has a key for each direction, and nothing in a key says whose it is. rustls makes
 * both one right after the other, in one go: two keys made by one thread that did nothing with any
 * key between them are a pair. It is a connection's if, by use, one seals and the other opens; else
 * it is none, and neither is a key whose making was not seen: its records are counted, not told.
 */
#include "calls.bpf.h"
#include "conn.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Longer than making a key takes, also for a thread that has to wait for its CPU in between. A
 * server makes its keys one by one, each when it is needed: its key and a later one of somebody
 * else's are no pair. Even where they are taken for one, no request is joined with an answer that
 * is not its own: before a client makes the keys of its data it always uses one, but for TLS 1.2.
 */
#define PAIR_NS (20 * 1000 * 1000)

#define TAG_LEN 16 /* of every cipher of TLS that rustls has */

/* Types of records (RFC 8446 5.1). */
#define RECORD_ALERT	21
#define RECORD_TYPE_MIN 20
#define RECORD_DATA	23

/* A key, found by the address of its EVP_AEAD_CTX. */
struct aead_key {
	__u64 conn;  /* address of the pair's first key: it stands for the connection */
	__u64 other; /* the pair's other key */
	__u8 used;   /* 1 + enum wire_dir; 0: not yet */
	__u8 pad[7];
};

/* The keys that are used least go first. User space sweeps those of processes that are not probed.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KEYS_MAX);
	__type(key, struct conn_key);
	__type(value, struct aead_key);
} aead_keys SEC(".maps");

/* Arguments that don't fit into registers are on the stack, behind the return address if there. */
#if defined(__TARGET_ARCH_x86)
#define REG_ARGS 6
#define STACK_AT 8
#else
#define REG_ARGS 8
#define STACK_AT 0
#endif

static __always_inline __u64 stack_arg(struct pt_regs *ctx, int number)
{
	__u64 value = 0;

	bpf_probe_read_user(&value, sizeof(value),
			    (void *)(PT_REGS_SP(ctx) + STACK_AT + 8 * (number - REG_ARGS - 1)));
	return value;
}

/* Those that libbpf has no name for. */
#if defined(__TARGET_ARCH_x86)
#define ARG6(ctx) ((ctx)->r9)
#define ARG7(ctx) stack_arg(ctx, 7)
#define ARG8(ctx) stack_arg(ctx, 8)
#else
#define ARG6(ctx) (((const volatile struct user_pt_regs *)(ctx))->regs[5])
#define ARG7(ctx) (((const volatile struct user_pt_regs *)(ctx))->regs[6])
#define ARG8(ctx) (((const volatile struct user_pt_regs *)(ctx))->regs[7])
#endif

static __always_inline struct aead_key *key_find(__u64 addr)
{
	struct conn_key key;

	conn_key_of(&key, addr);
	return bpf_map_lookup_elem(&aead_keys, &key);
}

static __always_inline void key_delete(__u64 addr)
{
	struct conn_key key;

	conn_key_of(&key, addr);
	bpf_map_delete_elem(&aead_keys, &key);
}

static __always_inline void key_add(__u64 addr, __u64 conn, __u64 other)
{
	struct aead_key fresh = { .conn = conn, .other = other };
	struct conn_key key;

	conn_key_of(&key, addr);
	bpf_map_update_elem(&aead_keys, &key, &fresh, BPF_ANY);
}

/* The pair that this key is of, if any, is none any more. */
static __always_inline void pair_end(__u64 addr)
{
	struct aead_key *k = key_find(addr);
	__u64 other;

	if (!k)
		return;
	other = k->other;
	conn_end(k->conn);
	key_delete(addr);
	key_delete(other);
}

/* EVP_AEAD_CTX_init, or the function that it goes on to: the same key is seen twice then. */
static __always_inline int key_made(__u64 addr)
{
	struct calls *calls = calls_get();
	__u64 now = bpf_ktime_get_ns();

	if (!calls || calls->key == addr)
		return 0;
	pair_end(addr); /* what was at this address */
	if (calls->key && calls->key_alone && now - calls->key_ns < PAIR_NS) {
		key_add(calls->key, calls->key, addr);
		key_add(addr, calls->key, calls->key);
		calls->key_alone = false;
	} else {
		calls->key_alone = true;
	}
	calls->key = addr;
	calls->key_ns = now;
	return 0;
}

/*
 * The connection that the key is of, now that it is used in that direction; 0: not known. A key
 * that is used both ways, or as the other one is, shows that the two are no pair.
 */
static __always_inline __u64 key_used(__u64 addr, __u8 dir)
{
	struct aead_key *k = key_find(addr), *other = k ? key_find(k->other) : NULL;

	if (!k || !other)
		return 0;
	if (other->conn != k->conn || other->used == dir + 1 || (k->used && k->used != dir + 1)) {
		pair_end(addr);
		return 0;
	}
	k->used = dir + 1;
	return k->conn;
}

/* What is sealed or opened. */
struct record {
	__u8 type;  /* 0: it is no TLS record */
	bool inner; /* TLS 1.3: its true type is the last byte of the plaintext */
};

static __always_inline __u64 be16(const __u8 *p)
{
	return (__u64)p[0] << 8 | p[1];
}

/* len: of the plaintext, with the type that is inside */
static __always_inline struct record record_of(__u64 ad, __u64 ad_len, __u64 len)
{
	struct record r = { .type = 0 }, none = { .type = 0 };
	__u8 h[13] = { 0 };

	if (ad_len == 5) {
		r.inner = true;
		if (bpf_probe_read_user(h + 8, 5, (void *)ad) || !len ||
		    be16(h + 11) != len + TAG_LEN || h[8] != RECORD_DATA)
			return none;
	} else if (ad_len == 13) {
		if (bpf_probe_read_user(h, 13, (void *)ad) || be16(h + 11) != len ||
		    h[8] < RECORD_TYPE_MIN || h[8] > RECORD_DATA)
			return none;
	} else {
		return none;
	}
	if (h[9] != 3 || h[10] != 3)
		return none;
	r.type = h[8];
	return r;
}

/*
 * The type of a record whose plaintext is at buf; *len is what remains of it. 0: a peer that pads
 * its records (RFC 8446 5.4); none of those that serve models is known to.
 */
static __always_inline __u8 record_type(struct record r, __u64 buf, __u64 *len)
{
	__u8 type = 0;

	if (!r.inner)
		return r.type;
	*len -= 1;
	bpf_probe_read_user(&type, sizeof(type), (void *)(buf + *len));
	return type;
}

/* Often in place: what is sealed is there only before it is. */
static __always_inline int aead_seals(struct pt_regs *ctx, __u64 in, __u64 len, __u64 ad,
				      __u64 ad_len)
{
	__u64 key = PT_REGS_PARM1(ctx), conn;
	struct calls *calls = calls_get();
	struct record r = record_of(ad, ad_len, len);
	struct frame *f;
	__u8 type;

	if (calls)
		calls->key = 0;
	if (!calls || !r.type)
		return 0;
	conn = key_used(key, WIRE_OUT);
	type = record_type(r, in, &len);
	if (type == RECORD_ALERT)
		pair_end(key);
	if (type != RECORD_DATA || !len)
		return 0;
	if (!conn) {
		STAT_ADD(unpaired, 1);
		return 0;
	}
	f = calls_push(calls, PT_REGS_SP(ctx), conn, in, WIRE_OUT);
	if (!f)
		return 0;
	f->lib = WIRE_LIB_RUSTLS;
	conn_moved(f, len);
	calls_pop(calls);
	return 0;
}

/* len: of the plaintext, if it opens */
static __always_inline int aead_opens(struct pt_regs *ctx, __u64 len, __u64 ad, __u64 ad_len)
{
	struct calls *calls = calls_get();
	struct record r = record_of(ad, ad_len, len);
	struct frame *f;
	__u64 conn;

	if (calls)
		calls->key = 0;
	if (!calls || !r.type)
		return 0;
	conn = key_used(PT_REGS_PARM1(ctx), WIRE_IN);
	if (!conn) {
		STAT_ADD(unpaired, 1);
		return 0;
	}
	f = calls_push(calls, PT_REGS_SP(ctx), conn, PT_REGS_PARM2(ctx), WIRE_IN);
	if (!f)
		return 0;
	f->lib = WIRE_LIB_RUSTLS;
	f->len = len;
	f->record = r.type;
	f->inner = r.inner;
	return 0;
}

static __always_inline int aead_opened(struct pt_regs *ctx)
{
	struct calls *calls = calls_find();
	struct frame *f = calls ? calls_top(calls, PT_REGS_SP(ctx), WIRE_IN) : NULL;
	struct record r;
	__u64 len;
	__u8 type;

	if (!f)
		return 0;
	if ((int)PT_REGS_RC(ctx) == 1) {
		r = (struct record){ .type = f->record, .inner = f->inner };
		len = f->len;
		type = record_type(r, f->buf, &len);
		if (type == RECORD_ALERT)
			pair_end(f->tls);
		else if (type == RECORD_DATA && len)
			conn_moved(f, len);
	}
	calls_pop(calls);
	return 0;
}

/* EVP_AEAD_CTX_init[_with_direction](ctx, ...) */
static __always_inline int on_init(struct pt_regs *ctx)
{
	return key_made(PT_REGS_PARM1(ctx));
}

/* EVP_AEAD_CTX_seal(ctx, out, *out_len, max, nonce, nonce_len, in, in_len, ad, ad_len) */
static __always_inline int on_seal(struct pt_regs *ctx)
{
	return aead_seals(ctx, ARG7(ctx), ARG8(ctx), stack_arg(ctx, 9), stack_arg(ctx, 10));
}

/*
 * EVP_AEAD_CTX_seal_scatter(ctx, out, tag, *tag_len, max, nonce, nonce_len, in, in_len, extra,
 * extra_len, ad, ad_len): rustls has no extra.
 */
static __always_inline int on_scatter(struct pt_regs *ctx)
{
	return aead_seals(ctx, ARG8(ctx), stack_arg(ctx, 9), stack_arg(ctx, 12),
			  stack_arg(ctx, 13));
}

/* EVP_AEAD_CTX_open(ctx, out, *out_len, max, nonce, nonce_len, in, in_len, ad, ad_len) */
static __always_inline int on_open(struct pt_regs *ctx)
{
	return aead_opens(ctx, ARG8(ctx) - TAG_LEN, stack_arg(ctx, 9), stack_arg(ctx, 10));
}

/* EVP_AEAD_CTX_open_gather(ctx, out, nonce, nonce_len, in, in_len, tag, tag_len, ad, ad_len) */
static __always_inline int on_gather(struct pt_regs *ctx)
{
	return aead_opens(ctx, ARG6(ctx), stack_arg(ctx, 9), stack_arg(ctx, 10));
}

/*
 * One program per function, for perf uprobes. uprobe_multi takes aead_multi_enter, which tells the
 * functions apart by cookie.
 */
#define AEAD_FUNC(name)                              \
	SEC("uprobe")                                \
	int aead_##name##_enter(struct pt_regs *ctx) \
	{                                            \
		return on_##name(ctx);               \
	}

AEAD_FUNC(init)
AEAD_FUNC(seal)
AEAD_FUNC(scatter)
AEAD_FUNC(open)
AEAD_FUNC(gather)

SEC("uretprobe")
int aead_open_leave(struct pt_regs *ctx)
{
	return aead_opened(ctx);
}

SEC("uprobe")
int aead_multi_enter(struct pt_regs *ctx)
{
	switch (probe_func_now(ctx)) {
	case TLS_AEAD_INIT:
		return on_init(ctx);
	case TLS_AEAD_SEAL:
		return on_seal(ctx);
	case TLS_AEAD_SCATTER:
		return on_scatter(ctx);
	case TLS_AEAD_OPEN:
		return on_open(ctx);
	case TLS_AEAD_GATHER:
		return on_gather(ctx);
	}
	return 0;
}

SEC("uretprobe")
int aead_multi_leave(struct pt_regs *ctx)
{
	return aead_opened(ctx);
}
