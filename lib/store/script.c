/*
 * script - the Lua scripts of this directory, as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/script.h"

#include "store_scripts.inc"

const char *const script_append = lua_append;
const char *const script_registry = lua_registry;
