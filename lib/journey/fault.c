/*
 * fault - where something is wrong with a call, and what.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdio.h>

#include "journey/parts.h"

/* What was cut may end within a character. */
static void end_whole(char *text)
{
	size_t n = strlen(text);

	for (int i = 0; i < 4 && n > 0 && !slice_is_utf8(slice_of(text)); i++)
		text[--n] = '\0';
}

static void __attribute__((format(printf, 2, 0)))
set_field(struct journey_fault *fault, const char *format, va_list args)
{
	(void)vsnprintf(fault->field, sizeof(fault->field), format, args);
	end_whole(fault->field);
}

void journey_fault_set(struct journey_fault *fault, const char *text,
		       const char *field, ...)
{
	va_list args;

	va_start(args, field);
	set_field(fault, field, args);
	va_end(args);
	(void)snprintf(fault->text, sizeof(fault->text), "%s", text);
	end_whole(fault->text);
}

void fault_of_template(struct journey_fault *fault,
		       const struct template_fault *from, const char *field,
		       ...)
{
	va_list args;

	va_start(args, field);
	set_field(fault, field, args);
	va_end(args);
	(void)snprintf(fault->text, sizeof(fault->text),
		       "line %zu, column %zu: %s", (size_t)from->line,
		       (size_t)from->column, from->text);
	end_whole(fault->text);
}
