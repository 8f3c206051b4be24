#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the status list of a JWT says of it (draft-ietf-oauth-status-list §8.3).
#
# usage: status-check.sh JWKS_FILE TOKEN
#
# JWKS_FILE holds the keys of the token's issuer and of the list's. Prints the status
# and exits with 0 when it is valid, 4 when it is another, 1 when nothing can be said.
# Needs curl, jose and jq.
set -u -o pipefail
NAMES=(VALID INVALID SUSPENDED APPLICATION_SPECIFIC)
LIST_MAX=16777216 # bytes, compressed
BYTES_MAX=134217728

unknown() {
	printf 'UNKNOWN: %s\n' "$1"
	exit 1
}

# part NUMBER FILE: the header (1) or the payload (2) of a JWT.
part() {
	cut -d. -f"$1" "$2" | tr -d '\n' | jose b64 dec -i- -O-
}

# verify FILE: prints the claims when the signature is by one of the keys and
# the time is right. (jose accepts no "none", and no MAC by a public key.)
verify() {
	jose jws ver -i "$1" -k "$jwks" -O- 2>/dev/null |
		jq -ce --argjson now "$(date +%s)" 'select((.exp // infinite) > $now
			and (.nbf // 0) <= $now + 10 and (.iat // 0) <= $now + 10)'
}

[ $# = 2 ] || { sed -n 's/^# \{0,1\}//; 3,9p' "$0" >&2; exit 2; }
jwks=$1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# The token first: for one that is not good, nothing is fetched.
printf '%s' "${2%%\~*}" >"$tmp/token"
claims=$(verify "$tmp/token") || unknown "the token is not good in itself"
uri=$(jq -er '.status.status_list.uri | strings' <<<"$claims") || unknown "the token has no status"
idx=$(jq -er '.status.status_list.idx | numbers | select(. >= 0 and . == floor)' <<<"$claims") ||
	unknown "idx is no number from 0 on"

case $uri in
*@*) unknown "$uri is not fetched" ;;
https://* | http://localhost:* | http://127.0.0.1:*) ;;
*) unknown "$uri is not fetched: it is not https" ;;
esac
curl -q -fsS -g -L --max-redirs 5 --proto =https,http --proto-redir =https --max-time 20 \
	--max-filesize "$LIST_MAX" -H "Accept: application/statuslist+jwt" -o "$tmp/list" \
	--url "$uri" || unknown "the list cannot be fetched"

[ "$(part 1 "$tmp/list" | jq -r .typ)" = statuslist+jwt ] || unknown "that is no status list"
claims=$(verify "$tmp/list") || unknown "the list is not good in itself"
jq -e --arg uri "$uri" '.sub == $uri and .iat != null' <<<"$claims" >/dev/null ||
	unknown "the list is of another URI, or has no iat"
bits=$(jq -er '.status_list.bits | select(. == (1, 2, 4, 8))' <<<"$claims") ||
	unknown "bits is not 1, 2, 4 or 8"

# The list is in ZLIB's container, of which gzip reads the inside: two bytes less
# in front, and gzip's own ten. What it misses is the checksum; the signature is one.
jq -r .status_list.lst <<<"$claims" | tr -d '\n' | jose b64 dec -i- -O "$tmp/zlib" ||
	unknown "lst is no base64url"
{
	printf '\037\213\010\0\0\0\0\0\0\0'
	tail -c +3 "$tmp/zlib"
} | gzip -dc 2>/dev/null | head -c "$BYTES_MAX" >"$tmp/bytes"

# The first entry is in the least significant bits of the first byte (§4.1).
at=$((idx * bits / 8))
[ "$at" -lt "$(wc -c <"$tmp/bytes")" ] || unknown "idx is beyond the end of the list"
byte=$(od -An -tu1 -j "$at" -N 1 "$tmp/bytes")
value=$((byte >> idx * bits % 8 & (1 << bits) - 1))
printf '%s\n' "${NAMES[value]:-$value}"
[ "$value" = 0 ] || exit 4
