/*
 * plain_url - a URL that is a template, with an x for each of its tags.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journey/plain_url.h"

#include <string.h>

/* Behind "--}}" or "--~}}"; NULL: there is none. */
static const char *comment_end(const char *p)
{
	while ((p = strstr(p, "--"))) {
		const char *end = p + 2 + (p[2] == '~');

		if (!strncmp(end, "}}", 2))
			return end + 2;
		p++;
	}
	return NULL;
}

/* Behind the tag that begins at p; NULL: it does not end. */
static const char *tag_end(const char *p)
{
	const char *end;

	if (!strncmp(p, "{{!--", 5))
		return comment_end(p + 5);
	end = strstr(p, "}}");
	if (!end)
		return NULL;
	for (end += 2; *end == '}';)
		end++;
	return end;
}

static bool is_past(const struct plain_url *u)
{
	return u->n_authority > 0;
}

static void add_char(struct plain_url *u, char c)
{
	size_t n;

	if (u->authority && !is_past(u) && (c == '/' || c == '?'))
		u->n_authority = u->text.n - u->authority;
	buf_append_char(&u->text, c);
	n = u->text.n;
	if (!u->authority && n >= 3 && !memcmp(u->text.p + n - 3, "://", 3))
		u->authority = n;
}

enum plain_fault plain_url_init(struct plain_url *u, const char *url)
{
	*u = (struct plain_url){0};
	buf_init(&u->text, strlen(url) + 1);
	while (*url) {
		if (strncmp(url, "{{", 2) != 0) {
			add_char(u, *url++);
			continue;
		}
		if (!u->authority)
			return PLAIN_SCHEME;
		u->open = u->open || !is_past(u);
		buf_append_char(&u->text, 'x');
		url = tag_end(url);
		if (!url)
			return PLAIN_TAG;
	}
	if (u->authority && !is_past(u))
		u->n_authority = u->text.n - u->authority;
	return PLAIN_OK;
}

void plain_url_fini(struct plain_url *u)
{
	buf_fini(&u->text);
}
