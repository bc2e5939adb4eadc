/*
 * handover - the way of one event to two webhooks through ingest, Redis, routers
 * and sender, with faults between any two steps, as a model for spin.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Redis is truth: each of its scripts is one step, and survives. All else is
 * volatile. A fault is the death of ingest, router or sender, a router that sleeps
 * through its lease, a sender wrongly believed lost, a receiver that refuses, or a
 * connection to Redis that breaks around a command; then the sent bytes may still
 * be carried out later, or never. ZeroMQ messages get lost at no charge.
 *
 * Checked
 *   kept    an acknowledged delivery is at every moment in the open part of the
 *           log, in a record whose body is there, received or dead
 *   turned  no outcome is written over another, and what has an outcome does not
 *           become a record again
 *   late    (ORDERED: the two deliveries are two events of one ordering key and
 *           webhook) the first receipt of 0 never comes after the receipt of 1
 *   ends    once faults have ended, every acknowledged delivery is received or
 *           dead (under fairness)
 *
 * The rules. Define one as 0 and a check fails, so none is decoration:
 *   RECFIRST  a record is written before, or with, the end of its log entry (kept)
 *   NEWEST    a lease's renewal compares the log's newest number with the cursor
 *             (ends)
 *   CURSOR    a take-over sets the cursor to the newest number, so that a hint
 *             that comes late is known as old (turned)
 *   FENCE     a router's write carries its epoch; Redis refuses another (turned)
 *   MARK      an outcome is marked in the flush that tells it, while the entry is
 *             still there (turned)
 *   FLUSHNO   a flush carries a number, and one that has been done is not done
 *             again (turned)
 *   OLDER     nor is one with a lower number: it may come late, from a broken
 *             connection (turned)
 *   HELDBACK  a take-over moves what is held back to due (ends)
 *   UNSURE    a router that did not hear the answer to a claim does not go on as
 *             if nothing had been claimed: it begins the partition anew (ends)
 *   EXPIRE    a task may be started only while its router's lease holds, its
 *             router hears when it was too late, and a lost sender's ordered task
 *             goes to another only when it can no longer start (late)
 *
 * run.sh runs all of it. What is left out here and has a model of its own: several
 * log entries and the repeated append (log.pml), several partitions
 * (partitions.pml).
 */
#ifndef FENCE
#define FENCE 1
#endif
#ifndef NEWEST
#define NEWEST 1
#endif
#ifndef CURSOR
#define CURSOR 1
#endif
#ifndef RECFIRST
#define RECFIRST 1
#endif
#ifndef MARK
#define MARK 1
#endif
#ifndef FLUSHNO
#define FLUSHNO 1
#endif
#ifndef OLDER
#define OLDER 1
#endif
#ifndef HELDBACK
#define HELDBACK 1
#endif
#ifndef UNSURE
#define UNSURE 1
#endif
#ifndef EXPIRE
#define EXPIRE 1
#endif
#ifndef ORDERED
#define ORDERED 0
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef TRIES
#define TRIES 2		/* attempts until dead: 1 or 2 */
#endif

/* Redis */
bool newest;		/* seq: the log's newest number, 0 or 1 */
bool entry;		/* entry 1 is in the log */
bool mark[2];		/* of the entry: this delivery is settled or a record */
bool rec[2];		/* delivery record: one try was made */
bool held[2];		/* the record is held; else it is due */
bool dead[2];
byte refs;		/* records that refer to the body */
byte flush_epoch;	/* the last flush done */
byte flush_n;
byte lease_epoch;	/* epoch of the newest lease */
byte lease_owner;	/* 0 none, 1, 2 */

/* The world, and what only the checks look at */
bool acked;		/* the publisher has its ok */
bool received[2];
bool done[2];		/* the outcome "delivered" was written */
byte faults = FAULTS;
bool busy;		/* the sender has a task in hand */

/* Edges. A full channel drops: ZeroMQ messages are hints. */
chan hints = [1] of { bit };
chan tasks = [2] of { byte, byte, bit };	/* router, its epoch, delivery */
chan results[3] = [2] of { byte, bit, byte };	/* epoch of the task, delivery, outcome */
#define NO 0
#define YES 1
#define LATE 2
/* A flush, or (number 0) a claim of one delivery, that a broken connection left
 * behind: Redis may still do it. */
chan stray = [1] of { byte, byte, byte, byte, bit };

/* What a flush says of a delivery. */
#define NOTHING 0
#define DELIVERED 1
#define AGAIN 2
#define DEAD 3

/* What a router knows of a delivery. WAITS: Redis has its record. */
#define UNKNOWN 0
#define QUEUED 1
#define SENT 2
#define GOT 3		/* + DELIVERED, AGAIN, DEAD: to be written down */
#define WAITS 7
#define DONE 8

inline write_outcome(d, what) {
	if
	:: what == NOTHING -> skip
	:: what == DELIVERED ->
		assert(!dead[d]);
		if :: rec[d] -> refs-- :: else fi;
		rec[d] = false; held[d] = false; done[d] = true;
		mark[d] = MARK && entry
	:: what == AGAIN ->
		assert(!dead[d] && !done[d]);
		if :: !rec[d] -> refs++ :: else fi;
		rec[d] = true; held[d] = false;
		mark[d] = MARK && entry
	:: what == DEAD ->
		assert(!done[d]);
		if :: !rec[d] && !dead[d] -> refs++ :: else fi;
		rec[d] = false; held[d] = false; dead[d] = true;
		mark[d] = MARK && entry
	fi
}

/* settle.lua. The caller has looked at the epoch. */
inline settle(e, n, a, b, close) {
	if
	:: FLUSHNO && flush_epoch == e &&
			(n == flush_n || (OLDER && n < flush_n)) -> skip
	:: else ->
		flush_epoch = e; flush_n = n;
		write_outcome(0, a);
		write_outcome(1, b);
		if
		:: close -> entry = false; mark[0] = false; mark[1] = false
		:: else
		fi
	fi
}

proctype ingest()
{
	/* One publisher that re-sends until it hears ok; the idempotency key, set
	 * in the step that appends, makes the append happen once. */
	do
	:: !acked ->
		atomic {
			if
			:: !newest -> newest = true; entry = true
			:: else
			fi
		}
		if
		:: atomic { faults > 0 -> faults-- }	/* dies: no answer, no hint */
		:: atomic { acked = true;
			if
			:: len(hints) < 1 -> hints!1
			:: true			/* lost */
			fi }
		fi
	:: acked -> break
	od
}

/* The bytes of a broken connection reach Redis in the end, or do not. */
proctype wire()
{
	byte e, n, a, b;
	bit close;
end:	do
	:: atomic { stray?e, n, a, b, close ->
		if
		:: n > 0 && (!FENCE || e == lease_epoch) -> settle(e, n, a, b, close)
		:: n == 0 && (!FENCE || e == lease_epoch) -> held[a] = rec[a]
		:: skip
		fi;
		e = 0; n = 0; a = 0; b = 0; close = 0 }
	od
}

inline forget() {
	epoch = 0; ready = false; cursor = false; open = false;
	know[0] = UNKNOWN; know[1] = UNKNOWN; tried[0] = 0; tried[1] = 0;
	number = 0; flushing = false; say[0] = NOTHING; say[1] = NOTHING; close = 0
}

inline learn(d) {
	if
	:: rec[d] -> know[d] = WAITS; tried[d] = 1
	:: else ->
		if
		:: open && !mark[d] -> know[d] = QUEUED
		:: else -> know[d] = DONE
		fi
	fi
}

inline gather(d) {
	if
	:: know[d] > GOT && know[d] < WAITS -> say[d] = know[d] - GOT
	:: else -> say[d] = NOTHING
	fi
}

inline confirm(d) {
	if
	:: say[d] == AGAIN -> know[d] = WAITS; tried[d] = 1
	:: say[d] == DELIVERED || say[d] == DEAD -> know[d] = DONE
	:: else
	fi;
	say[d] = NOTHING
}

#define LEFT(d) (know[d] > GOT || tried[d] == 1)	/* needs the entry no more */
#define NEWS(d) (know[d] > GOT && know[d] < WAITS)

proctype router(byte me)
{
	byte epoch, know[2], tried[2], number, say[2], p, how;
	bool ready, cursor, open, flushing;
	bit d, close;

	do
	/* Takes the lease, and then begins with what Redis holds. */
	:: atomic { epoch == 0 && lease_owner == 0 && lease_epoch < 5 ->
		lease_epoch++; epoch = lease_epoch; lease_owner = me }
	:: atomic { epoch > 0 && !ready && (!FENCE || epoch == lease_epoch) ->
		held[0] = held[0] && !HELDBACK; held[1] = held[1] && !HELDBACK;
		ready = true; cursor = newest && (CURSOR || entry); open = entry;
		if :: newest -> learn(0); learn(1) :: else fi }
	/* A hint with the next number is taken as it is. */
	:: atomic { ready && len(hints) > 0 -> hints?_;
		if
		:: !cursor -> cursor = true; open = true;
			know[0] = QUEUED; know[1] = QUEUED
		:: else
		fi }
	/* The renewal's answer says that the log is ahead. */
	:: atomic { NEWEST && ready && epoch == lease_epoch && newest && !cursor ->
		cursor = true; open = entry; know[0] = QUEUED; know[1] = QUEUED }
	/* Claims what is due; or the connection breaks, after Redis has, or before. */
	:: atomic { ready && (!FENCE || epoch == lease_epoch) &&
			know[0] == WAITS && rec[0] && !held[0] ->
		if
		:: held[0] = true; know[0] = QUEUED
		:: faults > 0 -> faults--;
			if
			:: held[0] = true
			:: len(stray) == 0 -> stray!epoch, 0, 0, 0, 0
			fi;
			if :: UNSURE -> forget() :: else fi
		fi }
	:: atomic { ready && (!FENCE || epoch == lease_epoch) &&
			know[1] == WAITS && rec[1] && !held[1] ->
		if
		:: held[1] = true; know[1] = QUEUED
		:: faults > 0 -> faults--;
			if
			:: held[1] = true
			:: len(stray) == 0 -> stray!epoch, 0, 1, 0, 0
			fi;
			if :: UNSURE -> forget() :: else fi
		fi }
	/* Dispatch. */
	:: atomic { know[0] == QUEUED && len(tasks) < 2 -> tasks!me, epoch, 0; know[0] = SENT }
	:: atomic { know[1] == QUEUED && len(tasks) < 2 && (!ORDERED || know[0] == DONE) ->
		tasks!me, epoch, 1; know[1] = SENT }
	/* A sender is believed lost, wrongly (at a charge) or rightly. */
	:: atomic { faults > 0 && know[0] == SENT && !(EXPIRE && ORDERED) ->
		faults--; know[0] = QUEUED }
	:: atomic { know[0] == SENT && len(tasks) == 0 && len(results[me]) == 0 && !busy ->
		know[0] = QUEUED }
	:: atomic { know[1] == SENT && len(tasks) == 0 && len(results[me]) == 0 && !busy ->
		know[1] = QUEUED }
	/* A result: kept for the next flush. */
	:: atomic { len(results[me]) > 0 -> results[me]?p, d, how;
		if
		:: p != epoch || epoch == 0 || know[d] != SENT -> skip	/* an earlier life's */
		:: else ->
			if
			:: how == LATE -> forget()	/* the lease has gone */
			:: how == YES -> know[d] = GOT + DELIVERED
			:: how == NO && tried[d] + 1 < TRIES -> know[d] = GOT + AGAIN
			:: how == NO && tried[d] + 1 >= TRIES -> know[d] = GOT + DEAD
			fi
		fi; d = 0; how = 0; p = 0 }
	/* Sends a flush: one at a time, and what it says is fixed from here on. */
	:: atomic { ready && !flushing && (NEWS(0) || NEWS(1)) ->
		flushing = true; number++;
		gather(0); gather(1); close = open && LEFT(0) && LEFT(1) }
	/* Without RECFIRST: all have been tried, so the entry goes. */
	:: atomic { !RECFIRST && ready && open && LEFT(0) && LEFT(1) && epoch == lease_epoch ->
		entry = false; open = false; mark[0] = false; mark[1] = false }
	/* Redis does it, and the answer comes; or the connection breaks after, or
	 * before: then the flush is sent again. */
	:: atomic { flushing ->
		if
		:: FENCE && epoch != lease_epoch -> forget()
		:: else ->
			if
			:: settle(epoch, number, say[0], say[1], close);
				if
				:: confirm(0); confirm(1);
					if :: close -> open = false :: else fi;
					close = 0; flushing = false
				:: faults > 0 -> faults--
				fi
			:: faults > 0 && len(stray) == 0 -> faults--;
				stray!epoch, number, say[0], say[1], close
			fi
		fi }
	/* Death: what it knew is gone, perhaps with a flush on the wire. */
	:: atomic { epoch > 0 && faults > 0 -> faults--;
		if :: lease_owner == me -> lease_owner = 0 :: else fi;
		if
		:: flushing && len(stray) == 0 -> stray!epoch, number, say[0], say[1], close
		:: skip
		fi;
		forget() }
	/* Sleep (SIGSTOP): the lease runs out, and it does not know. */
	:: atomic { epoch > 0 && faults > 0 && lease_owner == me -> faults--; lease_owner = 0 }
	/* A lease that no one renews runs out. */
	:: atomic { epoch == 0 && lease_owner == me -> lease_owner = 0 }
	/* It hears that its lease has gone; or renews in time. */
	:: atomic { epoch > 0 && epoch != lease_epoch -> forget() }
	:: atomic { epoch > 0 && epoch == lease_epoch && lease_owner == 0 -> lease_owner = me }
	od
}

proctype sender()
{
	byte r, p;
	bit d;
end:	do
	:: atomic { tasks?r, p, d -> busy = true }
		if
		:: atomic { faults > 0 -> faults-- }		/* dies before the request */
		:: atomic { EXPIRE && p != lease_epoch ->	/* too late to start */
			if :: len(results[r]) < 2 -> results[r]!p, d, LATE :: else fi }
		:: atomic { !EXPIRE || p == lease_epoch ->
			assert(!ORDERED || d == 1 || received[0] || !received[1]);	/* late */
			received[d] = true;
			if
			:: len(results[r]) < 2 -> results[r]!p, d, YES
			:: faults > 0 -> faults--	/* dies after it: a repeat follows */
			fi }
		:: atomic { faults > 0 -> faults--;		/* the receiver says no */
			if :: len(results[r]) < 2 -> results[r]!p, d, NO :: else fi }
		fi;
		atomic { busy = false; r = 0; p = 0; d = 0 }
	od
}

init { atomic { run ingest(); run wire(); run router(1); run router(2); run sender() } }

#define kept(d) (!acked || (entry && !mark[d]) || ((rec[d] || dead[d]) && refs > 0) || received[d])
#define over(d) (received[d] || dead[d])
#ifdef LIVE
ltl ends { [] (acked -> <> (over(0) && over(1))) }
#else
active proctype watch() { end: atomic { !(kept(0) && kept(1)) -> assert(false) } }
#endif
