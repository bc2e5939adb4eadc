/*
 * script - the Lua scripts of this directory, as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/script.h"

#include "store_scripts.inc"

const char *const script_append = lua_append;
const char *const script_registry = lua_registry;
const char *const script_config_put = lua_config_put;
const char *const script_config_drop = lua_config_drop;
const char *const script_list_lane = lua_list_lane;
const char *const script_list_chain = lua_list_chain;
const char *const script_list_log = lua_list_log;
const char *const script_delivery = lua_delivery;
const char *const script_retry = lua_retry;
const char *const script_replay = lua_replay;
const char *const script_replay_kept = lua_replay_kept;
const char *const script_cancel = lua_cancel;
const char *const script_purge = lua_purge;
const char *const script_purge_note = lua_purge_note;
const char *const script_inbox = lua_inbox;
const char *const script_names = lua_names;
const char *const script_list_names = lua_list_names;
const char *const script_sizes = lua_sizes;
const char *const script_stats = lua_stats;
const char *const script_claim = lua_claim;
const char *const script_disable = lua_disable;
const char *const script_release = lua_release;
const char *const script_settle = lua_settle;
const char *const script_stored = lua_stored;
const char *const script_take = lua_take;
const char *const script_token_claim = lua_token_claim;
const char *const script_token_store = lua_token_store;
const char *const script_token_hold = lua_token_hold;
