/*
 * date - whether a text is a date, or a date with its time.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JSONPATH_DATE_H
#define JSONPATH_DATE_H

#include "base/slice.h"

/* RFC 3339, and of ISO 8601 also what lacks a zone, seconds, or a colon in the
 * zone: 2026-11-26, 2026-11-26T22:24:26.5+01:00, 2026-11-26 22:24. */
bool date_is(struct slice s);

#endif
