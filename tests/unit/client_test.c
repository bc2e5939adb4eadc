/*
 * client_test - publishing against a front door that misbehaves on command.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "client/postrider.h"

#define PATIENCE_MS 10000
#define OK_1 "{\"ok\":true,\"accepted\":1,\"duplicates\":0,\"ids\":[\"evt_1\"]}"
#define BUSY(ms)                                      \
	"{\"ok\":false,\"error\":{\"code\":\"busy\"," \
	"\"message\":\"m\",\"retryAfterMs\":" ms "}}"

struct door {
	void *context, *socket;
	char endpoint[64];
	/* the last request */
	char peer[64], number[64], body[64];
	int n_peer, n_number, n_body;
};

/* server: with CURVE, for whoever knows the key. NULL: in plain text. */
static void door_open_with(struct door *d, const char *endpoint,
			   const char *secret_key)
{
	size_t n = sizeof(d->endpoint);
	int zero = 0, one = 1;

	memset(d, 0, sizeof(*d));
	d->context = zmq_ctx_new();
	d->socket = zmq_socket(d->context, ZMQ_ROUTER);
	zmq_setsockopt(d->socket, ZMQ_LINGER, &zero, sizeof(zero));
	if (secret_key) {
		zmq_setsockopt(d->socket, ZMQ_CURVE_SERVER, &one, sizeof(one));
		zmq_setsockopt(d->socket, ZMQ_CURVE_SECRETKEY, secret_key, 41);
	}
	assert_int_equal(zmq_bind(d->socket, endpoint), 0);
	zmq_getsockopt(d->socket, ZMQ_LAST_ENDPOINT, d->endpoint, &n);
}

static void door_open(struct door *d, const char *endpoint)
{
	door_open_with(d, endpoint, NULL);
}

static void door_close(struct door *d)
{
	zmq_close(d->socket);
	zmq_ctx_term(d->context);
}

/* Drives the client until the door has a request. */
static void door_take(struct door *d, struct postrider *p)
{
	struct postrider_result r;
	uint64_t end = now_ms() + PATIENCE_MS;

	while ((d->n_peer = zmq_recv(d->socket, d->peer, sizeof(d->peer),
				     ZMQ_DONTWAIT)) < 0) {
		assert_int_equal(postrider_wait(p, 5, &r), POSTRIDER_NOTHING);
		assert_true(now_ms() < end);
	}
	d->n_number = zmq_recv(d->socket, d->number, sizeof(d->number), 0);
	d->n_body = zmq_recv(d->socket, d->body, sizeof(d->body), 0);
	assert_int_equal(d->n_number, 8);
}

static void door_answer(struct door *d, const char *text)
{
	zmq_send(d->socket, d->peer, (size_t)d->n_peer, ZMQ_SNDMORE);
	zmq_send(d->socket, d->number, (size_t)d->n_number, ZMQ_SNDMORE);
	zmq_send(d->socket, text, strlen(text), 0);
}

static struct postrider *open_client(const struct door *d,
				     enum postrider_resend resend)
{
	struct postrider *p =
	    postrider_open(&(struct postrider_options){.endpoint = d->endpoint,
						       .give_up_ms = 3000,
						       .resend_ms = 200,
						       .in_flight_max = 2,
						       .resend = resend});

	assert_non_null(p);
	return p;
}

static void answers_find_their_batches(void **state)
{
	struct door d;
	struct postrider *p;
	struct postrider_result r;
	uint64_t first, second;
	char first_number[8];
	int tags[2];

	(void)state;
	door_open(&d, "tcp://127.0.0.1:*");
	p = open_client(&d, POSTRIDER_RESEND_BUSY);
	assert_int_equal(postrider_submit(p, "{1}", 3, &tags[0], &first),
			 POSTRIDER_OK);
	assert_int_equal(postrider_submit(p, "{2}", 3, &tags[1], &second),
			 POSTRIDER_OK);
	assert_int_equal(postrider_submit(p, "{3}", 3, NULL, NULL),
			 POSTRIDER_FULL);
	assert_int_equal(postrider_in_flight(p), 2);
	assert_int_equal(postrider_publish(p, "{3}", 3, &r), POSTRIDER_FULL);
	door_take(&d, p);
	assert_memory_equal(d.body, "{1}", 3);
	memcpy(first_number, d.number, 8);
	door_take(&d, p);
	door_answer(&d, OK_1);
	assert_int_equal(postrider_wait(p, PATIENCE_MS, &r), POSTRIDER_OK);
	assert_int_equal(r.batch, second);
	assert_ptr_equal(r.tag, &tags[1]);
	postrider_result_fini(&r);
	/* Rubbish, an answer to nothing, and the answer again: all dropped. */
	door_answer(&d, OK_1);
	door_answer(&d, "rubbish");
	memcpy(d.number, first_number, 8);
	door_answer(&d, "{\"ok\":false,\"error\":{\"code\":\"malformed\","
			"\"message\":\"m\"}}");
	assert_int_equal(postrider_wait(p, PATIENCE_MS, &r), POSTRIDER_REFUSED);
	assert_int_equal(r.batch, first);
	assert_string_equal(r.code, "malformed");
	assert_int_equal(r.sends, 1);
	assert_int_equal(postrider_in_flight(p), 0);
	assert_int_equal(postrider_wait(p, -1, &r), POSTRIDER_NOTHING);
	postrider_close(&p);
	door_close(&d);
}

struct heard {
	uint64_t batch;
	char text[64];
	int n;
};

static void on_outcome(void *arg, uint64_t batch, const void *body,
		       size_t bytes)
{
	struct heard *h = arg;

	h->batch = batch;
	h->n++;
	assert_true(bytes < sizeof(h->text));
	memcpy(h->text, body, bytes);
	h->text[bytes] = 0;
}

/* The outcome may come first, and nobody need ask for it. */
static void outcomes_are_told(void **state)
{
	struct door d;
	struct heard heard = {0};
	struct postrider *p;
	struct postrider_result r;
	uint64_t number;

	(void)state;
	door_open(&d, "tcp://127.0.0.1:*");
	p = postrider_open(&(struct postrider_options){
	    .endpoint = d.endpoint, .on_outcome = on_outcome, .arg = &heard});
	assert_int_equal(postrider_submit(p, "{1}", 3, NULL, &number),
			 POSTRIDER_OK);
	door_take(&d, p);
	door_answer(&d, "{\"outcome\":1}");
	door_answer(&d, OK_1);
	assert_int_equal(postrider_wait(p, PATIENCE_MS, &r), POSTRIDER_OK);
	postrider_result_fini(&r);
	assert_int_equal(heard.n, 1);
	assert_int_equal(heard.batch, number);
	assert_string_equal(heard.text, "{\"outcome\":1}");
	assert_false(postrider_listen(p, 10));
	door_answer(&d, "{\"outcome\":2}");
	assert_true(postrider_listen(p, PATIENCE_MS));
	assert_string_equal(heard.text, "{\"outcome\":2}");
	postrider_close(&p);
	door_close(&d);
}

static void busy_is_waited_for(void **state)
{
	struct door d;
	struct postrider *p;
	struct postrider_result r;
	uint64_t start;

	(void)state;
	door_open(&d, "tcp://127.0.0.1:*");
	p = open_client(&d, POSTRIDER_RESEND_BUSY);
	postrider_submit(p, "{}", 2, NULL, NULL);
	door_take(&d, p);
	start = now_ms();
	door_answer(&d, BUSY("100"));
	door_take(&d, p);
	assert_true(now_ms() - start >= 100);
	door_answer(&d, OK_1);
	assert_int_equal(postrider_wait(p, PATIENCE_MS, &r), POSTRIDER_OK);
	assert_int_equal(r.sends, 2);
	assert_string_equal(r.ids[0], "evt_1");
	postrider_result_fini(&r);
	/* For ever busy: refused in the end. */
	postrider_submit(p, "{}", 2, NULL, NULL);
	door_take(&d, p);
	door_answer(&d, BUSY("600000"));
	assert_int_equal(postrider_wait(p, PATIENCE_MS, &r), POSTRIDER_REFUSED);
	assert_string_equal(r.code, "busy");
	postrider_close(&p);
	door_close(&d);
}

static void silence_is_answered_by_sending_again(void **state)
{
	struct door d;
	struct postrider *p;
	struct postrider_result r;

	(void)state;
	door_open(&d, "tcp://127.0.0.1:*");
	p = open_client(&d, POSTRIDER_RESEND_ALL);
	postrider_submit(p, "{}", 2, NULL, NULL);
	door_take(&d, p);
	door_take(&d, p);
	door_answer(&d, OK_1);
	assert_int_equal(postrider_wait(p, PATIENCE_MS, &r), POSTRIDER_OK);
	assert_true(r.sends >= 2);
	postrider_result_fini(&r);
	postrider_close(&p);
	/* Unless that was not wanted. */
	p = open_client(&d, POSTRIDER_RESEND_BUSY);
	postrider_submit(p, "{}", 2, NULL, NULL);
	assert_int_equal(postrider_wait(p, PATIENCE_MS, &r), POSTRIDER_UNKNOWN);
	assert_int_equal(r.sends, 1);
	postrider_close(&p);
	door_close(&d);
}

static void a_broken_connection_is_answered_by_sending_again(void **state)
{
	struct door d;
	struct postrider *p;
	struct postrider_result r;
	char endpoint[64];

	(void)state;
	door_open(&d, "tcp://127.0.0.1:*");
	p = open_client(&d, POSTRIDER_RESEND_ALL);
	postrider_submit(p, "{}", 2, NULL, NULL);
	door_take(&d, p);
	memcpy(endpoint, d.endpoint, sizeof(endpoint));
	door_close(&d);
	door_open(&d, endpoint);
	door_take(&d, p);
	door_answer(&d, OK_1);
	assert_int_equal(postrider_wait(p, PATIENCE_MS, &r), POSTRIDER_OK);
	postrider_result_fini(&r);
	postrider_close(&p);
	/* Unless that was not wanted: then it is told at once. */
	p = open_client(&d, POSTRIDER_RESEND_BUSY);
	postrider_submit(p, "{}", 2, NULL, NULL);
	door_take(&d, p);
	door_close(&d);
	assert_int_equal(postrider_wait(p, PATIENCE_MS, &r), POSTRIDER_UNKNOWN);
	postrider_close(&p);
}

static void nobody_there_is_told(void **state)
{
	struct postrider_options o = {.endpoint = "tcp://127.0.0.1:1",
				      .connect_ms = 100};
	struct postrider *p = postrider_open(&o);
	struct postrider_result r;

	(void)state;
	assert_int_equal(postrider_publish(p, "{}", 2, &r),
			 POSTRIDER_UNREACHABLE);
	assert_int_equal(r.sends, 0);
	assert_true(r.message[0]);
	assert_int_equal(postrider_publish(p, "", 0, &r), POSTRIDER_INVALID);
	postrider_result_fini(&r);
	postrider_close(&p);
	postrider_close(&p);
	o.endpoint = "nonsense";
	assert_null(postrider_open(&o));
	assert_int_equal(errno, EINVAL);
}

struct curve_keys {
	char server_public[41], server_secret[41], public[41], secret[41];
};

static void make_keys(struct curve_keys *k)
{
	assert_int_equal(zmq_curve_keypair(k->server_public, k->server_secret),
			 0);
	assert_int_equal(zmq_curve_keypair(k->public, k->secret), 0);
}

static void keys_open_the_door(void **state)
{
	struct postrider_options o = {.give_up_ms = 5000};
	struct postrider_result r;
	struct curve_keys k;
	struct postrider *p;
	char endpoint[64];
	struct door d;

	(void)state;
	make_keys(&k);
	door_open_with(&d, "tcp://127.0.0.1:*", k.server_secret);
	o.endpoint = d.endpoint;
	o.server_key = k.server_public;
	o.secret_key = k.secret;
	p = postrider_open(&o);
	assert_non_null(p);
	postrider_submit(p, "{}", 2, NULL, NULL);
	door_take(&d, p);
	door_answer(&d, OK_1);
	assert_int_equal(postrider_wait(p, PATIENCE_MS, &r), POSTRIDER_OK);
	postrider_result_fini(&r);
	/* And again, after it was away. */
	memcpy(endpoint, d.endpoint, sizeof(endpoint));
	door_close(&d);
	door_open_with(&d, endpoint, k.server_secret);
	postrider_submit(p, "{}", 2, NULL, NULL);
	door_take(&d, p);
	door_answer(&d, OK_1);
	assert_int_equal(postrider_wait(p, PATIENCE_MS, &r), POSTRIDER_OK);
	postrider_result_fini(&r);
	postrider_close(&p);
	door_close(&d);
}

/* Nothing is handed over, and it is said why. */
static void is_refused(const struct postrider_options *o)
{
	struct postrider *p = postrider_open(o);
	struct postrider_result r;

	assert_non_null(p);
	assert_int_equal(postrider_publish(p, "{}", 2, &r),
			 POSTRIDER_UNREACHABLE);
	assert_non_null(strstr(r.message, "CURVE"));
	postrider_result_fini(&r);
	postrider_close(&p);
}

static void wrong_keys_are_told(void **state)
{
	struct postrider_options o = {.give_up_ms = 600};
	struct curve_keys k, other;
	struct door d;

	(void)state;
	make_keys(&k);
	make_keys(&other);
	door_open_with(&d, "tcp://127.0.0.1:*", k.server_secret);
	o.endpoint = d.endpoint;
	o.server_key = other.server_public;
	o.secret_key = k.secret;
	is_refused(&o);
	/* None at all. */
	o.server_key = o.secret_key = NULL;
	o.give_up_ms = 3000;
	is_refused(&o);
	door_close(&d);
	/* Keys, where nobody wants any. */
	door_open(&d, "tcp://127.0.0.1:*");
	o.endpoint = d.endpoint;
	o.server_key = k.server_public;
	o.secret_key = k.secret;
	is_refused(&o);
	door_close(&d);
}

static void what_is_no_key_is_refused(void **state)
{
	struct postrider_options o = {.endpoint = "tcp://127.0.0.1:1"};
	struct curve_keys k;
	const char *fault = NULL;
	char public[41], secret[41] = "x";

	(void)state;
	make_keys(&k);
	o.server_key = k.server_public;
	assert_null(postrider_open(&o));
	assert_int_equal(errno, EINVAL);
	o.secret_key = "short";
	assert_null(postrider_open(&o));
	o.secret_key = k.secret;
	o.server_key = "";
	assert_null(postrider_open(&o));
	assert_int_equal(errno, EINVAL);
	assert_false(
	    postrider_certificate("/nonexistent", public, secret, &fault));
	assert_non_null(fault);
	assert_string_equal(secret, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers_find_their_batches),
	    cmocka_unit_test(outcomes_are_told),
	    cmocka_unit_test(busy_is_waited_for),
	    cmocka_unit_test(silence_is_answered_by_sending_again),
	    cmocka_unit_test(a_broken_connection_is_answered_by_sending_again),
	    cmocka_unit_test(nobody_there_is_told),
	    cmocka_unit_test(keys_open_the_door),
	    cmocka_unit_test(wrong_keys_are_told),
	    cmocka_unit_test(what_is_no_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
