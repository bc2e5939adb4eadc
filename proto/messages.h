/*
 * messages - everything that crosses a process boundary or rests in Redis,
 * defined once.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   F(kind, name, max)  a field every version has had
 *   O(kind, name, max)  one added later; zero when an older peer left it out
 *
 * kind is U64, BYTES (msgpack bin) or STR (msgpack str); max bounds the bytes.
 * Each record is one flat msgpack array of its fields in this order. Append
 * only: never reorder, retype or reuse. Unknown trailing fields are ignored, so
 * peers may be upgraded in any order.
 *
 * A frame is a head followed by head.count records of the type it names. The
 * records in Redis are the same: a log entry is a frame of events, an attempts
 * entry a frame of attempts, a delivery record a frame of one.
 */
#ifndef PROTO_MESSAGES_H
#define PROTO_MESSAGES_H

#define PROTO_MAJOR 1
#define PROTO_MINOR 4

#define ID_BYTES 16
#define PROJECT_BYTES_MAX 64
#define EVENT_NAME_BYTES_MAX 128
#define ORDERING_KEY_BYTES_MAX 256
#define BODY_BYTES_MAX \
	(2 * 1024 * 1024) /* a message's JSON, escapes included */
/* An event's, or a batch's: as many as fit in 1 MiB, or one alone in brackets.
 */
#define TASK_BODY_BYTES_MAX (BODY_BYTES_MAX + 2)
#define ERROR_BYTES_MAX 256
/* Of a journey call: the tile's own parameters, what is kept for its user and
 * its path, and what was taken out of an answer; each is JSON. */
#define PARAMS_BYTES_MAX (64 * 1024)
#define STORED_BYTES_MAX (1024 * 1024)
#define VALUES_BYTES_MAX (128 * 1024)
#define SNIPPET_BYTES_MAX 1024
#define INSTANCE_BYTES_MAX 128
#define MARK_BYTES_MAX (4 * 1024 * 1024)
#define ENDPOINT_BYTES_MAX 512
#define CURVE_KEY_BYTES_MAX 40
#define OAUTH_ERROR_BYTES_MAX 64
/* An access token, and what it is when it is sealed. */
#define TOKEN_BYTES_MAX 16384
#define TOKEN_SEALED_BYTES_MAX 22016

/* Opens every frame. epoch is the lease epoch where a partition is concerned.
 */
#define HEAD_FIELDS(F, O)    \
	F(U64, major, 0)     \
	F(U64, type, 0)      \
	F(U64, count, 0)     \
	F(U64, partition, 0) \
	F(U64, seq, 0) /* hint: the log entry's number; else 0 */

/* Any peer -> any peer, first on a connection. */
#define HELLO_FIELDS(F, O)                           \
	F(STR, service, 16)                          \
	F(STR, instance, INSTANCE_BYTES_MAX)         \
	F(U64, boot, 0) /* differs at every start */ \
	F(U64, minor, 0)

/* sender -> router, about once a second and at every change: I am alive, and
 * this many of your tasks may be with me at a time. 0 while draining. */
#define CREDIT_FIELDS(F, O) F(U64, allowance, 0)

/* ingest -> router (head.partition, head.seq), and the log in Redis: what was
 * accepted. body is what receivers get, as JSON, built once by ingest. */
#define EVENT_FIELDS(F, O)                                    \
	F(BYTES, id, ID_BYTES)                                \
	F(STR, project, PROJECT_BYTES_MAX)                    \
	F(STR, name, EVENT_NAME_BYTES_MAX)                    \
	F(U64, created_ms, 0) /* accepted at, or createdAt */ \
	F(U64, expires_ms, 0) /* wall clock; 0: never */      \
	F(STR, ordering_key, ORDERING_KEY_BYTES_MAX)          \
	F(BYTES, body, BODY_BYTES_MAX)                        \
	/* A journey's call: to this webhook alone. */        \
	O(BYTES, webhook, ID_BYTES)                           \
	O(U64, tile, 0)                                       \
	O(STR, params, PARAMS_BYTES_MAX)                      \
	O(U64, reply, 0) /* 1: the publisher waits for the result */

/* What of a journey has called; an exit calls nobody. */
#define TILES(T)          \
	T(0, none)        \
	T(1, webhook)     \
	T(2, userProfile) \
	T(3, liveData)    \
	T(4, exit)

/* router -> sender: make this attempt now. */
#define TASK_FIELDS(F, O)                                            \
	F(U64, task, 0) /* the router's own number, echoed */        \
	F(BYTES, event, ID_BYTES)                                    \
	F(BYTES, webhook, ID_BYTES)                                  \
	F(U64, version, 0)     /* of the webhook, at the least */    \
	F(U64, attempt, 0)     /* 1 is the first */                  \
	F(U64, start_by_ms, 0) /* wall clock: the router's lease */  \
	F(BYTES, body, TASK_BODY_BYTES_MAX)                          \
	O(U64, flags, 0) /* TASK_TRACE, or 0 */                      \
	O(U64, tile, 0)                                              \
	O(STR, params, PARAMS_BYTES_MAX)                             \
	/* {"profile":{...},"liveData":{...}}; empty: nothing is. */ \
	O(BYTES, stored, STORED_BYTES_MAX)

/* A test send: made whatever the webhook's state, and told in full. */
#define TASK_TRACE 1
#define TRACE_BYTES_MAX (512 * 1024)
#define TRACE_URL_BYTES_MAX 16384
#define EARLIER_BYTES_MAX 2048

/* sender -> router: what became of it. Durations in µs, 0 where not reached. */
#define RESULT_FIELDS(F, O)                                                   \
	F(U64, task, 0)                                                       \
	F(U64, outcome, 0)    /* enum outcome */                              \
	F(U64, status, 0)     /* HTTP status, 0: none arrived */              \
	F(U64, started_ms, 0) /* wall clock */                                \
	F(U64, wait_us, 0)    /* in the sender before it started */           \
	F(U64, connect_us, 0) /* name, TCP and TLS */                         \
	F(U64, answer_us, 0)  /* until the first byte of the answer */        \
	F(U64, total_us, 0)                                                   \
	F(U64, retry_after_ms, 0) /* 0: none */                               \
	F(STR, error, ERROR_BYTES_MAX)                                        \
	F(BYTES, snippet, SNIPPET_BYTES_MAX)                                  \
	O(BYTES, trace, TRACE_BYTES_MAX) /* a frame of one, of a test send */ \
	/* A frame of one result: the try before, whose token was refused. */ \
	O(BYTES, earlier, EARLIER_BYTES_MAX)                                  \
	/* What a User Profile or Live Data tile keeps of the answer. */      \
	O(BYTES, values, VALUES_BYTES_MAX)

/* Within a result: the request as it was sent, secrets masked, and the answer.
 * Durations in µs from the start, 0 where not reached. */
#define TRACE_FIELDS(F, O)                                   \
	F(STR, url, TRACE_URL_BYTES_MAX)                     \
	F(BYTES, request_head, 131200)                       \
	F(BYTES, answer_head, 131072)                        \
	F(BYTES, answer_body, 65536)                         \
	F(U64, answer_cut, 0) /* 1: more of the body came */ \
	F(U64, lookup_us, 0)                                 \
	F(U64, tcp_us, 0)                                    \
	F(U64, tls_us, 0)                                    \
	F(U64, answer_us, 0)                                 \
	F(U64, total_us, 0)                                  \
	/* What a journey's call was rendered to. */         \
	O(BYTES, request_body, 65536)                        \
	O(U64, request_cut, 0) /* 1: it was longer */

/* Redis: a delivery that waits, is held by a router, or is dead. */
#define DELIVERY_FIELDS(F, O)                                         \
	F(BYTES, event, ID_BYTES)                                     \
	F(BYTES, webhook, ID_BYTES)                                   \
	F(STR, project, PROJECT_BYTES_MAX)                            \
	F(STR, event_name, EVENT_NAME_BYTES_MAX)                      \
	F(U64, created_ms, 0)                                         \
	F(U64, tries, 0)   /* attempts made */                        \
	F(U64, dead, 0)	   /* 1 once it was given up */               \
	F(U64, last_ms, 0) /* wall clock of the last attempt */       \
	F(U64, last_status, 0)                                        \
	F(STR, last_error, ERROR_BYTES_MAX)                           \
	/* Its place in its key's chain, 16 bytes; empty: in none. */ \
	O(BYTES, ordering, 24)

/* Redis (attempts stream) and the feed: one attempt that was made, or the end
 * of a delivery without one (attempt 0). */
#define ATTEMPT_FIELDS(F, O)                                         \
	F(BYTES, delivery, ID_BYTES)                                 \
	F(BYTES, event, ID_BYTES)                                    \
	F(BYTES, webhook, ID_BYTES)                                  \
	F(STR, project, PROJECT_BYTES_MAX)                           \
	F(STR, event_name, EVENT_NAME_BYTES_MAX)                     \
	F(U64, attempt, 0)                                           \
	F(U64, outcome, 0) /* enum outcome */                        \
	F(U64, status, 0)                                            \
	F(U64, created_ms, 0) /* of the delivery's event */          \
	F(U64, started_ms, 0)                                        \
	F(U64, wait_us, 0)                                           \
	F(U64, connect_us, 0)                                        \
	F(U64, answer_us, 0)                                         \
	F(U64, total_us, 0)                                          \
	F(U64, next_ms, 0) /* wall clock of the next try; 0: none */ \
	F(STR, error, ERROR_BYTES_MAX)                               \
	F(BYTES, snippet, SNIPPET_BYTES_MAX)

/* Redis (hash of marks): what of a log entry is settled. events: a bit for each
 * event all of whose deliveries are; deliveries: 16 bytes for each settled one
 * of the others. */
#define MARK_FIELDS(F, O)      \
	F(BYTES, events, 8192) \
	F(BYTES, deliveries, MARK_BYTES_MAX)

/* Redis (hash of processes): who is alive. Endpoints are comma-separated lists
 * and empty where the service has none; figures is a flat JSON object for
 * /v1/status. */
#define PROCESS_FIELDS(F, O)                                                 \
	F(STR, service, 16)                                                  \
	F(STR, instance, INSTANCE_BYTES_MAX)                                 \
	F(STR, host, 256)                                                    \
	F(STR, version, 64)                                                  \
	F(U64, boot, 0)                                                      \
	F(U64, pid, 0)                                                       \
	F(U64, started_ms, 0)                                                \
	F(U64, healthy, 0)                                                   \
	F(STR, sender_endpoints, ENDPOINT_BYTES_MAX)                         \
	F(STR, ingest_endpoints, ENDPOINT_BYTES_MAX)                         \
	F(STR, feed_endpoints, ENDPOINT_BYTES_MAX)                           \
	F(STR, figures, 4096)                                                \
	O(STR, token_endpoints, ENDPOINT_BYTES_MAX)                          \
	/* With CURVE: the public key that all of its tcp:// endpoints have. \
	 */                                                                  \
	O(STR, curve_key, CURVE_KEY_BYTES_MAX)

/* sender or console -> tokens: the access token of this credential. */
#define TOKEN_ASK_FIELDS(F, O)                                      \
	F(U64, ask, 0) /* the asker's own number, echoed */         \
	F(BYTES, credential, ID_BYTES)                              \
	F(U64, version, 0)    /* of the credential, at the least */ \
	F(U64, not_number, 0) /* any token but this one; 0: any */  \
	F(U64, flags, 0)      /* TOKEN_REJECTED, ... or 0 */

/* A receiver has answered 401 to not_number. */
#define TOKEN_REJECTED 1
/* not_number is still good, but not for long. */
#define TOKEN_RENEW 2
/* Fetch one now, and tell what came back. */
#define TOKEN_TEST 4

/* tokens -> asker: one answer to each. There may be both a token and an error:
 * the one that there is, and why there is no other. Times are wall clock. */
#define TOKEN_FIELDS(F, O)                                                \
	F(U64, ask, 0)                                                    \
	F(BYTES, credential, ID_BYTES)                                    \
	F(U64, version, 0) /* of the credential it was fetched for */     \
	F(U64, number, 0)  /* grows with each token; 0: there is none */  \
	F(U64, use_until_ms, 0)                                           \
	F(U64, renew_ms, 0) /* from then on ask for the next one */       \
	F(U64, retry_ms, 0) /* with an error: nothing is tried before */  \
	F(STR, error, OAUTH_ERROR_BYTES_MAX) /* oauth_...; empty: none */ \
	F(STR, sealed, TOKEN_SEALED_BYTES_MAX)                            \
	F(STR, report, 4096) /* of a test: a JSON object */

/* Redis (hash of grants, by credential): what the tokens processes know of a
 * credential, the newest token included. */
#define GRANT_FIELDS(F, O)                                                   \
	F(U64, version, 0) /* of the credential it was fetched for */        \
	F(U64, number, 0)  /* of the token; 0: there has never been one */   \
	F(U64, fetched_ms, 0)                                                \
	F(U64, expires_ms, 0)                                                \
	F(U64, renew_ms, 0)                                                  \
	F(STR, sealed, TOKEN_SEALED_BYTES_MAX) /* empty: none */             \
	F(U64, failures, 0)		       /* requests, in a row */      \
	F(U64, failed_ms, 0)                                                 \
	F(U64, retry_ms, 0) /* nothing is tried before */                    \
	F(U64, status, 0)   /* HTTP, of the last request */                  \
	F(STR, error, OAUTH_ERROR_BYTES_MAX)                                 \
	F(STR, detail, ERROR_BYTES_MAX)                                      \
	F(U64, refused_ms, 0) /* until when refusals have used up their rate \
			       */

#define MESSAGES(M)                        \
	M(1, hello, HELLO_FIELDS)          \
	M(2, credit, CREDIT_FIELDS)        \
	M(3, event, EVENT_FIELDS)          \
	M(4, task, TASK_FIELDS)            \
	M(5, result, RESULT_FIELDS)        \
	M(6, delivery, DELIVERY_FIELDS)    \
	M(7, attempt, ATTEMPT_FIELDS)      \
	M(8, mark, MARK_FIELDS)            \
	M(9, process, PROCESS_FIELDS)      \
	M(10, trace, TRACE_FIELDS)         \
	M(11, token_ask, TOKEN_ASK_FIELDS) \
	M(12, token, TOKEN_FIELDS)         \
	M(13, grant, GRANT_FIELDS)

/*
 * What became of an attempt. DELIVERED, DEAD and GONE end the delivery, all
 * else is tried again: a sender can die at any time, so "surely done" against
 * "everything else" is all that a queue may rely on.
 */
#define OUTCOMES(O)                                                          \
	O(0, none, "nothing was learnt: treated as retry")                   \
	O(1, delivered, "2xx")                                               \
	O(2, retry, "try again by the schedule")                             \
	O(3, dead, "the receiver said: not this message again")              \
	O(4, gone, "410 or 'disable': dead, and the webhook is disabled")    \
	O(5, not_started, "too late, draining or no room: costs no attempt") \
	O(6, unauthorized,                                                   \
	  "no access token: it waits, at no cost of an attempt")

#endif
