/*
 * grant - what is known of one credential.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "grant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "schedule.h"
#include "store/credential.h"

struct grants {
	struct table *by_id; /* credential, 16 bytes -> struct grant, owned */
};

/* ---- deciding ---- */

static uint64_t use_until_ms(const struct grant_record *r)
{
	return schedule_use_until_ms(r->fetched_ms, r->expires_ms);
}

bool grant_is_good(const struct grant_record *r, uint64_t version,
		   uint64_t wall)
{
	return r->sealed && r->version == version && wall < use_until_ms(r);
}

/* Whoever's clock is ahead would ask for the next one again and again. */
static bool is_early(const struct grant_record *r, uint64_t wall)
{
	uint64_t early = (r->expires_ms - r->fetched_ms) / 10;

	return wall + early < r->renew_ms;
}

/* A failure of the future is of before the clock was set back. */
static bool is_failing(const struct grant_record *r, uint64_t version,
		       uint64_t wall)
{
	return r->version == version && r->failures > 0 && wall < r->retry_ms &&
	       r->failed_ms <= wall + CLOCKS_APART_MS_MAX;
}

enum grant_say grant_say(const struct grant_record *r, uint64_t version,
			 const struct msg_token_ask *ask, uint64_t wall)
{
	bool good = grant_is_good(r, version, wall);
	bool same = good && r->number == ask->not_number;
	uint64_t refused_ms = r->refused_ms;

	if (ask->flags & TOKEN_TEST)
		return GRANT_NEEDED;
	if (good && !same)
		return GRANT_HAS;
	if (same && (ask->flags & TOKEN_RENEW) && is_early(r, wall))
		return GRANT_HAS;
	if (is_failing(r, version, wall))
		return GRANT_FAILING;
	if (same && (ask->flags & TOKEN_REJECTED) &&
	    !schedule_refusal(&refused_ms, wall))
		return GRANT_LIMITED;
	return GRANT_NEEDED;
}

bool grant_is_due(const struct grant *g, uint64_t version, uint64_t idle_ms,
		  uint64_t wall)
{
	const struct grant_record *r = &g->record;
	uint64_t used_ms =
	    g->asked_ms > r->fetched_ms ? g->asked_ms : r->fetched_ms;

	return r->sealed && r->version == version && wall >= r->renew_ms &&
	       wall < used_ms + idle_ms && !is_failing(r, version, wall);
}

/* ---- what came of a request ---- */

static void forget_token(struct grant_record *r)
{
	free(r->sealed);
	r->sealed = NULL;
}

static void set_text(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text);
}

void grant_succeed(struct grant_record *r, uint64_t version,
		   const struct grant_token *token, double chance,
		   uint64_t wall)
{
	forget_token(r);
	r->sealed = slice_dup(token->sealed);
	r->version = version;
	/* Also when all that Redis had was lost it is another number. */
	r->number = r->number < wall ? wall : r->number + 1;
	r->fetched_ms = token->fetched_ms;
	r->expires_ms = token->fetched_ms + token->lifetime_s * 1000;
	r->renew_ms =
	    schedule_renew_ms(token->fetched_ms, token->lifetime_s, chance);
	/* What failed before says nothing of how it stands now. */
	r->failures = r->failed_ms = r->retry_ms = 0;
	r->error[0] = r->detail[0] = '\0';
	r->status = 200;
}

/* What is held is good for as long as it would have been. */
void grant_fail(struct grant_record *r, uint64_t version,
		const struct grant_failure *failure, double chance,
		uint64_t wall)
{
	if (r->version != version) {
		forget_token(r);
		r->failures = 0;
	}
	r->version = version;
	r->failures++;
	r->failed_ms = wall;
	r->retry_ms =
	    wall + schedule_backoff_ms(r->failures, failure->temporary,
				       failure->retry_after_ms, chance);
	r->status = failure->status;
	set_text(r->error, sizeof(r->error), failure->error);
	set_text(r->detail, sizeof(r->detail), failure->detail);
}

/* ---- records ---- */

void grant_encode(const struct grant_record *r, struct buf *frame)
{
	size_t at = msg_frame_start(frame, MSG_grant, 0, 0);
	const struct msg_grant m = {
	    .version = r->version,
	    .number = r->number,
	    .fetched_ms = r->fetched_ms,
	    .expires_ms = r->expires_ms,
	    .renew_ms = r->renew_ms,
	    .sealed = slice_of(r->sealed),
	    .failures = r->failures,
	    .failed_ms = r->failed_ms,
	    .retry_ms = r->retry_ms,
	    .status = r->status,
	    .error = slice_of(r->error),
	    .detail = slice_of(r->detail),
	    .refused_ms = r->refused_ms,
	};

	msg_encode_grant(frame, &m);
	msg_frame_finish(frame, at, 1);
}

enum err grant_decode(struct slice frame, struct grant_record *r)
{
	struct msg_head head;
	struct msg_grant m;

	if (msg_decode_head(&frame, &head, 1) != ERR_OK ||
	    head.type != MSG_grant || head.count != 1 ||
	    msg_decode_grant(&frame, &m) != ERR_OK ||
	    m.expires_ms < m.fetched_ms)
		return ERR_MALFORMED;
	forget_token(r);
	*r = (struct grant_record){
	    .version = m.version,
	    .number = m.number,
	    .fetched_ms = m.fetched_ms,
	    .expires_ms = m.expires_ms,
	    .renew_ms = m.renew_ms,
	    .sealed = m.sealed.n > 0 ? slice_dup(m.sealed) : NULL,
	    .failures = m.failures,
	    .failed_ms = m.failed_ms,
	    .retry_ms = m.retry_ms,
	    .status = m.status,
	    .refused_ms = m.refused_ms,
	};
	(void)slice_cstr(r->error, sizeof(r->error), m.error);
	(void)slice_cstr(r->detail, sizeof(r->detail), m.detail);
	return ERR_OK;
}

bool grant_same(const struct grant_record *a, const struct grant_record *b)
{
	return a->version == b->version && a->number == b->number &&
	       a->failures == b->failures && a->failed_ms == b->failed_ms &&
	       a->refused_ms == b->refused_ms && !a->sealed == !b->sealed;
}

void grant_record_fini(struct grant_record *r)
{
	forget_token(r);
}

/* ---- all of them ---- */

struct grants *grants_new(size_t grants_max)
{
	struct grants *g = xcalloc(1, sizeof(*g));

	g->by_id = table_new(grants_max);
	return g;
}

static void grant_free(struct grant *g)
{
	must(list_empty(&g->asks));
	grant_record_fini(&g->record);
	credential_unref(&g->using);
	free(g);
}

void grants_free(struct grants **gp)
{
	struct grants *g = *gp;
	struct grant *grant;
	size_t pos = 0;

	if (!g)
		return;
	while ((grant = grants_next(g, &pos)))
		grant_free(grant);
	table_free(&g->by_id);
	free(g);
	*gp = NULL;
}

struct grant *grants_find(const struct grants *g, const struct ulid *id)
{
	return table_find(g->by_id, ulid_slice(id));
}

struct grant *grants_get(struct grants *g, const struct ulid *id)
{
	struct grant *grant = grants_find(g, id);

	if (grant)
		return grant;
	grant = xcalloc(1, sizeof(*grant));
	grant->credential = *id;
	list_init(&grant->asks);
	if (table_put(g->by_id, ulid_slice(id), grant) == ERR_OK)
		return grant;
	grant_free(grant);
	return NULL;
}

void grants_drop(struct grants *g, struct grant *grant)
{
	(void)table_delete(g->by_id, ulid_slice(&grant->credential));
	grant_free(grant);
}

struct grant *grants_next(const struct grants *g, size_t *pos)
{
	void *value;

	return table_next(g->by_id, pos, NULL, &value) ? value : NULL;
}

size_t grants_count(const struct grants *g)
{
	return table_count(g->by_id);
}
