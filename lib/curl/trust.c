/*
 * trust - root certificates, joined in a file that exists in memory only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * libcurl takes one file of roots, and keeps them parsed only when they come
 * from a file; so the two are joined, and named through /proc.
 */
#include "curl/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "curl/transport.h"

#define CA_BYTES_MAX (16 * 1024 * 1024)

struct trust {
	int fd; /* owned: the joined file */
	char path[64];
};

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static bool append_file(int to, const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	size_t total = 0;
	bool ok = from >= 0;
	char block[16384];
	ssize_t n = 1;

	while (ok && n > 0) {
		n = read(from, block, sizeof(block));
		if (n > 0)
			ok = (total += (size_t)n) <= CA_BYTES_MAX &&
			     write_all(to, block, (size_t)n);
		else
			ok = n == 0;
	}
	if (from >= 0)
		(void)close(from);
	return ok && write_all(to, "\n", 1);
}

static bool has_certificate(const char *path)
{
	FILE *f = fopen(path, "re");
	X509 *cert;

	if (!f)
		return false;
	cert = PEM_read_X509(f, NULL, NULL, NULL);
	(void)fclose(f);
	X509_free(cert);
	return cert != NULL;
}

struct trust *trust_open(const char *setting, const char *file, char *error,
			 size_t error_size)
{
	const char *own = transport_default_ca_file();
	struct trust *t = xcalloc(1, sizeof(*t));

	t->fd = memfd_create("postrider-roots", MFD_CLOEXEC);
	if (!has_certificate(file)) {
		(void)snprintf(error, error_size,
			       "%s: no PEM certificate in '%s'", setting, file);
		goto out;
	}
	if (t->fd < 0 || !append_file(t->fd, file) ||
	    (own && !append_file(t->fd, own))) {
		(void)snprintf(error, error_size,
			       "%s: '%s' cannot be joined with the system's "
			       "roots",
			       setting, file);
		goto out;
	}
	(void)snprintf(t->path, sizeof(t->path), "/proc/self/fd/%d", t->fd);
	return t;
out:
	trust_close(&t);
	return NULL;
}

void trust_close(struct trust **tp)
{
	struct trust *t = *tp;

	if (!t)
		return;
	if (t->fd >= 0)
		(void)close(t->fd);
	free(t);
	*tp = NULL;
}

const char *trust_path(const struct trust *t)
{
	return t->path;
}
