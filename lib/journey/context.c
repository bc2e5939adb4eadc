/*
 * context - what the templates of a call see.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Members of values are linked, so that one cannot be in two objects: they are
 * copied, what is in them is not.
 */
#include "journey/context.h"

#include "base/mem.h"
#include "base/table.h"

/* An object that grows at its end. */
struct object {
	struct arena *arena;
	struct value *value, **tail;
	size_t n;
};

static struct object object_new(struct arena *arena)
{
	struct object o = {.arena = arena};

	o.value = arena_alloc(arena, sizeof(*o.value));
	*o.value = (struct value){.kind = VALUE_OBJECT};
	o.tail = &o.value->first;
	return o;
}

static void add(struct object *o, struct slice name, const struct value *v)
{
	struct value *copy = arena_alloc(o->arena, sizeof(*copy));

	*copy = *v;
	copy->key = name;
	copy->next = NULL;
	*o->tail = copy;
	o->tail = &copy->next;
	o->n++;
}

/* NULL unless there is an object of that name. */
static const struct value *object_in(const struct value *v, const char *name)
{
	const struct value *member = value_member(v, slice_of(name));

	return member && member->kind == VALUE_OBJECT ? member : NULL;
}

static bool is_empty(const struct value *object)
{
	return !object || !object->first;
}

/* All of it whose name seen has not. */
static void add_members(struct object *o, const struct value *from,
			const struct table *seen)
{
	for (const struct value *v = from ? from->first : NULL; v; v = v->next)
		if (!seen || !table_find(seen, v->key))
			add(o, v->key, v);
}

/* The call's fields, and behind them what is kept under other names. Both may
 * be large: names are looked up, not compared one by one. */
static struct value *merge(struct arena *arena, const struct value *call,
			   const struct value *kept)
{
	struct object o = object_new(arena);
	struct table *seen = NULL;

	add_members(&o, call, NULL);
	if (!is_empty(call) && !is_empty(kept)) {
		seen = table_new(o.n);
		for (const struct value *v = call->first; v; v = v->next)
			must(table_put(seen, v->key, o.value) == ERR_OK);
	}
	add_members(&o, kept, seen);
	table_free(&seen);
	return o.value;
}

static const char *const of_call[] = {"email", "userId", "journeyId", "pathId"};
#define OF_CALL (sizeof(of_call) / sizeof(of_call[0]))

/* Names at the top that are no field's. A user's address and id may come from
 * the profile where the call has none. */
static bool is_reserved(const struct value *root, struct slice name)
{
	static const char *const always[] = {"journeyId",  "pathId",
					     "profile",	   "event",
					     "dataFields", "liveData"};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (slice_eq_str(name, always[i]))
			return true;
	return (slice_eq_str(name, "email") || slice_eq_str(name, "userId")) &&
	       value_member(root, name);
}

const struct value *context_new(struct arena *arena, const struct value *call,
				const struct value *stored)
{
	static const struct value none = {.kind = VALUE_OBJECT};
	const struct value *event = object_in(call, "event");
	const struct value *live = object_in(stored, "liveData");
	const struct value *profile = merge(arena, object_in(call, "profile"),
					    object_in(stored, "profile"));
	struct object root = object_new(arena);

	for (size_t i = 0; i < OF_CALL; i++) {
		struct slice name = slice_of(of_call[i]);
		const struct value *v = value_member(call, name);

		if (v)
			add(&root, name, v);
	}
	add(&root, SLICE_LIT("profile"), profile);
	add(&root, SLICE_LIT("event"), event ? event : &none);
	add(&root, SLICE_LIT("dataFields"), event ? event : &none);
	add(&root, SLICE_LIT("liveData"), live ? live : &none);
	for (const struct value *v = profile->first; v; v = v->next)
		if (!is_reserved(root.value, v->key))
			add(&root, v->key, v);
	return root.value;
}
