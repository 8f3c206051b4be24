#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A load of tokens that are kept, while the database is killed, read-only, or the
# processes are killed: every token that was answered is in the database
# afterwards, and no request got a wrong answer.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"
# shellcheck source=tests/it/lib-token.sh
. "$TALLY_SRCDIR/tests/it/lib-token.sh"

command -v python3 >/dev/null || missing_all "python3 is there" "python3"
RECORD=$TEST_TMP/record

# ids: of all tokens in the database.
ids() {
	local table
	for table in access_token refresh_token; do
		stack sql "SELECT CONCAT('$table ', LOWER(HEX(id))) FROM tallystick.$table" |
			grep "^$table "
	done
}

# kept NAME: what was answered is there.
kept() {
	local lost
	ids >"$TEST_TMP/ids"
	lost=$(python3 -B "$HERE/tokens.py" missing "$RECORD" <"$TEST_TMP/ids")
	is "$1: every token that was answered is there ($(wc -l <"$RECORD"))" "${lost:0:400}" ""
}

served() {
	is "$1: tokens are issued" "$(grant cc client_credentials)" 200
	is "$1: and introspected" "$(active cc "$(body .access_token)")" true
}

# Who asks, and the environment of tokens.py.
everybody() {
	SECRET=()
	add_client cc --grant client_credentials --scope read
	add_client app --grant password --grant refresh_token --scope read
	add_user ann 'a password' >/dev/null
	export CC=cc CC_SECRET=${SECRET[cc]} APP=app APP_SECRET=${SECRET[app]}
	export LOGIN=ann PASSWORD='a password'
}

database_killed() {
	local name="$1: database killed"
	tokens_start cc,chain "$RECORD"
	sleep 1
	stack kill database
	refused "$name: an answer in the meantime" "$(grant cc client_credentials)" \
		"503 temporarily_unavailable"
	like "$name: when to come again" "$(header Retry-After)" '^[1-9][0-9]*$'
	stack start database >"$TEST_TMP/start" 2>&1 || diag "$(cat "$TEST_TMP/start")"
	ok "$name: over, tokens are issued again" wait_until 20 issues
	sleep 0.5
	tokens_end
	ok "$name: there was an outage" [ "$(load_count 503)" -gt 0 ]
	is "$name: answers are tokens, or 503" "$(load_bad_besides 503)" 0
	ok "$name: ready again" wait_until 20 is_ready
	served "$name, and started"
	kept "$name"
}

# load_bad_besides STATUS: answers that were neither good nor this.
load_bad_besides() {
	echo $(($(load_bad) - $(load_count "$1")))
}

# MySQL's "super" is for everybody, MariaDB's read_only spares only admins.
read_only() {
	local word=read_only
	[ "$1" != mysql ] || word=super_read_only
	stack sql "SET GLOBAL $word = $2"
	[ "$1:$2" != mysql:0 ] || stack sql "SET GLOBAL read_only = 0"
}

database_read_only() {
	local name="$1: database read-only"
	tokens_start cc,chain "$RECORD"
	sleep 1
	read_only "$1" 1
	sleep 1
	refused "$name: an answer in the meantime" "$(grant cc client_credentials)" \
		"503 temporarily_unavailable"
	read_only "$1" 0
	ok "$name: over, tokens are issued again" wait_until 10 issues
	sleep 0.5
	tokens_end
	ok "$name: there was an outage" [ "$(load_count 503)" -gt 0 ]
	is "$name: answers are tokens, or 503" "$(load_bad_besides 503)" 0
	kept "$name"
}

# shellcheck disable=SC2317 # called by wait_until
issues() {
	[ "$(grant cc client_credentials)" = 200 ]
}

# What is lost is a request, never a token.
processes_killed() {
	local name="$1: processes killed" i
	tokens_start cc,chain,login "$RECORD"
	for i in 1 2 3; do
		sleep 0.$((RANDOM % 6 + 2))
		stack kill pool --one
		[ "$i" != 2 ] || sleep 0.5
	done
	ok "$name: none is left" wait_until 5 pool_is_gone
	stack start pool >/dev/null
	sleep 0.5
	tokens_end
	ok "$name: ready again" wait_until 20 is_ready
	served "$name, and started"
	kept "$name"
}

for kind in mysql mariadb; do
	# A server of the other kind may have to be made first, and that may be impossible.
	if ! stack up --program "$PROGRAM" --db "$kind" --server lighttpd --processes 3 \
		--set tokens.persistence=all --set tokens.refresh-grace=60s \
		--set database.timeout=2s --set database.connect-timeout=1s \
		--set passwords.cache=1h >"$TEST_TMP/up" 2>&1; then
		missing "$kind" "a $kind server: $(tail -n 1 "$TEST_TMP/up")"
		continue
	fi
	eval "$(stack env)"
	at_exit_down
	everybody
	database_killed "$kind"
	database_read_only "$kind"
	processes_killed "$kind"
	no_reports
	stack down >/dev/null
done
done_testing
