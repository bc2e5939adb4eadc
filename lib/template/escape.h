/*
 * escape - a printed value, as the place where it stands wants it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEMPLATE_ESCAPE_H
#define TEMPLATE_ESCAPE_H

#include "base/buf.h"
#include "template/template.h"

void escape_append(struct buf *out, struct slice s, enum template_mode mode);
/* It has a character that may not stand in a header. */
bool escape_has_control(struct slice s);

#endif
