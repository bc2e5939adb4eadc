/*
 * check_url - is this a URL that a webhook may have?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "check_url.h"

#include <string.h>

#include "base/buf.h"
#include "check_journey.h"
#include "filter/merge.h"
#include "journey/plain_url.h"
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

/* An authority with a tag is one x: the host can then only be one of a list.
 * False: it has a user name, which a template could turn into a host. */
static bool fold_authority(const struct plain_url *u, struct buf *out)
{
	struct slice text = buf_slice(&u->text);
	size_t end = u->authority + u->n_authority;

	if (memchr(text.p + u->authority, '@', u->n_authority))
		return false;
	buf_append(out, text.p, u->authority);
	buf_append_char(out, 'x');
	buf_append(out, text.p + end, text.n - end);
	return true;
}

static const char *plain_of(struct plain_url *u, const char *url,
			    struct buf *out)
{
	switch (plain_url_init(u, url)) {
	case PLAIN_SCHEME:
		return "its scheme must not come from a template";
	case PLAIN_TAG:
		return "a {{ has no }}";
	case PLAIN_OK:
		break;
	}
	if (u->open && !fold_authority(u, out))
		return "it has a user name, which belongs in a field of its "
		       "own";
	if (!u->open)
		buf_append_slice(out, buf_slice(&u->text));
	return NULL;
}

static const char *template_fault(const struct target_rules *rules,
				  const json_t *doc, const char *url)
{
	struct url_parts parts;
	struct plain_url u;
	const char *fault;
	struct buf text;

	if (strlen(url) > URL_BYTES_MAX)
		return "it is too long";
	buf_init(&text, URL_BYTES_MAX + 1);
	fault = plain_of(&u, url, &text);
	if (!fault)
		fault =
		    url_parse(rules, buf_slice(&text), URL_BYTES_MAX, &parts);
	if (!fault && u.open && !json_object_get(doc, "hosts"))
		fault = "a template in the host takes a list of the hosts "
			"that it may lead to: hosts";
	plain_url_fini(&u);
	buf_fini(&text);
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
