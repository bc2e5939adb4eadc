/*
 * desk_test - asks, the lock, token servers and Redis, in every order. What the
 * desk works with is played here.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "desk.h"
#include "grant.h"
#include "store/credential.h"
#include "tokens/token_client.h"

#define ASKER SLICE_LIT("asker")
#define TOKEN "{\"access_token\":\"t0ps3cret\",\"expires_in\":3600}"
#define RUNNING_MAX 2

struct config {
	struct credential credential; /* whatever the id */
	bool loaded, gone;
	unsigned refreshed;
};

struct ledger {
	unsigned claims, stores, reads, released, forgotten, orphans;
	uint64_t serial; /* of the last claim or store */
	enum err says;
};

struct fetches {
	size_t running;
	unsigned started;
};

struct world {
	struct desk *desk;
	struct config config;
	struct ledger ledger;
	struct fetches fetches;
	struct metrics *metrics;
	struct gauges gauges;
	struct ulid id;
	unsigned answers;
	struct msg_token last; /* its slices are gone, but for their lengths */
	char error[OAUTH_ERROR_BYTES_MAX + 1];
};

/* ---- what is played ---- */

struct credential *config_credential(const struct config *c,
				     const struct ulid *id)
{
	(void)id;
	return c->gone ? NULL : (struct credential *)&c->credential;
}

bool config_loaded(const struct config *c)
{
	return c->loaded;
}

void config_refresh(struct config *c)
{
	c->refreshed++;
}

const struct process_info *registry_next(const struct registry *r, size_t *pos)
{
	(void)r;
	(void)pos;
	return NULL;
}

uint64_t token_claim(const char *instance, const struct ulid *id)
{
	(void)instance;
	(void)id;
	return 0;
}

enum err ledger_claim(struct ledger *l, const struct ulid *id, uint64_t serial)
{
	(void)id;
	l->claims++;
	l->serial = serial;
	return l->says;
}

enum err ledger_store(struct ledger *l, const struct ulid *id, uint64_t serial,
		      struct slice frame)
{
	struct grant_record r = {0};

	(void)id;
	assert_int_equal(grant_decode(frame, &r), ERR_OK);
	grant_record_fini(&r);
	l->stores++;
	l->serial = serial;
	return l->says;
}

void ledger_read(struct ledger *l, const struct ulid *id)
{
	(void)id;
	l->reads++;
}

void ledger_hold(struct ledger *l, const struct ulid *id)
{
	(void)l;
	(void)id;
}

void ledger_release(struct ledger *l, const struct ulid *id)
{
	(void)id;
	l->released++;
}

void ledger_forget(struct ledger *l, const struct ulid *id)
{
	(void)id;
	l->forgotten++;
}

void ledger_forget_orphan(struct ledger *l, const struct ulid *id)
{
	(void)id;
	l->orphans++;
}

void fetch_start(struct fetches *f, const struct ulid *id, const char *url,
		 struct question *question)
{
	(void)id;
	(void)url;
	f->started++;
	f->running++;
	question_fini(question);
}

size_t fetches_running(const struct fetches *f)
{
	return f->running;
}

static void on_send(void *arg, struct slice identity, struct slice frame)
{
	struct world *w = arg;
	struct msg_head head;

	assert_true(slice_eq(identity, ASKER));
	assert_int_equal(msg_decode_head(&frame, &head, 1), ERR_OK);
	assert_int_equal(head.type, MSG_token);
	assert_int_equal(msg_decode_token(&frame, &w->last), ERR_OK);
	assert_true(slice_cstr(w->error, sizeof(w->error), w->last.error));
	w->answers++;
}

/* ---- the world ---- */

static int setup(void **state)
{
	static const uint8_t key[32] = {9};
	struct world *w = xcalloc(1, sizeof(*w));
	const struct desk_options options = {
	    .gauges = &w->gauges,
	    .master_key = key,
	    .instance = "tokens-1",
	    .running_max = RUNNING_MAX,
	    .default_lifetime_s = 3600,
	    .idle_ms = 3600000,
	    .send = on_send,
	    .arg = w,
	};
	const struct desk_tools tools = {&w->config, NULL, &w->ledger,
					 &w->fetches};

	w->metrics = metrics_new();
	gauges_init(&w->gauges, w->metrics);
	w->config.loaded = true;
	w->config.credential = (struct credential){
	    .refs = 1,
	    .version = 1,
	    .token_url = "https://as.example/token",
	    .client_id = "client",
	    .client_secret = "secret",
	};
	w->desk = desk_new(&options);
	desk_equip(w->desk, &tools);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	desk_free(&w->desk);
	assert_int_equal(w->config.credential.refs, 1);
	metrics_free(&w->metrics);
	free(w);
	return 0;
}

static void ask(struct world *w, struct msg_token_ask m)
{
	m.credential = ulid_slice(&w->id);
	desk_ask(w->desk, ASKER, &m);
}

static void claimed(struct world *w, enum ledger_claim said)
{
	desk_on_claimed(w->desk, &w->id, said, 0);
}

static void fetched(struct world *w, unsigned status, const char *body)
{
	const struct fetch_result result = {
	    .status = status,
	    .content_type = SLICE_LIT("application/json"),
	    .body = slice_of(body),
	};

	w->fetches.running--;
	desk_on_fetched(w->desk, &w->id, &result);
}

static void stored(struct world *w, enum err e, uint64_t serial)
{
	desk_on_stored(w->desk, &w->id, e, serial);
}

/* A token is held, and Redis has it with this serial. */
static void hold(struct world *w, uint64_t serial)
{
	ask(w, (struct msg_token_ask){.ask = 1});
	claimed(w, LEDGER_YOURS);
	fetched(w, 200, TOKEN);
	stored(w, ERR_OK, serial);
	assert_true(desk_is_idle(w->desk));
	assert_int_equal(w->answers, 1);
	w->answers = 0;
}

/* ---- the usual ---- */

static void one_request_serves_all(void **state)
{
	struct world *w = *state;

	ask(w, (struct msg_token_ask){.ask = 1});
	ask(w, (struct msg_token_ask){.ask = 2, .flags = TOKEN_TEST});
	ask(w, (struct msg_token_ask){.ask = 3, .flags = TOKEN_TEST});
	assert_int_equal(w->ledger.claims, 1);
	claimed(w, LEDGER_YOURS);
	assert_int_equal(w->fetches.started, 1);
	assert_int_equal(w->answers, 0);
	fetched(w, 200, TOKEN);
	assert_int_equal(w->answers, 3);
	assert_true(w->last.number > 0 && w->last.sealed.n > 0);
	assert_string_equal(w->error, "");
	assert_int_equal(w->ledger.stores, 1);
	assert_false(desk_is_idle(w->desk));
	/* Also before Redis has it. */
	ask(w, (struct msg_token_ask){.ask = 4});
	assert_int_equal(w->answers, 4);
	assert_int_equal(w->last.ask, 4);
	assert_int_equal(*w->gauges.hits, 1);
	stored(w, ERR_OK, 5);
	assert_true(desk_is_idle(w->desk));
	assert_int_equal(w->ledger.claims, 1);
}

static void a_failure_is_told_at_once(void **state)
{
	struct world *w = *state;

	ask(w, (struct msg_token_ask){.ask = 1});
	claimed(w, LEDGER_YOURS);
	fetched(w, 401, "{\"error\":\"invalid_client\"}");
	assert_int_equal(w->answers, 1);
	assert_string_equal(w->error, "oauth_invalid_client");
	assert_true(w->last.retry_ms > wall_ms());
	assert_int_equal(w->last.number, 0);
	stored(w, ERR_OK, 1);
	ask(w, (struct msg_token_ask){.ask = 2});
	assert_int_equal(w->answers, 2);
	assert_int_equal(w->ledger.claims, 1);
}

static void bad_asks(void **state)
{
	struct world *w = *state;
	char identity[65] = "";
	const struct msg_token_ask good = {.credential = ulid_slice(&w->id)};
	const struct msg_token_ask bad = {.credential = SLICE_LIT("short")};

	desk_ask(w->desk, slice_bytes(identity, sizeof(identity)), &good);
	desk_ask(w->desk, ASKER, &bad);
	assert_int_equal(*w->gauges.malformed, 2);
	assert_int_equal(desk_held(w->desk), 0);
	assert_int_equal(w->ledger.claims, 0);
}

/* ---- the lock and Redis ---- */

static void another_has_the_lock(void **state)
{
	struct world *w = *state;

	ask(w, (struct msg_token_ask){.ask = 1});
	claimed(w, LEDGER_BUSY);
	/* Not at once, however short the lock is said to last. */
	assert_int_equal(w->ledger.claims, 1);
	while (w->ledger.claims == 1)
		desk_tick(w->desk);
	claimed(w, LEDGER_AWAY);
	assert_int_equal(w->ledger.claims, 2);
	while (w->ledger.claims == 2)
		desk_tick(w->desk);
	claimed(w, LEDGER_YOURS);
	assert_int_equal(w->fetches.started, 1);
	fetched(w, 200, TOKEN);
	assert_int_equal(w->answers, 1);
}

static void another_was_faster(void **state)
{
	struct world *w = *state;
	struct grant_record r = {0};
	const struct grant_token token = {SLICE_LIT("sealed"), wall_ms(), 60};
	struct buf frame;

	buf_init(&frame, 4096);
	grant_succeed(&r, 1, &token, 0.5, wall_ms());
	grant_encode(&r, &frame);
	grant_record_fini(&r);
	ask(w, (struct msg_token_ask){.ask = 1});
	desk_on_grant(w->desk, &w->id, 8, buf_slice(&frame));
	claimed(w, LEDGER_NEWER);
	buf_fini(&frame);
	assert_int_equal(w->answers, 1);
	assert_int_equal(w->last.sealed.n, 6);
	assert_int_equal(w->fetches.started, 0);
	assert_true(desk_is_idle(w->desk));
}

/* Then Redis knows of no serial, where the desk knows of one. */
static void redis_has_lost_all(void **state)
{
	struct world *w = *state;

	hold(w, 5);
	ask(w, (struct msg_token_ask){.flags = TOKEN_TEST});
	while (w->ledger.claims == 1)
		desk_tick(w->desk);
	assert_int_equal(w->ledger.serial, 5);
	desk_on_grant(w->desk, &w->id, 0, slice_of(NULL));
	claimed(w, LEDGER_NEWER);
	while (w->ledger.claims == 2)
		desk_tick(w->desk);
	assert_int_equal(w->ledger.serial, 0);
	claimed(w, LEDGER_YOURS);
	fetched(w, 200, TOKEN);
	assert_int_equal(w->answers, 1);
}

static void damaged_in_redis(void **state)
{
	struct world *w = *state;

	ask(w, (struct msg_token_ask){.ask = 1});
	desk_on_grant(w->desk, &w->id, 7, SLICE_LIT("\xdd\x07\xff\xff\xff"));
	claimed(w, LEDGER_NEWER);
	assert_int_equal(w->ledger.claims, 2);
	assert_int_equal(w->ledger.serial, 7);
	claimed(w, LEDGER_YOURS);
	fetched(w, 200, TOKEN);
	assert_int_equal(w->answers, 1);
}

static void storing_is_tried_again(void **state)
{
	struct world *w = *state;

	ask(w, (struct msg_token_ask){.ask = 1});
	claimed(w, LEDGER_YOURS);
	w->ledger.says = ERR_AGAIN;
	fetched(w, 200, TOKEN);
	w->ledger.says = ERR_OK;
	while (w->ledger.stores < 2)
		desk_tick(w->desk);
	desk_tick(w->desk);
	assert_int_equal(w->ledger.stores, 2);
	stored(w, ERR_AGAIN, 0);
	while (w->ledger.stores < 3)
		desk_tick(w->desk);
	/* It had been stored, so what Redis has is looked at. */
	stored(w, ERR_OK, 0);
	assert_int_equal(w->ledger.reads, 1);
	assert_true(desk_is_idle(w->desk));
}

/* ---- limits, changes and ends ---- */

/* Those that ask for the lock will need a place, too. */
static void no_more_than_may_run(void **state)
{
	struct world *w = *state;

	for (uint8_t i = 0; i < RUNNING_MAX + 2; i++) {
		w->id.b[15] = i;
		ask(w, (struct msg_token_ask){.ask = i});
	}
	assert_int_equal(w->ledger.claims, RUNNING_MAX);
	w->id.b[15] = 0;
	claimed(w, LEDGER_YOURS);
	desk_tick(w->desk);
	assert_int_equal(w->ledger.claims, RUNNING_MAX);
	fetched(w, 200, TOKEN);
	stored(w, ERR_OK, 1);
	desk_tick(w->desk);
	assert_int_equal(w->ledger.claims, RUNNING_MAX + 1);
}

static void the_credential_changes(void **state)
{
	struct world *w = *state;

	ask(w, (struct msg_token_ask){.ask = 1});
	claimed(w, LEDGER_YOURS);
	ask(w, (struct msg_token_ask){
		   .ask = 2, .version = 3, .flags = TOKEN_TEST});
	assert_int_equal(w->config.refreshed, 1);
	fetched(w, 200, TOKEN);
	assert_int_equal(w->answers, 1);
	assert_int_equal(w->last.ask, 1);
	stored(w, ERR_OK, 1);
	w->config.credential.version = 3;
	while (w->ledger.claims == 1)
		desk_tick(w->desk);
	claimed(w, LEDGER_YOURS);
	fetched(w, 200, TOKEN);
	assert_int_equal(w->answers, 2);
	assert_int_equal(w->last.ask, 2);
	assert_int_equal(w->last.version, 3);
}

static void look(struct world *w)
{
	char id[ID_TEXT_SIZE];

	desk_look(w->desk, slice_of(ulid_format(id, "cred", &w->id)));
}

static void the_credential_goes(void **state)
{
	struct world *w = *state;

	ask(w, (struct msg_token_ask){.ask = 1});
	claimed(w, LEDGER_YOURS);
	w->config.gone = true;
	look(w);
	assert_int_equal(w->answers, 1);
	assert_string_equal(w->error, "oauth_no_credential");
	assert_int_equal(w->ledger.forgotten, 1);
	assert_int_equal(desk_held(w->desk), 1);
	fetched(w, 200, TOKEN);
	assert_int_equal(w->ledger.released, 1);
	assert_int_equal(w->ledger.stores, 0);
	assert_int_equal(desk_held(w->desk), 0);
	assert_true(desk_is_idle(w->desk));
	/* A grant of nobody's is not kept. */
	desk_on_grant(w->desk, &w->id, 1, slice_of(NULL));
	assert_int_equal(desk_held(w->desk), 0);
	assert_int_equal(w->ledger.orphans, 0);
	/* Redis is asked before one is thrown away. */
	desk_on_grant(w->desk, &w->id, 1, SLICE_LIT("a grant"));
	assert_int_equal(w->ledger.orphans, 1);
	assert_int_equal(w->ledger.forgotten, 1);
}

static void it_goes_while_the_lock_is_asked_for(void **state)
{
	struct world *w = *state;

	ask(w, (struct msg_token_ask){.ask = 1});
	w->config.gone = true;
	look(w);
	assert_int_equal(w->answers, 1);
	claimed(w, LEDGER_YOURS);
	assert_int_equal(w->ledger.released, 1);
	assert_int_equal(w->fetches.started, 0);
	assert_int_equal(desk_held(w->desk), 0);
}

/* It would be asked for again and again. */
static void expired_when_it_comes(void **state)
{
	struct world *w = *state;
	uint64_t until;

	ask(w, (struct msg_token_ask){.ask = 1});
	claimed(w, LEDGER_YOURS);
	until = wall_ms() + 1000;
	while (wall_ms() < until)
		desk_tick(w->desk);
	fetched(w, 200, "{\"access_token\":\"t\",\"expires_in\":1}");
	stored(w, ERR_OK, 1);
	assert_int_equal(w->answers, 1);
	assert_string_equal(w->error, "oauth_bad_answer");
	assert_int_equal(w->ledger.claims, 1);
}

static void draining(void **state)
{
	struct world *w = *state;

	ask(w, (struct msg_token_ask){.ask = 1});
	desk_drain(w->desk);
	assert_false(desk_is_idle(w->desk));
	claimed(w, LEDGER_YOURS);
	assert_int_equal(w->ledger.released, 1);
	assert_int_equal(w->fetches.started, 0);
	ask(w, (struct msg_token_ask){.ask = 2});
	desk_tick(w->desk);
	assert_int_equal(w->ledger.claims, 1);
	assert_true(desk_is_idle(w->desk));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_request_serves_all),
	    TEST(a_failure_is_told_at_once),
	    TEST(bad_asks),
	    TEST(another_has_the_lock),
	    TEST(another_was_faster),
	    TEST(redis_has_lost_all),
	    TEST(damaged_in_redis),
	    TEST(storing_is_tried_again),
	    TEST(no_more_than_may_run),
	    TEST(the_credential_changes),
	    TEST(the_credential_goes),
	    TEST(it_goes_while_the_lock_is_asked_for),
	    TEST(expired_when_it_comes),
	    TEST(draining),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
