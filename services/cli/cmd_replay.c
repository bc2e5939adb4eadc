/*
 * cmd_replay - a webhook's deliveries, back to the queue, in bulk.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bulk.h"

int cmd_replay(struct cli *cli, int argc, char **argv)
{
	struct bulk_flags f = {0};
	const char *status = NULL;
	const struct flag flags[] = {
	    BULK_FLAGS(f),
	    FLAGS_STR("status", "STATUS", &status,
		      "dead (the default), or delivered, of kept events"),
	    FLAGS_END,
	};
	struct args args = {
	    .usage = "replay --project PROJECT --webhook WEBHOOK [flags]",
	    .about = "Puts a webhook's deliveries back into its queue.",
	    .flags = flags};
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &f.project, &go);

	if (!go)
		return code;
	return bulk_run(cli, &f, "replay", "replayed",
			status ? status : "dead");
}
