/*
 * cmd_keygen - a key for CURVE: of a service, a publisher, a reader.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli.h"
#include "keygen.h"
#include "print.h"
#include "proto/message.h"

#define PROJECTS_BYTES_MAX 900

struct request {
	struct keygen_options o;
	const char *role;
	struct args_list projects, metadata;
	char *project_list;	    /* owned */
	char *pairs[ARGS_LIST_MAX]; /* owned: the names of o.meta */
};

static void request_fini(struct request *r)
{
	free(r->project_list);
	for (size_t i = 0; i < r->metadata.n; i++)
		free(r->pairs[i]);
}

static bool add_meta(struct request *r, const char *name, const char *value)
{
	struct keygen_meta meta = {name, value};
	const char *fault = keygen_meta_fault(&meta);

	if (!fault && r->o.n_meta == KEYGEN_META_MAX)
		fault = "too much metadata";
	if (fault) {
		cli_error(CLI_USAGE, "%s", fault);
		return false;
	}
	r->o.meta[r->o.n_meta++] = meta;
	return true;
}

/* --meta KEY=VALUE */
static bool add_pairs(struct request *r)
{
	static const char *const ours[] = {"name", "role", "project"};

	for (size_t i = 0; i < r->metadata.n; i++) {
		char *pair = r->pairs[i] = xstrdup(r->metadata.items[i]);
		char *value = strchr(pair, '=');

		for (size_t k = 0; value && k < 3; k++)
			if (strncmp(pair, ours[k], strlen(ours[k])) == 0 &&
			    pair[strlen(ours[k])] == '=') {
				cli_error(CLI_USAGE,
					  "--meta: %s has a flag of "
					  "its own",
					  ours[k]);
				return false;
			}
		if (value)
			*value++ = '\0';
		if (!add_meta(r, value ? pair : "", value ? value : ""))
			return false;
	}
	return true;
}

static bool project_ok(const char *p)
{
	return strcmp(p, "*") == 0 || is_project_id(slice_of(p));
}

static bool add_projects(struct request *r)
{
	struct buf list;

	buf_init(&list, PROJECTS_BYTES_MAX);
	for (size_t i = 0; i < r->projects.n; i++) {
		if (!project_ok(r->projects.items[i])) {
			cli_error(CLI_USAGE, "--project: not a project's id, "
					     "and not *");
			buf_fini(&list);
			return false;
		}
		buf_printf(&list, "%s%s", i ? ", " : "", r->projects.items[i]);
	}
	if (buf_full(&list)) {
		cli_error(CLI_USAGE, "--project: too many");
		buf_fini(&list);
		return false;
	}
	r->project_list = xstrndup(list.p ? list.p : "", list.n);
	buf_fini(&list);
	return !r->project_list[0] || add_meta(r, "project", r->project_list);
}

static bool add_role(struct request *r)
{
	static const char *const roles[] = {"service", "publisher", "reader"};
	bool publisher, known = false;

	if (!r->role)
		r->role = r->projects.n ? "publisher" : "service";
	for (size_t i = 0; i < 3; i++)
		known |= strcmp(r->role, roles[i]) == 0;
	publisher = strcmp(r->role, "publisher") == 0;
	if (!known)
		cli_error(CLI_USAGE, "--role: not one of service, publisher, "
				     "reader");
	else if (publisher && !r->projects.n)
		cli_error(CLI_USAGE, "a publisher needs --project");
	else if (!publisher && r->projects.n)
		cli_error(CLI_USAGE, "--project is for publishers");
	else
		return add_meta(r, "role", r->role);
	return false;
}

static void print_json_result(const struct request *r, const struct keygen *k)
{
	json_t *projects = json_array(), *meta = json_object(), *all;

	for (size_t i = 0; i < r->projects.n; i++)
		json_array_append_new(projects,
				      json_string(r->projects.items[i]));
	json_object_set_new(meta, "name", json_string(r->o.name));
	for (size_t i = 0; i < r->o.n_meta; i++)
		json_object_set_new(meta, r->o.meta[i].name,
				    json_string(r->o.meta[i].value));
	all =
	    json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:o}", "name", r->o.name,
		      "role", r->role, "projects", projects, "publicKey",
		      k->public_key, "publicFile", k->public_file, "secretFile",
		      k->secret_file, "metadata", meta);
	print_json(all);
	json_decref(all);
}

static int make(struct cli *cli, struct request *r)
{
	const char *fault = keygen_name_fault(r->o.name);
	char error[600];
	struct keygen k;

	if (fault)
		return cli_error(CLI_USAGE, "the name %s", fault);
	if (!add_role(r) || !add_projects(r) || !add_pairs(r))
		return CLI_USAGE;
	if (!keygen_make(&k, &r->o, error, sizeof(error)))
		return cli_error(CLI_FAILED, "%s", error);
	if (cli->json)
		print_json_result(r, &k);
	else
		printf("public key   %s\npublic file  %s\nsecret file  %s\n",
		       k.public_key, k.public_file, k.secret_file);
	keygen_fini(&k);
	return CLI_DONE;
}

int cmd_keygen(struct cli *cli, int argc, char **argv)
{
	struct request r = {.o = {.directory = "."}};
	const struct flag flags[] = {
	    FLAGS_STR("dir", "DIRECTORY", &r.o.directory,
		      "where the files go; default: here"),
	    FLAGS_STR("role", "ROLE", &r.role,
		      "service, publisher or reader (of the live feed)"),
	    FLAGS_LIST("project", "PROJECT", &r.projects,
		       "that the publisher may publish for; several, or *"),
	    FLAGS_LIST("meta", "KEY=VALUE", &r.metadata,
		       "further metadata of the certificate"),
	    FLAGS_BOOL("force", &r.o.force, "replace files that are there"),
	    FLAGS_END,
	};
	struct args args = {
	    .usage = "keygen NAME [flags]",
	    .about = "Makes a key for CURVE: NAME.key, the certificate to hand "
		     "out, and\nNAME.key_secret, which only its owner may "
		     "read. Without --project it is a\nservice's.",
	    .flags = flags,
	    .operands_min = 1,
	    .operands_max = 1};
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	r.o.name = args.operands[0];
	code = make(cli, &r);
	request_fini(&r);
	return code;
}
