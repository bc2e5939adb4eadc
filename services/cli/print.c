/*
 * print - data for people (tables) and for programs (JSON), on standard output.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "print.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 12
#define CELL_SIZE 128

static const json_t *walk(const json_t *row, const char *path)
{
	while (row && *path) {
		size_t n = strcspn(path, ".");
		char key[64];

		snprintf(key, sizeof(key), "%.*s", (int)n, path);
		row = json_object_get(row, key);
		path += path[n] ? n + 1 : n;
	}
	return row;
}

static void make_safe(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

/* "a, b" of an array of strings. */
static void join(char *out, size_t size, const json_t *array)
{
	size_t i, used = 0;
	const json_t *item;

	out[0] = '\0';
	json_array_foreach(array, i, item)
	{
		const char *s = json_string_value(item);
		int n = snprintf(out + used, size - used, "%s%s", i ? ", " : "",
				 s ? s : "?");

		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
	}
}

char *print_cell(char *out, size_t size, const json_t *row, const char *path)
{
	const json_t *v = walk(row, path);

	if (json_is_string(v))
		snprintf(out, size, "%s", json_string_value(v));
	else if (json_is_integer(v))
		snprintf(out, size, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		snprintf(out, size, "%.3f", json_real_value(v));
	else if (json_is_boolean(v))
		snprintf(out, size, "%s", json_is_true(v) ? "yes" : "no");
	else if (json_is_array(v))
		join(out, size, v);
	else
		snprintf(out, size, "-");
	make_safe(out);
	return out;
}

/* Columns on a screen: bytes less the continuation bytes of UTF-8. */
static int width(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void print_padded(const char *text, int to)
{
	fputs(text, stdout);
	for (int n = width(text); n < to; n++)
		fputc(' ', stdout);
}

void print_table(const json_t *rows, const struct column *columns)
{
	int widths[COLUMNS_MAX] = {0};
	char cell[CELL_SIZE];
	const json_t *row;
	size_t i, c;

	for (c = 0; columns[c].title; c++)
		widths[c] = width(columns[c].title);
	json_array_foreach(rows, i, row)
	{
		for (c = 0; columns[c].title; c++) {
			int w = width(print_cell(cell, sizeof(cell), row,
						 columns[c].path));

			if (w > widths[c])
				widths[c] = w;
		}
	}
	for (c = 0; columns[c].title; c++)
		print_padded(columns[c].title,
			     columns[c + 1].title ? widths[c] + 2 : 0);
	fputc('\n', stdout);
	json_array_foreach(rows, i, row)
	{
		for (c = 0; columns[c].title; c++)
			print_padded(print_cell(cell, sizeof(cell), row,
						columns[c].path),
				     columns[c + 1].title ? widths[c] + 2 : 0);
		fputc('\n', stdout);
	}
}

void print_json(const json_t *value)
{
	json_dumpf(value, stdout,
		   JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	fputc('\n', stdout);
}

void print_safe(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char ch = (unsigned char)*text;
		bool plain =
		    (ch >= 0x20 && ch != 0x7f) || ch == '\n' || ch == '\t';

		fputc(plain ? ch : '?', out);
	}
}
