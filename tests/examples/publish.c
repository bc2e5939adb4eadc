/*
 * publish - publish a batch to Postrider with libpostrider.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   cc publish.c $(pkg-config --cflags --libs postrider) -o publish
 *   ./publish [ENDPOINT [PROJECT]]
 */
#include <errno.h>
#include <postrider.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct postrider_options options = {
	    .endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:5570",
	};
	struct postrider *p = postrider_open(&options);
	struct postrider_builder *b = postrider_builder_new();
	struct postrider_result r;
	const char *body;
	size_t n;
	char id[64];

	if (!p) {
		fprintf(stderr, "%s: %s\n", options.endpoint, strerror(errno));
		return 1;
	}
	for (int i = 0; i < 3; i++) {
		struct postrider_event e = {
		    .project = argc > 2 ? argv[2] : "demo",
		    .event_name = "emailOpen",
		    .user_id = "u-1",
		    .data_fields_json = "{\"campaignId\": 42}",
		    .id = id, /* so that a re-send is taken once */
		};

		snprintf(id, sizeof(id), "c-%lld-%d", (long long)time(NULL), i);
		postrider_builder_add(b, &e);
	}
	body = postrider_builder_body(b, &n);
	postrider_publish(p, body, n, &r);
	for (size_t i = 0; i < r.n_ids; i++)
		printf("%s\n", r.ids[i]);
	if (r.status != POSTRIDER_OK)
		fprintf(stderr, "%s: %s\n", r.code, r.message);
	n = r.status == POSTRIDER_OK ? 0 : 1;
	postrider_result_fini(&r);
	postrider_builder_free(&b);
	postrider_close(&p);
	return (int)n;
}
