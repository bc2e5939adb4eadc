/*
 * commands - the table of commands, help and version.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "commands.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct subcommand commands[] = {
    {"up", "run the whole system on this machine", cmd_up},
    {"publish", "publish events: a file, standard input, or flags",
     cmd_publish},
    {"call", "call a journey's webhook, as a journey does", cmd_call},
    {"exit", "end a way through a journey", cmd_exit},
    {"projects", "list, get, create, delete projects", cmd_projects},
    {"webhooks", "list, get, create, update, delete webhooks", cmd_webhooks},
    {"credentials", "list, get, create, update, test, delete OAuth credentials",
     cmd_credentials},
    {"profiles", "show, erase what journeys have kept for a user",
     cmd_profiles},
    {"paths", "show, erase what a way through a journey has kept", cmd_paths},
    {"events", "show the catalogue of system events", cmd_events},
    {"export", "print a project with its webhooks as one file", cmd_export},
    {"apply", "make a project be as a file says", cmd_apply},
    {"deliveries", "list, get, retry, cancel deliveries", cmd_deliveries},
    {"replay", "put a webhook's deliveries back into the queue", cmd_replay},
    {"tail", "show attempts as they are made", cmd_tail},
    {"inbox", "show, follow, clear the built-in receiver", cmd_inbox},
    {"listen", "pass an inbox's requests on to a program here", cmd_listen},
    {"keys", "list, create, delete a project's API keys", cmd_keys},
    {"keygen", "make a key for CURVE between hosts", cmd_keygen},
    {"status", "show the health of every process", cmd_status},
    {"health", "ask services on this host, or a URL, whether they are well",
     cmd_health},
    {"bench", "publish many events and say how fast that was", cmd_bench},
    {"version", "print the version", cmd_version},
    {"help", "print this, or the help of a command", cmd_help},
    {NULL, NULL, NULL},
};

static const struct subcommand *find(const char *name)
{
	for (const struct subcommand *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static void print_help(struct cli *cli)
{
	printf("usage: postrider COMMAND [flags]\n\n");
	for (const struct subcommand *c = commands; c->name; c++)
		printf("  %-12s %s\n", c->name, c->what);
	printf("\n`postrider COMMAND --help` tells more. Exit codes: 0 done, "
	       "1 refused or failed,\n2 wrong usage, 3 the service is out of "
	       "reach. --check-config and --show-config\nlook at these "
	       "settings:\n\n");
	settings_help(&cli->settings, stdout);
}

int cmd_version(struct cli *cli, int argc, char **argv)
{
	struct args args = {
	    .usage = "version",
	    .about = "Prints the version of this program.",
	};
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	if (cli->json)
		printf("{\"version\": \"" POSTRIDER_VERSION "\"}\n");
	else
		printf("postrider " POSTRIDER_VERSION "\n");
	return CLI_DONE;
}

int cmd_help(struct cli *cli, int argc, char **argv)
{
	const struct subcommand *c;
	char flag[] = "--help";
	char *help_argv[] = {NULL, flag, NULL};

	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		print_help(cli);
		return CLI_DONE;
	}
	c = find(argv[1]);
	if (!c)
		return cli_error(CLI_USAGE, "unknown command: %s", argv[1]);
	help_argv[0] = argv[1];
	return c->run(cli, 2, help_argv);
}

/* The flags that every program of the system has. True: argv[1] is one. */
static bool run_flag(struct cli *cli, const char *flag)
{
	if (strcmp(flag, "--help") == 0 || strcmp(flag, "-h") == 0)
		print_help(cli);
	else if (strcmp(flag, "--version") == 0)
		printf("postrider " POSTRIDER_VERSION "\n");
	else if (strcmp(flag, "--show-config") == 0)
		settings_show(&cli->settings, stdout);
	else if (strcmp(flag, "--check-config") != 0)
		return false;
	return true;
}

static int run(struct cli *cli, int argc, char **argv)
{
	const struct subcommand *c;

	if (argc < 2)
		return cli_error(CLI_USAGE, "a command is missing; see "
					    "`postrider --help`");
	if (run_flag(cli, argv[1]))
		return CLI_DONE;
	c = find(argv[1]);
	if (!c)
		return cli_error(CLI_USAGE,
				 "unknown command: %s; see `postrider --help`",
				 argv[1]);
	return c->run(cli, argc - 1, argv + 1);
}

int commands_main(int argc, char **argv)
{
	struct cli cli = {.quiet = !isatty(STDERR_FILENO)};
	char error[512];
	int code;

	if (!settings_load(&cli.settings, error, sizeof(error)))
		return cli_error(CLI_USAGE, "%s", error);
	code = run(&cli, argc, argv);
	/* What could not be written is not done: a full disk, a closed pipe. */
	if (fflush(stdout) != 0 && code == CLI_DONE)
		code = cli_error(CLI_FAILED, "cannot write the output");
	settings_fini(&cli.settings);
	return code;
}
