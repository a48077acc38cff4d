// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/procfs.h"
#include "capture/serves.h"

/* What tells that a process serves models: SERVES_NAME is CLUE_NAME, and so on. */
enum clue_kind { CLUE_NAME, CLUE_PROXY, CLUE_PORT, CLUE_LIB };

static const struct {
	enum clue_kind kind;
	uint16_t port;	  /* of CLUE_PORT */
	const char *name; /* how it begins; NULL: of CLUE_PORT */
} clues[] = {
#define SERVES_NAME(name_)  { CLUE_NAME, 0, name_ },
#define SERVES_PROXY(name_) { CLUE_PROXY, 0, name_ },
#define SERVES_PORT(port_)  { CLUE_PORT, port_, NULL },
#define SERVES_LIB(name_)   { CLUE_LIB, 0, name_ },
#include "capture/serves.def"
#undef SERVES_NAME
#undef SERVES_PROXY
#undef SERVES_PORT
#undef SERVES_LIB
};

#define CLUES (sizeof(clues) / sizeof(clues[0]))

static bool begins_as(enum clue_kind kind, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < CLUES; i++)
		if (clues[i].kind == kind && !strncmp(name, clues[i].name, strlen(clues[i].name)))
			return true;
	return false;
}

static bool port_known(uint16_t port)
{
	for (size_t i = 0; i < CLUES; i++)
		if (clues[i].kind == CLUE_PORT && clues[i].port == port)
			return true;
	return false;
}

/* Arguments of an interpreter that may be what it runs: "python3 -O -m vllm.entrypoints...". */
#define ARGS_LOOKED_AT 5

/* "/usr/bin/ollama"; "python3 /opt/venv/bin/litellm --port 4000"; "python3 -m vllm.entrypoints" */
static bool named_so(const struct wire_proc *p, enum clue_kind kind)
{
	const char *end =
		p->args + (p->args_len < sizeof(p->args) ? p->args_len : sizeof(p->args) - 1);
	const char *at = p->args;

	if (begins_as(kind, p->exe))
		return true;
	for (int i = 0; i < ARGS_LOOKED_AT && at < end; i++) {
		if (begins_as(kind, at))
			return true;
		at += strnlen(at, (size_t)(end - at)) + 1;
	}
	return false;
}

static void on_mapping(void *ctx, const struct mapping *m)
{
	bool *runs = ctx;

	*runs |= begins_as(CLUE_LIB, m->path);
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
	bool known = false, guessed = port_known(port);

	for (uint32_t i = 0; i < own->count; i++)
		if (own->port[i] == port)
			return SERVES_KNOWN;
	p = malloc(sizeof(*p));
	if (p && procfs_read(pid, p)) {
		p->args[sizeof(p->args) - 1] = '\0';
		known = named_so(p, CLUE_NAME);
		guessed |= named_so(p, CLUE_PROXY);
	}
	free(p);
	if (known)
		return SERVES_KNOWN;
	if (!guessed)
		procfs_mappings(pid, on_mapping, &guessed);
	return guessed ? SERVES_GUESSED : SERVES_NOTHING;
}
