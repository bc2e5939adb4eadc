/*
 * cmd_kept - show and erase what journeys have kept: profiles and paths.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "show.h"

static int plain(struct cli *cli, int argc, char **argv, struct args *args,
		 const char *const call[2])
{
	const char *project = NULL;
	const struct flag flags[] = {FLAG_PROJECT(&project), FLAGS_END};
	bool go;
	int code;

	args->flags = flags;
	args->operands_min = args->operands_max = 1;
	code = cli_parse_project(cli, args, argc, argv, &project, &go);
	if (!go)
		return code;
	code = show_call(cli, call[0],
			 api_path(call[1], project, args->operands[0]), NULL);
	if (code == CLI_DONE && !cli->json && !strcmp(call[0], "DELETE"))
		printf("deleted %s\n", args->operands[0]);
	return code;
}

#define PROFILE "/v1/projects/%/profiles/%"
#define PATH "/v1/projects/%/paths/%"

static int profile_get(struct cli *cli, int argc, char **argv)
{
	static const char *const call[] = {"GET", PROFILE};
	struct args args = {.usage = "profiles get USER --project PROJECT",
			    .about = "Shows what User Profile tiles have kept "
				     "for a user: an email or a userId."};

	return plain(cli, argc, argv, &args, call);
}

static int profile_delete(struct cli *cli, int argc, char **argv)
{
	static const char *const call[] = {"DELETE", PROFILE};
	struct args args = {.usage = "profiles delete USER --project PROJECT",
			    .about = "Erases what User Profile tiles have kept "
				     "for a user."};

	return plain(cli, argc, argv, &args, call);
}

static int path_get(struct cli *cli, int argc, char **argv)
{
	static const char *const call[] = {"GET", PATH};
	struct args args = {.usage = "paths get PATH --project PROJECT",
			    .about = "Shows what Live Data tiles have kept for "
				     "a way through a journey."};

	return plain(cli, argc, argv, &args, call);
}

static int path_delete(struct cli *cli, int argc, char **argv)
{
	static const char *const call[] = {"DELETE", PATH};
	struct args args = {.usage = "paths delete PATH --project PROJECT",
			    .about = "Erases what Live Data tiles have kept "
				     "for a way through a journey."};

	return plain(cli, argc, argv, &args, call);
}

int cmd_profiles(struct cli *cli, int argc, char **argv)
{
	static const struct subcommand table[] = {
	    {"get", "show what is kept for a user", profile_get},
	    {"delete", "erase it", profile_delete},
	    {NULL, NULL, NULL},
	};

	return cli_subcommand(cli, argc, argv, table, NULL);
}

int cmd_paths(struct cli *cli, int argc, char **argv)
{
	static const struct subcommand table[] = {
	    {"get", "show what is kept for a path", path_get},
	    {"delete", "erase it", path_delete},
	    {NULL, NULL, NULL},
	};

	return cli_subcommand(cli, argc, argv, table, NULL);
}
