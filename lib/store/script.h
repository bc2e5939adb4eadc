/*
 * script - the Lua scripts of this directory, as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STORE_SCRIPT_H
#define STORE_SCRIPT_H

extern const char *const script_append;
extern const char *const script_registry;
extern const char *const script_config_put;
extern const char *const script_config_drop;
extern const char *const script_list_lane;
extern const char *const script_list_chain;
extern const char *const script_list_log;
extern const char *const script_delivery;
extern const char *const script_retry;
extern const char *const script_replay;
extern const char *const script_replay_kept;
extern const char *const script_cancel;
extern const char *const script_purge;
extern const char *const script_purge_note;
extern const char *const script_inbox;
extern const char *const script_names;
extern const char *const script_list_names;
extern const char *const script_sizes;
extern const char *const script_stats;
extern const char *const script_claim;
extern const char *const script_disable;
extern const char *const script_release;
extern const char *const script_settle;
extern const char *const script_stored;
extern const char *const script_take;
extern const char *const script_token_claim;
extern const char *const script_token_store;
extern const char *const script_token_hold;

#endif
