/*
 * inbox_view - an inbox's requests, each with whether its signature holds.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The secrets are those of the webhooks of this installation whose URL leads to
 * the inbox: their documents are read and opened for the one answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "console.h"
#include "inbox.h"
#include "store/keys.h"
#include "store/sign.h"
#include "store/webhook.h"

#define WEBHOOKS_MAX 16

struct showing {
	struct signer *signers[WEBHOOKS_MAX]; /* owned */
	size_t n;
};

static void showing_free(void *state)
{
	struct showing *s = state;

	for (size_t i = 0; i < s->n; i++)
		signer_free(&s->signers[i]);
}

/* --- checking ---------------------------------------------------------- */

static struct slice header(const json_t *request, const char *name)
{
	json_t *headers = json_object_get(request, "headers"), *value;
	const char *key;

	json_object_foreach(headers, key, value)
	{
		if (json_is_string(value) &&
		    slice_eq_nocase(slice_of(key), slice_of(name)))
			return slice_of(json_string_value(value));
	}
	return slice_of(NULL);
}

static void body_of(const json_t *request, struct buf *out)
{
	const json_t *text = json_object_get(request, "body");
	const json_t *binary = json_object_get(request, "bodyBase64");

	buf_init(out, 2 * BODY_MAX);
	if (text)
		buf_append(out, json_string_value(text),
			   json_string_length(text));
	else if (binary &&
		 base64_decode(out, slice_of(json_string_value(binary))) !=
		     ERR_OK)
		buf_reset(out);
}

/* Takes the next of the values that spaces keep apart; empty: none is left. */
static struct slice next_value(struct slice *list)
{
	struct slice value = {0};

	while (value.n == 0 && list->n > 0) {
		if (slice_cut(list, ' ', &value))
			continue;
		value = *list;
		list->n = 0;
	}
	return value;
}

/* One of the values that came is, whole, one of those that belong there.
 * Signatures are no secret, so the time this takes tells nobody anything. */
static bool shares_a_value(struct slice came, struct slice right)
{
	struct slice value, one;

	while ((value = next_value(&came)).n > 0) {
		struct slice left = right;

		while ((one = next_value(&left)).n > 0)
			if (slice_eq(value, one))
				return true;
	}
	return false;
}

static bool holds(const struct showing *s, const json_t *request,
		  struct slice signature)
{
	struct slice id = header(request, "webhook-id");
	struct slice time = header(request, "webhook-timestamp");
	char right[SIGNATURE_SIZE];
	struct buf body;
	bool found = false;

	body_of(request, &body);
	for (size_t i = 0; i < s->n && !found && id.n && time.n; i++) {
		size_t n = signer_sign(s->signers[i], id, time,
				       buf_slice(&body), wall_ms(), right);

		found = shares_a_value(signature, slice_bytes(right, n));
	}
	buf_fini(&body);
	return found;
}

static json_t *signature_view(const struct showing *s, const json_t *request)
{
	struct slice signature = header(request, "webhook-signature");
	const char *why = NULL;
	json_t *v = json_object(), *valid = json_null();

	if (signature.n == 0)
		why = "it is not signed";
	else if (s->n == 0)
		why = "no webhook with a secret has this inbox as its URL";
	else if (holds(s, request, signature))
		valid = json_true();
	else
		valid = json_false();
	if (json_is_false(valid))
		why = "no live secret of these webhooks makes this signature";
	json_object_set_new(v, "valid", valid);
	json_object_set_new(v, "why", why ? json_string(why) : json_null());
	return v;
}

/* --- showing ----------------------------------------------------------- */

static void on_list(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	json_t *data, *request;

	if (!call_redis_ok(call, e))
		return;
	data = json_array();
	for (size_t i = 0; i < reply_count(reply); i++) {
		struct slice text = reply_bytes(reply_part(reply, i));

		request = json_loadb(text.p, text.n, JSON_ALLOW_NUL, NULL);
		if (!json_is_object(request)) {
			json_decref(request);
			continue;
		}
		json_object_set_new(request, "signature",
				    signature_view(call->state, request));
		json_array_append_new(data, request);
	}
	call_page(call, data, NULL);
}

static void ask_list(struct call *call)
{
	struct slice name = call->params[0];

	call_sent(call, redis_commandf(call->console->redis, on_list, call,
				       "LRANGE %s%b 0 -1", KEY_INBOX_PREFIX,
				       name.p, name.n));
}

static void add_signer(struct call *call, struct slice document)
{
	const struct webhook_source source = {
	    .document = document,
	    .with_request = true,
	    .master_key = call->console->master_key,
	};
	struct showing *s = call->state;
	struct webhook *w;
	const char *fault;

	if (document.n == 0 || webhook_parse(&source, &w, &fault) != ERR_OK)
		return;
	if (w->signing && w->n_secrets > 0)
		s->signers[s->n++] = signer_new(w->secrets, w->n_secrets);
	webhook_unref(&w);
}

static void on_documents(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;

	if (!call_redis_ok(call, e))
		return;
	for (size_t i = 0; i < reply_count(reply) && i < WEBHOOKS_MAX; i++)
		add_signer(call, reply_bytes(reply_part(reply, i)));
	ask_list(call);
}

/* "…/inbox/<name>", and then nothing, a path or a query. */
static bool leads_here(const struct webhook *w, struct slice name)
{
	static const char before[] = "/inbox/";
	const char *at = strstr(w->url, before);

	if (!at)
		return false;
	at += sizeof(before) - 1;
	return strncmp(at, name.p, name.n) == 0 &&
	       (at[name.n] == 0 || at[name.n] == '/' || at[name.n] == '?');
}

void inbox_get(struct call *call)
{
	const struct config *config = call->console->config;
	struct slice argv[WEBHOOKS_MAX + 2] = {SLICE_LIT("HMGET"),
					       SLICE_LIT(KEY_CFG_WEBHOOK)};
	char ids[WEBHOOKS_MAX][ID_TEXT_SIZE];
	size_t n = 0, pos = 0;
	struct webhook *w;

	if (!is_inbox_name(call->params[0])) {
		call_not_found(call);
		return;
	}
	call_state(call, sizeof(struct showing), showing_free);
	while (n < WEBHOOKS_MAX && (w = config_next_webhook(config, &pos))) {
		if (!leads_here(w, call->params[0]))
			continue;
		argv[2 + n] = slice_of(ulid_format(ids[n], "wh", &w->id));
		n++;
	}
	if (n == 0)
		ask_list(call);
	else
		call_sent(call, redis_command(call->console->redis, argv, 2 + n,
					      on_documents, call));
}

/* --- all of them ------------------------------------------------------- */

static void on_names(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	json_t *data;

	if (!call_redis_ok(call, e))
		return;
	data = json_array();
	for (size_t i = 0; i < reply_count(reply); i++) {
		json_t *one = json_object();

		json_object_set_new(
		    one, "name", json_text(reply_bytes(reply_part(reply, i))));
		json_array_append_new(data, one);
	}
	call_page(call, data, NULL);
}

void inbox_list(struct call *call)
{
	call_sent(call, redis_commandf(call->console->redis, on_names, call,
				       "ZREVRANGE %s 0 -1", KEY_INBOXES));
}
