/*
 * up_env - an environment for a child process.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_UP_ENV_H
#define CLI_UP_ENV_H

struct up_env;

/* A copy of NAME=value strings. */
struct up_env *up_env_new(char *const *from);
void up_env_free(struct up_env **e);
/* Replaces what was there. */
void up_env_set(struct up_env *e, const char *name, const char *value);
/* NULL when unset. */
const char *up_env_get(const struct up_env *e, const char *name);
/* For execve; valid until the next change. */
char *const *up_env_strings(const struct up_env *e);

#endif
