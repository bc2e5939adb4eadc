/*
 * settings - what the environment says to the command line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/mem.h"

#define KEY_BYTES_MAX 512

#define STR(member, name, def, help) \
	CONF_STR(struct settings, member, name, def, 4096, help)
#define SECRET(member, name, help) \
	CONF_SECRET(struct settings, member, name, 4096, help)

static const struct conf_item items[] = {
    STR(cli_console_url, "cli_console_url", "http://127.0.0.1:8080",
	"where the console's API is"),
    STR(cli_publish_endpoint, "cli_publish_endpoint", "tcp://127.0.0.1:5570",
	"where ingest takes events"),
    STR(cli_server_key, "cli_server_key", "",
	"CURVE: ingest's public key, or the file of its certificate"),
    SECRET(cli_curve_key, "cli_curve_key",
	   "CURVE: the secret certificate of this publisher (its text), or its "
	   "secret key"),
    STR(cli_project, "cli_project", NULL,
	"the project when --project is left out"),
    STR(up_data, "up_data", "./postrider-data",
	"where `up` keeps its Redis and its keys"),
    CONF_INT(struct settings, up_senders, "up_senders", 1, 1, 64,
	     "senders that `up` starts"),
    STR(up_appendfsync, "up_appendfsync", "everysec",
	"the embedded Redis: always, everysec or no"),
    SECRET(admin_key, "admin_key",
	   "the key to present; else admin.key of the data directory"),
    STR(redis_url, "redis_url", NULL, "`up`: use this Redis and start none"),
    SECRET(redis_password, "redis_password", "`up`: for that Redis"),
    SECRET(redis_sentinel_password, "redis_sentinel_password",
	   "`up`: for its sentinels"),
    STR(redis_tls_ca, "redis_tls_ca", NULL, "`up`: for that Redis"),
    STR(redis_tls_cert, "redis_tls_cert", NULL, "`up`: for that Redis"),
    STR(min_replicas, "min_replicas", NULL, "`up`: handed to the services"),
    CONF_SECRET(struct settings, redis_tls_key, "redis_tls_key", 32768,
		"`up`: for that Redis"),
    SECRET(master_key, "master_key", "`up`: handed to the services"),
    STR(instance, "instance", NULL, "`up` names its processes itself"),
    STR(log_level, "log_level", NULL, "`up`: handed to the services"),
    STR(allow_nets, "allow_nets", NULL, "`up`: handed to the services"),
    STR(egress_source, "egress_source", NULL, "`up`: handed to the services"),
    SECRET(egress_proxy, "egress_proxy", "`up`: handed to the services"),
    STR(partitions, "partitions", NULL, "`up`: handed to the services"),
    STR(drain_ms, "drain_ms", NULL, "`up`: handed to the services"),
    STR(dev, "dev", NULL, "`up`: the same as --dev"),
    SECRET(curve_key, "curve_key", "`up`: handed to the services"),
    STR(curve_services, "curve_services", NULL, "`up`: handed to the services"),
    STR(plaintext_ok, "plaintext_ok", NULL, "`up`: handed to the services"),
    CONF_END_ROW,
};

static const char *const foreign[] = {"INGEST_", "ROUTER_",  "TOKENS_",
				      "SENDER_", "CONSOLE_", NULL};

static struct conf conf_of(struct settings *s)
{
	return (struct conf){
	    .bindings = {{items, s}}, .n = 1, .foreign_prefixes = foreign};
}

bool settings_load(struct settings *s, char *error, size_t error_size)
{
	struct conf conf = conf_of(s);
	char name[] = "postrider";
	char *argv[] = {name, NULL};

	return conf_load(&conf, 1, argv, environ, error, error_size);
}

void settings_fini(struct settings *s)
{
	struct conf conf = conf_of(s);

	conf_fini(&conf);
	free(s->key_of_file);
	s->key_of_file = NULL;
}

void settings_show(struct settings *s, FILE *out)
{
	struct conf conf = conf_of(s);

	conf_show(&conf, out);
}

void settings_help(struct settings *s, FILE *out)
{
	struct conf conf = conf_of(s);

	conf_help(&conf, out);
}

const char *settings_console_url(const struct settings *s)
{
	return s->console_url ? s->console_url : s->cli_console_url;
}

const char *settings_publish_endpoint(const struct settings *s)
{
	return s->publish_endpoint ? s->publish_endpoint
				   : s->cli_publish_endpoint;
}

/* The first line of a file; NULL with errno. */
static char *read_line(const char *path)
{
	char line[KEY_BYTES_MAX];
	FILE *f = fopen(path, "re");
	char *got;

	if (!f)
		return NULL;
	errno = 0;
	got = fgets(line, sizeof(line), f);
	fclose(f);
	if (!got) {
		errno = errno ? errno : ENODATA;
		return NULL;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return xstrdup(line);
}

static const char *key_from(struct settings *s, const char *path,
			    bool must_exist, char *error, size_t error_size)
{
	s->key_of_file = read_line(path);
	if (!s->key_of_file && (must_exist || errno != ENOENT))
		snprintf(error, error_size, "cannot read the key %s: %s", path,
			 strerror(errno));
	return s->key_of_file;
}

const char *settings_key(struct settings *s, char *error, size_t error_size)
{
	const char *dir = s->data ? s->data : s->up_data;
	char *path;
	const char *key;

	error[0] = '\0';
	if (s->key_of_file)
		return s->key_of_file;
	if (s->admin_key_flag)
		return s->admin_key_flag;
	if (s->admin_key_file)
		return key_from(s, s->admin_key_file, true, error, error_size);
	if (!s->data && s->admin_key)
		return s->admin_key;
	path = xasprintf("%s/admin.key", dir);
	key = key_from(s, path, s->data != NULL, error, error_size);
	free(path);
	return key;
}
