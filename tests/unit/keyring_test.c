/*
 * keyring_test - who is let in by a directory, as it changes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "curve_world.h"

#include "curve/keyring.h"

struct world {
	struct curve_directory directory, second;
	struct keyring *ring;
	struct curve_pair a, b;
	char error[300];
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	curve_directory_make(&w->directory);
	curve_directory_make(&w->second);
	curve_pair_make(&w->a);
	curve_pair_make(&w->b);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	char command[256];

	keyring_close(&w->ring);
	assert_null(w->ring);
	snprintf(command, sizeof(command), "rm -r %s %s", w->directory.path,
		 w->second.path);
	(void)!system(command);
	free(w);
	return 0;
}

static void open_ring(struct world *w, const char *role, bool projects)
{
	const struct keyring_options o = {
	    .directories = {w->directory.path, w->second.path},
	    .roles = {role},
	    .projects_needed = projects};

	w->ring = keyring_open(&o, w->error, sizeof(w->error));
	assert_non_null(w->ring);
}

static const struct keyring_member *find(const struct world *w,
					 const struct curve_pair *pair)
{
	return keyring_find(w->ring, slice_of(pair->public_key));
}

static void keys_come_and_go(void **state)
{
	struct world *w = *state;

	open_ring(w, "service", false);
	assert_null(find(w, &w->a));
	curve_directory_put(&w->directory, "a.key", &w->a, "");
	assert_null(find(w, &w->a));
	keyring_refresh(w->ring);
	assert_string_equal(find(w, &w->a)->name, "a.key");
	/* Another file takes its place: the name is the same. */
	curve_directory_put(&w->directory, "a.key", &w->b, "");
	curve_directory_put(&w->second, "other", &w->a,
			    "    name = two\n    role = service\n");
	keyring_refresh(w->ring);
	assert_string_equal(find(w, &w->a)->name, "two");
	assert_non_null(find(w, &w->b));
	assert_int_equal(keyring_count(w->ring), 2);
	curve_directory_remove(&w->directory, "a.key");
	keyring_refresh(w->ring);
	assert_null(find(w, &w->b));
	assert_int_equal(keyring_count(w->ring), 1);
	assert_null(keyring_find(w->ring, SLICE_LIT("")));
}

static void files_that_are_no_certificates_let_nobody_in(void **state)
{
	struct world *w = *state;
	char path[128];

	curve_directory_put(&w->directory, ".hidden", &w->a, "");
	curve_directory_put(&w->directory, "a.key_secret", &w->a, "");
	curve_directory_put(&w->directory, "a.key~", &w->a, "");
	curve_directory_put(&w->directory, "role", &w->a,
			    "    role = \"publisher\"\n");
	curve_directory_write(&w->directory, "README", "hello\n");
	curve_directory_write(&w->directory, "empty", "");
	snprintf(path, sizeof(path), "%s/fifo", w->directory.path);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/dir", w->directory.path);
	assert_int_equal(mkdir(path, 0700), 0);
	open_ring(w, "service", false);
	assert_int_equal(keyring_count(w->ring), 0);
}

static void a_directory_that_is_not_there_is_a_fault(void **state)
{
	struct world *w = *state;
	const struct keyring_options o = {.directories = {"/nonexistent/x"}};
	char moved[80];

	assert_null(keyring_open(&o, w->error, sizeof(w->error)));
	assert_non_null(strstr(w->error, "/nonexistent/x"));
	/* Later it keeps what it had. */
	curve_directory_put(&w->directory, "a.key", &w->a, "");
	open_ring(w, NULL, false);
	snprintf(moved, sizeof(moved), "%s.moved", w->directory.path);
	assert_int_equal(rename(w->directory.path, moved), 0);
	keyring_refresh(w->ring);
	assert_non_null(find(w, &w->a));
	assert_int_equal(rename(moved, w->directory.path), 0);
	curve_directory_remove(&w->directory, "a.key");
	keyring_refresh(w->ring);
	assert_null(find(w, &w->a));
}

static bool may(const struct world *w, const struct curve_pair *pair,
		const char *project)
{
	return keyring_may(find(w, pair), slice_of(project));
}

static void publishers_are_bound_to_projects(void **state)
{
	struct world *w = *state;
	struct curve_pair none, all;

	curve_pair_make(&none);
	curve_pair_make(&all);
	curve_directory_put(&w->directory, "a", &w->a,
			    "    project = \"acme, b-2,c\"\n");
	curve_directory_put(&w->directory, "b", &w->b, "    project = b\n");
	curve_directory_put(&w->directory, "none", &none, "    project = ,\n");
	curve_directory_put(&w->directory, "all", &all, "    project = *\n");
	open_ring(w, "publisher", true);
	assert_null(find(w, &none));
	assert_true(may(w, &w->a, "acme"));
	assert_true(may(w, &w->a, "b-2"));
	assert_true(may(w, &w->a, "c"));
	assert_false(may(w, &w->a, "b"));
	assert_false(may(w, &w->a, "acm"));
	assert_false(may(w, &w->a, "acme2"));
	assert_false(may(w, &w->a, ""));
	assert_false(may(w, &w->a, "acme, b-2"));
	assert_true(may(w, &w->b, "b"));
	assert_true(may(w, &all, "anything"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(keys_come_and_go, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(
		files_that_are_no_certificates_let_nobody_in, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(
		a_directory_that_is_not_there_is_a_fault, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(publishers_are_bound_to_projects,
					    set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
