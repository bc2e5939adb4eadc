/*
 * authorize - gives tasks of OAuth 2.0 webhooks their token.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "authorize.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "earlier.h"
#include "graves.h"
#include "store/credential.h"
#include "store/oauth_error.h"
#include "tokens/token_client.h"

#define TRIM_EVERY_MS 60000
/* How soon to come again when nobody answers, and when there is no credential:
 * that takes a person. */
#define UNAVAILABLE_RETRY_MS 2000
#define NO_CREDENTIAL_RETRY_MS 60000

struct authorizer {
	struct authorizer_options options;
	struct holders *holders;     /* owned */
	struct token_client *client; /* owned */
	struct graves graves;	     /* of credentials */
	uint64_t trim_ms;
};

static struct admission refused(const char *error, uint64_t retry_after_ms)
{
	return (struct admission){
	    .kind = ADMISSION_REFUSED,
	    .error = error,
	    .retry_after_ms = retry_after_ms,
	};
}

static void on_ask(void *arg, const struct msg_token_ask *ask)
{
	struct authorizer *a = arg;

	++*a->options.gauges->token_asks;
	if (token_client_ask(a->client, ask) != ERR_OK)
		log_debug("token_not_asked", "ask=%llu",
			  (unsigned long long)ask->ask);
}

static void on_answer(void *arg, const struct msg_token *m)
{
	struct authorizer *a = arg;

	(void)holders_answer(a->holders, m, wall_ms());
}

static uint64_t version_of(void *arg, const struct ulid *id)
{
	const struct authorizer *a = arg;
	const struct credential *c = config_credential(a->options.config, id);

	return c ? c->version : 0;
}

struct authorizer *authorizer_new(const struct authorizer_options *options)
{
	struct authorizer *a = xcalloc(1, sizeof(*a));
	const struct holders_options holders = {
	    .master_key = options->master_key,
	    .queue = options->queue,
	    .waiting_max = options->waiting_max,
	    .wait_ms = options->wait_ms,
	    .ask = on_ask,
	    .version_of = version_of,
	    .arg = a,
	};
	const struct token_client_options client = {
	    .loop = options->loop,
	    .curve = options->curve,
	    .on_answer = on_answer,
	    .arg = a,
	    .malformed = options->gauges->malformed,
	};

	a->options = *options;
	a->holders = holders_new(&holders);
	a->client = token_client_new(&client);
	return a;
}

void authorizer_free(struct authorizer **ap)
{
	struct authorizer *a = *ap;

	if (!a)
		return;
	token_client_free(&a->client);
	holders_free(&a->holders);
	free(a);
	*ap = NULL;
}

/* It wants no token any more: it has one, or is refused. */
static void end_wait(struct authorizer *a, struct task *t)
{
	if (!t->wanting_since_ms)
		return;
	histogram_observe_us(a->options.gauges->token_wait,
			     (now_ms() - t->wanting_since_ms) * 1000);
	t->wanting_since_ms = 0;
}

static struct admission want(struct authorizer *a, const struct ulid *id,
			     struct task *t, uint64_t wall_ms)
{
	const struct holder_time time = {now_ms(), wall_ms};
	struct admission m = holders_want(a->holders, id, t, &time);

	if (m.kind == ADMISSION_UNKNOWN && graves_has(&a->graves, id))
		m = authorizer_unknown(a, id);
	if (m.kind == ADMISSION_REFUSED)
		end_wait(a, t);
	return m;
}

struct admission authorize(struct authorizer *a, const struct webhook *w,
			   struct task *t, uint64_t wall_ms)
{
	struct bearer *b = holders_use(a->holders, &w->credential, wall_ms);

	if (!b)
		return want(a, &w->credential, t, wall_ms);
	end_wait(a, t);
	/* No other was to be had. */
	if (t->earlier && t->earlier->number == b->number)
		return refused("oauth_rejected", 0);
	t->bearer = bearer_ref(b);
	++*a->options.gauges->token_hits;
	return (struct admission){.kind = ADMISSION_GRANTED};
}

struct admission authorizer_unknown(struct authorizer *a, const struct ulid *id)
{
	if (!graves_has(&a->graves, id))
		graves_add(&a->graves, id);
	return refused("oauth_no_credential", NO_CREDENTIAL_RETRY_MS);
}

void authorizer_reject(struct authorizer *a, struct task *t)
{
	char id[ID_TEXT_SIZE];

	++*a->options.gauges->token_rejects;
	if (holders_reject(a->holders, t->bearer, wall_ms()))
		log_info("token_rejected", "credential=%s number=%llu",
			 ulid_format(id, "cred", &t->bearer->credential),
			 (unsigned long long)t->bearer->number);
	bearer_unref(&t->bearer);
}

void authorizer_look(struct authorizer *a, const struct ulid *id)
{
	if (version_of(a, id) == 0 && !graves_has(&a->graves, id))
		graves_add(&a->graves, id);
	holders_look(a->holders, id);
}

void authorizer_look_at_all(struct authorizer *a)
{
	holders_look_at_all(a->holders);
}

void authorizer_follow(struct authorizer *a, const struct registry *registry)
{
	if (token_client_follow(a->client, registry))
		holders_ask_again(a->holders, now_ms(), true);
}

void authorizer_recall(struct authorizer *a)
{
	holders_recall(a->holders);
}

struct task *authorizer_pop_expired(struct authorizer *a,
				    struct admission *told)
{
	struct task *t = holders_pop_expired(a->holders, now_ms());

	if (!t)
		return NULL;
	end_wait(a, t);
	*told = refused(OAUTH_UNAVAILABLE, UNAVAILABLE_RETRY_MS);
	return t;
}

void authorizer_tick(struct authorizer *a)
{
	uint64_t now = now_ms();

	holders_ask_again(a->holders, now, false);
	if (now >= a->trim_ms + TRIM_EVERY_MS) {
		a->trim_ms = now;
		holders_trim(a->holders, wall_ms());
	}
	*a->options.gauges->tokens = (int64_t)holders_tokens(a->holders);
	*a->options.gauges->wanting = (int64_t)holders_waiting(a->holders);
}
