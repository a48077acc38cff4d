/* SPDX-License-Identifier: BSD-2-Clause */
/* options: what a person may say on the command line, as data: parse and usage come from one table.
 */
#ifndef WT_CMD_OPTIONS_H
#define WT_CMD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "capture/serves.h"
#include "detect/budget.h"

/* Exit status for a command line that makes no sense, as of getopt programs and sysexits' kin. */
#define EXIT_USAGE 2

/* As many as there may be, of all commands. */
#define OPTIONS_MAX 128

struct options {
	bool json;
	bool perf_uprobes;
	bool no_colour;
	bool trace;	      /* run: print the rows too */
	bool plaintext, yes;  /* record */
	bool allow_plaintext; /* from the configuration alone */
	bool help;
	bool hold;
	uint8_t command_line;		    /* 1: off, 2: hashed, 3: plain; 0: not given */
	int32_t pid;			    /* trace: 0: everybody */
	uint32_t ring_bytes;		    /* 0: the default */
	uint32_t look_again;		    /* seconds, one more than was given; 0: not given */
	struct serves_ports model_ports;    /* of model servers, beside the known ones */
	const char *ledger;		    /* NULL: the default */
	const char *past;		    /* a ledger that rows are replayed behind; NULL: none */
	const char *keep, *rollups;	    /* NULL: the defaults */
	bool focus_billed;		    /* report: no other bill is in the data */
	const char *by, *since;		    /* report, runs */
	const char *until, *where, *format; /* report */
	const char *same;		    /* reconcile */
	const char *threshold, *export, *deployed; /* router */
	const char *month, *reserved, *against;	   /* statement, gpu */
	const char *window, *sort;		   /* top */
	bool once;				   /* top */
	const char *config;			   /* NULL: the default, if it is there */
	char *price_rows;	 /* what --price said, as rows of a catalogue; NULL: nothing */
	struct config *settings; /* of the file; NULL: there is none */
	const char *secret;	 /* NULL: the default */
	const char *own_prices;	 /* the host's own list; NULL: the default, if it is there */
	const char *prices;	 /* a catalogue in place of the built-in one; NULL: built in */
	const char *output;	 /* a file for the rows or the bill; NULL: the standard streams */
	const char *record;	 /* replay: a recording to make */
	const char *into;	 /* replay: a ledger to be written, too */
	const char *html;	 /* audit: a page to be written; NULL: none */
	bool each;		 /* audit */
	const char *pairs;	 /* replay: a folder of NAME.req and NAME.resp */
	bool given[OPTIONS_MAX]; /* options that were on the command line, by number */
	char **args;		 /* what follows the options, NULL-terminated */
	int arg_count;
	/* whose calls are whose, see fingerprints.h */
	uint8_t end_users; /* as command_line */
	bool key_last4;
	const char *fleet_secret, *fleet_secret_previous; /* NULL: none */
	const char *kubelet_pods;			  /* NULL: none */
	const char *explain;				  /* tags */
	struct budgets *budgets;			  /* of --budget; NULL: none was given */
	const char *time_zone;				  /* NULL: the host's */
	const char *calls;				  /* replay: a file of rows; NULL: none */
	const char *detect;				  /* NULL: as configured */
	bool findings;					  /* replay */
	const char *control, *for_time;			  /* orders; NULL: the default; for good */
	bool group;					  /* orders: to its control group */
	struct sinks *sinks;				  /* what --sink said; NULL: nothing */
	bool gpu;					  /* record: GPUs, not calls */
	const char *gpu_library;			  /* NULL: where drivers put it */
	const char *dcgm_exporter;			  /* URL; NULL: not asked */
	int64_t sink_rows; /* that may wait for them; 0: the default */
};

struct config;

struct command_def {
	const char *name;
	const char *arguments; /* for the usage line */
	const char *summary;   /* one line */
	const char *help;      /* the rest */
	int (*run)(const struct options *o);
};

/* The commands (commands.def) in the order of the help text. */
extern const struct command_def command_defs[];
extern const int command_count;

/*
 * Parses argv after the command's name, and the configuration; what is on the command line stands.
 * Returns 0, or an exit status after it told on stderr what is wrong.
 */
int options__parse(struct options *ret_o, const struct command_def *c, int argc, char **argv);
/* The ledger's path: --ledger, else the host's own. */
#define LEDGER_DEFAULT "/var/lib/wiretally/ledger.db"
/* The configuration file: --config, else the host's own. */
#define CONFIG_DEFAULT	   "/etc/wiretally/config.yaml"
#define OWN_PRICES_DEFAULT "/etc/wiretally/prices.tsv"
/* Where a daemon takes orders. */
#define CONTROL_DEFAULT "/run/wiretally/control"
/* The key of this install. */
#define SECRET_DEFAULT "/var/lib/wiretally/secret"
const char *options__config(const struct options *o);
/* The host's own price list. */
const char *options__own_prices(const struct options *o);
const char *options__ledger(const struct options *o);
/* Frees what parsing allocated. */
void options__fini(struct options *o);
/*
 * Takes the settings of a file for a command's options that were not given; NULL: checks all of
 * them. Returns 0, or 1 after it told each mistake by line.
 */
int options__configure(struct options *o, const struct command_def *c, const struct config *config);
void usage_program(FILE *out);
void usage_command(FILE *out, const struct command_def *c);

#endif
