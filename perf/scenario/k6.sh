# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# The plans of perf/k6, with the number of users of the published ones. k6 needs
# more processor time for a request than all of ours together: what is told here
# is what is left on one machine. A request is an iteration of the plan.

TITLE="k6: the plans of the reference systems"
GENERATOR="k6"

slow "k6 plans of half a minute each"
threads 64
rounds_of 1 30
setting users.cache=60s

plan machine_jwt_profile_grant             k6/machine_jwt_profile_grant 600
plan machine_jwt_profile_grant_single_user k6/machine_jwt_profile_grant_single_user 600
plan machine_client_credentials            k6/machine_client_credentials 100
plan introspect                            k6/introspect 100

plan fetch-status-list                 k6/fetch-status-list 100
plan update-status                     k6/update-status "10 100"
plan fetch-reference-basic             k6/fetch-reference-basic 12
plan fetch-reference-bulk              k6/fetch-reference-bulk 10
plan "fetch-reference-unlimited delay" k6/fetch-reference-unlimited "10 100" delay
plan "fetch-reference-unlimited fail"  k6/fetch-reference-unlimited "10 100" fail

scenario() {
	find_k6 || skip "k6 is not installed (see perf/README.md)"
	GENERATOR=$("$K6" version | head -n 1)
	stack_up
	plans
}
