/*
 * service_test - the frame of a program, run as a child process.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "io/service.h"

#define TEXT_SIZE 65536

struct toy {
	int64_t limit;
	char *secret;
	char *admin_bind;
	bool stuck, broken; /* never drains; fails to start */
	uv_timer_t timer;
	struct service_run *run;
};

static const struct conf_item items[] = {
    CONF_INT(struct toy, limit, "sender_limit", 7, 1, 9, "a limit"),
    CONF_SECRET(struct toy, secret, "sender_secret", 100, "a secret"),
    CONF_STR(struct toy, admin_bind, "sender_admin_bind", "127.0.0.1:0", 100,
	     "admin port"),
    CONF_BOOL(struct toy, stuck, "sender_stuck", false, "never drains"),
    CONF_BOOL(struct toy, broken, "sender_broken", false, "never starts"),
    CONF_END_ROW,
};

/* What the process must have taken care of. */
static bool is_safe(void)
{
	struct rlimit core, files;

	getrlimit(RLIMIT_CORE, &core);
	getrlimit(RLIMIT_NOFILE, &files);
	return prctl(PR_GET_DUMPABLE) == 0 && core.rlim_max == 0 &&
	       (files.rlim_cur >= 65536 || files.rlim_cur == files.rlim_max);
}

static void on_healthy(uv_timer_t *timer)
{
	struct toy *toy = timer->data;

	service_set_healthy(toy->run, is_safe(), "unsafe");
	fprintf(stderr, "toy=healthy\n");
}

static bool toy_start(struct service_run *run, void *state, char *error,
		      size_t error_size)
{
	struct toy *toy = state;

	toy->run = run;
	if (toy->broken) {
		snprintf(error, error_size, "broken as ordered");
		return false;
	}
	if (!service_admin_listen(run, toy->admin_bind, error, error_size))
		return false;
	uv_timer_init(service_loop(run), &toy->timer);
	toy->timer.data = toy;
	uv_timer_start(&toy->timer, on_healthy, 0, 0);
	++*metrics_counter(service_metrics(run), "toys_total", NULL, "Toys.");
	return service_common(run)->partitions == 16;
}

static void on_drained(uv_timer_t *timer)
{
	struct toy *toy = timer->data;

	service_drained(toy->run);
}

static void toy_drain(struct service_run *run, void *state)
{
	struct toy *toy = state;

	fprintf(stderr, "toy=draining\n");
	if (service_is_draining(run) && !toy->stuck)
		uv_timer_start(&toy->timer, on_drained, 1, 0);
}

static void toy_stop(struct service_run *run, void *state)
{
	struct toy *toy = state;

	(void)run;
	if (!toy->broken)
		uv_close((uv_handle_t *)&toy->timer, NULL);
	fprintf(stderr, "toy=stopped\n");
}

struct child {
	pid_t pid;
	int out; /* both of its streams */
	char text[TEXT_SIZE];
	size_t n;
};

static void child_main(const char *const *args)
{
	struct toy toy = {0};
	const struct service service = {
	    .name = "sender",
	    .what = "a toy",
	    .conf = items,
	    .state = &toy,
	    .start = toy_start,
	    .drain = toy_drain,
	    .stop = toy_stop,
	};
	char *argv[16] = {(char *)(uintptr_t) "toy"};
	int argc = 1;

	for (; args[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)args[argc - 1];
	exit(service_main(&service, argc, argv));
}

static void child_start(struct child *c, const char *const *args)
{
	int ends[2];

	memset(c, 0, sizeof(*c));
	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	c->pid = fork();
	if (c->pid == 0) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		child_main(args);
	}
	close(ends[1]);
	c->out = ends[0];
}

/* Reads on until the text is there; false at the end of the output. */
static bool child_read(struct child *c, const char *until)
{
	while (!until || !strstr(c->text, until)) {
		struct pollfd p = {c->out, POLLIN, 0};
		ssize_t n;

		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		n = read(c->out, c->text + c->n, TEXT_SIZE - 1 - c->n);
		if (n <= 0)
			return false;
		c->n += (size_t)n;
	}
	return true;
}

static int child_end(struct child *c)
{
	int status;

	child_read(c, NULL);
	close(c->out);
	waitpid(c->pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void assert_run(const char *const *args, int exit_code,
		       const char *holds)
{
	struct child c;
	int rc;

	child_start(&c, args);
	rc = child_end(&c);
	if (rc != exit_code || !strstr(c.text, holds))
		fail_msg("exit %d, not %d with \"%s\": %s", rc, exit_code,
			 holds, c.text);
}

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void flags_that_only_tell(void **state)
{
	struct child c;

	(void)state;
	assert_run(ARGS("--version"), 0, "postrider-sender 0.");
	assert_run(ARGS("--help"), 0, "--sender-limit");
	assert_run(ARGS("--help", "--nonsense"), 0, "--redis-url");
	assert_run(ARGS("--check-config"), 0, "");
	assert_run(ARGS("--show-config", "--sender-limit=3"), 0,
		   "POSTRIDER_SENDER_LIMIT=3\n");
	child_start(&c, ARGS("--show-config", "--sender-secret", "hush",
			     "--redis-password", "hush"));
	assert_int_equal(child_end(&c), 0);
	assert_null(strstr(c.text, "hush"));
	assert_non_null(strstr(c.text, "POSTRIDER_SENDER_SECRET=***"));
	assert_run(
	    ARGS("--show-config", "--redis-url", "redis://u:hu@sh@h:1/2"), 0,
	    "POSTRIDER_REDIS_URL=redis://u:***@h:1/2\n");
}

static void bad_settings_stop_the_start(void **state)
{
	struct child c;

	(void)state;
	assert_run(ARGS("--nonsense"), 2, "nonsense");
	assert_run(ARGS("--sender-limit", "10"), 2, "limit");
	assert_run(ARGS("--redis-url", "http://x"), 2, "REDIS_URL");
	assert_run(ARGS("--log-level", "loud"), 2, "LOG_LEVEL");
	assert_run(ARGS("--master-key", "12"), 2, "MASTER_KEY");
	assert_run(ARGS("--instance", "a b"), 2, "INSTANCE");
	assert_run(ARGS("--check-config", "--partitions", "0"), 2,
		   "partitions");
	setenv("POSTRIDER_SENDER_UNHEARD", "1", 1);
	assert_run(ARGS("--check-config"), 2, "POSTRIDER_SENDER_UNHEARD");
	unsetenv("POSTRIDER_SENDER_UNHEARD");
	setenv("POSTRIDER_ROUTER_UNHEARD", "1", 1);
	assert_run(ARGS("--check-config"), 0, "");
	unsetenv("POSTRIDER_ROUTER_UNHEARD");
	child_start(&c, ARGS("--sender-limit", "x"));
	assert_int_equal(child_end(&c), 2);
	assert_int_equal(c.text[c.n - 1], '\n');
	assert_ptr_equal(strchr(c.text, '\n'), c.text + c.n - 1);
}

static void faults_at_start(void **state)
{
	(void)state;
	assert_run(ARGS("--sender-broken"), 1, "broken as ordered");
	assert_run(ARGS("--sender-admin-bind", "1.2.3.4:1"), 1, "1.2.3.4:1");
}

static int admin_port(const struct child *c)
{
	const char *at = strstr(c->text, "event=listening");

	at = at ? strstr(at, "port=") : NULL;
	return at ? (int)strtol(at + 5, NULL, 10) : 0;
}

static void ask_admin(const struct child *c, const char *path, char *out)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)admin_port(c))};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	size_t n = 0;
	ssize_t got;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	dprintf(fd, "GET %s HTTP/1.0\r\n\r\n", path);
	while ((got = recv(fd, out + n, TEXT_SIZE - 1 - n, 0)) > 0)
		n += (size_t)got;
	out[n] = '\0';
	close(fd);
}

static void a_life(void **state)
{
	struct child c;
	char answer[TEXT_SIZE];

	(void)state;
	/* Safe at every level. */
	child_start(&c, ARGS("--sender-limit", "3", "--log-level", "debug"));
	assert_true(child_read(&c, "toy=healthy"));
	ask_admin(&c, "/healthz", answer);
	assert_non_null(strstr(answer, " 200 OK"));
	ask_admin(&c, "/livez", answer);
	assert_non_null(strstr(answer, " 200 OK"));
	ask_admin(&c, "/metrics", answer);
	assert_non_null(strstr(answer, "text/plain; version=0.0.4"));
	assert_non_null(strstr(answer, "\npostrider_toys_total 1\n"));
	assert_non_null(strstr(answer, "\npostrider_healthy 1\n"));
	ask_admin(&c, "/else", answer);
	assert_non_null(strstr(answer, " 404 "));
	kill(c.pid, SIGTERM);
	assert_int_equal(child_end(&c), 0);
	assert_non_null(strstr(c.text, "toy=draining\n"));
	assert_non_null(strstr(c.text, "toy=stopped\n"));
	assert_null(strstr(c.text, "handle_left"));
}

static void draining_is_unhealthy_and_bounded(void **state)
{
	struct child c;
	char answer[TEXT_SIZE];

	(void)state;
	child_start(&c, ARGS("--sender-stuck", "--drain-ms", "300"));
	assert_true(child_read(&c, "toy=healthy"));
	kill(c.pid, SIGINT);
	assert_true(child_read(&c, "toy=draining"));
	ask_admin(&c, "/healthz", answer);
	assert_non_null(strstr(answer, " 503 "));
	assert_non_null(strstr(answer, "draining"));
	/* Whoever is about to end must not be killed for it. */
	ask_admin(&c, "/livez", answer);
	assert_non_null(strstr(answer, " 200 OK"));
	assert_int_equal(child_end(&c), 0);
	assert_non_null(strstr(c.text, "drain_deadline"));
}

static void a_second_signal_ends_it(void **state)
{
	struct child c;

	(void)state;
	child_start(&c, ARGS("--sender-stuck", "--drain-ms", "600000"));
	assert_true(child_read(&c, "toy=healthy"));
	kill(c.pid, SIGPIPE);
	kill(c.pid, SIGTERM);
	assert_true(child_read(&c, "toy=draining"));
	kill(c.pid, SIGTERM);
	assert_int_equal(child_end(&c), 1);
	assert_non_null(strstr(c.text, "toy=stopped\n"));
}

/* Reads what the supervisor is told until the text comes. */
static void hear(int fd, const char *text)
{
	char heard[512] = "";

	while (!strstr(heard, text)) {
		struct pollfd p = {fd, POLLIN, 0};
		ssize_t n;

		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		n = recv(fd, heard, sizeof(heard) - 1, 0);
		assert_true(n > 0);
		heard[n] = '\0';
	}
}

static void the_supervisor_is_told(void **state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct child c;

	(void)state;
	snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/pr-service-test-%d",
		 (int)getpid());
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	setenv("NOTIFY_SOCKET", a.sun_path, 1);
	setenv("WATCHDOG_USEC", "90000", 1);
	child_start(&c, ARGS("--sender-stuck", "--drain-ms", "300"));
	unsetenv("WATCHDOG_USEC");
	unsetenv("NOTIFY_SOCKET");
	hear(fd, "READY=1\nSTATUS=starting\nWATCHDOG=1");
	hear(fd, "READY=1\nSTATUS=healthy\nWATCHDOG=1");
	/* Nothing has changed since: this is the beat. */
	hear(fd, "STATUS=healthy\nWATCHDOG=1");
	kill(c.pid, SIGTERM);
	hear(fd, "STOPPING=1\nSTATUS=draining\nWATCHDOG=1");
	hear(fd, "STOPPING=1\nSTATUS=draining\nWATCHDOG=1");
	assert_int_equal(child_end(&c), 0);
	assert_null(strstr(c.text, "handle_left"));
	close(fd);
	unlink(a.sun_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flags_that_only_tell),
	    cmocka_unit_test(bad_settings_stop_the_start),
	    cmocka_unit_test(faults_at_start),
	    cmocka_unit_test(a_life),
	    cmocka_unit_test(draining_is_unhealthy_and_bounded),
	    cmocka_unit_test(a_second_signal_ends_it),
	    cmocka_unit_test(the_supervisor_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
