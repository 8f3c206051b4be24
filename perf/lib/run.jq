# SPDX-License-Identifier: Apache-2.0
# One run: what wrk/report.lua printed, the processor time of wrk, and the
# counters of lib/measure.sh before and after.

def numbers: split(" ") | map(tonumber);

split("\n") as [$summary, $times]
| ($summary | fromjson) as $wrk
| ([$before, $after] | map(numbers) | [.[1], .[0]] | transpose | map(.[0] - .[1]))
	as [$busy, $idle, $web, $pool, $store]
| ($times | numbers | add * 1e6) as $generator
| {
	lane: $lane, connections: $connections, round: $round,
	per_second: ($wrk.requests * 1e6 / $wrk.us),
	web_us: ($web / $wrk.requests),
	pool_us: ($pool / $wrk.requests),
	store_us: ($store / $wrk.requests),
	generator_us: ($generator / $wrk.requests),
	# Of the machine: what it did for others, and nothing.
	others: (($busy - $web - $pool - $store - $generator) / ($busy + $idle)),
	idle: ($idle / ($busy + $idle))
} + $wrk
