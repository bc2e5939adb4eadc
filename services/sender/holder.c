/*
 * holder - tokens in memory, and who waits for one.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of one credential one question is under way at a time. It has a number: what
 * answers another one, or one that was answered, is no longer of interest. A
 * question without an answer is repeated under its number while tasks wait.
 */
#include "holder.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "store/oauth_error.h"

#define HOLDERS_MAX 4096
#define ASK_AGAIN_MS 2000
/* A tokens process says when it will try again; within these bounds. */
#define RETRY_MS_MIN 1000
#define RETRY_MS_MAX 3600000

struct question {
	bool open; /* not answered yet */
	uint64_t number, not_number, flags;
	uint64_t asked_ms; /* now_ms(); 0: nobody waits for the answer */
};

struct holder {
	struct ulid credential;
	uint64_t version;      /* of the credential */
	struct bearer *bearer; /* one reference; NULL: none */
	uint64_t rejected;     /* number of the one to be replaced; 0: none */
	uint64_t renew_ms;     /* wall: from then on ask for the next one */
	uint64_t keep_ms;      /* wall: till then a 401 is not its fault */
	uint64_t failed_ms;    /* wall: till then there is none to be had */
	char error[OAUTH_ERROR_SIZE]; /* why */
	struct question question;
	struct list waiting; /* struct task */
	struct list in_lru, in_waiting;
};

struct holders {
	struct holders_options options;
	struct table *by_credential; /* 16 bytes -> struct holder, owned */
	struct list lru;	     /* newest last */
	struct list waiting;	     /* holders that tasks wait for */
	size_t n_waiting, n_tokens;
	uint64_t last_question;
};

struct holders *holders_new(const struct holders_options *options)
{
	struct holders *hs = xcalloc(1, sizeof(*hs));

	hs->options = *options;
	hs->by_credential = table_new(HOLDERS_MAX);
	list_init(&hs->lru);
	list_init(&hs->waiting);
	return hs;
}

static void set_bearer(struct holders *hs, struct holder *h, struct bearer *b)
{
	hs->n_tokens += (b != NULL);
	hs->n_tokens -= (h->bearer != NULL);
	bearer_unref(&h->bearer);
	h->bearer = b;
}

/* Whatever it is that they find, it is decided when they are started again. */
static void recall(struct holders *hs, struct holder *h)
{
	LIST_FOREACH (node, &h->waiting)
		hs->n_waiting--;
	queue_recall(hs->options.queue, &h->waiting);
	list_remove(&h->in_waiting);
}

static void drop(struct holders *hs, struct holder *h)
{
	recall(hs, h);
	set_bearer(hs, h, NULL);
	list_remove(&h->in_lru);
	(void)table_delete(hs->by_credential, ulid_slice(&h->credential));
	free(h);
}

void holders_free(struct holders **hsp)
{
	struct holders *hs = *hsp;
	struct list *node;

	if (!hs)
		return;
	while ((node = list_first(&hs->lru)))
		drop(hs, container_of(node, struct holder, in_lru));
	table_free(&hs->by_credential);
	free(hs);
	*hsp = NULL;
}

static struct holder *find(const struct holders *hs,
			   const struct ulid *credential)
{
	return table_find(hs->by_credential, ulid_slice(credential));
}

static bool make_room(struct holders *hs)
{
	if (table_count(hs->by_credential) < HOLDERS_MAX)
		return true;
	LIST_FOREACH (node, &hs->lru) {
		struct holder *h = container_of(node, struct holder, in_lru);

		if (!list_empty(&h->waiting))
			continue;
		drop(hs, h);
		return true;
	}
	return false;
}

static struct holder *add(struct holders *hs, const struct ulid *credential,
			  uint64_t version)
{
	struct holder *h;

	if (!make_room(hs))
		return NULL;
	h = xcalloc(1, sizeof(*h));
	h->credential = *credential;
	h->version = version;
	list_init(&h->waiting);
	list_init(&h->in_waiting);
	list_push(&hs->lru, &h->in_lru);
	must(table_put(hs->by_credential, ulid_slice(&h->credential), h) ==
	     ERR_OK);
	return h;
}

/* ---- questions ---- */

static void send(struct holders *hs, const struct holder *h)
{
	const struct question *q = &h->question;
	const struct msg_token_ask ask = {
	    .ask = q->number,
	    .credential = ulid_slice(&h->credential),
	    .version = h->version,
	    .not_number = q->not_number,
	    .flags = q->flags,
	};

	hs->options.ask(hs->options.arg, &ask);
}

static void ask(struct holders *hs, struct holder *h, struct question q)
{
	q.open = true;
	q.number = ++hs->last_question;
	h->question = q;
	send(hs, h);
}

static void ask_to_renew(struct holders *hs, struct holder *h, uint64_t wall_ms)
{
	/* Not answered by then: asked again at the next use. */
	h->renew_ms = wall_ms + ASK_AGAIN_MS;
	ask(hs, h,
	    (struct question){.not_number = h->bearer->number,
			      .flags = TOKEN_RENEW});
}

/* Of an ask that nobody waits for, an answer may be long in coming. */
static void ask_for_one(struct holders *hs, struct holder *h, uint64_t now_ms)
{
	struct question *q = &h->question;

	if (!q->open || q->flags == TOKEN_RENEW) {
		ask(hs, h,
		    (struct question){
			.not_number = h->rejected,
			.flags = h->rejected ? TOKEN_REJECTED : 0,
			.asked_ms = now_ms,
		    });
	} else if (now_ms >= q->asked_ms + ASK_AGAIN_MS) {
		q->asked_ms = now_ms;
		send(hs, h);
	}
}

void holders_ask_again(struct holders *hs, uint64_t now_ms, bool all)
{
	LIST_FOREACH (node, &hs->waiting) {
		struct holder *h =
		    container_of(node, struct holder, in_waiting);

		if (!all && now_ms < h->question.asked_ms + ASK_AGAIN_MS)
			continue;
		h->question.asked_ms = now_ms;
		send(hs, h);
	}
}

/* ---- what a task may have ---- */

struct bearer *holders_use(struct holders *hs, const struct ulid *credential,
			   uint64_t wall_ms)
{
	struct holder *h = find(hs, credential);

	if (!h || !h->bearer)
		return NULL;
	if (wall_ms >= h->bearer->use_until_ms) {
		set_bearer(hs, h, NULL);
		return NULL;
	}
	if (wall_ms >= h->renew_ms)
		ask_to_renew(hs, h, wall_ms);
	list_remove(&h->in_lru);
	list_push(&hs->lru, &h->in_lru);
	return h->bearer;
}

static struct admission refused(const char *error, uint64_t retry_after_ms)
{
	return (struct admission){
	    .kind = ADMISSION_REFUSED,
	    .error = error,
	    .retry_after_ms =
		retry_after_ms > RETRY_MS_MIN ? retry_after_ms : RETRY_MS_MIN,
	};
}

static struct admission wait_for_one(struct holders *hs, struct holder *h,
				     struct task *t, uint64_t now_ms)
{
	if (hs->n_waiting >= hs->options.waiting_max ||
	    queue_lend(hs->options.queue, &h->waiting, t) != ERR_OK)
		return refused("oauth_busy", RETRY_MS_MIN);
	hs->n_waiting++;
	if (!t->wanting_since_ms)
		t->wanting_since_ms = now_ms;
	list_remove(&h->in_waiting);
	list_push(&hs->waiting, &h->in_waiting);
	ask_for_one(hs, h, now_ms);
	return (struct admission){.kind = ADMISSION_WAITS};
}

struct admission holders_want(struct holders *hs, const struct ulid *credential,
			      struct task *t, const struct holder_time *time)
{
	struct holder *h = find(hs, credential);
	uint64_t version;

	if (!h) {
		version = hs->options.version_of(hs->options.arg, credential);
		if (version == 0)
			return (struct admission){.kind = ADMISSION_UNKNOWN};
		h = add(hs, credential, version);
	}
	if (!h)
		return refused("oauth_busy", RETRY_MS_MIN);
	if (time->wall_ms < h->failed_ms)
		return refused(h->error, h->failed_ms - time->wall_ms);
	return wait_for_one(hs, h, t, time->now_ms);
}

bool holders_reject(struct holders *hs, const struct bearer *b,
		    uint64_t wall_ms)
{
	struct holder *h = find(hs, &b->credential);

	if (!h || !h->bearer || h->bearer->number != b->number ||
	    wall_ms < h->keep_ms)
		return false;
	h->rejected = b->number;
	set_bearer(hs, h, NULL);
	/* To renew it, that is: the answer may be the same one. */
	h->question.open = false;
	return true;
}

/* ---- answers ---- */

/* Not sooner than in a second, and not later than in an hour: clocks differ. */
static uint64_t retry_at(const struct msg_token *m, uint64_t wall_ms)
{
	if (m->retry_ms < wall_ms + RETRY_MS_MIN)
		return wall_ms + RETRY_MS_MIN;
	if (m->retry_ms > wall_ms + RETRY_MS_MAX)
		return wall_ms + RETRY_MS_MAX;
	return m->retry_ms;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void take_token(struct holders *hs, struct holder *h, struct bearer *b,
		       const struct msg_token *m, uint64_t wall_ms)
{
	bool same = b->number == h->question.not_number;

	h->renew_ms = b->renew_ms;
	if (same || m->error.n > 0)
		h->renew_ms = later(b->renew_ms, retry_at(m, wall_ms));
	/* There is no other, whatever a receiver thinks of it. */
	if (same && h->question.flags == TOKEN_REJECTED)
		h->keep_ms = retry_at(m, wall_ms);
	h->version = b->version;
	h->rejected = 0;
	set_bearer(hs, h, b);
}

/* It is shown to users: only a code is taken over. */
static void take_failure(struct holder *h, const struct msg_token *m,
			 uint64_t wall_ms)
{
	char id[ID_TEXT_SIZE];

	if (h->bearer && wall_ms < h->bearer->use_until_ms) {
		h->renew_ms = retry_at(m, wall_ms);
		return;
	}
	oauth_error_take(h->error, m->error);
	h->failed_ms = retry_at(m, wall_ms);
	log_warn("token_failed", "credential=%s error=%s retry_after_ms=%llu",
		 ulid_format(id, "cred", &h->credential), h->error,
		 (unsigned long long)(h->failed_ms - wall_ms));
}

/* One of an older state of the credential is as good as none. */
static struct bearer *read_token(const struct holders *hs,
				 const struct holder *h,
				 const struct msg_token *m, uint64_t wall_ms)
{
	char id[ID_TEXT_SIZE];
	struct bearer *b;

	if (m->number == 0 || m->version < h->version ||
	    wall_ms >= m->use_until_ms)
		return NULL;
	b = bearer_new(hs->options.master_key, m);
	if (!b)
		log_error("token_unreadable", "credential=%s",
			  ulid_format(id, "cred", &h->credential));
	return b;
}

bool holders_answer(struct holders *hs, const struct msg_token *m,
		    uint64_t wall_ms)
{
	struct holder *h = NULL;
	struct ulid credential;
	struct bearer *b;

	if (ulid_from_slice(m->credential, &credential) == ERR_OK)
		h = find(hs, &credential);
	if (!h || !h->question.open || m->ask != h->question.number)
		return false;
	h->question.open = false;
	b = read_token(hs, h, m, wall_ms);
	if (b)
		take_token(hs, h, b, m, wall_ms);
	else
		take_failure(h, m, wall_ms);
	recall(hs, h);
	return true;
}

/* ---- changes, and the passing of time ---- */

void holders_look(struct holders *hs, const struct ulid *credential)
{
	struct holder *h = find(hs, credential);
	uint64_t version;

	if (!h)
		return;
	version = hs->options.version_of(hs->options.arg, credential);
	if (version == 0 || version > h->version)
		drop(hs, h);
}

/* After Redis has lost a change, the version of that is given to another one: a
 * token for it would be taken for that. */
void holders_look_at_all(struct holders *hs)
{
	for (struct list *node = hs->lru.next; node != &hs->lru;) {
		struct holder *h = container_of(node, struct holder, in_lru);

		node = node->next;
		if (hs->options.version_of(hs->options.arg, &h->credential) !=
		    h->version)
			drop(hs, h);
	}
}

void holders_recall(struct holders *hs)
{
	struct list *node;

	while ((node = list_first(&hs->waiting)))
		recall(hs, container_of(node, struct holder, in_waiting));
}

static struct task *expired(const struct holder *h, uint64_t by_ms)
{
	LIST_FOREACH (node, &h->waiting) {
		struct task *t = container_of(node, struct task, node);

		if (t->wanting_since_ms <= by_ms)
			return t;
	}
	return NULL;
}

struct task *holders_pop_expired(struct holders *hs, uint64_t now_ms)
{
	uint64_t wait_ms = hs->options.wait_ms;

	if (now_ms < wait_ms)
		return NULL;
	LIST_FOREACH (node, &hs->waiting) {
		struct holder *h =
		    container_of(node, struct holder, in_waiting);
		struct task *t = expired(h, now_ms - wait_ms);

		if (!t)
			continue;
		queue_take_lent(hs->options.queue, t);
		hs->n_waiting--;
		if (list_empty(&h->waiting))
			list_remove(&h->in_waiting);
		return t;
	}
	return NULL;
}

static bool is_useful(const struct holder *h, uint64_t wall_ms)
{
	return !list_empty(&h->waiting) || wall_ms < h->failed_ms ||
	       (h->bearer && wall_ms < h->bearer->use_until_ms);
}

void holders_trim(struct holders *hs, uint64_t wall_ms)
{
	for (struct list *node = hs->lru.next; node != &hs->lru;) {
		struct holder *h = container_of(node, struct holder, in_lru);

		node = node->next;
		if (!is_useful(h, wall_ms))
			drop(hs, h);
	}
}

size_t holders_tokens(const struct holders *hs)
{
	return hs->n_tokens;
}

size_t holders_waiting(const struct holders *hs)
{
	return hs->n_waiting;
}
