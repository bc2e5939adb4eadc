/*
 * keygen - makes a CURVE key and writes its two certificate files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * CZMQ makes and writes them, so the files are those that other programs of
 * ZeroMQ know; they are put in their place here, since CZMQ would replace what
 * is there.
 */
#include "keygen.h"

#include <ctype.h>
#include <czmq.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "curve/certificate.h"

#define NAME_MAX_CHARS 64
#define VALUE_MAX (CERTIFICATE_PROJECTS_SIZE - 1)
/* zconfig reads lines of so many bytes. */
#define LINE_MAX_BYTES 1000

static bool only(const char *s, const char *others)
{
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr(others, *s))
			return false;
	return true;
}

const char *keygen_name_fault(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > NAME_MAX_CHARS || !only(name, "-_.") ||
	    name[0] == '.')
		return "must have 1 to 64 letters, digits and -_.";
	if (n >= 7 && strcmp(name + n - 7, "_secret") == 0)
		return "must not end in _secret";
	return NULL;
}

const char *keygen_meta_fault(const struct keygen_meta *meta)
{
	if (meta->name[0] == '\0' || !only(meta->name, "-_."))
		return "metadata is KEY=VALUE, KEY of letters, digits and -_.";
	if (strlen(meta->name) + strlen(meta->value) > LINE_MAX_BYTES)
		return "metadata is too long";
	for (const char *p = meta->value; *p; p++)
		if (*p == '"' || (unsigned char)*p < ' ' || *p == 0x7f)
			return "metadata must not hold quotes or control "
			       "characters";
	return NULL;
}

static bool fail(char *error, size_t size, const char *what, const char *path)
{
	snprintf(error, size, "cannot %s %s: %s%s", what, path, strerror(errno),
		 errno == EEXIST ? "; --force replaces it" : "");
	return false;
}

/* An empty file beside the one that is to be, for its owner alone. */
static char *temporary(const struct keygen_options *o)
{
	char *path = xasprintf("%s/.%s.XXXXXX", o->directory, o->name);
	int fd = mkstemp(path);

	if (fd >= 0) {
		close(fd);
		return path;
	}
	free(path);
	return NULL;
}

static bool sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool put(const struct keygen_options *o, const char *from,
		const char *to)
{
	return (o->force ? rename(from, to) : link(from, to)) == 0;
}

/* The secret one first: without it the other is of no use. */
static bool put_both(const struct keygen_options *o, const struct keygen *k,
		     const char *public_temporary, const char *secret_temporary,
		     char *error, size_t size)
{
	if (!put(o, secret_temporary, k->secret_file))
		return fail(error, size, "make", k->secret_file);
	if (put(o, public_temporary, k->public_file))
		return true;
	fail(error, size, "make", k->public_file);
	if (!o->force)
		unlink(k->secret_file);
	return false;
}

static bool write_both(const struct keygen_options *o, zcert_t *cert,
		       const struct keygen *k, char *error, size_t size)
{
	char *public_temporary = temporary(o), *secret_temporary;
	bool ok;

	if (!public_temporary)
		return fail(error, size, "write to", o->directory);
	secret_temporary = temporary(o);
	ok = secret_temporary &&
	     zcert_save_public(cert, public_temporary) == 0 &&
	     zcert_save_secret(cert, secret_temporary) == 0 &&
	     chmod(public_temporary, 0644) == 0 &&
	     sync_file(public_temporary) && sync_file(secret_temporary);
	if (!ok)
		fail(error, size, "write to", o->directory);
	ok = ok &&
	     put_both(o, k, public_temporary, secret_temporary, error, size);
	/* After a rename they are gone. */
	unlink(public_temporary);
	if (secret_temporary)
		unlink(secret_temporary);
	free(public_temporary);
	free(secret_temporary);
	return ok;
}

static zcert_t *make_cert(const struct keygen_options *o)
{
	zcert_t *cert = zsys_has_curve() ? zcert_new() : NULL;

	if (!cert)
		return NULL;
	zcert_set_meta(cert, "name", "%s", o->name);
	for (size_t i = 0; i < o->n_meta; i++)
		zcert_set_meta(cert, o->meta[i].name, "%s", o->meta[i].value);
	return cert;
}

bool keygen_make(struct keygen *k, const struct keygen_options *o, char *error,
		 size_t error_size)
{
	zcert_t *cert = make_cert(o);
	bool ok;

	*k = (struct keygen){.public_key = ""};
	if (!cert) {
		snprintf(error, error_size,
			 "this libzmq was built without CURVE");
		return false;
	}
	k->public_file = xasprintf("%s/%s.key", o->directory, o->name);
	k->secret_file = xasprintf("%s/%s.key_secret", o->directory, o->name);
	(void)slice_cstr(k->public_key, sizeof(k->public_key),
			 slice_of(zcert_public_txt(cert)));
	ok = write_both(o, cert, k, error, error_size);
	/* CZMQ does not. */
	explicit_bzero((void *)(uintptr_t)zcert_secret_key(cert),
		       CURVE_KEY_BYTES);
	explicit_bzero((void *)(uintptr_t)zcert_secret_txt(cert),
		       CURVE_TEXT_CHARS);
	zcert_destroy(&cert);
	if (!ok)
		keygen_fini(k);
	return ok;
}

void keygen_fini(struct keygen *k)
{
	free(k->public_file);
	free(k->secret_file);
	*k = (struct keygen){.public_key = ""};
}
