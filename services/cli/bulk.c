/*
 * bulk - calls that work in parts: again with the cursor until all is done.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bulk.h"

#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "base/mem.h"
#include "print.h"

static json_t *body_of(const struct bulk_flags *f, const char *status,
		       int64_t done, json_t *cursor)
{
	json_t *body =
	    json_pack("{s:s*, s:s*, s:s*, s:O*}", "since", f->since, "until",
		      f->until, "status", status, "cursor", cursor);
	json_t *names = json_array();

	for (size_t i = 0; i < f->event_names.n; i++)
		json_array_append_new(names,
				      json_string(f->event_names.items[i]));
	if (f->event_names.n > 0)
		json_object_set(body, "eventName", names);
	json_decref(names);
	if (f->limit > 0)
		json_object_set_new(body, "limit",
				    json_integer(f->limit - done));
	return body;
}

/* Part after part; what was done until a failure is said as well. */
static int run_all(struct cli *cli, const struct bulk_flags *f,
		   const char *path, const char *counted, const char *status)
{
	json_t *out = NULL, *cursor = NULL, *sum;
	json_int_t done = 0;
	int code;

	do {
		json_t *body = body_of(f, status, done, cursor);

		json_decref(out);
		out = NULL;
		code = api_call(cli, "POST", xstrdup(path), body, &out);
		if (code != CLI_DONE)
			break;
		done += json_integer_value(json_object_get(out, counted));
		cursor = json_object_get(out, "nextCursor");
	} while (json_is_string(cursor) && (f->limit == 0 || done < f->limit));
	json_decref(out);
	sum = json_object();
	json_object_set_new(sum, counted, json_integer(done));
	if (code == CLI_DONE || done > 0)
		print_json(sum);
	json_decref(sum);
	return code;
}

int bulk_run(struct cli *cli, const struct bulk_flags *f, const char *action,
	     const char *counted, const char *status)
{
	char *id, *path;
	int code;

	if (!f->webhook)
		return cli_error(CLI_USAGE, "which webhook? --webhook");
	code = api_webhook_id(cli, f->project, f->webhook, &id);
	if (code != CLI_DONE)
		return code;
	path = api_path("/v1/projects/%/webhooks/%/%", f->project, id, action);
	code = run_all(cli, f, path, counted, status);
	free(path);
	free(id);
	return code;
}
