/*
 * cmd_keys - list, create, delete a project's API keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "show.h"

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct column columns[] = {
	    {"ID", "id"},
	    {"NAME", "name"},
	    {"CREATED", "createdAt"},
	    {NULL, NULL},
	};
	const char *project = NULL;
	const struct flag flags[] = {FLAG_PROJECT(&project), FLAGS_END};
	struct args args = {.usage = "keys list --project PROJECT",
			    .about = "Lists a project's API keys, without "
				     "their secrets.",
			    .flags = flags};
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	return show_list(cli, api_path("/v1/projects/%/keys", project), 0,
			 columns);
}

static int create(struct cli *cli, int argc, char **argv)
{
	const char *project = NULL, *name = NULL;
	const struct flag flags[] = {
	    FLAG_PROJECT(&project),
	    FLAGS_STR("name", "TEXT", &name, "a name for people"),
	    FLAGS_END,
	};
	struct args args = {.usage = "keys create --project PROJECT [flags]",
			    .about = "Creates an API key. It is shown this "
				     "once and never again.",
			    .flags = flags};
	json_t *body;
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	body = json_pack("{s:s*}", "name", name);
	if (!body)
		return cli_error(CLI_USAGE, "the name is not valid UTF-8");
	return show_call(cli, "POST", api_path("/v1/projects/%/keys", project),
			 body);
}

static int delete (struct cli *cli, int argc, char **argv)
{
	const char *project = NULL;
	const struct flag flags[] = {FLAG_PROJECT(&project), FLAGS_END};
	struct args args = {.usage = "keys delete KEY --project PROJECT",
			    .about = "Deletes an API key by its id (key_…).",
			    .flags = flags,
			    .operands_min = 1,
			    .operands_max = 1};
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	code = api_call(
	    cli, "DELETE",
	    api_path("/v1/projects/%/keys/%", project, args.operands[0]), NULL,
	    NULL);
	if (code == CLI_DONE && !cli->json)
		printf("deleted %s\n", args.operands[0]);
	return code;
}

int cmd_keys(struct cli *cli, int argc, char **argv)
{
	static const struct subcommand table[] = {
	    {"list", "list a project's keys", list},
	    {"create", "create one, shown this once", create},
	    {"delete", "delete one", delete},
	    {NULL, NULL, NULL},
	};

	return cli_subcommand(cli, argc, argv, table, list);
}
