# shellcheck shell=bash disable=SC2034,SC2153
# SPDX-License-Identifier: Apache-2.0
# The plans of perf/jmeter: 100 users, 10 applications, with every token kept and
# with none. JMeter needs more processor time for a request than all of ours
# together: what is told here is what is left on one machine. Half of the threads
# may wait for logins to be hashed: there are more than users.

TITLE="JMeter: the plans of the reference systems"
GENERATOR="JMeter"

slow "JMeter plans of half a minute each"
threads 256
rounds_of 1 30
setting passwords.queue=128

for kind in none all; do
	plan "client_credentials $kind" jmeter/client_credentials 100 "$kind"
	plan "password $kind"           jmeter/password 100 "$kind"
	plan "refresh $kind"            jmeter/refresh 100 "$kind"
done

scenario() {
	find_jmeter || skip "JMeter is not installed (see perf/README.md)"
	stack_up
	plans_prepare
	jmeter_opens || skip "$JMETER opens no plan: $(grep -m 1 -i error "$WORK/opens.log")"
	GENERATOR="JMeter $("$JMETER" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9.]+' | tail -n 1)"
	plans
}
