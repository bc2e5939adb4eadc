/*
 * keyring - the certificates of a directory: who is let in, and who they are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the directories look like is kept as one number, made of each file's
 * name, place, size and times: as long as it stays, nothing is read.
 */
#include "curve/keyring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"

struct keyring {
	struct keyring_options o;
	struct table *members; /* by public key; owned, like what it holds */
	uint64_t look;	       /* the number of the directories' looks */
	bool unreadable;       /* and that has been said */
	uint64_t removals;
};

/* A file of a directory, and what can be seen of it from outside. */
typedef void file_fn(void *arg, const char *directory, const char *name,
		     const struct stat *st);

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

static bool is_left_out(const char *name)
{
	return name[0] == '.' || ends_in(name, "_secret") || ends_in(name, "~");
}

/* False with errno when the directory cannot be read. */
static bool each_file(const char *directory, file_fn *fn, void *arg)
{
	DIR *d = opendir(directory);
	const struct dirent *entry;
	size_t n = 0;
	struct stat st;

	if (!d)
		return false;
	while (n < KEYRING_FILES_MAX && (entry = readdir(d))) {
		if (is_left_out(entry->d_name) ||
		    fstatat(dirfd(d), entry->d_name, &st, 0) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		n++;
		fn(arg, directory, entry->d_name, &st);
	}
	closedir(d);
	if (n == KEYRING_FILES_MAX)
		log_warn("curve_directory", "reason=full files=%d",
			 KEYRING_FILES_MAX);
	return true;
}

/* --- what they look like ----------------------------------------------- */

/* Added up, since the order of a directory's files says nothing. */
static void add_look(void *arg, const char *directory, const char *name,
		     const struct stat *st)
{
	uint64_t *look = arg;
	const uint64_t parts[] = {
	    (uint64_t)st->st_dev,	   (uint64_t)st->st_ino,
	    (uint64_t)st->st_size,	   (uint64_t)st->st_mtim.tv_sec,
	    (uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_ctim.tv_sec,
	    (uint64_t)st->st_ctim.tv_nsec, hash_stable(slice_of(name)),
	};

	(void)directory;
	*look += hash_stable(slice_bytes(parts, sizeof(parts)));
}

/* NULL, or the directory that cannot be read, with errno. */
static const char *look_at_all(const struct keyring *k, uint64_t *look)
{
	*look = 0;
	for (size_t i = 0; i < KEYRING_DIRECTORIES_MAX; i++) {
		const char *directory = k->o.directories[i];

		if (directory && !each_file(directory, add_look, look))
			return directory;
	}
	return NULL;
}

/* --- reading ------------------------------------------------------------ */

static void member_free(struct keyring_member *m)
{
	if (!m)
		return;
	free(m->name);
	free(m->projects);
	free(m);
}

static void members_free(struct table **members)
{
	size_t pos = 0;
	void *m;

	if (!*members)
		return;
	while (table_next(*members, &pos, NULL, &m))
		member_free(m);
	table_free(members);
}

static bool role_fits(const struct keyring *k, const char *role)
{
	if (!role[0])
		return true;
	for (size_t i = 0; i < 2 && k->o.roles[i]; i++)
		if (strcmp(role, k->o.roles[i]) == 0)
			return true;
	return false;
}

static const char *unfit(const struct keyring *k, const struct certificate *c)
{
	if (!role_fits(k, c->role))
		return "its role is another one";
	if (k->o.projects_needed && c->projects[strspn(c->projects, ", ")] == 0)
		return "it names no project";
	return NULL;
}

static void put_member(struct keyring *k, const struct certificate *c,
		       const char *file)
{
	struct keyring_member *m = xcalloc(1, sizeof(*m));
	struct slice key = slice_of(c->keys.public_key);

	memcpy(m->public_key, c->keys.public_key, sizeof(m->public_key));
	m->name = xstrdup(c->name[0] ? c->name : file);
	m->projects = xstrdup(c->projects);
	/* The same key in two files: whichever is read last. */
	member_free(table_delete(k->members, key));
	if (table_put(k->members, key, m) != ERR_OK)
		member_free(m);
}

static void read_member(void *arg, const char *directory, const char *name,
			const struct stat *st)
{
	struct keyring *k = arg;
	char *path = xasprintf("%s/%s", directory, name), quoted[300];
	struct certificate c;
	const char *fault = NULL;

	(void)st;
	if (certificate_read(&c, path, &fault) == ERR_OK)
		fault = unfit(k, &c);
	if (fault)
		log_warn("curve_certificate", "file=%s reason=\"%s\"",
			 log_quote(quoted, sizeof(quoted), slice_of(path)),
			 fault);
	else
		put_member(k, &c, name);
	certificate_wipe(&c);
	free(path);
}

static bool has_lost(const struct keyring *k, const struct table *before)
{
	struct slice key;
	size_t pos = 0;
	void *m;

	while (before && table_next(before, &pos, &key, &m))
		if (!table_find(k->members, key))
			return true;
	return false;
}

static void read_all(struct keyring *k)
{
	struct table *before = k->members;

	k->members = table_new(KEYRING_FILES_MAX * KEYRING_DIRECTORIES_MAX);
	for (size_t i = 0; i < KEYRING_DIRECTORIES_MAX; i++)
		if (k->o.directories[i])
			each_file(k->o.directories[i], read_member, k);
	k->removals += has_lost(k, before);
	members_free(&before);
}

struct keyring *keyring_open(const struct keyring_options *options, char *error,
			     size_t error_size)
{
	struct keyring *k = xcalloc(1, sizeof(*k));
	const char *bad;

	k->o = *options;
	bad = look_at_all(k, &k->look);
	if (bad) {
		snprintf(error, error_size, "cannot read the directory %s: %s",
			 bad, strerror(errno));
		keyring_close(&k);
		return NULL;
	}
	read_all(k);
	return k;
}

void keyring_close(struct keyring **k)
{
	if (!*k)
		return;
	members_free(&(*k)->members);
	free(*k);
	*k = NULL;
}

void keyring_refresh(struct keyring *k)
{
	uint64_t look;
	const char *bad = look_at_all(k, &look);
	char quoted[300];

	if (bad) {
		if (!k->unreadable)
			log_error(
			    "curve_directory",
			    "directory=%s reason=\"%s\" kept=%zu",
			    log_quote(quoted, sizeof(quoted), slice_of(bad)),
			    strerror(errno), keyring_count(k));
		k->unreadable = true;
		return;
	}
	k->unreadable = false;
	if (look == k->look)
		return;
	k->look = look;
	read_all(k);
	log_info(
	    "curve_keys", "directory=%s keys=%zu",
	    log_quote(quoted, sizeof(quoted), slice_of(k->o.directories[0])),
	    keyring_count(k));
}

const struct keyring_member *keyring_find(const struct keyring *k,
					  struct slice public_key)
{
	return table_find(k->members, public_key);
}

size_t keyring_count(const struct keyring *k)
{
	return table_count(k->members);
}

uint64_t keyring_removals(const struct keyring *k)
{
	return k->removals;
}

bool keyring_may(const struct keyring_member *m, struct slice project)
{
	for (const char *at = m->projects; *at;) {
		size_t n = strcspn(at, ", ");
		struct slice one = slice_bytes(at, n);

		if (slice_eq_str(one, "*") || (n > 0 && slice_eq(one, project)))
			return true;
		at += n + (at[n] != '\0');
	}
	return false;
}
