/*
 * registry - keeps the own record fresh and mirrors those of all others.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns one connection and one timer. While Redis is away the last view stays:
 * what is known of the others is better than nothing, and the lease decides.
 */
#include "store/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "net/endpoint.h"
#include "proto/message.h"
#include "store/keys.h"
#include "store/script.h"

#define BEAT_EVERY_MS 500
#define FORGET_AFTER_MS "60000"
#define PROCESSES_MAX 4096
#define PARTITIONS_MAX 65536
#define HOST_SIZE 256
#define FIGURES_BYTES_MAX 4096
#define RECORD_BYTES_MAX 16384
/* Three beats that nobody answered. */
#define SILENCE_MS 1500

#define TEXT_OF(number) #number
#define TEXT(macro) TEXT_OF(macro)

/* What one look has shown. */
struct view {
	struct process_info *processes; /* owned */
	size_t n;
	char **owners; /* owned; by partition, NULL where not known */
	size_t n_owners;
};

struct registry {
	struct registry_options options;
	struct redis *redis; /* owned */
	struct redis_script scripts[1];
	uv_timer_t *timer; /* owned; freed by its close callback */
	struct view view;
	char host[HOST_SIZE];
	uint64_t boot, started_ms;
	uint64_t answered_ms; /* monotonic: the last look; 0: none yet */
	uint64_t ignore_until_ms;
	bool asked;
};

static void process_fini(struct process_info *p)
{
	free(p->service);
	free(p->instance);
	free(p->host);
	free(p->version);
	free(p->sender_endpoints);
	free(p->ingest_endpoints);
	free(p->feed_endpoints);
	free(p->token_endpoints);
	free(p->curve_key);
	free(p->figures);
}

static void view_fini(struct view *v)
{
	for (size_t i = 0; i < v->n; i++)
		process_fini(&v->processes[i]);
	for (size_t i = 0; i < v->n_owners; i++)
		free(v->owners[i]);
	free(v->processes);
	free(v->owners);
	*v = (struct view){0};
}

/* "<ms> <frame>" */
static bool parse_process(struct slice record, struct process_info *p)
{
	struct slice in = record, seen;
	struct msg_process m;
	struct msg_head head;

	if (!slice_cut(&in, ' ', &seen) || !slice_parse_u64(seen, &p->seen_ms))
		return false;
	if (msg_decode_head(&in, &head, 1) != ERR_OK || head.count != 1 ||
	    head.type != MSG_process || msg_decode_process(&in, &m) != ERR_OK)
		return false;
	p->service = slice_dup(m.service);
	p->instance = slice_dup(m.instance);
	p->host = slice_dup(m.host);
	p->version = slice_dup(m.version);
	p->sender_endpoints = slice_dup(m.sender_endpoints);
	p->ingest_endpoints = slice_dup(m.ingest_endpoints);
	p->feed_endpoints = slice_dup(m.feed_endpoints);
	p->token_endpoints = slice_dup(m.token_endpoints);
	p->curve_key = slice_dup(m.curve_key);
	p->figures = slice_dup(m.figures);
	p->boot = m.boot;
	p->pid = m.pid;
	p->started_ms = m.started_ms;
	p->healthy = m.healthy != 0;
	return true;
}

static void view_processes(struct view *v, const struct reply *records)
{
	size_t n = reply_count(records);

	if (n > PROCESSES_MAX)
		n = PROCESSES_MAX;
	v->processes = xcalloc(n + 1, sizeof(v->processes[0]));
	for (size_t i = 0; i < n; i++) {
		struct slice record = reply_bytes(reply_at(records, i));

		if (parse_process(record, &v->processes[v->n]))
			v->n++;
		else
			log_warn("registry_record", "error=malformed");
	}
}

static void view_owner(struct view *v, uint64_t partition, struct slice owner)
{
	size_t want = (size_t)partition + 1;

	if (want > v->n_owners) {
		v->owners = xrealloc(v->owners, want * sizeof(char *));
		memset(v->owners + v->n_owners, 0,
		       (want - v->n_owners) * sizeof(char *));
		v->n_owners = want;
	}
	free(v->owners[partition]);
	v->owners[partition] = slice_dup(owner);
}

static void view_owners(struct view *v, const struct reply *pairs)
{
	uint64_t partition;

	for (size_t i = 0; i + 1 < reply_count(pairs); i += 2)
		if (slice_parse_u64(reply_bytes(reply_at(pairs, i)),
				    &partition) &&
		    partition < PARTITIONS_MAX)
			view_owner(v, partition,
				   reply_bytes(reply_at(pairs, i + 1)));
}

static const struct process_info *view_find(const struct view *v,
					    const char *instance)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->processes[i].instance, instance) == 0)
			return &v->processes[i];
	return NULL;
}

/* Everything but figures and the time seen. */
static bool process_same(const struct process_info *a,
			 const struct process_info *b)
{
	return a->boot == b->boot && a->healthy == b->healthy &&
	       !strcmp(a->host, b->host) &&
	       !strcmp(a->sender_endpoints, b->sender_endpoints) &&
	       !strcmp(a->ingest_endpoints, b->ingest_endpoints) &&
	       !strcmp(a->feed_endpoints, b->feed_endpoints) &&
	       !strcmp(a->token_endpoints, b->token_endpoints) &&
	       !strcmp(a->curve_key, b->curve_key);
}

static bool owner_same(const struct view *a, const struct view *b, size_t i)
{
	const char *x = i < a->n_owners ? a->owners[i] : NULL;
	const char *y = i < b->n_owners ? b->owners[i] : NULL;

	return x && y ? !strcmp(x, y) : x == y;
}

static bool view_same(const struct view *a, const struct view *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct process_info *p = &a->processes[i];
		const struct process_info *q = view_find(b, p->instance);

		if (!q || !process_same(p, q))
			return false;
	}
	for (size_t i = 0; i < a->n_owners || i < b->n_owners; i++)
		if (!owner_same(a, b, i))
			return false;
	return true;
}

/* When Redis has been silent, whoever's beat comes through first would see all
 * the others as stale, though it was Redis that was away: what was known before
 * stands until everyone has had the time for a beat. */
static bool looks_too_early(struct registry *r)
{
	uint64_t now = now_ms(), last = r->answered_ms;

	r->answered_ms = now;
	if (last && now - last > SILENCE_MS)
		r->ignore_until_ms = now + SILENCE_MS;
	return now < r->ignore_until_ms;
}

static void on_beat(void *arg, enum err e, const struct reply *reply)
{
	struct registry *r = arg;
	struct view fresh = {0};
	bool same;

	r->asked = false;
	if (e == ERR_REFUSED || e == ERR_FULL) {
		char text[160];

		log_warn("registry_beat", "error=%s",
			 log_quote(text, sizeof(text), reply_bytes(reply)));
	}
	if (e != ERR_OK || reply_count(reply) < 3 || looks_too_early(r))
		return;
	view_processes(&fresh, reply_at(reply, 1));
	view_owners(&fresh, reply_at(reply, 2));
	same = view_same(&r->view, &fresh);
	view_fini(&r->view);
	r->view = fresh;
	if (!same && r->options.on_change)
		r->options.on_change(r->options.arg);
}

static struct slice text_or_empty(const char *s)
{
	return s ? slice_of(s) : SLICE_LIT("");
}

static void encode_self(const struct registry *r, struct buf *out)
{
	const struct registry_options *o = &r->options;
	struct msg_head head = msg_head(MSG_process, 1);
	struct msg_process m = {
	    .service = slice_of(o->service),
	    .instance = slice_of(o->instance),
	    .host = slice_of(r->host),
	    .version = SLICE_LIT(POSTRIDER_VERSION),
	    .boot = r->boot,
	    .pid = (uint64_t)getpid(),
	    .started_ms = r->started_ms,
	    .healthy = !o->healthy || o->healthy(o->arg),
	    .sender_endpoints = text_or_empty(o->sender_endpoints),
	    .ingest_endpoints = text_or_empty(o->ingest_endpoints),
	    .feed_endpoints = text_or_empty(o->feed_endpoints),
	    .token_endpoints = text_or_empty(o->token_endpoints),
	    .curve_key = text_or_empty(o->curve_key),
	};
	struct buf figures;

	buf_init(&figures, FIGURES_BYTES_MAX);
	if (o->figures)
		o->figures(o->arg, &figures);
	if (figures.n == 0 || buf_full(&figures)) {
		buf_reset(&figures);
		buf_append_str(&figures, "{}");
	}
	m.figures = buf_slice(&figures);
	msg_encode_head(out, &head);
	msg_encode_process(out, &m);
	buf_fini(&figures);
}

static void beat(struct registry *r)
{
	const struct slice keys[] = {SLICE_LIT(KEY_RUN_PROCESS),
				     SLICE_LIT(KEY_RUN_OWNER)};
	struct slice argv[] = {SLICE_LIT(""), SLICE_LIT(""),
			       SLICE_LIT(TEXT(REGISTRY_STALE_MS)),
			       SLICE_LIT(FORGET_AFTER_MS)};
	struct buf record;

	if (r->asked || !redis_is_up(r->redis))
		return;
	buf_init(&record, RECORD_BYTES_MAX);
	if (!r->options.read_only) {
		encode_self(r, &record);
		argv[0] = slice_of(r->options.instance);
		argv[1] = buf_slice(&record);
	}
	r->asked =
	    redis_script(r->redis, 0, keys, 2, argv, 4, on_beat, r) == ERR_OK;
	buf_fini(&record);
}

static void on_timer(uv_timer_t *timer)
{
	beat(timer->data);
}

/* It may be another server, with a clock of its own and records that are older
 * than they were. */
static void on_up(void *arg)
{
	struct registry *r = arg;

	if (r->answered_ms)
		r->ignore_until_ms = now_ms() + SILENCE_MS;
	beat(r);
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

struct registry *registry_open(uv_loop_t *loop,
			       const struct registry_options *options,
			       char *error, size_t error_size)
{
	struct registry *r = xcalloc(1, sizeof(*r));
	struct redis_options o = {
	    .access = options->redis,
	    .on_up = on_up,
	    .arg = r,
	};

	r->options = *options;
	r->boot = rng_u64();
	r->started_ms = wall_ms();
	if (gethostname(r->host, sizeof(r->host) - 1) != 0)
		r->host[0] = 0;
	r->scripts[0] = (struct redis_script){"registry", script_registry};
	o.scripts = r->scripts;
	o.n_scripts = 1;
	r->timer = xcalloc(1, sizeof(*r->timer));
	must(uv_timer_init(loop, r->timer) == 0);
	r->timer->data = r;
	r->redis = redis_open(loop, &o, error, error_size);
	if (!r->redis) {
		registry_close(&r);
		return NULL;
	}
	must(uv_timer_start(r->timer, on_timer, BEAT_EVERY_MS, BEAT_EVERY_MS) ==
	     0);
	return r;
}

void registry_close(struct registry **registry)
{
	struct registry *r = *registry;

	if (!r)
		return;
	*registry = NULL;
	if (r->redis && !r->options.read_only && redis_is_up(r->redis) &&
	    redis_commandf(r->redis, NULL, NULL, "HDEL %s %s", KEY_RUN_PROCESS,
			   r->options.instance) != ERR_OK)
		log_debug("registry_leave", "reason=busy");
	redis_close(&r->redis);
	uv_close((uv_handle_t *)r->timer, on_timer_closed);
	view_fini(&r->view);
	free(r);
}

const struct process_info *registry_next(const struct registry *r, size_t *pos)
{
	return *pos < r->view.n ? &r->view.processes[(*pos)++] : NULL;
}

const struct process_info *registry_find(const struct registry *r,
					 const char *instance)
{
	return view_find(&r->view, instance);
}

const struct process_info *registry_owner(const struct registry *r,
					  uint64_t partition)
{
	if (partition >= r->view.n_owners || !r->view.owners[partition])
		return NULL;
	return view_find(&r->view, r->view.owners[partition]);
}

/* --- choosing an endpoint ---------------------------------------------- */

static bool is_here(const struct process_info *p)
{
	char host[HOST_SIZE] = "";

	return gethostname(host, sizeof(host) - 1) == 0 &&
	       strcmp(host, p->host) == 0;
}

/* An address that means "every interface" is of no use to others: the host's
 * name, or loopback when it is this one, takes its place. */
static bool put_reachable(const struct process_info *p, bool here,
			  const char *endpoint, char *out, size_t size)
{
	static const char *const any[] = {
	    "tcp://0.0.0.0:", "tcp://*:", "tcp://[::]:"};
	int n;

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		size_t skip = strlen(any[i]);

		if (strncmp(endpoint, any[i], skip) != 0)
			continue;
		n = snprintf(out, size, "tcp://%s:%s",
			     here ? "127.0.0.1" : p->host, endpoint + skip);
		return n > 0 && (size_t)n < size;
	}
	return slice_cstr(out, size, slice_of(endpoint));
}

static bool with_key(const struct process_info *p, char out[PIPE_TARGET_SIZE])
{
	size_t n = strlen(out);
	int more;

	if (!p->curve_key || !p->curve_key[0] ||
	    !endpoint_is_tcp(slice_of(out)))
		return true;
	more = snprintf(out + n, PIPE_TARGET_SIZE - n, " %s", p->curve_key);
	return more > 0 && n + (size_t)more < PIPE_TARGET_SIZE;
}

/* Takes the next endpoint that fits off a list. False: that was the last. */
static bool next_endpoint(const char **list, char out[ENDPOINT_BYTES_MAX + 1])
{
	while (*list && **list) {
		size_t n = strcspn(*list, ",");
		struct slice one = slice_bytes(*list, n);

		*list += n + ((*list)[n] == ',');
		if (n > 0 && slice_cstr(out, ENDPOINT_BYTES_MAX + 1, one))
			return true;
	}
	return false;
}

bool registry_has_target(const struct process_info *p, const char *endpoints,
			 const char *target)
{
	char one[ENDPOINT_BYTES_MAX + 1], seen[PIPE_TARGET_SIZE];
	bool here = is_here(p);

	while (next_endpoint(&endpoints, one))
		if (put_reachable(p, here, one, seen, sizeof(seen)) &&
		    with_key(p, seen) && strcmp(seen, target) == 0)
			return true;
	return false;
}

bool registry_pick_target(const struct process_info *p, const char *endpoints,
			  char out[PIPE_TARGET_SIZE])
{
	static const char ipc[] = "ipc://";
	size_t skip = sizeof(ipc) - 1;
	bool here = is_here(p), found = false;
	char one[ENDPOINT_BYTES_MAX + 1];

	while (next_endpoint(&endpoints, one)) {
		if (strncmp(one, ipc, skip) == 0) {
			if (here && access(one + skip, F_OK) == 0)
				return slice_cstr(out, PIPE_TARGET_SIZE,
						  slice_of(one));
		} else if (!found) {
			found =
			    put_reachable(p, here, one, out, PIPE_TARGET_SIZE);
		}
	}
	return found && with_key(p, out);
}
