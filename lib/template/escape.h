/*
 * escape - how a value may stand where a template puts it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEMPLATE_ESCAPE_H
#define TEMPLATE_ESCAPE_H

#include "base/buf.h"
#include "template/template.h"

void escape_append(struct buf *out, enum template_mode mode, struct slice text);
/* It has what may end a header too early. */
bool escape_has_control(struct slice text);

#endif
