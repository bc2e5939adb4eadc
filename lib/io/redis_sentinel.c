/*
 * redis_sentinel - where the master is, as Redis Sentinels say.
 * SPDX-License-Identifier: Apache-2.0
 *
 * It asks instead of listening to "+switch-master": an answer that does not
 * come shows that this sentinel is away, a message that does not come shows
 * nothing.
 */
#include "io/redis_sentinel.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "io/redis_private.h"

#define TICK_MS 100
/* Without hurry every so many ticks. */
#define TICKS_A_LOOK 5
/* A sentinel that says nothing for so long is left for the next one. */
#define PATIENCE_MS 700
/* And one that cannot be reached, for so long. */
#define CONNECT_MS 400

struct redis_sentinel {
	struct redis_sentinel_options o;
	uv_loop_t *loop;
	uv_timer_t *timer;   /* owned; freed by its close callback */
	struct redis *redis; /* owned; to the sentinel that is asked */
	size_t at;	     /* its place in the list */
	uint64_t since_ms;   /* opened, or asked, and no answer yet; 0: none */
	unsigned ticks;
	bool hurry;
};

static void ask(struct redis_sentinel *s);

static void on_up(void *arg)
{
	ask(arg);
}

/* A sentinel's certificate is for its own name, and its password is another
 * one than Redis'. */
static void open_next(struct redis_sentinel *s)
{
	const struct redis_host *host = &s->o.url->hosts[s->at];
	const struct redis_options options = {.on_up = on_up, .arg = s};
	struct redis_url url = {
	    .hosts = {{xstrdup(host->name), host->port}},
	    .n_hosts = 1,
	    .tls = s->o.url->tls,
	};

	if (redis_given(s->o.password))
		url.password = xstrdup(s->o.password);
	s->since_ms = now_ms();
	s->redis =
	    redis_open_url(s->loop, &options, &url, s->o.tls, ROLE_SENTINEL);
}

static void go_on(struct redis_sentinel *s)
{
	redis_close(&s->redis);
	s->at = (s->at + 1) % s->o.url->n_hosts;
	open_next(s);
}

static bool take_answer(struct redis_sentinel *s, const struct reply *reply)
{
	char host[256];
	uint64_t port;

	if (reply_count(reply) != 2 ||
	    !slice_cstr(host, sizeof(host), reply_bytes(reply_at(reply, 0))) ||
	    !slice_parse_u64(reply_bytes(reply_at(reply, 1)), &port) ||
	    port == 0 || port > 65535)
		return false;
	s->o.on_master(s->o.arg, host, (int)port);
	return true;
}

static void on_answer(void *arg, enum err e, const struct reply *reply)
{
	struct redis_sentinel *s = arg;
	struct slice why = SLICE_LIT("knows no such master");
	char name[128], text[160];

	if (!s->redis || e == ERR_CLOSED)
		return;
	if (e == ERR_OK && take_answer(s, reply)) {
		s->since_ms = 0;
		return;
	}
	/* The next one is asked when the patience ends. */
	if (e != ERR_OK)
		why = reply_bytes(reply);
	log_warn("sentinel_refused", "server=\"%s:%d\" master=%s reason=%s",
		 s->o.url->hosts[s->at].name, s->o.url->hosts[s->at].port,
		 log_quote(name, sizeof(name), slice_of(s->o.url->master)),
		 log_quote(text, sizeof(text), why));
}

static void ask(struct redis_sentinel *s)
{
	struct slice argv[] = {SLICE_LIT("SENTINEL"),
			       SLICE_LIT("get-master-addr-by-name"),
			       slice_of(s->o.url->master)};

	if (redis_pending(s->redis) == 0 &&
	    redis_command(s->redis, argv, 3, on_answer, s) == ERR_OK &&
	    s->since_ms == 0)
		s->since_ms = now_ms();
}

static void on_timer(uv_timer_t *timer)
{
	struct redis_sentinel *s = timer->data;
	bool up = redis_is_up(s->redis);

	if (!up && s->since_ms == 0)
		s->since_ms = now_ms();
	if (s->since_ms &&
	    now_ms() - s->since_ms > (up ? PATIENCE_MS : CONNECT_MS))
		go_on(s);
	else if (up && (s->hurry || ++s->ticks % TICKS_A_LOOK == 0))
		ask(s);
}

void redis_sentinel_hurry(struct redis_sentinel *s)
{
	s->hurry = true;
	if (redis_is_up(s->redis))
		ask(s);
}

void redis_sentinel_rest(struct redis_sentinel *s)
{
	s->hurry = false;
}

struct redis_sentinel *
redis_sentinel_new(uv_loop_t *loop,
		   const struct redis_sentinel_options *options)
{
	struct redis_sentinel *s = xcalloc(1, sizeof(*s));

	s->o = *options;
	s->loop = loop;
	/* Not all of them begin with the same. */
	s->at = (size_t)(rng_u64() % options->url->n_hosts);
	s->timer = xcalloc(1, sizeof(*s->timer));
	must(uv_timer_init(loop, s->timer) == 0);
	s->timer->data = s;
	must(uv_timer_start(s->timer, on_timer, TICK_MS, TICK_MS) == 0);
	open_next(s);
	return s;
}

static void on_timer_closed(uv_handle_t *timer)
{
	free(timer);
}

void redis_sentinel_free(struct redis_sentinel **sp)
{
	struct redis_sentinel *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	redis_close(&s->redis);
	uv_close((uv_handle_t *)s->timer, on_timer_closed);
	free(s);
}
