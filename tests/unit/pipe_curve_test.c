/*
 * pipe_curve_test - CURVE between pipes: who is let in, who is not, and until
 * when.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io_test.h"

#include "curve_world.h"
#include "io/pipe.h"

struct end {
	struct pipe *pipe;
	int got, wanted;
	char name[64]; /* the sender's, of the last message */
	bool stranger;
};

/* A server with its keys, and one who connects with its own. */
struct world {
	uv_loop_t loop;
	struct curve_directory directory;
	struct metrics *metrics;
	struct curve *server_curve, *client_curve;
	const struct keyring *ring;
	struct pipe_context *server, *client;
	struct end a, b;
	struct curve_pair server_pair, client_pair;
	char error[300], target[PIPE_TARGET_SIZE];
};

static void on_message(void *arg, struct pipe *pipe, const struct slice *frames,
		       size_t n)
{
	const struct keyring_member *sender;
	struct end *end = arg;

	(void)frames;
	(void)n;
	end->got++;
	end->stranger = !pipe_sender(pipe, &sender);
	snprintf(end->name, sizeof(end->name), "%s",
		 sender ? sender->name : "nobody");
}

static bool got_all(void *arg)
{
	const struct end *end = arg;

	return end->got >= end->wanted;
}

static void want(struct world *w, struct end *end, int n)
{
	end->wanted = n;
	io_run_until(&w->loop, got_all, end);
}

static void open_server(struct world *w, enum pipe_kind kind, bool strangers)
{
	const struct keyring_options keys = {.directories = {w->directory.path},
					     .roles = {"service"}};
	struct pipe_options o = {.kind = kind,
				 .hwm = 100,
				 .strangers = strangers,
				 .on_message = on_message,
				 .arg = &w->a};

	w->ring =
	    curve_ring(w->server_curve, &keys, w->error, sizeof(w->error));
	assert_non_null(w->ring);
	o.ring = w->ring;
	w->a.pipe = pipe_open(w->server, &w->loop, &o);
}

static void set_up(struct world *w, bool strangers)
{
	memset(w, 0, sizeof(*w));
	uv_loop_init(&w->loop);
	curve_directory_make(&w->directory);
	w->metrics = metrics_new();
	curve_pair_make(&w->server_pair);
	curve_pair_make(&w->client_pair);
	w->server_curve =
	    curve_open(&w->loop, w->server_pair.secret_key, false, w->metrics);
	w->client_curve =
	    curve_open(&w->loop, w->client_pair.secret_key, false, w->metrics);
	assert_string_equal(curve_own(w->server_curve)->public_key,
			    w->server_pair.public_key);
	w->server = pipe_context_new(w->server_curve);
	w->client = pipe_context_new(w->client_curve);
	open_server(w, PIPE_ROUTER, strangers);
	assert_int_equal(pipe_bind(w->a.pipe, "tcp://127.0.0.1:*", w->error,
				   sizeof(w->error)),
			 ERR_OK);
	snprintf(w->target, sizeof(w->target), "%s %s", pipe_bound(w->a.pipe),
		 w->server_pair.public_key);
}

static struct pipe *call(struct world *w, struct pipe_context *context,
			 const char *target)
{
	const struct pipe_options o = {.kind = PIPE_DEALER,
				       .hwm = 100,
				       .on_message = on_message,
				       .arg = &w->b};
	struct pipe *p = pipe_open(context, &w->loop, &o);

	assert_int_equal(pipe_connect(p, target), ERR_OK);
	return p;
}

static void send_word(struct pipe *p)
{
	const struct slice word = SLICE_LIT("word");

	assert_int_equal(pipe_send(p, &word, 1), ERR_OK);
}

static void tear_down(struct world *w)
{
	char command[128];

	pipe_close(&w->a.pipe, 0);
	pipe_close(&w->b.pipe, 0);
	pipe_context_free(&w->server);
	pipe_context_free(&w->client);
	curve_close(&w->server_curve);
	curve_close(&w->client_curve);
	metrics_free(&w->metrics);
	io_close_loop(&w->loop);
	snprintf(command, sizeof(command), "rm -r %s", w->directory.path);
	(void)!system(command);
}

static void on_span(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

/* Some time in which something else should have happened. */
static void let_pass(struct world *w, uint64_t ms)
{
	uv_timer_t timer;
	bool over = false;

	uv_timer_init(&w->loop, &timer);
	timer.data = &over;
	uv_timer_start(&timer, on_span, ms, 0);
	io_run_until(&w->loop, io_is_set, &over);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&w->loop, UV_RUN_NOWAIT);
}

static bool client_is_known(void *arg)
{
	const struct world *w = arg;

	return keyring_find(w->ring, slice_of(w->client_pair.public_key));
}

static bool client_is_unknown(void *arg)
{
	return !client_is_known(arg);
}

static void wait_known(struct world *w, bool known)
{
	io_run_until(&w->loop, known ? client_is_known : client_is_unknown, w);
}

static void a_key_of_the_directory_is_let_in(void **state)
{
	struct world w;

	(void)state;
	set_up(&w, false);
	curve_directory_put(&w.directory, "c.key", &w.client_pair,
			    "    name = client\n");
	wait_known(&w, true);
	w.b.pipe = call(&w, w.client, w.target);
	send_word(w.b.pipe);
	want(&w, &w.a, 1);
	assert_string_equal(w.a.name, "client");
	assert_false(w.a.stranger);
	tear_down(&w);
}

/* libzmq gives up a connection that is refused: we must not. */
static void whoever_is_let_in_later_gets_in(void **state)
{
	struct world w;

	(void)state;
	set_up(&w, false);
	w.b.pipe = call(&w, w.client, w.target);
	send_word(w.b.pipe);
	let_pass(&w, 300);
	assert_int_equal(w.a.got, 0);
	curve_directory_put(&w.directory, "c.key", &w.client_pair, "");
	while (w.a.got == 0) {
		const struct slice word = SLICE_LIT("word");

		let_pass(&w, 50);
		(void)!pipe_send(w.b.pipe, &word, 1);
	}
	assert_string_equal(w.a.name, "c.key");
	tear_down(&w);
}

static void a_removed_key(bool strangers, int heard)
{
	struct world w;

	set_up(&w, strangers);
	curve_directory_put(&w.directory, "c.key", &w.client_pair, "");
	wait_known(&w, true);
	w.b.pipe = call(&w, w.client, w.target);
	send_word(w.b.pipe);
	want(&w, &w.a, 1);
	curve_directory_remove(&w.directory, "c.key");
	wait_known(&w, false);
	send_word(w.b.pipe);
	let_pass(&w, 100);
	assert_int_equal(w.a.got, heard);
	assert_int_equal(w.a.stranger, strangers);
	tear_down(&w);
}

static void a_removed_key_is_not_heard_any_more(void **state)
{
	(void)state;
	a_removed_key(false, 1);
}

static void a_removed_key_is_named_to_who_asks(void **state)
{
	(void)state;
	a_removed_key(true, 2);
}

static void without_the_right_keys_nobody_gets_in(void **state)
{
	struct pipe_context *plain;
	struct curve_pair other;
	struct pipe *wrong;
	struct world w;
	char target[PIPE_TARGET_SIZE];

	(void)state;
	set_up(&w, false);
	curve_directory_put(&w.directory, "c.key", &w.client_pair, "");
	wait_known(&w, true);
	/* In plain text. */
	plain = pipe_context_new(NULL);
	snprintf(target, sizeof(target), "%s", pipe_bound(w.a.pipe));
	w.b.pipe = call(&w, plain, target);
	send_word(w.b.pipe);
	/* With another key of the server. */
	curve_pair_make(&other);
	snprintf(target, sizeof(target), "%s %s", pipe_bound(w.a.pipe),
		 other.public_key);
	wrong = call(&w, w.client, target);
	send_word(wrong);
	let_pass(&w, 700);
	assert_int_equal(w.a.got, 0);
	pipe_close(&wrong, 0);
	pipe_close(&w.b.pipe, 0);
	uv_run(&w.loop, UV_RUN_NOWAIT);
	pipe_context_free(&plain);
	/* With both right. */
	w.b.pipe = call(&w, w.client, w.target);
	send_word(w.b.pipe);
	want(&w, &w.a, 1);
	tear_down(&w);
}

/* What a socket that lingers has to tell nobody hears; libzmq's thread, which
 * all sockets of the context have in common, must not wait for that. */
static void a_socket_that_lingers_holds_up_nobody(void **state)
{
	struct curve_pair other;
	struct pipe *wrong;
	struct world w;
	char target[PIPE_TARGET_SIZE];

	(void)state;
	set_up(&w, false);
	curve_directory_put(&w.directory, "c.key", &w.client_pair, "");
	wait_known(&w, true);
	curve_pair_make(&other);
	snprintf(target, sizeof(target), "%s %s", pipe_bound(w.a.pipe),
		 other.public_key);
	wrong = call(&w, w.client, target);
	send_word(wrong);
	pipe_close(&wrong, 1500);
	let_pass(&w, 500); /* it calls again and again meanwhile */
	w.b.pipe = call(&w, w.client, w.target);
	send_word(w.b.pipe);
	want(&w, &w.a, 1);
	tear_down(&w);
}

static struct pipe *subscribe(struct world *w, struct pipe_context *context,
			      struct end *end)
{
	const struct pipe_options o = {
	    .kind = PIPE_SUB, .hwm = 100, .on_message = on_message, .arg = end};
	struct pipe *p = pipe_open(context, &w->loop, &o);

	pipe_subscribe(p, SLICE_LIT("topic"));
	assert_int_equal(pipe_connect(p, w->target), ERR_OK);
	return p;
}

/* Until the end hears it. */
static void tell(struct world *w, struct end *end)
{
	const struct slice topic = SLICE_LIT("topic");
	int got = end->got;

	while (end->got == got) {
		(void)!pipe_send(w->a.pipe, &topic, 1);
		let_pass(w, 20);
	}
}

/* ZeroMQ would go on telling him. */
static void a_reader_whose_key_is_removed_hears_no_more(void **state)
{
	struct curve_pair other;
	struct curve *other_curve;
	struct pipe_context *context;
	struct end reader = {.got = 0};
	struct world w;

	(void)state;
	set_up(&w, false);
	pipe_close(&w.a.pipe, 0);
	curve_pair_make(&other);
	curve_directory_put(&w.directory, "c.key", &w.client_pair, "");
	curve_directory_put(&w.directory, "other.key", &other, "");
	open_server(&w, PIPE_XPUB, false);
	assert_int_equal(
	    pipe_bind(w.a.pipe, "tcp://127.0.0.1:*", w.error, sizeof(w.error)),
	    ERR_OK);
	snprintf(w.target, sizeof(w.target), "%s %s", pipe_bound(w.a.pipe),
		 w.server_pair.public_key);
	other_curve = curve_open(&w.loop, other.secret_key, false, w.metrics);
	context = pipe_context_new(other_curve);
	reader.pipe = subscribe(&w, context, &reader);
	w.b.pipe = subscribe(&w, w.client, &w.b);
	tell(&w, &reader);
	tell(&w, &w.b);
	curve_directory_remove(&w.directory, "c.key");
	wait_known(&w, false);
	let_pass(&w, 20); /* what is on its way */
	w.b.got = reader.got = 0;
	tell(&w, &reader);
	tell(&w, &reader);
	assert_int_equal(w.b.got, 0);
	assert_true(pipe_is_heard(w.a.pipe, "topic"));
	pipe_close(&reader.pipe, 0);
	pipe_context_free(&context);
	curve_close(&other_curve);
	tear_down(&w);
}

static void targets_that_do_not_go_are_refused(void **state)
{
	const struct pipe_options o = {.kind = PIPE_DEALER, .hwm = 1};
	struct pipe_context *plain = pipe_context_new(NULL);
	struct pipe *p;
	struct world w;

	(void)state;
	set_up(&w, false);
	p = pipe_open(plain, &w.loop, &o);
	/* We have no key. */
	assert_int_equal(pipe_connect(p, w.target), ERR_REFUSED);
	w.b.pipe = pipe_open(w.client, &w.loop, &o);
	/* It has no CURVE, and is far away. */
	assert_int_equal(pipe_connect(w.b.pipe, "tcp://192.0.2.1:1"),
			 ERR_REFUSED);
	assert_int_equal(pipe_connect(w.b.pipe, "tcp://127.0.0.1:1 short"),
			 ERR_REFUSED);
	assert_int_equal(pipe_connect(w.b.pipe, "tcp://127.0.0.1:1"), ERR_OK);
	pipe_close(&p, 0);
	uv_run(&w.loop, UV_RUN_NOWAIT);
	pipe_context_free(&plain);
	tear_down(&w);
}

/* The same socket: by ipc:// without keys, by tcp:// with. */
static void ipc_stays_without(void **state)
{
	struct pipe_context *plain = pipe_context_new(NULL);
	struct world w;
	char list[300], ipc[100];

	(void)state;
	set_up(&w, false);
	snprintf(ipc, sizeof(ipc), "ipc://%s/.socket", w.directory.path);
	snprintf(list, sizeof(list), "%s,tcp://127.0.0.1:*,%s2", ipc, ipc);
	assert_int_equal(pipe_bind(w.a.pipe, list, w.error, sizeof(w.error)),
			 ERR_OK);
	w.b.pipe = call(&w, plain, ipc);
	send_word(w.b.pipe);
	want(&w, &w.a, 1);
	assert_string_equal(w.a.name, "nobody");
	assert_false(w.a.stranger);
	pipe_close(&w.b.pipe, 0);
	uv_run(&w.loop, UV_RUN_NOWAIT);
	pipe_context_free(&plain);
	/* One with keys, on a socket that may use them elsewhere. */
	snprintf(w.target, sizeof(w.target), "%s2 %s", ipc,
		 w.server_pair.public_key);
	w.b.pipe = call(&w, w.client, w.target);
	send_word(w.b.pipe);
	want(&w, &w.a, 2);
	assert_string_equal(w.a.name, "nobody");
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_key_of_the_directory_is_let_in),
	    cmocka_unit_test(whoever_is_let_in_later_gets_in),
	    cmocka_unit_test(a_removed_key_is_not_heard_any_more),
	    cmocka_unit_test(a_removed_key_is_named_to_who_asks),
	    cmocka_unit_test(without_the_right_keys_nobody_gets_in),
	    cmocka_unit_test(a_socket_that_lingers_holds_up_nobody),
	    cmocka_unit_test(a_reader_whose_key_is_removed_hears_no_more),
	    cmocka_unit_test(targets_that_do_not_go_are_refused),
	    cmocka_unit_test(ipc_stays_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
