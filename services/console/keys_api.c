/*
 * keys_api - /v1/projects/{p}/keys.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A token is shown once; what is kept is its SHA-256, which is enough for 256
 * random bits.
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "check.h"
#include "console.h"
#include "write.h"

#define TOKEN_SIZE 72 /* "prk_", 64 hex digits, NUL */

struct new_key {
	json_t *doc; /* owned */
	char *text;  /* owned; the doc as text */
	char token[TOKEN_SIZE];
};

static void new_key_free(void *state)
{
	struct new_key *k = state;

	json_decref(k->doc);
	free(k->text);
	explicit_bzero(k->token, sizeof(k->token));
}

static json_t *key_view(struct call *call, json_t *doc)
{
	(void)call;
	json_object_del(doc, "digest");
	return doc;
}

static void answer_new(struct call *call)
{
	struct new_key *k = call->state;
	json_t *view = key_view(call, json_incref(k->doc));

	json_object_set_new(view, "token", json_string(k->token));
	call_json(call, 201, view);
}

static void on_written(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	uint64_t version;

	if (write_done(call, e, reply, &version))
		call_wait_version(call, version, answer_new);
}

static void hex_of(const void *p, size_t n, char *out, size_t size)
{
	struct buf hex;

	buf_init(&hex, 256);
	hex_encode(&hex, slice_bytes(p, n));
	must(slice_cstr(out, size, buf_slice(&hex)));
	explicit_bzero(hex.p, hex.n);
	buf_fini(&hex);
}

static void make_token(struct new_key *k, char digest_hex[72])
{
	uint8_t raw[32], digest[32];

	rng_bytes(raw, sizeof(raw));
	memcpy(k->token, "prk_", 4);
	hex_of(raw, sizeof(raw), k->token + 4, sizeof(k->token) - 4);
	explicit_bzero(raw, sizeof(raw));
	must(EVP_Digest(k->token, strlen(k->token), digest, NULL, EVP_sha256(),
			NULL) == 1);
	hex_of(digest, sizeof(digest), digest_hex, 72);
}

void key_create(struct call *call)
{
	static const char *const allowed[] = {"name", NULL};
	struct ulid id = ulid_new(wall_ms());
	char id_text[ID_TEXT_SIZE], project[PROJECT_ID_MAX + 1], digest[72];
	struct change change = {
	    .kind = CONFIG_KEY, .id = id_text, .project = project};
	struct fault fault = {0};
	struct new_key *k;
	json_t *name;

	if (!call_read_body(call, allowed, true))
		return;
	name = json_object_get(call->body, "name");
	if (name && !check_name(name, &fault)) {
		call_fault(call, &fault);
		return;
	}
	if (!slice_cstr(project, sizeof(project), call->params[0])) {
		call_not_found(call);
		return;
	}
	ulid_format(id_text, "key", &id);
	k = call_state(call, sizeof(*k), new_key_free);
	make_token(k, digest);
	k->doc =
	    json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", id_text, "project",
		      project, "name", name ? json_string_value(name) : id_text,
		      "digest", digest, "createdAt", json_time(wall_ms()));
	must(k->doc);
	k->text = json_dumps(k->doc, JSON_COMPACT);
	change.fresh = slice_of(k->text);
	write_change(call, &change, on_written);
}

void key_list(struct call *call)
{
	static const char *const allowed[] = {"limit", "cursor", NULL};
	const struct api_key *k;
	const char **ids;
	size_t pos = 0, n = 0;

	if (!call_check_query(call, allowed))
		return;
	while (config_next_key(call->console->config, &pos))
		n++;
	ids = xcalloc(n + 1, sizeof(ids[0]));
	n = pos = 0;
	while ((k = config_next_key(call->console->config, &pos)))
		if (k->project && slice_eq_str(call->params[0], k->project))
			ids[n++] = k->id;
	list_documents(call, CONFIG_KEY, ids, n, key_view);
	free(ids);
}

static void answer_gone(struct call *call)
{
	call_empty(call, 204);
}

static void on_gone(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	uint64_t version;

	if (write_done(call, e, reply, &version))
		call_wait_version(call, version, answer_gone);
}

static void on_old(void *arg, enum err e, const struct reply *reply)
{
	struct call *call = arg;
	json_t *doc = own_document(call, e, reply);
	struct change change = {.kind = CONFIG_KEY, .old = reply_bytes(reply)};

	if (!doc)
		return;
	change.id = json_string_value(json_object_get(doc, "id"));
	if (change.id)
		write_change(call, &change, on_gone);
	else
		call_not_found(call);
	json_decref(doc);
}

void key_delete(struct call *call)
{
	read_own(call, CONFIG_KEY, on_old);
}
