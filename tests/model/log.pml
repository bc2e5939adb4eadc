/*
 * log - the way of two messages through ingest into a partition's log, and how a
 * router follows that log by hints and a cursor, as a model for spin.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Message 1 has no idempotency key: its publisher never sends it twice. Message 2
 * has one, and its publisher re-sends it until it hears ok. Both may be appended by
 * one ingest or by its successor of the same name. Delivery is one step here; what
 * belongs to it is in handover.pml. A fault is the death of ingest or router, or a
 * connection to Redis that breaks around an append; then the sent bytes may still
 * be carried out later, or never. Hints get lost, and a head without room drops
 * them, at no charge.
 *
 * Checked
 *   kept   an acknowledged message is in the log or received
 *   once   no message is in the log twice
 *   twice  a router takes no entry twice in one life
 *   ends   every acknowledged message is received in the end (under fairness)
 *
 * The rules; each taken away (=0) makes a check fail:
 *   BATCHNO  an append carries its ingest's batch number, and one that has been
 *            done is only answered (once)
 *   OLDER    so is one with a lower number: it may come late (once)
 *   BOOT     a new ingest's numbers begin above all that its name has used (kept)
 *   IDEM     the idempotency key is set in the step that appends (once)
 *   GAP      a hint whose number is not the next means: read the log (ends)
 *   NEWEST   a lease's renewal compares the log's newest number with the cursor
 *            (ends)
 *   SKIP     what a read brings at or below the cursor has been taken from a hint
 *            meanwhile (twice)
 */
#ifndef BATCHNO
#define BATCHNO 1
#endif
#ifndef OLDER
#define OLDER 1
#endif
#ifndef BOOT
#define BOOT 1
#endif
#ifndef IDEM
#define IDEM 1
#endif
#ifndef GAP
#define GAP 1
#endif
#ifndef NEWEST
#define NEWEST 1
#endif
#ifndef SKIP
#define SKIP 1
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#define HEAD 1		/* entries that a router's memory has room for */
#define LAST 2		/* entries there can be: once says, one a message */

/* Redis */
byte seq;		/* the log's newest number */
byte log[LAST + 1];	/* by number: message, 0 when deleted */
byte last_batch;	/* of the ingest's name: its last append, and that one's */
byte last_seq;		/* number in the log */
bool key;		/* message 2's idempotency key is taken */

/* The world */
bool acked[3], lost[3];	/* lost: its publisher heard nothing and gives up */
bool received[3];
bool copied[3];
byte faults = FAULTS;

chan hints = [2] of { byte, byte };	/* number, message */
chan stray = [1] of { byte, byte };	/* batch, message: of a broken connection */

/* append.lua. at: the batch's number in the log, 0 for a duplicate. */
inline append(b, m, at) {
	if
	:: BATCHNO && (b == last_batch || (OLDER && b < last_batch)) -> at = last_seq
	:: else ->
		if
		:: IDEM && m == 2 && key -> at = 0
		:: else ->
			assert(!copied[m]);	/* once */
			copied[m] = true;
			seq++; log[seq] = m; at = seq;
			last_batch = b; last_seq = seq;
			if :: m == 2 -> key = true :: else fi
		fi
	fi
}

inline leave(b, m) {
	if
	:: len(stray) == 0 -> stray!b, m
	:: skip
	fi
}

#define OPEN(m) (!acked[m] && !lost[m])

proctype ingest()
{
	byte batch, m, at;

	do
	:: atomic { m == 0 && OPEN(1) -> m = 1; batch++ }
	:: atomic { m == 0 && OPEN(2) -> m = 2; batch++ }
	:: atomic { m > 0 ->
		if
		:: append(batch, m, at);
			if
			:: acked[m] = true;
				if
				:: at > 0 && len(hints) < 2 -> hints!at, m
				:: skip			/* lost, or a duplicate */
				fi;
				m = 0
			:: faults > 0 -> faults--	/* no answer: sent again */
			fi
		:: faults > 0 -> faults--; leave(batch, m)
		fi; at = 0 }
	:: atomic { m > 0 && faults > 0 -> faults--;	/* dies, and a new one starts */
		leave(batch, m);
		lost[1] = lost[1] || m == 1;
		m = 0;
		if :: !BOOT -> batch = 0 :: else fi }
	:: !OPEN(1) && !OPEN(2) -> break
	od
}

proctype wire()
{
	byte b, m, at;
end:	do
	:: atomic { stray?b, m ->
		if
		:: append(b, m, at)
		:: skip
		fi;
		b = 0; m = 0; at = 0 }
	od
}

/* What the router has of an entry. */
#define NONE 0
#define HELD 1
#define SENT 2		/* received: the entry may go */
#define GONE 3

#define ROOM ((have[1] % 3 > 0) + (have[2] % 3 > 0) < HEAD)

inline take(n) {
	assert(have[n] == NONE);	/* twice */
	have[n] = HELD
}

proctype router()
{
	byte cursor, known, n, m, have[LAST + 1], snap[LAST + 1], upto;
	bool reading, stop;

	do
	:: atomic { len(hints) > 0 -> hints?n, m;
		if
		:: n > known -> known = n
		:: else
		fi;
		if
		:: n == cursor + 1 && ROOM -> take(n); cursor = n
		:: !GAP && n > cursor + 1 && ROOM -> take(n); cursor = n
		:: else
		fi; n = 0; m = 0 }
	/* The renewal's answer. */
	:: atomic { NEWEST && known < seq -> known = seq }
	/* Behind: reads the log. Hints go on to be taken while the answer is on its way. */
	:: atomic { !reading && cursor < known && ROOM ->
		reading = true; upto = seq; snap[1] = 0; snap[2] = 0;
		if :: cursor < 1 -> snap[1] = log[1] :: else fi;
		if :: cursor < 2 -> snap[2] = log[2] :: else fi }
	:: atomic { reading ->
		n = 1; stop = false;
		do
		:: n <= upto && !stop ->
			if
			:: SKIP && n <= cursor -> skip
			:: else ->
				if
				:: snap[n] == 0 -> cursor = n
				:: snap[n] > 0 && ROOM -> take(n); cursor = n
				:: snap[n] > 0 && !ROOM -> stop = true
				fi
			fi; n++
		:: else -> break
		od;
		reading = false; stop = false; n = 0; upto = 0; snap[1] = 0; snap[2] = 0 }
	/* Delivers and settles. */
	:: atomic { have[1] == HELD -> received[log[1]] = true; have[1] = SENT }
	:: atomic { have[2] == HELD -> received[log[2]] = true; have[2] = SENT }
	:: atomic { have[1] == SENT -> log[1] = 0; have[1] = GONE }
	:: atomic { have[2] == SENT -> log[2] = 0; have[2] = GONE }
	/* Dies; the next one reads from the log's start. */
	:: atomic { faults > 0 -> faults--;
		have[1] = NONE; have[2] = NONE; cursor = 0; known = seq;
		reading = false; upto = 0; snap[1] = 0; snap[2] = 0 }
	od
}

init { atomic { run ingest(); run wire(); run router() } }

#define kept(m) (!acked[m] || log[1] == m || log[2] == m || received[m])
#ifdef LIVE
ltl ends { [] (acked[1] -> <> received[1]) && [] (acked[2] -> <> received[2]) }
#else
active proctype watch() { end: atomic { !(kept(1) && kept(2)) -> assert(false) } }
#endif
