/*
 * diff - in which fields two documents of a webhook differ.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "diff.h"

#include <stdio.h>
#include <string.h>

#include "call.h"

struct side {
	const json_t *doc, *view;
};

static bool is_stamp(const char *name)
{
	return !strcmp(name, "version") || !strcmp(name, "updatedAt") ||
	       !strcmp(name, "createdAt") || !strcmp(name, "id") ||
	       !strcmp(name, "project");
}

bool diff_same(const json_t *a, const json_t *b)
{
	json_t *x = json_copy((json_t *)a), *y = json_copy((json_t *)b);
	bool same;

	json_object_del(x, "version");
	json_object_del(x, "updatedAt");
	json_object_del(y, "version");
	json_object_del(y, "updatedAt");
	same = json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return same;
}

static struct side inner(struct side s, const char *name)
{
	return (struct side){json_object_get(s.doc, name),
			     json_object_get(s.view, name)};
}

static void add(json_t *list, const char *path, struct side from,
		struct side to)
{
	json_t *change = json_object();

	json_object_set_new(change, "field",
			    json_text(slice_bytes(path, strlen(path))));
	json_object_set(change, "from",
			from.view ? (json_t *)from.view : json_null());
	json_object_set(change, "to",
			to.view ? (json_t *)to.view : json_null());
	json_array_append_new(list, change);
}

static void compare(json_t *list, const char *path, struct side from,
		    struct side to);

static void compare_field(json_t *list, const char *path, const char *name,
			  struct side from, struct side to)
{
	char field[FIELD_SIZE];

	if (!*path && is_stamp(name))
		return;
	snprintf(field, sizeof(field), "%s%s%s", path, *path ? "." : "", name);
	compare(list, field, inner(from, name), inner(to, name));
}

static bool is_inner(struct side s)
{
	return !s.doc || json_is_object(s.doc);
}

static void compare(json_t *list, const char *path, struct side from,
		    struct side to)
{
	const char *name;
	json_t *value;

	if (from.doc && to.doc && json_equal(from.doc, to.doc))
		return;
	if (!is_inner(from) || !is_inner(to)) {
		add(list, path, from, to);
		return;
	}
	json_object_foreach((json_t *)to.doc, name, value)
	    compare_field(list, path, name, from, to);
	json_object_foreach((json_t *)from.doc, name, value)
	{
		if (!json_object_get(to.doc, name))
			compare_field(list, path, name, from, to);
	}
}

json_t *diff_fields(const json_t *old, const json_t *fresh,
		    const json_t *old_view, const json_t *fresh_view)
{
	json_t *list = json_array();

	compare(list, "", (struct side){old, old_view},
		(struct side){fresh, fresh_view});
	return list;
}
