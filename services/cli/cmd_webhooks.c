/*
 * cmd_webhooks - list, get, create, update, rotate, delete webhooks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"
#include "trial.h"
#include "webhook_body.h"

#define ABOUT_WEBHOOK "WEBHOOK is a webhook's id or its name."

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct column columns[] = {
	    {"ID", "id"},	    {"NAME", "name"},
	    {"ENABLED", "enabled"}, {"EVENTS", "eventNames"},
	    {"URL", "url"},	    {"REASON", "disabledReason"},
	    {NULL, NULL},
	};
	const char *project = NULL;
	const struct flag flags[] = {
	    FLAG_PROJECT(&project),
	    FLAGS_END,
	};
	struct args args = {.usage = "webhooks list --project PROJECT [flags]",
			    .about = "Lists a project's webhooks.",
			    .flags = flags};
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	return show_list(cli, api_path("/v1/projects/%/webhooks", project), 0,
			 columns);
}

static int create(struct cli *cli, int argc, char **argv)
{
	struct webhook_flags f = webhook_flags_init();
	const struct flag flags[] = {WEBHOOK_FLAGS(&f), FLAGS_END};
	struct args args = {
	    .usage = "webhooks create --project PROJECT --url URL [flags]",
	    .about = "Creates a webhook and prints it. Without "
		     "--event-name it wants every event.",
	    .flags = flags};
	json_t *body;
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &f.project, &go);

	if (!go)
		return code;
	body = webhook_body(&f);
	if (!body)
		return CLI_USAGE;
	if (!json_object_get(body, "kind"))
		json_object_set_new(body, "kind", json_string("system"));
	if (!json_object_get(body, "eventNames"))
		json_object_set_new(body, "eventNames", json_pack("[s]", "*"));
	return show_call(cli, "POST",
			 api_path("/v1/projects/%/webhooks", f.project), body);
}

/* A call on one webhook, or on what is below it by this pattern; body is taken,
 * NULL for none. */
static int call_one(struct cli *cli, const char *project, const char *webhook,
		    const char *method, const char *pattern, json_t *body)
{
	json_t *out = NULL;
	char *id;
	int code = api_webhook_id(cli, project, webhook, &id);

	if (code != CLI_DONE) {
		json_decref(body);
		return code;
	}
	code =
	    api_call(cli, method, api_path(pattern, project, id), body, &out);
	if (code == CLI_DONE && out)
		print_json(out);
	else if (code == CLI_DONE && !cli->json)
		printf("deleted %s\n", id);
	json_decref(out);
	free(id);
	return code;
}

static int on_one(struct cli *cli, const char *project, const char *webhook,
		  const char *method, json_t *body)
{
	return call_one(cli, project, webhook, method,
			"/v1/projects/%/webhooks/%", body);
}

static int plain(struct cli *cli, int argc, char **argv, struct args *args,
		 const char *method)
{
	const char *project = NULL;
	const struct flag flags[] = {
	    FLAG_PROJECT(&project),
	    FLAGS_END,
	};
	bool go;
	int code;

	args->flags = flags;
	args->operands_min = args->operands_max = 1;
	code = cli_parse_project(cli, args, argc, argv, &project, &go);
	if (!go)
		return code;
	return on_one(cli, project, args->operands[0], method, NULL);
}

static int get(struct cli *cli, int argc, char **argv)
{
	struct args args = {.usage = "webhooks get WEBHOOK --project PROJECT",
			    .about = "Shows a webhook. " ABOUT_WEBHOOK};

	return plain(cli, argc, argv, &args, "GET");
}

static int delete (struct cli *cli, int argc, char **argv)
{
	struct args args = {.usage = "webhooks delete WEBHOOK --project "
				     "PROJECT",
			    .about = "Deletes a webhook. " ABOUT_WEBHOOK};

	return plain(cli, argc, argv, &args, "DELETE");
}

static int update(struct cli *cli, int argc, char **argv)
{
	struct webhook_flags f = webhook_flags_init();
	const struct flag flags[] = {WEBHOOK_FLAGS(&f), FLAGS_END};
	struct args args = {
	    .usage = "webhooks update WEBHOOK --project PROJECT [flags]",
	    .about = "Changes what the flags name. " ABOUT_WEBHOOK,
	    .flags = flags,
	    .operands_min = 1,
	    .operands_max = 1};
	json_t *body;
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &f.project, &go);

	if (!go)
		return code;
	body = webhook_body(&f);
	if (!body)
		return CLI_USAGE;
	if (json_object_size(body) == 0) {
		json_decref(body);
		return cli_error(CLI_USAGE, "nothing to change was given");
	}
	return on_one(cli, f.project, args.operands[0], "PATCH", body);
}

static int rotate(struct cli *cli, int argc, char **argv)
{
	const char *project = NULL, *algorithm = NULL;
	const struct flag flags[] = {
	    FLAG_PROJECT(&project),
	    FLAGS_STR("algorithm", "NAME", &algorithm,
		      "hmac-sha256 or ed25519; the same as before"),
	    FLAGS_END,
	};
	struct args args = {
	    .usage = "webhooks rotate WEBHOOK --project PROJECT [flags]",
	    .about = "Makes a new signing secret and shows it, this once; the "
		     "old ones sign along for 24 hours. " ABOUT_WEBHOOK,
	    .flags = flags,
	    .operands_min = 1,
	    .operands_max = 1};
	json_t *body;
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	body = json_object();
	if (algorithm)
		json_object_set_new(body, "algorithm", json_string(algorithm));
	return call_one(cli, project, args.operands[0], "POST",
			"/v1/projects/%/webhooks/%/secrets/rotate", body);
}

int cmd_webhooks(struct cli *cli, int argc, char **argv)
{
	static const struct subcommand table[] = {
	    {"list", "list a project's webhooks", list},
	    {"get", "show one", get},
	    {"create", "create one", create},
	    {"update", "change one", update},
	    {"test", "send a sample now and show it all", trial},
	    {"rotate", "make a new signing secret", rotate},
	    {"delete", "delete one", delete},
	    {NULL, NULL, NULL},
	};

	return cli_subcommand(cli, argc, argv, table, list);
}
