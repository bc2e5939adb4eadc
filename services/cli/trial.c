/*
 * trial - `webhooks test`.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "body.h"
#include "print.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "-";
}

/* It came from the receiver, or was written by who made the webhook. */
static void print_text(const json_t *value)
{
	const char *text = json_string_value(value);

	print_safe(stdout, text ? text : "-");
}

static void print_headers(const json_t *part)
{
	const json_t *list = json_object_get(part, "headers");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *pair = json_array_get(list, i);

		print_text(json_array_get(pair, 0));
		printf(": ");
		print_text(json_array_get(pair, 1));
		printf("\n");
	}
	printf("\n");
	print_text(json_object_get(part, "body"));
	printf("\n\n");
}

static void print_request(const json_t *seen)
{
	const json_t *request = json_object_get(seen, "request");

	if (!json_is_object(request)) {
		const json_t *url = json_object_get(seen, "url");

		printf("Nothing was sent");
		if (json_is_string(url)) {
			printf(" to ");
			print_text(url);
		}
		printf("\n\n");
		return;
	}
	print_text(json_object_get(request, "method"));
	printf(" ");
	print_text(json_object_get(request, "target"));
	printf(" ");
	print_text(json_object_get(request, "httpVersion"));
	printf("\n");
	print_headers(request);
}

static void print_response(const json_t *seen)
{
	const json_t *response = json_object_get(seen, "response");

	if (!json_is_object(response)) {
		printf("No answer\n\n");
		return;
	}
	print_text(json_object_get(response, "httpVersion"));
	printf(" %lld\n", (long long)json_integer_value(
			      json_object_get(response, "status")));
	print_headers(response);
}

static void print_end(const json_t *seen)
{
	static const char *const names[] = {"nameLookup", "connect", "tls",
					    "firstByte", "total"};
	const json_t *timings = json_object_get(seen, "timingsMs");

	printf("%s", text_of(seen, "outcome"));
	if (json_is_string(json_object_get(seen, "error")))
		printf(" (%s)", text_of(seen, "error"));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const json_t *ms = json_object_get(timings, names[i]);

		if (json_is_real(ms))
			printf(" %s=%.1fms", names[i], json_real_value(ms));
	}
	printf("\n");
}

static int show(const struct cli *cli, const json_t *seen)
{
	if (cli->json) {
		print_json(seen);
	} else {
		print_request(seen);
		print_response(seen);
		print_end(seen);
	}
	return strcmp(text_of(seen, "outcome"), "delivered") == 0 ? CLI_DONE
								  : CLI_FAILED;
}

static json_t *body_of(const char *event_name, const char *message)
{
	json_t *body = json_object(), *document;

	if (event_name)
		json_object_set_new(body, "eventName", json_string(event_name));
	if (!message)
		return body;
	document = json_document("message", message);
	if (document) {
		json_object_set_new(body, "message", document);
		return body;
	}
	json_decref(body);
	return NULL;
}

static int send(struct cli *cli, const char *project, const char *webhook,
		json_t *body)
{
	json_t *seen = NULL;
	char *id;
	int code = api_webhook_id(cli, project, webhook, &id);

	if (code != CLI_DONE) {
		json_decref(body);
		return code;
	}
	code = api_call(cli, "POST",
			api_path("/v1/projects/%/webhooks/%/test", project, id),
			body, &seen);
	if (code == CLI_DONE)
		code = show(cli, seen);
	json_decref(seen);
	free(id);
	return code;
}

int trial(struct cli *cli, int argc, char **argv)
{
	const char *project = NULL, *event_name = NULL, *message = NULL;
	const struct flag flags[] = {
	    FLAG_PROJECT(&project),
	    FLAGS_STR("event-name", "NAME", &event_name,
		      "of the catalogue: its sample is sent"),
	    FLAGS_STR("message", "JSON|FILE|-", &message,
		      "what is sent instead, as it is published"),
	    FLAGS_END,
	};
	struct args args = {
	    .usage = "webhooks test WEBHOOK --project PROJECT [flags]",
	    .about = "Sends one request now, by a sender as any other, and "
		     "shows it with its answer; secrets are masked. Exit code "
		     "1: no 2xx. WEBHOOK is an id or a name.",
	    .flags = flags,
	    .operands_min = 1,
	    .operands_max = 1};
	json_t *body;
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	body = body_of(event_name, message);
	return body ? send(cli, project, args.operands[0], body) : CLI_USAGE;
}
