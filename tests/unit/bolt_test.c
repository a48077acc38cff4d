// SPDX-License-Identifier: BSD-2-Clause
/* Bolt databases, as Podman had them: pages that are made here, cut, and changed. */
#include <errno.h>

#include "base/hash.h"
#include "capture/bolt.h"
#include "capture/podman_db.h"
#include "test.h"

#define PAGE  512
#define PAGES 8
#define ID    "4f5a"
#define JSON  "{\"name\":\"web\"}"

static uint8_t file[PAGES * PAGE];

static void put(uint8_t *p, uint64_t n, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(n >> 8 * i);
}

static void put_meta(uint64_t page, uint64_t root, uint64_t transaction)
{
	uint8_t *p = file + page * PAGE, *m = p + 16;

	put(p, page, 8);
	put(p + 8, 4, 2);
	put(m, 0xed0cdaed, 4);
	put(m + 4, 2, 4);
	put(m + 8, PAGE, 4);
	put(m + 16, root, 8);
	put(m + 40, PAGES, 8);
	put(m + 48, transaction, 8);
	put(m + 56, hash_bytes(HASH_SEED, m, 56), 8);
}

struct item {
	const char *key;
	const void *value;
	size_t len;
	bool bucket;
	uint64_t page; /* of a branch: what is below it; value NULL */
};

/* A page of these at p, as many bytes as it has. */
static size_t put_items(uint8_t *p, const struct item *items, size_t count)
{
	size_t at = 16 + count * 16;
	bool branch = !items[0].value;

	put(p + 8, branch ? 1 : 2, 2);
	put(p + 10, count, 2);
	for (size_t i = 0; i < count; i++) {
		uint8_t *e = p + 16 + i * 16;
		size_t key = strlen(items[i].key);

		put(e, branch ? at - 16 - i * 16 : items[i].bucket, 4);
		put(e + 4, branch ? key : at - 16 - i * 16, 4);
		put(e + 8, branch ? items[i].page : key, branch ? 8 : 4);
		if (!branch)
			put(e + 12, items[i].len, 4);
		memcpy(p + at, items[i].key, key);
		at += key;
		if (!branch)
			memcpy(p + at, items[i].value, items[i].len);
		at += branch ? 0 : items[i].len;
	}
	return at;
}

/*
 * 2: the root, a branch of 3 and 4; 4 has the bucket of containers, whose root is 5; there one has
 * its own in its value.
 */
static struct span database(void)
{
	uint8_t inner[256] = { 0 }, bucket[16] = { 0 };
	size_t n;

	memset(file, 0, sizeof(file));
	put_meta(0, 7, 1);
	put_meta(1, 2, 2);
	put_items(file + 2 * PAGE,
		  (const struct item[]){ { .key = "all-ctrs", .page = 3 },
					 { .key = "ctr", .page = 4 } },
		  2);
	put_items(file + 3 * PAGE, (const struct item[]){ { "all-ctrs", "x", 1, false, 0 } }, 1);
	put(bucket, 5, 8);
	put_items(file + 4 * PAGE,
		  (const struct item[]){ { "ctr", bucket, 16, true, 0 },
					 { "pod", "y", 1, false, 0 } },
		  2);
	n = 16 + put_items(inner + 16,
			   (const struct item[]){ { "config", JSON, strlen(JSON), false, 0 },
						  { "state", "{}", 2, false, 0 } },
			   2);
	put_items(file + 5 * PAGE,
		  (const struct item[]){ { "0000", "z", 1, false, 0 }, { ID, inner, n, true, 0 } },
		  2);
	return span_of(file, sizeof(file));
}

static char told[64];

static const char *find(struct span db, const char *a, const char *b, const char *c)
{
	const struct span names[] = { span_str(a), span_str(b), span_str(c) };
	struct span value, s = test_guard(db);
	size_t count = *c ? 3 : *b ? 2 : 1;
	int err = bolt_find(s, names, count, &value);

	if (err)
		snprintf(told, sizeof(told), "%s", err == -ENOENT ? "none" : "bad");
	else
		span__copy(value, told, sizeof(told));
	test_unguard(s);
	return told;
}

TEST(a_value_in_its_buckets)
{
	struct span db = database();

	ASSERT(bolt_is(db));
	ASSERT_STR(find(db, "ctr", ID, "config"), JSON);
	ASSERT_STR(find(db, "ctr", ID, "state"), "{}");
	ASSERT_STR(find(db, "all-ctrs", "", ""), "x");
	ASSERT_STR(find(db, "pod", "", ""), "y");
}

TEST(what_is_not_there)
{
	struct span db = database();

	ASSERT_STR(find(db, "ctr", "ffff", "config"), "none");
	ASSERT_STR(find(db, "ctr", ID, "netns"), "none");
	ASSERT_STR(find(db, "aaa", "", ""), "none");
	/* A value is no bucket, and a bucket no value. */
	ASSERT_STR(find(db, "pod", ID, "config"), "none");
	ASSERT_STR(find(db, "ctr", "", ""), "none");
}

/* A transaction writes the older one anew: half of that is not in force. */
TEST(the_younger_whole_one_is_in_force)
{
	struct span db = database();

	put_meta(0, 2, 3);
	file[PAGE + 30] ^= 1;
	ASSERT_STR(find(db, "pod", "", ""), "y");
	database();
	file[30] ^= 1; /* the first, and with it the size of a page */
	ASSERT_STR(find(db, "pod", "", ""), "y");
	file[PAGE + 30] ^= 1;
	ASSERT_STR(find(db, "pod", "", ""), "bad");
}

TEST(a_tree_that_goes_in_circles_ends)
{
	struct span db = database();

	put_items(file + 2 * PAGE, (const struct item[]){ { .key = "a", .page = 2 } }, 1);
	ASSERT_STR(find(db, "pod", "", ""), "bad");
	put_items(file + 2 * PAGE, (const struct item[]){ { .key = "a", .page = UINT64_MAX } }, 1);
	ASSERT_STR(find(db, "pod", "", ""), "bad");
}

TEST(cut_anywhere_and_any_byte_changed)
{
	struct span db = database();

	for (size_t n = 0; n < db.n; n += 7)
		find(span_of(db.p, n), "ctr", ID, "config");
	for (size_t at = 0; at < db.n; at++) {
		static const uint8_t flips[] = { 1, 0x80, 0xff };

		for (size_t i = 0; i < sizeof(flips); i++) {
			file[at] ^= flips[i];
			find(db, "ctr", ID, "config");
			file[at] ^= flips[i];
		}
	}
}

static void on_config(void *ctx, struct span json)
{
	span__copy(json, ctx, 64);
}

TEST(podman_before_4_8_has_such_a_database)
{
	char json[64] = "";

	database();
	podman_db_read(file, sizeof(file), SPAN("ffff"), on_config, json);
	ASSERT_STR(json, "");
	podman_db_read(file, sizeof(file), SPAN(ID), on_config, json);
	ASSERT_STR(json, JSON);
}

TEST_MAIN()
