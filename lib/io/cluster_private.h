/*
 * cluster_private - what the parts of a cluster share, and nobody else.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IO_CLUSTER_PRIVATE_H
#define IO_CLUSTER_PRIVATE_H

#include "base/list.h"
#include "io/cluster.h"
#include "io/cluster_key.h"
#include "io/cluster_map.h"
#include "io/cluster_url.h"
#include "io/redis_private.h"

#define GUARD_SIZE 64

struct cluster;
struct cluster_ear;

/* A server that has slots, is to tell who has, or has been named by another. */
struct cluster_node {
	struct list node; /* in cluster.nodes; the one to be asked next first */
	struct cluster *cluster; /* borrowed */
	struct cluster_place place;
	struct redis *redis; /* owned */
	uint64_t number;     /* no other node has had it */
	bool mapped;	     /* it has slots, the map says */
	bool told;	     /* the user has heard that it is up */
	uint64_t until_ms;   /* not mapped: it may go then */
	uint64_t heard_ms;   /* it has answered, or had nothing to */
};

/* A slot of which keys have been used. */
struct cluster_slot {
	struct list node; /* in cluster.slots */
	struct cluster *cluster;
	struct cluster_node *home; /* borrowed; NULL: nobody has it */
	struct cluster_node *at;   /* where those under way are */
	size_t under_way;
	struct list waiting; /* of calls, by their order */
	uint64_t orders;
	uint64_t careful_until_ms; /* one at a time until then; 0: no */
	uint64_t again_ms;	   /* those that wait go on then */
	bool away;    /* not served for so long that commands are refused */
	bool probing; /* whether it is served again */
	uint16_t number;
	char guard[GUARD_SIZE];
	size_t guard_n; /* 0: its keys have no tag */
};

struct cluster_call {
	struct list node;	   /* in slot.waiting, or in none */
	struct cluster_slot *slot; /* NULL: it has no key */
	struct cluster *cluster;
	struct cluster_node *at;  /* where it is under way */
	struct cluster_node *ask; /* next time there, with ASKING */
	redis_reply_fn *fn;
	void *arg;
	uint64_t order, since_ms; /* since when it waits */
	unsigned moves;
	enum cluster_verdict verdict; /* why it was turned away last */
	bool near;		      /* its answer says nothing of slots */
	struct redis_wire command;    /* owned */
};

struct cluster {
	uv_loop_t *loop;
	struct redis_options o;
	struct redis_script *scripts; /* owned, and their sources */
	char (*sha)[SHA_SIZE];
	bool has_sha;
	struct cluster_url url;
	char *password;	       /* owned; instead of the URL's, or NULL */
	struct redis_tls *tls; /* one reference, or NULL */
	uv_timer_t tick, retry;
	int handles; /* open ones */
	bool closing, known;
	bool wanted; /* a newer map */
	struct list nodes, slots;
	uint64_t nodes_so_far;
	struct cluster_map map;
	uint64_t epoch, map_ms, looked_ms, looking, looks;
	unsigned fails; /* how often in a row the cluster was said to be down */
	uint64_t stale_ms; /* since when only older maps have come */
	bool tell_up, tell_down;
	size_t pending;
	struct cluster_slot *slot[CLUSTER_SLOTS]; /* NULL: not used yet */
	char *channels[CHANNELS_MAX];		  /* owned */
	size_t n_channels;
	struct cluster_ear *ear, *next_ear; /* owned; NULL: none */
};

/* A connection to one node; options says what is wanted of it. */
struct redis *cluster_connect(struct cluster *c,
			      const struct cluster_place *place,
			      const struct redis_options *options);

/* ---- nodes and the map (cluster_node) ---- */

bool cluster_node_is_up(const struct cluster_node *n);
/* It has not answered for so long that nothing more should be asked of it. */
bool cluster_node_hangs(const struct cluster_node *n);
/* The one of this place, made if need be; NULL: there are too many. */
struct cluster_node *cluster_node_at(struct cluster *c,
				     const struct cluster_place *place);
/* Who has the slot; NULL: nobody. */
struct cluster_node *cluster_owner(struct cluster *c, uint16_t slot);
/* One that has slots and can be asked; NULL: there is none. */
struct cluster_node *cluster_any_node(const struct cluster *c);
void cluster_nodes_begin(struct cluster *c);
void cluster_nodes_tick(struct cluster *c, uint64_t now);
void cluster_nodes_end(struct cluster *c);
/* Tells the user what tell_up and tell_down say. */
void cluster_tell(struct cluster *c);

/* ---- commands (cluster_slot) ---- */

struct cluster_slot *cluster_slot(struct cluster *c, struct slice key);
/* The map has changed. */
void cluster_slots_go_home(struct cluster *c);
/* The node goes. */
void cluster_slots_leave(struct cluster *c, const struct cluster_node *n);
void cluster_slots_tick(struct cluster *c);
void cluster_slots_end(struct cluster *c);
void cluster_slots_free(struct cluster *c);
void cluster_on_retry(uv_timer_t *timer);

/* ---- channels (cluster_ear) ---- */

bool cluster_hears(const struct cluster *c);
void cluster_ear_tick(struct cluster *c, uint64_t now);
void cluster_ear_end(struct cluster *c);

#endif
