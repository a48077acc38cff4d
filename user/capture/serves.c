// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/procfs.h"
#include "capture/serves.h"

static const char *const names[] = {
#define SERVES_NAME(name) name,
#define SERVES_PORT(port)
#define SERVES_LIB(name)
#include "capture/serves.def"
#undef SERVES_NAME
#undef SERVES_PORT
#undef SERVES_LIB
};

static const uint16_t ports[] = {
#define SERVES_NAME(name)
#define SERVES_PORT(port) port,
#define SERVES_LIB(name)
#include "capture/serves.def"
#undef SERVES_NAME
#undef SERVES_PORT
#undef SERVES_LIB
};

static const char *const libs[] = {
#define SERVES_NAME(name)
#define SERVES_PORT(port)
#define SERVES_LIB(name) name,
#include "capture/serves.def"
#undef SERVES_NAME
#undef SERVES_PORT
#undef SERVES_LIB
};

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static bool begins_as(const char *const *table, size_t count, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < count; i++)
		if (!strncmp(name, table[i], strlen(table[i])))
			return true;
	return false;
}

/* Arguments of an interpreter that may be what it runs: "python3 -O -m vllm.entrypoints...". */
#define ARGS_LOOKED_AT 5

/* "/usr/bin/ollama"; "python3 /opt/venv/bin/litellm --port 4000"; "python3 -m vllm.entrypoints" */
static bool named_so(const struct wire_proc *p)
{
	const char *end =
		p->args + (p->args_len < sizeof(p->args) ? p->args_len : sizeof(p->args) - 1);
	const char *at = p->args;

	if (begins_as(names, COUNT_OF(names), p->exe))
		return true;
	for (int i = 0; i < ARGS_LOOKED_AT && at < end; i++) {
		if (begins_as(names, COUNT_OF(names), at))
			return true;
		at += strnlen(at, (size_t)(end - at)) + 1;
	}
	return false;
}

static void on_mapping(void *ctx, const struct mapping *m)
{
	bool *runs = ctx;

	*runs |= begins_as(libs, COUNT_OF(libs), m->path);
}

int serves_parse(const char *text, struct serves_ports *ret_ports)
{
	struct serves_ports p = { .count = 0 };
	char *end;

	do {
		unsigned long port = strtoul(text, &end, 10);

		if (end == text || *text < '0' || *text > '9' || !port || port > 65535 ||
		    p.count == SERVES_PORTS_MAX || (*end && *end != ','))
			return -EINVAL;
		p.port[p.count++] = (uint16_t)port;
		text = end + 1;
	} while (*end);
	*ret_ports = p;
	return 0;
}

enum serves serves_models(pid_t pid, uint16_t port, const struct serves_ports *own)
{
	struct wire_proc *p;
	bool known = false, runs = false;

	for (uint32_t i = 0; i < own->count; i++)
		if (own->port[i] == port)
			return SERVES_KNOWN;
	p = malloc(sizeof(*p));
	if (p && procfs_read(pid, p)) {
		p->args[sizeof(p->args) - 1] = '\0';
		known = named_so(p);
	}
	free(p);
	if (known)
		return SERVES_KNOWN;
	for (size_t i = 0; i < COUNT_OF(ports); i++)
		if (ports[i] == port)
			return SERVES_GUESSED;
	procfs_mappings(pid, on_mapping, &runs);
	return runs ? SERVES_GUESSED : SERVES_NOTHING;
}
