# SPDX-License-Identifier: Apache-2.0
"""Peers of the pool that do not keep to the protocol, or to its pace.

usage: peers.py SOCKET PIDS...: after each misdeed a proper request must be answered, and
at the end the processes must be the same, with no more open files than before.
One line per misdeed: its name, a tab, "ok" or what went wrong.
"""
import os
import random
import struct
import sys
import time

import fcgi
from load import BODY, VALUES

GOOD = fcgi.request(VALUES, BODY.encode())
HEAD = fcgi.begin() + fcgi.params(VALUES)
LONG = struct.pack("!I", 0x7fffffff | 1 << 31)
THREADS = 8  # of the pool
STDIN = fcgi.body(BODY.encode())


def params_record(content):
    return fcgi.begin() + fcgi.record(fcgi.PARAMS, content) + fcgi.record(fcgi.PARAMS) + STDIN


def values(n):
    return fcgi.params([("HTTP_X_%d" % i, "x" * 10) for i in range(n)])


def single_bytes(content):
    return b"".join(fcgi.record(fcgi.STDIN, content[i:i + 1])
                    for i in range(len(content))) + fcgi.record(fcgi.STDIN)


# What is sent, and the status that has to come; None: anything, or nothing.
MISDEEDS = [
    ("nothing at all", b"", None),
    ("one byte", b"\1", None),
    ("seven bytes", GOOD[:7], None),
    ("a header alone", GOOD[:8], None),
    ("version 0", b"\0" + GOOD[1:], None),
    ("version 2", b"\2" + GOOD[1:], None),
    ("version 255", b"\xff" + GOOD[1:], None),
    ("another version in the middle", HEAD + b"\7" + STDIN[1:], None),
    ("role 0", fcgi.begin(role=0) + fcgi.params(VALUES) + STDIN, None),
    ("the role of an authorizer", fcgi.begin(role=2) + fcgi.params(VALUES) + STDIN, None),
    ("the role of a filter", fcgi.begin(role=3) + fcgi.params(VALUES) + STDIN, None),
    ("role 65535", fcgi.begin(role=65535) + fcgi.params(VALUES) + STDIN, None),
    ("a short begin", fcgi.record(fcgi.BEGIN, b"\0\1") + HEAD[16:] + STDIN, None),
    ("an empty begin", fcgi.record(fcgi.BEGIN) + HEAD[16:] + STDIN, None),
    ("a long begin", fcgi.record(fcgi.BEGIN, bytes(65535)) + HEAD[16:] + STDIN, None),
    ("parameters first", fcgi.params(VALUES) + STDIN, None),
    ("a body first", STDIN + HEAD, None),
    ("two begins", fcgi.begin() + GOOD, None),
    ("a second request in between", fcgi.begin() + fcgi.begin(request_id=2)
     + fcgi.params(VALUES) + STDIN, None),
    ("records of another request", HEAD + fcgi.record(fcgi.STDIN, b"x" * 100, 7) + STDIN, None),
    ("request id 0", fcgi.begin(request_id=0) + fcgi.params(VALUES, 0)
     + fcgi.body(BODY.encode(), 0), None),
    ("a length beyond what comes", fcgi.begin() + fcgi.record(
        fcgi.PARAMS, b"\1\1aa", length=65535), None),
    ("a length short of what comes", fcgi.begin() + fcgi.record(
        fcgi.PARAMS, b"\1\1aabbbbbbbbbbbbbbbb", length=4) + STDIN, None),
    ("a name of 2 GiB", params_record(LONG + b"\1ab"), None),
    ("a value of 2 GiB", params_record(b"\1" + LONG + b"ab"), None),
    ("name and value of 2 GiB", params_record(LONG + LONG), None),
    ("a name longer than the rest", params_record(b"\x7f\1ab"), None),
    ("lengths cut off", params_record(b"\x80\0"), None),
    ("a name's length alone", params_record(b"\5"), None),
    ("names that are empty", params_record(b"\0\0" * 1000), None),
    ("10 000 parameters", fcgi.begin() + values(10000) + STDIN, None),
    ("8 MB of parameters", fcgi.begin() + fcgi.params(
        VALUES + [("HTTP_X", "x" * 8000000)]) + STDIN, None),
    ("an abort at once", fcgi.begin() + fcgi.record(fcgi.ABORT), None),
    ("an abort after the parameters", HEAD + fcgi.record(fcgi.ABORT), None),
    ("an abort in the body", HEAD + fcgi.record(fcgi.STDIN, b"grant") + fcgi.record(fcgi.ABORT),
     None),
    ("an abort of another request", HEAD + fcgi.record(fcgi.ABORT, request_id=9) + STDIN, None),
    ("a record of an unknown type", fcgi.record(99, b"abc", 0) + GOOD, None),
    ("a record of an unknown type in between", HEAD + fcgi.record(99, b"abc") + STDIN, None),
    ("a question about limits", fcgi.record(
        fcgi.GET_VALUES, fcgi.pair(b"FCGI_MAX_CONNS", b""), 0) + GOOD, None),
    ("a malformed question", fcgi.record(fcgi.GET_VALUES, b"\x80", 0) + GOOD, None),
    ("records that only we may send", fcgi.record(fcgi.STDOUT, b"x") + fcgi.record(
        fcgi.END, bytes(8)) + GOOD, None),
    ("padding", fcgi.begin() + fcgi.record(fcgi.PARAMS, b"".join(
        fcgi.pair(n.encode(), v.encode()) for n, v in VALUES), padding=255)
     # (Behind an empty record libfcgi does not expect any, and no web server puts it there.)
     + fcgi.record(fcgi.PARAMS) + STDIN, 200),
    ("a body byte by byte", HEAD + single_bytes(BODY.encode()), 200),
    ("a body of 10 MB", HEAD + fcgi.body(b"x" * 10000000), None),
    ("something behind the request", GOOD + b"\xff" * 5000, 200),
    ("a second request behind the first", GOOD + GOOD, 200),
]


def is_answered(path):
    s = fcgi.connect(path, 60)
    try:
        s.sendall(GOOD)
        out, ended = fcgi.answer(s)
    finally:
        s.close()
    return ended and fcgi.split(out)[0] == 200


def misbehave(path, data, status):
    s = fcgi.connect(path, 60)
    try:
        s.sendall(data)
        s.shutdown(1)
    except OSError:
        pass  # it hung up, which is its right
    out = fcgi.answer(s)[0]
    s.close()
    if status and fcgi.split(out)[0] != status:
        return "answered %r" % out[:100]
    return ""


def case(name, path, work):
    try:
        problem = work() or ""
        if not is_answered(path):
            problem += " a proper request is not answered afterwards"
    except (OSError, EOFError) as error:
        problem = repr(error)
    print("%s\t%s" % (name, problem or "ok"), flush=True)


def random_bytes(path):
    chance = random.Random(4711)
    for _ in range(100):
        data = bytearray(GOOD * 3)
        kind = chance.randrange(3)
        if kind == 0:
            data = chance.randbytes(chance.randrange(1, 3000))
        elif kind == 1:
            for _ in range(chance.randrange(1, 8)):
                data[chance.randrange(len(data))] = chance.randrange(256)
        else:
            at = chance.randrange(len(data))
            data[at:at] = chance.randbytes(chance.randrange(1, 64))
        misbehave(path, bytes(data), None)


def gone_at_once(path):
    """The peer closes without waiting for its answer."""
    for n in range(100):
        s = fcgi.connect(path)
        s.sendall(GOOD if n % 2 else GOOD[:n])
        s.close()


def byte_by_byte(path):
    s = fcgi.connect(path)
    for i in range(len(GOOD)):
        s.sendall(GOOD[i:i + 1])
    out, ended = fcgi.answer(s)
    s.close()
    return "" if ended and fcgi.split(out)[0] == 200 else "answered %r" % out[:100]


def kept(path):
    s = fcgi.connect(path)
    data = fcgi.request(VALUES, BODY.encode(), flags=fcgi.KEEP)
    for n in range(20):
        s.sendall(data)
        out, ended = fcgi.answer(s)
        if not ended or fcgi.split(out)[0] != 200:
            return "request %d on it: %r" % (n + 1, out[:100])
    s.close()
    return ""


def many_kept(path):
    """More kept connections than threads, all idle, do not keep others out."""
    data = fcgi.request(VALUES, BODY.encode(), flags=fcgi.KEEP)
    peers = [fcgi.connect(path) for _ in range(100)]
    for s in peers:
        s.sendall(data)
        if not fcgi.answer(s)[1]:
            return "one was not answered"
    if not is_answered(path):
        return "another is not answered"
    for s in peers:
        s.sendall(data)
        if not fcgi.answer(s)[1]:
            return "one was not answered again"
        s.close()
    return ""


def slow(path):
    """All threads have a peer that says nothing, or stops in the middle: the
    pool is busy until they are given up (30 s), and then as before."""
    peers = [fcgi.connect(path) for _ in range(THREADS)]
    for s in peers[THREADS // 2:]:
        s.sendall(GOOD[:40])
    answered = is_answered(path)
    for s in peers:
        s.close()
    return "" if answered else "not answered within a minute"


def slow_then_gone(path):
    peers = [fcgi.connect(path) for _ in range(200)]
    for s in peers:
        s.sendall(GOOD[:100])
    for s in peers:
        s.close()


def files(pids):
    return sum(len(os.listdir("/proc/%s/fd" % pid)) for pid in pids)


def main():
    path, pids = sys.argv[1], sys.argv[2:]
    for _ in range(50):
        is_answered(path)
    before = files(pids)
    for name, data, status in MISDEEDS:
        case(name, path, lambda data=data, status=status: misbehave(path, data, status))
    for work in (random_bytes, gone_at_once, byte_by_byte, kept, many_kept, slow_then_gone, slow):
        case(work.__name__.replace("_", " "), path, lambda work=work: work(path))
    time.sleep(0.5)
    try:
        after = files(pids)
        # The database's connections come and go.
        result = "ok" if after <= before + 8 else "%d before, %d after" % (before, after)
    except OSError:
        result = "a process has ended"
    print("no open file is left\t%s" % result)


main()
