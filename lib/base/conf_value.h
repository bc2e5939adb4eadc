/*
 * conf_value - one setting: takes a text into its member, frees it, shows it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only conf.c needs this.
 */
#ifndef BASE_CONF_VALUE_H
#define BASE_CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/conf.h"
#include "base/slice.h"

#define CONF_LABEL_SIZE 128

/* One place a value can come from, while it is being taken. */
struct conf_origin {
	char label[CONF_LABEL_SIZE]; /* "POSTRIDER_X" or "--x", for the fault */
	char *error;		     /* borrowed */
	size_t error_size;
};

/* A row together with the struct it is bound to. */
struct conf_target {
	const struct conf_item *item; /* NULL: no such row */
	char *base;
};

/* Writes "label: what". Always false, so that callers return it. */
bool conf_fault(struct conf_origin *from, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* False after a fault; the member then keeps what it had. */
bool conf_value_set(const struct conf_target *t, struct slice text,
		    struct conf_origin *from);
/* For secrets: the file's bytes without a trailing newline. */
bool conf_value_set_from_file(const struct conf_target *t, const char *path,
			      struct conf_origin *from);
/* What a fresh member holds before its row's default: no string. */
void conf_value_init(const struct conf_target *t);
/* Wipes a secret. */
void conf_value_free(const struct conf_target *t);
/* A secret as ***, and so a password inside a URL. */
void conf_value_show(const struct conf_target *t, FILE *out);
/* 1 or 0 for a word that a bool can be, -1 for any other. */
int conf_bool_of(struct slice text);

#endif
