/*
 * redis - one asynchronous Redis connection. With redis_link the one home of
 * redis*.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A struct redis lives from open to close and owns at most one link at a time.
 */
#include "io/redis.h"

#include <arpa/inet.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "io/redis_link.h"
#include "io/redis_reply.h"
#include "io/redis_url.h"

#define PENDING_MAX_DEFAULT 65536
#define CHANNELS_MAX 64
#define DELAY_MIN_MS 50
#define DELAY_MAX_MS 2000
#define TICK_MS 5000
/* A server that is stopped or swapping for half a minute is waited for: a new
 * connection would not be answered sooner. */
#define SILENT_TICKS_MAX 9
#define CONNECT_TICKS_MAX 2
#define SHA_SIZE 41

/* One command that hiredis knows of; freed when hiredis calls back. */
struct call {
	struct list node; /* in redis.calls, until answered */
	struct redis *r;  /* borrowed; NULL once answered */
	void (*on_reply)(struct call *call, const redisReply *reply);
	redis_reply_fn *fn;
	void *arg;
	size_t script; /* of a SCRIPT LOAD */
};

enum phase { PHASE_DOWN, PHASE_CONNECTING, PHASE_SETUP, PHASE_UP };

struct redis {
	uv_loop_t *loop;
	struct redis_options o;
	struct redis_url url;
	enum phase phase;
	struct redis_link *link; /* owned; NULL while there is none */
	uv_timer_t timer;	 /* waits to reconnect, or watches the link */
	uv_getaddrinfo_t resolve;
	bool resolving;
	bool closing;
	bool reloading; /* scripts are on their way again after a NOSCRIPT */
	unsigned tries; /* failed connects in a row */
	unsigned silent_ticks;
	size_t setup_left;
	struct list calls;
	size_t pending; /* calls of the users */
	char (*sha)[SHA_SIZE];
	char *channels[CHANNELS_MAX];
	size_t n_channels;
	char why[160]; /* why the last link was lost */
};

static const struct reply *view(const redisReply *r)
{
	return (const struct reply *)(const void *)r;
}

static void redis_send_scripts(struct redis *r);
static void redis_setup_done(struct redis *r);

/* Calls. */

static void call_on_reply(redisAsyncContext *ac, void *reply, void *data)
{
	struct call *call = data;
	struct redis *r = call->r;

	if (r) {
		if (!reply && r->phase != PHASE_DOWN) {
			/* From here on new commands are refused. */
			r->phase = PHASE_DOWN;
			if (!r->why[0])
				snprintf(r->why, sizeof(r->why), "%s",
					 ac->errstr ? ac->errstr : "");
		}
		list_remove(&call->node);
		call->on_reply(call, reply);
	}
	free(call);
}

static struct call *
call_new(struct redis *r, void (*on_reply)(struct call *, const redisReply *))
{
	struct call *call = xcalloc(1, sizeof(*call));

	call->r = r;
	call->on_reply = on_reply;
	list_push(&r->calls, &call->node);
	return call;
}

static void call_abandon(struct call *call)
{
	list_remove(&call->node);
	free(call);
}

/* Sends to a link that may have been doomed from inside a callback. */
static bool can_send(const struct redis *r)
{
	return r->link && redis_link_is_usable(r->link);
}

static void redis_give_up_on(struct redis *r, const redisReply *reply)
{
	snprintf(r->why, sizeof(r->why), "%.*s", (int)reply->len, reply->str);
	redis_link_end(r->link);
}

/* Another connection may lead to the new master, or finds out when this server
 * is able again. */
static void call_again(struct redis *r, const redisReply *reply)
{
	if (reply_is_noscript(view(reply)))
		redis_send_scripts(r);
	else if (can_send(r))
		redis_give_up_on(r, reply);
}

static void call_answer(struct call *call, const redisReply *reply)
{
	enum err e = reply_err(view(reply));

	call->r->pending--;
	if (e == ERR_AGAIN)
		call_again(call->r, reply);
	if (call->fn)
		call->fn(call->arg, e, view(reply));
}

static void setup_answer(struct call *call, const redisReply *reply)
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

static void setup_script_answer(struct call *call, const redisReply *reply)
{
	if (reply)
		script_keep(call->r, call->script, reply);
	setup_answer(call, reply);
}

static void reload_answer(struct call *call, const redisReply *reply)
{
	struct redis *r = call->r;

	if (reply && call->script + 1 == r->o.n_scripts)
		r->reloading = false;
}

static void ping_answer(struct call *call, const redisReply *reply)
{
	(void)call;
	(void)reply;
}

/* A command of our own. */
static void send_own(struct redis *r, struct call *call, int argc,
		     const char **argv)
{
	if (redisAsyncCommandArgv(redis_link_context(r->link), call_on_reply,
				  call, argc, argv, NULL) == REDIS_OK)
		return;
	call_abandon(call);
	redis_link_doom(r->link);
}

static void redis_send_scripts(struct redis *r)
{
	if (r->reloading || !can_send(r))
		return;
	log_warn("redis_scripts_gone", "count=%zu", r->o.n_scripts);
	r->reloading = true;
	for (size_t i = 0; i < r->o.n_scripts; i++) {
		struct call *call = call_new(r, reload_answer);

		call->script = i;
		send_own(
		    r, call, 3,
		    (const char *[]){"SCRIPT", "LOAD", r->o.scripts[i].source});
	}
}

static void redis_send_setup(struct redis *r)
{
	const char *password = r->o.password ? r->o.password : r->url.password;
	char db[24];

	r->setup_left =
	    1 + r->o.n_scripts + (password != NULL) + (r->url.db > 0);
	if (password && r->url.user)
		send_own(r, call_new(r, setup_answer), 3,
			 (const char *[]){"AUTH", r->url.user, password});
	else if (password)
		send_own(r, call_new(r, setup_answer), 2,
			 (const char *[]){"AUTH", password});
	snprintf(db, sizeof(db), "%llu", (unsigned long long)r->url.db);
	if (r->url.db > 0)
		send_own(r, call_new(r, setup_answer), 2,
			 (const char *[]){"SELECT", db});
	for (size_t i = 0; i < r->o.n_scripts; i++) {
		struct call *call = call_new(r, setup_script_answer);

		call->script = i;
		send_own(
		    r, call, 3,
		    (const char *[]){"SCRIPT", "LOAD", r->o.scripts[i].source});
	}
	/* A server that is still loading its data says so here. */
	send_own(r, call_new(r, setup_answer), 1, (const char *[]){"PING"});
}

/* Subscriptions. */

static void redis_up(struct redis *r)
{
	r->phase = PHASE_UP;
	r->tries = 0;
	log_info("redis_up", "scripts=%zu", r->o.n_scripts);
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
	if (reply_begins(view(reply->element[0]), "message")) {
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
	must(r->n_channels < CHANNELS_MAX);
	r->channels[r->n_channels++] = xstrdup(channel);
	if (!can_send(r))
		return;
	if (r->phase == PHASE_UP) {
		subscribe(r, channel);
	} else if (r->phase == PHASE_SETUP && r->setup_left > 0 &&
		   (redis_link_context(r->link)->c.flags & REDIS_SUBSCRIBED)) {
		r->setup_left++;
		subscribe(r, channel);
	}
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
	char why[200];

	r->link = NULL;
	r->phase = PHASE_DOWN;
	r->reloading = false;
	r->silent_ticks = 0;
	log_quote(why, sizeof(why), slice_of(r->why));
	log_warn("redis_down", "reason=%s", why);
	redis_wait(r);
	if (was_up && r->o.on_down)
		r->o.on_down(r->o.arg);
}

static void on_link_active(void *arg)
{
	struct redis *r = arg;

	r->silent_ticks = 0;
}

static void redis_attach(struct redis *r, redisAsyncContext *ac)
{
	const struct redis_link_options options = {
	    .tcp = !r->url.path,
	    .lost_ms = SILENT_TICKS_MAX * TICK_MS,
	    .on_active = on_link_active,
	    .on_lost = on_link_lost,
	    .arg = r,
	};

	if (!ac || ac->err) {
		snprintf(r->why, sizeof(r->why), "%s",
			 ac && ac->errstr ? ac->errstr : "out of memory");
		log_warn("redis_unreachable", "reason=\"%s\"", r->why);
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
		redis_attach(r, redisAsyncConnect(host, r->url.port));
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
static void redis_connect(struct redis *r)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM};

	if (r->url.path) {
		redis_attach(r, redisAsyncConnectUnix(r->url.path));
	} else if (is_address(r->url.host)) {
		redis_attach(r, redisAsyncConnect(r->url.host, r->url.port));
	} else if (uv_getaddrinfo(r->loop, &r->resolve, on_resolved,
				  r->url.host, NULL, &hints) == 0) {
		r->resolving = true;
	} else {
		redis_wait(r);
	}
}

/* hiredis 0.14 mixes up replies and messages on a subscribed connection, so
 * that one is watched by TCP keepalive alone. */
static void redis_ping(struct redis *r)
{
	if (r->n_channels == 0 && list_empty(&r->calls))
		send_own(r, call_new(r, ping_answer), 1,
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

struct redis *redis_open(uv_loop_t *loop, const struct redis_options *options,
			 char *error, size_t error_size)
{
	struct redis_url url;
	struct redis *r;

	if (!redis_url_parse(&url, options->url, error, error_size))
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->loop = loop;
	r->o = *options;
	r->o.url = NULL;
	r->o.password = options->password ? xstrdup(options->password) : NULL;
	if (r->o.pending_max == 0)
		r->o.pending_max = PENDING_MAX_DEFAULT;
	r->url = url;
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
	char *password = (char *)(uintptr_t)r->o.password;

	if (r->resolving || r->timer.data)
		return;
	if (password)
		explicit_bzero(password, strlen(password));
	free(password);
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

/* hiredis may be on the stack and call back later; the calls are answered here
 * and those later callbacks find nothing to do. */
static void redis_answer_all(struct redis *r)
{
	struct list *node;

	while ((node = list_pop(&r->calls))) {
		struct call *call = container_of(node, struct call, node);

		call->on_reply(call, NULL);
		call->r = NULL;
	}
}

void redis_close(struct redis **rp)
{
	struct redis *r = *rp;
	struct redis_link *l;

	if (!r)
		return;
	*rp = NULL;
	r->closing = true;
	r->phase = PHASE_DOWN;
	l = r->link;
	r->link = NULL;
	redis_answer_all(r);
	if (l)
		redis_link_leave(l);
	if (r->resolving)
		uv_cancel((uv_req_t *)&r->resolve);
	uv_close((uv_handle_t *)&r->timer, on_timer_closed);
}

bool redis_is_up(const struct redis *r)
{
	return r->phase == PHASE_UP;
}

size_t redis_pending(const struct redis *r)
{
	return r->pending;
}

/* Commands. */

static enum err user_call(struct redis *r, redis_reply_fn *fn, void *arg,
			  struct call **call)
{
	if (r->phase != PHASE_UP || !can_send(r))
		return ERR_CLOSED;
	if (r->pending >= r->o.pending_max)
		return ERR_FULL;
	*call = call_new(r, call_answer);
	(*call)->fn = fn;
	(*call)->arg = arg;
	r->pending++;
	return ERR_OK;
}

static enum err user_sent(struct redis *r, struct call *call, int rc)
{
	if (rc == REDIS_OK)
		return ERR_OK;
	r->pending--;
	call_abandon(call);
	return ERR_CLOSED;
}

enum err redis_command(struct redis *r, const struct slice *argv, size_t argc,
		       redis_reply_fn *fn, void *arg)
{
	const char *few[16];
	size_t few_bytes[16];
	bool many = argc > 16;
	const char **p = many ? xcalloc(argc, sizeof(*p)) : few;
	size_t *n = many ? xcalloc(argc, sizeof(*n)) : few_bytes;
	struct call *call;
	enum err e;

	must(argc > 0);
	e = user_call(r, fn, arg, &call);
	for (size_t i = 0; i < argc && e == ERR_OK; i++) {
		p[i] = argv[i].n ? argv[i].p : "";
		n[i] = argv[i].n;
	}
	if (e == ERR_OK)
		e = user_sent(r, call,
			      redisAsyncCommandArgv(redis_link_context(r->link),
						    call_on_reply, call,
						    (int)argc, p, n));
	if (many) {
		free(p);
		free(n);
	}
	return e;
}

enum err redis_commandf(struct redis *r, redis_reply_fn *fn, void *arg,
			const char *fmt, ...)
{
	struct call *call;
	va_list ap;
	enum err e = user_call(r, fn, arg, &call);

	if (e != ERR_OK)
		return e;
	va_start(ap, fmt);
	e = user_sent(r, call,
		      redisvAsyncCommand(redis_link_context(r->link),
					 call_on_reply, call, fmt, ap));
	va_end(ap);
	return e;
}

enum err redis_script(struct redis *r, size_t i, const struct slice *keys,
		      size_t n_keys, const struct slice *argv, size_t argc,
		      redis_reply_fn *fn, void *arg)
{
	struct slice few[32];
	size_t n = 3 + n_keys + argc;
	struct slice *all = n > 32 ? xcalloc(n, sizeof(*all)) : few;
	char count[24];
	enum err e;

	must(i < r->o.n_scripts);
	snprintf(count, sizeof(count), "%zu", n_keys);
	all[0] = SLICE_LIT("EVALSHA");
	all[1] = slice_of(r->sha[i]);
	all[2] = slice_of(count);
	if (n_keys > 0)
		memcpy(all + 3, keys, n_keys * sizeof(*all));
	if (argc > 0)
		memcpy(all + 3 + n_keys, argv, argc * sizeof(*all));
	e = redis_command(r, all, n, fn, arg);
	if (all != few)
		free(all);
	return e;
}
