/*
 * conf_test - every source of a setting, and every fault it can have.
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
#include <unistd.h>

#include "base/conf.h"

struct common {
	char *redis_url;
	char *master_key;
	int64_t partitions;
	bool dev;
};

struct own {
	char *bind;
	char *note;
	int64_t offset;
};

static const struct conf_item common_items[] = {
    CONF_STR(struct common, redis_url, "redis_url", "redis://127.0.0.1:6379",
	     64, "where Redis is"),
    CONF_SECRET(struct common, master_key, "master_key", 16,
		"key of the stored secrets"),
    CONF_INT(struct common, partitions, "partitions", 16, 1, 1024,
	     "parts of the log"),
    CONF_BOOL(struct common, dev, "dev", false, "allows plain http"),
    CONF_END_ROW,
};

static const struct conf_item own_items[] = {
    CONF_STR(struct own, bind, "router_bind", "tcp://*:1", 32, "listens"),
    CONF_STR(struct own, note, "router_note", NULL, 8, "a note"),
    CONF_INT(struct own, offset, "router_offset", -5, -10, 10, "shifts"),
    CONF_END_ROW,
};

static const char *const foreign[] = {"SENDER_", "INGEST_", NULL};

struct fixture {
	struct common common;
	struct own own;
	struct conf conf;
	char error[256];
};

static void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->conf.bindings[0] = (struct conf_binding){common_items, &f->common};
	f->conf.bindings[1] = (struct conf_binding){own_items, &f->own};
	f->conf.n = 2;
	f->conf.foreign_prefixes = foreign;
}

/* Words are variables up to the first that begins with '-', then arguments. */
static bool load(struct fixture *f, char *words)
{
	char *argv[16] = {"program"}, *envp[16] = {0};
	int argc = 1, n = 0;
	char *save = NULL;

	fixture_init(f);
	for (char *w = strtok_r(words, " ", &save); w;
	     w = strtok_r(NULL, " ", &save)) {
		if (argc == 1 && strchr(w, '=') && w[0] != '-')
			envp[n++] = w;
		else
			argv[argc++] = w;
	}
	return conf_load(&f->conf, argc, argv, envp, f->error,
			 sizeof(f->error));
}

static bool load_text(struct fixture *f, const char *text)
{
	char words[512];

	snprintf(words, sizeof(words), "%s", text);
	return load(f, words);
}

static void defaults_come_from_the_rows(void **state)
{
	struct fixture f;

	(void)state;
	assert_true(load_text(&f, "PATH=/bin POSTRIDER=1"));
	assert_string_equal(f.common.redis_url, "redis://127.0.0.1:6379");
	assert_null(f.common.master_key);
	assert_int_equal(f.common.partitions, 16);
	assert_false(f.common.dev);
	assert_string_equal(f.own.bind, "tcp://*:1");
	assert_null(f.own.note);
	assert_int_equal(f.own.offset, -5);
	conf_fini(&f.conf);
	assert_null(f.common.redis_url);
	conf_fini(&f.conf);
}

static void the_environment_and_the_flags_are_read(void **state)
{
	struct fixture f;

	(void)state;
	assert_true(load_text(&f, "POSTRIDER_REDIS_URL=unix:///r "
				  "POSTRIDER_MASTER_KEY=k3y "
				  "POSTRIDER_PARTITIONS=64 POSTRIDER_DEV=true "
				  "POSTRIDER_ROUTER_OFFSET=-10"));
	assert_string_equal(f.common.redis_url, "unix:///r");
	assert_string_equal(f.common.master_key, "k3y");
	assert_int_equal(f.common.partitions, 64);
	assert_true(f.common.dev);
	assert_int_equal(f.own.offset, -10);
	conf_fini(&f.conf);
	assert_true(load_text(&f, "POSTRIDER_PARTITIONS=64 POSTRIDER_DEV=1 "
				  "--partitions 8 --redis-url=a=b "
				  "--master-key k --dev=false "
				  "--router-offset -3 --router-note="));
	assert_int_equal(f.common.partitions, 8);
	assert_string_equal(f.common.redis_url, "a=b");
	assert_string_equal(f.common.master_key, "k");
	assert_false(f.common.dev);
	assert_int_equal(f.own.offset, -3);
	assert_string_equal(f.own.note, "");
	conf_fini(&f.conf);
}

static void a_bool_may_stand_alone(void **state)
{
	struct fixture f;

	(void)state;
	assert_true(load_text(&f, "--dev"));
	assert_true(f.common.dev);
	conf_fini(&f.conf);
	assert_true(load_text(&f, "--dev --partitions 2"));
	assert_true(f.common.dev);
	assert_int_equal(f.common.partitions, 2);
	conf_fini(&f.conf);
	assert_true(load_text(&f, "POSTRIDER_DEV=on --dev no"));
	assert_false(f.common.dev);
	conf_fini(&f.conf);
}

static void other_programs_variables_are_left_alone(void **state)
{
	struct fixture f;

	(void)state;
	assert_true(load_text(&f, "POSTRIDER_SENDER_X=1 POSTRIDER_INGEST_Y= "
				  "POSTRIDER_SENDER_KEY_FILE=/none"));
	conf_fini(&f.conf);
}

static void commands_are_left_to_the_program(void **state)
{
	struct fixture f;

	(void)state;
	assert_true(load_text(&f, "--check-config --partitions 3 --help -h "
				  "--version --show-config"));
	assert_int_equal(f.common.partitions, 3);
	conf_fini(&f.conf);
}

static void a_fault_names_its_place_in_one_line(void **state)
{
	static const char *const cases[][2] = {
	    {"POSTRIDER_NONE=1", "POSTRIDER_NONE: unknown variable"},
	    {"POSTRIDER_partitions=1",
	     "POSTRIDER_partitions: unknown variable"},
	    {"POSTRIDER_=1", "POSTRIDER_: unknown variable"},
	    {"POSTRIDER_NONE_FILE=/x", "POSTRIDER_NONE_FILE: unknown variable"},
	    {"POSTRIDER_REDIS_URL_FILE=/x",
	     "POSTRIDER_REDIS_URL_FILE: unknown variable"},
	    {"POSTRIDER_A\nB=1", "POSTRIDER_A?B: unknown variable"},
	    {"POSTRIDER_PARTITIONS=0",
	     "POSTRIDER_PARTITIONS: must be a whole number from 1 to 1024"},
	    {"POSTRIDER_PARTITIONS=",
	     "POSTRIDER_PARTITIONS: must be a whole number from 1 to 1024"},
	    {"POSTRIDER_PARTITIONS=99999999999999999999",
	     "POSTRIDER_PARTITIONS: must be a whole number from 1 to 1024"},
	    {"POSTRIDER_PARTITIONS=1x",
	     "POSTRIDER_PARTITIONS: must be a whole number from 1 to 1024"},
	    {"POSTRIDER_DEV=maybe", "POSTRIDER_DEV: must be true or false"},
	    {"POSTRIDER_MASTER_KEY=12345678901234567",
	     "POSTRIDER_MASTER_KEY: must have from 0 to 16 bytes"},
	    {"POSTRIDER_MASTER_KEY_FILE=/nonexistent/s3cret",
	     "POSTRIDER_MASTER_KEY_FILE: No such file or directory"},
	    {"--none", "--none: unknown flag"},
	    {"--none=s3cret", "--none: unknown flag"},
	    {"--redis_url=x", "--redis_url: unknown flag"},
	    {"--help=x", "--help: unknown flag"},
	    {"--", "--: unknown flag"},
	    {"-x", "argument 1: is not a flag"},
	    {"--dev s3cret", "argument 2: is not a flag"},
	    {"--redis-url", "--redis-url: needs a value"},
	    {"--redis-url --dev", "--redis-url: needs a value"},
	    {"--master-key-file", "--master-key-file: needs a value"},
	    {"--redis-url-file /x", "--redis-url-file: unknown flag"},
	    {"--dev=", "--dev: must be true or false"},
	    {"--router-offset -11",
	     "--router-offset: must be a whole number from -10 to 10"},
	    {"--router-note 123456789",
	     "--router-note: must have from 0 to 8 bytes"},
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(load_text(&f, cases[i][0]));
		assert_string_equal(f.error, cases[i][1]);
		assert_null(f.common.redis_url); /* freed */
	}
}

/* Writes a file of these bytes; the caller unlinks it. */
static void write_secret(char path[32], const char *p, size_t n)
{
	int fd;

	strncpy(path, "/tmp/conf_test_XXXXXX", 32);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
}

static bool load_secret_file(struct fixture *f, const char *form,
			     const char *bytes, size_t n)
{
	char path[32], words[256];
	bool ok;

	write_secret(path, bytes, n);
	snprintf(words, sizeof(words), "%s%s", form, path);
	ok = load(f, words);
	unlink(path);
	return ok;
}

static void secrets_come_from_files(void **state)
{
	static const struct {
		const char *bytes, *want;
	} cases[] = {
	    {"abc", "abc"},	{"abc\n", "abc"},
	    {"abc\r\n", "abc"}, {"abc\n\n", "abc\n"},
	    {" a b ", " a b "}, {"1234567890123456\n", "1234567890123456"},
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *bytes = cases[i].bytes;

		assert_true(load_secret_file(
		    &f, "POSTRIDER_MASTER_KEY_FILE=", bytes, strlen(bytes)));
		assert_string_equal(f.common.master_key, cases[i].want);
		conf_fini(&f.conf);
		assert_true(load_secret_file(&f, "--master-key-file ", bytes,
					     strlen(bytes)));
		assert_string_equal(f.common.master_key, cases[i].want);
		conf_fini(&f.conf);
	}
}

static void a_value_wins_over_a_file(void **state)
{
	struct fixture f;

	(void)state;
	assert_true(load_secret_file(&f,
				     "POSTRIDER_MASTER_KEY=v "
				     "POSTRIDER_MASTER_KEY_FILE=",
				     "file", 4));
	assert_string_equal(f.common.master_key, "v");
	conf_fini(&f.conf);
}

static void bad_secret_files_are_refused(void **state)
{
	static const char *const form = "POSTRIDER_MASTER_KEY_FILE=";
	struct fixture f;

	(void)state;
	assert_false(load_secret_file(&f, form, "12345678901234567", 17));
	assert_false(load_secret_file(&f, form, "a\0b", 3));
	assert_string_equal(f.error, "POSTRIDER_MASTER_KEY_FILE: "
				     "must not contain a NUL byte");
	assert_false(load_text(&f, "POSTRIDER_MASTER_KEY_FILE=/"));
	assert_string_equal(f.error, "POSTRIDER_MASTER_KEY_FILE: "
				     "Is a directory");
	assert_false(load_text(&f, "POSTRIDER_MASTER_KEY_FILE=/dev/zero"));
}

static void an_empty_secret_is_none(void **state)
{
	struct fixture f;

	(void)state;
	assert_true(load_text(&f, "POSTRIDER_MASTER_KEY="));
	assert_null(f.common.master_key);
	conf_fini(&f.conf);
	assert_true(
	    load_secret_file(&f, "POSTRIDER_MASTER_KEY_FILE=", "\n", 1));
	assert_null(f.common.master_key);
	conf_fini(&f.conf);
}

static char *printed(const struct conf *conf,
		     void (*print)(const struct conf *, FILE *))
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	print(conf, out);
	fclose(out);
	return text;
}

static void showing_masks_secrets(void **state)
{
	struct fixture f;
	char *text;

	(void)state;
	assert_true(load_text(&f, "POSTRIDER_REDIS_URL=redis://u:p@s/s:w@h:1/2 "
				  "POSTRIDER_MASTER_KEY=s3cret --dev"));
	text = printed(&f.conf, conf_show);
	assert_string_equal(text, "POSTRIDER_REDIS_URL=redis://u:***@h:1/2\n"
				  "POSTRIDER_MASTER_KEY=***\n"
				  "POSTRIDER_PARTITIONS=16\n"
				  "POSTRIDER_DEV=true\n"
				  "POSTRIDER_ROUTER_BIND=tcp://*:1\n"
				  "POSTRIDER_ROUTER_NOTE=\n"
				  "POSTRIDER_ROUTER_OFFSET=-5\n");
	free(text);
	conf_fini(&f.conf);
}

static void help_has_every_row(void **state)
{
	struct fixture f;
	char *text;

	(void)state;
	fixture_init(&f);
	text = printed(&f.conf, conf_help);
	assert_non_null(strstr(text, "  --redis-url TEXT\n"));
	assert_non_null(strstr(text, "POSTRIDER_MASTER_KEY, "
				     "POSTRIDER_MASTER_KEY_FILE\n"));
	assert_non_null(strstr(text, "POSTRIDER_PARTITIONS; default 16; "
				     "1 to 1024\n"));
	assert_non_null(strstr(text, "  --dev\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults_come_from_the_rows),
	    cmocka_unit_test(the_environment_and_the_flags_are_read),
	    cmocka_unit_test(a_bool_may_stand_alone),
	    cmocka_unit_test(other_programs_variables_are_left_alone),
	    cmocka_unit_test(commands_are_left_to_the_program),
	    cmocka_unit_test(a_fault_names_its_place_in_one_line),
	    cmocka_unit_test(secrets_come_from_files),
	    cmocka_unit_test(a_value_wins_over_a_file),
	    cmocka_unit_test(bad_secret_files_are_refused),
	    cmocka_unit_test(an_empty_secret_is_none),
	    cmocka_unit_test(showing_masks_secrets),
	    cmocka_unit_test(help_has_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
