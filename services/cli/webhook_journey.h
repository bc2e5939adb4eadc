/*
 * webhook_journey - the flags of a webhook that journeys call.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef CLI_WEBHOOK_JOURNEY_H
#define CLI_WEBHOOK_JOURNEY_H

#include <jansson.h>
#include <stdbool.h>

#include "args.h"

struct journey_flags {
	const char *method, *body_file, *escape, *missing, *data_retrieval;
	struct args_list hosts, profile_fields, captures, data_fields;
};

#define JOURNEY_FLAGS(f)                                                      \
	FLAGS_STR("method", "METHOD", &(f)->method,                           \
		  "POST, GET, PUT, PATCH or DELETE"),                         \
	    FLAGS_STR("body-file", "FILE|-", &(f)->body_file,                 \
		      "the template of its requests' body"),                  \
	    FLAGS_STR("escape", "auto|json|html|none", &(f)->escape,          \
		      "how values are escaped in the body"),                  \
	    FLAGS_STR("missing", "empty|fail", &(f)->missing,                 \
		      "what a field does that a call has not"),               \
	    FLAGS_LIST("host", "NAME", &(f)->hosts,                           \
		       "where a template in the URL's host may lead"),        \
	    FLAGS_LIST("profile-field", "NAME", &(f)->profile_fields,         \
		       "of the profile, for the body without a template"),    \
	    FLAGS_LIST("capture", "NAME=JSONPATH", &(f)->captures,            \
		       "a field of the profile to keep from answers"),        \
	    FLAGS_STR("data-retrieval", "NAME", &(f)->data_retrieval,         \
		      "keep answers for the journey as liveData.NAME"),       \
	    FLAGS_LIST("data-field", "NAME=TYPE:JSONPATH", &(f)->data_fields, \
		       "keep only this of them; again for more")

/* Into the webhook's JSON. False after an error line. */
bool set_journey(json_t *root, const struct journey_flags *f);

#endif
