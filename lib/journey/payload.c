/*
 * payload - the body of a call whose webhook has no template for it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journey/payload.h"

#include "base/text.h"
#include "filter/value_print.h"
#include "template/helper.h"

#define NAME_BYTES_MAX 4096 /* of a form's field, a.b.c */

static const char *const scalars[] = {"journeyId", "pathId", "email", "userId"};
#define SCALARS (sizeof(scalars) / sizeof(scalars[0]))

/* The members of the profile that are wanted, in turn: *i is where we are. */
static const struct value *next_field(const struct value *profile,
				      const struct payload_fields *fields,
				      const struct value *before, size_t *i)
{
	const struct value *v = NULL;

	if (!fields->names)
		return before ? before->next : profile->first;
	while (!v && *i < fields->n)
		v = value_member(profile, slice_of(fields->names[(*i)++]));
	return v;
}

static void json_name(struct buf *out, struct slice name)
{
	if (out->n > 0 && out->p[out->n - 1] != '{')
		buf_append_char(out, ',');
	json_quote(out, name);
	buf_append_char(out, ':');
}

static void json_member(struct buf *out, struct slice name,
			const struct value *v)
{
	if (!v)
		return;
	json_name(out, name);
	value_print(v, out);
}

static void json_profile(struct buf *out, const struct value *profile,
			 const struct payload_fields *fields)
{
	const struct value *v = NULL;
	size_t i = 0;

	json_name(out, SLICE_LIT("profile"));
	buf_append_char(out, '{');
	while ((v = next_field(profile, fields, v, &i)))
		json_member(out, v->key, v);
	buf_append_char(out, '}');
}

void payload_json(struct buf *out, const struct value *context,
		  const struct payload_fields *fields)
{
	buf_append_char(out, '{');
	for (size_t i = 0; i < SCALARS; i++) {
		struct slice name = slice_of(scalars[i]);

		json_member(out, name, value_member(context, name));
	}
	json_profile(out, value_member(context, SLICE_LIT("profile")), fields);
	json_member(out, SLICE_LIT("event"),
		    value_member(context, SLICE_LIT("event")));
	buf_append_char(out, '}');
}

/* --- as a form ------------------------------------------------------------ */

static void form_field(struct buf *out, struct slice name,
		       const struct value *v, struct arena *arena)
{
	if (out->n > 0)
		buf_append_char(out, '&');
	percent_encode(out, name);
	buf_append_char(out, '=');
	percent_encode(out, value_text(v, arena));
}

static void cut(struct buf *name, size_t n)
{
	name->n = n;
	name->full = false;
}

/* Documents are nested 64 deep at most. */
static void form_value(struct buf *out, struct buf *name, const struct value *v,
		       struct arena *arena)
{
	size_t n = name->n, i = 0;

	if (v->kind != VALUE_OBJECT && v->kind != VALUE_ARRAY) {
		form_field(out, buf_slice(name), v, arena);
		return;
	}
	for (const struct value *c = v->first; c; c = c->next) {
		if (v->kind == VALUE_OBJECT) {
			buf_append_char(name, '.');
			buf_append_slice(name, c->key);
		} else {
			buf_printf(name, ".%zu", i++);
		}
		if (!buf_full(name) && !buf_full(out))
			form_value(out, name, c, arena);
		cut(name, n);
	}
}

static void form_member(struct buf *out, const char *prefix,
			const struct value *v, struct arena *arena)
{
	struct buf name;

	buf_init(&name, NAME_BYTES_MAX);
	buf_append_str(&name, prefix);
	if (*prefix && v->key.n > 0)
		buf_append_char(&name, '.');
	buf_append_slice(&name, v->key);
	form_value(out, &name, v, arena);
	buf_fini(&name);
}

void payload_form(struct buf *out, const struct value *context,
		  const struct payload_fields *fields, struct arena *arena)
{
	const struct value *profile =
	    value_member(context, SLICE_LIT("profile"));
	const struct value *v;
	size_t i = 0;

	for (size_t k = 0; k < SCALARS; k++) {
		v = value_member(context, slice_of(scalars[k]));
		if (v)
			form_member(out, "", v, arena);
	}
	v = NULL;
	while ((v = next_field(profile, fields, v, &i)))
		form_member(out, "profile", v, arena);
	form_member(out, "", value_member(context, SLICE_LIT("event")), arena);
}
