/*
 * hook_sink - a receiver of webhooks that can misbehave in every way we know,
 * and that remembers every webhook-id it has seen.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One thread, one loop. How it behaves is set by flags, at run time through
 * /_control, and path by path (/500, /stall, /delay-ms/300/orders): see
 * sink_rules.h and sink_control.h.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "sink_conn.h"

#define READ_BYTES 65536
#define BACKLOG 4096
#define FLUSH_MS 100
#define HELP_BYTES_MAX 16384

struct args {
	const char *host, *cert, *key;
	int port;
};

static const char usage[] =
    "hook_sink - a receiver of webhooks that can misbehave\n\n"
    "  --port N             0: a free one, printed at start (default)\n"
    "  --host ADDRESS       127.0.0.1\n"
    "  --tls CERT KEY       PEM files; plain HTTP without\n"
    "  --record FILE        append \"<us> <webhook-id> <path>\" lines\n"
    "  --keep N             keep the newest N requests for /_requests\n"
    "\nBehaviour of every path without a rule of its own:\n";

static void print_help(FILE *out)
{
	struct buf help;

	buf_init(&help, HELP_BYTES_MAX);
	behaviour_help(&help);
	fprintf(out, "%s%.*s", usage, (int)help.n, help.p);
	buf_fini(&help);
}

static uint64_t number(const char *flag, const char *text)
{
	uint64_t n;

	if (!text || !slice_parse_u64(slice_of(text), &n))
		fatal(2, "hook_sink: %s needs a number", flag);
	return n;
}

/* One flag at argv[i]; returns how many more arguments it took. */
static int take_flag(struct sink *s, struct args *a, char **argv)
{
	const char *flag = argv[0], *value = argv[1];
	struct slice name = slice_of(flag + 2);
	bool takes_value = behaviour_takes_value(name);

	if (strcmp(flag, "--port") == 0) {
		a->port = (int)number(flag, value);
	} else if (strcmp(flag, "--keep") == 0) {
		s->records.kept_max = (size_t)number(flag, value);
	} else if (strcmp(flag, "--host") == 0 && value) {
		a->host = value;
	} else if (strcmp(flag, "--record") == 0 && value) {
		s->records.file = fopen(value, "a");
		if (!s->records.file)
			fatal(1, "hook_sink: %s: %s", value, strerror(errno));
	} else if (strcmp(flag, "--tls") == 0 && value && argv[2]) {
		a->cert = value;
		a->key = argv[2];
		return 2;
	} else if (strncmp(flag, "--", 2) == 0 &&
		   behaviour_set(&s->general, name,
				 takes_value ? value : NULL)) {
		return takes_value ? 1 : 0;
	} else {
		fatal(2, "hook_sink: bad flag or value: %s", flag);
	}
	return 1;
}

static void take_flags(struct sink *s, struct args *a, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			print_help(stdout);
			exit(0);
		}
		i += take_flag(s, a, argv + i);
	}
}

static void on_connection(uv_stream_t *listener, int status)
{
	if (status == 0)
		conn_accept(listener->data);
}

static void on_signal(uv_signal_t *signal, int number)
{
	(void)number;
	uv_stop(signal->loop);
}

static void on_flush(uv_timer_t *timer)
{
	struct sink *s = timer->data;

	if (s->records.file)
		fflush(s->records.file);
}

static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void listen_on(struct sink *s, const struct args *a)
{
	struct sockaddr_storage bound;
	struct sockaddr_in address;
	int length = sizeof(bound);
	int rc;

	if (uv_ip4_addr(a->host, a->port, &address) != 0)
		fatal(2, "hook_sink: bad address %s", a->host);
	uv_tcp_init(s->loop, &s->listener);
	s->listener.data = s;
	uv_tcp_bind(&s->listener, (const struct sockaddr *)&address, 0);
	rc = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
	if (rc != 0)
		fatal(1, "hook_sink: port %d: %s", a->port, uv_strerror(rc));
	uv_tcp_getsockname(&s->listener, (struct sockaddr *)&bound, &length);
	memcpy(&address, &bound, sizeof(address));
	printf("hook_sink ready port=%d\n", (int)ntohs(address.sin_port));
	fflush(stdout);
}

static void on_walk(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void run(struct sink *s)
{
	uv_signal_t term, interrupt;
	uv_timer_t flush;

	uv_signal_init(s->loop, &term);
	uv_signal_start(&term, on_signal, SIGTERM);
	uv_signal_init(s->loop, &interrupt);
	uv_signal_start(&interrupt, on_signal, SIGINT);
	uv_timer_init(s->loop, &flush);
	flush.data = s;
	uv_timer_start(&flush, on_flush, FLUSH_MS, FLUSH_MS);
	uv_run(s->loop, UV_RUN_DEFAULT);
	while (!list_empty(&s->conns))
		conn_close(
		    container_of(list_first(&s->conns), struct conn, node));
	uv_walk(s->loop, on_walk, NULL);
	uv_run(s->loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv)
{
	struct args args = {.host = "127.0.0.1"};
	struct sink sink = {.in = NULL};
	uv_loop_t loop;

	behaviour_init(&sink.general);
	behaviour_init(&sink.plain);
	records_init(&sink.records);
	list_init(&sink.conns);
	take_flags(&sink, &args, argc, argv);
	if (args.cert && !(sink.tls = tls_context_new(args.cert, args.key)))
		fatal(1, "hook_sink: cannot use %s with %s", args.cert,
		      args.key);
	signal(SIGPIPE, SIG_IGN);
	raise_fd_limit();
	must(uv_loop_init(&loop) == 0);
	sink.loop = &loop;
	sink.in = xmalloc(READ_BYTES);
	listen_on(&sink, &args);
	run(&sink);
	must(uv_loop_close(&loop) == 0);
	records_fini(&sink.records);
	tls_context_free(&sink.tls);
	free(sink.in);
	return 0;
}
