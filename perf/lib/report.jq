# SPDX-License-Identifier: Apache-2.0
# From raw lines ($lines) to one result.

def quantile($p): sort | if length == 0 then null else
	((length - 1) * $p) as $at | .[$at | floor] as $low | .[$at | ceil] as $high
	| $low + ($high - $low) * ($at - ($at | floor)) end;
def median: quantile(0.5);
def spread: {median: median, min: min, max: max, q1: quantile(0.25), q3: quantile(0.75)};
def places($n): if . == null then . else . * pow(10; $n) | round / pow(10; $n) end;
def spread($n): spread | map_values(places($n));
# Of a member that not every run has.
def middle($name; $n): map(.[$name] // empty) | median | places($n);
# Percentile by percentile, the median of the runs.
def distribution: map(.latency // empty) | if length == 0 then null
	else transpose | map([.[0][0], (map(.[1]) | median | round)]) end;

($lines | map(select(.lane))) as $runs
| {
	scenario: $scenario, name: $name, date: $date, conditions: $conditions, axis: $axis,
	lanes: [
		$runs | group_by([.x, .connections, .lane, .load])[]
		| {
			x: .[0].x, connections: .[0].connections, lane: .[0].lane, load: .[0].load,
			per_second: (map(.per_second) | spread(1)),
			p50_us: (map(.p50_us) | median), p95_us: (map(.p95_us) | median),
			p99_us: (map(.p99_us) | median), latency: distribution,
			web_us: middle("web_us"; 1), pool_us: middle("pool_us"; 1),
			database_us: middle("database_us"; 1), redis_us: middle("redis_us"; 1),
			store_us: middle("store_us"; 1), generator_us: middle("generator_us"; 1),
			statements: middle("statements"; 3), commands: middle("commands"; 3),
			database_syncs: middle("database_syncs"; 4),
			redis_syncs: middle("redis_syncs"; 4),
			database_writes: middle("database_writes"; 3),
			database_written: middle("database_written"; 0),
			others: middle("others"; 2), idle: middle("idle"; 2),
			not_2xx: (map(.not_2xx) | add), failed: (map(.failed) | add),
			checks_failed: (map(.checks_failed // 0) | add)
		}
	],
	# A ratio belongs to one round: its two runs were neighbours in time.
	ratios: [
		$targets | split("\n")[] | select(. != "") | split(" ") as [$lane, $to, $wanted]
		| [$runs[] | select(.load == "full")] | group_by([.x, .connections])[]
		| [
			.[] | select(.lane == $to) as $b
			| ($runs[] | select(.lane == $lane and .load == "full" and .x == $b.x
				and .connections == $b.connections and .round == $b.round)) as $a
			| select($b.per_second > 0) | {x: $a.x, connections: $a.connections,
			   speed: ($a.per_second / $b.per_second),
			   cpu: (($b.web_us + $b.pool_us + $b.store_us)
				/ ([$a.web_us + $a.pool_us + $a.store_us, 0.001] | max))}
		]
		| select(length > 0)
		| {
			lane: $lane, to: $to, x: .[0].x, connections: .[0].connections,
			target: ($wanted | fromjson),
			speed: (map(.speed) | spread(3)), cpu: (map(.cpu) | spread(3))
		}
	],
	sizes: [$lines[] | select(.sizes) | {lane: .sizes, sent, received}],
	memory: [
		$lines | map(select(.memory)) | group_by(.memory)[]
		| {pool: .[0].memory, processes: length, rss_kib: (map(.rss_kib) | max),
		   pss_kib: (map(.pss_kib) | max), pss_sum_kib: (map(.pss_kib) | add)}
	],
	# What a scenario has noted besides, one value to a name.
	notes: [$lines[] | select(.note) | {name: .note, value, unit, most}],
	first_token_ms: ($lines | map(select(.start) | .first_ms) | spread),
	later_token_ms: ($lines | map(select(.start) | .again_ms) | spread)
}
