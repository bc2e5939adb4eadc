/*
 * journey_message - publishes one message of a journey, and hears what came of
 * it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journey_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/postrider.h"
#include "ingest_link.h"
#include "print.h"

#define GIVE_UP_MS 30000
#define CONNECT_MS 5000

/* An answer that came twice has no outcome. */
static void on_outcome(void *arg, uint64_t batch, const void *body,
		       size_t bytes)
{
	json_t **outcome = arg;
	json_t *value = json_loadb(body, bytes, 0, NULL);

	(void)batch;
	if (!*outcome && json_object_get(value, "outcome"))
		*outcome = json_incref(value);
	json_decref(value);
}

static int refused(const struct postrider_result *r, const char *endpoint)
{
	bool away = r->status == POSTRIDER_UNREACHABLE;

	fputs("postrider: ", stderr);
	print_safe(stderr, r->message);
	if (away)
		fprintf(stderr, ": %s", endpoint);
	if (r->code[0])
		fprintf(stderr, " (%s%s%s)", r->code,
			r->field[0] ? ", field " : "", r->field);
	fputc('\n', stderr);
	return away ? CLI_UNREACHABLE : CLI_FAILED;
}

static void print_taken(const struct cli *cli, const struct postrider_result *r)
{
	const char *id = r->n_ids ? r->ids[0] : "-";
	json_t *view;

	if (!cli->json) {
		print_safe(stdout, id);
		puts(r->duplicates ? " (a duplicate)" : "");
		return;
	}
	view =
	    json_pack("{s:s, s:b}", "id", id, "duplicate", r->duplicates > 0);
	print_json(view);
	json_decref(view);
}

static int print_outcome(const json_t *outcome)
{
	const char *text =
	    json_string_value(json_object_get(outcome, "outcome"));

	print_json(outcome);
	return text && strcmp(text, "delivered") == 0 ? CLI_DONE : CLI_FAILED;
}

static int wait_outcome(struct postrider *p, json_t **outcome, int64_t wait_ms)
{
	uint64_t now = now_ms(), end = now + (uint64_t)wait_ms;

	while (!*outcome && now < end) {
		(void)postrider_listen(p, (int)(end - now));
		now = now_ms();
	}
	if (*outcome)
		return print_outcome(*outcome);
	return cli_error(CLI_FAILED, "it was taken, but nothing was heard of "
				     "its outcome in time");
}

static int publish(struct cli *cli, struct postrider *p, const json_t *message,
		   json_t **outcome, int64_t wait_ms)
{
	char *body = json_dumps(message, JSON_COMPACT);
	struct postrider_result r;
	int code = CLI_DONE;

	if (!body)
		return cli_error(CLI_USAGE, "an argument is not valid UTF-8");
	if (postrider_publish(p, body, strlen(body), &r) != POSTRIDER_OK)
		code = refused(&r, settings_publish_endpoint(&cli->settings));
	else if (wait_ms > 0)
		code = wait_outcome(p, outcome, wait_ms);
	else
		print_taken(cli, &r);
	postrider_result_fini(&r);
	free(body);
	return code;
}

int journey_message(struct cli *cli, json_t *message, int64_t wait_ms)
{
	json_t *outcome = NULL;
	const struct postrider_options options = {
	    .give_up_ms = GIVE_UP_MS,
	    .connect_ms = CONNECT_MS,
	    .on_outcome = on_outcome,
	    .arg = &outcome,
	};
	struct postrider *p = ingest_link(cli, options);
	int code = CLI_USAGE;

	if (p)
		code = publish(cli, p, message, &outcome, wait_ms);
	postrider_close(&p);
	json_decref(outcome);
	json_decref(message);
	return code;
}
