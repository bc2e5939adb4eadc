/*
 * show - a call whose answer is what the command prints.
 * SPDX-License-Identifier: Apache-2.0
 *
 * They take path (and body) as the calls of api.h do, and return an exit code.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "api.h"
#include "print.h"

/* The answer as it is; nothing when there is none. */
int show_call(struct cli *cli, const char *method, char *path, json_t *body);
/* One thing of a project, or what is below it. */
struct show_named {
	api_id_fn *find;
	const char *pattern; /* of the path: a % for the project, one for it */
	const char *project, *text; /* text: its id or its name */
};
/* Its answer, or "deleted <id>" when there is none. */
int show_named(struct cli *cli, const struct show_named *one,
	       const char *method, json_t *body);
/* A list: a table of these columns, or JSON with --json. */
int show_list(struct cli *cli, char *path, int64_t limit,
	      const struct column *columns);

#endif
