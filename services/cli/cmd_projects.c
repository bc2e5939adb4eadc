/*
 * cmd_projects - list, get, create, delete projects.
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
	struct args args = {.usage = "projects list [flags]",
			    .about = "Lists all projects."};
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	return show_list(cli, api_path("/v1/projects"), 0, columns);
}

/* One operand, one call, and the answer as it is. */
static int on_one(struct cli *cli, int argc, char **argv, struct args *args,
		  const char *method)
{
	json_t *out;
	bool go;
	int code = cli_parse(cli, args, argc, argv, &go);

	if (!go)
		return code;
	code =
	    api_call(cli, method, api_path("/v1/projects/%", args->operands[0]),
		     NULL, &out);
	if (code == CLI_DONE && out)
		print_json(out);
	else if (code == CLI_DONE)
		printf("deleted %s\n", args->operands[0]);
	json_decref(out);
	return code;
}

static int get(struct cli *cli, int argc, char **argv)
{
	struct args args = {.usage = "projects get PROJECT",
			    .about = "Shows one project.",
			    .operands_min = 1,
			    .operands_max = 1};

	return on_one(cli, argc, argv, &args, "GET");
}

static int delete (struct cli *cli, int argc, char **argv)
{
	struct args args = {.usage = "projects delete PROJECT",
			    .about = "Deletes a project with its webhooks and "
				     "keys.",
			    .operands_min = 1,
			    .operands_max = 1};

	return on_one(cli, argc, argv, &args, "DELETE");
}

static int create(struct cli *cli, int argc, char **argv)
{
	const char *name = NULL;
	const struct flag flags[] = {
	    FLAGS_STR("name", "TEXT", &name, "a name for people"),
	    FLAGS_END,
	};
	struct args args = {.usage = "projects create PROJECT [flags]",
			    .about = "Creates a project. PROJECT is its id.",
			    .flags = flags,
			    .operands_min = 1,
			    .operands_max = 1};
	json_t *body, *out;
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	body = json_pack("{s:s, s:s*}", "id", args.operands[0], "name", name);
	if (!body)
		return cli_error(CLI_USAGE, "the name is not valid UTF-8");
	code = api_call(cli, "POST", api_path("/v1/projects"), body, &out);
	if (code != CLI_DONE)
		return code;
	if (cli->json)
		print_json(out);
	else
		printf("created project %s\n", args.operands[0]);
	json_decref(out);
	return CLI_DONE;
}

int cmd_projects(struct cli *cli, int argc, char **argv)
{
	static const struct subcommand table[] = {
	    {"list", "list all projects", list},
	    {"get", "show one", get},
	    {"create", "create one", create},
	    {"delete", "delete one, with its webhooks and keys", delete},
	    {NULL, NULL, NULL},
	};

	return cli_subcommand(cli, argc, argv, table, list);
}
