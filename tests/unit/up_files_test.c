/*
 * up_files_test - the data directory, its lock and its keys.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "up_files.h"

static void remove_all(const char *dir, struct up_files *f)
{
	const char *const names[] = {"up.lock", "redis.lock", "k.key", "run"};

	up_files_close(f);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = xasprintf("%s/%s", dir, names[i]);

		remove(path);
		free(path);
	}
	rmdir(dir);
}

static void keys_are_made_once(void **state)
{
	char parent[] = "/tmp/up_files_XXXXXX", error[256], text[128] = "";
	char *dir, *path;
	struct up_files f, second;
	struct stat st;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(parent));
	dir = xasprintf("%s/data", parent);
	assert_true(up_files_open(&f, dir, error, sizeof(error)));
	stat(dir, &st);
	assert_int_equal(st.st_mode & 0777, 0700);
	/* One at a time. */
	assert_false(up_files_open(&second, dir, error, sizeof(error)));
	assert_non_null(strstr(error, "in use"));
	path = up_files_key(&f, "k.key", error, sizeof(error));
	assert_non_null(path);
	stat(path, &st);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 65);
	file = fopen(path, "r");
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_int_equal(strspn(text, "0123456789abcdef"), 64);
	free(path);
	path = up_files_key(&f, "k.key", error, sizeof(error));
	file = fopen(path, "r");
	assert_non_null(fgets(error, sizeof(error), file));
	fclose(file);
	assert_string_equal(error, text);
	free(path);
	assert_true(up_files_lock_redis(&f, error, sizeof(error)));
	remove_all(dir, &f);
	free(dir);
	rmdir(parent);
}

static void deep_directories_have_their_sockets_elsewhere(void **state)
{
	char parent[] = "/tmp/up_files_XXXXXX", error[256];
	char *dir;
	struct up_files f;

	(void)state;
	assert_non_null(mkdtemp(parent));
	dir = xasprintf("%s/%0100d", parent, 0);
	assert_true(up_files_open(&f, dir, error, sizeof(error)));
	assert_true(f.run_is_temporary);
	assert_true(strlen(f.run) < 40);
	assert_int_equal(access(f.run, W_OK), 0);
	remove_all(dir, &f);
	free(dir);
	rmdir(parent);
}

static void says_what_cannot_be_used(void **state)
{
	struct up_files f;
	char error[256] = "";

	(void)state;
	assert_false(up_files_open(&f, "/dev/null", error, sizeof(error)));
	assert_non_null(strstr(error, "/dev/null"));
	assert_false(up_files_open(&f, "/nonexistent/x", error, sizeof(error)));
	assert_non_null(strstr(error, "/nonexistent/x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_are_made_once),
	    cmocka_unit_test(deep_directories_have_their_sockets_elsewhere),
	    cmocka_unit_test(says_what_cannot_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
