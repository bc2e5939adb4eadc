/*
 * cmd_tail - attempts, as they are made.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "print.h"

struct tail {
	bool json;
	int64_t left; /* events still to show; -1: no end */
};

static void print_attempt(const json_t *a)
{
	char at[40], outcome[24], status[12], event[136], id[48], error[128];

	printf("%s %-9s %3s %s %s", print_cell(at, sizeof(at), a, "startedAt"),
	       print_cell(outcome, sizeof(outcome), a, "outcome"),
	       print_cell(status, sizeof(status), a, "status"),
	       print_cell(event, sizeof(event), a, "eventName"),
	       print_cell(id, sizeof(id), a, "delivery"));
	if (json_object_get(a, "error") &&
	    !json_is_null(json_object_get(a, "error")))
		printf(" %s", print_cell(error, sizeof(error), a, "error"));
	printf("\n");
}

static bool on_event(void *arg, const char *name, const char *data)
{
	struct tail *t = arg;
	json_t *a = json_loads(data, 0, NULL);

	if (strcmp(name, "dropped") == 0) {
		fprintf(stderr, "postrider: some attempts were left out: this "
				"reader is too slow\n");
	} else if (json_is_object(a)) {
		if (t->json)
			puts(data);
		else
			print_attempt(a);
		t->left -= t->left > 0;
	}
	json_decref(a);
	/* A pipe's reader sees each line at once, and its end is ours. */
	return fflush(stdout) == 0 && t->left != 0;
}

int cmd_tail(struct cli *cli, int argc, char **argv)
{
	const char *project = NULL;
	struct tail tail = {.left = -1};
	const struct flag flags[] = {
	    FLAG_PROJECT(&project),
	    FLAGS_INT("count", "N", &tail.left, 1, INT64_MAX,
		      "end after so many attempts"),
	    FLAGS_END,
	};
	struct args args = {.usage = "tail --project PROJECT [flags]",
			    .about = "Shows attempts as they are made, until "
				     "interrupted. --json: one object a line.",
			    .flags = flags};
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	tail.json = cli->json;
	return api_stream(cli, api_path("/v1/projects/%/tail", project),
			  on_event, &tail);
}
