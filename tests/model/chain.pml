/*
 * chain - the order of three events of one key, in a router's memory and in Redis,
 * as a model for spin.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The events stand in the log, 1 before 2 before 3. A fault is the death of the router;
 * another begins with what Redis holds. What an attempt came to is known to the router
 * at once and to Redis with the next flush. Every event may fail once and is then due
 * again; leases and late starts are in handover.pml.
 *
 * Checked
 *   order  no event is started before those in front of it have been delivered or are
 *          dead
 *   ends   every event ends (under fairness)
 *
 * The rules; each taken away (=0) makes a check fail:
 *   LINE     when one delivery of a key gets a record, all of its line do, in the same
 *            flush (order)
 *   FOLLOW   what arrives for a key that is chained goes into the chain (order)
 *   ALL      after a take-over what arrives goes there while the lane has a chain (order)
 *   FIRST    what comes into a chain as its first is due at once (ends)
 *   PROMOTE  whoever leaves a chain makes the next one due, in the same step (ends)
 */
#ifndef LINE
#define LINE 1
#endif
#ifndef FOLLOW
#define FOLLOW 1
#endif
#ifndef ALL
#define ALL 1
#endif
#ifndef FIRST
#define FIRST 1
#endif
#ifndef PROMOTE
#define PROMOTE 1
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#define N 3

/* Redis */
bool logged[N + 1], chained[N + 1], due[N + 1], held[N + 1];

/* The router's memory */
#define OUT 0
#define QUEUED 1
#define SENT 2
#define BEHIND 3
byte at[N + 1];
bool recorded[N + 1];	/* Redis has it, or will with the next flush */
byte known;		/* chained ones of the key, as far as known */
bool all;		/* others may be chained */
byte cursor;

/* The next flush: what becomes of each. */
#define NOTHING 0
#define TO_DUE 1
#define TO_CHAIN 2
#define TO_HELD 3
#define ENDED 4
byte next[N + 1];

/* The world */
bool ended[N + 1], failed[N + 1];
byte faults = FAULTS;

#define EMPTY (at[1] == OUT && at[2] == OUT && at[3] == OUT)

inline record(e, where) {
	if :: !recorded[e] -> known++ :: else fi;
	recorded[e] = true; next[e] = where
}

/* Out of memory, behind others of the chain. */
inline chain_one(e) {
	record(e, TO_CHAIN); at[e] = OUT; recorded[e] = false
}

inline chain_behind() {
	if
	:: LINE ->
		if :: at[1] == BEHIND -> chain_one(1) :: else fi;
		if :: at[2] == BEHIND -> chain_one(2) :: else fi;
		if :: at[3] == BEHIND -> chain_one(3) :: else fi
	:: else
	fi
}

/* The head has left memory: the next of the line, if any, takes its place. */
inline advance() {
	if
	:: at[1] == BEHIND -> at[1] = QUEUED
	:: at[1] != BEHIND && at[2] == BEHIND -> at[2] = QUEUED
	:: at[1] != BEHIND && at[2] != BEHIND && at[3] == BEHIND -> at[3] = QUEUED
	:: else
	fi
}

inline join(e) {
	if
	:: EMPTY -> at[e] = QUEUED
	:: else -> at[e] = BEHIND
	fi
}

/* Of the head, with a record from now on. */
inline hold_line(e) {
	if
	:: (at[e] == QUEUED || at[e] == SENT) && !recorded[e] -> record(e, TO_HELD); chain_behind()
	:: else
	fi
}

inline take_in(e) {
	if
	:: !logged[e] -> skip
	:: else ->
		if
		:: FOLLOW && (known > 0 || (ALL && all)) ->
			hold_line(1); hold_line(2); hold_line(3);
			chain_one(e)
		:: else -> join(e)
		fi
	fi;
	cursor = e
}

/* settle.lua, for one event. */
inline apply(e) {
	if
	:: next[e] == TO_DUE -> logged[e] = false; chained[e] = true; due[e] = true; held[e] = false
	:: next[e] == TO_HELD -> logged[e] = false; chained[e] = true; held[e] = true
	:: next[e] == TO_CHAIN ->
		logged[e] = false; chained[e] = true; held[e] = false;
		if
		:: FIRST && !(e > 1 && chained[1]) && !(e > 2 && chained[2]) -> due[e] = true
		:: else
		fi
	:: next[e] == ENDED ->
		logged[e] = false;
		if
		:: chained[e] ->
			chained[e] = false; due[e] = false; held[e] = false;
			if
			:: !PROMOTE -> skip
			:: PROMOTE && chained[1] -> due[1] = !held[1]
			:: PROMOTE && !chained[1] && chained[2] -> due[2] = !held[2]
			:: PROMOTE && !chained[1] && !chained[2] && chained[3] -> due[3] = !held[3]
			:: else
			fi
		:: else
		fi
	:: else
	fi;
	next[e] = NOTHING
}

inline start(e) {
	assert(!(e > 1) || ended[1]);	/* order */
	assert(!(e > 2) || ended[2]);
	at[e] = SENT
}

inline end(e) {
	ended[e] = true; next[e] = ENDED;
	if :: recorded[e] -> known--; recorded[e] = false :: else fi;
	at[e] = OUT; advance()
}

inline fail(e) {
	failed[e] = true;
	record(e, TO_DUE); chain_behind();
	at[e] = OUT; recorded[e] = false; advance()
}

inline claim(e) {
	due[e] = false; held[e] = true;
	if :: known == 0 -> known = 1 :: else fi;
	recorded[e] = true; join(e)
}

inline forget(e) {
	if
	:: at[e] == SENT -> ended[e] = true	/* its answer was on its way */
	:: skip
	fi;
	at[e] = OUT; recorded[e] = false; next[e] = NOTHING;
	if :: held[e] -> held[e] = false; due[e] = true :: else fi
}

proctype router()
{
	do
	:: atomic { cursor == 0 -> take_in(1) }
	:: atomic { cursor == 1 -> take_in(2) }
	:: atomic { cursor == 2 -> take_in(3) }
	:: atomic { at[1] == QUEUED -> start(1) }
	:: atomic { at[2] == QUEUED -> start(2) }
	:: atomic { at[3] == QUEUED -> start(3) }
	:: atomic { at[1] == SENT -> end(1) }
	:: atomic { at[2] == SENT -> end(2) }
	:: atomic { at[3] == SENT -> end(3) }
	:: atomic { at[1] == SENT && !failed[1] -> fail(1) }
	:: atomic { at[2] == SENT && !failed[2] -> fail(2) }
	:: atomic { at[3] == SENT && !failed[3] -> fail(3) }
	/* An entry that stays open long, or a lane without room. */
	:: atomic { at[1] == SENT && !recorded[1] -> hold_line(1) }
	:: atomic { at[2] == SENT && !recorded[2] -> hold_line(2) }
	:: atomic { at[3] == SENT && !recorded[3] -> hold_line(3) }
	:: atomic { due[1] && next[1] == NOTHING -> claim(1) }
	:: atomic { due[2] && next[2] == NOTHING -> claim(2) }
	:: atomic { due[3] && next[3] == NOTHING -> claim(3) }
	:: atomic { next[1] > 0 || next[2] > 0 || next[3] > 0 ->
		apply(1); apply(2); apply(3);
		/* Its answer says that the chain is empty. */
		if
		:: !chained[1] && !chained[2] && !chained[3] -> all = false; known = 0
		:: else
		fi }
	:: atomic { faults > 0 -> faults--;
		forget(1); forget(2); forget(3);
		cursor = 0; known = 0;
		all = chained[1] || chained[2] || chained[3] }
	od
}

init {
	atomic {
		logged[1] = true; logged[2] = true; logged[3] = true;
		run router()
	}
}

#ifdef LIVE
ltl ends { <> (ended[1] && ended[2] && ended[3]) }
#endif
