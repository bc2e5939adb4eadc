/*
 * print - data for people (tables) and for programs (JSON), on standard output.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct column {
	const char *title;
	const char *path; /* "auth.type": keys from the row's object inwards */
};

/* columns end with a NULL title. */
void print_table(const json_t *rows, const struct column *columns);
void print_json(const json_t *value);
/* Control characters, which a terminal would obey, become '?'. */
void print_safe(FILE *out, const char *text);
/* The value of "a.b" as text for people: "-" when there is none. Returns out.
 */
char *print_cell(char *out, size_t size, const json_t *row, const char *path);

#endif
