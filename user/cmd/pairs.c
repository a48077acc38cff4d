// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/pairs.h"
#include "cmd/prices.h"

/* Largest recording of one direction. */
#define PAIR_MAX (1u << 30)

/* Bytes are replayed as a TLS library hands them over: a record's worth at a time. */
struct replay {
	struct pipeline *pipeline;
	struct wire *w; /* with room for WIRE_CHUNK_MAX bytes */
	uint64_t conn;
	int failed; /* pairs that could not be read */
};

static void feed(struct replay *r, uint8_t dir, const uint8_t *p, size_t n)
{
	for (size_t at = 0; at < n; at += WIRE_CHUNK_MAX) {
		size_t len = n - at < WIRE_CHUNK_MAX ? n - at : WIRE_CHUNK_MAX;

		*r->w = (struct wire){ .kind = WIRE_DATA,
				       .lib = WIRE_LIB_REPLAY,
				       .conn = r->conn,
				       .ts = 1,
				       .dir = dir,
				       .off = at,
				       .len = (uint32_t)len,
				       .call_len = (uint32_t)len,
				       .flags = WIRE_CALL_FIRST | WIRE_CALL_LAST };
		memcpy(r->w->data, p + at, len);
		pipeline__feed(r->pipeline, r->w);
	}
}

static int replay_pair(struct replay *r, const char *req_path, const char *resp_path,
		       const char *name)
{
	uint8_t *req = NULL, *resp = NULL;
	const char *which = req_path;
	size_t req_n, resp_n;
	int err = file_read(req_path, PAIR_MAX, &req, &req_n);

	if (!err) {
		which = resp_path;
		err = file_read(resp_path, PAIR_MAX, &resp, &resp_n);
	}
	if (err) {
		fprintf(stderr, "wiretally: %s: %s\n", which, strerror(-err));
		r->failed++;
		goto out;
	}
	r->conn++;
	pipeline__set_source(r->pipeline, name);
	feed(r, WIRE_OUT, req, req_n);
	feed(r, WIRE_IN, resp, resp_n);
	*r->w = (struct wire){ .kind = WIRE_END,
			       .lib = WIRE_LIB_REPLAY,
			       .conn = r->conn,
			       .ts = 1,
			       .len = sizeof(struct wire_end) };
	*(struct wire_end *)r->w->data = (struct wire_end){ .seen = { req_n, resp_n } };
	pipeline__feed(r->pipeline, r->w);
out:
	free(req);
	free(resp);
	return err;
}

static bool ends_with(const char *s, const char *end)
{
	return span__ends(span_str(s), span_str(end));
}

/* nftw(3) takes no context; a list of names is all that its callback keeps. */
static char **found;
static size_t found_count, found_cap;

static int on_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (type != FTW_F || !ends_with(path, ".req"))
		return 0;
	if (found_count == found_cap) {
		char **more = realloc(found, (found_cap ? 2 * found_cap : 256) * sizeof(*more));

		if (!more)
			return -1;
		found = more;
		found_cap = found_cap ? 2 * found_cap : 256;
	}
	found[found_count] = strndup(path, strlen(path) - strlen(".req"));
	return found[found_count++] ? 0 : -1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int replay_folder(struct replay *r, const char *folder)
{
	size_t prefix = strlen(folder);

	if (nftw(folder, on_file, 32, FTW_PHYS)) {
		fprintf(stderr, "wiretally: %s: %s\n", folder, strerror(errno));
		return 1;
	}
	if (!found_count)
		fprintf(stderr, "wiretally: %s: no NAME.req below it\n", folder);
	qsort(found, found_count, sizeof(*found), by_name);
	for (size_t i = 0; i < found_count; i++) {
		const char *name = found[i] + prefix + strspn(found[i] + prefix, "/");
		char *req, *resp;

		/* What they leave in place of a text that failed is not said. */
		if (asprintf(&req, "%s.req", found[i]) < 0)
			req = NULL;
		if (asprintf(&resp, "%s.resp", found[i]) < 0)
			resp = NULL;
		if (req && resp) {
			replay_pair(r, req, resp, name);
		} else {
			fprintf(stderr, "wiretally: %s: no memory\n", found[i]);
			r->failed++;
		}
		free(req);
		free(resp);
	}
	return 0;
}

static void folder_free(void)
{
	for (size_t i = 0; i < found_count; i++)
		free(found[i]);
	free(found);
}

static int open_replay(struct replay *r, struct pipeline *p)
{
	*r = (struct replay){ .pipeline = p, .w = malloc(sizeof(*r->w) + WIRE_CHUNK_MAX) };
	if (!r->w)
		fprintf(stderr, "wiretally: no memory\n");
	return r->w ? 0 : 1;
}

int pairs_replay(struct pipeline *p, const char *req, const char *resp)
{
	char *name = strndup(req, strlen(req) - strlen(".req"));
	struct replay r;
	int status = open_replay(&r, p);

	if (!status)
		status = name ? replay_pair(&r, req, resp, name) != 0 : 1;
	pipeline__set_source(p, NULL);
	free(name);
	free(r.w);
	return status;
}

int pairs_replay_folder(struct pipeline *p, const char *folder)
{
	struct replay r;
	int status = open_replay(&r, p);

	if (!status)
		status = replay_folder(&r, folder) || r.failed;
	pipeline__set_source(p, NULL);
	folder_free();
	free(r.w);
	return status;
}
