/*
 * webhook_body - a webhook's JSON out of flags.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Checks only what it must in order to build JSON; whether a webhook is valid
 * is for the console to say.
 */
#include "webhook_body.h"

#include <string.h>

#include "base/slice.h"
#include "body.h"
#include "cli.h"

struct webhook_flags webhook_flags_init(void)
{
	return (struct webhook_flags){.concurrency = -1,
				      .rate = -1,
				      .timeout_ms = -1,
				      .batch_events = -1,
				      .batch_wait_ms = -1};
}

static bool set_bool(json_t *root, const char *key, const char *flag,
		     const char *value)
{
	bool yes = value && strcmp(value, "true") == 0;

	if (value && !yes && strcmp(value, "false") != 0) {
		cli_error(CLI_USAGE, "--%s is true or false", flag);
		return false;
	}
	if (value)
		json_object_set_new(root, key, json_boolean(yes));
	return true;
}

static bool set_headers(json_t *root, const struct args_list *headers)
{
	for (size_t i = 0; i < headers->n; i++) {
		const char *text = headers->items[i];
		const char *colon = strchr(text, ':');
		char name[256];

		if (!colon || colon == text ||
		    !slice_cstr(name, sizeof(name),
				slice_bytes(text, (size_t)(colon - text)))) {
			cli_error(CLI_USAGE, "--header is NAME: VALUE");
			return false;
		}
		colon += 1 + strspn(colon + 1, " ");
		if (!body_string(body_child(root, "headers"), name, colon))
			return false;
	}
	return true;
}

static bool set_auth(json_t *root, const struct webhook_flags *f)
{
	const char *colon = f->basic ? strchr(f->basic, ':') : NULL;
	json_t *auth = NULL;

	if (!!f->basic + !!f->bearer + !!f->oauth2 > 1) {
		cli_error(CLI_USAGE, "one of --basic, --bearer and --oauth2");
		return false;
	}
	if (f->basic && !colon) {
		cli_error(CLI_USAGE, "--basic is USER:PASSWORD");
		return false;
	}
	if (f->basic)
		auth = json_pack(
		    "{s:s, s:s%, s:s}", "type", "basic", "username", f->basic,
		    (size_t)(colon - f->basic), "password", colon + 1);
	else if (f->bearer)
		auth = json_pack("{s:s, s:s}", "type", "bearer", "token",
				 f->bearer);
	else if (f->oauth2)
		auth = json_pack("{s:s, s:s}", "type", "oauth2", "credential",
				 f->oauth2);
	if (auth)
		json_object_set_new(root, "auth", auth);
	return true;
}

static bool set_tls(json_t *root, const struct webhook_flags *f)
{
	if (!f->tls_cert && !f->tls_key && !f->tls_ca)
		return true;
	root = body_child(root, "tls");
	return body_file(root, "clientCertificate", "tls-cert", f->tls_cert) &&
	       body_file(root, "clientKey", "tls-key", f->tls_key) &&
	       body_file(root, "ca", "tls-ca", f->tls_ca);
}

static bool set_signing(json_t *root, const struct webhook_flags *f)
{
	if (f->secrets.n)
		body_list(body_child(root, "signing"), "secrets", &f->secrets);
	return (!f->signing || set_bool(body_child(root, "signing"), "enabled",
					"signing", f->signing)) &&
	       (!f->signing_algorithm ||
		body_string(body_child(root, "signing"), "algorithm",
			    f->signing_algorithm));
}

static bool set_retry(json_t *root, const char *text)
{
	json_t *delays = json_array();
	int64_t seconds;
	char item[24];

	while (text && *text) {
		size_t n = strcspn(text, ",");

		if (!slice_cstr(item, sizeof(item), slice_bytes(text, n)) ||
		    !args_parse_int(item, &seconds)) {
			json_decref(delays);
			cli_error(CLI_USAGE, "--retry-delays is a list of "
					     "seconds: 5,300,1800");
			return false;
		}
		json_array_append_new(delays, json_integer(seconds));
		text += text[n] ? n + 1 : n;
	}
	if (text)
		json_object_set(body_child(root, "retry"), "delaysS", delays);
	json_decref(delays);
	return true;
}

static void set_numbers(json_t *root, const struct webhook_flags *f)
{
	if (f->timeout_ms >= 0)
		json_object_set_new(root, "timeoutMs",
				    json_integer(f->timeout_ms));
	if (f->rate >= 0)
		json_object_set_new(body_child(root, "limits"), "ratePerSecond",
				    json_integer(f->rate));
	if (f->concurrency >= 0)
		json_object_set_new(body_child(root, "limits"), "concurrency",
				    json_integer(f->concurrency));
}

static bool set_batch(json_t *root, const struct webhook_flags *f)
{
	if (f->batch_events == 0) {
		if (f->batch_wait_ms >= 0) {
			cli_error(CLI_USAGE, "--batch-wait-ms needs batches");
			return false;
		}
		json_object_set_new(root, "batch", json_null());
		return true;
	}
	if (f->batch_events > 0)
		json_object_set_new(body_child(root, "batch"), "maxEvents",
				    json_integer(f->batch_events));
	if (f->batch_wait_ms >= 0)
		json_object_set_new(body_child(root, "batch"), "maxWaitMs",
				    json_integer(f->batch_wait_ms));
	return true;
}

static bool set_filter(json_t *root, const char *text)
{
	json_t *filter = text ? json_document("filter", text) : NULL;

	if (!text)
		return true;
	if (!filter)
		return false;
	json_object_set_new(root, "filter", filter);
	return true;
}

static bool set_all(json_t *root, const struct webhook_flags *f)
{
	body_list(root, "eventNames", &f->event_names);
	set_numbers(root, f);
	return set_batch(root, f) && body_string(root, "name", f->name) &&
	       body_string(root, "kind", f->kind) &&
	       body_string(root, "url", f->url) &&
	       body_string(root, "contentType", f->content_type) &&
	       body_string(root, "ordering", f->ordering) &&
	       set_bool(root, "enabled", "enabled", f->enabled) &&
	       set_bool(root, "keepAnswer", "keep-answer", f->keep_answer) &&
	       set_signing(root, f) && set_tls(root, f) &&
	       set_filter(root, f->filter) && set_headers(root, &f->headers) &&
	       set_auth(root, f) && set_retry(root, f->retry_delays) &&
	       set_journey(root, &f->journey);
}

json_t *webhook_body(const struct webhook_flags *f)
{
	json_t *root = f->body ? json_document("body", f->body) : json_object();

	if (!root || set_all(root, f))
		return root;
	json_decref(root);
	return NULL;
}
