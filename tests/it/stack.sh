#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# examples/stack: several at once, after any crash, and nothing left behind.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"

program=${TALLY_BUILDDIR:?}/tallystick
one=$TEST_TMP/one
two=$TEST_TMP/two
parts="web pool redis database"

stack() {
	local verb=$1 dir=$2
	shift 2
	"$TALLY_SRCDIR/examples/stack" "$verb" --dir "$dir" "$@"
}

# shellcheck disable=SC2317 # called by ok and not_ok
up() {
	local dir=$1
	shift
	stack up "$dir" --program "$program" "$@"
}

# of DIR NAME: a variable of "env".
of() {
	(eval "$(stack env "$1")" && printf '%s' "${!2:-}")
}

# answers DIR: the status of a token request with the demo client.
answers() {
	(
		eval "$(stack env "$1")"
		printf 'user = "%s:%s"\n' "$DEMO_CLIENT_ID" "$DEMO_CLIENT_SECRET" |
			curl -sS --noproxy '*' --max-time 10 --config - -o /dev/null \
				-w '%{http_code}' -d grant_type=client_credentials \
				"$TALLYSTICK_URL/oauth2/token"
	)
}

# refers DIR [POOL]: the status of a request for a reference.
refers() {
	(
		eval "$(stack env "$1")"
		printf 'header = "X-Api-Key: %s"\n' "$TALLYSTICK_STATUS_API_KEY" |
			curl -sS --noproxy '*' --max-time 10 --config - -o /dev/null \
				-w '%{http_code}' -d '' \
				"$TALLYSTICK_URL/pools/${2:-$TALLYSTICK_STATUS_POOL}/new-references"
	)
}

# Whatever a stack of ours started, children included.
processes() {
	grep -lzF -e "TALLYSTICK_PART=$1:" /proc/[0-9]*/environ 2>/dev/null
}

at_exit stack down "$one"
at_exit stack down "$two"

# ---- two at once ----------------------------------------------------------

ok "a stack comes up" up "$one" --set log.level=info --set clients.cache=3s \
	--set pool.tests.bits=2 --set pool.more.size=800
ok "and another beside it" up "$two" --server apache
url=$(of "$one" TALLYSTICK_URL)
isnt "they have ports of their own" "$url" "$(of "$two" TALLYSTICK_URL)"
is "the first gives a token" "$(answers "$one")" 200
is "the second gives a token" "$(answers "$two")" 200
ok "status says that all of it runs" stack status "$one"
is "--set replaces a directive" \
	"$(grep -c '^level = ' "$one/tallystick.conf") $(grep '^level' "$one/tallystick.conf")" \
	"1 level = info"
ok "--set adds one" grep -qx 'cache = 3s' "$one/tallystick.conf"
is "--set replaces a directive of a pool" "$(grep '^bits = ' "$one/tallystick.conf")" "bits = 2"
isnt "they have API keys of their own" "$(of "$one" TALLYSTICK_STATUS_API_KEY)" \
	"$(of "$two" TALLYSTICK_STATUS_API_KEY)"
is "the first gives a reference" "$(refers "$one")" 200
is "and one of another pool" "$(refers "$one" more)" 200
is "the second gives a reference" "$(refers "$two")" 200
is "of the pool that it has" "$(refers "$two" more)" 401
for file in wrap.key db.password admin.password status.key settings; do
	is "$file is nobody else's to read" "$(stat -c %a "$one/$file")" 600
done

# ---- crashes --------------------------------------------------------------

for dir in "$one" "$two"; do
	for part in $parts; do
		ok "${dir##*/}: kill $part" stack kill "$dir" "$part"
	done
	not_ok "${dir##*/}: status says that it does not run" stack status "$dir"
done
ok "the first comes up after a crash of everything" up "$one" --set pool.tests.bits=2
ok "the second too" up "$two" --server apache
is "its port is the same" "$(of "$one" TALLYSTICK_URL)" "$url"
is "its client is the same" "$(answers "$one")" 200
is "its pool has the same key" "$(refers "$one")" 200
is "the second gives a token again" "$(answers "$two")" 200

for delay in 0.1 0.3 0.6; do
	setsid "$TALLY_SRCDIR/examples/stack" up --dir "$one" --program "$program" \
		>/dev/null 2>&1 &
	pid=$!
	sleep "$delay"
	kill -KILL -- "-$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
done
ok "it comes up after an up that was killed" up "$one" --set pool.tests.bits=2
is "each part runs once" "$(stack pids "$one" web | wc -l)" 1

for part in redis database; do
	ok "restart $part" stack restart "$one" "$part"
done
ok "it is ready afterwards" stack wait "$one"

# ---- what is not ours -----------------------------------------------------

run_bg sleep 300
echo "$BG_PID 1 $(cat /proc/sys/kernel/random/boot_id)" >>"$one/pid/web"
not_ok "a port that is taken is refused" \
	up "$one" --port "${url##*:}" --dir "$TEST_TMP/three"
stack down "$TEST_TMP/three" >/dev/null
mkdir "$TEST_TMP/theirs"
: >"$TEST_TMP/theirs/file"
not_ok "a folder with something else in it is refused" up "$TEST_TMP/theirs"
not_ok "--set without a value is refused" up "$one" --set server.threads
not_ok "an unknown option is refused" up "$one" --nonsense
not_ok "a directive that the program does not know fails at once" \
	up "$two" --server apache --set server.nonsense=1

# ---- the end --------------------------------------------------------------

ok "the first goes down" stack down "$one"
ok "the second goes down" stack down "$two"
ok "a process with a recycled number lives" kill -0 "$BG_PID"
is "no process is left" "$(processes "$one")$(processes "$two")" ""
is "no file is left" "$(ls -d "$one" "$two" 2>/dev/null)" ""
ok "down twice is no error" stack down "$one"
done_testing
