/*
 * cmd_apply - export and apply: a project with its webhooks as one file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"
#include "variables.h"

int cmd_export(struct cli *cli, int argc, char **argv)
{
	const char *project = NULL;
	const struct flag flags[] = {
	    FLAG_PROJECT(&project),
	    FLAGS_END,
	};
	struct args args = {.usage = "export --project PROJECT",
			    .about = "Prints the project with its webhooks as "
				     "one file for `postrider apply`. Secrets "
				     "are masked.",
			    .flags = flags};
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	return show_call(cli, "GET", api_path("/v1/projects/%/export", project),
			 NULL);
}

/* --- what has been done -------------------------------------------------- */

static const char *text_of(const json_t *value, const char *name)
{
	const char *text = json_string_value(json_object_get(value, name));

	return text ? text : "";
}

static void print_value(const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT |
					   JSON_REAL_PRECISION(15));

	print_safe(stdout, text ? text : "?");
	free(text);
}

static void print_change(const json_t *change, bool fresh)
{
	const json_t *from = json_object_get(change, "from");
	const json_t *to = json_object_get(change, "to");

	printf("    ");
	print_safe(stdout, text_of(change, "field"));
	printf(": ");
	if (!fresh && json_equal((json_t *)from, (json_t *)to)) {
		printf("another secret\n");
		return;
	}
	if (!fresh) {
		print_value(from);
		printf(" -> ");
	}
	print_value(to);
	printf("\n");
}

static void print_webhook(const json_t *webhook)
{
	const char *action = text_of(webhook, "action");
	const json_t *signing = json_object_get(webhook, "signing"), *change;
	bool fresh = strcmp(action, "create") == 0;
	size_t i;

	if (strcmp(action, "unchanged") == 0)
		return;
	printf("%s webhook ", action);
	print_safe(stdout, text_of(webhook, "name"));
	printf("\n");
	json_array_foreach(json_object_get(webhook, "changes"), i, change)
	    print_change(change, fresh);
	if (signing) {
		printf("    made, and shown this once: ");
		print_value(signing);
		printf("\n");
	}
}

static size_t count(const json_t *webhooks, const char *action)
{
	const json_t *webhook;
	size_t i, n = 0;

	json_array_foreach(webhooks, i, webhook) n +=
	    strcmp(text_of(webhook, "action"), action) == 0;
	return n;
}

static void print_applied(const json_t *out, bool dry_run)
{
	const json_t *webhooks = json_object_get(out, "webhooks"), *webhook;
	const json_t *project = json_object_get(out, "project");
	const char *action = text_of(project, "action");
	size_t same = count(webhooks, "unchanged"), i;

	if (strcmp(action, "unchanged") == 0 &&
	    same == json_array_size(webhooks)) {
		printf("nothing to do, %zu unchanged\n", same);
		return;
	}
	if (strcmp(action, "unchanged") != 0) {
		printf("%s project ", action);
		print_safe(stdout, text_of(project, "id"));
		printf("\n");
	}
	json_array_foreach(webhooks, i, webhook) print_webhook(webhook);
	printf("%s: %zu created, %zu updated, %zu deleted, %zu unchanged\n",
	       dry_run ? "would be" : "done", count(webhooks, "create"),
	       count(webhooks, "update"), count(webhooks, "delete"), same);
}

/* --- applying ------------------------------------------------------------ */

struct apply_flags {
	const char *file, *project;
	bool dry_run, prune;
};

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *file;
	char text[512];

	file = strcmp(path, "-") == 0
		   ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &error)
		   : json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(file)) {
		cli_error(CLI_USAGE, "%s: %s (line %d)", path,
			  file ? "it is not a JSON object" : error.text,
			  file ? 1 : error.line);
		json_decref(file);
		return NULL;
	}
	if (variables_fill(file, text, sizeof(text)))
		return file;
	cli_error(CLI_USAGE, "%s: %s", path, text);
	json_decref(file);
	return NULL;
}

/* --project, else the file's, else the setting's. */
static const char *project_of(const struct cli *cli, json_t *file,
			      const char *flag)
{
	json_t *project = json_object_get(file, "project");
	const char *id = json_string_value(json_object_get(project, "id"));

	if (!flag && id)
		return id;
	/* The path names it; the file was of another. */
	if (flag)
		json_object_del(project, "id");
	return cli_project(cli, flag);
}

static int apply(struct cli *cli, const struct apply_flags *f)
{
	json_t *file = load(f->file), *out;
	const char *project;
	int code = CLI_USAGE;

	if (!file)
		return CLI_USAGE;
	project = project_of(cli, file, f->project);
	if (project) {
		json_object_set_new(file, "dryRun", json_boolean(f->dry_run));
		json_object_set_new(file, "prune", json_boolean(f->prune));
		code = api_call(cli, "POST",
				api_path("/v1/projects/%/apply", project),
				json_incref(file), &out);
		if (code == CLI_DONE && cli->json)
			print_json(out);
		else if (code == CLI_DONE)
			print_applied(out, f->dry_run);
		json_decref(out);
	}
	json_decref(file);
	return code;
}

int cmd_apply(struct cli *cli, int argc, char **argv)
{
	struct apply_flags f = {0};
	const struct flag flags[] = {
	    FLAGS_STR("f", "FILE|-", &f.file, "what `postrider export` prints"),
	    FLAGS_STR("file", "FILE|-", &f.file, "the same"),
	    FLAGS_STR("project", "PROJECT", &f.project,
		      "instead of the one that the file names"),
	    FLAGS_BOOL("dry-run", &f.dry_run, "show the difference only"),
	    FLAGS_BOOL("prune", &f.prune,
		       "delete webhooks that are not in the file"),
	    FLAGS_END,
	};
	struct args args = {
	    .usage = "apply -f FILE [flags]",
	    .about = "Makes a project and its webhooks be as a file says. What "
		     "is so already is\nleft alone. ${NAME} in a text is the "
		     "environment's value, $${ stands for ${.",
	    .flags = flags};
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	if (!f.file)
		return cli_error(CLI_USAGE, "apply: -f FILE is missing");
	return apply(cli, &f);
}
