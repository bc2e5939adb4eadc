/*
 * cli - what the commands of `postrider` share.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COMMON_FLAGS_MAX 8

int cli_error(int code, const char *fmt, ...)
{
	va_list ap;

	fputs("postrider: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return code;
}

static bool has_flag(const struct flag *flags, const char *name)
{
	for (; flags && flags->kind != FLAG_END; flags++)
		if (strcmp(flags->name, name) == 0)
			return true;
	return false;
}

int cli_parse(struct cli *cli, struct args *args, int argc, char **argv,
	      bool *go)
{
	struct settings *s = &cli->settings;
	const struct flag common[] = {
	    FLAGS_BOOL("json", &cli->json, "print data as JSON"),
	    FLAGS_STR("console-url", "URL", &s->console_url,
		      "POSTRIDER_CLI_CONSOLE_URL, http://127.0.0.1:8080"),
	    FLAGS_STR("publish-endpoint", "ENDPOINT", &s->publish_endpoint,
		      "POSTRIDER_CLI_PUBLISH_ENDPOINT, "
		      "tcp://127.0.0.1:5570"),
	    FLAGS_STR("admin-key", "KEY", &s->admin_key_flag,
		      "POSTRIDER_ADMIN_KEY; better a file"),
	    FLAGS_STR("admin-key-file", "FILE", &s->admin_key_file,
		      "POSTRIDER_ADMIN_KEY_FILE"),
	    FLAGS_STR("data", "DIR", &s->data,
		      "take DIR/admin.key (./postrider-data)"),
	    FLAGS_END,
	};
	struct flag shown[COMMON_FLAGS_MAX];
	size_t n = 0;
	enum args_result r;

	/* A command's own flag hides the common one of the same name. */
	for (const struct flag *f = common; f->kind != FLAG_END; f++)
		if (!has_flag(args->flags, f->name))
			shown[n++] = *f;
	shown[n] = (struct flag)FLAGS_END;
	r = args_parse(args, shown, argc, argv);
	*go = r == ARGS_OK;
	return r == ARGS_WRONG ? CLI_USAGE : CLI_DONE;
}

static void help_subcommands(const char *command,
			     const struct subcommand *table)
{
	printf("usage: postrider %s COMMAND\n\n", command);
	for (; table->name; table++)
		printf("  %-10s %s\n", table->name, table->what);
	printf("\n`postrider %s COMMAND --help` tells more.\n", command);
}

int cli_subcommand(struct cli *cli, int argc, char **argv,
		   const struct subcommand *table, command_fn *fallback)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (name && (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)) {
		help_subcommands(argv[0], table);
		return CLI_DONE;
	}
	for (const struct subcommand *c = table; name && c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c->run(cli, argc - 1, argv + 1);
	if (fallback && (!name || name[0] == '-'))
		return fallback(cli, argc, argv);
	if (!name)
		return cli_error(CLI_USAGE,
				 "%s: a command is missing; see `postrider %s "
				 "--help`",
				 argv[0], argv[0]);
	return cli_error(CLI_USAGE, "%s: unknown command: %s", argv[0], name);
}

const char *cli_project(const struct cli *cli, const char *flag)
{
	const char *project = flag ? flag : cli->settings.cli_project;

	if (!project || !*project) {
		cli_error(CLI_USAGE, "which project? --project NAME or "
				     "POSTRIDER_CLI_PROJECT");
		return NULL;
	}
	return project;
}

int cli_parse_project(struct cli *cli, struct args *args, int argc, char **argv,
		      const char **project, bool *go)
{
	int code = cli_parse(cli, args, argc, argv, go);

	if (!*go)
		return code;
	*project = cli_project(cli, *project);
	*go = *project != NULL;
	return *go ? CLI_DONE : CLI_USAGE;
}
