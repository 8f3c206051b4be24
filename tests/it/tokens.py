# SPDX-License-Identifier: Apache-2.0
"""A load of tokens that writes down what it was given, and what of it the database
has afterwards.

usage: tokens.py load URL SECONDS CONNECTIONS KINDS RECORD
       tokens.py missing RECORD < IDS
       tokens.py race URL N TOKEN
       tokens.py again URL RECORD
       tokens.py look URL SECONDS CONNECTIONS TOKEN

load: each connection does one of KINDS, names with commas between them, for
SECONDS or until SIGTERM:
	cc       client credentials
	login    the password grant
	chain    a login, then its refresh token, and that one's, and so on; an
	         answer that is no answer is asked for again, as a client does
	replay   as chain, and a token that was used is presented again now and then
It prints "running" once the first answer is there, and at the end one count per
line: "200 1234", "503 2", "lost 1" (no answer, or none in full), "twice 0" (a
refresh token was accepted again). RECORD has a line per token that was answered:
its table and its id, in hexadecimal; and of replay, "used" and the token.

missing: of RECORD's ids those that are not among IDS ("table id" per line).

race: one refresh token over N connections at once; a line per status, with its
count, and last the answer of the one that got a token.

again: every token that RECORD says was used is presented once more; counts as of
load.

look: introspection of one token over and over; counts by whether it is active.

The clients and the user are in the environment: CC, CC_SECRET, APP, APP_SECRET,
LOGIN, PASSWORD.
"""
import base64
import collections
import http.client
import json
import os
import random
import signal
import sys
import threading
import time
from urllib.parse import urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"
AGAIN = 0.05  # seconds between two attempts

counts = collections.Counter()
lock = threading.Lock()
started = threading.Event()
stopped = threading.Event()


def note(what, why=None):
    with lock:
        counts[what] += 1
        if why is not None and what != "503" and counts[what] < 5:
            print("%s: %s" % (what, why), file=sys.stderr)
    if what == "200":
        started.set()


def going(end):
    return time.monotonic() < end and not stopped.is_set()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def access_id(token):
    """Of an opaque token its first 16 bytes, of a JWT its jti."""
    if token.startswith("ta_"):
        return decode(token[3:])[:16].hex()
    return decode(json.loads(decode(token.split(".")[1]))["jti"]).hex()


def ids_of(answer):
    yield "access_token", access_id(answer["access_token"])
    refresh = answer.get("refresh_token", "")
    if refresh.startswith("tr_"):
        yield "refresh_token", decode(refresh[3:])[:16].hex()


class Client:
    """One connection, made anew when it breaks."""

    def __init__(self, url, record):
        self.address = urlsplit(url).netloc
        self.record = record
        self.connection = None

    def post(self, name, form, path="/oauth2/token"):
        """Status and answer; None: it is not known what became of the request."""
        who = "%s:%s" % (os.environ[name], os.environ[name + "_SECRET"])
        head = {"Content-Type": FORM,
                "Authorization": "Basic " + base64.b64encode(who.encode()).decode()}
        fresh = self.connection is None
        try:
            if fresh:
                self.connection = http.client.HTTPConnection(self.address, timeout=30)
            self.connection.request("POST", path, urlencode(form), head)
            answer = self.connection.getresponse()
            content = answer.read()
            if answer.will_close:
                self.close()
            return answer.status, json.loads(content)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            # A web server may end a kept connection at any time; what it says
            # itself when there is no pool is no answer of ours.
            if fresh or isinstance(error, ValueError):
                note("lost", repr(error))
                time.sleep(AGAIN)
            return None, {}

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def token(self, name, form):
        """The answer with tokens, which are written down; else None and a status."""
        status, answer = self.post(name, form)
        if status != 200:
            if status is not None:
                note(str(status), answer)
            if status not in (None, 400):
                time.sleep(AGAIN)
            return None, status
        with lock:
            for table, token_id in ids_of(answer):
                print(table, token_id, file=self.record)
        note("200")
        return answer, status


def cc(client, end):
    while going(end):
        client.token("CC", {"grant_type": "client_credentials"})


def log_in(client):
    return client.token("APP", {"grant_type": "password", "scope": "read",
                                "username": os.environ["LOGIN"],
                                "password": os.environ["PASSWORD"]})[0]


def login(client, end):
    while going(end):
        log_in(client)


def use(client, token):
    return client.token("APP", {"grant_type": "refresh_token", "refresh_token": token})


def chain(client, end):
    token = None
    while going(end):
        answer, status = use(client, token) if token else (log_in(client), None)
        if answer:
            token = answer["refresh_token"]
        elif status == 400:
            token = None


def replay(client, end):
    used = set()
    token = None
    while going(end):
        answer, status = use(client, token) if token else (log_in(client), None)
        if answer and token:
            used.add(token)
            with lock:
                print("used", token, file=client.record)
            if random.random() < 0.1:
                if use(client, token)[0]:
                    note("twice", "a used token was accepted again")
                token = None
                continue
        if answer:
            token = answer["refresh_token"]
        elif status == 400 or status is None:
            token = None


KINDS = {"cc": cc, "login": login, "chain": chain, "replay": replay}


def load(url, seconds, connections, kinds, path):
    kinds = kinds.split(",")
    end = time.monotonic() + float(seconds)
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    with open(path, "w", encoding="ascii") as record:
        threads = [threading.Thread(target=KINDS[kinds[i % len(kinds)]],
                                    args=(Client(url, record), end))
                   for i in range(int(connections))]
        for thread in threads:
            thread.start()
        if started.wait(float(seconds)):
            print("running", flush=True)
        for thread in threads:
            thread.join()
    for what in sorted(counts):
        print(what, counts[what])


def missing(path):
    there = {line.strip().lower() for line in sys.stdin}
    with open(path, encoding="ascii") as record:
        for line in record:
            if not line.startswith("used") and line.strip() not in there:
                print(line.strip())


def race(url, n, token):
    answers = []
    gate = threading.Barrier(int(n))

    def run(client):
        client.connection = http.client.HTTPConnection(client.address, timeout=30)
        client.connection.connect()
        gate.wait()
        answers.append(client.post("APP", {"grant_type": "refresh_token",
                                           "refresh_token": token}))

    threads = [threading.Thread(target=run, args=(Client(url, None),)) for _ in range(int(n))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for status, count in sorted(collections.Counter(str(a[0]) for a in answers).items()):
        print(status, count)
    for status, answer in answers:
        if status == 200:
            print(json.dumps(answer))


def again(url, path):
    with open(path, encoding="ascii") as record, open(os.devnull, "w", encoding="ascii") as null:
        client = Client(url, null)
        for line in record:
            what, token = line.split()
            if what == "used":
                use(client, token)
    for what in sorted(counts):
        print(what, counts[what])


def look(url, seconds, connections, token):
    end = time.monotonic() + float(seconds)

    def run(client):
        while going(end):
            _, answer = client.post("CC", {"token": token}, "/oauth2/introspect")
            note("active" if answer.get("active") else "not active")

    threads = [threading.Thread(target=run, args=(Client(url, None),))
               for _ in range(int(connections))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for what in sorted(counts):
        print(what, counts[what])


COMMANDS = {"load": load, "missing": missing, "race": race, "again": again, "look": look}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
