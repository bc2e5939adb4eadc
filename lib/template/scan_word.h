/*
 * scan_word - what stands inside of a mustache: names, strings, numbers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Private to the scanner.
 */
#ifndef TEMPLATE_SCAN_WORD_H
#define TEMPLATE_SCAN_WORD_H

#include "template/scan.h"

void scan_word(struct scan *s, struct token *token);
/* Of the name that s begins with; 0: with none. */
size_t scan_name_bytes(struct slice s);
/* A letter, a digit or _ stands there. */
bool scan_is_word(struct slice s, size_t at);

/* In scan.c. */
struct slice scan_rest(const struct scan *s);
bool scan_begins(struct slice s, const char *with);
void scan_fault(struct token *token, const char *text);
void scan_unclosed(const struct scan *s, struct token *token);

#endif
