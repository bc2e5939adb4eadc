/*
 * cmd_credentials - list, get, create, update, test, delete OAuth credentials.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credential_body.h"
#include "show.h"

#define ABOUT_CREDENTIAL "CREDENTIAL is a credential's id or its name."
#define LIST "/v1/projects/%/credentials"

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct column columns[] = {
	    {"ID", "id"},
	    {"NAME", "name"},
	    {"TOKEN URL", "tokenUrl"},
	    {"CLIENT", "clientId"},
	    {"AUTH", "clientAuth"},
	    {NULL, NULL},
	};
	const char *project = NULL;
	const struct flag flags[] = {FLAG_PROJECT(&project), FLAGS_END};
	struct args args = {.usage = "credentials list --project PROJECT",
			    .about = "Lists a project's OAuth 2.0 credentials.",
			    .flags = flags};
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	return show_list(cli, api_path(LIST, project), 0, columns);
}

static int create(struct cli *cli, int argc, char **argv)
{
	struct credential_flags f = {0};
	const struct flag flags[] = {CREDENTIAL_FLAGS(&f), FLAGS_END};
	struct args args = {
	    .usage = "credentials create --project PROJECT --token-url URL "
		     "--client-id ID --client-secret @FILE [flags]",
	    .about = "Creates an OAuth 2.0 credential, with which access "
		     "tokens for webhooks are fetched,\nand prints it.",
	    .flags = flags};
	json_t *body;
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &f.project, &go);

	if (!go)
		return code;
	body = credential_body(&f);
	if (!body)
		return CLI_USAGE;
	return show_call(cli, "POST", api_path(LIST, f.project), body);
}

static int on_one(struct cli *cli, const char *project, const char *credential,
		  const char *method, json_t *body)
{
	const struct show_named one = {api_credential_id, LIST "/%", project,
				       credential};

	return show_named(cli, &one, method, body);
}

static int plain(struct cli *cli, int argc, char **argv, struct args *args,
		 const char *method)
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
	return on_one(cli, project, args->operands[0], method, NULL);
}

static int get(struct cli *cli, int argc, char **argv)
{
	struct args args = {.usage =
				"credentials get CREDENTIAL --project PROJECT",
			    .about = "Shows a credential, and the state of its "
				     "token. " ABOUT_CREDENTIAL};

	return plain(cli, argc, argv, &args, "GET");
}

static int delete (struct cli *cli, int argc, char **argv)
{
	struct args args = {
	    .usage = "credentials delete CREDENTIAL --project PROJECT",
	    .about = "Deletes a credential. Deliveries of webhooks that use it "
		     "wait from then on.\n" ABOUT_CREDENTIAL};

	return plain(cli, argc, argv, &args, "DELETE");
}

static int update(struct cli *cli, int argc, char **argv)
{
	struct credential_flags f = {0};
	const struct flag flags[] = {CREDENTIAL_FLAGS(&f), FLAGS_END};
	struct args args = {
	    .usage = "credentials update CREDENTIAL --project PROJECT [flags]",
	    .about = "Changes what the flags name; --body '{\"scope\": null}' "
		     "takes a field away.\n" ABOUT_CREDENTIAL,
	    .flags = flags,
	    .operands_min = 1,
	    .operands_max = 1};
	json_t *body;
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &f.project, &go);

	if (!go)
		return code;
	body = credential_body(&f);
	if (!body)
		return CLI_USAGE;
	if (json_object_size(body) == 0) {
		json_decref(body);
		return cli_error(CLI_USAGE, "nothing to change was given");
	}
	return on_one(cli, f.project, args.operands[0], "PATCH", body);
}

/* --- testing ------------------------------------------------------------- */

/* A part of it came from the token server. */
static void print_report(const json_t *report)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)report, name, value)
	{
		char *text =
		    json_is_string(value)
			? NULL
			: json_dumps(value,
				     JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));

		print_safe(stdout, name);
		printf(": ");
		print_safe(stdout, text ? text : json_string_value(value));
		printf("\n");
		free(text);
	}
}

static int show_test(struct cli *cli, const char *project, const char *id)
{
	json_t *report = NULL;
	int code = api_call(cli, "POST", api_path(LIST "/%/test", project, id),
			    NULL, &report);

	if (code != CLI_DONE)
		return code;
	if (cli->json)
		print_json(report);
	else
		print_report(report);
	if (!json_is_true(json_object_get(report, "ok")))
		code = CLI_FAILED;
	json_decref(report);
	return code;
}

static int test(struct cli *cli, int argc, char **argv)
{
	const char *project = NULL;
	const struct flag flags[] = {FLAG_PROJECT(&project), FLAGS_END};
	struct args args = {
	    .usage = "credentials test CREDENTIAL --project PROJECT",
	    .about =
		"Fetches a token now and shows what came of it, but for "
		"the token. Exit code 1: there\nis none. " ABOUT_CREDENTIAL,
	    .flags = flags,
	    .operands_min = 1,
	    .operands_max = 1};
	char *id;
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	code = api_credential_id(cli, project, args.operands[0], &id);
	if (code == CLI_DONE)
		code = show_test(cli, project, id);
	free(id);
	return code;
}

int cmd_credentials(struct cli *cli, int argc, char **argv)
{
	static const struct subcommand table[] = {
	    {"list", "list a project's credentials", list},
	    {"get", "show one and the state of its token", get},
	    {"create", "create one", create},
	    {"update", "change one", update},
	    {"test", "fetch a token now and show what came of it", test},
	    {"delete", "delete one", delete},
	    {NULL, NULL, NULL},
	};

	return cli_subcommand(cli, argc, argv, table, list);
}
