/*
 * redis_call - commands over a connection, each answered exactly once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <hiredis/async.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/cluster.h"
#include "io/redis_private.h"
#include "io/redis_reply.h"

static void note_why(struct redis *r, const redisAsyncContext *ac)
{
	const char *tls = r->tls ? redis_tls_why(r->tls) : NULL;

	if (!r->why[0])
		snprintf(r->why, sizeof(r->why), "%s",
			 tls	      ? tls
			 : ac->errstr ? ac->errstr
				      : "");
}

static void call_on_reply(redisAsyncContext *ac, void *reply, void *data)
{
	struct redis_call *call = data;
	struct redis *r = call->r;

	if (r) {
		if (!reply && r->phase != PHASE_DOWN) {
			/* From here on new commands are refused. */
			r->phase = PHASE_DOWN;
			note_why(r, ac);
		}
		list_remove(&call->node);
		call->on_reply(call, reply);
	}
	free(call);
}

struct redis_call *redis_call_new(struct redis *r, redis_answer_fn *on_reply)
{
	struct redis_call *call = xcalloc(1, sizeof(*call));

	call->r = r;
	call->on_reply = on_reply;
	list_push(&r->calls, &call->node);
	return call;
}

static void call_abandon(struct redis_call *call)
{
	list_remove(&call->node);
	free(call);
}

bool redis_can_send(const struct redis *r)
{
	return r->link && redis_link_is_usable(r->link);
}

void redis_give_up_on(struct redis *r, const redisReply *reply)
{
	snprintf(r->why, sizeof(r->why), "%.*s", (int)reply->len, reply->str);
	redis_link_end(r->link);
}

/* hiredis may be on the stack and call back later; the calls are answered here
 * and those later callbacks find nothing to do. */
void redis_call_end_all(struct redis *r)
{
	struct list *node;

	while ((node = list_pop(&r->calls))) {
		struct redis_call *call =
		    container_of(node, struct redis_call, node);

		call->on_reply(call, NULL);
		call->r = NULL;
	}
}

void redis_call_send(struct redis *r, struct redis_call *call, int argc,
		     const char **argv)
{
	if (redisAsyncCommandArgv(redis_link_context(r->link), call_on_reply,
				  call, argc, argv, NULL) == REDIS_OK)
		return;
	call_abandon(call);
	redis_link_doom(r->link);
}

void redis_call_scripts(struct redis *r, redis_answer_fn *on_reply)
{
	for (size_t i = 0; i < r->o.n_scripts; i++) {
		struct redis_call *call = redis_call_new(r, on_reply);

		call->script = i;
		redis_call_send(
		    r, call, 3,
		    (const char *[]){"SCRIPT", "LOAD", r->o.scripts[i].source});
	}
}

/* --- what users ask ---------------------------------------------------- */

static void reload_answer(struct redis_call *call, const redisReply *reply)
{
	struct redis *r = call->r;

	if (reply && call->script + 1 == r->o.n_scripts)
		r->reloading = false;
}

static void load_scripts_again(struct redis *r)
{
	if (r->reloading || !redis_can_send(r))
		return;
	log_warn("redis_scripts_gone", "count=%zu", r->o.n_scripts);
	r->reloading = true;
	redis_call_scripts(r, reload_answer);
}

/* Another connection may lead to the new master, or finds out when this server
 * is able again. */
static void call_again(struct redis *r, const redisReply *reply)
{
	if (reply_is_noscript(redis_reply_view(reply)))
		load_scripts_again(r);
	else if (redis_can_send(r))
		redis_give_up_on(r, reply);
}

static void call_answer(struct redis_call *call, const redisReply *reply)
{
	enum err e = reply_err(redis_reply_view(reply));

	call->r->pending--;
	if (e == ERR_AGAIN)
		call_again(call->r, reply);
	if (call->fn)
		call->fn(call->arg, e, redis_reply_view(reply));
}

static enum err user_call(struct redis *r, redis_reply_fn *fn, void *arg,
			  struct redis_call **call)
{
	if (r->phase != PHASE_UP || !redis_can_send(r))
		return ERR_CLOSED;
	if (r->pending >= r->o.pending_max)
		return ERR_FULL;
	*call = redis_call_new(r, call_answer);
	(*call)->fn = fn;
	(*call)->arg = arg;
	r->pending++;
	return ERR_OK;
}

static enum err user_sent(struct redis *r, struct redis_call *call, int rc)
{
	if (rc == REDIS_OK)
		return ERR_OK;
	r->pending--;
	call_abandon(call);
	return ERR_CLOSED;
}

#define ARGUMENTS_FEW 16

/* A command's arguments as hiredis wants them. */
struct arguments {
	const char *few[ARGUMENTS_FEW], **p;
	size_t few_bytes[ARGUMENTS_FEW], *n;
};

static void arguments_init(struct arguments *a, const struct slice *argv,
			   size_t argc)
{
	bool many = argc > ARGUMENTS_FEW;

	must(argc > 0);
	a->p = many ? xcalloc(argc, sizeof(*a->p)) : a->few;
	a->n = many ? xcalloc(argc, sizeof(*a->n)) : a->few_bytes;
	for (size_t i = 0; i < argc; i++) {
		a->p[i] = argv[i].n ? argv[i].p : "";
		a->n[i] = argv[i].n;
	}
}

static void arguments_fini(struct arguments *a)
{
	if (a->p == a->few)
		return;
	free(a->p);
	free(a->n);
}

struct redis_wire redis_wire_of(const struct slice *argv, size_t argc)
{
	struct redis_wire w = {NULL, 0};
	struct arguments a;
	long long n;

	arguments_init(&a, argv, argc);
	n = redisFormatCommandArgv(&w.p, (int)argc, a.p, a.n);
	must(n > 0); /* there is no memory */
	w.n = (size_t)n;
	arguments_fini(&a);
	return w;
}

void redis_wire_free(struct redis_wire *w)
{
	redisFreeCommand(w->p);
	*w = (struct redis_wire){NULL, 0};
}

enum err redis_command(struct redis *r, const struct slice *argv, size_t argc,
		       redis_reply_fn *fn, void *arg)
{
	struct redis_call *call;
	struct arguments a;
	enum err e;

	if (r->cluster)
		return cluster_command(r->cluster, redis_wire_of(argv, argc),
				       fn, arg);
	e = user_call(r, fn, arg, &call);
	if (e != ERR_OK)
		return e;
	arguments_init(&a, argv, argc);
	e = user_sent(r, call,
		      redisAsyncCommandArgv(redis_link_context(r->link),
					    call_on_reply, call, (int)argc, a.p,
					    a.n));
	arguments_fini(&a);
	return e;
}

enum err redis_formatted(struct redis *r, struct slice command,
			 redis_reply_fn *fn, void *arg)
{
	struct redis_call *call;
	enum err e = user_call(r, fn, arg, &call);

	if (e != ERR_OK)
		return e;
	return user_sent(r, call,
			 redisAsyncFormattedCommand(redis_link_context(r->link),
						    call_on_reply, call,
						    command.p, command.n));
}

static enum err cluster_commandf(struct cluster *c, redis_reply_fn *fn,
				 void *arg, const char *fmt, va_list ap)
{
	struct redis_wire w;
	int n = redisvFormatCommand(&w.p, fmt, ap);

	must(n > 0); /* the format is wrong, or there is no memory */
	w.n = (size_t)n;
	return cluster_command(c, w, fn, arg);
}

enum err redis_command_near(struct redis *r, struct slice key,
			    const struct slice *argv, size_t argc,
			    redis_reply_fn *fn, void *arg)
{
	if (r->cluster)
		return cluster_command_near(r->cluster, key,
					    redis_wire_of(argv, argc), fn, arg);
	return redis_command(r, argv, argc, fn, arg);
}

enum err redis_commandf(struct redis *r, redis_reply_fn *fn, void *arg,
			const char *fmt, ...)
{
	struct redis_call *call;
	va_list ap;
	enum err e;

	if (r->cluster) {
		va_start(ap, fmt);
		e = cluster_commandf(r->cluster, fn, arg, fmt, ap);
		va_end(ap);
		return e;
	}
	e = user_call(r, fn, arg, &call);
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
	struct slice *all;
	char count[24];
	enum err e;

	if (r->cluster)
		return cluster_script(r->cluster, i, keys, n_keys, argv, argc,
				      fn, arg);
	must(i < r->o.n_scripts);
	all = n > 32 ? xcalloc(n, sizeof(*all)) : few;
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
