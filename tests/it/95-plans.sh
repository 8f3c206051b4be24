#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The load plans against a live stack: what perf/prepare makes is good for tokens,
# the plans of k6 and JMeter that are installed find every answer as it should be,
# and nothing stays when it is removed.
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"
# shellcheck source=tests/it/lib-token.sh
. "$TALLY_SRCDIR/tests/it/lib-token.sh"

for tool in jq openssl; do
	command -v "$tool" >/dev/null || missing_all "$tool is there" "$tool"
done
DATA=$TEST_TMP/data

# shellcheck disable=SC2317 # called by ok
prepare() {
	"$TALLY_SRCDIR/perf/prepare" --stack "$STACK" --dir "$DATA" "$@"
}

# line N FILE.csv COLUMN
line() {
	sed -n "$(($1 + 1))p" "$DATA/$2" | cut -d , -f "$3"
}

# ---- what is made -----------------------------------------------------------

up "the stack is up" --threads 32
ok "data is made" prepare --machines 4 --users 3 --applications 2
is "and kept from others" "$(stat -c %a "$DATA" "$DATA/machines.json" | xargs)" "700 600"
is "a key file for each machine user" "$(jq -c '[length, ([.[].keyId] | unique | length),
	.[0].type]' "$DATA/machines.json")" '[4,4,"serviceaccount"]'
is "the times are noted" "$(jq -sc 'map(.count)' "$DATA/made.jsonl")" '[4,4,3,2,2,2,2]'
not_ok "not a second time" prepare

jq -r '.[2].key' "$DATA/machines.json" >"$TEST_TMP/key.pem"
user=$(jq -r '.[2].userId' "$DATA/machines.json")
jwt=$(sign_rs256 "$TEST_TMP/key.pem" \
	"$(jq -c '{alg: "RS256", kid: .[2].keyId}' "$DATA/machines.json")" \
	"$(assertion "$user" "$user" "$TALLYSTICK_ISSUER")")
is "a machine user gets a token" "$(post /oauth2/token - -d grant_type="$URN_JWT" \
	-d scope=openid --data-urlencode assertion="$jwt")" 200
for kind in none all; do
	SECRET[app]=$(line 2 "applications-$kind.csv" 2)
	SECRET[$(line 2 "applications-$kind.csv" 1)]=${SECRET[app]}
	is "a user logs in by an application that keeps $kind, as a device" \
		"$(grant "$(line 2 "applications-$kind.csv" 1)" password -d scope=device_0123456789 \
			-d username="$(line 3 users.csv 1)" \
			--data-urlencode password="$(line 3 users.csv 2)")" 200
done
for kind in delay fail; do
	is "the pool that is to $kind hands out references" \
		"$(fetch "/pools/perf-$kind/new-references?amount=25" -d '' \
			-H "X-Api-Key: $(jq -r ".pools.$kind.key" "$DATA/k6.json")")" 200
done

# ---- rows by the million ------------------------------------------------------------

# shellcheck source=perf/lib/fill.sh
. "$TALLY_SRCDIR/perf/lib/fill.sh"
TODAY=$((EPOCHSECONDS / 86400))

# shellcheck disable=SC2317 # called by ok
fill_each() {
	fill_expired_partition "$TODAY" &&
		fill_tokens $((TODAY - 2)) "$EPOCHSECONDS" 0 100 &&
		fill_tokens "$TODAY" "$EPOCHSECONDS" 0 100 &&
		fill_clients 0 10 a-secret-of-all &&
		fill_machines 0 10 "$(jq -r '.[0].keyId' "$DATA/machines.json")"
}
ok "tokens, clients and users are filled in" fill_each
is "all of them" "$(fill_value "SELECT CONCAT_WS(' ',
	(SELECT COUNT(*) FROM access_token WHERE subject = 'demo'),
	(SELECT COUNT(*) FROM client WHERE client_id LIKE 'fill-%'),
	(SELECT COUNT(*) FROM user_key WHERE key_id LIKE 'key-%'))")" "200 10 10"
is "such a client gets a token" "$(post /oauth2/token - -d grant_type=client_credentials \
	-d client_id=fill-7 -d client_secret=a-secret-of-all)" 200
stack sql "DELETE FROM client_secret WHERE secret_id = 'fill';
	DELETE FROM client WHERE client_id LIKE 'fill-%'; DELETE FROM user_key WHERE key_id LIKE 'key-%';
	DELETE FROM user WHERE user_id LIKE 'fill-%'"

# ---- the plans --------------------------------------------------------------------

# k6_plan PLAN [OPTION...]
k6_plan() {
	local name="k6: $*" plan=$1
	shift
	if ! command -v k6 >/dev/null; then
		skip "$name" "k6 is not installed"
		return
	fi
	k6 run --quiet --no-usage-report --summary-export "$TEST_TMP/summary" -e DATA="$DATA" \
		-e VUS=3 -e DURATION=1s "$@" "$TALLY_SRCDIR/perf/k6/$plan.js" >"$TEST_TMP/k6.log" 2>&1
	is "$name" "$(jq -c '.metrics.checks | [.passes > 0, .fails]' "$TEST_TMP/summary" 2>&1)" \
		"[true,0]" || diag "$(tail -n 5 "$TEST_TMP/k6.log")"
}

for plan in machine_jwt_profile_grant machine_jwt_profile_grant_single_user \
	machine_client_credentials introspect fetch-status-list update-status \
	fetch-reference-basic fetch-reference-bulk; do
	k6_plan "$plan"
done
k6_plan fetch-reference-unlimited -e POOL=delay
k6_plan fetch-reference-unlimited -e POOL=fail

# find_jmeter: one that opens a plan; that of Debian 12 does not.
find_jmeter() {
	local path
	for path in "${JMETER:-}" "$TALLY_SRCDIR/.cache/jmeter/bin/jmeter" "$(command -v jmeter)"; do
		[ -x "$path" ] && JMETER=$path && jmeter_run client_credentials none &&
			[ -s "$TEST_TMP/jtl" ] && return
	done
	return 1
}

# jmeter_run PLAN PERSISTENCE
jmeter_run() {
	rm -f "$TEST_TMP/jtl"
	"$JMETER" -n -t "$TALLY_SRCDIR/perf/jmeter/$1.jmx" -l "$TEST_TMP/jtl" -j "$TEST_TMP/jmeter.log" \
		-Jjmeter.save.saveservice.output_format=csv \
		-Jjmeter.save.saveservice.print_field_names=true -Jport="${TALLYSTICK_URL##*:}" \
		-Jusers=3 -Jduration=2 -Jdata="$DATA" -Jpersistence="$2" >/dev/null 2>&1
}

if find_jmeter; then
	for plan in client_credentials password refresh; do
		for kind in none all; do
			jmeter_run "$plan" "$kind"
			is "JMeter: $plan, keeping $kind" "$("$TALLY_SRCDIR/perf/lib/jtl.py" "$plan" \
				"$TEST_TMP/jtl" | jq -c '[.requests > 0, .not_2xx, .failed]')" "[true,0,0]"
		done
	done
else
	skip "JMeter" "none is installed that opens a plan"
fi

# ---- and taken away ------------------------------------------------------------------

ok "data is removed" prepare --remove
is "no user is left" "$(program user list --json | jq length)" 0
is "and no client but that of the stack" "$(program client list --json | jq -r '.[].client_id')" \
	"$DEMO_CLIENT_ID"
is "the pools hand out nothing more" "$(program pool list --json |
	jq -c '[.[] | select(.pool | startswith("perf-")).state]')" '["retired","retired"]'
ok "nor any file" test ! -e "$DATA"
ok "removing nothing is no mistake" prepare --remove
ok "data is made again" prepare --machines 1 --users 1 --applications 1
is "with pools that hand out again" "$(fetch /pools/perf-delay/new-references -d '' \
	-H "X-Api-Key: $(jq -r .pools.delay.key "$DATA/k6.json")")" 200
no_reports
done_testing
