/*
 * cli - what the commands of `postrider` share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>

#include "args.h"
#include "settings.h"

/* The exit codes are part of the public contract. */
enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1,	     /* refused, or failed */
	CLI_USAGE = 2,	     /* wrong usage or settings */
	CLI_UNREACHABLE = 3, /* the service is out of reach */
};

struct cli {
	struct settings settings;
	bool json;  /* --json: print data as JSON */
	bool quiet; /* standard error is no terminal: no progress */
};

/* argv[0] is the command's name. Returns an exit code. */
typedef int command_fn(struct cli *cli, int argc, char **argv);

command_fn cmd_apply, cmd_bench, cmd_call, cmd_credentials, cmd_deliveries,
    cmd_events, cmd_exit, cmd_export, cmd_health, cmd_help, cmd_inbox,
    cmd_keygen, cmd_keys, cmd_listen, cmd_paths, cmd_profiles, cmd_projects,
    cmd_publish, cmd_replay, cmd_status, cmd_tail, cmd_up, cmd_version,
    cmd_webhooks;

/* Runs a subcommand by argv[1]: "webhooks list". NULL-terminated by name. */
struct subcommand {
	const char *name, *what;
	command_fn *run;
};
/* fallback: what runs when argv[1] is missing or a flag; NULL: wrong usage. */
int cli_subcommand(struct cli *cli, int argc, char **argv,
		   const struct subcommand *table, command_fn *fallback);

/* Parses a command's own flags and those that all have. CLI_DONE with *go true:
 * go on; else return the code. */
int cli_parse(struct cli *cli, struct args *args, int argc, char **argv,
	      bool *go);
/* The same for a command of one project: *project, what --project gave, is the
 * setting's when that was NULL, and wrong usage without both. */
int cli_parse_project(struct cli *cli, struct args *args, int argc, char **argv,
		      const char **project, bool *go);
#define FLAG_PROJECT(target) \
	FLAGS_STR("project", "PROJECT", target, "POSTRIDER_CLI_PROJECT")
/* "postrider: " and a line on standard error. Returns code. */
int cli_error(int code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* --project, else POSTRIDER_CLI_PROJECT; NULL after an error line. */
const char *cli_project(const struct cli *cli, const char *flag);

#endif
