/*
 * cmd_deliveries - list, get, retry, cancel deliveries.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "bulk.h"
#include "show.h"

struct filter {
	const char *project, *webhook, *status, *event_name, *since, *until;
	int64_t limit;
};

static int show(struct cli *cli, const struct filter *f,
		const struct column *columns)
{
	char *path, *webhook = NULL;

	if (f->webhook) {
		int code =
		    api_webhook_id(cli, f->project, f->webhook, &webhook);

		if (code != CLI_DONE)
			return code;
	}
	path = api_path("/v1/projects/%/deliveries", f->project);
	path = api_query(path, "webhook", webhook);
	path = api_query(path, "status", f->status);
	path = api_query(path, "eventName", f->event_name);
	path = api_query(path, "since", f->since);
	path = api_query(path, "until", f->until);
	free(webhook);
	return show_list(cli, path, f->limit, columns);
}

static int list(struct cli *cli, int argc, char **argv)
{
	static const struct column columns[] = {
	    {"ID", "id"},
	    {"STATUS", "status"},
	    {"WEBHOOK", "webhook"},
	    {"EVENT", "eventName"},
	    {"TRIES", "tries"},
	    {"LAST", "lastStatus"},
	    {"NEXT", "nextAttemptAt"},
	    {NULL, NULL},
	};
	struct filter f = {.limit = 50};
	const struct flag flags[] = {
	    FLAG_PROJECT(&f.project),
	    FLAGS_STR("webhook", "WEBHOOK", &f.webhook, "its id or its name"),
	    FLAGS_STR("status", "STATUS", &f.status,
		      "queued sending waiting delivered dead"),
	    FLAGS_STR("event-name", "NAME", &f.event_name,
		      "only of these events"),
	    FLAGS_STR("since", "TIME", &f.since, "from then on, RFC 3339"),
	    FLAGS_STR("until", "TIME", &f.until, "up to then, RFC 3339"),
	    FLAGS_INT("limit", "N", &f.limit, 1, 100000,
		      "at most so many (50)"),
	    FLAGS_END,
	};
	struct args args = {.usage = "deliveries [list] --project PROJECT "
				     "[flags]",
			    .about = "Lists deliveries.",
			    .flags = flags};
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &f.project, &go);

	if (!go)
		return code;
	return show(cli, &f, columns);
}

/* One delivery: a call on its path, and the answer as it is. */
static int on_one(struct cli *cli, int argc, char **argv, struct args *args,
		  const char *method, const char *pattern)
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
	return show_call(cli, method,
			 api_path(pattern, project, args->operands[0]), NULL);
}

static int get(struct cli *cli, int argc, char **argv)
{
	struct args args = {.usage = "deliveries get DELIVERY --project "
				     "PROJECT",
			    .about = "Shows a delivery with every attempt."};

	return on_one(cli, argc, argv, &args, "GET",
		      "/v1/projects/%/deliveries/%");
}

static int retry(struct cli *cli, int argc, char **argv)
{
	struct args args = {.usage = "deliveries retry DELIVERY --project "
				     "PROJECT",
			    .about = "Tries a waiting or dead delivery again "
				     "now."};

	return on_one(cli, argc, argv, &args, "POST",
		      "/v1/projects/%/deliveries/%/retry");
}

static int cancel(struct cli *cli, int argc, char **argv)
{
	struct bulk_flags f = {0};
	const struct flag flags[] = {BULK_FLAGS(f), FLAGS_END};
	struct args args = {
	    .usage = "deliveries cancel DELIVERY | --webhook WEBHOOK [flags]",
	    .about = "Cancels a delivery that waits, or a webhook's: they are "
		     "dead, and may be replayed.",
	    .flags = flags,
	    .operands_max = 1};
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &f.project, &go);

	if (!go)
		return code;
	if (args.n_operands == 0)
		return bulk_run(cli, &f, "cancel", "cancelled", NULL);
	if (f.webhook || f.since || f.until || f.limit || f.event_names.n)
		return cli_error(CLI_USAGE, "one delivery, or --webhook");
	return show_call(cli, "POST",
			 api_path("/v1/projects/%/deliveries/%/cancel",
				  f.project, args.operands[0]),
			 NULL);
}

int cmd_deliveries(struct cli *cli, int argc, char **argv)
{
	static const struct subcommand table[] = {
	    {"list", "list deliveries", list},
	    {"get", "show one, with every attempt", get},
	    {"retry", "try one again now", retry},
	    {"cancel", "cancel what waits", cancel},
	    {NULL, NULL, NULL},
	};

	return cli_subcommand(cli, argc, argv, table, list);
}
