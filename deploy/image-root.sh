#!/usr/bin/env bash
# image-root.sh - gathers programs, and what they need to run, in a folder: the root of
# the image. Used by the Dockerfile.
# SPDX-License-Identifier: Apache-2.0
#
#   deploy/image-root.sh ROOT PROGRAM...
#
# The libraries are those that the programs were linked with on this Debian, whatever
# its packages are called. Nothing else of the system comes along: no shell, no package
# manager. What scanners and licences ask for does: the packages' records and copyrights.
set -euo pipefail

[ $# -ge 2 ] || {
    printf 'usage: deploy/image-root.sh ROOT PROGRAM...\n' >&2
    exit 2
}
root=$1
shift
user=10001

fail() {
    printf 'image-root: %s\n' "$*" >&2
    exit 1
}

# take FILE: puts it, not what points to it, at the same place below the root.
take() {
    local real
    real=$(realpath "$(dirname "$1")")/$(basename "$1")
    install -D -m "$(stat -L -c %a "$1")" "$1" "$root$real"
    note_package "$real"
}

# The package that owns a file, if one does. Debian knows some files below /usr, some without.
note_package() {
    local path package
    for path in "$1" "${1#/usr}" "/usr$1"; do
        package=$(dpkg-query -S "$path" 2>/dev/null | head -n 1) || continue
        packages[${package%%:*}]=1
        return
    done
}

libraries_of() {
    local out
    out=$(ldd "$@") || fail "ldd: $out"
    ! grep -q 'not found' <<<"$out" || fail "$(grep 'not found' <<<"$out")"
    sed -nE 's/^[[:space:]]+([^ ]+ => )?(\/[^ ]+) \(0x.*/\2/p' <<<"$out" | sort -u
}

write_records() {
    local package
    for package in "${!packages[@]}"; do
        dpkg-query -s "$package" | install -D -m 644 /dev/stdin "$root/var/lib/dpkg/status.d/$package"
        [ ! -e "/usr/share/doc/$package/copyright" ] ||
            install -D -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
    done
}

declare -A packages=()
mkdir -p "$root/usr/lib" "$root/usr/local/bin" "$root/etc"
# Where /lib is a link to /usr/lib here, it is one there.
for link in /lib /lib64; do
    [ ! -L "$link" ] || ln -sfn "$(readlink "$link")" "$root$link"
done
install -m 755 "$@" "$root/usr/local/bin/"
for program in "$@"; do
    note_package "$(realpath "$program")"
done
mapfile -t libraries < <(libraries_of "$@")
[ ${#libraries[@]} -gt 0 ] || fail "ldd names no library"
for library in "${libraries[@]}"; do
    take "$library"
done

# Roots for TLS, what OpenSSL is told, and time zones for templates.
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
packages[ca-certificates]=1
take /etc/ssl/openssl.cnf
mkdir -p "$root/usr/lib/ssl" "$root/usr/share"
ln -sfn /etc/ssl/openssl.cnf "$root/usr/lib/ssl/openssl.cnf"
ln -sfn /etc/ssl/certs "$root/usr/lib/ssl/certs"
cp -a /usr/share/zoneinfo "$root/usr/share/"
# The same zones twice more, with other ideas of time.
rm -rf "$root/usr/share/zoneinfo/posix" "$root/usr/share/zoneinfo/right"
packages[tzdata]=1

printf 'postrider:x:%d:%d:Postrider:/:/nonexistent\n' $user $user >"$root/etc/passwd"
printf 'postrider:x:%d:\n' $user >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
write_records
