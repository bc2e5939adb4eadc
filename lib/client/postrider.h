/*
 * postrider - publish events to Postrider over ZeroMQ.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	struct postrider *p = postrider_open(&(struct postrider_options){
 *		.endpoint = "tcp://127.0.0.1:5570"});
 *	struct postrider_result r;
 *
 *	postrider_publish(p, body, strlen(body), &r);
 *	if (r.status != POSTRIDER_OK)
 *		fprintf(stderr, "%s\n", r.message);
 *	postrider_result_fini(&r);
 *	postrider_close(&p);
 *
 * Threads: a handle is used by one thread at a time; open one for each thread
 * that publishes. No function may be called from a signal handler. A handle
 *does not survive fork(). Running out of memory aborts the process.
 *
 * Re-sending: a batch that was refused as `busy` is sent again after the time
 * that the answer names: nothing had been taken, so this is always safe. A
 *batch whose answer did not come, because the connection broke or the time ran
 *out, is sent again too (unless resend says otherwise), and may then have been
 *taken twice: only messages with an idempotency key ("id") are surely taken
 *once.
 */
#ifndef POSTRIDER_H
#define POSTRIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define POSTRIDER_API __attribute__((visibility("default")))

#define POSTRIDER_BODY_BYTES_MAX (8u * 1024 * 1024)
#define POSTRIDER_BATCH_MESSAGES_MAX 1000

enum postrider_status {
	POSTRIDER_OK,	       /* taken: no crash loses it from here on */
	POSTRIDER_REFUSED,     /* answered with an error: nothing was taken */
	POSTRIDER_UNREACHABLE, /* never handed over: nobody is there */
	POSTRIDER_UNKNOWN,     /* handed over, but no answer: perhaps taken */
	POSTRIDER_NOTHING,     /* wait: no batch has ended within the time */
	POSTRIDER_FULL,	       /* submit: in_flight_max batches are under way */
	POSTRIDER_INVALID      /* submit: no body, or one that is too large */
};

enum postrider_resend {
	POSTRIDER_RESEND_ALL, /* after `busy`, a broken connection, a time-out
			       */
	POSTRIDER_RESEND_BUSY /* after `busy` only; else POSTRIDER_UNKNOWN */
};

/* What is 0 or NULL gets its default. */
struct postrider_options {
	const char *endpoint;	/* tcp://127.0.0.1:5570; also ipc:// */
	unsigned give_up_ms;	/* 30000: from submit to the end, at most */
	unsigned connect_ms;	/* give_up_ms: for the very first connection */
	unsigned resend_ms;	/* 10000: no answer for so long: send again */
	unsigned in_flight_max; /* 32: batches under way; 1024 at most */
	enum postrider_resend resend;
	/* What came of a journey's call whose publisher asks for it ("reply":
	 * "result"), in the encoding of its batch; told within wait and listen.
	 * One that comes after the connection broke is not heard. */
	void (*on_outcome)(void *arg, uint64_t batch, const void *body,
			   size_t bytes);
	void *arg; /* borrowed */
	/* CURVE, both or neither: ingest's public key and one's own secret key,
	 * each as 40 characters of Z85, as postrider_certificate() reads them
	 * from files. NULL: plain text, as on one machine. */
	const char *server_key, *secret_key;
};

/* What became of one batch. */
struct postrider_result {
	uint64_t batch; /* the number that submit gave */
	void *tag;	/* what submit was given */
	enum postrider_status status;
	unsigned sends; /* how often it was handed to the socket */
	/* POSTRIDER_OK: */
	uint64_t accepted, duplicates;
	char **ids; /* n_ids event ids, in the order of the messages */
	size_t n_ids;
	/* else: */
	char code[32]; /* "invalid_event", …; "" when there is no answer */
	char message[512]; /* for people, never empty */
	int64_t index;	   /* of the faulty message; -1: none named */
	char field[256];   /* its field; "" when none is named */
	uint64_t retry_after_ms;
};

#define POSTRIDER_KEY_SIZE 41

/* Reads a certificate of ZeroMQ (what `postrider keygen`, CZMQ and pyzmq
 * write). secret_key becomes "" where the file has only the public one; either
 * may be NULL. False, with what is wrong in *fault (static; fault may be NULL).
 */
POSTRIDER_API bool postrider_certificate(const char *path,
					 char public_key[POSTRIDER_KEY_SIZE],
					 char secret_key[POSTRIDER_KEY_SIZE],
					 const char **fault);

struct postrider;

/* Connects in the background: that nobody is there shows when a batch ends as
 * POSTRIDER_UNREACHABLE. NULL when the endpoint is not one, or a key is none
 * (errno: EINVAL), or sockets cannot be had (errno of the cause). The options
 * are copied. */
POSTRIDER_API struct postrider *
postrider_open(const struct postrider_options *options);
/* Batches under way are given up, without a result. *p may be NULL. */
POSTRIDER_API void postrider_close(struct postrider **p);

/* One batch, and its end: body is a message or an array of 1 to 1,000, as JSON
 * or msgpack. Returns result->status; result is always filled in: finish it
 * with postrider_result_fini. Not to be mixed with batches under way (they
 * would be waited for, and their results lost): POSTRIDER_FULL then. */
POSTRIDER_API enum postrider_status
postrider_publish(struct postrider *p, const void *body, size_t bytes,
		  struct postrider_result *result);

/* Pipelining: submit several, then wait for each end, in whatever order they
 * come. submit copies the body, never waits, and gives the batch's number
 * (batch may be NULL). POSTRIDER_OK, _FULL or _INVALID. */
POSTRIDER_API enum postrider_status postrider_submit(struct postrider *p,
						     const void *body,
						     size_t bytes, void *tag,
						     uint64_t *batch);
/* Waits up to timeout_ms (-1: until one has ended) and drives everything:
 * sends, re-sends, reconnects. POSTRIDER_NOTHING: result is not filled in; at
 * once when nothing is under way. Else result->status. */
POSTRIDER_API enum postrider_status
postrider_wait(struct postrider *p, int timeout_ms, struct postrider_result *r);
/* Waits up to timeout_ms, while no batch is under way, until an outcome has
 * been told: true. */
POSTRIDER_API bool postrider_listen(struct postrider *p, int timeout_ms);
POSTRIDER_API size_t postrider_in_flight(const struct postrider *p);

/* Frees what the result holds. */
POSTRIDER_API void postrider_result_fini(struct postrider_result *result);
/* "ok", "refused", …: static. */
POSTRIDER_API const char *postrider_status_text(enum postrider_status s);

/* Builds a JSON batch from system events. Strings are UTF-8 and copied. */
struct postrider_event {
	const char *project, *event_name;
	const char *email, *user_id;  /* at least one */
	const char *data_fields_json; /* a JSON object, put in as it stands */
	const char *id; /* idempotency key; the rest is optional */
	const char *ordering_key;
	const char *created_at; /* RFC 3339 */
	uint64_t expires_in_ms; /* 0: never */
};

struct postrider_builder;

POSTRIDER_API struct postrider_builder *postrider_builder_new(void);
POSTRIDER_API void postrider_builder_free(struct postrider_builder **b);
/* POSTRIDER_FULL: it does not fit any more (count or bytes) and was left out;
 * POSTRIDER_INVALID: data_fields_json is no object by its look. */
POSTRIDER_API enum postrider_status
postrider_builder_add(struct postrider_builder *b,
		      const struct postrider_event *event);
/* A message that is JSON text already (an object), put in as it stands. */
POSTRIDER_API enum postrider_status
postrider_builder_add_json(struct postrider_builder *b, const char *json,
			   size_t bytes);
POSTRIDER_API size_t postrider_builder_count(const struct postrider_builder *b);
/* The body, for publish or submit; valid until the next call on b. */
POSTRIDER_API const char *postrider_builder_body(struct postrider_builder *b,
						 size_t *bytes);
POSTRIDER_API void postrider_builder_reset(struct postrider_builder *b);

#ifdef __cplusplus
}
#endif

#endif
