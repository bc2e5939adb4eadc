/*
 * cmd_webhooks - list, get, create, update, rotate, delete webhooks.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"
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

/* What the flags say; *body is NULL when the code is not CLI_DONE. */
static int read_body(struct cli *cli, struct webhook_flags *f, json_t **body)
{
	char *credential = NULL;
	int code = CLI_DONE;

	*body = NULL;
	if (f->oauth2)
		code =
		    api_credential_id(cli, f->project, f->oauth2, &credential);
	if (code != CLI_DONE)
		return code;
	if (credential)
		f->oauth2 = credential;
	*body = webhook_body(f);
	free(credential);
	f->oauth2 = NULL;
	return *body ? CLI_DONE : CLI_USAGE;
}

/* Events are for a webhook of the system alone. */
static void set_kind(json_t *body)
{
	const char *kind = json_string_value(json_object_get(body, "kind"));

	if (!json_object_get(body, "kind"))
		json_object_set_new(body, "kind", json_string("system"));
	if (kind && strcmp(kind, "journey") == 0)
		return;
	if (!json_object_get(body, "eventNames"))
		json_object_set_new(body, "eventNames", json_pack("[s]", "*"));
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
	code = read_body(cli, &f, &body);
	if (code != CLI_DONE)
		return code;
	set_kind(body);
	return show_call(cli, "POST",
			 api_path("/v1/projects/%/webhooks", f.project), body);
}

static int on_one(struct cli *cli, const char *project, const char *webhook,
		  const char *method, json_t *body)
{
	const struct show_named one = {
	    api_webhook_id, "/v1/projects/%/webhooks/%", project, webhook};

	return show_named(cli, &one, method, body);
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
	code = read_body(cli, &f, &body);
	if (code != CLI_DONE)
		return code;
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
	struct show_named one = {
	    .find = api_webhook_id,
	    .pattern = "/v1/projects/%/webhooks/%/secrets/rotate"};
	json_t *body;
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	body = json_object();
	if (algorithm)
		json_object_set_new(body, "algorithm", json_string(algorithm));
	one.project = project;
	one.text = args.operands[0];
	return show_named(cli, &one, "POST", body);
}

static int preview(struct cli *cli, int argc, char **argv)
{
	const char *project = NULL, *sample = NULL;
	const struct flag flags[] = {
	    FLAG_PROJECT(&project),
	    FLAGS_STR("sample", "JSON|FILE|-", &sample,
		      "the call: tile, journeyId, pathId, email, userId, "
		      "profile, event, params, liveData"),
	    FLAGS_END,
	};
	struct args args = {
	    .usage = "webhooks preview WEBHOOK --project PROJECT [flags]",
	    .about = "Shows the request that a journey's call would make, and "
		     "sends nothing. " ABOUT_WEBHOOK,
	    .flags = flags,
	    .operands_min = 1,
	    .operands_max = 1};
	struct show_named one = {.find = api_webhook_id,
				 .pattern =
				     "/v1/projects/%/webhooks/%/preview"};
	json_t *body;
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	body = sample ? json_document("sample", sample) : json_object();
	if (!body)
		return CLI_USAGE;
	one.project = project;
	one.text = args.operands[0];
	return show_named(cli, &one, "POST", body);
}

int cmd_webhooks(struct cli *cli, int argc, char **argv)
{
	static const struct subcommand table[] = {
	    {"list", "list a project's webhooks", list},
	    {"get", "show one", get},
	    {"create", "create one", create},
	    {"update", "change one", update},
	    {"test", "send a sample now and show it all", trial},
	    {"preview", "show what a journey's call would send", preview},
	    {"rotate", "make a new signing secret", rotate},
	    {"delete", "delete one", delete},
	    {NULL, NULL, NULL},
	};

	return cli_subcommand(cli, argc, argv, table, list);
}
