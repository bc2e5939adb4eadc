/*
 * cmd_keys - list, create, delete a project's API keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "api.h"
#include "print.h"

#define PROJECT_FLAG(target) \
	FLAGS_STR("project", "PROJECT", target, "POSTRIDER_CLI_PROJECT")

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct column columns[] = {
	    {"ID", "id"},
	    {"NAME", "name"},
	    {"CREATED", "createdAt"},
	    {NULL, NULL},
	};
	const char *project = NULL;
	const struct flag flags[] = {PROJECT_FLAG(&project), FLAGS_END};
	struct args args = {.usage = "keys list --project PROJECT",
			    .about = "Lists a project's API keys, without "
				     "their secrets.",
			    .flags = flags};
	json_t *out;
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	project = cli_project(cli, project);
	if (!project)
		return CLI_USAGE;
	code = api_list(cli, api_path("/v1/projects/%/keys", project), 0, &out);
	if (code != CLI_DONE)
		return code;
	if (cli->json)
		print_json(out);
	else
		print_table(json_object_get(out, "data"), columns);
	json_decref(out);
	return CLI_DONE;
}

static int create(struct cli *cli, int argc, char **argv)
{
	const char *project = NULL, *name = NULL;
	const struct flag flags[] = {
	    PROJECT_FLAG(&project),
	    FLAGS_STR("name", "TEXT", &name, "a name for people"),
	    FLAGS_END,
	};
	struct args args = {.usage = "keys create --project PROJECT [flags]",
			    .about = "Creates an API key. It is shown this "
				     "once and never again.",
			    .flags = flags};
	json_t *body, *out;
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	project = cli_project(cli, project);
	if (!project)
		return CLI_USAGE;
	body = json_pack("{s:s*}", "name", name);
	if (!body)
		return cli_error(CLI_USAGE, "the name is not valid UTF-8");
	code = api_call(cli, "POST", api_path("/v1/projects/%/keys", project),
			body, &out);
	if (code == CLI_DONE)
		print_json(out);
	json_decref(out);
	return code;
}

static int delete (struct cli *cli, int argc, char **argv)
{
	const char *project = NULL;
	const struct flag flags[] = {PROJECT_FLAG(&project), FLAGS_END};
	struct args args = {.usage = "keys delete KEY --project PROJECT",
			    .about = "Deletes an API key by its id (key_…).",
			    .flags = flags,
			    .operands_min = 1,
			    .operands_max = 1};
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	project = cli_project(cli, project);
	if (!project)
		return CLI_USAGE;
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
