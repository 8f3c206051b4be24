# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# No web server and no network: what a request costs inside the process, with
# the signature subtracted.

TITLE="the seam, in the process"

scenario() {
	RESULT=$RESULTS/handle.json
	"$BUILD/perf/bench_handle" --json 2>"$RAW" >"$RESULT"
	say
	say "$TITLE: processor time in µs, medians"
	say
	{
		say "scenario|request|signature|the rest"
		jq -r '.[] | [.scenario, .request_us, .signature_us, .rest_us]
			| map(tostring) | join("|")' "$RESULT"
	} | column -t -s '|'
	say
	say "written: $RESULT"
}
