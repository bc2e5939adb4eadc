/*
 * draft_env - what drafts need to know, from the console of a call.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "draft_env.h"

#include "base/clock.h"
#include "console.h"
#include "store/credential.h"

static bool has_credential(const void *arg, const char *project, const char *id)
{
	const struct console *c = arg;
	const struct credential *credential = NULL;
	struct ulid ulid;

	if (ulid_parse(slice_of(id), "cred", &ulid) == ERR_OK)
		credential = config_credential(c->config, &ulid);
	return credential && !strcmp(credential->project, project);
}

struct draft_env draft_env_of(const struct call *call, const char *project)
{
	const struct console *c = call->console;

	return (struct draft_env){
	    .rules = &c->rules,
	    .master_key = c->master_key,
	    .project = project,
	    .now_ms = wall_ms(),
	    .has_credential = has_credential,
	    .arg = c,
	};
}
