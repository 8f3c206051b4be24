# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: Apache-2.0
# No web server and no network: what a request costs inside the process, with
# the signature subtracted.

TITLE="the seam, in the process"

scenario() {
	say "" "$TITLE"
	"$BUILD/perf/bench_handle" --json 2>/dev/null >"$RESULT"
	"$BUILD/perf/bench_handle" 2>/dev/null
	say "" "written: $RESULT"
}
