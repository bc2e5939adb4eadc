/*
 * credential_state - what the tokens processes know of a credential.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "credential_state.h"

#include "call.h"

static json_t *time_or_null(uint64_t ms)
{
	return ms ? json_time(ms) : json_null();
}

static json_t *error_view(const struct msg_grant *g)
{
	json_t *v;

	if (g->error.n == 0)
		return json_null();
	v = json_object();
	json_object_set_new(v, "code", json_text(g->error));
	json_object_set_new(v, "status",
			    g->status ? json_integer((json_int_t)g->status)
				      : json_null());
	json_object_set_new(v, "detail", json_text(g->detail));
	json_object_set_new(v, "at", time_or_null(g->failed_ms));
	json_object_set_new(v, "retryAt", time_or_null(g->retry_ms));
	return v;
}

/* A token that is still good counts, whatever the next one meets. */
static const char *state_of(const struct msg_grant *g, uint64_t now_ms)
{
	if (g->sealed.n > 0 && g->expires_ms > now_ms)
		return "valid";
	if (g->error.n > 0)
		return "failing";
	return g->sealed.n > 0 ? "expired" : "none";
}

void credential_state(json_t *view, const struct msg_grant *grant,
		      uint64_t now_ms)
{
	static const struct msg_grant none;
	json_int_t version =
	    json_integer_value(json_object_get(view, "version"));
	const struct msg_grant *g =
	    grant && grant->version >= (uint64_t)version ? grant : &none;
	bool token = g->sealed.n > 0;

	json_object_set_new(view, "state", json_string(state_of(g, now_ms)));
	json_object_set_new(view, "expiresAt",
			    time_or_null(token ? g->expires_ms : 0));
	json_object_set_new(view, "renewAt",
			    time_or_null(token ? g->renew_ms : 0));
	json_object_set_new(view, "lastFetchAt", time_or_null(g->fetched_ms));
	json_object_set_new(view, "lastError", error_view(g));
}
