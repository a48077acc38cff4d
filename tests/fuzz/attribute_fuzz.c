// SPDX-License-Identifier: BSD-2-Clause
/*
 * What processes, users and containers can have told about themselves: the path of a cgroup, the
 * arguments, an environment, labels. The input is taken as texts, each ended by a newline.
 */
#include <stdlib.h>

#include "attribute/attribute.h"

static void feed(struct attribute *a, uint8_t kind, const void *data, uint32_t n)
{
	struct wire *w = malloc(sizeof(*w) + n);

	if (!w)
		abort();
	*w = (struct wire){ .kind = kind, .tgid = 7, .start_ns = 10000000, .len = n };
	memcpy(w->data, data, n);
	attribute__feed(a, w);
	free(w);
}

static void feed_told(struct attribute *a, uint32_t teller, struct span id, struct span text)
{
	struct wire_told told = { .teller = teller };

	memcpy(told.id, id.p, id.n < sizeof(told.id) ? id.n : sizeof(told.id));
	told.len = (uint32_t)(text.n < sizeof(told.text) ? text.n : sizeof(told.text));
	if (told.len)
		memcpy(told.text, text.p, told.len);
	/* '=' and ';' for NUL: names and values are easier to find for the fuzzer. */
	for (uint32_t i = 0; i < told.len; i++)
		if (told.text[i] == '=' || told.text[i] == ';')
			told.text[i] = '\0';
	feed(a, WIRE_TOLD, &told, sizeof(told));
	told__scrub(&told);
	if (told.len > sizeof(told.text) || (told.len && told.text[told.len - 1]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct attribute *a = attribute__new(NULL);
	struct span rest = span_of(data, size);
	struct wire_proc proc = { .ppid = 1 };
	struct span cgroup = span__cut(&rest, '\n'), exe = span__cut(&rest, '\n'),
		    args = span__cut(&rest, '\n');
	struct owner o;

	if (!a)
		abort();
	memcpy(proc.cgroup, cgroup.p,
	       cgroup.n < sizeof(proc.cgroup) ? cgroup.n : sizeof(proc.cgroup));
	memcpy(proc.exe, exe.p, exe.n < sizeof(proc.exe) ? exe.n : sizeof(proc.exe));
	proc.args_len = (uint32_t)(args.n < sizeof(proc.args) ? args.n : sizeof(proc.args));
	memcpy(proc.args, args.p, proc.args_len);
	feed(a, WIRE_PROC, &proc, sizeof(proc));
	attribute__resolve(a, (struct proc_id){ 7, 10000000 }, 0, 0, &o);
	for (uint32_t teller = 0; rest.n && teller <= WIRE_TELLERS; teller++) {
		struct span id = teller % 2 ? SPAN("") : span_str(o.container_id);

		feed_told(a, teller, teller == WIRE_TELLER_KUBELET ? SPAN("0a1b") : id,
			  span__cut(&rest, '\n'));
	}
	attribute__resolve(a, (struct proc_id){ 7, 10000000 }, 0, 0, &o);
	for (int i = 0; i < OWNER_FIELDS; i++)
		if (owner__has(&o, i) != (o.value[i].origin != NULL) ||
		    owner__has(&o, i) != (o.value[i].trust != TRUST_NONE))
			abort();
	attribute__free(a);
	return 0;
}
