/*
 * fault - says what is wrong with a template, and where.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "template/fault.h"

#include <stdarg.h>
#include <stdio.h>

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static void find_place(struct template_fault *fault, struct slice source,
		       size_t at)
{
	fault->line = fault->column = 1;
	for (size_t i = 0; i < at && i < source.n; i++) {
		if (source.p[i] == '\n') {
			fault->line++;
			fault->column = 1;
		} else if (!continues(source.p[i])) {
			fault->column++;
		}
	}
}

/* Names come from templates: a fault is shown in one line, and a character that
 * was cut in two would make it no UTF-8. */
static void tidy(char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = ' ';
	}
	while (n > 0 && !slice_is_utf8(slice_bytes(text, n)) &&
	       (text[n - 1] & 0x80))
		text[--n] = 0;
}

void template_fault_set(struct template_fault *fault, struct slice source,
			size_t at, const char *fmt, ...)
{
	va_list ap;

	find_place(fault, source, at);
	va_start(ap, fmt);
	(void)vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
	va_end(ap);
	tidy(fault->text);
}
