# SPDX-License-Identifier: Apache-2.0
# From raw lines ($lines) to one result.

def median: sort | if length == 0 then null
	elif length % 2 == 1 then .[length / 2 | floor]
	else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def spread: {median: median, min: min, max: max};
def places($n): if . == null then . else . * pow(10; $n) | round / pow(10; $n) end;
def spread($n): spread | map_values(places($n));

($lines | map(select(.lane))) as $runs
| ($runs | map(.connections) | unique) as $connections
| {
	scenario: $scenario, date: $date, conditions: $conditions,
	lanes: [
		$connections[] as $c
		| ($runs | map(.lane) | unique)[] as $lane
		| [$runs[] | select(.lane == $lane and .connections == $c)]
		| {
			connections: $c, lane: $lane,
			per_second: (map(.per_second) | spread(0)),
			p50_us: (map(.p50_us) | median), p99_us: (map(.p99_us) | median),
			web_us: (map(.web_us) | median | places(1)),
			pool_us: (map(.pool_us) | median | places(1)),
			store_us: (map(.store_us) | median | places(1)),
			generator_us: (map(.generator_us) | median | places(1)),
			others: (map(.others) | median | places(2)),
			idle: (map(.idle) | median | places(2)),
			not_2xx: (map(.not_2xx) | add), failed: (map(.failed) | add)
		}
	],
	# A ratio belongs to one round: its two runs were neighbours in time.
	ratios: [
		$targets | split("\n")[] | select(. != "") | split(" ") as [$lane, $to, $wanted]
		| $connections[] as $c
		| [
			$runs[] | select(.lane == $lane and .connections == $c) as $a | $a
			| ($runs[] | select(.lane == $to and .connections == $c
				and .round == $a.round)) as $b
			| {speed: ($a.per_second / $b.per_second),
			   cpu: (($b.web_us + $b.pool_us + $b.store_us)
				/ ($a.web_us + $a.pool_us + $a.store_us))}
		]
		| {
			lane: $lane, to: $to, connections: $c, target: ($wanted | tonumber),
			speed: (map(.speed) | spread(3)), cpu: (map(.cpu) | spread(3))
		}
	],
	memory: [
		$lines | map(select(.memory)) | group_by(.memory)[]
		| {pool: .[0].memory, rss_kib: (map(.rss_kib) | max), pss_kib: (map(.pss_kib) | max)}
	],
	first_token_ms: ($lines | map(select(.start) | .first_ms) | spread),
	later_token_ms: ($lines | map(select(.start) | .again_ms) | spread)
}
