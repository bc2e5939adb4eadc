/*
 * space - what counts as white space in a template, as JavaScript sees it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEMPLATE_SPACE_H
#define TEMPLATE_SPACE_H

#include "base/slice.h"

/* Bytes of the one that s begins or ends with; 0: there is none. */
size_t space_first(struct slice s);
size_t space_last(struct slice s);
/* s without its leading or trailing white space. */
struct slice space_skip(struct slice s);
struct slice space_trim_end(struct slice s);

#endif
