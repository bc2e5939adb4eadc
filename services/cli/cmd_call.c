/*
 * cmd_call - publish a journey's call, or its exit.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "body.h"
#include "cli.h"
#include "journey_message.h"

#define WAIT_MS 60000

struct journey_call {
	const char *project, *tile, *journey, *path, *email, *user, *id;
	const char *profile, *event, *params;
	int64_t expires_in_ms, wait_ms;
	bool wait;
};

static bool put_document(json_t *message, const char *key, const char *text)
{
	json_t *value = text ? json_document(key, text) : NULL;

	if (value)
		json_object_set_new(message, key, value);
	return value || !text;
}

static bool fill(json_t *message, const struct journey_call *c)
{
	if (c->expires_in_ms)
		json_object_set_new(message, "expiresInMs",
				    json_integer(c->expires_in_ms));
	if (c->wait)
		json_object_set_new(message, "reply", json_string("result"));
	return body_string(message, "project", c->project) &&
	       body_string(message, "tile", c->tile) &&
	       body_string(message, "journeyId", c->journey) &&
	       body_string(message, "pathId", c->path) &&
	       body_string(message, "email", c->email) &&
	       body_string(message, "userId", c->user) &&
	       body_string(message, "id", c->id) &&
	       put_document(message, "profile", c->profile) &&
	       put_document(message, "event", c->event) &&
	       put_document(message, "params", c->params);
}

static int call(struct cli *cli, const struct journey_call *c,
		const char *webhook)
{
	json_t *message =
	    json_pack("{s:s, s:s}", "op", "journeyCall", "webhook", webhook);

	if (!message)
		return cli_error(CLI_USAGE, "WEBHOOK is not valid UTF-8");
	if (!fill(message, c)) {
		json_decref(message);
		return CLI_USAGE;
	}
	return journey_message(cli, message, c->wait ? c->wait_ms : 0);
}

#define ABOUT_CALL                                                         \
	"Calls a journey's webhook, an id or a name, as a journey does "   \
	"whose user has reached a\ntile. --wait: prints what came of it; " \
	"exit code 1 when it was not delivered."

int cmd_call(struct cli *cli, int argc, char **argv)
{
	struct journey_call c = {.tile = "webhook", .wait_ms = WAIT_MS};
	const struct flag flags[] = {
	    FLAG_PROJECT(&c.project),
	    FLAGS_STR("path", "PATH", &c.path,
		      "this user's way through the journey"),
	    FLAGS_STR("journey", "ID", &c.journey, "the journey"),
	    FLAGS_STR("tile", "webhook|userProfile|liveData", &c.tile,
		      "what calls (webhook)"),
	    FLAGS_STR("email", "EMAIL", &c.email, "whose call it is"),
	    FLAGS_STR("user", "ID", &c.user, "whose call it is"),
	    FLAGS_STR("profile", "JSON|FILE|-", &c.profile, "the user's"),
	    FLAGS_STR("event", "JSON|FILE|-", &c.event,
		      "what began the journey"),
	    FLAGS_STR("params", "JSON|FILE|-", &c.params,
		      "the tile's own, added to the URL's query"),
	    FLAGS_STR("id", "KEY", &c.id, "idempotency key"),
	    FLAGS_INT("expires-in-ms", "MS", &c.expires_in_ms, 1, INT64_MAX,
		      "dead if not delivered by then"),
	    FLAGS_BOOL("wait", &c.wait, "for the outcome"),
	    FLAGS_INT("wait-ms", "MS", &c.wait_ms, 1, 3600000,
		      "for so long (60000)"),
	    FLAGS_END,
	};
	struct args args = {.usage = "call WEBHOOK --project PROJECT --path "
				     "PATH --journey ID [flags]",
			    .about = ABOUT_CALL,
			    .flags = flags,
			    .operands_min = 1,
			    .operands_max = 1};
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &c.project, &go);

	return go ? call(cli, &c, args.operands[0]) : code;
}

int cmd_exit(struct cli *cli, int argc, char **argv)
{
	const char *project = NULL;
	const struct flag flags[] = {FLAG_PROJECT(&project), FLAGS_END};
	struct args args = {.usage = "exit PATH --project PROJECT",
			    .about = "Ends a way through a journey: what Live "
				     "Data tiles have kept for it is "
				     "discarded.",
			    .flags = flags,
			    .operands_min = 1,
			    .operands_max = 1};
	json_t *message;
	bool go;
	int code = cli_parse_project(cli, &args, argc, argv, &project, &go);

	if (!go)
		return code;
	message = json_pack("{s:s, s:s, s:s}", "op", "journeyExit", "project",
			    project, "pathId", args.operands[0]);
	return message ? journey_message(cli, message, 0)
		       : cli_error(CLI_USAGE, "an argument is not valid UTF-8");
}
