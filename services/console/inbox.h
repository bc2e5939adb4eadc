/*
 * inbox - a receiver that keeps the newest requests and shows them whole.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CONSOLE_INBOX_H
#define CONSOLE_INBOX_H

#include <stdbool.h>

#include "base/slice.h"

bool is_inbox_name(struct slice s);

#endif
