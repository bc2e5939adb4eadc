/*
 * replay - runs a fuzz target over a directory of inputs, without libFuzzer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"

#define INPUT_BYTES_MAX (16 * 1024 * 1024)

static bool replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	size_t n;

	if (!file) {
		perror(path);
		return false;
	}
	data = xmalloc(INPUT_BYTES_MAX);
	n = fread(data, 1, INPUT_BYTES_MAX, file);
	fclose(file);
	/* To its exact size, so that ASan sees an overrun by one. */
	data = xrealloc(data, n ? n : 1);
	(void)LLVMFuzzerTestOneInput(data, n);
	free(data);
	return true;
}

static bool replay_directory(const char *path, size_t *count)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool ok = true;

	if (!dir) {
		perror(path);
		return false;
	}
	while ((entry = readdir(dir))) {
		char *name;

		if (entry->d_name[0] == '.')
			continue;
		name = xasprintf("%s/%s", path, entry->d_name);
		ok = replay_file(name) && ok;
		free(name);
		++*count;
	}
	closedir(dir);
	return ok;
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++) {
		if (!replay_directory(argv[i], &count))
			return 1;
	}
	printf("%zu inputs\n", count);
	return count > 0 ? 0 : 1;
}
