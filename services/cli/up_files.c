/*
 * up_files - the data directory: its lock, its keys, its sockets.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "up_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"

#define KEY_BYTES 32
#define LONGEST_SOCKET "/router-senders.sock"
#define REDIS_END_S 60

static bool fail(char *error, size_t size, const char *what, const char *path)
{
	snprintf(error, size, "%s %s: %s", what, path, strerror(errno));
	return false;
}

static bool make_dir(const char *path, char *error, size_t error_size)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return true;
	if (errno != EEXIST)
		return fail(error, error_size, "cannot make", path);
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return fail(error, error_size, "cannot use", path);
	}
	return true;
}

static int open_lock(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	free(path);
	return fd;
}

static bool take_lock(struct up_files *f, char *error, size_t error_size)
{
	f->lock = open_lock(f->dir, "up.lock");
	if (f->lock < 0)
		return fail(error, error_size, "cannot lock", f->dir);
	if (flock(f->lock, LOCK_EX | LOCK_NB) == 0)
		return true;
	snprintf(error, error_size, "%s is in use by another `postrider up`",
		 f->dir);
	return false;
}

/* UNIX socket paths are short: a deep directory gets its sockets below /tmp. */
static bool make_run(struct up_files *f, char *error, size_t error_size)
{
	const size_t max = sizeof(((struct sockaddr_un *)0)->sun_path);
	char *path = xasprintf("%s/run", f->dir);

	if (strlen(path) + sizeof(LONGEST_SOCKET) <= max) {
		f->run = path;
		return make_dir(path, error, error_size);
	}
	free(path);
	f->run = xstrdup("/tmp/postrider-XXXXXX");
	if (!mkdtemp(f->run))
		return fail(error, error_size, "cannot make", f->run);
	f->run_is_temporary = true;
	return true;
}

bool up_files_open(struct up_files *f, const char *dir, char *error,
		   size_t error_size)
{
	*f = (struct up_files){.lock = -1, .redis_lock = -1};
	if (!make_dir(dir, error, error_size))
		return false;
	f->dir = realpath(dir, NULL);
	if (!f->dir)
		return fail(error, error_size, "cannot use", dir);
	if (take_lock(f, error, error_size) && make_run(f, error, error_size))
		return true;
	up_files_close(f);
	return false;
}

static void on_alarm(int sig)
{
	(void)sig; /* it only ends the wait */
}

bool up_files_lock_redis(struct up_files *f, char *error, size_t error_size)
{
	const struct sigaction end_wait = {.sa_handler = on_alarm};
	struct sigaction before;
	int rc;

	f->redis_lock = open_lock(f->dir, "redis.lock");
	if (f->redis_lock < 0)
		return fail(error, error_size, "cannot lock", f->dir);
	/* After a kill -9 the old Redis still writes its file to the end. */
	sigaction(SIGALRM, &end_wait, &before);
	alarm(REDIS_END_S);
	rc = flock(f->redis_lock, LOCK_EX);
	alarm(0);
	sigaction(SIGALRM, &before, NULL);
	if (rc == 0)
		return true;
	snprintf(error, error_size,
		 "a redis-server of an earlier start still "
		 "runs in %s",
		 f->dir);
	return false;
}

static bool write_key(const char *path, char *error, size_t error_size)
{
	unsigned char key[KEY_BYTES];
	char *temporary = xasprintf("%s.new", path);
	struct buf text;
	bool ok;
	int fd;

	rng_bytes(key, sizeof(key));
	buf_init(&text, 2 * KEY_BYTES + 1);
	hex_encode(&text, slice_bytes(key, sizeof(key)));
	buf_append_char(&text, '\n');
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n &&
	     fsync(fd) == 0;
	/* The key is there whole or not at all. */
	ok = ok && rename(temporary, path) == 0;
	if (!ok)
		fail(error, error_size, "cannot write", path);
	if (fd >= 0)
		close(fd);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text.p, text.n);
	buf_fini(&text);
	free(temporary);
	return ok;
}

char *up_files_key(struct up_files *f, const char *name, char *error,
		   size_t error_size)
{
	char *path = xasprintf("%s/%s", f->dir, name);

	if (access(path, R_OK) == 0)
		return path;
	if (errno == ENOENT && write_key(path, error, error_size))
		return path;
	if (errno != ENOENT)
		fail(error, error_size, "cannot read", path);
	free(path);
	return NULL;
}

static void remove_socket(const struct up_files *f, const char *name)
{
	char *path = xasprintf("%s/%s", f->run, name);

	unlink(path);
	free(path);
}

void up_files_close(struct up_files *f)
{
	if (f->run_is_temporary) {
		remove_socket(f, "redis.sock");
		remove_socket(f, "router-senders.sock");
		remove_socket(f, "router-ingest.sock");
		rmdir(f->run);
	}
	if (f->redis_lock >= 0)
		close(f->redis_lock);
	if (f->lock >= 0)
		close(f->lock);
	free(f->dir);
	free(f->run);
	*f = (struct up_files){.lock = -1, .redis_lock = -1};
}
