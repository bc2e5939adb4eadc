/*
 * up_plan - what `up` is to start: binaries, addresses, environments.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "up_plan.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "up_bind.h"

/* Every address that a service of `up` listens on, and its default. %s: the
 * directory of the sockets. */
static const struct address {
	const char *variable, *fallback;
} addresses[] = {
    {"POSTRIDER_INGEST_PUBLISH_BIND", "tcp://127.0.0.1:5570"},
    {"POSTRIDER_INGEST_PULL_BIND", "tcp://127.0.0.1:5571"},
    {"POSTRIDER_INGEST_HTTP_BIND", "127.0.0.1:8081"},
    {"POSTRIDER_INGEST_ADMIN_BIND", "127.0.0.1:9181"},
    {"POSTRIDER_ROUTER_SENDER_BIND",
     "ipc://%s/router-senders.sock,tcp://127.0.0.1:5572"},
    {"POSTRIDER_ROUTER_INGEST_BIND",
     "ipc://%s/router-ingest.sock,tcp://127.0.0.1:5573"},
    {"POSTRIDER_ROUTER_FEED_BIND", "tcp://127.0.0.1:5575"},
    {"POSTRIDER_ROUTER_ADMIN_BIND", "127.0.0.1:9182"},
    {"POSTRIDER_TOKENS_BIND", "ipc://%s/tokens.sock,tcp://127.0.0.1:5574"},
    {"POSTRIDER_TOKENS_ADMIN_BIND", "127.0.0.1:9183"},
    {"POSTRIDER_SENDER_ADMIN_BIND", "127.0.0.1:9184"},
    {"POSTRIDER_CONSOLE_HTTP_BIND", "127.0.0.1:8080"},
    {"POSTRIDER_CONSOLE_ADMIN_BIND", "127.0.0.1:9185"},
    {"POSTRIDER_CONSOLE_SENDER_BIND", "ipc://%s/console-senders.sock"},
};

/* In the order of stopping: first who takes work, then who does it, then who
 * holds it. */
static const struct service {
	const char *name, *admin;
	int wave;
} services[] = {
    {"ingest", "POSTRIDER_INGEST_ADMIN_BIND", 0},
    {"console", "POSTRIDER_CONSOLE_ADMIN_BIND", 0},
    {"sender", "POSTRIDER_SENDER_ADMIN_BIND", 0},
    {"router", "POSTRIDER_ROUTER_ADMIN_BIND", 1},
    {"tokens", "POSTRIDER_TOKENS_ADMIN_BIND", 1},
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char *default_of(const char *variable)
{
	for (size_t i = 0; i < N(addresses); i++)
		if (strcmp(addresses[i].variable, variable) == 0)
			return addresses[i].fallback;
	return NULL;
}

const char *up_service_name(size_t i)
{
	return i < N(services) ? services[i].name : NULL;
}

bool up_service_admin(const char *name, const char **variable,
		      const char **fallback)
{
	for (size_t i = 0; i < N(services); i++) {
		if (strcmp(services[i].name, name) != 0)
			continue;
		*variable = services[i].admin;
		*fallback = default_of(services[i].admin);
		return true;
	}
	return false;
}

static bool take_addresses(struct up_env *env, struct up_binds *binds,
			   const char *run, char *error, size_t error_size)
{
	for (size_t i = 0; i < N(addresses); i++) {
		const struct address *a = &addresses[i];
		const char *hole = strstr(a->fallback, "%s");
		const char *given = up_env_get(env, a->variable);
		char *list, *real;

		if (given)
			list = xstrdup(given);
		else if (hole)
			list = xasprintf("%.*s%s%s", (int)(hole - a->fallback),
					 a->fallback, run, hole + 2);
		else
			list = xstrdup(a->fallback);
		real =
		    up_binds_take(binds, a->variable, list, error, error_size);
		free(list);
		if (!real)
			return false;
		up_env_set(env, a->variable, real);
		free(real);
	}
	return true;
}

static char *own_directory(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0)
		return xstrdup(".");
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	return xstrdup(path);
}

/* redis-server, wherever PATH has it; distributions also use sbin. */
static char *find_redis(void)
{
	const char *path = getenv("PATH");
	char *all =
	    xasprintf("%s:/usr/local/bin:/usr/bin:/usr/sbin", path ? path : "");
	char *found = NULL;
	const char *p = all;

	while (!found && *p) {
		size_t n = strcspn(p, ":");

		found = xasprintf("%.*s/redis-server", (int)n, p);
		if (!n || access(found, X_OK) != 0) {
			free(found);
			found = NULL;
		}
		p += p[n] ? n + 1 : n;
	}
	free(all);
	return found;
}

static bool plan_redis(struct up_plan *plan, const struct up_options *o,
		       struct up_files *files, char *error, size_t error_size)
{
	char *url;

	if (o->redis_url) {
		up_env_set(o->env, "POSTRIDER_REDIS_URL", o->redis_url);
		return true;
	}
	plan->redis_program = find_redis();
	if (!plan->redis_program) {
		snprintf(error, error_size,
			 "redis-server is not in PATH: install it, or name a "
			 "Redis with --redis-url");
		return false;
	}
	plan->redis_socket = xasprintf("%s/redis.sock", files->run);
	url = xasprintf("unix://%s", plan->redis_socket);
	up_env_set(o->env, "POSTRIDER_REDIS_URL", url);
	free(url);
	return up_files_lock_redis(files, error, error_size);
}

/* A secret that the environment does not bring is kept in the directory. */
static bool plan_key(struct up_env *env, struct up_files *files,
		     const char *variable, const char *file, char *error,
		     size_t error_size)
{
	char *by_file = xasprintf("%s_FILE", variable), *path = NULL;
	bool given = up_env_get(env, variable) || up_env_get(env, by_file);

	if (!given) {
		path = up_files_key(files, file, error, error_size);
		if (path)
			up_env_set(env, by_file, path);
	}
	free(path);
	free(by_file);
	return given || path;
}

/* Senders beyond the first get an admin port of their own. */
static bool plan_service(struct up_plan *plan, const struct up_options *o,
			 const struct service *s, int64_t number,
			 struct up_binds *binds, char *error, size_t error_size)
{
	struct up_service *u = &plan->services[plan->n_services++];
	const char *prefix = up_env_get(o->env, "POSTRIDER_INSTANCE");
	char *directory = own_directory(), *instance, *admin;
	char target[128];

	u->name = xasprintf("%s-%lld", s->name, (long long)number);
	u->program = xasprintf("%s/postrider-%s", directory, s->name);
	u->wave = s->wave;
	u->env = up_env_new(up_env_strings(o->env));
	free(directory);
	instance = xasprintf("%s%s%s", prefix ? prefix : "", prefix ? "-" : "",
			     u->name);
	up_env_set(u->env, "POSTRIDER_INSTANCE", instance);
	free(instance);
	if (access(u->program, X_OK) != 0) {
		snprintf(error, error_size, "%s: %s", u->program,
			 strerror(errno));
		return false;
	}
	if (number > 1) {
		admin = up_binds_take(binds, s->admin, "127.0.0.1:0", error,
				      error_size);
		if (!admin)
			return false;
		up_env_set(u->env, s->admin, admin);
		free(admin);
	}
	if (up_bind_target(up_env_get(u->env, s->admin), target,
			   sizeof(target)))
		u->admin = xstrdup(target);
	return true;
}

static bool plan_services(struct up_plan *plan, const struct up_options *o,
			  struct up_binds *binds, char *error,
			  size_t error_size)
{
	for (size_t i = 0; i < N(services); i++) {
		int64_t n =
		    strcmp(services[i].name, "sender") == 0 ? o->senders : 1;

		for (int64_t k = 1; k <= n; k++)
			if (!plan_service(plan, o, &services[i], k, binds,
					  error, error_size))
				return false;
	}
	return true;
}

static void plan_ready_line(struct up_plan *plan, struct up_env *env)
{
	char target[128] = "?";

	up_bind_target(up_env_get(env, "POSTRIDER_CONSOLE_HTTP_BIND"), target,
		       sizeof(target));
	plan->console_url = xasprintf("http://%s", target);
	up_bind_target(up_env_get(env, "POSTRIDER_INGEST_PUBLISH_BIND"), target,
		       sizeof(target));
	plan->publish_endpoint = xasprintf("tcp://%s", target);
}

bool up_plan_make(struct up_plan *plan, const struct up_options *o,
		  struct up_files *files, char *error, size_t error_size)
{
	struct up_binds *binds = up_binds_new();
	bool ok;

	*plan = (struct up_plan){0};
	ok = take_addresses(o->env, binds, files->run, error, error_size) &&
	     plan_key(o->env, files, "POSTRIDER_ADMIN_KEY", "admin.key", error,
		      error_size) &&
	     plan_key(o->env, files, "POSTRIDER_MASTER_KEY", "master.key",
		      error, error_size) &&
	     plan_redis(plan, o, files, error, error_size) &&
	     plan_services(plan, o, binds, error, error_size);
	if (ok)
		plan_ready_line(plan, o->env);
	up_binds_free(&binds);
	return ok;
}

void up_plan_fini(struct up_plan *plan)
{
	for (size_t i = 0; i < plan->n_services; i++) {
		free(plan->services[i].name);
		free(plan->services[i].program);
		free(plan->services[i].admin);
		up_env_free(&plan->services[i].env);
	}
	free(plan->redis_program);
	free(plan->redis_socket);
	free(plan->console_url);
	free(plan->publish_endpoint);
}
