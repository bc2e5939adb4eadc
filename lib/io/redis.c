/*
 * redis - one asynchronous Redis connection. With redis_call and redis_link the
 * one home of redis*.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A struct redis lives from open to close and owns at most one link at a time.
 */
#include "io/redis.h"

#include <arpa/inet.h>
#include <hiredis/async.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "io/cluster.h"
#include "io/cluster_url.h"
#include "io/redis_private.h"
#include "io/redis_reply.h"

#define DELAY_MIN_MS 50
#define DELAY_MAX_MS 2000
#define TICK_MS 5000
/* A server that is stopped or swapping for half a minute is waited for: a new
 * connection would not be answered sooner. */
#define SILENT_TICKS_MAX 9
#define CONNECT_TICKS_MAX 1
/* A host that has gone, or a network that swallows everything, does not even
 * acknowledge: nothing is to be hoped for from that connection, and when the
 * network is back a new one is faster than a segment sent once a minute. */
#define UNREACHABLE_MS 8000

#define SERVER_SIZE 300

/* For the log. */
static const char *server_of(const struct redis *r, char out[SERVER_SIZE])
{
	char plain[SERVER_SIZE - 40];

	if (r->url.path)
		snprintf(plain, sizeof(plain), "%s", r->url.path);
	else
		snprintf(plain, sizeof(plain), "%s:%d",
			 r->at.name ? r->at.name : "", r->at.port);
	return log_quote(out, SERVER_SIZE, slice_of(plain));
}

/* Subscriptions. */

static void redis_up(struct redis *r)
{
	char server[SERVER_SIZE];

	r->phase = PHASE_UP;
	r->tries = 0;
	if (r->sentinel)
		redis_sentinel_rest(r->sentinel);
	log_info("redis_up", "server=%s scripts=%zu", server_of(r, server),
		 r->o.n_scripts);
	if (r->o.on_up)
		r->o.on_up(r->o.arg);
}

static void on_channel(redisAsyncContext *ac, void *data, void *arg)
{
	const redisReply *reply = data;
	struct redis *r = redis_link_owner(ac);

	(void)arg;
	if (!r || !reply || reply->type != REDIS_REPLY_ARRAY ||
	    reply->elements != 3)
		return;
	if (reply_begins(redis_reply_view(reply->element[0]), "message")) {
		const redisReply *channel = reply->element[1];
		const redisReply *message = reply->element[2];

		if (r->o.on_publish)
			r->o.on_publish(
			    r->o.arg,
			    slice_bytes(channel->str, (size_t)channel->len),
			    slice_bytes(message->str, (size_t)message->len));
		return;
	}
	if (r->phase == PHASE_SETUP && --r->setup_left == 0)
		redis_up(r);
}

static void subscribe(struct redis *r, const char *channel)
{
	const char *argv[] = {"SUBSCRIBE", channel};

	if (redisAsyncCommandArgv(redis_link_context(r->link), on_channel, NULL,
				  2, argv, NULL) != REDIS_OK)
		redis_link_doom(r->link);
}

/* "Up" means that no message is missed from here on, so whoever reads a state
 * and follows its changes reads it then. */
static void redis_setup_done(struct redis *r)
{
	if (r->n_channels == 0) {
		redis_up(r);
		return;
	}
	r->setup_left = r->n_channels;
	for (size_t i = 0; i < r->n_channels; i++)
		subscribe(r, r->channels[i]);
}

void redis_subscribe(struct redis *r, const char *channel)
{
	if (r->cluster) {
		cluster_subscribe(r->cluster, channel);
		return;
	}
	must(r->n_channels < CHANNELS_MAX);
	r->channels[r->n_channels++] = xstrdup(channel);
	if (!redis_can_send(r))
		return;
	if (r->phase == PHASE_UP) {
		subscribe(r, channel);
	} else if (r->phase == PHASE_SETUP && r->setup_left > 0 &&
		   (redis_link_context(r->link)->c.flags & REDIS_SUBSCRIBED)) {
		r->setup_left++;
		subscribe(r, channel);
	}
}

/* Setting up. */

static void setup_answer(struct redis_call *call, const redisReply *reply)
{
	struct redis *r = call->r;

	if (!reply)
		return;
	r->phase = r->phase == PHASE_CONNECTING ? PHASE_SETUP : r->phase;
	if (reply->type == REDIS_REPLY_ERROR) {
		redis_give_up_on(r, reply);
		return;
	}
	if (--r->setup_left == 0 && !redis_link_is_doomed(r->link))
		redis_setup_done(r);
}

static void script_keep(struct redis *r, size_t i, const redisReply *reply)
{
	if (reply->type == REDIS_REPLY_STRING && reply->len == SHA_SIZE - 1)
		memcpy(r->sha[i], reply->str, SHA_SIZE);
}

static void setup_script_answer(struct redis_call *call,
				const redisReply *reply)
{
	if (reply)
		script_keep(call->r, call->script, reply);
	setup_answer(call, reply);
}

/* After a failover an address may lead to one that is a replica now, and that
 * would only be noticed with the first write. */
static void setup_role_answer(struct redis_call *call, const redisReply *reply)
{
	static const char *const names[] = {
	    [ROLE_MASTER] = "master", [ROLE_SENTINEL] = "sentinel"};
	struct redis *r = call->r;
	const redisReply *role;

	if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements > 0) {
		role = reply->element[0];
		if (r->role != ROLE_ANY &&
		    !slice_eq_str(reply_bytes(redis_reply_view(role)),
				  names[r->role])) {
			snprintf(r->why, sizeof(r->why), "no %s but a %.*s",
				 names[r->role], (int)role->len, role->str);
			redis_link_end(r->link);
			return;
		}
	}
	setup_answer(call, reply);
}

static void redis_send_setup(struct redis *r)
{
	const char *password = r->password ? r->password : r->url.password;
	char db[24];

	r->setup_left =
	    2 + r->o.n_scripts + (password != NULL) + (r->url.db > 0);
	if (password && r->url.user)
		redis_call_send(
		    r, redis_call_new(r, setup_answer), 3,
		    (const char *[]){"AUTH", r->url.user, password});
	else if (password)
		redis_call_send(r, redis_call_new(r, setup_answer), 2,
				(const char *[]){"AUTH", password});
	snprintf(db, sizeof(db), "%llu", (unsigned long long)r->url.db);
	if (r->url.db > 0)
		redis_call_send(r, redis_call_new(r, setup_answer), 2,
				(const char *[]){"SELECT", db});
	redis_call_send(r, redis_call_new(r, setup_role_answer), 1,
			(const char *[]){"ROLE"});
	redis_call_scripts(r, setup_script_answer);
	/* A server that is still loading its data says so here. */
	redis_call_send(r, redis_call_new(r, setup_answer), 1,
			(const char *[]){"PING"});
}

/* Connecting. */

static void on_timer(uv_timer_t *timer);

static void redis_wait(struct redis *r)
{
	unsigned shift = r->tries < 6 ? r->tries : 6;
	uint64_t delay_ms = (uint64_t)DELAY_MIN_MS << shift;

	if (delay_ms > DELAY_MAX_MS)
		delay_ms = DELAY_MAX_MS;
	r->tries++;
	delay_ms =
	    delay_ms / 2 + (uint64_t)(rng_unit() * (double)(delay_ms / 2 + 1));
	uv_timer_start(&r->timer, on_timer, delay_ms, 0);
}

/* The link has gone; its callbacks have run. */
static void on_link_lost(void *arg)
{
	struct redis *r = arg;
	bool was_up = r->tries == 0;
	char why[200], server[SERVER_SIZE];

	r->link = NULL;
	r->phase = PHASE_DOWN;
	r->reloading = false;
	r->silent_ticks = 0;
	log_quote(why, sizeof(why), slice_of(r->why));
	log_warn("redis_down", "server=%s reason=%s", server_of(r, server),
		 why);
	redis_wait(r);
	if (was_up && r->o.on_down)
		r->o.on_down(r->o.arg);
}

static void on_link_active(void *arg)
{
	struct redis *r = arg;

	r->silent_ticks = 0;
}

static const char *why_not(struct redis *r, const redisAsyncContext *ac)
{
	const char *tls = r->tls ? redis_tls_why(r->tls) : NULL;

	if (!ac)
		return "out of memory";
	if (ac->err)
		return ac->errstr;
	return tls ? tls : ac->c.errstr;
}

static void redis_attach(struct redis *r, redisAsyncContext *ac)
{
	const struct redis_link_options options = {
	    .tcp = !r->url.path,
	    .lost_ms = UNREACHABLE_MS,
	    .on_active = on_link_active,
	    .on_lost = on_link_lost,
	    .arg = r,
	};

	char server[SERVER_SIZE];

	if (!ac || ac->err ||
	    (r->tls && !redis_tls_start(r->tls, &ac->c, r->at.name))) {
		snprintf(r->why, sizeof(r->why), "%s", why_not(r, ac));
		log_warn("redis_unreachable", "server=%s reason=\"%s\"",
			 server_of(r, server), r->why);
		if (ac)
			redisAsyncFree(ac);
		redis_wait(r);
		return;
	}
	r->phase = PHASE_CONNECTING;
	r->silent_ticks = 0;
	r->why[0] = '\0';
	r->link = redis_link_new(r->loop, &options, ac);
	redis_send_setup(r);
	/* A repeating timer fires once after the process itself was stopped, so
	 * counting its ticks does not take our own sleep for the server's. */
	uv_timer_start(&r->timer, on_timer, TICK_MS, TICK_MS);
	if (redis_link_is_doomed(r->link))
		redis_link_end(r->link);
}

static void redis_maybe_free(struct redis *r);

static void on_resolved(uv_getaddrinfo_t *request, int status,
			struct addrinfo *found)
{
	struct redis *r = request->data;
	char host[INET6_ADDRSTRLEN];

	r->resolving = false;
	if (r->closing) {
		redis_maybe_free(r);
	} else if (status != 0 ||
		   getnameinfo(found->ai_addr, found->ai_addrlen, host,
			       sizeof(host), NULL, 0, NI_NUMERICHOST) != 0) {
		log_warn("redis_unresolved", "reason=\"%s\"",
			 status ? uv_strerror(status) : "no address");
		redis_wait(r);
	} else {
		redis_attach(r, redisAsyncConnect(host, r->at.port));
	}
	uv_freeaddrinfo(found);
}

static bool is_address(const char *host)
{
	struct in6_addr a;

	return inet_pton(AF_INET, host, &a) == 1 ||
	       inet_pton(AF_INET6, host, &a) == 1;
}

/* hiredis would look a name up on the loop, so it only ever gets addresses. */
static void redis_connect_to(struct redis *r)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM};

	if (is_address(r->at.name)) {
		redis_attach(r, redisAsyncConnect(r->at.name, r->at.port));
	} else if (uv_getaddrinfo(r->loop, &r->resolve, on_resolved, r->at.name,
				  NULL, &hints) == 0) {
		r->resolving = true;
	} else {
		redis_wait(r);
	}
}

static void set_server(struct redis *r, const char *host, int port)
{
	free(r->at.name);
	r->at = (struct redis_host){xstrdup(host), port};
}

/* A master that hangs, or was cut off, does not tell that it is none any more.
 * Where none was reached, another address is worth a try at once. */
static void on_master(void *arg, const char *host, int port)
{
	struct redis *r = arg;
	bool same =
	    r->at.name && strcmp(r->at.name, host) == 0 && r->at.port == port;

	if (same && !r->wanted)
		return;
	if (r->link) {
		snprintf(r->why, sizeof(r->why), "%.100s:%d is the master now",
			 host, port);
		r->tries = r->phase == PHASE_UP ? 0 : 1;
		redis_link_end(r->link);
	} else if (!r->resolving) {
		r->wanted = false;
		uv_timer_stop(&r->timer);
		set_server(r, host, port);
		redis_connect_to(r);
	}
}

static void redis_connect(struct redis *r)
{
	if (r->url.path) {
		redis_attach(r, redisAsyncConnectUnix(r->url.path));
	} else if (r->sentinel) {
		r->wanted = true;
		redis_sentinel_hurry(r->sentinel);
	} else {
		redis_connect_to(r);
	}
}

static void ping_answer(struct redis_call *call, const redisReply *reply)
{
	(void)call;
	(void)reply;
}

/* hiredis 0.14 mixes up replies and messages on a subscribed connection, so
 * that one is watched by TCP keepalive alone. */
static void redis_ping(struct redis *r)
{
	if (r->n_channels == 0 && list_empty(&r->calls))
		redis_call_send(r, redis_call_new(r, ping_answer), 1,
				(const char *[]){"PING"});
}

static void on_tick(struct redis *r)
{
	unsigned max = redis_link_is_connected(r->link) ? SILENT_TICKS_MAX
							: CONNECT_TICKS_MAX;

	if (list_empty(&r->calls))
		r->silent_ticks = 0;
	if (r->silent_ticks++ >= max) {
		snprintf(r->why, sizeof(r->why), "no answer for %d s",
			 (int)max * (TICK_MS / 1000));
		redis_link_end(r->link);
	} else if (r->phase == PHASE_UP) {
		redis_ping(r);
		if (redis_link_is_doomed(r->link))
			redis_link_end(r->link);
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct redis *r = timer->data;

	if (r->link)
		on_tick(r);
	else if (!r->resolving)
		redis_connect(r);
}

/* Open and close. */

static void open_sentinel(struct redis *r)
{
	const struct redis_sentinel_options options = {
	    .url = &r->url,
	    .password = r->sentinel_password,
	    .tls = r->tls,
	    .on_master = on_master,
	    .arg = r,
	};

	r->sentinel = redis_sentinel_new(r->loop, &options);
}

static struct redis *open_cluster(uv_loop_t *loop,
				  const struct redis_options *options,
				  char *error, size_t error_size)
{
	struct cluster *c = cluster_open(loop, options, error, error_size);
	struct redis *r = c ? xcalloc(1, sizeof(*r)) : NULL;

	if (r)
		r->cluster = c;
	return r;
}

struct redis *redis_open(uv_loop_t *loop, const struct redis_options *options,
			 char *error, size_t error_size)
{
	const struct redis_access *access = options->access;
	struct redis_tls *tls = NULL;
	struct redis_url url;
	struct redis *r;

	if (cluster_url_is(access->url))
		return open_cluster(loop, options, error, error_size);
	if (!redis_url_parse(&url, access->url, error, error_size))
		return NULL;
	if (url.tls && !(tls = redis_tls_new(access, error, error_size))) {
		redis_url_fini(&url);
		return NULL;
	}
	r = redis_open_url(loop, options, &url, tls, ROLE_MASTER);
	redis_tls_unref(&tls);
	if (redis_given(access->password))
		r->password = xstrdup(access->password);
	if (access->sentinel_password)
		r->sentinel_password = xstrdup(access->sentinel_password);
	if (r->url.master)
		open_sentinel(r);
	return r;
}

struct redis *redis_open_url(uv_loop_t *loop,
			     const struct redis_options *options,
			     struct redis_url *url, struct redis_tls *tls,
			     enum redis_role role)
{
	struct redis *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->o = *options;
	r->o.access = NULL;
	r->role = role;
	r->tls = redis_tls_ref(tls);
	if (r->o.pending_max == 0)
		r->o.pending_max = PENDING_MAX_DEFAULT;
	r->url = *url;
	*url = (struct redis_url){0};
	if (!r->url.path && !r->url.master)
		set_server(r, r->url.hosts[0].name, r->url.hosts[0].port);
	r->sha = xcalloc(r->o.n_scripts + 1, sizeof(*r->sha));
	r->tries = 1;
	list_init(&r->calls);
	must(uv_timer_init(loop, &r->timer) == 0);
	r->timer.data = r;
	r->resolve.data = r;
	uv_timer_start(&r->timer, on_timer, 0, 0);
	return r;
}

static void redis_maybe_free(struct redis *r)
{
	if (r->resolving || r->timer.data)
		return;
	mem_wipe(&r->password);
	mem_wipe(&r->sentinel_password);
	redis_tls_unref(&r->tls);
	free(r->at.name);
	redis_url_fini(&r->url);
	for (size_t i = 0; i < r->n_channels; i++)
		free(r->channels[i]);
	free(r->sha);
	free(r);
}

static void on_timer_closed(uv_handle_t *timer)
{
	struct redis *r = container_of(timer, struct redis, timer);

	timer->data = NULL;
	redis_maybe_free(r);
}

void redis_close(struct redis **rp)
{
	struct redis *r = *rp;
	struct redis_link *l;

	if (!r)
		return;
	*rp = NULL;
	if (r->cluster) {
		cluster_close(&r->cluster);
		free(r);
		return;
	}
	r->closing = true;
	r->phase = PHASE_DOWN;
	l = r->link;
	r->link = NULL;
	redis_sentinel_free(&r->sentinel);
	redis_call_end_all(r);
	if (l)
		redis_link_leave(l);
	if (r->resolving)
		uv_cancel((uv_req_t *)&r->resolve);
	uv_close((uv_handle_t *)&r->timer, on_timer_closed);
}

bool redis_is_up(const struct redis *r)
{
	return r->cluster ? cluster_is_up(r->cluster) : r->phase == PHASE_UP;
}

bool redis_reaches(const struct redis *r, struct slice key)
{
	return r->cluster ? cluster_reaches(r->cluster, key)
			  : r->phase == PHASE_UP;
}

bool redis_is_parted(const struct redis *r)
{
	return r->cluster != NULL;
}

uint64_t redis_home(const struct redis *r, struct slice key)
{
	return r->cluster ? cluster_home(r->cluster, key) : 1;
}

size_t redis_pending(const struct redis *r)
{
	return r->cluster ? cluster_pending(r->cluster) : r->pending;
}
