# SPDX-License-Identifier: Apache-2.0
# k6's summary as wrk/report.lua has it. A request is an iteration; what it sent
# besides (the discovery document, once for each user) is not counted.

def us: . * 1000 | round;

.metrics as $m
| $m.http_req_duration as $d
| {
	requests: $m.iterations.count,
	us: ($m.iterations.count / $m.iterations.rate * 1e6 | round),
	not_2xx: ($m.http_req_failed.passes // 0),
	failed: 0,
	checks_failed: ($m.checks.fails // 0),
	p50_us: ($d["p(50)"] | us), p95_us: ($d["p(95)"] | us), p99_us: ($d["p(99)"] | us),
	latency: [[0, ($d.min | us)], [50, ($d["p(50)"] | us)], [95, ($d["p(95)"] | us)],
		[99, ($d["p(99)"] | us)], [100, ($d.max | us)]]
}
