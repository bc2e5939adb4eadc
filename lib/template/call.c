/*
 * call - what the helpers have in common: their arguments and their results.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/call.h"

#include <math.h>
#include <stdlib.h>

#define TOO_LARGE "the result is too large"
#define NUMBER_BYTES_MAX 400
#define WHOLE_MAX 2147483648.0

const struct value *call_arg(const struct helper_call *call, size_t i)
{
	return i < call->n_args ? call->args[i] : value_missing();
}

struct slice call_text(const struct helper_call *call, size_t i)
{
	return value_text(call_arg(call, i), call->arena);
}

struct slice call_subject(const struct helper_call *call)
{
	return call_text(
	    call, call->block && call->n_args > 0 ? call->n_args - 1 : 0);
}

static size_t skip_digits(const char **p)
{
	size_t n = 0;

	while (**p >= '0' && **p <= '9') {
		++*p;
		n++;
	}
	return n;
}

/* strtod() takes more: hexadecimal, "inf" and "nan". */
static bool is_decimal(const char *p)
{
	size_t digits;

	p += *p == '-' || *p == '+';
	digits = skip_digits(&p);
	if (*p == '.') {
		p++;
		digits += skip_digits(&p);
	}
	if (digits == 0)
		return false;
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '-' || *p == '+';
		if (skip_digits(&p) == 0)
			return false;
	}
	return *p == 0;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool parse_number(struct slice s, double *number)
{
	char text[NUMBER_BYTES_MAX];

	while (s.n > 0 && is_space(s.p[0]))
		s = slice_bytes(s.p + 1, s.n - 1);
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	if (memchr(s.p ? s.p : "", 0, s.n) ||
	    !slice_cstr(text, sizeof(text), s) || !is_decimal(text))
		return false;
	*number = strtod(text, NULL);
	return isfinite(*number);
}

bool call_number(const struct value *v, double *number)
{
	switch (v->kind) {
	case VALUE_WHOLE:
		*number = (double)v->whole;
		return true;
	case VALUE_REAL:
		*number = v->real;
		return isfinite(*number);
	case VALUE_STRING:
		return parse_number(v->text, number);
	default:
		return false;
	}
}

bool call_whole(const struct value *v, long *whole)
{
	double number;

	if (!call_number(v, &number))
		return false;
	*whole = (long)fmax(fmin(number, WHOLE_MAX), -WHOLE_MAX);
	return true;
}

const struct value *call_either(const struct helper_call *call,
				const char *option, size_t i)
{
	const struct value *v = helper_option(call, option);

	return v ? v : call_arg(call, i);
}

/* "false" is what a template may give as a text. */
bool call_option_true(const struct helper_call *call, const char *name)
{
	const struct value *v = helper_option(call, name);

	return v && value_is_true(v) &&
	       !(v->kind == VALUE_STRING && slice_eq_str(v->text, "false"));
}

struct slice call_option_text(const struct helper_call *call, const char *name,
			      const char *otherwise)
{
	const struct value *v = helper_option(call, name);

	return v ? value_text(v, call->arena) : slice_of(otherwise);
}

const struct value *call_fail(struct helper_call *call, const char *error)
{
	call->error = error;
	return NULL;
}

void call_begin(const struct helper_call *call, struct buf *out)
{
	buf_init(out, call->bytes_left);
}

const struct value *call_end(struct helper_call *call, struct buf *out)
{
	if (!buf_full(out))
		return value_new_text(call->arena,
				      value_keep(call->arena, out));
	buf_fini(out);
	return call_fail(call, TOO_LARGE);
}

const struct value *call_give(struct helper_call *call, struct slice text)
{
	if (text.n > call->bytes_left)
		return call_fail(call, TOO_LARGE);
	return value_new_text(call->arena, text);
}
