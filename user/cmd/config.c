// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "cmd/config.h"
#include "cmd/config_budgets.h"
#include "cmd/config_act.h"
#include "cmd/config_detect.h"
#include "cmd/config_gpu.h"
#include "cmd/config_prices.h"
#include "cmd/config_rules.h"
#include "cmd/config_sinks.h"
#include "cmd/prices.h"

struct loader {
	struct config *c;
	yaml_document_t doc;
	FILE *prices; /* grows into c->prices */
	unsigned int price_line;
	bool bad;
};

static void complain(struct loader *l, const yaml_node_t *at, const char *what, const char *name)
{
	fprintf(stderr, "%s:%zu: %s%s%s%s\n", l->c->path, at ? at->start_mark.line + 1 : 1,
		name ? "'" : "", name ? name : "", name ? "' " : "", what);
	l->bad = true;
}

const char *config_text(const yaml_node_t *n)
{
	if (!n || n->type != YAML_SCALAR_NODE ||
	    strlen((const char *)n->data.scalar.value) != n->data.scalar.length)
		return NULL;
	return (const char *)n->data.scalar.value;
}

static void add_setting(struct loader *l, const yaml_node_t *key, const char *name,
			const char *value)
{
	struct config *c = l->c;
	struct config_setting *s = &c->settings[c->count];

	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->settings[i].name, name)) {
			complain(l, key, "is set twice", name);
			return;
		}
	if (c->count == CONFIG_SETTINGS_MAX) {
		complain(l, key, "is one setting more than there can be", name);
		return;
	}
	s->name = strdup(name);
	s->value = strdup(value);
	s->line = (unsigned int)key->start_mark.line + 1;
	c->count++;
	if (!s->name || !s->value)
		complain(l, key, "there is no memory for it", name);
}

/* A row of the catalogue on the line on which it stands in the file, so that messages agree. */
static void add_price(struct loader *l, const yaml_node_t *n)
{
	struct price_override p = { { NULL } };

	if (n->type != YAML_MAPPING_NODE) {
		complain(l, n, "a price override is a mapping: model, input, output ...", NULL);
		return;
	}
	for (const yaml_node_pair_t *i = n->data.mapping.pairs.start; i < n->data.mapping.pairs.top;
	     i++) {
		const yaml_node_t *key = yaml_document_get_node(&l->doc, i->key);
		const char *name = config_text(key),
			   *value = config_text(yaml_document_get_node(&l->doc, i->value));
		int column = name ? price_column(name) : -1;

		if (column < 0 || !value || strpbrk(value, "\t\n")) {
			complain(l, key,
				 column < 0 ? "is nothing that a price has" : "has no value", name);
			fprintf(stderr, "  a price has: %s\n", price_columns());
			return;
		}
		p.cells[column] = value;
	}
	for (; l->price_line < n->start_mark.line; l->price_line++)
		fputc('\n', l->prices);
	if (!price_row(l->prices, &p))
		complain(l, n, "a price override needs a model", NULL);
	l->c->price_count++;
}

static void add_prices(struct loader *l, const yaml_node_t *key, const yaml_node_t *n)
{
	size_t size;

	if (n->type != YAML_SEQUENCE_NODE) {
		complain(l, key, "is a list: '- model: ...'", "price-overrides");
		return;
	}
	if (l->prices)
		return; /* twice: said by add_setting() */
	l->prices = open_memstream(&l->c->prices, &size);
	if (!l->prices) {
		complain(l, key, "there is no memory for it", "price-overrides");
		return;
	}
	price_heading(l->prices);
	for (const yaml_node_item_t *i = n->data.sequence.items.start;
	     i < n->data.sequence.items.top; i++)
		add_price(l, yaml_document_get_node(&l->doc, *i));
	if (fclose(l->prices))
		complain(l, key, "there is no memory for it", "price-overrides");
}

static void complain_of_rule(void *ctx, const yaml_node_t *at, const char *what, const char *name)
{
	complain(ctx, at, what, name);
}

static struct config_rules reader(struct loader *l)
{
	return (struct config_rules){
		.doc = &l->doc, .path = l->c->path, .complain = complain_of_rule, .ctx = l
	};
}

static void add_rules(struct loader *l, const yaml_node_t *key, const yaml_node_t *n)
{
	struct config_rules rules = reader(l);

	if (l->c->rules) {
		complain(l, key, "is set twice", "rules");
		return;
	}
	l->c->rules = rules__new();
	if (l->c->rules)
		config_rules_load(&rules, n, l->c->rules);
	else
		complain(l, key, "there is no memory for it", "rules");
}

static void add_detect(struct loader *l, const yaml_node_t *key, const yaml_node_t *n)
{
	struct config_rules detect = reader(l);

	config_detect_load(&detect, key, n, &l->c->detect);
}

static void add_sinks(struct loader *l, const yaml_node_t *key, const yaml_node_t *n)
{
	struct config_rules sinks = reader(l);

	if (l->c->sinks) {
		complain(l, key, "is set twice", "sinks");
		return;
	}
	l->c->sinks = calloc(1, sizeof(*l->c->sinks));
	if (l->c->sinks)
		config_sinks_load(&sinks, n, l->c->sinks);
	else
		complain(l, key, "there is no memory for it", "sinks");
}

static void add_budgets(struct loader *l, const yaml_node_t *key, const yaml_node_t *n)
{
	struct config_rules budgets = reader(l);

	if (l->c->budgets.count)
		complain(l, key, "is set twice", "budgets");
	else
		config_budgets_load(&budgets, key, n, &l->c->budgets);
}

static void add_gpu_prices(struct loader *l, const yaml_node_t *key, const yaml_node_t *n)
{
	struct config_rules prices = reader(l);

	if (l->c->gpu.count)
		complain(l, key, "is set twice", "gpu-prices");
	else
		config_gpu_load(&prices, key, n, &l->c->gpu);
}

static void add_actions(struct loader *l, const yaml_node_t *key, const yaml_node_t *n)
{
	struct config_rules actions = reader(l);

	config_act_load(&actions, key, n, &l->c->act);
}

static void load_document(struct loader *l)
{
	const yaml_node_t *root = yaml_document_get_root_node(&l->doc);

	if (!root)
		return; /* an empty file, or comments alone */
	if (root->type != YAML_MAPPING_NODE) {
		complain(l, root, "a configuration is a mapping: 'ledger: FILE'", NULL);
		return;
	}
	for (const yaml_node_pair_t *i = root->data.mapping.pairs.start;
	     i < root->data.mapping.pairs.top; i++) {
		const yaml_node_t *key = yaml_document_get_node(&l->doc, i->key);
		const yaml_node_t *value = yaml_document_get_node(&l->doc, i->value);
		const char *name = config_text(key), *text = config_text(value);

		if (!name)
			complain(l, key, "a setting's name is a word", NULL);
		else if (!strcmp(name, "price-overrides"))
			add_prices(l, key, value);
		else if (!strcmp(name, "rules"))
			add_rules(l, key, value);
		else if (!strcmp(name, "budgets"))
			add_budgets(l, key, value);
		else if (!strcmp(name, "detect"))
			add_detect(l, key, value);
		else if (!strcmp(name, "actions"))
			add_actions(l, key, value);
		else if (!strcmp(name, "gpu-prices"))
			add_gpu_prices(l, key, value);
		else if (!strcmp(name, "sinks"))
			add_sinks(l, key, value);
		else if (!text)
			complain(l, key, "has one value, not a list or mapping", name);
		else
			add_setting(l, key, name, text);
	}
}

static int load_text(struct loader *l, const uint8_t *text, size_t n)
{
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, text, n);
	if (yaml_parser_load(&parser, &l->doc)) {
		load_document(l);
		yaml_document_delete(&l->doc);
	} else {
		fprintf(stderr, "%s:%zu: %s\n", l->c->path, parser.problem_mark.line + 1,
			parser.problem ? parser.problem : "no YAML");
		l->bad = true;
	}
	yaml_parser_delete(&parser);
	return l->bad ? -EBADMSG : 0;
}

int config__load(const char *path, struct config **ret_config)
{
	struct loader l = { .c = calloc(1, sizeof(*l.c)) };
	uint8_t *text = NULL;
	size_t n;
	int err = l.c ? file_read(path, CONFIG_BYTES_MAX, &text, &n) : -ENOMEM;

	if (!err) {
		detect_settings__init(&l.c->detect);
		l.c->path = strdup(path);
		err = l.c->path ? load_text(&l, text, n) : -ENOMEM;
	}
	free(text);
	if (err && err != -EBADMSG)
		config__free(l.c);
	else
		*ret_config = l.c;
	return err;
}

void config__free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++) {
		free(c->settings[i].name);
		free(c->settings[i].value);
	}
	free(c->prices);
	rules__free(c->rules);
	sinks__free(c->sinks);
	budgets__fini(&c->budgets);
	free(c->path);
	free(c);
}
