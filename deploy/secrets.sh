#!/usr/bin/env bash
# secrets.sh - makes the secrets of docker-compose.yml, in deploy/secrets/.
# SPDX-License-Identifier: Apache-2.0
#
# Once; what is there stays. Keep a copy of master.key: without it, the secrets of webhooks
# that Redis holds cannot be read.
set -euo pipefail
cd "$(dirname "$0")"

# The folder keeps others of this host out. The files in it can be read by anybody, because
# in the container the program is another user than the one who made them.
umask 077
mkdir -p secrets
chmod 700 secrets

make() {
    local file=secrets/$1 bytes=$2
    # What docker makes of a secret that is not there yet.
    [ ! -d "$file" ] || rmdir "$file"
    [ ! -s "$file" ] || return 0
    od -An -v -tx1 -N "$bytes" /dev/urandom | tr -d ' \n' >"$file.new"
    chmod 444 "$file.new"
    mv "$file.new" "$file"
    printf 'made deploy/%s\n' "$file"
}

make master.key 32
make admin.key 24
make grafana.password 12
