/*
 * show - a call whose answer is what the command prints.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "show.h"

#include <stdlib.h>

int show_call(struct cli *cli, const char *method, char *path, json_t *body)
{
	json_t *out;
	int code = api_call(cli, method, path, body, &out);

	if (code == CLI_DONE && out)
		print_json(out);
	json_decref(out);
	return code;
}

int show_named(struct cli *cli, const struct show_named *one,
	       const char *method, json_t *body)
{
	json_t *out = NULL;
	char *id;
	int code = one->find(cli, one->project, one->text, &id);

	if (code != CLI_DONE) {
		json_decref(body);
		return code;
	}
	code = api_call(cli, method, api_path(one->pattern, one->project, id),
			body, &out);
	if (code == CLI_DONE && out)
		print_json(out);
	else if (code == CLI_DONE && !cli->json)
		printf("deleted %s\n", id);
	json_decref(out);
	free(id);
	return code;
}

int show_list(struct cli *cli, char *path, int64_t limit,
	      const struct column *columns)
{
	json_t *out;
	int code = api_list(cli, path, limit, &out);

	if (code != CLI_DONE)
		return code;
	if (cli->json)
		print_json(out);
	else
		print_table(json_object_get(out, "data"), columns);
	json_decref(out);
	return CLI_DONE;
}
