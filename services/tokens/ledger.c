/*
 * ledger - grants in Redis.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns two connections: one asks, one hears of grants that others have written.
 */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/redis.h"
#include "store/keys.h"
#include "store/script.h"

enum { SCRIPT_CLAIM, SCRIPT_STORE, SCRIPT_HOLD, N_SCRIPTS };

struct ledger {
	struct ledger_options options;
	struct redis_script scripts[N_SCRIPTS];
	struct redis *ask, *hear; /* owned */
	char lock_ms[16];
};

/* One question under way. */
struct call {
	struct ledger *ledger; /* borrowed: outlives its connection's calls */
	struct ulid credential;
};

static struct call *call_new(struct ledger *l, const struct ulid *credential)
{
	struct call *call = xcalloc(1, sizeof(*call));

	call->ledger = l;
	call->credential = *credential;
	return call;
}

static struct slice lock_key(char out[KEY_SIZE], const struct ulid *credential)
{
	char id[ID_TEXT_SIZE];
	int n;

	n = snprintf(out, KEY_SIZE, "%s%s", KEY_TOK_LOCK_PREFIX,
		     ulid_format(id, "cred", credential));
	must(n > 0 && n < KEY_SIZE);
	return slice_bytes(out, (size_t)n);
}

/* ---- reading ---- */

static void tell(struct ledger *l, const struct ulid *credential,
		 uint64_t serial, struct slice frame)
{
	l->options.on_grant(l->options.arg, credential, serial, frame);
}

static void on_all(void *arg, enum err e, const struct reply *reply)
{
	struct ledger *l = arg;
	struct ulid id;

	if (e != ERR_OK)
		return; /* at the next connect */
	l->options.on_loading(l->options.arg);
	for (size_t i = 0; i + 1 < reply_count(reply); i += 2)
		if (ulid_from_slice(reply_bytes(reply_at(reply, i)), &id) ==
		    ERR_OK)
			tell(l, &id, 0, reply_bytes(reply_at(reply, i + 1)));
	l->options.on_loaded(l->options.arg);
}

static void on_up(void *arg)
{
	struct ledger *l = arg;

	if (redis_commandf(l->ask, on_all, l, "HGETALL %s", KEY_TOK_GRANT) !=
	    ERR_OK)
		log_warn("grants_not_read", "reason=busy");
}

/* What was told before it was not heard. */
static void on_hearing(void *arg)
{
	struct ledger *l = arg;

	if (redis_is_up(l->ask))
		on_up(l);
}

static void on_read(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;

	if (e == ERR_OK)
		tell(call->ledger, &call->credential, 0, reply_bytes(reply));
	free(call);
}

void ledger_read(struct ledger *l, const struct ulid *credential)
{
	struct call *call = call_new(l, credential);

	if (redis_commandf(l->ask, on_read, call, "HGET %s %b", KEY_TOK_GRANT,
			   credential->b, sizeof(credential->b)) != ERR_OK)
		free(call);
}

static void on_publish(void *arg, struct slice channel, struct slice message)
{
	struct ulid id;

	(void)channel;
	if (ulid_from_slice(message, &id) == ERR_OK)
		ledger_read(arg, &id);
}

/* ---- asking for the lock ---- */

static void on_claim(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct ledger *l = call->ledger;
	struct slice said = reply_bytes(reply_at(reply, 0));
	enum ledger_claim claim = LEDGER_AWAY;
	uint64_t busy_ms = 0, serial = 0;

	if (e == ERR_OK && slice_eq_str(said, "yours")) {
		claim = LEDGER_YOURS;
	} else if (e == ERR_OK && slice_eq_str(said, "busy")) {
		claim = LEDGER_BUSY;
		if (reply_int(reply_at(reply, 1)) > 0)
			busy_ms = (uint64_t)reply_int(reply_at(reply, 1));
	} else if (e == ERR_OK &&
		   slice_parse_u64(reply_bytes(reply_at(reply, 1)), &serial)) {
		claim = LEDGER_NEWER;
		tell(l, &call->credential, serial,
		     reply_bytes(reply_at(reply, 2)));
	}
	l->options.on_claimed(l->options.arg, &call->credential, claim,
			      busy_ms);
	free(call);
}

enum err ledger_claim(struct ledger *l, const struct ulid *credential,
		      uint64_t serial)
{
	struct call *call = call_new(l, credential);
	char lock[KEY_SIZE], number[24];
	struct slice keys[] = {SLICE_LIT(KEY_TOK_GRANT),
			       SLICE_LIT(KEY_TOK_SERIAL),
			       lock_key(lock, credential)};
	struct slice argv[4];
	enum err e;

	snprintf(number, sizeof(number), "%llu", (unsigned long long)serial);
	argv[0] = ulid_slice(credential);
	argv[1] = slice_of(l->options.who);
	argv[2] = slice_of(l->lock_ms);
	argv[3] = slice_of(number);
	e = redis_script(l->ask, SCRIPT_CLAIM, keys, 3, argv, 4, on_claim,
			 call);
	if (e != ERR_OK)
		free(call);
	return e;
}

/* ---- writing ---- */

static void on_store(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	struct ledger *l = call->ledger;

	l->options.on_stored(l->options.arg, &call->credential, e,
			     e == ERR_OK ? (uint64_t)reply_int(reply) : 0);
	free(call);
}

enum err ledger_store(struct ledger *l, const struct ulid *credential,
		      uint64_t serial, struct slice frame)
{
	struct call *call = call_new(l, credential);
	char lock[KEY_SIZE], number[24];
	struct slice keys[] = {SLICE_LIT(KEY_TOK_GRANT),
			       SLICE_LIT(KEY_TOK_SERIAL),
			       lock_key(lock, credential)};
	struct slice argv[5];
	enum err e;

	snprintf(number, sizeof(number), "%llu", (unsigned long long)serial);
	argv[0] = ulid_slice(credential);
	argv[1] = slice_of(l->options.who);
	argv[2] = slice_of(number);
	argv[3] = frame;
	argv[4] = SLICE_LIT(CHANNEL_TOK);
	e = redis_script(l->ask, SCRIPT_STORE, keys, 3, argv, 5, on_store,
			 call);
	if (e != ERR_OK)
		free(call);
	return e;
}

/* Unheard it is as good as not sent: the lock ends by itself. */
static void hold(struct ledger *l, const struct ulid *credential,
		 const char *ms)
{
	char lock[KEY_SIZE];
	struct slice key = lock_key(lock, credential);
	struct slice argv[] = {slice_of(l->options.who), slice_of(ms)};

	if (redis_script(l->ask, SCRIPT_HOLD, &key, 1, argv, 2, NULL, NULL) !=
	    ERR_OK)
		log_debug("lock_not_held", "reason=busy");
}

void ledger_hold(struct ledger *l, const struct ulid *credential)
{
	hold(l, credential, l->lock_ms);
}

void ledger_release(struct ledger *l, const struct ulid *credential)
{
	hold(l, credential, "0");
}

void ledger_forget(struct ledger *l, const struct ulid *credential)
{
	static const char *const hashes[] = {KEY_TOK_GRANT, KEY_TOK_SERIAL};

	for (size_t i = 0; i < 2; i++)
		if (redis_commandf(l->ask, NULL, NULL, "HDEL %s %b", hashes[i],
				   credential->b,
				   sizeof(credential->b)) != ERR_OK)
			log_debug("grant_not_removed", "reason=busy");
}

static void on_credential(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;

	if (e == ERR_OK && reply_int(reply) == 0)
		ledger_forget(call->ledger, &call->credential);
	free(call);
}

void ledger_forget_orphan(struct ledger *l, const struct ulid *credential)
{
	struct call *call = call_new(l, credential);
	char id[ID_TEXT_SIZE];

	if (redis_commandf(l->ask, on_credential, call, "HEXISTS %s %s",
			   KEY_CFG_CREDENTIAL,
			   ulid_format(id, "cred", credential)) != ERR_OK)
		free(call);
}

/* ---- opening ---- */

struct ledger *ledger_open(uv_loop_t *loop,
			   const struct ledger_options *options, char *error,
			   size_t error_size)
{
	struct ledger *l = xcalloc(1, sizeof(*l));
	struct redis_options o = {
	    .access = options->redis,
	    .scripts = l->scripts,
	    .n_scripts = N_SCRIPTS,
	    .on_up = on_up,
	    .arg = l,
	};

	l->options = *options;
	snprintf(l->lock_ms, sizeof(l->lock_ms), "%d", LEDGER_LOCK_MS);
	l->scripts[SCRIPT_CLAIM] =
	    (struct redis_script){"token_claim", script_token_claim};
	l->scripts[SCRIPT_STORE] =
	    (struct redis_script){"token_store", script_token_store};
	l->scripts[SCRIPT_HOLD] =
	    (struct redis_script){"token_hold", script_token_hold};
	l->ask = redis_open(loop, &o, error, error_size);
	o.scripts = NULL;
	o.n_scripts = 0;
	o.on_up = on_hearing;
	o.on_publish = on_publish;
	if (l->ask)
		l->hear = redis_open(loop, &o, error, error_size);
	if (!l->hear) {
		ledger_close(&l);
		return NULL;
	}
	redis_subscribe(l->hear, CHANNEL_TOK);
	return l;
}

void ledger_close(struct ledger **lp)
{
	struct ledger *l = *lp;

	if (!l)
		return;
	*lp = NULL;
	/* Their callbacks still use the rest. */
	if (l->hear)
		redis_close(&l->hear);
	if (l->ask)
		redis_close(&l->ask);
	free(l);
}
