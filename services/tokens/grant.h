/*
 * grant - what is known of one credential: its newest token, how the last
 * request went, and who waits.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Decides; knows neither Redis nor sockets. Time is an argument, of the wall
 * clock where it is in a record, for records are shared.
 */
#ifndef TOKENS_GRANT_H
#define TOKENS_GRANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/ulid.h"
#include "proto/message.h"
#include "store/oauth_error.h"

struct credential;

/* As Redis has it: see GRANT_FIELDS in proto/messages.h. */
struct grant_record {
	uint64_t version, number, fetched_ms, expires_ms, renew_ms;
	char *sealed; /* owned; NULL: no token */
	uint64_t failures, failed_ms, retry_ms, status, refused_ms;
	char error[OAUTH_ERROR_SIZE];
	char detail[ERROR_BYTES_MAX + 1];
};

enum grant_state {
	GRANT_IDLE,
	GRANT_CLAIMING, /* Redis is asked for the lock */
	GRANT_FETCHING, /* the token server is asked */
	GRANT_STORING,	/* Redis is told; the record is good already */
};

struct grant {
	struct ulid credential;
	struct grant_record record;
	uint64_t serial; /* of the record in Redis; 0: not known */
	bool told; /* Redis has one, as it said when it was last read whole */
	enum grant_state state;
	uint64_t asked_ms;	 /* wall clock of the newest ask */
	uint64_t tests_after_ms; /* monotonic: no request for a test before */
	uint64_t again_ms;	 /* monotonic: Redis is not asked before */
	struct list asks;	 /* that wait, of the desk */
	/* While it is fetching: */
	struct credential *using; /* a reference of its own */
	uint64_t began_ms;	  /* wall clock */
	uint64_t held_ms;	  /* monotonic: the lock is held on to then */
	uint64_t refused_ms;	  /* of the record to come */
};

enum grant_say {
	GRANT_HAS,     /* a token that is wanted is there */
	GRANT_NEEDED,  /* one has to be fetched */
	GRANT_FAILING, /* not now: the last request failed */
	GRANT_LIMITED, /* not now: too many have been refused by receivers */
};

/* For a credential of this version. */
bool grant_is_good(const struct grant_record *r, uint64_t version,
		   uint64_t wall_ms);
enum grant_say grant_say(const struct grant_record *r, uint64_t version,
			 const struct msg_token_ask *ask, uint64_t wall_ms);
/* Its token, if somebody wants it still, is to be renewed by now; also when
 * that should have been done before it ended. */
bool grant_is_due(const struct grant *g, uint64_t version, uint64_t idle_ms,
		  uint64_t wall_ms);

struct grant_token {
	struct slice sealed;
	uint64_t fetched_ms, lifetime_s;
};

/* What a request came to. It was for this version of the credential. */
void grant_succeed(struct grant_record *r, uint64_t version,
		   const struct grant_token *token, double chance,
		   uint64_t wall_ms);
struct grant_failure {
	const char *error, *detail;
	uint64_t status, retry_after_ms;
	bool temporary;
};
void grant_fail(struct grant_record *r, uint64_t version,
		const struct grant_failure *failure, double chance,
		uint64_t wall_ms);

void grant_encode(const struct grant_record *r, struct buf *frame);
/* r is empty, or has been filled in before. */
MUST_CHECK enum err grant_decode(struct slice frame, struct grant_record *r);
/* The same request's. */
bool grant_same(const struct grant_record *a, const struct grant_record *b);
void grant_record_fini(struct grant_record *r);

struct grants;

struct grants *grants_new(size_t grants_max);
void grants_free(struct grants **g);
struct grant *grants_find(const struct grants *g, const struct ulid *id);
/* Made if there is none; NULL: no room. */
struct grant *grants_get(struct grants *g, const struct ulid *id);
/* Nobody may wait for it. It is safe to drop the one that grants_next() has
 * given. */
void grants_drop(struct grants *g, struct grant *grant);
struct grant *grants_next(const struct grants *g, size_t *pos);
size_t grants_count(const struct grants *g);

#endif
