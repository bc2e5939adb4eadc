/*
 * publish - hands events over by ZeroMQ, as fast as they are taken or at a
 * rate. SPDX-License-Identifier: Apache-2.0
 *
 * bench_publish --endpoint tcp://… --project P --events N [--batch 128]
 *               [--in-flight 8] [--bytes 1024] [--rate EVENTS_PER_SECOND]
 *               [--name bench] [--record FILE]
 *
 * One batch is packed once; only its userIds change. With a rate a batch counts
 * from the moment it was to go out, also when it went out late, and --record
 * has a line "<event id> <µs it was to go out> <µs of the answer>" for each
 * event. Prints {"events","batches","busy","seconds","cpu_seconds"}.
 */
#include <inttypes.h>
#include <msgpack.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "args.h"
#include "sample.h"

#define BATCH_MAX 1000
#define IN_FLIGHT_MAX 1024

/* A batch on its way; its place in the array is its correlation id. */
struct flight {
	uint64_t due_us, n;
};

struct publisher {
	const char *endpoint, *project, *name, *record_path;
	uint64_t events, batch, in_flight, bytes, rate;
	void *context, *socket;
	FILE *record;
	int timer;
	msgpack_sbuffer body;	  /* an array of batch messages */
	size_t digits[BATCH_MAX]; /* where each one's number stands in body */
	struct flight flights[IN_FLIGHT_MAX];
	uint64_t idle[IN_FLIGHT_MAX], n_idle; /* places that are free */
	uint64_t sent, done, batches, busy;
	uint64_t began_us, wait_until_us;
	bool failed;
};

static uint64_t clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void fail(struct publisher *p, const char *what, const char *text,
		 size_t n)
{
	fprintf(stderr, "bench_publish: %s: %.*s\n", what, (int)n, text);
	p->failed = true;
}

/* ---- sending ---- */

static void pack_batch(struct publisher *p, uint64_t n)
{
	msgpack_packer packer;

	msgpack_sbuffer_clear(&p->body);
	msgpack_packer_init(&packer, &p->body, msgpack_sbuffer_write);
	msgpack_pack_array(&packer, n);
	for (uint64_t i = 0; i < n; i++)
		p->digits[i] =
		    sample_pack(&p->body, p->project, p->name, p->bytes);
}

/* When the next batch is to go out, by the wall clock. */
static uint64_t due_us(const struct publisher *p, uint64_t now)
{
	uint64_t due = now;

	if (p->rate)
		due = p->began_us + p->sent * 1000000 / p->rate;
	return due > p->wait_until_us ? due : p->wait_until_us;
}

static void send_batch(struct publisher *p, uint64_t due)
{
	uint64_t left = p->events - p->sent;
	uint64_t n = left < p->batch ? left : p->batch;
	uint64_t place = p->idle[--p->n_idle];

	if (n != p->batch)
		pack_batch(p, n);
	for (uint64_t i = 0; i < n; i++)
		sample_number(p->body.data + p->digits[i], p->sent + i);
	p->flights[place] = (struct flight){.due_us = due, .n = n};
	p->sent += n;
	p->batches++;
	zmq_send(p->socket, &place, sizeof(place), ZMQ_SNDMORE);
	zmq_send(p->socket, p->body.data, p->body.size, 0);
}

/* Sends what is due; false when there is nothing to wait for but answers. */
static bool send_due(struct publisher *p, uint64_t *next)
{
	while (p->sent < p->events && p->n_idle > 0) {
		uint64_t now = clock_us(CLOCK_REALTIME);

		*next = due_us(p, now);
		if (*next > now)
			return true;
		send_batch(p, *next);
	}
	return false;
}

/* ---- answers ---- */

static const msgpack_object *find(const msgpack_object *map, const char *key)
{
	size_t n = strlen(key);

	if (map->type != MSGPACK_OBJECT_MAP)
		return NULL;
	for (uint32_t i = 0; i < map->via.map.size; i++) {
		const msgpack_object_kv *kv = &map->via.map.ptr[i];

		if (kv->key.type == MSGPACK_OBJECT_STR &&
		    kv->key.via.str.size == n &&
		    memcmp(kv->key.via.str.ptr, key, n) == 0)
			return &kv->val;
	}
	return NULL;
}

static void record_ids(struct publisher *p, const struct flight *f,
		       const msgpack_object *ids)
{
	uint64_t now = clock_us(CLOCK_REALTIME);

	if (!p->record || !ids || ids->type != MSGPACK_OBJECT_ARRAY)
		return;
	for (uint32_t i = 0; i < ids->via.array.size; i++) {
		const msgpack_object *id = &ids->via.array.ptr[i];

		fprintf(p->record, "%.*s %" PRIu64 " %" PRIu64 "\n",
			(int)id->via.str.size, id->via.str.ptr, f->due_us, now);
	}
}

/* Nothing was taken: the same number of events goes out again, a little later.
 */
static bool is_busy(struct publisher *p, const struct flight *f,
		    const msgpack_object *error)
{
	const msgpack_object *code = find(error, "code");
	const msgpack_object *ms = find(error, "retryAfterMs");

	if (!code || code->type != MSGPACK_OBJECT_STR ||
	    code->via.str.size != 4 ||
	    memcmp(code->via.str.ptr, "busy", 4) != 0)
		return false;
	p->busy++;
	p->sent -= f->n;
	p->wait_until_us =
	    clock_us(CLOCK_REALTIME) + (ms ? ms->via.u64 : 10) * 1000;
	return true;
}

static void on_answer(struct publisher *p, uint64_t place, const char *data,
		      size_t n)
{
	struct flight *f = &p->flights[place];
	const msgpack_object *ok, *error;
	msgpack_unpacked answer;
	size_t at = 0;

	msgpack_unpacked_init(&answer);
	if (msgpack_unpack_next(&answer, data, n, &at) !=
	    MSGPACK_UNPACK_SUCCESS) {
		fail(p, "answer", "not msgpack", 11);
	} else {
		ok = find(&answer.data, "ok");
		error = find(&answer.data, "error");
		if (ok && ok->type == MSGPACK_OBJECT_BOOLEAN &&
		    ok->via.boolean) {
			p->done += f->n;
			record_ids(p, f, find(&answer.data, "ids"));
		} else if (!error || !is_busy(p, f, error)) {
			fail(p, "refused", data, n);
		}
	}
	p->idle[p->n_idle++] = place;
	msgpack_unpacked_destroy(&answer);
}

/* Takes one answer, if there is one. */
static bool receive(struct publisher *p)
{
	uint64_t place = 0;
	zmq_msg_t body;

	if (zmq_recv(p->socket, &place, sizeof(place), ZMQ_DONTWAIT) < 0)
		return false;
	zmq_msg_init(&body);
	zmq_msg_recv(&body, p->socket, 0);
	if (place < p->in_flight)
		on_answer(p, place, zmq_msg_data(&body), zmq_msg_size(&body));
	zmq_msg_close(&body);
	return true;
}

/* Until the next answer, or, with a time, until that. */
static void wait_for(struct publisher *p, bool timed, uint64_t until_us)
{
	struct itimerspec t = {
	    .it_value = {.tv_sec = (time_t)(until_us / 1000000),
			 .tv_nsec = (long)(until_us % 1000000) * 1000}};
	zmq_pollitem_t items[2] = {
	    {.socket = p->socket, .events = ZMQ_POLLIN},
	    {.fd = p->timer, .events = ZMQ_POLLIN},
	};

	if (timed)
		timerfd_settime(p->timer, TFD_TIMER_ABSTIME, &t, NULL);
	if (zmq_poll(items, timed ? 2 : 1, 30000) == 0)
		fail(p, "no answer", "30 s", 4);
}

static void run(struct publisher *p)
{
	p->began_us = clock_us(CLOCK_REALTIME);
	while (p->done < p->events && !p->failed) {
		uint64_t next = 0;
		bool timed = send_due(p, &next);

		if (!receive(p))
			wait_for(p, timed, next);
	}
}

static bool open_all(struct publisher *p)
{
	int linger = 0;

	if (p->record_path && !(p->record = fopen(p->record_path, "w")))
		return false;
	p->timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
	p->context = zmq_ctx_new();
	p->socket = zmq_socket(p->context, ZMQ_DEALER);
	zmq_setsockopt(p->socket, ZMQ_LINGER, &linger, sizeof(linger));
	if (zmq_connect(p->socket, p->endpoint) != 0)
		return false;
	for (uint64_t i = 0; i < p->in_flight; i++)
		p->idle[p->n_idle++] = i;
	msgpack_sbuffer_init(&p->body);
	pack_batch(p, p->batch);
	return true;
}

static void close_all(struct publisher *p)
{
	msgpack_sbuffer_destroy(&p->body);
	zmq_close(p->socket);
	zmq_ctx_term(p->context);
	close(p->timer);
	if (p->record)
		fclose(p->record);
}

static void print_figures(const struct publisher *p, uint64_t began_us)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	printf("{\"events\":%" PRIu64 ",\"batches\":%" PRIu64
	       ",\"busy\":%" PRIu64 ",\"seconds\":%.6f,\"cpu_seconds\":%.6f}\n",
	       p->done, p->batches, p->busy,
	       (double)(clock_us(CLOCK_MONOTONIC) - began_us) / 1e6,
	       (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		   (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
}

int main(int argc, char **argv)
{
	static struct publisher p = {.name = "bench",
				     .events = 100000,
				     .batch = 128,
				     .in_flight = 8,
				     .bytes = 1024};
	const struct arg args[] = {
	    ARG_TEXT("--endpoint", &p.endpoint),
	    ARG_TEXT("--project", &p.project),
	    ARG_TEXT("--name", &p.name),
	    ARG_TEXT("--record", &p.record_path),
	    ARG_NUMBER("--events", &p.events),
	    ARG_NUMBER("--batch", &p.batch),
	    ARG_NUMBER("--in-flight", &p.in_flight),
	    ARG_NUMBER("--bytes", &p.bytes),
	    ARG_NUMBER("--rate", &p.rate),
	};
	uint64_t began;

	if (!args_parse(args, sizeof(args) / sizeof(args[0]), argc, argv) ||
	    !p.endpoint || !p.project || p.batch == 0 || p.batch > BATCH_MAX ||
	    p.in_flight == 0 || p.in_flight > IN_FLIGHT_MAX)
		return 2;
	if (!open_all(&p)) {
		fprintf(stderr, "bench_publish: cannot open\n");
		return 1;
	}
	began = clock_us(CLOCK_MONOTONIC);
	run(&p);
	print_figures(&p, began);
	close_all(&p);
	return p.failed ? 1 : 0;
}
