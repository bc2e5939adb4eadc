/*
 * console_test - what the tests of the console share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_CONSOLE_TEST_H
#define TESTS_CONSOLE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"

static const uint8_t key[32] = {5};
static const struct target_rules rules;
static const struct draft_env env = {
    .rules = &rules,
    .master_key = key,
    .project = "acme",
    .now_ms = 1795421805000,
};

/* JSON with ' for ". */
static inline json_t *json(const char *text)
{
	char *copy = strdup(text);
	json_t *value;

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	value = json_loads(copy, 0, NULL);
	free(copy);
	assert_non_null(value);
	return value;
}

#endif
