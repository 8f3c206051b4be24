#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The first command of the README, in a fresh copy of the checkout, without a
# terminal: it builds, shows a token that is verified and revoked, and leaves
# nothing behind.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"

command -v git >/dev/null || missing_all "git is there" "git"
git -C "$TALLY_SRCDIR" rev-parse --git-dir >/dev/null 2>&1 ||
	skip_all "this is no checkout of the repository"
copy=$TEST_TMP/copy
# What is not committed yet belongs to it. Roots of databases take a while to
# make, so that the cache is shared.
git clone -q --no-hardlinks "$TALLY_SRCDIR" "$copy" || bail "a copy of the checkout"
(cd "$TALLY_SRCDIR" && git ls-files -z --cached --others --exclude-standard |
	while IFS= read -r -d '' file; do
		[ ! -e "$file" ] || printf '%s\0' "$file"
	done | tar --null -cf - -T -) | tar -xf - -C "$copy"
export TALLYSTICK_CACHE=${TALLYSTICK_CACHE:-$TALLY_SRCDIR/.cache}
unset TALLYSTICK_STACK
at_exit "$copy/examples/stack" down --dir "$copy/.stack"

quickstart() {
	(cd "$TEST_TMP" && "$copy/examples/quickstart" "$@" </dev/null >"$TEST_TMP/out" 2>&1)
}

# shellcheck disable=SC2317 # called by ok and not_ok
said() {
	grep -Eq -e "$1" "$TEST_TMP/out"
}

processes() {
	grep -lzF -e "TALLYSTICK_PART=$1" /proc/[0-9]*/environ 2>/dev/null
}

before=$(git -C "$copy" status --porcelain)
quickstart --once
is "quickstart --once succeeds" "$?" 0 || diag "$(tail -n 40 "$TEST_TMP/out")"
for step in packages build stack token verified status revoked reference; do
	ok "it tells of the step \"$step\"" said "^  $step +.* s\$"
done
ok "it shows the token's claims" said '"client_id": "demo"'
ok "verified by a tool that is not ours" said '^  verified +ES256.*jose'
ok "the token names an entry of a list" said '"uri": "http.*/status-lists/tokens-[0-9a-f]{12}"'
ok "which says that it is valid" said '^  status +VALID, by entry [0-9]+ of a list of 1000000 '
ok "and then that it is not" said '^  revoked +INVALID in the list, [0-9.]+ s later '
ok "as it is with the credential of others" said '^  reference .*: VALID, updated, INVALID '
not_ok "no FAILED" said FAILED
not_ok "no colours or cursor movements without a terminal" said $'\033|\r'
is "--once leaves no process" "$(processes "$TALLYSTICK_CACHE/quickstart.")" ""
is "and no stack" "$(ls -d "$copy/.stack" 2>/dev/null)" ""
is "nothing in the checkout but what git ignores" "$(git -C "$copy" status --porcelain)" "$before"

quickstart
is "a second one succeeds, and stays" "$?" 0 || diag "$(tail -n 40 "$TEST_TMP/out")"
ok "it is still running" "$copy/examples/stack" status --dir "$copy/.stack"
ok "what it says to try next is there" said 'examples/stack env'
# The words that it shows are the ones to type.
grep -o 'examples/stack [a-z]*' "$TEST_TMP/out" | sort -u >"$TEST_TMP/try"
for verb in env status logs; do
	ok "examples/stack $verb works" sh -c "cd '$copy' && examples/stack $verb"
done
command=$(grep -A 1 'curl .*X-Api-Key' "$TEST_TMP/out" | sed -z 's/\\\n//')
like "the command for references gives some" \
	"$(cd "$copy" && eval "$(examples/stack env)" && eval "$command" 2>/dev/null)" \
	'^\{"references":\[\{"uri":"http.*"index":[0-9]+\}\]\}$'
quickstart
is "a third one, over the running stack, succeeds" "$?" 0
ok "examples/stack down works" sh -c "cd '$copy' && examples/stack down"
is "no process is left" "$(processes "$copy/.stack")" ""

# A failure says which step, and why.
quickstart --once --set server.nonsense=1
is "a wrong setting fails it" "$?" 1
ok "it says at which step" said '^  stack +FAILED'
ok "it says why" said 'server\.nonsense'
is "and leaves no process" "$(processes "$TALLYSTICK_CACHE/quickstart.")" ""
done_testing
