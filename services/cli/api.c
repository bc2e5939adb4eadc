/*
 * api - calls of the console's REST API, with exit codes for outcomes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "http_client.h"
#include "sse.h"

#define PATH_BYTES_MAX (4 * 1024 * 1024) /* more than an argument can be */
#define PAGE 200

static char *to_text(struct buf *b)
{
	char *text;

	buf_append_char(b, '\0');
	text = buf_take(b, NULL);
	buf_fini(b);
	return text;
}

char *api_path(const char *pattern, ...)
{
	struct buf b;
	va_list ap;

	buf_init(&b, PATH_BYTES_MAX);
	va_start(ap, pattern);
	for (; *pattern; pattern++) {
		if (*pattern == '%')
			percent_encode(&b, slice_of(va_arg(ap, const char *)));
		else
			buf_append_char(&b, *pattern);
	}
	va_end(ap);
	return to_text(&b);
}

char *api_query(char *path, const char *key, const char *value)
{
	struct buf b;

	if (!value)
		return path;
	buf_init(&b, PATH_BYTES_MAX);
	buf_append_str(&b, path);
	buf_append_char(&b, strchr(path, '?') ? '&' : '?');
	buf_append_str(&b, key);
	buf_append_char(&b, '=');
	percent_encode(&b, slice_of(value));
	free(path);
	return to_text(&b);
}

/* NULL after an error line: a key that was named cannot be read. */
static struct http_client *client_new(struct cli *cli)
{
	char error[512];
	const char *key = settings_key(&cli->settings, error, sizeof(error));

	if (!key && error[0]) {
		cli_error(CLI_USAGE, "%s", error);
		return NULL;
	}
	return http_client_new(settings_console_url(&cli->settings), key);
}

static int unreachable(struct cli *cli, const struct http_answer *answer)
{
	return cli_error(answer->bad_url ? CLI_USAGE : CLI_UNREACHABLE,
			 "no answer from %s: %s",
			 settings_console_url(&cli->settings), answer->error);
}

/* problem+json becomes one line; anything else is named by its status. */
static int refused(struct cli *cli, const struct http_answer *answer)
{
	json_t *root = json_loadb(answer->body.n ? answer->body.p : "",
				  answer->body.n, 0, NULL);
	const char *detail = json_string_value(json_object_get(root, "detail"));
	const char *code = json_string_value(json_object_get(root, "code"));
	const char *field = json_string_value(json_object_get(root, "field"));

	cli_error(CLI_FAILED, "%s (%s%s%s, HTTP %ld)",
		  detail ? detail : "the service refused this",
		  code ? code : "no code", field ? ", field " : "",
		  field ? field : "", answer->status);
	if (answer->status == 401) {
		char error[512];

		fprintf(stderr,
			settings_key(&cli->settings, error, sizeof(error))
			    ? "The key was not accepted.\n"
			    : "No key: set POSTRIDER_ADMIN_KEY or name the "
			      "data directory with --data.\n");
	}
	json_decref(root);
	return CLI_FAILED;
}

static int parse_answer(const struct http_answer *answer, json_t **out)
{
	json_error_t error;

	*out = NULL;
	if (!answer->body.n)
		return CLI_DONE;
	*out = json_loadb(answer->body.p, answer->body.n,
			  JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (!*out)
		return cli_error(CLI_FAILED, "the answer is no JSON: %s",
				 error.text);
	return CLI_DONE;
}

static int call(struct cli *cli, const char *method, const char *path,
		struct slice body, json_t **out)
{
	struct http_client *client = client_new(cli);
	struct http_answer answer;
	int code;

	if (!client)
		return CLI_USAGE;
	if (!http_client_call(client, method, path, body, &answer))
		code = unreachable(cli, &answer);
	else if (answer.status / 100 != 2)
		code = refused(cli, &answer);
	else
		code = parse_answer(&answer, out);
	http_answer_fini(&answer);
	http_client_free(&client);
	return code;
}

int api_call(struct cli *cli, const char *method, char *path, json_t *body,
	     json_t **out)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_t *answer = NULL;
	int code = call(cli, method, path, slice_of(text), &answer);

	free(text);
	free(path);
	json_decref(body);
	if (out)
		*out = code == CLI_DONE ? answer : NULL;
	else
		json_decref(answer);
	return code;
}

static int list_page(struct cli *cli, const char *path, int64_t want,
		     json_t *data, json_t **cursor)
{
	char number[24];
	json_t *page;
	char *full;
	int code;

	snprintf(number, sizeof(number), "%lld",
		 (long long)(want && want < PAGE ? want : PAGE));
	full = api_query(xstrdup(path), "limit", number);
	full = api_query(full, "cursor", json_string_value(*cursor));
	code = api_call(cli, "GET", full, NULL, &page);
	json_decref(*cursor);
	*cursor = NULL;
	if (code != CLI_DONE)
		return code;
	json_array_extend(data, json_object_get(page, "data"));
	*cursor = json_incref(json_object_get(page, "nextCursor"));
	json_decref(page);
	return CLI_DONE;
}

int api_list(struct cli *cli, char *path, int64_t limit, json_t **out)
{
	json_t *data = json_array(), *cursor = NULL;
	int64_t before = -1, n = 0;
	int code;

	/* A server that gives a cursor and no items does not keep us here. */
	do {
		before = n;
		code =
		    list_page(cli, path, limit ? limit - n : 0, data, &cursor);
		n = (int64_t)json_array_size(data);
	} while (code == CLI_DONE && json_is_string(cursor) && n > before &&
		 (!limit || n < limit));
	*out = NULL;
	if (code == CLI_DONE)
		*out = json_pack("{s:O, s:o}", "data", data, "nextCursor",
				 cursor ? cursor : json_null());
	else
		json_decref(cursor);
	json_decref(data);
	free(path);
	return code;
}

int api_stream(struct cli *cli, char *path,
	       bool (*on_event)(void *arg, const char *name, const char *data),
	       void *arg)
{
	struct http_client *client = client_new(cli);
	struct sse *sse = sse_new(on_event, arg);
	struct http_answer answer;
	int code = CLI_USAGE;

	if (client) {
		bool ok =
		    http_client_stream(client, path, sse_push, sse, &answer);

		if (answer.status && answer.status / 100 != 2)
			code = refused(cli, &answer);
		else if (!ok)
			code = unreachable(cli, &answer);
		else
			code = CLI_DONE;
		http_answer_fini(&answer);
	}
	http_client_free(&client);
	sse_free(&sse);
	free(path);
	return code;
}

/* Of what a project has: where it is listed, and how its ids begin. */
struct kind {
	const char *name, *prefix, *path;
};

static int find_id(struct cli *cli, const struct kind *kind,
		   const char *project, const char *text, char **id)
{
	json_t *list = NULL;
	const json_t *one;
	size_t i;
	int code;

	*id = NULL;
	if (strncmp(text, kind->prefix, strlen(kind->prefix)) == 0) {
		*id = xstrdup(text);
		return CLI_DONE;
	}
	code = api_list(cli, api_path(kind->path, project), 0, &list);
	json_array_foreach(json_object_get(list, "data"), i, one)
	{
		const char *name =
		    json_string_value(json_object_get(one, "name"));
		const char *its = json_string_value(json_object_get(one, "id"));

		if (name && its && strcmp(name, text) == 0 && !*id)
			*id = xstrdup(its);
	}
	json_decref(list);
	if (code == CLI_DONE && !*id)
		return cli_error(CLI_FAILED, "no %s %s in project %s",
				 kind->name, text, project);
	return code;
}

int api_webhook_id(struct cli *cli, const char *project, const char *text,
		   char **id)
{
	static const struct kind webhook = {"webhook", "wh_",
					    "/v1/projects/%/webhooks"};

	return find_id(cli, &webhook, project, text, id);
}

int api_credential_id(struct cli *cli, const char *project, const char *text,
		      char **id)
{
	static const struct kind credential = {"credential", "cred_",
					       "/v1/projects/%/credentials"};

	return find_id(cli, &credential, project, text, id);
}
