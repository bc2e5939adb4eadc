/*
 * api - calls of the console's REST API, with exit codes for outcomes.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_API_H
#define CLI_API_H

#include <jansson.h>
#include <stdbool.h>

#include "base/slice.h"
#include "cli.h"

/* A path: each % of the pattern is replaced by the next argument, which is
 * percent-encoded. The caller frees it. */
char *api_path(const char *pattern, ...);
/* Appends "?key=value" or "&key=value"; nothing when value is NULL. Takes path,
 * returns the new one. */
char *api_query(char *path, const char *key, const char *value);

/* Takes path (frees it) and body (a reference; NULL: none). CLI_DONE: *out is
 * the answer (NULL if it had none), to be released. Else a line was printed to
 * standard error and *out is NULL. out may be NULL. */
int api_call(struct cli *cli, const char *method, char *path, json_t *body,
	     json_t **out);
/* A list, page after page up to limit items (0: all): *out is {"data": […],
 * "nextCursor": …}. Takes path. */
int api_list(struct cli *cli, char *path, int64_t limit, json_t **out);
/* Server-sent events: on_event gets each one's name ("" if it has none) and
 * data, until it returns false. Takes path. */
int api_stream(struct cli *cli, char *path,
	       bool (*on_event)(void *arg, const char *name, const char *data),
	       void *arg);
/* The id of a webhook or a credential: the text itself if it is one, else the
 * one of this name. The caller frees *id. */
typedef int api_id_fn(struct cli *cli, const char *project, const char *text,
		      char **id);
api_id_fn api_webhook_id, api_credential_id;

#endif
