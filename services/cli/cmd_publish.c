/*
 * cmd_publish - publish events: a file, standard input, or flags.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli.h"
#include "client/postrider.h"
#include "message_reader.h"
#include "print.h"
#include "publisher.h"

#define IDS_MAX 1000

struct publish {
	struct cli *cli;
	struct postrider_event event; /* from flags */
	const char *project;
	struct publisher_options options;
	int64_t expires_in_ms;
};

static bool is_object(const char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_DECODE_INT_AS_REAL, &error);
	bool yes = json_is_object(root);

	if (!root)
		cli_error(CLI_USAGE, "--data: %s", error.text);
	else if (!yes)
		cli_error(CLI_USAGE, "--data is not a JSON object");
	json_decref(root);
	return yes;
}

/* One event, out of the flags. */
static int publish_flags(struct publish *o, struct publisher *p)
{
	struct postrider_builder *b = postrider_builder_new();
	struct postrider_event *e = &o->event;
	int code = CLI_USAGE;
	size_t n;

	e->project = cli_project(o->cli, o->project);
	e->expires_in_ms = (uint64_t)o->expires_in_ms;
	if (!e->project) {
		code = CLI_USAGE;
	} else if (e->data_fields_json && !is_object(e->data_fields_json)) {
		code = CLI_USAGE;
	} else if (postrider_builder_add(b, e) != POSTRIDER_OK) {
		code = cli_error(CLI_USAGE, "--data is no object, or too "
					    "large");
	} else {
		const char *body = postrider_builder_body(b, &n);

		/* The publisher makes a list of its own. */
		publisher_add(p, slice_bytes(body + 1, n - 2), 0);
		code = publisher_finish(p);
	}
	postrider_builder_free(&b);
	return code;
}

/* A message without a project gets the one of the flags. False: no JSON. */
static bool add_message(struct publish *o, struct publisher *p,
			struct slice text, uint64_t line, bool *more)
{
	const char *project =
	    o->project ? o->project : o->cli->settings.cli_project;
	json_error_t error;
	json_t *root = json_loadb(
	    text.p, text.n, JSON_DECODE_INT_AS_REAL | JSON_REJECT_DUPLICATES,
	    &error);
	struct buf b;

	if (!root) {
		cli_error(CLI_FAILED, "line %" PRIu64 ": %s",
			  line +
			      (uint64_t)(error.line > 0 ? error.line - 1 : 0),
			  error.text);
		return false;
	}
	if (!project || json_object_get(root, "project")) {
		*more = publisher_add(p, text, line);
	} else {
		buf_init(&b, MESSAGE_BYTES_MAX + 1024);
		buf_append_str(&b, "{\"project\":");
		json_quote(&b, slice_of(project));
		buf_append_char(&b, json_object_size(root) ? ',' : ' ');
		buf_append(&b, text.p + 1, text.n - 1);
		*more = publisher_add(p, buf_slice(&b), line);
		buf_fini(&b);
	}
	json_decref(root);
	return true;
}

static int publish_stream(struct publish *o, struct publisher *p, FILE *in)
{
	struct message_reader *reader = message_reader_new(in);
	struct slice text;
	uint64_t line;
	bool more = true;
	int faults = 0, code;
	enum err e = ERR_OK;

	while (more) {
		e = message_reader_next(reader, &text, &line);
		if (e != ERR_OK)
			break;
		faults += !add_message(o, p, text, line, &more);
	}
	if (more && e != ERR_CLOSED) {
		cli_error(CLI_FAILED, "line %" PRIu64 ": %s", line,
			  e == ERR_MALFORMED ? "not a JSON object, or one "
					       "that does not end"
					     : err_text(e));
		faults++;
	}
	code = publisher_finish(p);
	message_reader_free(&reader);
	return code == CLI_DONE && faults ? CLI_FAILED : code;
}

static int publish_file(struct publish *o, struct publisher *p,
			const char *path)
{
	FILE *in = stdin;
	int code;

	if (path && strcmp(path, "-") != 0)
		in = fopen(path, "re");
	if (!in)
		return cli_error(CLI_USAGE, "%s: %s", path, strerror(errno));
	code = publish_stream(o, p, in);
	if (in != stdin)
		fclose(in);
	return code;
}

static void print_summary(const struct cli *cli,
			  const struct publisher_totals *t, bool one)
{
	json_t *ids;

	if (one && !cli->json) {
		for (size_t i = 0; i < t->n_ids; i++) {
			print_safe(stdout, t->ids[i]);
			puts(t->duplicates ? " (a duplicate)" : "");
		}
		return;
	}
	if (!cli->json) {
		printf("published %" PRIu64 ", duplicates %" PRIu64
		       ", refused %" PRIu64 "\n",
		       t->accepted, t->duplicates, t->refused);
		return;
	}
	ids = json_array();
	for (size_t i = 0; i < t->n_ids; i++)
		json_array_append_new(ids, json_string(t->ids[i]));
	ids = json_pack("{s:I, s:I, s:I, s:o}", "accepted",
			(json_int_t)t->accepted, "duplicates",
			(json_int_t)t->duplicates, "refused",
			(json_int_t)t->refused, "ids", ids);
	print_json(ids);
	json_decref(ids);
}

static int run(struct publish *o, const char *path, bool by_flags)
{
	struct publisher *p;
	int code;

	o->options.ids_max = by_flags || o->cli->json ? IDS_MAX : 0;
	p = publisher_new(o->cli, &o->options);
	if (!p)
		return CLI_USAGE;
	code = by_flags ? publish_flags(o, p) : publish_file(o, p, path);
	if (code != CLI_USAGE)
		print_summary(o->cli, publisher_totals(p), by_flags);
	publisher_free(&p);
	return code;
}

#define ABOUT                                                                  \
	"Publishes one event by flags, or the messages of FILE (- or none: "   \
	"standard input):\nJSON objects, one a line, spread over lines, or "   \
	"in a "                                                                \
	"list. They go out in batches;\none that is refused is named with "    \
	"its "                                                                 \
	"line, the others are taken all the same.\n--json: the ids are those " \
	"of "                                                                  \
	"the first 1,000."

int cmd_publish(struct cli *cli, int argc, char **argv)
{
	struct publish o = {
	    .cli = cli,
	    .options = {.batch = 256, .in_flight = 8, .timeout_ms = 30000}};
	struct postrider_event *e = &o.event;
	const struct flag flags[] = {
	    FLAGS_STR("project", "PROJECT", &o.project,
		      "POSTRIDER_CLI_PROJECT; of messages without one"),
	    FLAGS_STR("event", "NAME", &e->event_name, "the event's name"),
	    FLAGS_STR("email", "EMAIL", &e->email, "whose event it is"),
	    FLAGS_STR("user", "ID", &e->user_id, "whose event it is"),
	    FLAGS_STR("data", "JSON", &e->data_fields_json,
		      "its dataFields, an object"),
	    FLAGS_STR("id", "KEY", &e->id, "idempotency key"),
	    FLAGS_STR("ordering-key", "KEY", &e->ordering_key, "ordering key"),
	    FLAGS_STR("created-at", "TIME", &e->created_at,
		      "when it happened, RFC 3339"),
	    FLAGS_INT("expires-in-ms", "MS", &o.expires_in_ms, 1, INT64_MAX,
		      "dead if not delivered by then"),
	    FLAGS_INT("batch", "N", &o.options.batch, 1,
		      POSTRIDER_BATCH_MESSAGES_MAX,
		      "messages in a batch (256)"),
	    FLAGS_INT("in-flight", "N", &o.options.in_flight, 1, 1024,
		      "batches at a time (8)"),
	    FLAGS_INT("timeout-ms", "MS", &o.options.timeout_ms, 1, 3600000,
		      "for a batch to be taken (30000)"),
	    FLAGS_END,
	};
	struct args args = {.usage = "publish [FILE] [flags]",
			    .about = ABOUT,
			    .flags = flags,
			    .operands_max = 1};
	bool go, by_flags;
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (!go)
		return code;
	by_flags = e->event_name || e->email || e->user_id ||
		   e->data_fields_json || e->id || e->ordering_key ||
		   e->created_at || o.expires_in_ms;
	if (by_flags && args.n_operands)
		return cli_error(CLI_USAGE, "either a FILE or an event by "
					    "flags");
	if (by_flags && !e->event_name)
		return cli_error(CLI_USAGE, "which event? --event NAME");
	if (!by_flags && !args.n_operands && isatty(STDIN_FILENO))
		return cli_error(CLI_USAGE, "nothing to publish: name a FILE, "
					    "or an event by flags");
	return run(&o, args.operands[0], by_flags);
}
