/*
 * mem_test - allocation, the errors' texts and the two ways to end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"

static void allocations_of_nothing_are_something(void **state)
{
	void *p = xmalloc(0);

	(void)state;
	assert_non_null(p);
	p = xrealloc(p, 0);
	assert_non_null(p);
	free(p);
	p = xcalloc(0, 8);
	assert_non_null(p);
	free(p);
}

static void copies_are_cut_and_ended(void **state)
{
	char *s = xstrndup("abcdef", 3);

	(void)state;
	assert_string_equal(s, "abc");
	free(s);
	s = xstrndup("ab", 3);
	assert_string_equal(s, "ab");
	free(s);
	s = xstrdup("");
	assert_string_equal(s, "");
	free(s);
	s = xasprintf("%s-%d", "x", 7);
	assert_string_equal(s, "x-7");
	free(s);
}

/* Runs what ends a process in a child; gives its line and its status. */
static int in_child(void (*end)(void), char *line, size_t size)
{
	int fds[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		end();
		_exit(99);
	}
	close(fds[1]);
	while ((got = read(fds[0], line + n, size - 1 - n)) > 0)
		n += (size_t)got;
	line[n] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void end_by_must(void)
{
	signal(SIGABRT, SIG_DFL);
	must(1 + 1 == 3);
}

static void end_by_fatal(void)
{
	fatal(2, "no such thing: %s", "x");
}

static void a_bug_aborts_with_one_line(void **state)
{
	char line[512];
	int status = in_child(end_by_must, line, sizeof(line));

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(line, "mem_test.c:"));
	assert_non_null(strstr(line, "1 + 1 == 3"));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void a_wrong_environment_exits(void **state)
{
	char line[512];
	int status = in_child(end_by_fatal, line, sizeof(line));

	(void)state;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
	assert_string_equal(line, "no such thing: x\n");
}

static void every_error_has_a_text(void **state)
{
	(void)state;
	assert_string_equal(err_text(ERR_OK), "ok");
	assert_string_equal(err_text(ERR_CRYPTO),
			    "cryptographic operation failed");
	assert_string_equal(err_text((enum err)1000), "unknown");
}

struct item {
	int value;
	struct list node;
};

static void lists_keep_their_order(void **state)
{
	struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
	struct list head;
	int sum = 0;

	(void)state;
	list_init(&head);
	assert_null(list_pop(&head));
	list_push(&head, &items[1].node);
	list_push(&head, &items[2].node);
	list_push_front(&head, &items[0].node);
	LIST_FOREACH (node, &head) {
		sum = sum * 10 + container_of(node, struct item, node)->value;
	}
	assert_int_equal(sum, 123);
	list_remove(&items[1].node);
	list_remove(&items[1].node);
	assert_ptr_equal(list_pop(&head), &items[0].node);
	assert_ptr_equal(list_pop(&head), &items[2].node);
	assert_true(list_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(allocations_of_nothing_are_something),
	    cmocka_unit_test(copies_are_cut_and_ended),
	    cmocka_unit_test(a_bug_aborts_with_one_line),
	    cmocka_unit_test(a_wrong_environment_exits),
	    cmocka_unit_test(every_error_has_a_text),
	    cmocka_unit_test(lists_keep_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
