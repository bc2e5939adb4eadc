/*
 * partitions - two partitions, two routers that come, go and come back, and one
 * sender, as a model for spin.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each partition has one delivery with one try. Partition p is wanted by router
 * p + 1 while that one is alive, else by the other. A fault is the death of a router
 * (it may stay dead while the other lives), its sleep through its leases, the death
 * of the sender, or a receiver that refuses. The routers see one registry, each at
 * its own pace.
 *
 * Checked
 *   turned  no outcome is written over another
 *   calm    (FAULTS 0) nothing is sent twice because a partition moves
 *   ends    every delivery is received or dead in the end (under fairness)
 *   spread  in the end each partition is held by the router that is to hold it
 *
 * The rules; each taken away (=0) makes a check fail:
 *   FENCE    a write carries its partition's epoch; Redis refuses another (turned)
 *   DRAIN    a router lets go of a partition only when nothing of it is under way
 *            and all is written (calm)
 *   ALIVE    a partition belongs to a router that is alive (ends)
 *   RELEASE  a router lets go of a partition that is not its own any more (spread)
 */
#ifndef FENCE
#define FENCE 1
#endif
#ifndef DRAIN
#define DRAIN 1
#endif
#ifndef ALIVE
#define ALIVE 1
#endif
#ifndef RELEASE
#define RELEASE 1
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef EPOCHS
#define EPOCHS 12
#endif

/* Redis: by partition, and the registry */
bool open[2] = true;	/* the entry is in the log */
bool done[2], dead[2];
byte lease_epoch[2], owner[2];
bool alive[3];

/* The world */
bool received[2];
byte faults = FAULTS;
bool busy;
bool gone;		/* a router is dead for good */

chan tasks = [2] of { byte, bit, byte };	/* router, partition, its epoch */
chan results[3] = [2] of { bit, byte, bit };	/* partition, epoch, delivered */

#define WANTS(r, p) (!alive[p + 1] && ALIVE -> r != p + 1 : r == p + 1)

#define IDLE 0		/* not held, or nothing to do */
#define QUEUED 1
#define SENT 2
#define YES 3
#define NO 4

inline step_take(p) {
	owner[p] = me; lease_epoch[p]++; epoch[p] = lease_epoch[p];
	assert(lease_epoch[p] < EPOCHS);	/* else the bound hides something */
	if :: open[p] -> know[p] = QUEUED :: else -> know[p] = IDLE fi
}

inline drop(p) { epoch[p] = 0; know[p] = IDLE }

inline step_write(p) {
	if
	:: FENCE && epoch[p] != lease_epoch[p] -> drop(p)
	:: else ->
		if
		:: know[p] == YES -> assert(!dead[p]); done[p] = true
		:: know[p] == NO -> assert(!done[p]); dead[p] = true
		fi;
		open[p] = false; know[p] = IDLE
	fi
}

inline release(p) {
	if :: owner[p] == me && epoch[p] == lease_epoch[p] -> owner[p] = 0 :: else fi;
	drop(p)
}

inline vanish() {
	if :: owner[0] == me -> owner[0] = 0 :: else fi;
	if :: owner[1] == me -> owner[1] = 0 :: else fi;
	alive[me] = false; drop(0); drop(1)
}

#define TAKE(p) (alive[me] && epoch[p] == 0 && owner[p] == 0 && WANTS(me, p) && lease_epoch[p] < EPOCHS)
#define LEAVE(p) (RELEASE && epoch[p] > 0 && !WANTS(me, p))
#define CALM(p) (!DRAIN || know[p] == IDLE || know[p] == QUEUED)
#define LOST(p) (know[p] == SENT && len(tasks) == 0 && len(results[me]) == 0 && !busy)
#define GONE(p) (epoch[p] > 0 && epoch[p] != lease_epoch[p])
#define RENEW(p) (epoch[p] > 0 && epoch[p] == lease_epoch[p] && owner[p] == 0)

proctype router(byte me)
{
	byte epoch[2], know[2], e;
	bit p, how;

	do
	:: atomic { !alive[me] -> alive[me] = true }
	:: atomic { TAKE(0) -> step_take(0) }
	:: atomic { TAKE(1) -> step_take(1) }
	:: atomic { LEAVE(0) && CALM(0) -> release(0) }
	:: atomic { LEAVE(1) && CALM(1) -> release(1) }
	:: atomic { know[0] == QUEUED && !LEAVE(0) && len(tasks) < 2 -> tasks!me, 0, epoch[0]; know[0] = SENT }
	:: atomic { know[1] == QUEUED && !LEAVE(1) && len(tasks) < 2 -> tasks!me, 1, epoch[1]; know[1] = SENT }
	:: atomic { LOST(0) -> know[0] = QUEUED }
	:: atomic { LOST(1) -> know[1] = QUEUED }
	:: atomic { len(results[me]) > 0 -> results[me]?p, e, how;
		if
		:: e == epoch[p] && know[p] == SENT -> know[p] = (how -> YES : NO)
		:: else
		fi; p = 0; e = 0; how = 0 }
	:: atomic { know[0] >= YES -> step_write(0) }
	:: atomic { know[1] >= YES -> step_write(1) }
	/* Dies: its leases run out, the registry forgets it. */
	:: atomic { alive[me] && faults > 0 -> faults--; vanish();
		if
		:: !gone -> gone = true; break		/* for good */
		:: skip
		fi }
	/* Sleeps: the same, but it goes on where it was. */
	:: atomic { alive[me] && faults > 0 -> faults--;
		if :: owner[0] == me -> owner[0] = 0 :: else fi;
		if :: owner[1] == me -> owner[1] = 0 :: else fi;
		alive[me] = false }
	:: atomic { GONE(0) -> drop(0) }
	:: atomic { GONE(1) -> drop(1) }
	:: atomic { RENEW(0) -> owner[0] = me }
	:: atomic { RENEW(1) -> owner[1] = me }
	od
}

proctype sender()
{
	byte r, e;
	bit p;
end:	do
	:: atomic { tasks?r, p, e -> busy = true }
		if
		:: atomic { faults > 0 -> faults-- }		/* dies */
		:: atomic {
			assert(FAULTS > 0 || !received[p]);	/* calm */
			received[p] = true;
			if
			:: len(results[r]) < 2 -> results[r]!p, e, 1
			:: faults > 0 -> faults--
			fi }
		:: atomic { faults > 0 -> faults--;
			if :: len(results[r]) < 2 -> results[r]!p, e, 0 :: else fi }
		fi;
		atomic { busy = false; r = 0; p = 0; e = 0 }
	od
}

init { atomic { run router(1); run router(2); run sender() } }

#define over(p) (received[p] || dead[p])
#define placed(p) (owner[p] > 0 && (owner[p] == p + 1 || !alive[p + 1]))
#ifdef LIVE
ltl ends { <> (over(0) && over(1)) }
#else
/* When nothing can move any more. */
active proctype watch() { end: timeout -> assert(placed(0) && placed(1)) }
#endif
