/*
 * cmd_status - the health of every process.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "api.h"
#include "print.h"

int cmd_status(struct cli *cli, int argc, char **argv)
{
	static const struct column columns[] = {
	    {"SERVICE", "service"},   {"INSTANCE", "instance"},
	    {"HEALTHY", "healthy"},   {"HOST", "host"},
	    {"PID", "pid"},	      {"VERSION", "version"},
	    {"STARTED", "startedAt"}, {NULL, NULL},
	};
	struct args args = {.usage = "status [flags]",
			    .about = "Shows every process of the system and "
				     "how it is."};
	const json_t *rows;
	json_t *out;
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	code = api_call(cli, "GET", api_path("/v1/status"), NULL, &out);
	if (code != CLI_DONE)
		return code;
	rows = json_object_get(out, "processes");
	if (cli->json || !json_is_array(rows))
		print_json(out);
	else
		print_table(rows, columns);
	json_decref(out);
	return CLI_DONE;
}
