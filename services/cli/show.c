/*
 * show - a call whose answer is what the command prints.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "show.h"

int show_call(struct cli *cli, const char *method, char *path, json_t *body)
{
	json_t *out;
	int code = api_call(cli, method, path, body, &out);

	if (code == CLI_DONE && out)
		print_json(out);
	json_decref(out);
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
