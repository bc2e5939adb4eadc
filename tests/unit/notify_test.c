/*
 * notify_test - what a supervisor hears.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io_test.h"

#include <stddef.h>

#include "io/notify.h"

#define HEARD_SIZE 512

struct supervisor {
	int fd;
	char name[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char heard[HEARD_SIZE];
};

/* Listens to a name of its own: abstract, or a path. */
static void supervisor_open(struct supervisor *s, bool abstract)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int n = snprintf(s->name, sizeof(s->name), "%s-notify-test-%d",
			 abstract ? "@" : "/tmp/pr", (int)getpid());

	memcpy(a.sun_path, s->name, (size_t)n);
	if (abstract)
		a.sun_path[0] = '\0';
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(
	    bind(s->fd, (struct sockaddr *)&a,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			     (size_t)n)),
	    0);
	setenv("NOTIFY_SOCKET", s->name, 1);
}

static void supervisor_close(struct supervisor *s)
{
	close(s->fd);
	if (s->name[0] == '/')
		unlink(s->name);
	unsetenv("NOTIFY_SOCKET");
}

/* "" when nothing was said. */
static const char *hear(struct supervisor *s)
{
	ssize_t n = recv(s->fd, s->heard, sizeof(s->heard) - 1, MSG_DONTWAIT);

	s->heard[n > 0 ? n : 0] = '\0';
	return s->heard;
}

static void says_all_each_time(bool abstract)
{
	struct supervisor s;
	struct notify n;

	supervisor_open(&s, abstract);
	notify_open(&n);
	notify_state(&n, "starting");
	assert_string_equal(hear(&s), "STATUS=starting");
	n.ready = true;
	notify_state(&n, "healthy");
	assert_string_equal(hear(&s), "READY=1\nSTATUS=healthy");
	n.stopping = true;
	notify_state(&n, "draining");
	assert_string_equal(hear(&s), "READY=1\nSTOPPING=1\nSTATUS=draining");
	notify_close(&n);
	notify_state(&n, "closed");
	assert_string_equal(hear(&s), "");
	supervisor_close(&s);
}

static void by_a_path(void **state)
{
	(void)state;
	says_all_each_time(false);
}

static void by_an_abstract_name(void **state)
{
	(void)state;
	says_all_each_time(true);
}

static uint64_t beat_for(const char *usec, const char *pid)
{
	struct notify n;
	uint64_t beat;

	setenv("WATCHDOG_USEC", usec, 1);
	if (pid)
		setenv("WATCHDOG_PID", pid, 1);
	notify_open(&n);
	beat = n.beat_ms;
	notify_close(&n);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return beat;
}

static void the_watchdog_is_fed_in_time(void **state)
{
	struct supervisor s;
	struct notify n;
	char own[20], other[20];

	(void)state;
	snprintf(own, sizeof(own), "%d", (int)getpid());
	snprintf(other, sizeof(other), "%d", (int)getppid());
	supervisor_open(&s, true);
	assert_int_equal(beat_for("30000000", NULL), 10000);
	assert_int_equal(beat_for("30000000", own), 10000);
	assert_int_equal(beat_for("30000000", other), 0);
	assert_int_equal(beat_for("30000000", "-1"), 0);
	assert_int_equal(beat_for("0", NULL), 0);
	assert_int_equal(beat_for("1000", NULL), 0);
	assert_int_equal(beat_for("-30000000", NULL), 0);
	assert_int_equal(beat_for("30s", NULL), 0);
	assert_int_equal(beat_for("99999999999999999999999", NULL), 0);
	notify_open(&n);
	n.beat_ms = 10;
	notify_state(&n, "healthy");
	assert_string_equal(hear(&s), "STATUS=healthy\nWATCHDOG=1");
	notify_close(&n);
	supervisor_close(&s);
	/* Nobody listens: no beat either. */
	assert_int_equal(beat_for("30000000", own), 0);
}

static void names_that_are_none(void **state)
{
	static const char *const names[] = {"", "@", "/", "relative",
					    "vsock:2:1234"};
	char longest[200];
	struct notify n;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify_open(&n);
		assert_int_equal(n.fd, -1);
		notify_state(&n, "healthy");
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longest, 1);
	notify_open(&n);
	assert_int_equal(n.fd, -1);
	unsetenv("NOTIFY_SOCKET");
}

/* A supervisor that is gone, or does not read, costs nothing. */
static void nothing_blocks(void **state)
{
	struct supervisor s;
	struct notify n;

	(void)state;
	supervisor_open(&s, true);
	notify_open(&n);
	for (int i = 0; i < 100000; i++)
		notify_state(&n, "healthy");
	supervisor_close(&s);
	notify_state(&n, "healthy");
	notify_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_a_path),
	    cmocka_unit_test(by_an_abstract_name),
	    cmocka_unit_test(the_watchdog_is_fed_in_time),
	    cmocka_unit_test(names_that_are_none),
	    cmocka_unit_test(nothing_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
