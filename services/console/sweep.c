/*
 * sweep - removes what journeys have kept in a project that is deleted.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A name of a profile or a path may hold anything, also what looks like another
 * project's: so each key's beginning is compared too.
 */
#include "sweep.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "console.h"
#include "store/keys.h"

#define STEP SLICE_LIT("500")
#define RESTARTS_MAX 20
#define KEYS_MAX 2000 /* of one step */

struct sweep {
	struct console *console;
	char profiles[KEY_SIZE], paths[KEY_SIZE], pattern[KEY_SIZE];
	struct slice prefixes[2], match;
	char cursor[24];
	uint64_t home;	   /* whose cursor it is */
	unsigned restarts; /* because it was another one, or not sure */
	bool unsure, failed;
	unsigned long long removed;
};

static void ask_step(struct sweep *s);

static void end(struct sweep *s, enum err e)
{
	if (s->removed || e != ERR_OK)
		log_info("swept", "removed=%llu error=\"%s\"", s->removed,
			 e == ERR_OK ? "" : err_text(e));
	free(s);
}

static bool goes_on(struct sweep *s, enum err e)
{
	if (e == ERR_OK && !service_is_draining(s->console->run))
		return true;
	end(s, e);
	return false;
}

static void next(struct sweep *s)
{
	if (strcmp(s->cursor, "0") != 0)
		ask_step(s);
	else
		end(s, ERR_OK);
}

static void on_removed(void *arg, enum err e, const struct reply *reply)
{
	struct sweep *s = arg;

	if (!goes_on(s, e))
		return;
	s->removed += (unsigned long long)reply_int(reply);
	next(s);
}

static bool is_ours(const struct sweep *s, struct slice key)
{
	for (size_t i = 0; i < 2; i++)
		if (key.n > s->prefixes[i].n &&
		    slice_eq(slice_bytes(key.p, s->prefixes[i].n),
			     s->prefixes[i]))
			return true;
	return false;
}

/* False: there is nothing to remove in this step. */
static bool remove_keys(struct sweep *s, const struct reply *keys)
{
	struct slice *argv = xcalloc(KEYS_MAX + 1, sizeof(*argv));
	size_t n = 1;
	enum err e;

	argv[0] = SLICE_LIT("UNLINK");
	for (size_t i = 0; i < reply_count(keys) && n <= KEYS_MAX; i++)
		if (is_ours(s, reply_bytes(reply_part(keys, i))))
			argv[n++] = reply_bytes(reply_part(keys, i));
	if (n == 1) {
		free(argv);
		return false;
	}
	e = redis_command(s->console->redis, argv, n, on_removed, s);
	free(argv);
	if (e != ERR_OK)
		end(s, e);
	return true;
}

/* Comes before the step's answer, if there is a step. */
static void on_sure(void *arg, enum err e, const struct reply *reply)
{
	struct sweep *s = arg;

	(void)reply;
	s->unsure = e != ERR_OK;
	if (s->failed)
		end(s, ERR_AGAIN);
}

/* The cursor is another server's, or keys may have moved while it looked. */
static bool begin_anew(struct sweep *s)
{
	uint64_t home = redis_home(s->console->redis, s->prefixes[0]);

	if (!s->unsure && home == s->home)
		return false;
	if (++s->restarts > RESTARTS_MAX) {
		end(s, ERR_AGAIN);
		return true;
	}
	s->home = home;
	memcpy(s->cursor, "0", 2);
	ask_step(s);
	return true;
}

static void on_step(void *arg, enum err e, const struct reply *reply)
{
	struct sweep *s = arg;

	if (!goes_on(s, e) || begin_anew(s))
		return;
	if (!slice_cstr(s->cursor, sizeof(s->cursor),
			reply_bytes(reply_part(reply, 0))))
		end(s, ERR_MALFORMED);
	else if (!remove_keys(s, reply_part(reply, 1)))
		next(s);
}

/* A SCAN says nothing of where keys ought to be. A question for two that do not
 * exist does: it is refused, or answered by another, while they move. */
static void ask_step(struct sweep *s)
{
	struct redis *r = s->console->redis;
	const struct slice sure[] = {SLICE_LIT("EXISTS"), s->prefixes[0],
				     s->prefixes[1]};
	const struct slice argv[] = {
	    SLICE_LIT("SCAN"), slice_of(s->cursor), SLICE_LIT("MATCH"),
	    s->match,	       SLICE_LIT("COUNT"),  STEP,
	};
	enum err e;

	if (redis_is_parted(r)) {
		e = redis_command(r, sure, 3, on_sure, s);
		if (e != ERR_OK) {
			end(s, e);
			return;
		}
	}
	e = redis_command_near(r, s->prefixes[0], argv, 6, on_step, s);
	/* What has been asked before is still to be answered. */
	if (e != ERR_OK && redis_is_parted(r))
		s->failed = true;
	else if (e != ERR_OK)
		end(s, e);
}

void sweep_project(struct console *c, struct slice project)
{
	struct sweep *s = xcalloc(1, sizeof(*s));
	uint64_t partition = console_partition(c, project);

	s->console = c;
	s->prefixes[0] = key_owned(s->profiles, partition, "profile", project,
				   SLICE_LIT(""));
	s->prefixes[1] =
	    key_owned(s->paths, partition, "path", project, SLICE_LIT(""));
	s->match =
	    key_owned(s->pattern, partition, "p*", project, SLICE_LIT("*"));
	memcpy(s->cursor, "0", 2);
	s->home = redis_home(c->redis, s->prefixes[0]);
	ask_step(s);
}
