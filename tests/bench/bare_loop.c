/*
 * bare_loop - the ceiling: a libcurl multi loop that posts one body over and
 * over and does nothing else. SPDX-License-Identifier: Apache-2.0
 *
 * bare_loop --url URL --requests N [--connections 64] [--bytes 1100]
 *           [--loop socket|poll]
 *
 * No signature, no store, no queue: whatever delivers webhooks with libcurl
 * from one thread can come near this and not pass it. Both ways that libcurl
 * documents are here, multi_socket_action with epoll and multi_perform with
 * multi_poll; the faster one counts. Prints
 * {"requests":N,"seconds":S,"cpu_seconds":C,"failed":F}.
 */
#include <curl/curl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "args.h"

#define CONNECTIONS_MAX 1024
#define EVENTS_MAX 256

struct loop {
	CURLM *multi;
	CURL *easy[CONNECTIONS_MAX];
	struct curl_slist *headers;
	char body[65536];
	const char *url;
	uint64_t bytes, requests, connections;
	uint64_t started, ended, failed;
	int epoll;
	long timeout_ms; /* what libcurl asked for; -1: nothing */
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static size_t discard(char *data, size_t size, size_t n, void *arg)
{
	(void)data;
	(void)arg;
	return size * n;
}

static void open_handles(struct loop *l)
{
	memset(l->body, 'x', sizeof(l->body));
	l->headers = curl_slist_append(NULL, "Content-Type: application/json");
	l->headers = curl_slist_append(l->headers, "Expect:");
	for (uint64_t i = 0; i < l->connections; i++) {
		CURL *e = l->easy[i] = curl_easy_init();

		curl_easy_setopt(e, CURLOPT_URL, l->url);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, l->body);
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)l->bytes);
		curl_easy_setopt(e, CURLOPT_HTTPHEADER, l->headers);
		curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, discard);
		curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
				 (long)CURL_HTTP_VERSION_1_1);
	}
}

static void start(struct loop *l, CURL *easy)
{
	l->started++;
	curl_multi_add_handle(l->multi, easy);
}

/* Takes what has ended and starts as many anew. */
static void reap(struct loop *l)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(l->multi, &left)) != NULL) {
		CURL *easy = m->easy_handle;
		long status = 0;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		l->ended++;
		l->failed += m->data.result != CURLE_OK || status / 100 != 2;
		curl_multi_remove_handle(l->multi, easy);
		if (l->started < l->requests)
			start(l, easy);
	}
}

static int on_socket(CURL *easy, curl_socket_t s, int what, void *arg,
		     void *seen)
{
	struct loop *l = arg;
	struct epoll_event ev = {.data.fd = s};

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, s, NULL);
		return 0;
	}
	ev.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0u) |
		    (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0u);
	epoll_ctl(l->epoll, seen ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s, &ev);
	curl_multi_assign(l->multi, s, l);
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	(void)multi;
	((struct loop *)arg)->timeout_ms = timeout_ms;
	return 0;
}

static int curl_events(uint32_t events)
{
	return (events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
	       (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
	       (events & EPOLLERR ? CURL_CSELECT_ERR : 0);
}

static void run_socket(struct loop *l)
{
	struct epoll_event events[EVENTS_MAX];
	int running;

	while (l->ended < l->requests) {
		int wait = l->timeout_ms < 0 ? 1000 : (int)l->timeout_ms;
		int n = epoll_wait(l->epoll, events, EVENTS_MAX, wait);

		for (int i = 0; i < n; i++)
			curl_multi_socket_action(l->multi, events[i].data.fd,
						 curl_events(events[i].events),
						 &running);
		if (n == 0 || l->timeout_ms == 0) {
			l->timeout_ms = -1;
			curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT,
						 0, &running);
		}
		reap(l);
	}
}

static void run_poll(struct loop *l)
{
	int running;

	while (l->ended < l->requests) {
		curl_multi_perform(l->multi, &running);
		reap(l);
		curl_multi_poll(l->multi, NULL, 0, 1000, NULL);
	}
}

static void open_multi(struct loop *l, bool socket_loop)
{
	l->multi = curl_multi_init();
	l->timeout_ms = -1;
	curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, (long)l->connections);
	if (!socket_loop)
		return;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
}

static void close_all(struct loop *l, bool socket_loop)
{
	for (uint64_t i = 0; i < l->connections; i++)
		curl_easy_cleanup(l->easy[i]);
	curl_multi_cleanup(l->multi);
	curl_slist_free_all(l->headers);
	if (socket_loop)
		close(l->epoll);
}

int main(int argc, char **argv)
{
	static struct loop l;
	const char *way = "socket";
	const struct arg args[] = {
	    ARG_TEXT("--url", &l.url),
	    ARG_NUMBER("--requests", &l.requests),
	    ARG_NUMBER("--connections", &l.connections),
	    ARG_NUMBER("--bytes", &l.bytes),
	    ARG_TEXT("--loop", &way),
	};
	double began;
	bool socket_loop;

	l.requests = 100000;
	l.connections = 64;
	l.bytes = 1100;
	if (!args_parse(args, sizeof(args) / sizeof(args[0]), argc, argv) ||
	    !l.url || l.bytes > sizeof(l.body) || l.connections == 0 ||
	    l.connections > CONNECTIONS_MAX || l.connections > l.requests)
		return 2;
	socket_loop = strcmp(way, "socket") == 0;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	open_multi(&l, socket_loop);
	open_handles(&l);
	began = seconds();
	for (uint64_t i = 0; i < l.connections; i++)
		start(&l, l.easy[i]);
	if (socket_loop)
		run_socket(&l);
	else
		run_poll(&l);
	printf("{\"requests\":%" PRIu64 ",\"seconds\":%.6f,"
	       "\"cpu_seconds\":%.6f,\"failed\":%" PRIu64 "}\n",
	       l.ended, seconds() - began, cpu_seconds(), l.failed);
	close_all(&l, socket_loop);
	curl_global_cleanup();
	return l.failed ? 1 : 0;
}
