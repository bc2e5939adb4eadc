/*
 * variables - ${NAME} in a file's texts becomes the environment's value.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define TEXT_BYTES_MAX (4 * 1024 * 1024)
#define NAME_SIZE 128
#define PATH_SIZE 256
#define NAME_CHARS                                              \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_" \
	"0123456789"

struct filler {
	char *error;
	size_t error_size;
};

static bool fail(const struct filler *f, const char *path, const char *what,
		 const char *name)
{
	snprintf(f->error, f->error_size, "%s: %s%s", path, what, name);
	return false;
}

/* at: behind "${"; moves behind "}". */
static bool put_variable(const struct filler *f, const char *path,
			 const char **at, struct buf *out)
{
	size_t n = strspn(*at, NAME_CHARS);
	char name[NAME_SIZE];
	const char *value;

	if (n == 0 || (*at)[n] != '}' ||
	    !slice_cstr(name, sizeof(name), slice_bytes(*at, n)))
		return fail(f, path, "${ without a name and }; $${ is meant?",
			    "");
	value = getenv(name);
	if (!value)
		return fail(f, path, "the variable is not set: ", name);
	buf_append_str(out, value);
	*at += n + 1;
	return true;
}

static bool fill_text(const struct filler *f, const char *path,
		      const char *text, struct buf *out)
{
	while (*text) {
		size_t n = strcspn(text, "$");

		buf_append(out, text, n);
		text += n;
		if (strncmp(text, "$${", 3) == 0) {
			buf_append_str(out, "${");
			text += 3;
		} else if (strncmp(text, "${", 2) == 0) {
			text += 2;
			if (!put_variable(f, path, &text, out))
				return false;
		} else if (*text) {
			buf_append_char(out, *text++);
		}
	}
	return !buf_full(out) || fail(f, path, "the text is too long", "");
}

/* A new string; NULL with an error. */
static json_t *filled(const struct filler *f, const char *path,
		      const json_t *value)
{
	json_t *fresh = NULL;
	struct buf out;

	buf_init(&out, TEXT_BYTES_MAX);
	if (fill_text(f, path, json_string_value(value), &out)) {
		fresh = json_stringn(out.p ? out.p : "", out.n);
		if (!fresh)
			fail(f, path, "a variable is not valid UTF-8", "");
	}
	if (out.p)
		explicit_bzero(out.p, out.size);
	buf_fini(&out);
	return fresh;
}

static bool fill(const struct filler *f, const char *path, json_t *value);

static bool fill_member(const struct filler *f, const char *path,
			json_t *object, const char *name, json_t *value)
{
	char inner[PATH_SIZE];
	json_t *fresh;

	snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "." : "", name);
	if (!json_is_string(value))
		return fill(f, inner, value);
	fresh = filled(f, inner, value);
	return fresh && json_object_set_new(object, name, fresh) == 0;
}

static bool fill_element(const struct filler *f, const char *path,
			 json_t *array, size_t i, json_t *value)
{
	char inner[PATH_SIZE];
	json_t *fresh;

	snprintf(inner, sizeof(inner), "%s[%zu]", path, i);
	if (!json_is_string(value))
		return fill(f, inner, value);
	fresh = filled(f, inner, value);
	return fresh && json_array_set_new(array, i, fresh) == 0;
}

static bool fill(const struct filler *f, const char *path, json_t *value)
{
	const char *name;
	json_t *inner;
	void *next;
	size_t i;

	json_object_foreach_safe(value, next, name, inner)
	{
		if (!fill_member(f, path, value, name, inner))
			return false;
	}
	json_array_foreach(value, i, inner)
	{
		if (!fill_element(f, path, value, i, inner))
			return false;
	}
	return true;
}

bool variables_fill(json_t *root, char *error, size_t error_size)
{
	const struct filler f = {error, error_size};

	return fill(&f, "", root);
}
