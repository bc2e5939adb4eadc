/*
 * config - loads the configuration and keeps up with its changes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns two connections: one asks, one hears the change channel. A change whose
 * number is the next one is fetched alone; any gap, seen in a message or in the
 * counter, makes a full load. Replies come in the order of the questions, so
 * what a later change has put is never overwritten by an earlier answer.
 */
#include "store/config.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "io/redis.h"
#include "store/config_kind.h"
#include "store/config_names.h"
#include "store/config_value.h"
#include "store/keys.h"

#define LOOK_EVERY_MS 500
#define CHANGE_BYTES_MAX 256

struct config {
	struct config_options options;
	struct redis *ask, *hear; /* owned */
	uv_timer_t *timer;	  /* owned; freed by its close callback */
	struct table *tables[CONFIG_KINDS]; /* own their values */
	struct config_names *names; /* of the webhooks in their table; NULL:
				     * nobody asks */
	struct table *disabled; /* only during a load: webhook id → reason */
	uint64_t version;	/* what the tables hold or have asked for */
	uint64_t held;		/* what they hold */
	size_t fetching;
	uint64_t loading_version;
	bool loaded;
	bool loading;
	bool failed; /* a reply of the load under way was missing */
};

/* One change under way. */
struct fetch {
	struct config *config;
	enum config_kind kind;
	uint64_t version;
	char id[ID_TEXT_SIZE + PROJECT_ID_MAX];
	char *document;	  /* owned; NULL: it is gone */
	char *reason;	  /* owned; a webhook's, NULL when none */
	unsigned pending; /* answers still to come */
	bool failed;
};

static void forget(struct config *c, enum config_kind kind, void *value)
{
	if (kind == CONFIG_WEBHOOK && c->names)
		config_names_remove(c->names, value);
	config_value_free(kind, value);
}

static void free_table(struct config *c, enum config_kind kind)
{
	struct table **t = &c->tables[kind];
	size_t pos = 0;
	void *value;

	if (!*t)
		return;
	while (table_next(*t, &pos, NULL, &value))
		forget(c, kind, value);
	table_free(t);
}

static void free_disabled(struct config *c)
{
	size_t pos = 0;
	void *value;

	if (!c->disabled)
		return;
	while (table_next(c->disabled, &pos, NULL, &value))
		free(value);
	table_free(&c->disabled);
}

static bool table_key(enum config_kind kind, struct slice id,
		      struct ulid *storage, struct slice *key)
{
	*key = id;
	if (!config_kinds[kind].by_bytes)
		return true;
	*key = ulid_slice(storage);
	return ulid_parse(id, config_kinds[kind].prefix, storage) == ERR_OK;
}

static void table_set(struct config *c, enum config_kind kind, struct slice id,
		      void *value)
{
	struct table *t = c->tables[kind];
	struct ulid storage;
	struct slice key;
	char quoted[128];

	if (!table_key(kind, id, &storage, &key)) {
		config_value_free(kind, value);
		return;
	}
	forget(c, kind, table_delete(t, key));
	if (!value)
		return;
	if (table_put(t, key, value) == ERR_OK) {
		if (kind == CONFIG_WEBHOOK && c->names)
			config_names_add(c->names, value);
		return;
	}
	log_error("config_full", "id=%s",
		  log_quote(quoted, sizeof(quoted), id));
	config_value_free(kind, value);
}

/* --- a full load ------------------------------------------------------- */

static void on_disabled(void *arg, enum err e, const struct reply *reply)
{
	struct config *c = arg;

	c->failed |= e != ERR_OK;
	free_disabled(c);
	c->disabled = table_new(CONFIG_WEBHOOKS_MAX);
	for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
		struct slice id = reply_bytes(reply_at(reply, i));
		char *reason = slice_dup(reply_bytes(reply_at(reply, i + 1)));

		if (table_find(c->disabled, id) ||
		    table_put(c->disabled, id, reason) != ERR_OK)
			free(reason);
	}
}

static void load_kind(struct config *c, enum config_kind kind, enum err e,
		      const struct reply *reply)
{
	if (e != ERR_OK) {
		c->failed = true;
		return;
	}
	free_table(c, kind);
	c->tables[kind] = table_new(config_kinds[kind].max);
	for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
		struct slice id = reply_bytes(reply_at(reply, i));
		const char *reason = kind == CONFIG_WEBHOOK && c->disabled
					 ? table_find(c->disabled, id)
					 : NULL;
		void *value = config_value_parse(
		    &c->options, kind, id, reply_bytes(reply_at(reply, i + 1)),
		    slice_of(reason));

		if (value)
			table_set(c, kind, id, value);
	}
}

static void on_projects(void *arg, enum err e, const struct reply *reply)
{
	load_kind(arg, CONFIG_PROJECT, e, reply);
}

static void on_webhooks(void *arg, enum err e, const struct reply *reply)
{
	load_kind(arg, CONFIG_WEBHOOK, e, reply);
}

static void on_keys(void *arg, enum err e, const struct reply *reply)
{
	load_kind(arg, CONFIG_KEY, e, reply);
}

static void on_credentials(void *arg, enum err e, const struct reply *reply)
{
	load_kind(arg, CONFIG_CREDENTIAL, e, reply);
}

/* The last question of a load: its answer ends it. */
static void on_load_end(void *arg, enum err e, const struct reply *reply)
{
	struct config *c = arg;
	uint64_t there = 0;
	char text[128];

	free_disabled(c);
	c->loading = false;
	if (e != ERR_OK || c->failed)
		return; /* the next look tries again */
	if (!slice_parse_u64(reply_bytes(reply), &there) ||
	    there != c->options.partitions) {
		snprintf(text, sizeof(text),
			 "the installation has %llu partitions, not %llu",
			 (unsigned long long)there,
			 (unsigned long long)c->options.partitions);
		if (c->options.on_mismatch)
			c->options.on_mismatch(c->options.arg, text);
		return;
	}
	c->version = c->held = c->loading_version;
	c->loaded = true;
	log_debug("config_loaded", "version=%llu",
		  (unsigned long long)c->version);
	if (c->options.on_loaded)
		c->options.on_loaded(c->options.arg);
}

static void on_load_version(void *arg, enum err e, const struct reply *reply)
{
	struct config *c = arg;

	c->loading_version = 0;
	if (e != ERR_OK)
		c->failed = true;
	else if (reply_kind(reply) != REPLY_NIL &&
		 !slice_parse_u64(reply_bytes(reply), &c->loading_version))
		c->failed = true;
}

static bool load_table(struct config *c, enum config_kind kind,
		       redis_reply_fn *fn)
{
	return redis_commandf(c->ask, fn, c, "HGETALL %s",
			      config_kinds[kind].key) == ERR_OK;
}

/* The version is asked first: what changes meanwhile has a higher one. */
static void load(struct config *c)
{
	char count[24];
	bool ok;

	if (c->loading || !redis_is_up(c->ask))
		return;
	c->failed = false;
	snprintf(count, sizeof(count), "%llu",
		 (unsigned long long)c->options.partitions);
	ok = redis_commandf(c->ask, on_load_version, c, "GET %s",
			    KEY_CFG_VERSION) == ERR_OK;
	ok = ok && load_table(c, CONFIG_PROJECT, on_projects);
	if (c->options.with_webhooks)
		ok = ok &&
		     redis_commandf(c->ask, on_disabled, c, "HGETALL %s",
				    KEY_CFG_DISABLED) == ERR_OK &&
		     load_table(c, CONFIG_WEBHOOK, on_webhooks);
	if (c->options.with_keys)
		ok = ok && load_table(c, CONFIG_KEY, on_keys);
	if (c->options.with_credentials)
		ok = ok && load_table(c, CONFIG_CREDENTIAL, on_credentials);
	ok = ok && redis_commandf(c->ask, NULL, NULL, "SET %s %s NX",
				  KEY_CFG_PARTITIONS, count) == ERR_OK;
	c->loading = ok && redis_commandf(c->ask, on_load_end, c, "GET %s",
					  KEY_CFG_PARTITIONS) == ERR_OK;
}

/* --- one change -------------------------------------------------------- */

static void put_change(struct fetch *f)
{
	struct config *c = f->config;
	struct slice id = slice_of(f->id);
	void *value = NULL;

	if (f->document)
		value = config_value_parse(&c->options, f->kind, id,
					   slice_of(f->document),
					   slice_of(f->reason));
	table_set(c, f->kind, id, value);
	c->held = c->fetching ? f->version : c->version;
	if (c->options.on_change)
		c->options.on_change(c->options.arg, f->kind, id);
}

static void fetch_answered(struct fetch *f, enum err e)
{
	f->failed |= e != ERR_OK;
	if (--f->pending > 0)
		return;
	f->config->fetching--;
	if (f->failed)
		f->config->version = 0; /* the next look loads everything */
	else
		put_change(f);
	free(f->document);
	free(f->reason);
	free(f);
}

static void on_document(void *arg, enum err e, const struct reply *reply)
{
	struct fetch *f = arg;

	if (e == ERR_OK && reply_kind(reply) != REPLY_NIL)
		f->document = slice_dup(reply_bytes(reply));
	fetch_answered(f, e);
}

static void on_reason(void *arg, enum err e, const struct reply *reply)
{
	struct fetch *f = arg;

	if (e == ERR_OK && reply_kind(reply) != REPLY_NIL)
		f->reason = slice_dup(reply_bytes(reply));
	fetch_answered(f, e);
}

/* One more than the questions is pending until all have been sent, so that f
 * lives that long in any case. */
static void fetch_start(struct fetch *f)
{
	struct redis *r = f->config->ask;
	enum err e = ERR_OK;

	f->pending = 1;
	f->config->fetching++;
	if (f->kind == CONFIG_WEBHOOK) {
		e = redis_commandf(r, on_reason, f, "HGET %s %s",
				   KEY_CFG_DISABLED, f->id);
		f->pending += e == ERR_OK;
	}
	if (e == ERR_OK) {
		e = redis_commandf(r, on_document, f, "HGET %s %s",
				   config_kinds[f->kind].key, f->id);
		f->pending += e == ERR_OK;
	}
	fetch_answered(f, e);
}

static bool is_wanted(const struct config *c, enum config_kind kind)
{
	if (kind == CONFIG_WEBHOOK)
		return c->options.with_webhooks;
	if (kind == CONFIG_CREDENTIAL)
		return c->options.with_credentials;
	return kind == CONFIG_PROJECT || c->options.with_keys;
}

static bool parse_kind(struct slice text, enum config_kind *kind)
{
	for (size_t i = 0; i < CONFIG_KINDS; i++) {
		if (!slice_eq_str(text, config_kinds[i].name))
			continue;
		*kind = (enum config_kind)i;
		return true;
	}
	return false;
}

static struct slice word(struct slice *rest)
{
	struct slice w = *rest;

	if (!slice_cut(rest, ' ', &w))
		rest->n = 0;
	return w;
}

static void on_publish(void *arg, struct slice channel, struct slice message)
{
	struct config *c = arg;
	enum config_kind kind;
	struct fetch *f;
	uint64_t version;

	(void)channel;
	/* During a load the next look notices what it has missed. */
	if (c->loading || !c->loaded || message.n > CHANGE_BYTES_MAX ||
	    !slice_parse_u64(word(&message), &version) ||
	    !parse_kind(word(&message), &kind) || version <= c->version)
		return;
	if (version != c->version + 1) {
		load(c);
		return;
	}
	c->version = version;
	if (!is_wanted(c, kind)) {
		c->held = c->fetching ? c->held : version;
		return;
	}
	f = xcalloc(1, sizeof(*f));
	f->config = c;
	f->kind = kind;
	f->version = version;
	if (slice_cstr(f->id, sizeof(f->id), message)) {
		fetch_start(f);
		return;
	}
	c->version = 0;
	free(f);
}

/* --- looking now and then ---------------------------------------------- */

static void on_version(void *arg, enum err e, const struct reply *reply)
{
	struct config *c = arg;
	uint64_t version = 0;

	if (e != ERR_OK)
		return;
	if (reply_kind(reply) != REPLY_NIL &&
	    !slice_parse_u64(reply_bytes(reply), &version))
		return;
	if (version != c->version || !c->loaded)
		load(c);
}

void config_refresh(struct config *c)
{
	if (c->loading || !redis_is_up(c->ask))
		return;
	if (!c->loaded)
		load(c);
	else if (redis_commandf(c->ask, on_version, c, "GET %s",
				KEY_CFG_VERSION) != ERR_OK)
		log_debug("config_look", "reason=busy");
}

static void on_timer(uv_timer_t *timer)
{
	config_refresh(timer->data);
}

/* While it was down changes may have been missed, even a whole restore of an
 * older state: everything is read anew. */
static void on_up(void *arg)
{
	load(arg);
}

/* What was told before it was not heard. */
static void on_hearing(void *arg)
{
	config_refresh(arg);
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

static bool open_redis(struct config *c, uv_loop_t *loop, char *error,
		       size_t error_size)
{
	struct redis_options o = {
	    .access = c->options.redis,
	    .on_up = on_up,
	    .arg = c,
	};

	c->ask = redis_open(loop, &o, error, error_size);
	if (!c->ask)
		return false;
	o.on_up = on_hearing;
	o.on_publish = on_publish;
	c->hear = redis_open(loop, &o, error, error_size);
	if (!c->hear)
		return false;
	redis_subscribe(c->hear, CHANNEL_CFG);
	return true;
}

struct config *config_open(uv_loop_t *loop,
			   const struct config_options *options, char *error,
			   size_t error_size)
{
	struct config *c = xcalloc(1, sizeof(*c));

	c->options = *options;
	for (size_t i = 0; i < CONFIG_KINDS; i++)
		c->tables[i] = table_new(config_kinds[i].max);
	if (options->with_names)
		c->names = config_names_new();
	c->timer = xcalloc(1, sizeof(*c->timer));
	must(uv_timer_init(loop, c->timer) == 0);
	c->timer->data = c;
	if (!open_redis(c, loop, error, error_size)) {
		config_close(&c);
		return NULL;
	}
	must(uv_timer_start(c->timer, on_timer, LOOK_EVERY_MS, LOOK_EVERY_MS) ==
	     0);
	return c;
}

void config_close(struct config **config)
{
	struct config *c = *config;

	if (!c)
		return;
	*config = NULL;
	/* Their callbacks still use the rest. */
	redis_close(&c->hear);
	redis_close(&c->ask);
	uv_close((uv_handle_t *)c->timer, on_timer_closed);
	free_disabled(c);
	for (size_t i = 0; i < CONFIG_KINDS; i++)
		free_table(c, (enum config_kind)i);
	config_names_free(&c->names);
	free(c);
}

/* --- asking the mirror ------------------------------------------------- */

bool config_loaded(const struct config *c)
{
	return c->loaded;
}

uint64_t config_version(const struct config *c)
{
	return c->held;
}

const struct project *config_project(const struct config *c, struct slice id)
{
	return table_find(c->tables[CONFIG_PROJECT], id);
}

struct webhook *config_webhook(const struct config *c, const struct ulid *id)
{
	return table_find(c->tables[CONFIG_WEBHOOK], ulid_slice(id));
}

struct webhook *config_webhook_named(const struct config *c,
				     struct slice project, struct slice name)
{
	return config_names_find(c->names, project, name);
}

struct credential *config_credential(const struct config *c,
				     const struct ulid *id)
{
	return table_find(c->tables[CONFIG_CREDENTIAL], ulid_slice(id));
}

static void *next_of(const struct table *t, size_t *pos)
{
	void *value;

	return table_next(t, pos, NULL, &value) ? value : NULL;
}

struct webhook *config_next_webhook(const struct config *c, size_t *pos)
{
	return next_of(c->tables[CONFIG_WEBHOOK], pos);
}

struct credential *config_next_credential(const struct config *c, size_t *pos)
{
	return next_of(c->tables[CONFIG_CREDENTIAL], pos);
}

const struct project *config_next_project(const struct config *c, size_t *pos)
{
	return next_of(c->tables[CONFIG_PROJECT], pos);
}

const struct api_key *config_next_key(const struct config *c, size_t *pos)
{
	return next_of(c->tables[CONFIG_KEY], pos);
}

const struct api_key *config_key(const struct config *c, struct slice token)
{
	const struct api_key *found = NULL, *k;
	uint8_t digest[32];
	size_t pos = 0;

	if (EVP_Digest(token.p, token.n, digest, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	while ((k = config_next_key(c, &pos)) != NULL)
		if (CRYPTO_memcmp(k->digest, digest, sizeof(digest)) == 0)
			found = k;
	return found;
}
