/*
 * cmd_inbox - show, follow, clear the built-in receiver.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <poll.h>
#include <stdio.h>

#include "api.h"
#include "base/clock.h"
#include "print.h"

#define LOOK_MS 200 /* how often a follower asks */

struct inbox {
	struct cli *cli;
	const char *name;
	bool clear, follow;
	int64_t wait, timeout_ms;
	json_t *last; /* the newest request shown, owned; NULL: none */
};

static int fetch(const struct inbox *in, json_t **out)
{
	return api_call(in->cli, "GET", api_path("/v1/inboxes/%", in->name),
			NULL, out);
}

/* A header that came several times has a list. */
static void print_value(const json_t *value)
{
	const json_t *item;
	size_t i;

	if (json_is_string(value))
		print_safe(stdout, json_string_value(value));
	json_array_foreach(value, i, item)
	{
		if (i)
			printf(", ");
		print_value(item);
	}
}

static void print_headers(const json_t *headers)
{
	const char *key;
	const json_t *value;

	json_object_foreach((json_t *)headers, key, value)
	{
		printf("  ");
		print_safe(stdout, key);
		printf(": ");
		print_value(value);
		printf("\n");
	}
}

static void print_request(const struct inbox *in, const json_t *r)
{
	char at[40], method[16], target[512];
	const char *body = json_string_value(json_object_get(r, "body"));
	const char *binary =
	    json_string_value(json_object_get(r, "bodyBase64"));

	if (in->cli->json) {
		json_dumpf(r, stdout, JSON_COMPACT);
		printf("\n");
		return;
	}
	printf("%s %s %s\n", print_cell(at, sizeof(at), r, "time"),
	       print_cell(method, sizeof(method), r, "method"),
	       print_cell(target, sizeof(target), r, "target"));
	print_headers(json_object_get(r, "headers"));
	if (body && *body) {
		printf("\n  ");
		print_safe(stdout, body);
		printf("\n");
	} else if (binary) {
		printf("\n  (base64) %s\n", binary);
	}
	printf("\n");
}

/* How many of the newest ones came after the last one shown. */
static size_t count_new(const struct inbox *in, const json_t *rows)
{
	size_t i;
	json_t *r;

	json_array_foreach(rows, i, r)
	{
		if (in->last && json_equal(json_object_get(r, "id"),
					   json_object_get(in->last, "id")))
			return i;
	}
	return json_array_size(rows);
}

/* Newest first in the answer, oldest first on the screen. */
static void print_new(struct inbox *in, const json_t *rows)
{
	size_t n = count_new(in, rows);

	for (size_t i = n; i-- > 0;)
		print_request(in, json_array_get(rows, i));
	if (n) {
		json_decref(in->last);
		in->last = json_incref(json_array_get(rows, 0));
	}
}

static int show(struct inbox *in)
{
	json_t *out;
	const json_t *rows;
	int code = fetch(in, &out);

	if (code != CLI_DONE)
		return code;
	rows = json_object_get(out, "data");
	if (in->cli->json)
		print_json(out);
	else if (json_array_size(rows) == 0)
		printf("inbox %s is empty\n", in->name);
	else
		print_new(in, rows);
	json_decref(out);
	return CLI_DONE;
}

/* Until enough requests are there, or the time is up. */
static int wait_for(struct inbox *in)
{
	uint64_t end_ms = now_ms() + (uint64_t)in->timeout_ms;

	for (;;) {
		json_t *out;
		int code = fetch(in, &out);
		size_t n = json_array_size(json_object_get(out, "data"));

		json_decref(out);
		if (code != CLI_DONE || n >= (size_t)in->wait)
			return code;
		if (now_ms() >= end_ms)
			return cli_error(CLI_FAILED,
					 "%zu of %lld requests came to inbox "
					 "%s in time",
					 n, (long long)in->wait, in->name);
		poll(NULL, 0, LOOK_MS);
	}
}

static int follow(struct inbox *in)
{
	for (;;) {
		json_t *out;
		int code = fetch(in, &out);

		if (code != CLI_DONE)
			return code;
		print_new(in, json_object_get(out, "data"));
		json_decref(out);
		if (fflush(stdout) != 0)
			return CLI_FAILED;
		poll(NULL, 0, LOOK_MS);
	}
}

static int clear(struct inbox *in)
{
	int code = api_call(in->cli, "DELETE",
			    api_path("/v1/inboxes/%", in->name), NULL, NULL);

	if (code == CLI_DONE && !in->cli->json)
		printf("inbox %s is empty\n", in->name);
	return code;
}

int cmd_inbox(struct cli *cli, int argc, char **argv)
{
	struct inbox in = {.cli = cli, .name = "demo", .timeout_ms = 30000};
	const struct flag flags[] = {
	    FLAGS_BOOL("follow", &in.follow,
		       "show what comes, until interrupted"),
	    FLAGS_BOOL("clear", &in.clear, "forget what is in it"),
	    FLAGS_INT("wait", "N", &in.wait, 1, 100,
		      "first wait until N requests are there"),
	    FLAGS_INT("timeout-ms", "MS", &in.timeout_ms, 1, 86400000,
		      "for --wait (30000)"),
	    FLAGS_END,
	};
	struct args args = {
	    .usage = "inbox [NAME] [flags]",
	    .about = "Shows what the built-in receiver /inbox/NAME (demo) "
		     "has got, oldest first.",
	    .flags = flags,
	    .operands_max = 1};
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	if (args.n_operands)
		in.name = args.operands[0];
	if (in.clear)
		return clear(&in);
	if (in.follow)
		return follow(&in);
	if (in.wait) {
		code = wait_for(&in);
		if (code != CLI_DONE)
			return code;
	}
	code = show(&in);
	json_decref(in.last);
	return code;
}
