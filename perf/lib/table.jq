# SPDX-License-Identifier: Apache-2.0
# A result as a table; "|" separates the columns.

"connections|lane|requests/s|from|to|p50 ms|p99 ms|web µs|pool µs|store µs|wrk µs|others %|idle %|failed",
(.lanes[] | [
	.connections, .lane, .per_second.median, .per_second.min, .per_second.max,
	(.p50_us / 100 | round / 10), (.p99_us / 100 | round / 10),
	.web_us, .pool_us, .store_us, .generator_us, (.others * 100 | round), (.idle * 100 | round),
	.not_2xx + .failed
] | map(tostring) | join("|")),
"",
"connections|ratio|speed|from|to|by processor time|target",
(.ratios[] | [
	.connections, "\(.lane) / \(.to)", .speed.median, .speed.min, .speed.max,
	.cpu.median, .target
] | map(tostring) | join("|")),
"",
"memory|resident KiB|proportional KiB",
(.memory[] | [.pool, .rss_kib, .pss_kib] | map(tostring) | join("|")),
(select(.first_token_ms.median) |
	"",
	"first token after a start, ms|\(.first_token_ms.median)|from \(.first_token_ms.min) to \(.first_token_ms.max)",
	"the next one, ms|\(.later_token_ms.median)|from \(.later_token_ms.min) to \(.later_token_ms.max)")
