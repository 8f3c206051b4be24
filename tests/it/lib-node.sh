# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# npm packages that are not ours, such as jose. Sourced after lib-stack.sh.

# A folder in the cache, made once per version of the lock file; afterwards
# nothing is fetched.
NODE_FOLDER=$TALLYSTICK_CACHE/npm/$(cksum <"$HERE/node/package-lock.json" | tr ' ' -)

node_make() {
	local tmp
	mkdir -p "$TALLYSTICK_CACHE/npm"
	tmp=$(mktemp -d "$TALLYSTICK_CACHE/npm/making.XXXXXX") || return 1
	cp "$HERE/node/package.json" "$HERE/node/package-lock.json" "$tmp"
	if (cd "$tmp" && npm ci --no-audit --no-fund --ignore-scripts --omit=optional); then
		# Several at once: the first makes it, and the others' are as good.
		mv -T "$tmp" "$NODE_FOLDER" 2>/dev/null || rm -rf "$tmp"
	fi
	[ -d "$NODE_FOLDER" ] || { rm -rf "$tmp"; return 1; }
}

# node_find SCRIPT: sets NODE, the command that runs it in $TEST_TMP; or why that cannot be:
# TOO_OLD, or WHY, when something is missing that was to be there.
node_find() {
	local script=$1 major
	NODE=()
	command -v node >/dev/null || { WHY="node is not installed"; return; }
	major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
	[ "$major" -ge 18 ] || { TOO_OLD="node $major has no WebCrypto and fetch; 18 is needed"; return; }
	if [ ! -d "$NODE_FOLDER" ]; then
		command -v npm >/dev/null || { WHY="npm is not installed"; return; }
		node_make >"$TEST_TMP/npm.log" 2>&1 || {
			diag "$(tail -n 20 "$TEST_TMP/npm.log")"
			WHY="the npm packages could not be fetched"
			return
		}
	fi
	cp "$HERE"/node/*.js "$HERE/node/package.json" "$TEST_TMP"
	ln -s "$NODE_FOLDER/node_modules" "$TEST_TMP/node_modules"
	NODE=(node)
	[ "$major" != 18 ] || NODE+=(--experimental-global-webcrypto)
	NODE+=("$TEST_TMP/$script")
}

# node_check NAME WHAT [ARGUMENT...]: runs the script; a test for each of its lines, WHAT: RESULT.
node_check() {
	local name=$1 what=$2 check result
	shift 2
	if [ -n "${TOO_OLD:-}" ]; then
		skip "$name: $what" "$TOO_OLD"
	elif [ -n "${WHY:-}" ]; then
		missing "$name: $what" "$WHY"
	else
		"${NODE[@]}" "$@" >"$TEST_TMP/node.out" 2>"$TEST_TMP/node.err"
		is "$name: the script runs to its end" "$?" 0 ||
			diag "$(tail -n 20 "$TEST_TMP/node.err")"
		while IFS=$'\t' read -r check result; do
			is "$name: $check" "$result" ok
		done <"$TEST_TMP/node.out"
	fi
}
