// SPDX-License-Identifier: BSD-2-Clause
/* Paths of cgroups as they are found in the world: tests/golden/cgroups.tsv. */
#include "attribute/attribute.h"
#include "test.h"

#define GOLDENS "tests/golden/cgroups.tsv"
/* As many shapes at least, or the file is not what it should be. */
#define SHAPES 60

#define A      "4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192"
#define B      "b0b1b2b3b4b5c6c7c8c9d0d1d2d3d4d5d6d7d8d9e0e1e2e3e4e5e6e7e8e9f0f1"

enum column {
	PATH,
	RUNTIME,
	ID,
	CONTAINER,
	POD_UID,
	QOS,
	UNIT,
	SLICE,
	JOB,
	SERVICE,
	TRUST,
	COLUMNS,
};

/* "-" is nothing, "{A}" an id. */
static void expand(const char *cell, char *dst, size_t cap)
{
	size_t n = 0;

	if (strcmp(cell, "-") == 0)
		cell = "";
	while (*cell) {
		const char *more = strncmp(cell, "{A}", 3) == 0	  ? A
				   : strncmp(cell, "{B}", 3) == 0 ? B
								  : NULL;
		int added = more ? snprintf(dst + n, cap - n, "%s", more)
				 : snprintf(dst + n, cap - n, "%c", *cell);

		n += (size_t)added;
		cell += more ? 3 : 1;
	}
	dst[n] = '\0';
}

static const char *trust_of(uint8_t trust)
{
	static const char *const names[] = { "", "claimed", "platform", "kernel" };

	return names[trust];
}

static bool check(char cells[COLUMNS][512])
{
	struct owner o = { .exe = "/opt/bin/agent" };
	const char *got[COLUMNS];
	bool good = true;

	owner__from_cgroup(&o, cells[PATH]);
	owner__name_service(&o, SPAN(""));
	got[PATH] = o.cgroup_path;
	got[RUNTIME] = o.container_runtime;
	got[ID] = o.container_id;
	got[CONTAINER] = o.value[OWNER_CONTAINER].text;
	got[POD_UID] = o.value[OWNER_POD_UID].text;
	got[QOS] = o.qos;
	got[UNIT] = o.value[OWNER_UNIT].text;
	got[SLICE] = o.value[OWNER_SLICE].text;
	got[JOB] = o.value[OWNER_JOB].text;
	got[SERVICE] = o.value[OWNER_SERVICE].text;
	got[TRUST] = trust_of(o.container_trust);
	for (int i = 0; i < COLUMNS; i++)
		if (strcmp(got[i], cells[i])) {
			fprintf(stderr, "%s: column %d is \"%s\", expected \"%s\"\n", cells[PATH],
				i, got[i], cells[i]);
			good = false;
		}
	return good;
}

TEST(paths_as_they_are_found)
{
	FILE *f = fopen(GOLDENS, "re");
	char line[2048];
	int shapes = 0, wrong = 0;

	if (!f)
		TEST_FAIL("%s is not there: run from the top of the tree", GOLDENS);
	while (fgets(line, sizeof(line), f)) {
		char cells[COLUMNS][512], *rest = line;
		int n = 0;

		if (*line == '#')
			continue;
		line[strcspn(line, "\n")] = '\0';
		for (; rest && n < COLUMNS; n++)
			expand(strsep(&rest, "\t"), cells[n], sizeof(cells[n]));
		wrong += n != COLUMNS || !check(cells);
		shapes++;
	}
	fclose(f);
	ASSERT_EQ(wrong, 0);
	ASSERT(shapes >= SHAPES);
}

TEST(every_prefix_of_a_path_is_read)
{
	static const char path[] =
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a_"
		"1b.slice/cri-containerd-" A ".scope";

	for (size_t n = 0; n < sizeof(path); n++) {
		struct owner o = { .known = true };
		char cut[sizeof(path)];

		span__copy(span_of(path, n), cut, sizeof(cut));
		owner__from_cgroup(&o, cut);
		ASSERT(n >= sizeof(path) - 1 - strlen(".scope") || !o.container_id[0]);
	}
}

static uint64_t tenant(const char *path, uint32_t uid)
{
	struct owner o = { .uid = uid };

	owner__from_cgroup(&o, path);
	return o.tenant;
}

/* Nobody becomes more tenants than the system made him, by groups that he names himself. */
TEST(tenants_are_named_by_the_system)
{
	static const struct {
		const char *a, *b;
		uint32_t a_uid, b_uid;
		bool same;
	} cases[] = {
		{ "/docker/" A, "/docker/" A "/made/up", 0, 0, true },
		{ "/docker/" A, "/docker/" A, 0, 77, true },
		{ "/docker/" A, "/docker/" B, 0, 0, false },
		{ "/system.slice/docker.service/docker/" A,
		  "/system.slice/docker.service/docker/" B, 0, 0, false },
		{ "/docker/" A "/docker/" B, "/docker/" A, 0, 0, true },
		{ "/system.slice/a.service", "/system.slice/a.service/x", 0, 0, true },
		{ "/system.slice/a.service", "/system.slice/b.service", 0, 0, false },
		{ "/user.slice/user-1.slice/user@1.service/libpod-" A ".scope",
		  "/user.slice/user-1.slice/user@1.service/libpod-" B ".scope", 1, 1, true },
		{ "/user.slice/user-1.slice/session-2.scope",
		  "/user.slice/user-1.slice/session-3.scope", 1, 1, true },
		{ "/user.slice/user-1.slice/session-2.scope",
		  "/user.slice/user-2.slice/session-2.scope", 1, 2, false },
		{ "/", "/", 1, 2, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if ((tenant(cases[i].a, cases[i].a_uid) == tenant(cases[i].b, cases[i].b_uid)) !=
		    cases[i].same)
			TEST_FAIL("case %zu: %s", i, cases[i].a);
}

TEST_MAIN()
