/*
 * config_kind - one line for each kind of configuration.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/config_kind.h"

#include "store/keys.h"

const struct config_kind_facts config_kinds[CONFIG_KINDS] = {
    [CONFIG_PROJECT] = {"project", KEY_CFG_PROJECT, NULL, false,
			CONFIG_PROJECTS_MAX},
    [CONFIG_WEBHOOK] = {"webhook", KEY_CFG_WEBHOOK, "wh", true,
			CONFIG_WEBHOOKS_MAX},
    [CONFIG_KEY] = {"key", KEY_CFG_KEY, "key", false, CONFIG_KEYS_MAX},
    [CONFIG_CREDENTIAL] = {"credential", KEY_CFG_CREDENTIAL, "cred", true,
			   CONFIG_CREDENTIALS_MAX},
};
