# SPDX-License-Identifier: Apache-2.0
"""A modest load of token requests, each answer looked at.

usage: load.py http PORT SECONDS CONNECTIONS      kept connections to a web server
       load.py fastcgi SOCKET SECONDS CONNECTIONS a connection per request

Prints a line when the first answer is there, "running", and at the end one
count per line: "200 1234", "503 2", "lost 1" (no answer, or half of one, after
the connection was made), "refused 3" (no connection). Of a lost or unexpected
answer the first few are told on standard error.
"""
import base64
import collections
import http.client
import os
import sys
import threading
import time

import fcgi

PAIR = "%s:%s" % (os.environ["DEMO_CLIENT_ID"], os.environ["DEMO_CLIENT_SECRET"])
BASIC = "Basic " + base64.b64encode(PAIR.encode()).decode()
FORM = "application/x-www-form-urlencoded"
BODY = "grant_type=client_credentials"
VALUES = [("REQUEST_METHOD", "POST"), ("REQUEST_URI", "/oauth2/token"),
          ("CONTENT_TYPE", FORM), ("CONTENT_LENGTH", str(len(BODY))),
          ("REMOTE_ADDR", "127.0.0.1"), ("HTTP_AUTHORIZATION", BASIC)]

counts = collections.Counter()
lock = threading.Lock()
started = threading.Event()


def note(what, why=None):
    with lock:
        counts[what] += 1
        if why and sum(counts.values()) - counts["200"] < 10:
            print("%s: %s" % (what, why), file=sys.stderr)
    if what == "200":
        started.set()


def by_http(port, end):
    connection = None
    while time.monotonic() < end:
        fresh = connection is None
        if fresh:
            connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
        try:
            connection.request("POST", "/oauth2/token", BODY,
                               {"Authorization": BASIC, "Content-Type": FORM})
            answer = connection.getresponse()
            content = answer.read()
            complete = answer.status != 200 or content.endswith(b"}")
            note(str(answer.status) if complete else "lost",
                 None if answer.status == 200 else content[:200])
            if answer.will_close:
                connection.close()
                connection = None
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            connection = None
            # A web server may end a kept connection at any time.
            if fresh:
                note("lost", repr(error))


def by_fastcgi(path, end):
    data = fcgi.request(VALUES, BODY.encode())
    while time.monotonic() < end:
        try:
            s = fcgi.connect(path)
        except OSError:
            note("refused")
            time.sleep(0.02)
            continue
        try:
            s.sendall(data)
            out, ended = fcgi.answer(s)
            status = fcgi.split(out)[0]
            note(str(status) if ended else "lost", None if ended else "no end, %r" % out[:200])
        except OSError as error:
            note("lost", repr(error))
        s.close()


def main():
    how, where, seconds, connections = sys.argv[1:5]
    work = by_http if how == "http" else by_fastcgi
    end = time.monotonic() + float(seconds)
    threads = [threading.Thread(target=work, args=(where, end)) for _ in range(int(connections))]
    for thread in threads:
        thread.start()
    if started.wait(float(seconds)):
        print("running", flush=True)
    for thread in threads:
        thread.join()
    for what in sorted(counts):
        print(what, counts[what])


if __name__ == "__main__":
    main()
