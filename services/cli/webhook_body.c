/*
 * webhook_body - a webhook's JSON out of flags.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Checks only what it must in order to build JSON; whether a webhook is valid
 * is for the console to say.
 */
#include "webhook_body.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/slice.h"
#include "cli.h"

/* The console takes less. */
#define PEM_BYTES_MAX ((size_t)1024 * 1024)

struct webhook_flags webhook_flags_init(void)
{
	return (struct webhook_flags){.concurrency = -1,
				      .rate = -1,
				      .timeout_ms = -1,
				      .batch_events = -1,
				      .batch_wait_ms = -1};
}

/* JSON text itself, a file, or "-": standard input. */
json_t *json_document(const char *flag, const char *text)
{
	json_error_t error;
	json_t *root;

	if (text[0] == '{')
		root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	else if (strcmp(text, "-") == 0)
		root = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
	else
		root = json_load_file(text, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		cli_error(CLI_USAGE, "--%s: %s", flag, error.text);
	if (root && !json_is_object(root)) {
		cli_error(CLI_USAGE, "--%s is not a JSON object", flag);
		json_decref(root);
		root = NULL;
	}
	return root;
}

static bool set_string(json_t *root, const char *key, const char *value)
{
	if (!value)
		return true;
	if (json_object_set_new(root, key, json_string(value)) == 0)
		return true;
	cli_error(CLI_USAGE, "%s is not valid UTF-8", key);
	return false;
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

/* The object under key, made when it is not there. */
static json_t *child(json_t *root, const char *key)
{
	json_t *c = json_object_get(root, key);

	if (!json_is_object(c)) {
		json_object_set_new(root, key, json_object());
		c = json_object_get(root, key);
	}
	return c;
}

static void set_list(json_t *root, const char *key,
		     const struct args_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(array, json_string(list->items[i]));
	if (list->n)
		json_object_set(root, key, array);
	json_decref(array);
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
		if (!set_string(child(root, "headers"), name, colon))
			return false;
	}
	return true;
}

static bool set_auth(json_t *root, const struct webhook_flags *f)
{
	const char *colon = f->basic ? strchr(f->basic, ':') : NULL;
	json_t *auth = NULL;

	if (f->basic && f->bearer) {
		cli_error(CLI_USAGE, "either --basic or --bearer");
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
	if (auth)
		json_object_set_new(root, "auth", auth);
	return true;
}

/* What a PEM file holds; bytes that are not UTF-8 are none. */
static bool set_file(json_t *root, const char *key, const char *flag,
		     const char *path)
{
	FILE *file;
	char *text;
	size_t n;
	bool ok;

	if (!path)
		return true;
	file = fopen(path, "re");
	if (!file) {
		cli_error(CLI_USAGE, "--%s: %s: %s", flag, path,
			  strerror(errno));
		return false;
	}
	text = xmalloc(PEM_BYTES_MAX);
	n = fread(text, 1, PEM_BYTES_MAX, file);
	ok = n < PEM_BYTES_MAX && !ferror(file) &&
	     json_object_set_new(child(root, "tls"), key,
				 json_stringn(text, n)) == 0;
	if (!ok)
		cli_error(CLI_USAGE, "--%s: %s is not a PEM file", flag, path);
	(void)fclose(file);
	explicit_bzero(text, n);
	free(text);
	return ok;
}

static bool set_tls(json_t *root, const struct webhook_flags *f)
{
	return set_file(root, "clientCertificate", "tls-cert", f->tls_cert) &&
	       set_file(root, "clientKey", "tls-key", f->tls_key) &&
	       set_file(root, "ca", "tls-ca", f->tls_ca);
}

static bool set_signing(json_t *root, const struct webhook_flags *f)
{
	if (f->secrets.n)
		set_list(child(root, "signing"), "secrets", &f->secrets);
	return (!f->signing || set_bool(child(root, "signing"), "enabled",
					"signing", f->signing)) &&
	       (!f->signing_algorithm ||
		set_string(child(root, "signing"), "algorithm",
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
		json_object_set(child(root, "retry"), "delaysS", delays);
	json_decref(delays);
	return true;
}

static void set_numbers(json_t *root, const struct webhook_flags *f)
{
	if (f->timeout_ms >= 0)
		json_object_set_new(root, "timeoutMs",
				    json_integer(f->timeout_ms));
	if (f->rate >= 0)
		json_object_set_new(child(root, "limits"), "ratePerSecond",
				    json_integer(f->rate));
	if (f->concurrency >= 0)
		json_object_set_new(child(root, "limits"), "concurrency",
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
		json_object_set_new(child(root, "batch"), "maxEvents",
				    json_integer(f->batch_events));
	if (f->batch_wait_ms >= 0)
		json_object_set_new(child(root, "batch"), "maxWaitMs",
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
	set_list(root, "eventNames", &f->event_names);
	set_numbers(root, f);
	return set_batch(root, f) && set_string(root, "name", f->name) &&
	       set_string(root, "url", f->url) &&
	       set_string(root, "contentType", f->content_type) &&
	       set_string(root, "ordering", f->ordering) &&
	       set_bool(root, "enabled", "enabled", f->enabled) &&
	       set_signing(root, f) && set_tls(root, f) &&
	       set_filter(root, f->filter) && set_headers(root, &f->headers) &&
	       set_auth(root, f) && set_retry(root, f->retry_delays);
}

json_t *webhook_body(const struct webhook_flags *f)
{
	json_t *root = f->body ? json_document("body", f->body) : json_object();

	if (!root || set_all(root, f))
		return root;
	json_decref(root);
	return NULL;
}
