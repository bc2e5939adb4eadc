/*
 * cmd_listen - passes an inbox's requests on to a program under development.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the receiver's own firewall keeps out, the inbox takes in: from there
 * each request is made again, here, with the same method, path, headers and
 * body.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "base/mem.h"
#include "base/text.h"
#include "http_client.h"
#include "print.h"

#define LOOK_MS 200
#define HEADERS_MAX 200

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

struct listen {
	struct cli *cli;
	const char *name;
	struct http_client *local; /* owned */
	char *last; /* owned; id of the newest one seen, or NULL */
};

/* Between this hop and the next (RFC 9110 section 7.6.1), or made anew. */
static bool is_of_a_hop(const char *name)
{
	static const char *const not [] = {
	    "Host",   "Content-Length",	 "Connection", "Keep-Alive",
	    "TE",     "Trailer",	 "Upgrade",    "Transfer-Encoding",
	    "Expect", "Proxy-Connection"};

	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		if (slice_eq_nocase(slice_of(name), slice_of(not [i])))
			return true;
	return false;
}

static void add_header(char **lines, size_t *n, const char *name,
		       const json_t *value)
{
	const json_t *item;
	size_t i;

	/* curl wants to be told so when a value is empty. */
	if (json_is_string(value) && *n < HEADERS_MAX)
		lines[(*n)++] =
		    json_string_length(value) == 0
			? xasprintf("%s;", name)
			: xasprintf("%s: %s", name, json_string_value(value));
	json_array_foreach(value, i, item)
	{
		add_header(lines, n, name, item);
	}
}

/* "/inbox/demo/a?b" is "/a?b" there, "/inbox/demo?b" is "/?b"; owned. */
static char *path_of(const struct listen *l, const json_t *r)
{
	const char *target = json_string_value(json_object_get(r, "target"));
	size_t n = strlen("/inbox/") + strlen(l->name);

	if (!target || strlen(target) < n)
		return xstrdup("/");
	return xasprintf("%s%s", target[n] == '/' ? "" : "/", target + n);
}

static void body_of(const json_t *r, struct buf *out)
{
	const json_t *text = json_object_get(r, "body");
	const json_t *binary = json_object_get(r, "bodyBase64");

	buf_init(out, HTTP_ANSWER_BYTES_MAX);
	if (json_is_string(text))
		buf_append(out, json_string_value(text),
			   json_string_length(text));
	else if (json_is_string(binary) &&
		 base64_decode(out, slice_of(json_string_value(binary))) !=
		     ERR_OK)
		buf_reset(out);
}

static const char *method_of(const json_t *r)
{
	const char *method = json_string_value(json_object_get(r, "method"));

	return method ? method : "POST";
}

static void say(const struct listen *l, const json_t *r, const char *path,
		const struct http_answer *a)
{
	const char *method = method_of(r);
	const char *id = json_string_value(json_object_get(r, "id"));

	if (l->cli->json) {
		json_t *v =
		    json_pack("{s:s?, s:s, s:s, s:i, s:s?}", "id", id, "method",
			      method, "path", path, "status", (int)a->status,
			      "error", a->error[0] ? a->error : NULL);

		json_dumpf(v, stdout, JSON_COMPACT);
		printf("\n");
		json_decref(v);
		return;
	}
	print_safe(stdout, method);
	printf(" ");
	print_safe(stdout, path);
	if (a->status)
		printf(" -> %ld\n", a->status);
	else
		printf(" -> %s\n", a->error);
}

static void pass_on(struct listen *l, const json_t *r)
{
	const char *method = method_of(r);
	char *lines[HEADERS_MAX], *path = path_of(l, r);
	const char *name;
	struct http_answer answer;
	struct buf body;
	json_t *value;
	size_t n = 0;

	json_object_foreach(json_object_get(r, "headers"), name, value)
	{
		if (!is_of_a_hop(name))
			add_header(lines, &n, name, value);
	}
	body_of(r, &body);
	(void)http_client_pass(
	    l->local, method, path, (const char *const *)lines, n,
	    body.n ? buf_slice(&body) : (struct slice){0}, &answer);
	say(l, r, path, &answer);
	http_answer_fini(&answer);
	buf_fini(&body);
	free(path);
	while (n > 0)
		free(lines[--n]);
}

static const char *id_of(const json_t *r)
{
	const char *id = json_string_value(json_object_get(r, "id"));

	return id ? id : "";
}

/* Newest first in the answer; ids sort by time. */
static void take(struct listen *l, const json_t *rows, bool pass)
{
	const char *last = l->last ? l->last : "";

	for (size_t i = json_array_size(rows); i-- > 0 && !stop;) {
		const json_t *r = json_array_get(rows, i);

		if (strcmp(id_of(r), last) <= 0)
			continue;
		if (pass)
			pass_on(l, r);
		last = id_of(r);
	}
	if (l->last != last) {
		char *copy = xstrdup(last);

		free(l->last);
		l->last = copy;
	}
}

static int look(struct listen *l, bool pass)
{
	json_t *out;
	int code = api_call(l->cli, "GET", api_path("/v1/inboxes/%", l->name),
			    NULL, &out);

	if (code == CLI_DONE)
		take(l, json_object_get(out, "data"), pass);
	json_decref(out);
	return code;
}

static int run(struct listen *l)
{
	int code = look(l, false);

	if (code != CLI_DONE)
		return code;
	if (!l->cli->json)
		printf("listening: requests to /inbox/%s are passed on\n",
		       l->name);
	/* What is out of reach for a moment comes back. */
	while (!stop) {
		if (fflush(stdout) != 0)
			return CLI_FAILED;
		poll(NULL, 0, LOOK_MS);
		if (!stop)
			(void)look(l, true);
	}
	return CLI_DONE;
}

int cmd_listen(struct cli *cli, int argc, char **argv)
{
	struct listen l = {.cli = cli, .name = "demo"};
	const char *forward = NULL;
	const struct flag flags[] = {
	    FLAGS_STR("forward", "URL", &forward,
		      "the program that gets them: http://localhost:3000"),
	    FLAGS_STR("inbox", "NAME", &l.name, "whose requests (demo)"),
	    FLAGS_END,
	};
	struct args args = {
	    .usage = "listen --forward URL [--inbox NAME]",
	    .about = "Makes every new request of an inbox again, to a program "
		     "under development, until interrupted.",
	    .flags = flags};
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	if (!forward)
		return cli_error(CLI_USAGE, "--forward is missing");
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	l.local = http_client_new(forward, NULL);
	code = run(&l);
	http_client_free(&l.local);
	free(l.last);
	return code;
}
