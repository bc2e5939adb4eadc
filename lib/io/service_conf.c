/*
 * service_conf - the settings that every program knows.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/service_conf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "curve/certificate.h"
#include "io/cluster_url.h"
#include "io/redis_tls.h"
#include "io/redis_url.h"
#include "net/egress.h"
#include "net/endpoint.h"
#include "net/target.h"

#define INSTANCE_MAX 120

const struct conf_item service_conf_items[] = {
    CONF_STR(struct common_conf, redis.url, "redis_url",
	     "redis://127.0.0.1:6379", 1024,
	     "Redis: redis://[user:password@]host[:port][/db], "
	     "redis+sentinel://[user:password@]host[:port],.../master[/db], "
	     "redis+cluster://[user:password@]host[:port],..., "
	     "rediss with TLS, or unix:///path"),
    CONF_SECRET(struct common_conf, redis.password, "redis_password", 1024,
		"password for Redis, instead of one in the URL"),
    CONF_SECRET(struct common_conf, redis.sentinel_password,
		"redis_sentinel_password", 1024,
		"password for the sentinels themselves"),
    CONF_STR(struct common_conf, redis.tls_ca, "redis_tls_ca", "", 1024,
	     "PEM file of the root certificates that Redis' TLS is checked "
	     "with; empty: the system's"),
    CONF_STR(struct common_conf, redis.tls_cert, "redis_tls_cert", "", 1024,
	     "PEM file of a client certificate for Redis, and its chain"),
    CONF_SECRET(struct common_conf, redis.tls_key, "redis_tls_key", 32768,
		"the key of that certificate, PEM"),
    CONF_STR(struct common_conf, instance, "instance", NULL, INSTANCE_MAX,
	     "unique name of this process; default: <host>-<pid>"),
    CONF_STR(struct common_conf, log_level, "log_level", "info", 8,
	     "error, warn, info or debug"),
    CONF_SECRET(struct common_conf, master_key, "master_key", 64,
		"64 hex digits: the key that stored secrets are "
		"encrypted with"),
    CONF_SECRET(struct common_conf, admin_key, "admin_key", 256,
		"the API key that reaches everything"),
    CONF_STR(struct common_conf, allow_nets, "allow_nets", "", 4096,
	     "comma-separated networks (CIDR) that webhooks may reach "
	     "although they are private"),
    CONF_STR(struct common_conf, egress_source, "egress_source", "", 128,
	     "one IPv4 and/or one IPv6 address, comma-separated, that senders "
	     "send from; a family without one is not used"),
    CONF_SECRET(struct common_conf, egress_proxy, "egress_proxy", 1024,
		"proxy that senders use: http://[user:password@]host:port "
		"(CONNECT) or socks5://..."),
    CONF_INT(struct common_conf, partitions, "partitions", 16, 1, 1024,
	     "partitions of the whole system; fixed at installation"),
    CONF_INT(struct common_conf, min_replicas, "min_replicas", 0, 0, 100,
	     "replicas of Redis that must have an event before it is "
	     "acknowledged; 0: none"),
    CONF_INT(struct common_conf, drain_ms, "drain_ms", 25000, 0, 600000,
	     "how long work in hand may take to finish after SIGTERM"),
    CONF_BOOL(struct common_conf, dev, "dev", false,
	      "allow http:// and private networks as targets"),
    CONF_SECRET(struct common_conf, curve_key, "curve_key",
		CERTIFICATE_BYTES_MAX,
		"CURVE between hosts: the secret certificate of this process "
		"(its text), or its secret key of 40 characters"),
    CONF_STR(struct common_conf, curve_services, "curve_services", "", 4096,
	     "directory of the certificates of services that may connect; "
	     "with it, tcp:// sockets for services have CURVE"),
    CONF_BOOL(struct common_conf, plaintext_ok, "plaintext_ok", false,
	      "let ZeroMQ sockets listen beyond loopback although anybody "
	      "there can read and write them"),
    CONF_END_ROW,
};

void service_conf_foreign(struct service_conf_foreign *out, const char *name)
{
	static const char *const all[] = {"INGEST_", "ROUTER_",	 "TOKENS_",
					  "SENDER_", "CONSOLE_", "UP_",
					  "CLI_"};
	size_t n = strlen(name), used = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strncasecmp(all[i], name, n) != 0 || all[i][n] != '_')
			out->list[used++] = all[i];
	}
	out->list[used] = NULL;
}

static bool is_hex(const char *s)
{
	return s[strspn(s, "0123456789abcdefABCDEF")] == '\0';
}

static bool parse_level(const char *s, enum log_level *level)
{
	static const char *const names[] = {[LOG_ERROR] = "error",
					    [LOG_WARN] = "warn",
					    [LOG_INFO] = "info",
					    [LOG_DEBUG] = "debug"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(s, names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static bool instance_ok(const char *s)
{
	for (const char *p = s; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("-_.:", *p))
			return false;
	}
	return true;
}

static bool nets_ok(const struct common_conf *c, char *error, size_t error_size)
{
	struct target_rules rules;
	struct slice bad;
	enum err e = target_rules_parse(&rules, c->allow_nets, c->dev, &bad);

	if (e == ERR_OK)
		return true;
	snprintf(error, error_size, "POSTRIDER_ALLOW_NETS: '%.*s' is %s",
		 SLICE_FMT(bad),
		 e == ERR_FULL ? "one too many" : "not a network");
	return false;
}

static bool egress_ok(const struct common_conf *c, char *error,
		      size_t error_size)
{
	struct egress_sources sources;
	struct slice bad;
	const char *fault = NULL;

	if (egress_sources_parse(&sources, c->egress_source, &bad) != ERR_OK) {
		snprintf(
		    error, error_size,
		    "POSTRIDER_EGRESS_SOURCE: '%.*s' is not an address, or "
		    "the second of its family",
		    SLICE_FMT(bad));
		return false;
	}
	if (c->egress_proxy)
		fault = egress_proxy_fault(c->egress_proxy);
	if (fault)
		snprintf(error, error_size, "POSTRIDER_EGRESS_PROXY: %s",
			 fault);
	return !fault;
}

/* A setting without effect is a mistake, and one about TLS a dear one. */
static const char *unused(const struct redis_access *a,
			  const struct redis_url *url)
{
	if (!url->master && redis_given(a->sentinel_password))
		return "POSTRIDER_REDIS_SENTINEL_PASSWORD: only with "
		       "redis+sentinel://";
	if (url->tls)
		return NULL;
	if (redis_given(a->tls_ca))
		return "POSTRIDER_REDIS_TLS_CA: only with rediss://";
	if (redis_given(a->tls_cert))
		return "POSTRIDER_REDIS_TLS_CERT: only with rediss://";
	if (redis_given(a->tls_key))
		return "POSTRIDER_REDIS_TLS_KEY: only with rediss://";
	return NULL;
}

/* Of a cluster only what else may be set with it. */
static bool redis_url_ok(struct redis_url *url, const char *text, char *why,
			 size_t why_size)
{
	struct cluster_url cluster;

	if (!cluster_url_is(text))
		return redis_url_parse(url, text, why, why_size);
	if (!cluster_url_parse(&cluster, text, why, why_size))
		return false;
	*url = (struct redis_url){.tls = cluster.tls};
	cluster_url_fini(&cluster);
	return true;
}

static bool redis_ok(const struct redis_access *a, char *error,
		     size_t error_size)
{
	struct redis_tls *tls = NULL;
	struct redis_url url;
	const char *fault;
	char why[200];
	bool ok = true;

	if (!redis_url_ok(&url, a->url, why, sizeof(why))) {
		snprintf(error, error_size, "POSTRIDER_REDIS_URL: %s", why);
		return false;
	}
	fault = unused(a, &url);
	if (fault)
		snprintf(error, error_size, "%s", fault);
	else if (url.tls)
		ok = (tls = redis_tls_new(a, error, error_size)) != NULL;
	redis_tls_unref(&tls);
	redis_url_fini(&url);
	return ok && !fault;
}

static bool curve_ok(const struct common_conf *c, char *error,
		     size_t error_size)
{
	struct curve_pair pair = {.secret_key = ""};
	const char *fault;
	enum err e;

	if (!c->curve_key) {
		snprintf(error, error_size,
			 "POSTRIDER_CURVE_SERVICES: needs POSTRIDER_CURVE_KEY");
		return !c->curve_services || !c->curve_services[0];
	}
	e = certificate_pair(&pair, slice_of(c->curve_key), &fault);
	curve_pair_wipe(&pair);
	if (e != ERR_OK)
		snprintf(error, error_size, "POSTRIDER_CURVE_KEY: %s", fault);
	return e == ERR_OK;
}

/* On a cluster a slot may move between a write and the WAIT behind it. */
static bool replicas_ok(const struct common_conf *c, char *error,
			size_t error_size)
{
	if (c->min_replicas == 0 || !cluster_url_is(c->redis.url))
		return true;
	snprintf(error, error_size,
		 "POSTRIDER_MIN_REPLICAS: not with redis+cluster://");
	return false;
}

bool service_conf_check(const struct common_conf *c, char *error,
			size_t error_size)
{
	enum log_level level;

	if (!redis_ok(&c->redis, error, error_size) ||
	    !replicas_ok(c, error, error_size))
		return false;
	if (!service_conf_level(c, &level))
		snprintf(error, error_size,
			 "POSTRIDER_LOG_LEVEL: not one of error, warn, info, "
			 "debug");
	else if (c->master_key &&
		 (strlen(c->master_key) != 64 || !is_hex(c->master_key)))
		snprintf(error, error_size,
			 "POSTRIDER_MASTER_KEY: not 64 hex digits");
	else if (c->instance && !instance_ok(c->instance))
		snprintf(error, error_size,
			 "POSTRIDER_INSTANCE: only letters, digits and -_.: "
			 "are allowed");
	else
		return nets_ok(c, error, error_size) &&
		       egress_ok(c, error, error_size) &&
		       curve_ok(c, error, error_size);
	return false;
}

char *service_conf_variable(char out[SERVICE_VARIABLE_SIZE], const char *name)
{
	snprintf(out, SERVICE_VARIABLE_SIZE, "POSTRIDER_%s", name);
	for (char *p = out; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return out;
}

/* The first endpoint of a list that would be open to others. */
static bool is_open(const char *list, bool secured, struct slice *open)
{
	while (endpoint_exposed(list, open)) {
		if (!secured || !endpoint_is_tcp(*open))
			return true;
		list = open->p + open->n;
	}
	return false;
}

bool service_conf_check_binds(const struct common_conf *c,
			      const struct service *s, char *error,
			      size_t error_size)
{
	const struct conf_item *item = s->conf;
	const char *clients = s->clients ? *s->clients : c->curve_services;
	char name[SERVICE_VARIABLE_SIZE], directory[SERVICE_VARIABLE_SIZE];
	struct slice open;

	service_conf_variable(directory,
			      s->clients ? s->clients_name : "curve_services");
	if (clients && clients[0] && !c->curve_key) {
		snprintf(error, error_size, "%s: needs POSTRIDER_CURVE_KEY",
			 directory);
		return false;
	}
	for (; item && item->kind != CONF_KIND_END; item++) {
		const char *list;

		if (item->kind != CONF_KIND_BIND || c->plaintext_ok)
			continue;
		memcpy(&list, (const char *)s->state + item->offset,
		       sizeof(list));
		if (!list || !is_open(list, clients && clients[0], &open))
			continue;
		snprintf(
		    error, error_size,
		    "%s: %.*s is not on loopback, so others could read "
		    "and write there; CURVE (POSTRIDER_CURVE_KEY and %s) "
		    "keeps them out, POSTRIDER_PLAINTEXT_OK=1 lets them in",
		    service_conf_variable(name, item->name), SLICE_FMT(open),
		    directory);
		return false;
	}
	return true;
}

bool service_conf_level(const struct common_conf *c, enum log_level *level)
{
	return c->log_level && parse_level(c->log_level, level);
}

void service_conf_complete(struct common_conf *c)
{
	char host[INSTANCE_MAX - 20];

	if (c->instance && c->instance[0])
		return;
	if (gethostname(host, sizeof(host)) != 0)
		snprintf(host, sizeof(host), "host");
	host[sizeof(host) - 1] = '\0';
	for (char *p = host; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			*p = '-';
	}
	free(c->instance);
	c->instance = xasprintf("%s-%d", host, (int)getpid());
}
