/*
 * token_client - links to the tokens processes, and asks over them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tokens/token_client.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/pipe.h"

#define LINKS_MAX 16
#define LINK_HWM 4096
#define ANSWERS_A_FRAME_MAX 1024
#define ASK_BYTES_MAX 1024

struct link {
	struct list node;
	struct token_client *client; /* borrowed */
	uint64_t boot;
	char instance[INSTANCE_BYTES_MAX + 1];
	struct pipe *pipe; /* owned */
	bool seen;	   /* in the registry, at this look */
};

struct token_client {
	struct token_client_options options;
	struct pipe_context *context; /* owned */
	struct list links;
	size_t n;
};

uint64_t token_claim(const char *instance, const struct ulid *credential)
{
	struct slice name = slice_of(instance);
	char text[sizeof(credential->b) + INSTANCE_BYTES_MAX];

	must(name.n <= INSTANCE_BYTES_MAX);
	memcpy(text, credential->b, sizeof(credential->b));
	memcpy(text + sizeof(credential->b), name.p, name.n);
	return hash_stable(slice_bytes(text, sizeof(credential->b) + name.n));
}

static void malformed(struct link *l, const char *what)
{
	++*l->client->options.malformed;
	log_warn("malformed", "tokens=%s what=%s", l->instance, what);
}

static void on_message(void *arg, struct pipe *pipe, const struct slice *frames,
		       size_t n)
{
	struct link *l = arg;
	const struct token_client_options *o = &l->client->options;
	struct slice in = frames[n - 1];
	struct msg_token m;
	struct msg_head head;

	(void)pipe;
	if (msg_decode_head(&in, &head, ANSWERS_A_FRAME_MAX) != ERR_OK ||
	    head.type != MSG_token) {
		malformed(l, "head");
		return;
	}
	while (head.count-- > 0) {
		if (msg_decode_token(&in, &m) != ERR_OK) {
			malformed(l, "token");
			return;
		}
		o->on_answer(o->arg, &m);
	}
}

static void link_free(struct link *l)
{
	pipe_close(&l->pipe, 0);
	free(l);
}

static void link_close(struct link *l)
{
	log_info("tokens_gone", "instance=%s", l->instance);
	list_remove(&l->node);
	l->client->n--;
	link_free(l);
}

static void link_open(struct token_client *c, const struct process_info *p,
		      const char *target)
{
	char quoted[256];
	struct link *l = xcalloc(1, sizeof(*l));
	const struct pipe_options options = {
	    .kind = PIPE_DEALER,
	    .hwm = LINK_HWM,
	    .on_message = on_message,
	    .arg = l,
	};

	l->client = c;
	l->boot = p->boot;
	l->seen = true;
	(void)slice_cstr(l->instance, sizeof(l->instance),
			 slice_of(p->instance));
	l->pipe = pipe_open(c->context, c->options.loop, &options);
	if (pipe_connect(l->pipe, target) != ERR_OK) {
		log_error("connect_failed", "tokens=%s", l->instance);
		link_free(l);
		return;
	}
	list_push(&c->links, &l->node);
	c->n++;
	log_info("tokens_found", "instance=%s endpoint=%s", l->instance,
		 log_quote(quoted, sizeof(quoted), slice_of(target)));
}

struct token_client *
token_client_new(const struct token_client_options *options)
{
	struct token_client *c = xcalloc(1, sizeof(*c));

	c->options = *options;
	c->context = pipe_context_new(options->curve);
	list_init(&c->links);
	return c;
}

void token_client_free(struct token_client **cp)
{
	struct token_client *c = *cp;
	struct list *node;

	if (!c)
		return;
	while ((node = list_pop(&c->links)))
		link_free(container_of(node, struct link, node));
	pipe_context_free(&c->context);
	free(c);
	*cp = NULL;
}

static struct link *link_of(struct token_client *c,
			    const struct process_info *p)
{
	LIST_FOREACH (node, &c->links) {
		struct link *l = container_of(node, struct link, node);

		if (strcmp(l->instance, p->instance) == 0)
			return l;
	}
	return NULL;
}

/* True: the link to it is another one than before. */
static bool follow_one(struct token_client *c, const struct process_info *p)
{
	struct link *l = link_of(c, p);
	char target[PIPE_TARGET_SIZE];

	if (l && l->boot == p->boot) {
		l->seen = true;
		return false;
	}
	if (l)
		link_close(l);
	if (c->n >= LINKS_MAX ||
	    !registry_pick_target(p, p->token_endpoints, target))
		return false;
	link_open(c, p, target);
	return true;
}

bool token_client_follow(struct token_client *c,
			 const struct registry *registry)
{
	const struct process_info *p;
	bool changed = false;
	size_t pos = 0;

	LIST_FOREACH (node, &c->links)
		container_of(node, struct link, node)->seen = false;
	while ((p = registry_next(registry, &pos)))
		if (p->token_endpoints && *p->token_endpoints)
			changed |= follow_one(c, p);
	for (struct list *node = c->links.next; node != &c->links;) {
		struct link *l = container_of(node, struct link, node);

		node = node->next;
		if (l->seen)
			continue;
		link_close(l);
		changed = true;
	}
	return changed;
}

static struct link *choose(struct token_client *c,
			   const struct ulid *credential)
{
	struct link *best = NULL;
	uint64_t most = 0;

	LIST_FOREACH (node, &c->links) {
		struct link *l = container_of(node, struct link, node);
		uint64_t claim = token_claim(l->instance, credential);

		if (best && claim <= most)
			continue;
		best = l;
		most = claim;
	}
	return best;
}

enum err token_client_ask(struct token_client *c,
			  const struct msg_token_ask *ask)
{
	struct msg_head head = msg_head(MSG_token_ask, 1);
	struct ulid credential;
	struct buf frame;
	struct slice s;
	struct link *l;
	enum err e;

	must(ulid_from_slice(ask->credential, &credential) == ERR_OK);
	l = choose(c, &credential);
	if (!l)
		return ERR_NOT_FOUND;
	buf_init(&frame, ASK_BYTES_MAX);
	msg_encode_head(&frame, &head);
	msg_encode_token_ask(&frame, ask);
	s = buf_slice(&frame);
	e = pipe_send(l->pipe, &s, 1);
	buf_fini(&frame);
	return e;
}
