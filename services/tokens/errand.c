/*
 * errand - to the token server and back: the question, what came of it, and
 * telling Redis.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "desk_private.h"
#include "grant_answer.h"
#include "report.h"
#include "schedule.h"
#include "store/credential.h"
#include "store/oauth_error.h"
#include "store/seal.h"

/* Whoever tests a credential again and again is not to be a burden to its
 * server. */
#define TEST_EVERY_MS 1000

/* What is to be told of a request, and kept of it. */
struct errand {
	struct grant_answer answer;
	unsigned status;
	uint64_t total_us, retry_after_ms;
};

static void fault_set(struct errand *o, const char *error, const char *detail)
{
	(void)slice_cstr(o->answer.error, sizeof(o->answer.error),
			 slice_of(error));
	(void)slice_cstr(o->answer.detail, sizeof(o->answer.detail),
			 slice_of(detail));
}

/* Those who asked for a test have what they wanted, unless they know of a newer
 * credential than the one that was tried. */
static void answer_tests(struct desk *d, struct grant *g,
			 const struct errand *o)
{
	struct answer answer = {
	    .version = g->record.version,
	    .error = o->answer.error,
	    .good = o->answer.ok,
	};
	const struct report report = {
	    .answer = &o->answer,
	    .status = o->status,
	    .total_us = o->total_us,
	    .expires_ms = g->record.expires_ms,
	};
	struct buf text;
	struct list *next;

	g->tests_after_ms = now_ms() + TEST_EVERY_MS;
	buf_init(&text, REPORT_BYTES_MAX);
	report_write(&text, &report);
	must(!buf_full(&text));
	answer.report = buf_slice(&text);
	for (struct list *node = g->asks.next; node != &g->asks; node = next) {
		struct ask *a = container_of(node, struct ask, node);

		next = node->next;
		answer.ask = a->m.ask;
		if ((a->m.flags & TOKEN_TEST) && a->m.version <= answer.version)
			desk_answer(d, g, a, &answer);
	}
	buf_fini(&text);
}

void errand_store(struct desk *d, struct grant *g)
{
	struct buf frame;

	buf_init(&frame, FRAME_BYTES_MAX);
	grant_encode(&g->record, &frame);
	must(!buf_full(&frame));
	/* 0: to be tried again by the tick. */
	g->again_ms = 0;
	if (ledger_store(d->tools.ledger, &g->credential, g->serial,
			 buf_slice(&frame)) != ERR_OK)
		g->again_ms = now_ms() + AGAIN_MS;
	buf_fini(&frame);
}

static bool seal_token(const struct desk *d, const struct grant *g,
		       const char *token, struct buf *out)
{
	char context[SEAL_CONTEXT_SIZE], id[ID_TEXT_SIZE];
	enum err e;

	ulid_format(id, "cred", &g->credential);
	e = seal(d->options.master_key,
		 seal_context(context, slice_of(id), "token", slice_of(NULL)),
		 slice_of(token), out);
	return e == ERR_OK;
}

static uint64_t lifetime_of(const struct desk *d, const struct errand *o)
{
	return o->answer.lifetime_s ? o->answer.lifetime_s
				    : d->options.default_lifetime_s;
}

/* A token that is of no use is none: it would be fetched again and again, and
 * nobody would be told why. */
static void check_token(const struct desk *d, const struct grant *g,
			struct errand *o, struct buf *sealed)
{
	uint64_t expires_ms = g->began_ms + lifetime_of(d, o) * 1000;
	const char *detail = NULL;

	if (wall_ms() >= schedule_use_until_ms(g->began_ms, expires_ms))
		detail = "the access_token had expired when it came";
	else if (!seal_token(d, g, o->answer.token, sealed))
		detail = "it cannot be sealed";
	if (!detail)
		return;
	o->answer.ok = false;
	fault_set(o, "oauth_bad_answer", detail);
}

static void keep_token(struct desk *d, struct grant *g, const struct errand *o,
		       struct slice sealed)
{
	const struct grant_token token = {
	    .sealed = sealed,
	    .fetched_ms = g->began_ms,
	    .lifetime_s = lifetime_of(d, o),
	};
	char id[ID_TEXT_SIZE];

	grant_succeed(&g->record, g->using->version, &token, rng_unit(),
		      wall_ms());
	++*d->options.gauges->fetched;
	log_info("token_fetched", "id=%s lifetime_s=%llu total_us=%llu",
		 ulid_format(id, "cred", &g->credential),
		 (unsigned long long)token.lifetime_s,
		 (unsigned long long)o->total_us);
}

static void keep_failure(struct desk *d, struct grant *g,
			 const struct errand *o)
{
	const struct grant_failure failure = {
	    .error = o->answer.error,
	    .detail = o->answer.detail,
	    .status = o->status,
	    .retry_after_ms = o->retry_after_ms,
	    .temporary = grant_error_is_temporary(o->answer.error),
	};
	uint64_t wall = wall_ms();
	char id[ID_TEXT_SIZE];

	grant_fail(&g->record, g->using->version, &failure, rng_unit(), wall);
	++*d->options.gauges->failed;
	log_warn("token_failed", "id=%s error=%s status=%u retry_in_ms=%llu",
		 ulid_format(id, "cred", &g->credential), failure.error,
		 o->status, (unsigned long long)(g->record.retry_ms - wall));
}

/* The request is over. */
static void conclude(struct desk *d, struct grant *g, struct errand *o)
{
	const struct credential *c = desk_credential(d, g);
	struct buf sealed;

	buf_init(&sealed, TOKEN_SEALED_BYTES_MAX);
	if (!c || c->version != g->using->version) {
		/* It was for what the credential is no more. */
		++*d->options.gauges->lost;
		ledger_release(d->tools.ledger, &g->credential);
		desk_set_state(d, g, GRANT_IDLE);
	} else {
		g->record.refused_ms = g->refused_ms;
		if (o->answer.ok)
			check_token(d, g, o, &sealed);
		if (o->answer.ok)
			keep_token(d, g, o, buf_slice(&sealed));
		else
			keep_failure(d, g, o);
		desk_set_state(d, g, GRANT_STORING);
		errand_store(d, g);
		answer_tests(d, g, o);
	}
	buf_fini(&sealed);
	credential_unref(&g->using);
	grant_answer_fini(&o->answer);
	desk_consider(d, g);
}

void desk_on_fetched(void *arg, const struct ulid *credential,
		     const struct fetch_result *result)
{
	struct desk *d = arg;
	struct grant *g = grants_find(d->grants, credential);
	struct errand o = {
	    .status = result->status,
	    .total_us = result->total_us,
	    .retry_after_ms = result->retry_after_ms,
	};

	must(g && g->state == GRANT_FETCHING);
	histogram_observe_us(d->options.gauges->fetch, result->total_us);
	if (result->fault != FAULT_NONE)
		fault_set(&o, OAUTH_UNAVAILABLE, fault_text(result->fault));
	else if (result->cut && result->status / 100 == 2)
		fault_set(&o, "oauth_bad_answer", "the answer is too large");
	else
		grant_answer_parse(result->status, result->content_type,
				   result->body, &o.answer);
	grant_answer_scrub(&o.answer, g->using);
	conclude(d, g, &o);
}

/* A token that receivers have refused is fetched anew, but not for ever. */
static uint64_t note_refusal(const struct grant *g)
{
	uint64_t refused_ms = g->record.refused_ms;

	LIST_FOREACH (node, &g->asks) {
		const struct ask *a = container_of(node, struct ask, node);

		if ((a->m.flags & TOKEN_REJECTED) &&
		    a->m.not_number == g->record.number) {
			(void)schedule_refusal(&refused_ms, wall_ms());
			break;
		}
	}
	return refused_ms;
}

void errand_fetch(struct desk *d, struct grant *g, struct credential *c)
{
	struct question question;
	const char *fault = NULL;
	struct errand o = {0};

	g->using = credential_ref(c);
	g->began_ms = wall_ms();
	g->held_ms = now_ms() + LEDGER_HOLD_MS;
	g->refused_ms = note_refusal(g);
	desk_set_state(d, g, GRANT_FETCHING);
	if (question_make(c, g->began_ms, &question, &fault) == ERR_OK) {
		fetch_start(d->tools.fetches, &g->credential, c->token_url,
			    &question);
		return;
	}
	fault_set(&o, "oauth_credential_invalid", fault);
	conclude(d, g, &o);
}

void desk_on_stored(void *arg, const struct ulid *credential, enum err e,
		    uint64_t serial)
{
	struct desk *d = arg;
	struct grant *g = grants_find(d->grants, credential);

	must(g && g->state == GRANT_STORING);
	if (e != ERR_OK) {
		g->again_ms = now_ms() + AGAIN_MS;
		return; /* unknown: the tick tries again */
	}
	if (serial == 0) {
		++*d->options.gauges->lost;
		ledger_read(d->tools.ledger, credential);
	}
	g->serial = serial;
	desk_set_state(d, g, GRANT_IDLE);
	desk_consider(d, g);
}
