/*
 * http_server_test - HTTP in, spoken byte by byte from a thread.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http_talk.h"
#include "io_test.h"

#include "base/buf.h"
#include "base/mem.h"
#include "io/http_server.h"

#define BODY_MAX 100000

struct world {
	uv_loop_t loop;
	struct http_server *server;
	struct http_request *kept;
	struct http_stream *stream;
	bool is_kept, is_streaming;
	int calls, closed;
	struct buf seen; /* what the handler saw */
	char error[200];
};

static void see(void *arg, const char *name, const char *value)
{
	struct world *w = arg;

	buf_printf(&w->seen, "[%s=%s]", name, value);
}

static void on_stream_close(void *arg)
{
	struct world *w = arg;

	w->closed++;
	w->stream = NULL;
}

static void handle(void *arg, struct http_request *req)
{
	static const char *const more[] = {"X-One", "1", "X-Two", "2", NULL};
	struct world *w = arg;
	struct slice body = http_body(req);

	w->calls++;
	buf_printf(&w->seen, "%s %s %s %zu", http_method(req), http_path(req),
		   http_raw_target(req), body.n);
	http_set_data(req, w);
	assert_ptr_equal(http_data(req), w);
	if (strcmp(http_path(req), "/keep") == 0) {
		w->kept = req;
		w->is_kept = true;
	} else if (strcmp(http_path(req), "/stream") == 0) {
		w->stream = http_stream_start(req, 1000, on_stream_close, w);
		w->is_streaming = true;
	} else if (strcmp(http_path(req), "/problem") == 0) {
		http_problem(req, 422, "bad", "a.b", "say \"no\"", more);
	} else if (strcmp(http_path(req), "/stump") == 0) {
		http_problem(req, 422, "bad", "a\xff", "gr\xc3\xbc\xc3", NULL);
	} else {
		http_each_query(req, see, w);
		http_reply(req, 200, "text/plain", body, more);
	}
}

static void setup_with(struct world *w, unsigned idle_s, unsigned connections)
{
	struct http_server_options o = {
	    .bind = "127.0.0.1:0",
	    .body_bytes_max = BODY_MAX,
	    .connections_max = connections,
	    .idle_timeout_s = idle_s,
	    .handler = handle,
	    .arg = w,
	};

	memset(w, 0, sizeof(*w));
	uv_loop_init(&w->loop);
	buf_init(&w->seen, 1 << 20);
	assert_int_equal(http_server_open(&w->server, &w->loop, &o, w->error,
					  sizeof(w->error)),
			 ERR_OK);
	assert_true(http_server_port(w->server) > 0);
}

static void setup(struct world *w)
{
	setup_with(w, 30, 100);
}

static void teardown(struct world *w)
{
	http_server_close(&w->server);
	io_close_loop(&w->loop);
	buf_fini(&w->seen);
}

static void begin(struct talk *t, struct world *w, struct slice out)
{
	talk_start(t, &w->loop, http_server_port(w->server), out);
}

static void say(struct world *w, struct talk *t, struct slice out)
{
	buf_reset(&w->seen);
	begin(t, w, out);
	talk_end(t, &w->loop);
	buf_append_char(&w->seen, '\0');
}

/* What came back begins with one text and holds another. */
static void assert_answer(struct talk *t, const char *begins, const char *holds)
{
	if (strncmp(t->in.p, begins, strlen(begins)) != 0 ||
	    !strstr(t->in.p, holds))
		fail_msg("not \"%s\" with \"%s\" but: %s", begins, holds,
			 t->in.p);
	buf_fini(&t->in);
}

#define CLOSE "Host: h\r\nConnection: close\r\n"

static void requests_and_answers(void **state)
{
	struct world w;
	struct talk t = {0};

	(void)state;
	setup(&w);
	say(&w, &t,
	    SLICE_LIT("GET /a%20b?x=1&y=%41+z&n&e= HTTP/1.1\r\n" CLOSE "\r\n"));
	assert_string_equal(w.seen.p, "GET /a b /a%20b?x=1&y=%41+z&n&e= 0"
				      "[x=1][y=A z][n=][e=]");
	assert_answer(&t, "HTTP/1.1 200 OK\r\n", "X-Two: 2\r\n");
	say(&w, &t,
	    SLICE_LIT("POST /p HTTP/1.1\r\n" CLOSE "Content-Length: 5\r\n\r\n"
		      "hello"));
	assert_string_equal(w.seen.p, "POST /p /p 5");
	assert_answer(&t, "HTTP/1.1 200", "\r\n\r\nhello");
	say(&w, &t,
	    SLICE_LIT("PUT /c HTTP/1.1\r\n" CLOSE
		      "Transfer-Encoding: chunked\r\n\r\n"
		      "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"));
	assert_answer(&t, "HTTP/1.1 200", "\r\n\r\nabcdefg");
	say(&w, &t, SLICE_LIT("HEAD /h HTTP/1.1\r\n" CLOSE "\r\n"));
	assert_string_equal(w.seen.p, "HEAD /h /h 0");
	assert_answer(&t, "HTTP/1.1 200", "Content-Length: 0\r\n");
	say(&w, &t, SLICE_LIT("DELETE /x HTTP/1.1\r\n" CLOSE "\r\n"));
	assert_answer(&t, "HTTP/1.1 200", "X-One: 1");
	assert_true(io_idle_rounds(&w.loop) < 10);
	teardown(&w);
}

static void problems_are_json(void **state)
{
	struct world w;
	struct talk t = {0};

	(void)state;
	setup(&w);
	say(&w, &t, SLICE_LIT("GET /problem HTTP/1.1\r\n" CLOSE "\r\n"));
	assert_non_null(strstr(t.in.p, "Content-Type: application/problem+json"
				       "\r\n"));
	assert_non_null(strstr(t.in.p, "X-Two: 2\r\n"));
	assert_answer(&t, "HTTP/1.1 422",
		      "{\"type\":\"about:blank\",\"title\":\"Unprocessable "
		      "Content\",\"status\":422,\"code\":\"bad\",\"detail\":"
		      "\"say \\\"no\\\"\",\"field\":\"a.b\"}");
	say(&w, &t, SLICE_LIT("GET /stump HTTP/1.1\r\n" CLOSE "\r\n"));
	assert_answer(&t, "HTTP/1.1 422",
		      "\"detail\":\"gr???\",\"field\":\"a?\"}");
	teardown(&w);
}

static void put_body(struct buf *out, const char *head, size_t n)
{
	buf_append_str(out, head);
	memset(buf_reserve(out, n), 'b', n);
	out->n += n;
}

static void bodies_up_to_the_limit(void **state)
{
	struct world w;
	struct talk t = {0};
	struct buf out;

	(void)state;
	setup(&w);
	buf_init(&out, 4 << 20);
	put_body(&out,
		 "POST / HTTP/1.1\r\n" CLOSE "Content-Length: 100000\r\n\r\n",
		 BODY_MAX);
	say(&w, &t, buf_slice(&out));
	assert_int_equal(w.calls, 1);
	assert_true(t.in.n > BODY_MAX);
	assert_answer(&t, "HTTP/1.1 200", "bbb");
	buf_reset(&out);
	put_body(&out,
		 "POST / HTTP/1.1\r\n" CLOSE "Content-Length: 100001\r\n\r\n",
		 BODY_MAX + 1);
	say(&w, &t, buf_slice(&out));
	assert_answer(&t, "HTTP/1.1 413", "\"code\":\"too_large\"");
	buf_reset(&out);
	put_body(&out,
		 "POST / HTTP/1.1\r\n" CLOSE
		 "Transfer-Encoding: chunked\r\n\r\n186a1\r\n",
		 BODY_MAX + 1);
	buf_append_str(&out, "\r\n0\r\n\r\n");
	say(&w, &t, buf_slice(&out));
	assert_answer(&t, "HTTP/1.1 413", "\"code\":\"too_large\"");
	assert_int_equal(w.calls, 1);
	buf_fini(&out);
	teardown(&w);
}

static void a_body_without_end_is_cut_off(void **state)
{
	struct world w;
	struct talk t = {0};
	struct buf out;

	(void)state;
	setup(&w);
	buf_init(&out, 8 << 20);
	put_body(&out,
		 "POST / HTTP/1.1\r\n" CLOSE
		 "Transfer-Encoding: chunked\r\n\r\n600000\r\n",
		 6 << 20);
	say(&w, &t, buf_slice(&out));
	buf_fini(&t.in);
	assert_int_equal(w.calls, 0);
	buf_fini(&out);
	teardown(&w);
}

static void expectations(void **state)
{
	struct world w;
	struct talk t = {0};

	(void)state;
	setup(&w);
	say(&w, &t,
	    SLICE_LIT("POST / HTTP/1.1\r\n" CLOSE "Expect: 100-continue\r\n"
		      "Content-Length: 200000\r\n\r\n"));
	assert_answer(&t, "HTTP/1.1 413", "too_large");
	assert_int_equal(w.calls, 0);
	t.until = "100 Continue\r\n";
	say(&w, &t,
	    SLICE_LIT("POST / HTTP/1.1\r\n" CLOSE "Expect: 100-continue\r\n"
		      "Content-Length: 2\r\n\r\n"));
	assert_answer(&t, "HTTP/1.1 100 Continue", "");
	t.until = NULL;
	say(&w, &t,
	    SLICE_LIT("POST /huge HTTP/1.1\r\n" CLOSE
		      "Content-Length: 99999999999\r\n\r\n"));
	assert_answer(&t, "HTTP/1.1 413", "too_large");
	teardown(&w);
}

static void what_cannot_be_a_request(void **state)
{
	struct world w;
	struct talk t = {0};
	struct buf out;

	(void)state;
	setup(&w);
	say(&w, &t, SLICE_LIT("GET /a%00b HTTP/1.1\r\n" CLOSE "\r\n"));
	assert_answer(&t, "HTTP/1.1 400", "malformed");
	say(&w, &t, SLICE_LIT("GET /?a=%00b HTTP/1.1\r\n" CLOSE "\r\n"));
	assert_answer(&t, "HTTP/1.1 400", "malformed");
	say(&w, &t, SLICE_LIT("\x16\x03\x01\x02\x00\x01\r\n\r\n\r\n"));
	buf_fini(&t.in);
	buf_init(&out, 1 << 20);
	put_body(&out, "GET / HTTP/1.1\r\nX: ", 100000);
	say(&w, &t, buf_slice(&out));
	buf_fini(&t.in);
	buf_fini(&out);
	assert_int_equal(w.calls, 0);
	say(&w, &t, SLICE_LIT("GET / HTTP/1.1\r\n" CLOSE "\r\n"));
	assert_answer(&t, "HTTP/1.1 200", "");
	teardown(&w);
}

static void one_connection_many_requests(void **state)
{
	struct world w;
	struct talk t = {0};
	struct buf out;

	(void)state;
	setup(&w);
	buf_init(&out, 1 << 20);
	for (int i = 0; i < 500; i++)
		buf_append_str(&out, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
	buf_append_str(&out, "GET /last HTTP/1.1\r\n" CLOSE "\r\n");
	say(&w, &t, buf_slice(&out));
	assert_int_equal(w.calls, 501);
	buf_fini(&out);
	assert_answer(&t, "HTTP/1.1 200", "Connection: close");
	teardown(&w);
}

static void answers_may_come_later(void **state)
{
	struct world w;
	struct talk t = {0};

	(void)state;
	setup(&w);
	for (int i = 0; i < 3; i++) {
		w.is_kept = false;
		begin(&t, &w,
		      SLICE_LIT("POST /keep HTTP/1.1\r\n" CLOSE
				"Content-Length: 1\r\n\r\nx"));
		io_run_until(&w.loop, io_is_set, &w.is_kept);
		assert_true(io_idle_rounds(&w.loop) < 10);
		assert_string_equal(http_path(w.kept), "/keep");
		assert_string_equal(http_header(w.kept, "content-length"), "1");
		assert_null(http_header(w.kept, "no-such"));
		assert_null(http_query(w.kept, "no"));
		http_reply(w.kept, 202, NULL, SLICE_LIT("later"), NULL);
		talk_end(&t, &w.loop);
		assert_answer(&t, "HTTP/1.1 202 Accepted", "\r\n\r\nlater");
	}
	teardown(&w);
}

static void clients_that_leave(void **state)
{
	struct world w;
	struct talk t = {.reset = true};

	(void)state;
	setup(&w);
	begin(&t, &w, SLICE_LIT("GET /keep HTTP/1.1\r\nHost: h\r\n\r\n"));
	io_run_until(&w.loop, io_is_set, &w.is_kept);
	talk_end(&t, &w.loop);
	buf_fini(&t.in);
	http_reply(w.kept, 200, NULL, SLICE_LIT("nobody there"), NULL);
	assert_true(io_idle_rounds(&w.loop) < 20);
	say(&w, &t, SLICE_LIT("GET /half HTTP/1.1\r\nHo"));
	buf_fini(&t.in);
	teardown(&w);
}

static void closing_with_requests_in_hand(void **state)
{
	struct world w;
	struct talk t = {0}, u = {0};
	struct http_request *first;

	(void)state;
	setup(&w);
	begin(&t, &w, SLICE_LIT("GET /keep HTTP/1.1\r\n" CLOSE "\r\n"));
	io_run_until(&w.loop, io_is_set, &w.is_kept);
	first = w.kept;
	w.is_kept = false;
	begin(&u, &w, SLICE_LIT("GET /keep HTTP/1.1\r\n" CLOSE "\r\n"));
	io_run_until(&w.loop, io_is_set, &w.is_kept);
	http_server_close(&w.server);
	http_reply(first, 200, NULL, SLICE_LIT("too late"), NULL);
	/* The second is never answered, and not leaked. */
	talk_end(&t, &w.loop);
	talk_end(&u, &w.loop);
	assert_answer(&t, "", "");
	assert_answer(&u, "", "");
	teardown(&w);
}

static bool is_closed(void *arg)
{
	return ((struct world *)arg)->closed > 0;
}

static void streams(void **state)
{
	struct world w;
	struct talk t = {.until = "data: 2\n\n"};

	(void)state;
	setup(&w);
	begin(&t, &w, SLICE_LIT("GET /stream HTTP/1.1\r\n" CLOSE "\r\n"));
	io_run_until(&w.loop, io_is_set, &w.is_streaming);
	assert_true(io_idle_rounds(&w.loop) < 10);
	http_stream_send(w.stream, SLICE_LIT("data: 1\n\n"));
	uv_run(&w.loop, UV_RUN_NOWAIT);
	http_stream_send(w.stream, SLICE_LIT("data: 2\n\n"));
	talk_end(&t, &w.loop);
	assert_answer(&t, "HTTP/1.1 200", "data: 1\n\n");
	io_run_until(&w.loop, is_closed, &w);
	assert_int_equal(w.closed, 1);
	teardown(&w);
	assert_int_equal(w.closed, 1);
}

static void slow_streams_lose_events_and_learn_of_it(void **state)
{
	struct world w;
	struct talk t = {0};
	char event[100];

	(void)state;
	memset(event, 'x', sizeof(event));
	setup(&w);
	begin(&t, &w, SLICE_LIT("GET /stream HTTP/1.1\r\n" CLOSE "\r\n"));
	io_run_until(&w.loop, io_is_set, &w.is_streaming);
	for (int i = 0; i < 25; i++)
		http_stream_send(w.stream, slice_bytes(event, sizeof(event)));
	assert_true(io_idle_rounds(&w.loop) < 20);
	http_stream_send(w.stream, SLICE_LIT("data: end\n\n"));
	http_stream_end(w.stream);
	talk_end(&t, &w.loop);
	io_run_until(&w.loop, is_closed, &w);
	assert_answer(&t, "HTTP/1.1 200",
		      "event: dropped\ndata: {\"count\":15}\n\n");
	assert_int_equal(w.closed, 1);
	teardown(&w);
}

static void a_server_closes_its_streams(void **state)
{
	struct world w;
	struct talk t = {0};

	(void)state;
	setup(&w);
	begin(&t, &w, SLICE_LIT("GET /stream HTTP/1.1\r\n" CLOSE "\r\n"));
	io_run_until(&w.loop, io_is_set, &w.is_streaming);
	http_server_close(&w.server);
	assert_int_equal(w.closed, 1);
	talk_end(&t, &w.loop);
	buf_fini(&t.in);
	teardown(&w);
}

static void idle_clients_are_dropped(void **state)
{
	struct world w;
	struct talk t = {0};

	(void)state;
	setup_with(&w, 1, 100);
	say(&w, &t, SLICE_LIT("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
	assert_answer(&t, "HTTP/1.1 200", "");
	teardown(&w);
}

static void slow_clients_are_dropped(void **state)
{
	struct world w;
	struct talk t = {.drip = true};

	(void)state;
	setup_with(&w, 1, 100);
	say(&w, &t, SLICE_LIT("GET / HTTP/1.1\r\nHost: h\r\nX-Slow: "));
	buf_fini(&t.in);
	assert_int_equal(w.calls, 0);
	teardown(&w);
}

/* More clients than are let in: the rest waits and is served. */
static void connections_are_bounded(void **state)
{
	struct world w;
	struct talk t[8] = {{0}};

	(void)state;
	setup_with(&w, 30, 2);
	for (int i = 0; i < 8; i++)
		begin(&t[i], &w, SLICE_LIT("GET / HTTP/1.1\r\n" CLOSE "\r\n"));
	for (int i = 0; i < 8; i++) {
		talk_end(&t[i], &w.loop);
		assert_answer(&t[i], "HTTP/1.1 200", "");
	}
	assert_int_equal(w.calls, 8);
	teardown(&w);
}

static void faults_of_listening(void **state)
{
	static const char *const bad[] = {
	    "", "127.0.0.1", "127.0.0.1:", ":80", "1.2.3.4:1", "h:99999999"};
	struct world w;
	struct http_server *other = NULL;
	struct http_server_options o = {.connections_max = 1,
					.handler = handle};
	char same[40];

	(void)state;
	setup(&w);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		o.bind = bad[i];
		assert_int_equal(http_server_open(&other, &w.loop, &o, w.error,
						  sizeof(w.error)),
				 ERR_IO);
	}
	snprintf(same, sizeof(same), "127.0.0.1:%u",
		 http_server_port(w.server));
	o.bind = same;
	assert_int_equal(
	    http_server_open(&other, &w.loop, &o, w.error, sizeof(w.error)),
	    ERR_IO);
	assert_non_null(strstr(w.error, same));
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_and_answers),
	    cmocka_unit_test(problems_are_json),
	    cmocka_unit_test(bodies_up_to_the_limit),
	    cmocka_unit_test(a_body_without_end_is_cut_off),
	    cmocka_unit_test(expectations),
	    cmocka_unit_test(what_cannot_be_a_request),
	    cmocka_unit_test(one_connection_many_requests),
	    cmocka_unit_test(answers_may_come_later),
	    cmocka_unit_test(clients_that_leave),
	    cmocka_unit_test(closing_with_requests_in_hand),
	    cmocka_unit_test(streams),
	    cmocka_unit_test(slow_streams_lose_events_and_learn_of_it),
	    cmocka_unit_test(a_server_closes_its_streams),
	    cmocka_unit_test(idle_clients_are_dropped),
	    cmocka_unit_test(slow_clients_are_dropped),
	    cmocka_unit_test(connections_are_bounded),
	    cmocka_unit_test(faults_of_listening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
