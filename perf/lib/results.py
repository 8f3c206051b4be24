# SPDX-License-Identifier: Apache-2.0
"""What perf/run has written: a JSON file per scenario, or all of them in one."""
import json
import os
import sys

PARTS = (("web_us", "web server"), ("pool_us", "Tallystick"), ("database_us", "database"),
         ("redis_us", "Redis"))


def read(path):
    """The scenarios of a folder of results, or of a file."""
    if os.path.isdir(path):
        names = sorted(name for name in os.listdir(path)
                       if name.endswith(".json") and name != "results.json")
        found = [one for name in names for one in read_file(os.path.join(path, name))]
    else:
        found = read_file(path)
    if not found:
        sys.exit("%s: there are no results of perf/run" % path)
    return found


def read_file(path):
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError) as error:
        sys.exit("%s: %s" % (path, error))
    if isinstance(content, dict) and "scenarios" in content:
        return content["scenarios"]
    if isinstance(content, list): # bench_handle
        return [{"name": "handle", "scenario": "the seam, in the process", "seam": content}]
    content.setdefault("name", os.path.basename(path).rsplit("-", 1)[0])
    return [complete(content)]


def complete(result):
    """With the members that results of before did not have."""
    for lane in result.get("lanes", []):
        lane.setdefault("x", None)
        lane.setdefault("load", "full")
        if "database_us" not in lane:
            lane["database_us"], lane["redis_us"] = lane.get("store_us"), 0
    for ratio in result.get("ratios", []):
        ratio.setdefault("x", None)
    result.setdefault("axis", None)
    return result


def server(result):
    """The web server's name: one scenario may have been run with both."""
    said = result.get("conditions", {}).get("server", "")
    return "Apache" if said.startswith("Server version") else said.split("/")[0]


def title(result):
    name = server(result)
    return result["scenario"] + (f", {name}" if name and name != "lighttpd" else "")


def measured(results):
    return [result for result in results if result.get("lanes")]


def find(result, lane, connections, load="full", x=None):
    for one in result["lanes"]:
        if (one["lane"], one["connections"], one["load"], one["x"]) == (lane, connections, load, x):
            return one
    return None


def most_connections(result):
    return max(lane["connections"] for lane in result["lanes"])


def ours(result):
    """The lanes that a target is set for; where there is none, all of them."""
    named = [ratio["lane"] for ratio in result.get("ratios", [])]
    return list(dict.fromkeys(named)) or list(dict.fromkeys(
        lane["lane"] for lane in result["lanes"]))


def low(spread):
    """The band that half of the rounds were in; of older results, all of them."""
    return spread.get("q1", spread["min"])


def high(spread):
    return spread.get("q3", spread["max"])
