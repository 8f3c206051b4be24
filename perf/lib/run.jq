# SPDX-License-Identifier: Apache-2.0
# One run: what the load generator printed, its processor time, and the counters
# of lib/measure.sh before and after.

def numbers: split(" ") | map(select(. != "")) | map(fromjson);

split("\n") as [$summary, $times]
| ($summary | fromjson) as $load
| ([$before, $after] | map(numbers) | [.[1], .[0]] | transpose | map(.[0] - .[1]))
	as [$busy, $idle, $web, $pool, $database, $redis]
| ($counted | numbers) as $n
| ($asked | numbers) as $own
| ([range(4)] | map($n[. + 4] - $n[.] - $own[.]))
	as [$statements, $writes, $written, $commands]
| ($syncs | numbers) as [$database_syncs, $redis_syncs]
| ($times | numbers | add * 1e6) as $generator
# What was refused is not counted, but costs.
| (($load.requests - $load.not_2xx) * $units) as $done
| ([$done, 1] | max) as $requests
| def each: if . == null then null else . / $requests end;
{
	lane: $lane, connections: $connections, round: $round, load: $load_kind, x: $x,
	per_second: ($done * 1e6 / $load.us),
	web_us: ($web | each), pool_us: ($pool | each),
	database_us: ($database | each), redis_us: ($redis | each),
	store_us: ($database + $redis | each),
	generator_us: ($generator | each),
	statements: ($statements | each), commands: ($commands | each),
	database_writes: ($writes | each), database_written: ($written | each),
	database_syncs: ($database_syncs | each), redis_syncs: ($redis_syncs | each),
	# Of the machine: what it did for others, and nothing.
	others: (($busy - $web - $pool - $database - $redis - $generator) / ($busy + $idle)),
	idle: ($idle / ($busy + $idle))
} + $load
