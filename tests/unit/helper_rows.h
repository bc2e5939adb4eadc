/*
 * helper_rows - tables of calls of helpers, and what they give.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Included by one test each. JSON is written with ' for ", and so is what is
 * expected of lists.
 */
#ifndef HELPER_ROWS_H
#define HELPER_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/document.h"
#include "template/helper.h"
#include "template/zone.h"

#define ARGS_MAX 16
/* 2026-11-26T22:20:01.045Z, a Thursday */
#define NOW_MS UINT64_C(1795731601045)

struct helper_row {
	const char *helper;  /* with a # in front as a block */
	const char *args;    /* what stands between [ and ] */
	const char *options; /* between { and } */
	const char *want;    /* with a ! in front an error */
};

/* Of the dates' test, which runs its tables with and without. */
static struct zones *row_zones;

static void swap_quotes(char *s, char from, char to)
{
	while ((s = strchr(s, from)))
		*s++ = to;
}

static size_t read_args(const struct value *list, const struct value **args)
{
	size_t n = 0;

	for (const struct value *v = list->first; v; v = v->next) {
		assert_true(n < ARGS_MAX);
		args[n++] = v;
	}
	return n;
}

static size_t read_options(const struct value *object,
			   struct helper_option *options)
{
	size_t n = 0;

	for (const struct value *v = object->first; v; v = v->next) {
		assert_true(n < ARGS_MAX);
		options[n++] = (struct helper_option){v->key, v};
	}
	return n;
}

/* As it is printed; a list as JSON. The caller frees it. */
static char *shown(const struct value *v, struct arena *arena)
{
	bool plain = v->kind != VALUE_ARRAY && v->kind != VALUE_OBJECT;
	char *s =
	    slice_dup(plain ? value_text(v, arena) : value_json(v, arena));

	if (!plain)
		swap_quotes(s, '"', '\'');
	return s;
}

static char *call_helper(const struct helper_row *row,
			 const struct value *input, size_t bytes_left)
{
	const struct value *args[ARGS_MAX], *result;
	struct helper_option options[ARGS_MAX];
	bool block = row->helper[0] == '#';
	const struct helper *h = helper_find(slice_of(row->helper + block));
	struct arena arena = {0};
	struct helper_call call = {.args = args,
				   .options = options,
				   .arena = &arena,
				   .wall_ms = NOW_MS,
				   .bytes_left = bytes_left,
				   .zones = row_zones,
				   .block = block};
	char *s;

	assert_non_null(h);
	call.n_args = read_args(value_member(input, SLICE_LIT("a")), args);
	call.n_options =
	    read_options(value_member(input, SLICE_LIT("o")), options);
	assert_true(call.n_args <= h->args_max + (size_t)block);
	result = h->fn(&call);
	assert_true(!result == !!call.error);
	if (result) {
		s = shown(result, &arena);
	} else {
		s = malloc(strlen(call.error) + 2);
		assert_non_null(s);
		s[0] = '!';
		memcpy(s + 1, call.error, strlen(call.error) + 1);
	}
	arena_fini(&arena);
	return s;
}

static void check_row(const struct helper_row *row, size_t bytes_left)
{
	static char json[1 << 20];
	struct document *d = document_new();
	const struct value *input;
	char *got;

	snprintf(json, sizeof(json), "{'a':[%s],'o':{%s}}", row->args,
		 row->options ? row->options : "");
	swap_quotes(json, '\'', '"');
	input = document_read(d, NULL, slice_of(json));
	assert_non_null(input->first);
	got = call_helper(row, input, bytes_left);
	if (strcmp(got, row->want))
		fail_msg("%s %s %s gives %s, not %s", row->helper, row->args,
			 row->options ? row->options : "", got, row->want);
	free(got);
	document_free(&d);
}

#define check_rows(rows)                                                   \
	do {                                                               \
		for (size_t i_ = 0; i_ < sizeof(rows) / sizeof((rows)[0]); \
		     i_++)                                                 \
			check_row(&(rows)[i_], 1 << 20);                   \
	} while (0)

#endif
