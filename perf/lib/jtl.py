#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""JMeter's results of one sampler as wrk/report.lua has them.

usage: jtl.py LABEL FILE.jtl

The time is that from the first of these samples to the end of the last: what
only prepares (the logins of "refresh") is not in it.
"""
import csv
import json
import sys

PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 100)


def percentile(values, p):
    return values[min(len(values) - 1, int(len(values) * p / 100))]


def read(path, label):
    with open(path, newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["label"] == label]


def main():
    label, path = sys.argv[1:]
    rows = read(path, label)
    if not rows:
        sys.exit("jtl.py: %s has no sample %s" % (path, label))
    elapsed = sorted(int(row["elapsed"]) * 1000 for row in rows)
    begin = min(int(row["timeStamp"]) for row in rows)
    end = max(int(row["timeStamp"]) + int(row["elapsed"]) for row in rows)
    bad = [row for row in rows if row["success"] != "true"]
    not_2xx = sum(not row["responseCode"].startswith("2") for row in bad)
    print(json.dumps({
        "requests": len(rows) - len(bad) + not_2xx,
        "us": max(1, end - begin) * 1000,
        "not_2xx": not_2xx,
        "failed": len(bad) - not_2xx,
        "p50_us": percentile(elapsed, 50),
        "p95_us": percentile(elapsed, 95),
        "p99_us": percentile(elapsed, 99),
        "latency": [[p, percentile(elapsed, p)] for p in PERCENTILES],
    }))


main()
