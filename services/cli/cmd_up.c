/*
 * cmd_up - run the whole system on this machine: the command's flags.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli.h"
#include "up.h"

#define DRAIN_MS 25000

/* The services' own settings are flags of `up` as well, handed on to them. */
static bool belongs_to_service(const char *flag)
{
	static const char *const prefixes[] = {"ingest-", "router-", "tokens-",
					       "sender-", "console-"};
	static const char *const names[] = {
	    "redis-password",  "redis-password-file",
	    "log-level",       "allow-nets",
	    "partitions",      "drain-ms",
	    "master-key-file", "instance"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (strncmp(flag, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(flag, names[i]) == 0)
			return true;
	return false;
}

static bool hand_on(void *arg, const char *flag, const char *value,
		    bool *used_value)
{
	struct up_env *env = arg;
	char *variable;

	if (!value || !belongs_to_service(flag))
		return false;
	variable = xasprintf("POSTRIDER_%s", flag);
	for (char *p = variable; *p; p++)
		*p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	up_env_set(env, variable, value);
	free(variable);
	*used_value = true;
	return true;
}

static bool good_appendfsync(const char *text)
{
	return strcmp(text, "always") == 0 || strcmp(text, "everysec") == 0 ||
	       strcmp(text, "no") == 0;
}

static int run(struct cli *cli, struct up_options *o, bool dev)
{
	const struct settings *s = &cli->settings;
	const char *drain = up_env_get(o->env, "POSTRIDER_DRAIN_MS");
	int64_t drain_ms;

	if (!good_appendfsync(o->appendfsync))
		return cli_error(CLI_USAGE, "POSTRIDER_UP_APPENDFSYNC is "
					    "always, everysec or no");
	if (!drain || !args_parse_int(drain, &drain_ms) || drain_ms < 0)
		drain_ms = DRAIN_MS; /* the services say if it is nonsense */
	o->drain_ms = (uint64_t)drain_ms;
	if (dev)
		up_env_set(o->env, "POSTRIDER_DEV", "true");
	if (s->admin_key_flag)
		up_env_set(o->env, "POSTRIDER_ADMIN_KEY", s->admin_key_flag);
	if (s->admin_key_file)
		up_env_set(o->env, "POSTRIDER_ADMIN_KEY_FILE",
			   s->admin_key_file);
	return up_run(o);
}

#define ABOUT                                                                  \
	"Runs the whole system on this machine: a Redis of its own (a "        \
	"redis-server on a\nUNIX socket, kept in the data directory) and one " \
	"of each service. Prints one line\nwhen all are healthy, restarts "    \
	"what "                                                                \
	"dies, and stops everything at SIGINT or SIGTERM.\nThe services' "     \
	"settings (POSTRIDER_… variables) reach them, also as flags:\n"      \
	"--ingest-publish-bind, --router-lease-ms, --log-level, …"

int cmd_up(struct cli *cli, int argc, char **argv)
{
	struct settings *s = &cli->settings;
	bool dev = false, go;
	struct up_env *env = up_env_new(environ);
	struct up_options o = {.dir = s->up_data,
			       .appendfsync = s->up_appendfsync,
			       .redis_url = s->redis_url,
			       .senders = s->up_senders,
			       .env = env};
	const struct flag flags[] = {
	    FLAGS_STR("data", "DIR", &o.dir,
		      "POSTRIDER_UP_DATA, ./postrider-data"),
	    FLAGS_BOOL("dev", &dev,
		       "allow http:// targets and private networks"),
	    FLAGS_INT("senders", "N", &o.senders, 1, 64,
		      "POSTRIDER_UP_SENDERS, 1"),
	    FLAGS_STR("appendfsync", "WHEN", &o.appendfsync,
		      "POSTRIDER_UP_APPENDFSYNC: always, everysec, no"),
	    FLAGS_STR("redis-url", "URL", &o.redis_url,
		      "POSTRIDER_REDIS_URL: use this Redis, start none"),
	    FLAGS_END,
	};
	struct args args = {.usage = "up [flags]",
			    .about = ABOUT,
			    .flags = flags,
			    .other = hand_on,
			    .arg = env};
	int code = cli_parse(cli, &args, argc, argv, &go);

	if (go)
		code = run(cli, &o, dev);
	up_env_free(&env);
	return code;
}
