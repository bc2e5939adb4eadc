/*
 * check_url - is this a URL that a webhook may have?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check_url.h"

#include <string.h>

#include "base/buf.h"
#include "check_journey.h"
#include "filter/merge.h"
#include "net/url.h"

#define HOST_BYTES_MAX 253

static bool is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool is_host_pattern(const char *text)
{
	size_t n;

	if (!text)
		return false;
	if (!strncmp(text, "*.", 2))
		text += 2;
	n = strlen(text);
	if (n == 0 || n > HOST_BYTES_MAX || text[0] == '.' ||
	    text[n - 1] == '.' || strstr(text, ".."))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_host_char(text[i]))
			return false;
	return true;
}

/* --- of a system's webhook ------------------------------------------------ */

static const char *merge_fault(const struct target_rules *rules,
			       struct slice url)
{
	struct url_parts parts;
	struct merge *merge = NULL;
	const char *text = url_parse(rules, url, URL_BYTES_MAX, &parts);

	if (!text)
		text = merge_compile(url, &merge);
	merge_free(&merge);
	return text;
}

/* --- of a journey's ------------------------------------------------------- */

/* Behind the tag that begins at p; NULL: it does not end. */
static const char *tag_end(const char *p)
{
	const char *end = strstr(p, !strncmp(p, "{{!--", 5) ? "--}}" : "}}");

	if (!end)
		return NULL;
	end = strstr(end, "}}") + 2;
	return *end == '}' ? end + 1 : end;
}

/* The URL with an x for each tag, and for all of an authority that has one: the
 * host can then only be one of a list. */
struct plain_url {
	struct buf text;
	size_t authority; /* where it begins in text; 0: not yet */
	bool past;	  /* the authority has ended */
	bool open_host;	  /* it has a tag */
};

/* False: it has a user name, which a template could turn into a host. */
static bool fold_authority(struct plain_url *u)
{
	size_t n = u->text.n - u->authority;

	if (!u->open_host)
		return true;
	if (memchr(u->text.p + u->authority, '@', n))
		return false;
	u->text.n = u->authority;
	buf_append_char(&u->text, 'x');
	return true;
}

static bool add_char(struct plain_url *u, char c)
{
	bool ok = true;

	if (u->authority && !u->past && (c == '/' || c == '?')) {
		u->past = true;
		ok = fold_authority(u);
	}
	buf_append_char(&u->text, c);
	if (!u->authority && u->text.n > 3 &&
	    !memcmp(u->text.p + u->text.n - 3, "://", 3))
		u->authority = u->text.n;
	return ok;
}

static const char *plain_of(struct plain_url *u, const char *p)
{
	static const char user[] = "it has a user name, which belongs in a "
				   "field of its own";

	while (*p) {
		if (strncmp(p, "{{", 2) != 0) {
			if (!add_char(u, *p++))
				return user;
			continue;
		}
		if (!u->authority)
			return "its scheme must not come from a template";
		u->open_host |= !u->past;
		buf_append_char(&u->text, 'x');
		p = tag_end(p);
		if (!p)
			return "a {{ has no }}";
	}
	return u->past || fold_authority(u) ? NULL : user;
}

static const char *template_fault(const struct target_rules *rules,
				  const json_t *doc, const char *url)
{
	struct plain_url u = {0};
	struct url_parts parts;
	const char *fault;

	if (strlen(url) > URL_BYTES_MAX)
		return "it is too long";
	buf_init(&u.text, URL_BYTES_MAX + 1);
	fault = plain_of(&u, url);
	if (!fault)
		fault =
		    url_parse(rules, buf_slice(&u.text), URL_BYTES_MAX, &parts);
	if (!fault && u.open_host && !json_object_get(doc, "hosts"))
		fault = "a template in the host takes a list of the hosts "
			"that it may lead to: hosts";
	buf_fini(&u.text);
	return fault;
}

bool check_url(const struct target_rules *rules, const json_t *doc,
	       struct fault *f)
{
	const json_t *value = json_object_get(doc, "url");
	const char *url = json_string_value(value), *fault;

	if (!url || strlen(url) != json_string_length(value))
		return fault_invalid(f, "url", "a URL is wanted");
	fault = is_journey(doc) ? template_fault(rules, doc, url)
				: merge_fault(rules, slice_of(url));
	return !fault || fault_invalid(f, "url", fault);
}
