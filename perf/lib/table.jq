# SPDX-License-Identifier: Apache-2.0
# A result as tables; "|" separates the columns.

def cells: map(if . == null then "–" else tostring end) | join("|");
def ms: . / 100 | round / 10;

(.axis.name) as $axis
| def x_name: if $axis == null then [] else [$axis] end;
  def x: if $axis == null then [] else [.x] end;
  def name: .lane + if .load == "half" then ", half load" else "" end;
(x_name + ["connections", "lane", "requests/s", "from", "to", "p50 ms", "p99 ms", "web µs",
	"pool µs", "database µs", "redis µs", "generator µs", "statements", "syncs", "others %",
	"idle %", "failed"] | cells),
(.lanes[] | x + [
	.connections, name, (.per_second.median | round), (.per_second.min | round),
	(.per_second.max | round), (.p50_us | ms), (.p99_us | ms),
	.web_us, .pool_us, .database_us, .redis_us, .generator_us, .statements,
	(if .database_syncs == null then null
		else (.database_syncs + .redis_syncs) * 1e4 | round / 1e4 end),
	(.others * 100 | round), (.idle * 100 | round), .not_2xx + .failed
] | cells),
"",
(select(.ratios | length > 0) | (x_name + ["connections", "ratio", "speed", "from", "to",
	"by processor time", "target"] | cells)),
(.ratios[] | x + [
	.connections, "\(.lane) / \(.to)", .speed.median, .speed.min, .speed.max,
	.cpu.median, .target
] | cells),
"",
(select(.notes | length > 0) | "noted|value|unit|at most"),
(.notes[] | [.name, .value, .unit, .most] | cells),
"",
"memory|processes|resident KiB|proportional KiB|all together",
(.memory[] | [.pool, .processes, .rss_kib, .pss_kib, .pss_sum_kib] | cells),
(select(.first_token_ms.median) |
	"",
	"first token after a start, ms|\(.first_token_ms.median)|from \(.first_token_ms.min) to \(.first_token_ms.max)",
	"the next one, ms|\(.later_token_ms.median)|from \(.later_token_ms.min) to \(.later_token_ms.max)")
