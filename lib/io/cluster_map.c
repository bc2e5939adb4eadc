/*
 * cluster_map - who has which slots, and what a node answers that has not.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "io/cluster_map.h"

#include <string.h>

#include "io/cluster_key.h"
#include "io/redis_reply.h"

#define PORT_MAX 65535

_Static_assert(sizeof(((struct cluster_map *)NULL)->of) ==
		   CLUSTER_SLOTS * sizeof(uint16_t),
	       "one place for each slot");

bool cluster_place_eq(const struct cluster_place *a,
		      const struct cluster_place *b)
{
	return a->port == b->port && strcmp(a->host, b->host) == 0;
}

/* Redis says nothing, "" or "?" where a node does not know its own name: then
 * it is where we asked. */
static bool set_place(struct cluster_place *p, struct slice host, int64_t port,
		      const char *asked)
{
	if (host.n == 0 || slice_eq_str(host, "?"))
		host = slice_of(asked);
	p->port = (int)port;
	return port > 0 && port <= PORT_MAX &&
	       slice_cstr(p->host, sizeof(p->host), host) &&
	       strlen(p->host) == host.n;
}

/* Its number, from 1; 0: there are too many. */
static uint16_t place_number(struct cluster_map *map,
			     const struct cluster_place *place)
{
	for (size_t i = 0; i < map->n_places; i++)
		if (cluster_place_eq(&map->places[i], place))
			return (uint16_t)(i + 1);
	if (map->n_places == CLUSTER_MASTERS_MAX)
		return 0;
	map->places[map->n_places++] = *place;
	return (uint16_t)map->n_places;
}

/* [first, last, [host, port, id, ...], replicas ...] */
static enum err read_range(struct cluster_map *map, const struct reply *range,
			   const char *host)
{
	struct cluster_place place;
	const struct reply *master;
	int64_t first, last;
	uint16_t number;

	if (reply_count(range) < 3)
		return ERR_MALFORMED;
	first = reply_int(reply_at(range, 0));
	last = reply_int(reply_at(range, 1));
	master = reply_at(range, 2);
	if (first < 0 || last < first || last >= CLUSTER_SLOTS ||
	    reply_count(master) < 2 ||
	    !set_place(&place, reply_bytes(reply_at(master, 0)),
		       reply_int(reply_at(master, 1)), host))
		return ERR_MALFORMED;
	number = place_number(map, &place);
	if (number == 0)
		return ERR_FULL;
	for (int64_t i = first; i <= last; i++)
		map->of[i] = number;
	return ERR_OK;
}

enum err cluster_map_read(struct cluster_map *map, const struct reply *reply,
			  const char *host)
{
	memset(map, 0, sizeof(*map));
	if (reply_kind(reply) != REPLY_ARRAY)
		return ERR_MALFORMED;
	for (size_t i = 0; i < reply_count(reply); i++) {
		enum err e = read_range(map, reply_at(reply, i), host);

		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

/* "MOVED 3999 10.0.0.2:6381"; the address of IPv6 has colons of its own. */
static bool read_redirect(struct slice text, const char *host,
			  struct cluster_place *place)
{
	struct slice word;
	const char *colon;
	uint64_t port;

	if (!slice_cut(&text, ' ', &word) || !slice_cut(&text, ' ', &word) ||
	    text.n == 0)
		return false;
	colon = memrchr(text.p, ':', text.n);
	if (!colon)
		return false;
	word = slice_bytes(text.p, (size_t)(colon - text.p));
	text = slice_bytes(colon + 1, text.n - word.n - 1);
	return slice_parse_u64(text, &port) && port <= PORT_MAX &&
	       set_place(place, word, (int64_t)port, host);
}

enum cluster_verdict cluster_verdict_of(const struct reply *reply,
					const char *host,
					struct cluster_place *place)
{
	if (reply_kind(reply) != REPLY_ERROR)
		return CLUSTER_DONE;
	if (reply_begins(reply, "MOVED "))
		return read_redirect(reply_bytes(reply), host, place)
			   ? CLUSTER_MOVED
			   : CLUSTER_DOWN;
	if (reply_begins(reply, "ASK "))
		return read_redirect(reply_bytes(reply), host, place)
			   ? CLUSTER_ASK
			   : CLUSTER_DOWN;
	if (reply_begins(reply, "TRYAGAIN "))
		return CLUSTER_SPLIT;
	if (reply_begins(reply, "CLUSTERDOWN "))
		return CLUSTER_DOWN;
	return reply_is_noscript(reply) ? CLUSTER_NO_SCRIPT : CLUSTER_DONE;
}

static bool info_line(struct slice line, const char *name, struct slice *value)
{
	if (!slice_skip(&line, name) || line.n == 0)
		return false;
	*value = line;
	if (value->p[value->n - 1] == '\r')
		value->n--;
	return true;
}

bool cluster_info_read(struct slice text, uint64_t *epoch, bool *works)
{
	bool has_epoch = false, has_state = false;
	struct slice line, value;

	while (slice_cut(&text, '\n', &line)) {
		if (info_line(line, "cluster_state:", &value)) {
			*works = slice_eq_str(value, "ok");
			has_state = true;
		} else if (info_line(line, "cluster_current_epoch:", &value)) {
			has_epoch = slice_parse_u64(value, epoch);
		}
	}
	return has_epoch && has_state;
}
