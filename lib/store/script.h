/*
 * script - the Lua scripts of this directory, as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STORE_SCRIPT_H
#define STORE_SCRIPT_H

extern const char *const script_append;
extern const char *const script_registry;

#endif
