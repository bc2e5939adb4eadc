/*
 * token_trial - tests of credentials: one token request now, and what came of
 * it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tokens process makes the request, as any other. An ask that is lost with it
 * is not repeated: the caller hears of it by the time-out.
 */
#ifndef CONSOLE_TOKEN_TRIAL_H
#define CONSOLE_TOKEN_TRIAL_H

struct console;
struct token_trials;

struct token_trials *token_trials_new(struct console *c);
/* Answers what is under way. */
void token_trials_free(struct token_trials **t);
/* The processes of the console's registry have changed. */
void token_trials_follow(struct token_trials *t);

#endif
