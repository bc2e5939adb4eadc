/*
 * up_sync - the append-only file of the embedded Redis, on disk once a second.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owns its timer and the work it gives to the loop's threads.
 */
#include "up_sync.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define SYNC_MS 1000

struct up_sync {
	uv_timer_t timer;
	uv_work_t work;
	char *dir;  /* owned: where Redis 7 keeps the parts of its file */
	int error;  /* errno of the last sync, for the loop's thread to tell */
	bool busy;  /* a sync is under way */
	bool ended; /* free it when it has ended */
};

static int sync_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	int error = 0;

	/* A rewrite may have removed it meanwhile, and synced its successor. */
	if (fd < 0)
		return errno == ENOENT ? 0 : errno;
	if (fdatasync(fd) != 0)
		error = errno;
	close(fd);
	return error;
}

static bool is_incremental(const char *name)
{
	static const char end[] = ".incr.aof";
	size_t n = strlen(name), n_end = sizeof(end) - 1;

	return n > n_end && strcmp(name + n - n_end, end) == 0;
}

/* In a thread of the pool: touches nothing but its own fields. */
static void sync_all(uv_work_t *work)
{
	struct up_sync *s = work->data;
	DIR *dir = opendir(s->dir);
	const struct dirent *entry;

	s->error = 0;
	if (!dir)
		return; /* Redis has not made it yet */
	while ((entry = readdir(dir)) != NULL) {
		int error = is_incremental(entry->d_name)
				? sync_file(dirfd(dir), entry->d_name)
				: 0;

		s->error = error ? error : s->error;
	}
	closedir(dir);
}

static void on_closed(uv_handle_t *handle)
{
	struct up_sync *s = handle->data;

	free(s->dir);
	free(s);
}

static void on_synced(uv_work_t *work, int status)
{
	struct up_sync *s = work->data;

	s->busy = false;
	if (status == 0 && s->error)
		log_error("sync_failed", "dir=\"%s\" error=\"%s\"", s->dir,
			  strerror(s->error));
	if (s->ended)
		uv_close((uv_handle_t *)&s->timer, on_closed);
}

static void on_timer(uv_timer_t *timer)
{
	struct up_sync *s = timer->data;

	/* A slow disk: the next one covers both. */
	if (s->busy)
		return;
	s->busy =
	    uv_queue_work(timer->loop, &s->work, sync_all, on_synced) == 0;
}

struct up_sync *up_sync_start(uv_loop_t *loop, const char *dir)
{
	struct up_sync *s = xcalloc(1, sizeof(*s));

	/* One thread is enough, and four would each cost memory. */
	setenv("UV_THREADPOOL_SIZE", "1", 0);
	s->dir = xasprintf("%s/appendonlydir", dir);
	s->work.data = s;
	uv_timer_init(loop, &s->timer);
	s->timer.data = s;
	must(uv_timer_start(&s->timer, on_timer, SYNC_MS, SYNC_MS) == 0);
	return s;
}

void up_sync_stop(struct up_sync **sync)
{
	struct up_sync *s = *sync;

	if (!s)
		return;
	*sync = NULL;
	s->ended = true;
	uv_timer_stop(&s->timer);
	if (!s->busy)
		uv_close((uv_handle_t *)&s->timer, on_closed);
}
