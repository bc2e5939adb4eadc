/*
 * cmd_events - the catalogue of system events, and one of them with its sample.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "show.h"

static void print_field(const json_t *type, const char *label, const char *path)
{
	char text[512];

	printf("%-9s %s\n", label, print_cell(text, sizeof(text), type, path));
}

/* For people: what the fields are, then what a publisher sends. */
static void print_type(const json_t *type)
{
	json_t *fields = json_object_get(type, "dataFields"), *value;
	const char *name;

	print_field(type, "name", "name");
	print_field(type, "channel", "channel");
	print_field(type, "trigger", "trigger");
	if (json_is_string(json_object_get(type, "note")))
		print_field(type, "note", "note");
	printf("\ndataFields\n");
	json_object_foreach(fields, name, value)
	{
		printf("  ");
		print_safe(stdout, name);
		printf(": ");
		print_safe(stdout, json_string_value(value));
		printf("\n");
	}
	printf("\nsample\n");
	print_json(json_object_get(type, "sample"));
}

static int show_one(struct cli *cli, const char *name)
{
	json_t *type;
	int code = api_call(cli, "GET", api_path("/v1/event-types/%", name),
			    NULL, &type);

	if (code != CLI_DONE)
		return code;
	if (cli->json)
		print_json(type);
	else
		print_type(type);
	json_decref(type);
	return CLI_DONE;
}

static int show_all(struct cli *cli, const char *channel)
{
	static const struct column columns[] = {
	    {"NAME", "name"},
	    {"CHANNEL", "channel"},
	    {"TRIGGER", "trigger"},
	    {NULL, NULL},
	};

	return show_list(
	    cli, api_query(api_path("/v1/event-types"), "channel", channel), 0,
	    columns);
}

static const json_t *find_name(const json_t *list, const char *name)
{
	const json_t *type;
	size_t i;

	json_array_foreach(list, i, type)
	{
		const char *have =
		    json_string_value(json_object_get(type, "name"));

		if (have && strcmp(have, name) == 0)
			return type;
	}
	return NULL;
}

static int print_own(const struct cli *cli, const json_t *list,
		     const char *name)
{
	const json_t *type = find_name(list, name);

	if (!type)
		return cli_error(
		    CLI_FAILED, "the project has published no %s lately", name);
	print_json(cli->json ? type : json_object_get(type, "sample"));
	return CLI_DONE;
}

/* name: NULL for all of them. */
static int show_own(struct cli *cli, const char *project, const char *name)
{
	static const struct column columns[] = {
	    {"NAME", "name"},
	    {"LAST SEEN", "lastSeenAt"},
	    {"COUNT", "count"},
	    {NULL, NULL},
	};
	json_t *out;
	int code = api_list(
	    cli, api_path("/v1/projects/%/event-types", project), 0, &out);

	if (code != CLI_DONE)
		return code;
	if (name)
		code = print_own(cli, json_object_get(out, "data"), name);
	else if (cli->json)
		print_json(out);
	else
		print_table(json_object_get(out, "data"), columns);
	json_decref(out);
	return code;
}

int cmd_events(struct cli *cli, int argc, char **argv)
{
	const char *channel = NULL, *project = NULL, *name;
	const struct flag flags[] = {
	    FLAGS_STR("channel", "CHANNEL", &channel,
		      "email, push, inApp, sms, webPush, embedded, whatsApp, "
		      "journey, postrider"),
	    FLAGS_STR(
		"project", "PROJECT", &project,
		"the names outside the catalogue that it has published, or the "
		"last sample of NAME"),
	    FLAGS_END,
	};
	struct args args = {.usage = "events [NAME] [flags]",
			    .about = "Lists the system events of the "
				     "catalogue, or shows one with its "
				     "fields and a sample.",
			    .flags = flags,
			    .operands_max = 1};
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	name = args.n_operands ? args.operands[0] : NULL;
	if (channel && (name || project))
		return cli_error(CLI_USAGE,
				 "--channel goes without NAME and --project");
	if (project)
		return show_own(cli, project, name);
	return name ? show_one(cli, name) : show_all(cli, channel);
}
