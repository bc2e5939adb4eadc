/*
 * cmd_health - asks /healthz, and says it by the exit code.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For supervisors and containers that have neither a shell nor curl. Needs no
 * key and no console: it asks the admin port of each service itself.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli.h"
#include "http_client.h"
#include "print.h"
#include "up_bind.h"
#include "up_plan.h"

#define REASON_BYTES_MAX 200

/* The URL to ask; the caller's. NULL after an error line. */
static char *service_url(const char *service)
{
	const char *variable, *address, *given;
	char target[128];

	if (!up_service_admin(service, &variable, &address)) {
		cli_error(CLI_USAGE, "no such service: %s", service);
		return NULL;
	}
	given = getenv(variable);
	if (given)
		address = given;
	if (up_bind_target(address, target, sizeof(target)))
		return xasprintf("http://%s/healthz", target);
	cli_error(CLI_USAGE, "%s: \"%s\" is no address to ask", variable,
		  address);
	return NULL;
}

/* A URL without a path means its /healthz. */
static char *given_url(const char *text)
{
	const char *host = strstr(text, "://") + 3;
	const char *path = strchr(host, '/');

	if (path && path[1])
		return xstrdup(text);
	return xasprintf("%.*s/healthz", (int)(path ? path - text : 4096),
			 text);
}

/* What a problem document says. NULL: it is none. */
static json_t *detail_of(const struct http_answer *answer)
{
	json_t *document = json_loadb(answer->body.p ? answer->body.p : "",
				      answer->body.n, 0, NULL);
	json_t *detail = json_incref(json_object_get(document, "detail"));

	json_decref(document);
	if (detail && !json_is_string(detail)) {
		json_decref(detail);
		detail = NULL;
	}
	return detail;
}

/* The first line of the answer, or why there was none. */
static json_t *line_of(const struct http_answer *answer)
{
	char line[REASON_BYTES_MAX + 1];
	const char *text = answer->error;
	size_t n = strlen(text);
	json_t *reason;

	if (answer->status) {
		text = answer->body.p ? answer->body.p : "";
		n = answer->body.n;
	}
	if (n > REASON_BYTES_MAX)
		n = REASON_BYTES_MAX;
	memcpy(line, text, n);
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	reason = json_string(line);
	return reason ? reason : json_string("(not UTF-8)");
}

static json_t *reason_of(const struct http_answer *answer)
{
	json_t *detail = detail_of(answer);

	return detail ? detail : line_of(answer);
}

static int ask(const char *name, const char *url, int64_t timeout_ms,
	       json_t *rows)
{
	struct http_client *client = http_client_new(url, NULL);
	struct http_answer answer;
	int code = CLI_UNREACHABLE;

	http_client_limit(client, (long)timeout_ms);
	if (http_client_call(client, "GET", "", (struct slice){0}, &answer))
		code = answer.status == 200 ? CLI_DONE : CLI_FAILED;
	else if (answer.bad_url)
		code = CLI_USAGE;
	json_array_append_new(rows,
			      json_pack("{s:s, s:b, s:i, s:o, s:s}", "service",
					name, "healthy", code == CLI_DONE,
					"status", (int)answer.status, "reason",
					reason_of(&answer), "url", url));
	http_answer_fini(&answer);
	http_client_free(&client);
	return code;
}

static int ask_operand(const char *text, int64_t timeout_ms, json_t *rows)
{
	bool is_url = strstr(text, "://") != NULL;
	char *url = is_url ? given_url(text) : service_url(text);
	int code = CLI_USAGE;

	if (url)
		code = ask(is_url ? "-" : text, url, timeout_ms, rows);
	free(url);
	return code;
}

/* The code of the worst: nothing may hide behind one that is well. */
static int ask_all(int64_t timeout_ms, json_t *rows)
{
	int worst = CLI_DONE;
	const char *name;

	for (size_t i = 0; (name = up_service_name(i)); i++) {
		int code = ask_operand(name, timeout_ms, rows);

		if (code > worst)
			worst = code;
	}
	return worst;
}

int cmd_health(struct cli *cli, int argc, char **argv)
{
	static const struct column columns[] = {
	    {"SERVICE", "service"}, {"HEALTHY", "healthy"},
	    {"STATUS", "status"},   {"REASON", "reason"},
	    {"URL", "url"},	    {NULL, NULL},
	};
	int64_t timeout_ms = 2000;
	const struct flag flags[] = {
	    FLAGS_INT("timeout-ms", "MS", &timeout_ms, 1, 600000,
		      "how long each may take to answer (2000)"),
	    FLAGS_END,
	};
	struct args args = {
	    .usage = "health [SERVICE|URL] [flags]",
	    .about = "Asks the admin port of a service on this host (ingest, "
		     "router, tokens, sender or\nconsole), by "
		     "POSTRIDER_<SERVICE>_ADMIN_BIND, or a URL; without either "
		     "all five.\nExit code 0: healthy, 1: not, 3: no answer.",
	    .flags = flags,
	    .operands_max = 1,
	};
	json_t *rows;
	bool go;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	rows = json_array();
	must(rows);
	code = args.n_operands ? ask_operand(args.operands[0], timeout_ms, rows)
			       : ask_all(timeout_ms, rows);
	if (cli->json)
		print_json(rows);
	else if (json_array_size(rows))
		print_table(rows, columns);
	json_decref(rows);
	return code;
}
