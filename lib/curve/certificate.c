/*
 * certificate - a ZeroMQ certificate file: a key, perhaps its secret one, and
 * what is said of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * CZMQ's own reader is not used: it reads beyond its buffer behind a line of
 * more than 1,024 bytes, prints what it does not understand, which may be half
 * of a secret key, and wipes nothing.
 */
#include "curve/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum section { SECTION_NONE, SECTION_METADATA, SECTION_CURVE };

struct reader {
	struct certificate *c;
	enum section section;
	const char *fault;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct slice trimmed(struct slice s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = slice_bytes(s.p + 1, s.n - 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool take_key(struct reader *r, char out[CURVE_TEXT_SIZE],
		     struct slice value)
{
	if (out[0])
		r->fault = "a key comes twice";
	else if (!curve_key_parse(out, value))
		r->fault = "a key is not 40 characters of Z85";
	return !r->fault;
}

static bool take_text(struct reader *r, char *out, size_t size,
		      struct slice value, const char *too_long)
{
	if (out[0])
		r->fault = "metadata comes twice";
	else if (!slice_cstr(out, size, value))
		r->fault = too_long;
	else if (!slice_is_utf8(value))
		r->fault = "metadata is not UTF-8";
	return !r->fault;
}

static bool take_property(struct reader *r, struct slice name,
			  struct slice value)
{
	struct certificate *c = r->c;

	if (r->section == SECTION_CURVE) {
		if (slice_eq_str(name, "public-key"))
			return take_key(r, c->keys.public_key, value);
		if (slice_eq_str(name, "secret-key"))
			return take_key(r, c->keys.secret_key, value);
	}
	if (r->section == SECTION_METADATA) {
		if (slice_eq_str(name, "name"))
			return take_text(r, c->name, sizeof(c->name), value,
					 "the name is too long");
		if (slice_eq_str(name, "role"))
			return take_text(r, c->role, sizeof(c->role), value,
					 "the role is too long");
		if (slice_eq_str(name, "project"))
			return take_text(r, c->projects, sizeof(c->projects),
					 value, "too many projects");
	}
	return true;
}

/* What stands between quotes, or up to a comment. */
static bool value_of(struct reader *r, struct slice text, struct slice *value)
{
	const char *end;

	text = trimmed(text);
	if (text.n > 0 && (text.p[0] == '"' || text.p[0] == '\'')) {
		end = memchr(text.p + 1, text.p[0], text.n - 1);
		if (!end) {
			r->fault = "a quote is not closed";
			return false;
		}
		*value = slice_bytes(text.p + 1, (size_t)(end - text.p) - 1);
		return true;
	}
	end = memchr(text.p, '#', text.n);
	*value =
	    trimmed(slice_bytes(text.p, end ? (size_t)(end - text.p) : text.n));
	return true;
}

static enum section section_of(struct slice line)
{
	if (slice_eq_str(line, "metadata"))
		return SECTION_METADATA;
	return slice_eq_str(line, "curve") ? SECTION_CURVE : SECTION_NONE;
}

static bool take_line(struct reader *r, struct slice line)
{
	bool indented = line.n > 0 && is_blank(line.p[0]);
	struct slice name, value;

	line = trimmed(line);
	if (line.n == 0 || line.p[0] == '#')
		return true;
	if (!indented)
		r->section = section_of(line);
	if (!slice_cut(&line, '=', &name))
		return true;
	return value_of(r, line, &value) &&
	       take_property(r, trimmed(name), value);
}

static bool take_lines(struct reader *r, struct slice text)
{
	struct slice line;

	while (slice_cut(&text, '\n', &line))
		if (!take_line(r, line))
			return false;
	return take_line(r, text);
}

static bool complete(struct reader *r)
{
	struct curve_pair *k = &r->c->keys, whole;

	if (!k->secret_key[0]) {
		if (!k->public_key[0])
			r->fault = "there is no key";
		return !r->fault;
	}
	if (!curve_pair_of_secret(&whole, slice_of(k->secret_key)))
		r->fault = "the secret key is no key";
	else if (k->public_key[0] && strcmp(k->public_key, whole.public_key))
		r->fault = "the two keys do not belong together";
	else
		*k = whole;
	curve_pair_wipe(&whole);
	return !r->fault;
}

enum err certificate_parse(struct certificate *c, struct slice text,
			   const char **fault)
{
	struct reader r = {.c = c};

	memset(c, 0, sizeof(*c));
	if (text.n > CERTIFICATE_BYTES_MAX)
		r.fault = "it is too large";
	else if (memchr(text.p ? text.p : "", '\0', text.n))
		r.fault = "there is a NUL byte in it";
	else if (take_lines(&r, text))
		complete(&r);
	if (!r.fault)
		return ERR_OK;
	*fault = r.fault;
	certificate_wipe(c);
	return ERR_MALFORMED;
}

/* Bytes read; -1 with errno. Never waits: a FIFO is no file. */
static ssize_t read_file(const char *path, char *to, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		if (S_ISREG(st.st_mode))
			n = read(fd, to, size);
	}
	close(fd);
	return n;
}

enum err certificate_read(struct certificate *c, const char *path,
			  const char **fault)
{
	char text[CERTIFICATE_BYTES_MAX + 1];
	ssize_t n = read_file(path, text, sizeof(text));
	enum err e;

	if (n < 0) {
		memset(c, 0, sizeof(*c));
		*fault = strerror(errno);
		return ERR_IO;
	}
	e = certificate_parse(c, slice_bytes(text, (size_t)n), fault);
	explicit_bzero(text, sizeof(text));
	return e;
}

void certificate_wipe(struct certificate *c)
{
	explicit_bzero(c, sizeof(*c));
}

enum err certificate_pair(struct curve_pair *pair, struct slice text,
			  const char **fault)
{
	struct certificate c;
	enum err e;

	*fault = "it has no secret key";
	if (curve_pair_of_secret(pair, trimmed(text)))
		return ERR_OK;
	e = certificate_parse(&c, text, fault);
	if (e == ERR_OK && !c.keys.secret_key[0])
		e = ERR_MALFORMED;
	if (e == ERR_OK)
		*pair = c.keys;
	certificate_wipe(&c);
	return e;
}
