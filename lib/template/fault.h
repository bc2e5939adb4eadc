/*
 * fault - says what is wrong with a template, and where.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEMPLATE_FAULT_H
#define TEMPLATE_FAULT_H

#include "template/template.h"

/* at is an offset into source. The text has one line, and is cut to fit. */
void template_fault_set(struct template_fault *fault, struct slice source,
			size_t at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
