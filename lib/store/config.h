/*
 * config - a mirror of the configuration in Redis, kept fresh.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Loads everything at start and follows the change channel; a version counter,
 * compared twice a second, notices a change whose message was lost. Objects are
 * immutable and counted: a change puts a new one in the old one's place. A
 * document that does not parse is logged and left out; it never ends a process.
 */
#ifndef STORE_CONFIG_H
#define STORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/slice.h"
#include "base/ulid.h"
#include "io/redis_access.h"
#include "store/signing.h"

#define RETRY_DELAYS_MAX 32
#define PROJECT_ID_MAX 64
#define WEBHOOK_BATCH_MAX 1000 /* events in one request */
#define WEBHOOK_BATCH_WAIT_MS_MAX 60000
/* What a mirror holds at most; the console makes no more. */
#define CONFIG_PROJECTS_MAX 100000
#define CONFIG_WEBHOOKS_MAX 100000
#define CONFIG_KEYS_MAX 10000
#define CONFIG_CREDENTIALS_MAX 100000

enum auth_type { AUTH_NONE, AUTH_BASIC, AUTH_BEARER, AUTH_OAUTH2 };

struct filter;
struct credential;
struct journey;

struct header_pair {
	char *name;  /* owned */
	char *value; /* owned; may be secret: wiped on free */
};

/* The receiver's TLS: PEM, each NULL when not given. */
struct webhook_tls {
	char *certificate; /* the client's, and the chain behind it */
	char *key;	   /* of it; wiped on free */
	char *ca;	   /* what is trusted instead of the usual roots */
};

struct webhook {
	size_t refs; /* private to config */
	struct ulid id;
	uint64_t version;
	char *project, *name, *url; /* owned, NUL-terminated */
	bool enabled;
	char *disabled_reason; /* NULL when none */
	char **event_names;    /* owned; "*" alone means all */
	size_t n_event_names;
	bool is_journey; /* called by name, not by events */
	bool ordered;	 /* events of one ordering key one after the other */
	uint32_t retry_delays_s[RETRY_DELAYS_MAX];
	size_t n_retry_delays;
	double retry_jitter;	  /* 0 to 1 */
	uint32_t concurrency;	  /* at least 1 */
	uint32_t rate_per_second; /* 0: no limit */
	uint32_t timeout_ms;
	uint32_t batch_events; /* at most in one request; 0: no batches */
	uint32_t batch_wait_ms;
	enum auth_type auth;
	struct ulid credential; /* OAuth 2.0: whose token it takes */
	/* NULL: none, or the mirror was not opened with_filters. */
	struct filter *filter;
	/* What only a mirror opened with_requests has (else NULL / 0): */
	char *content_type;
	struct header_pair *headers;
	size_t n_headers;
	char *auth_user;   /* Basic */
	char *auth_secret; /* password or token; wiped on free */
	bool signing;
	struct signing_secret secrets[SIGNING_SECRETS_MAX];
	size_t n_secrets;
	struct webhook_tls tls;
	bool keep_answer; /* the attempt log gets the first 1 KiB of it */
	struct journey *journey; /* owned; of a journey webhook */
};

struct project {
	size_t refs; /* private */
	char *id, *name;
	uint64_t created_ms;
};

struct api_key {
	char *id;      /* key_… */
	char *project; /* NULL: an admin key */
	char *name;
	uint8_t digest[32]; /* SHA-256 of the token */
	uint64_t created_ms;
};

enum config_kind {
	CONFIG_PROJECT,
	CONFIG_WEBHOOK,
	CONFIG_KEY,
	CONFIG_CREDENTIAL
};

struct config;

struct config_options {
	const struct redis_access *redis; /* borrowed */
	uint64_t
	    partitions; /* checked against the installation's, set if none */
	bool with_webhooks;
	bool with_names; /* config_webhook_named() is asked */
	bool with_filters;
	bool with_requests; /* headers, auth and secrets too: needs the key */
	bool with_keys;
	bool with_credentials;
	bool with_grants; /* all of the credentials: needs the key */
	const uint8_t
	    *master_key; /* 32 bytes, borrowed for ever; NULL if unset */
	/* Something has been put, replaced or removed. id is text. May be NULL.
	 * Not called for each object of a first load or a full reload;
	 * on_loaded is. */
	void (*on_change)(void *arg, enum config_kind kind, struct slice id);
	/* After the first load and after every full reload. */
	void (*on_loaded)(void *arg);
	/* The installation has another number of partitions: text. The caller
	 * ends. */
	void (*on_mismatch)(void *arg, const char *text);
	void *arg;
};

struct config *config_open(uv_loop_t *loop,
			   const struct config_options *options, char *error,
			   size_t error_size);
void config_close(struct config **c);
/* True from the first load on, also while Redis is away later. */
bool config_loaded(const struct config *c);
uint64_t config_version(const struct config *c);
/* Looks for changes now instead of within half a second. */
void config_refresh(struct config *c);

/* Borrowed until control returns to the loop. */
const struct project *config_project(const struct config *c, struct slice id);
struct webhook *config_webhook(const struct config *c, const struct ulid *id);
/* Of a mirror opened with_names. */
struct webhook *config_webhook_named(const struct config *c,
				     struct slice project, struct slice name);
/* Every webhook of every project. *pos starts at 0; NULL at the end. */
struct webhook *config_next_webhook(const struct config *c, size_t *pos);
/* See store/credential.h. */
struct credential *config_credential(const struct config *c,
				     const struct ulid *id);
struct credential *config_next_credential(const struct config *c, size_t *pos);
const struct project *config_next_project(const struct config *c, size_t *pos);
/* By the token a caller presents, in constant time for each candidate. */
const struct api_key *config_key(const struct config *c, struct slice token);
const struct api_key *config_next_key(const struct config *c, size_t *pos);

/* To keep one across the loop. */
struct webhook *webhook_ref(struct webhook *w);
void webhook_unref(struct webhook **w);

#endif
