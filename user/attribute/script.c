// SPDX-License-Identifier: BSD-2-Clause
/*
 * What an interpreter runs says more of a process than the interpreter's name:
 *
 *   python3 -u /srv/worker.py --queue 7      worker.py
 *   python3 -m uvicorn app:main              uvicorn
 *   node --enable-source-maps dist/agent.js  agent.js
 *   java -Xmx1g -jar /opt/billing.jar        billing.jar
 *
 * A process writes its arguments itself, also after its start: such a name is claimed.
 */
#include <ctype.h>

#include "attribute/attribute.h"

/*
 * The interpreters. To add one: a line here and one in tests/unit/attribute_test.c. Lists are
 * separated by blanks. Names without their version: "python3.12" is "python".
 */
static const struct interpreter {
	const char *name;
	const char *code;   /* options behind which comes code, not a name: there is none to give */
	const char *module; /* options behind which comes the name */
	const char *value;  /* options behind which comes a value that is not the name */
	const char *verb;   /* words that may stand before the name */
} interpreters[] = {
	{ .name = "python",
	  .code = "-c",
	  .module = "-m",
	  .value = "-W -X --check-hash-based-pycs" },
	{ .name = "pypy", .code = "-c", .module = "-m", .value = "-W -X" },
	{ .name = "node",
	  .code = "-e --eval -p --print",
	  .value = "-r --require --import --loader --experimental-loader -C --conditions "
		   "--env-file --disable-warning --watch-path --title" },
	{ .name = "nodejs", .code = "-e --eval -p --print", .value = "-r --require --import" },
	{ .name = "bun",
	  .code = "-e --eval",
	  .value = "-r --preload -c --config --cwd --env-file -d --define -l --loader",
	  .verb = "run x" },
	{ .name = "deno",
	  .value = "-c --config --import-map --cert --location --preload --seed --ext -L "
		   "--log-level",
	  .verb = "run serve" },
	{ .name = "ruby", .code = "-e", .value = "-I -r -C" },
	{ .name = "perl", .code = "-e -E", .value = "-I" },
	{ .name = "lua", .code = "-e", .value = "-l" },
	{ .name = "luajit", .code = "-e", .value = "-l" },
	{ .name = "julia", .code = "-e -E --eval --print", .value = "-L -p -t" },
	{ .name = "php", .code = "-r", .module = "-f", .value = "-d -c -S -t" },
	{ .name = "java",
	  .module = "-jar -m --module",
	  .value = "-cp -classpath --class-path -p --module-path --add-modules --add-opens "
		   "--add-exports --add-reads" },
	{ .name = "dotnet", .verb = "exec run" },
	{ .name = "bash", .code = "-c", .value = "-o -O --rcfile --init-file" },
	{ .name = "sh", .code = "-c", .value = "-o" },
	{ .name = "dash", .code = "-c", .value = "-o" },
};

static bool in_list(const char *list, struct span word)
{
	struct span rest = list ? span_str(list) : SPAN("");

	while (rest.n)
		if (span__eq(span__cut(&rest, ' '), word))
			return true;
	return false;
}

static struct span base_name(struct span path)
{
	const uint8_t *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	return slash ? span_of(slash + 1, path.n - (size_t)(slash + 1 - path.p)) : path;
}

static const struct interpreter *find(struct span exe)
{
	struct span name = base_name(exe);

	while (name.n && (isdigit(name.p[name.n - 1]) || name.p[name.n - 1] == '.'))
		name.n--;
	for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++)
		if (span__eq(name, span_str(interpreters[i].name)))
			return &interpreters[i];
	return NULL;
}

/* The argument that names what runs; empty: none does. args: separated by NUL, with argv[0]. */
static struct span script_of(const struct interpreter *in, struct span args)
{
	span__cut(&args, '\0');
	while (args.n) {
		struct span word = span__cut(&args, '\0');

		if (!word.n || in_list(in->verb, word))
			continue;
		if (word.p[0] != '-')
			return word;
		if (in_list(in->code, word) || word.n == 1)
			return SPAN("");
		if (in_list(in->module, word))
			return span__cut(&args, '\0');
		if (in_list(in->value, word))
			span__cut(&args, '\0');
	}
	return SPAN("");
}

static void blot(struct span word)
{
	memset((uint8_t *)(uintptr_t)word.p, 'x', word.n);
}

/* Walks as script_of() does, and leaves only what that needs. */
void owner__scrub_args(struct span exe, uint8_t *args, size_t n)
{
	const struct interpreter *in = find(exe);
	struct span rest = span_of(args, n);
	bool named = !in;

	blot(span__cut(&rest, '\0'));
	while (rest.n) {
		struct span word = span__cut(&rest, '\0');

		if (named || !word.n) {
			blot(word);
		} else if (word.p[0] != '-') {
			named = !in_list(in->verb, word);
		} else if (in_list(in->code, word) || word.n == 1) {
			named = true;
		} else if (in_list(in->module, word)) {
			span__cut(&rest, '\0');
			named = true;
		} else if (in_list(in->value, word)) {
			blot(span__cut(&rest, '\0'));
		} else {
			blot(span_of(word.p + 1, word.n - 1));
		}
	}
}

struct span owner__script(struct span exe, struct span args)
{
	const struct interpreter *in = find(exe);

	return in ? base_name(script_of(in, args)) : SPAN("");
}
