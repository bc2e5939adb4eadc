/*
 * run_expr - the values of paths and calls.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/run.h"

#include <stdarg.h>
#include <stdio.h>

#include "template/call.h"
#include "template/values.h"

#define STEP_BYTES 64

bool run_fail(struct run *run, struct place place, const char *fmt, ...)
{
	va_list ap;

	if (run->failed)
		return false;
	run->failed = true;
	run->fault->line = place.line;
	run->fault->column = place.column;
	va_start(ap, fmt);
	vsnprintf(run->fault->text, sizeof(run->fault->text), fmt, ap);
	va_end(ap);
	return false;
}

bool run_step(struct run *run, struct place place)
{
	if (++run->steps <= TEMPLATE_STEPS_MAX)
		return true;
	return run_fail(run, place, "more than %d steps", TEMPLATE_STEPS_MAX);
}

/* ---- paths ---- */

static size_t count(const struct value *v)
{
	size_t n = 0;

	for (const struct value *e = v->first; e; e = e->next)
		n++;
	return n;
}

/* As JavaScript counts: UTF-16. */
static size_t text_length(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		n += (c & 0xc0) != 0x80;
		n += c >= 0xf0;
	}
	return n;
}

static const struct value *length_of(struct run *run, const struct value *v)
{
	size_t n = v->kind == VALUE_ARRAY ? count(v) : text_length(v->text);

	return value_new_number(run->arena, (double)n);
}

/* As a place in a list or a text; not "01". */
static bool is_index(struct slice name, uint64_t *index)
{
	return (name.n == 1 || (name.n > 1 && name.p[0] != '0')) &&
	       slice_parse_u64(name, index);
}

static const struct value *character(struct run *run, struct slice text,
				     struct slice name)
{
	uint64_t index;
	size_t end = 0, at;

	if (!is_index(name, &index))
		return NULL;
	do {
		at = end;
		if (at == text.n)
			return NULL;
		for (end++; end < text.n && (text.p[end] & 0xc0) == 0x80;)
			end++;
	} while (index-- > 0);
	return value_new_text(run->arena, slice_bytes(text.p + at, end - at));
}

static const struct value *element(const struct value *v, struct slice name)
{
	uint64_t index;

	if (!is_index(name, &index))
		return NULL;
	return value_at(v, (size_t)index);
}

static const struct value *member(struct run *run, const struct value *v,
				  struct slice name)
{
	const struct value *found = NULL;

	if (v->kind == VALUE_OBJECT)
		found = value_member(v, name);
	else if (v->kind == VALUE_ARRAY)
		found = element(v, name);
	else if (v->kind == VALUE_STRING)
		found = character(run, v->text, name);
	if (!found && (v->kind == VALUE_ARRAY || v->kind == VALUE_STRING) &&
	    slice_eq_str(name, "length"))
		return length_of(run, v);
	return found ? found : value_missing();
}

static const struct value *data_value(const struct data *d, uint32_t which)
{
	if (!d || !d->has)
		return value_missing();
	switch (which) {
	case DATA_INDEX:
		return d->index;
	case DATA_KEY:
		return d->key;
	case DATA_FIRST:
		return value_bool(d->first);
	case DATA_LAST:
		return value_bool(d->last);
	default:
		return value_missing();
	}
}

static const struct value *begin(struct run *run, const struct frame *frame,
				 const struct tree_path *path)
{
	const struct context *c = frame->context;
	const struct data *d = frame->data;
	uint32_t up = path->up;

	switch (path->from) {
	case PATH_ROOT:
		return run->in->root;
	case PATH_PARAM:
		for (; up > 0; up--)
			frame = frame->outer;
		return frame->params[path->which] ? frame->params[path->which]
						  : value_missing();
	case PATH_DATA:
		for (; up > 0 && d; up--)
			d = d->up;
		return data_value(d, path->which);
	case PATH_CONTEXT:
		break;
	}
	for (; up > 0 && c; up--)
		c = c->up;
	return c ? c->value : value_missing();
}

static const struct value *run_path(struct run *run, const struct frame *frame,
				    const struct expr *e)
{
	const struct tree_path *path = &e->path;
	const struct value *v = begin(run, frame, path);

	for (size_t i = 0; i < path->n_parts && v != value_missing(); i++) {
		if (v->kind == VALUE_NULL)
			return v;
		v = member(run, v, path->parts[i]);
	}
	return v;
}

/* ---- calls ---- */

static bool run_args(struct run *run, const struct frame *frame,
		     const struct expr *e, const struct value **args)
{
	for (size_t i = 0; i < e->n_args; i++) {
		args[i] = run_expr(run, frame, e->args[i]);
		if (!args[i])
			return false;
	}
	return true;
}

static bool run_options(struct run *run, const struct frame *frame,
			const struct expr *e, struct helper_option *options)
{
	for (size_t i = 0; i < e->n_options; i++) {
		options[i].name = e->options[i].name;
		options[i].value = run_expr(run, frame, e->options[i].value);
		if (!options[i].value)
			return false;
	}
	return true;
}

bool run_option(struct run *run, const struct frame *frame,
		const struct expr *e, const char *name,
		const struct value **value)
{
	for (size_t i = 0; i < e->n_options; i++) {
		if (!slice_eq_str(e->options[i].name, name))
			continue;
		*value = run_expr(run, frame, e->options[i].value);
		return *value != NULL;
	}
	return false;
}

/* Long texts are many steps: what a helper does with one takes its time. */
static void charge(struct run *run, const struct value *v)
{
	if (v->kind == VALUE_STRING)
		run->steps += v->text.n / STEP_BYTES;
}

const struct value *run_call(struct run *run, const struct frame *frame,
			     const struct expr *e, const struct value *text,
			     bool *raw)
{
	bool block = text || !raw;
	struct helper_option options[TEMPLATE_PARAMS_MAX];
	const struct value *args[TEMPLATE_PARAMS_MAX + 1], *result;
	struct helper_call call = {
	    .args = args,
	    .n_args = e->n_args,
	    .options = options,
	    .n_options = e->n_options,
	    .arena = run->arena,
	    .wall_ms = run->in->wall_ms,
	    .bytes_left = run->out->max - run->out->n,
	    .block = block,
	    .zones = run->zones,
	};

	if (!run_args(run, frame, e, args) ||
	    !run_options(run, frame, e, options))
		return NULL;
	if (text)
		args[call.n_args++] = text;
	for (size_t i = 0; i < call.n_args; i++)
		charge(run, args[i]);
	if (!run_step(run, e->place))
		return NULL;
	result = e->helper->fn(&call);
	if (result)
		charge(run, result);
	if (!result)
		run_fail(run, e->place, "%s: %s", e->helper->name, call.error);
	if (!block)
		*raw = call.raw;
	return result;
}

static const struct value *
run_lookup(struct run *run, const struct frame *frame, const struct expr *e)
{
	const struct value *v = run_expr(run, frame, e->args[0]), *name;

	if (!v)
		return NULL;
	name = run_expr(run, frame, e->args[1]);
	if (!name || !value_is_true(v))
		return name ? v : NULL;
	return member(run, v, value_text(name, run->arena));
}

static const struct value *run_log(struct run *run, const struct frame *frame,
				   const struct expr *e)
{
	const struct value *args[TEMPLATE_PARAMS_MAX];

	return run_args(run, frame, e, args) ? value_null() : NULL;
}

const struct value *run_expr(struct run *run, const struct frame *frame,
			     const struct expr *e)
{
	bool raw;

	if (!run_step(run, e->place))
		return NULL;
	switch (e->kind) {
	case EXPR_VALUE:
		return e->value;
	case EXPR_PATH:
		return run_path(run, frame, e);
	case EXPR_HELPER:
		return run_call(run, frame, e, NULL, &raw);
	case EXPR_LOOKUP:
		return run_lookup(run, frame, e);
	case EXPR_LOG:
		return run_log(run, frame, e);
	}
	return NULL;
}
