/*
 * body - pieces of a JSON body out of flags.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "body.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli.h"

/* The console takes less. */
#define TEXT_BYTES_MAX ((size_t)1024 * 1024)

json_t *json_document(const char *flag, const char *text)
{
	json_error_t error;
	json_t *root;

	if (text[0] == '{')
		root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	else if (strcmp(text, "-") == 0)
		root = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
	else
		root = json_load_file(text, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		cli_error(CLI_USAGE, "--%s: %s", flag, error.text);
	if (root && !json_is_object(root)) {
		cli_error(CLI_USAGE, "--%s is not a JSON object", flag);
		json_decref(root);
		root = NULL;
	}
	return root;
}

bool body_string(json_t *root, const char *key, const char *value)
{
	if (!value)
		return true;
	if (json_object_set_new(root, key, json_string(value)) == 0)
		return true;
	cli_error(CLI_USAGE, "%s is not valid UTF-8", key);
	return false;
}

json_t *body_child(json_t *root, const char *key)
{
	json_t *c = json_object_get(root, key);

	if (!json_is_object(c)) {
		json_object_set_new(root, key, json_object());
		c = json_object_get(root, key);
	}
	return c;
}

void body_list(json_t *root, const char *key, const struct args_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(array, json_string(list->items[i]));
	if (list->n)
		json_object_set(root, key, array);
	json_decref(array);
}

/* --- texts of files ------------------------------------------------------ */

static bool unreadable(const char *flag, const char *path, const char *why)
{
	cli_error(CLI_USAGE, "--%s: %s: %s", flag, path, why);
	return false;
}

/* So many bytes, of which TEXT_BYTES_MAX are too many. */
static bool read_file(const char *flag, const char *path, char *text, size_t *n)
{
	bool from_stdin = strcmp(path, "-") == 0, ok;
	FILE *file = from_stdin ? stdin : fopen(path, "re");

	if (!file)
		return unreadable(flag, path, strerror(errno));
	*n = fread(text, 1, TEXT_BYTES_MAX, file);
	ok = !ferror(file);
	if (!from_stdin)
		(void)fclose(file);
	if (ok && *n < TEXT_BYTES_MAX)
		return true;
	return unreadable(flag, path, "it cannot be read, or is too long");
}

static size_t without_line_end(const char *text, size_t n)
{
	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n > 0 && text[n - 1] == '\r')
		n--;
	return n;
}

/* Bytes that are not UTF-8 are no text. */
static bool set_file(json_t *root, const char *key, const char *flag,
		     const char *path, size_t (*cut)(const char *, size_t))
{
	char *text = xmalloc(TEXT_BYTES_MAX);
	size_t n = 0;
	bool ok = read_file(flag, path, text, &n);

	if (ok && json_object_set_new(
		      root, key, json_stringn(text, cut ? cut(text, n) : n)))
		ok = unreadable(flag, path, "it is not a text");
	explicit_bzero(text, n);
	free(text);
	return ok;
}

bool body_file(json_t *root, const char *key, const char *flag,
	       const char *path)
{
	return !path || set_file(root, key, flag, path, NULL);
}

bool body_secret(json_t *root, const char *key, const char *flag,
		 const char *text)
{
	if (text && (text[0] == '@' || strcmp(text, "-") == 0))
		return set_file(root, key, flag, text + (text[0] == '@'),
				without_line_end);
	return body_string(root, key, text);
}
