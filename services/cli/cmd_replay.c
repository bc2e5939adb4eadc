/*
 * cmd_replay - a webhook's deliveries, back to the queue, in bulk.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "print.h"

int cmd_replay(struct cli *cli, int argc, char **argv)
{
	const char *project = NULL, *webhook = NULL;
	const char *since = NULL, *until = NULL, *status = NULL;
	const struct flag flags[] = {
	    FLAGS_STR("project", "PROJECT", &project, "POSTRIDER_CLI_PROJECT"),
	    FLAGS_STR("webhook", "WEBHOOK", &webhook, "its id or its name"),
	    FLAGS_STR("since", "TIME", &since, "from then on, RFC 3339"),
	    FLAGS_STR("until", "TIME", &until, "up to then, RFC 3339"),
	    FLAGS_STR("status", "STATUS", &status, "dead (the default)"),
	    FLAGS_END,
	};
	struct args args = {
	    .usage = "replay --project PROJECT --webhook WEBHOOK [flags]",
	    .about = "Puts a webhook's deliveries back into the queue.",
	    .flags = flags};
	json_t *out = NULL;
	char *id;
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	project = cli_project(cli, project);
	if (!project)
		return CLI_USAGE;
	if (!webhook)
		return cli_error(CLI_USAGE, "which webhook? --webhook");
	code = api_webhook_id(cli, project, webhook, &id);
	if (code != CLI_DONE)
		return code;
	code =
	    api_call(cli, "POST",
		     api_path("/v1/projects/%/webhooks/%/replay", project, id),
		     json_pack("{s:s*, s:s*, s:s}", "since", since, "until",
			       until, "status", status ? status : "dead"),
		     &out);
	free(id);
	if (code == CLI_DONE && out)
		print_json(out);
	json_decref(out);
	return code;
}
