# SPDX-License-Identifier: Apache-2.0
"""Updates of a status list, and a reader who trusts nothing.

usage: publish.py load URL LIST ENTRIES FROM CONNECTIONS RECORD
       publish.py watch FOLDER POOL ISSUER JWKS ENTRIES
       publish.py lost FOLDER NAME RECORD
       publish.py same FOLDER FOLDER

load: sets entries of a list (its URI) to ever more, each from somewhere above FROM
on, until SIGTERM or for STEPS; each connection has entries of its own, and asks again
until it is told 204. It prints "running" once the first answer is there, and at the end a count of each
answer per line. RECORD has of each entry what was acknowledged last, and what was
asked for after that. The pool's key is in the environment: API_KEY.

watch: reads the static files of a pool's lists over and over, until SIGTERM, as web servers
do: each form must be signed by a key of JWKS, be the list of its name, be valid now,
have so many ENTRIES, and take nothing back that it said before. It prints "running",
and at the end how many were read, how many were not there, and what was wrong.

lost: of RECORD the entries that are not published as they were acknowledged.

same: names whose files in two folders differ, in content or in time.
"""
import base64
import collections
import glob
import gzip
import http.client
import json
import os
import random
import signal
import sys
import threading
import time
import zlib
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cose_check  # noqa: E402

AGAIN = 0.05  # seconds between two attempts
STEPS = 40
SPREAD = 20   # the values that entries begin with

counts = collections.Counter()
lock = threading.Lock()
stopped = threading.Event()


def until_told():
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())


# ---- load ----

class Updates(threading.Thread):
    def __init__(self, url, uri, entries, first):
        super().__init__(daemon=True)
        self.url, self.uri, self.entries, self.first = urlsplit(url), uri, entries, first
        self.said = dict.fromkeys(entries, 0)   # acknowledged
        self.asked = dict.fromkeys(entries, 0)
        self.connection = None

    def ask(self, index, value):
        body = json.dumps({"uri": self.uri, "index": index, "value": value})
        headers = {"X-Api-Key": os.environ["API_KEY"], "Content-Type": "application/json"}
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.url.netloc, timeout=3)
            self.connection.request("PATCH", "/status-lists/update", body, headers)
            answer = self.connection.getresponse()
            answer.read()
            return str(answer.status)
        except (OSError, http.client.HTTPException):
            self.connection = None
            return "lost"

    def set(self, index, value):
        self.asked[index] = value
        while not stopped.is_set():
            status = self.ask(index, value)
            with lock:
                counts[status] += 1
            if status == "204":
                self.said[index] = value
                return
            time.sleep(AGAIN)

    def run(self):
        for step in range(STEPS):
            for index in self.entries:
                if stopped.is_set():
                    return
                self.set(index, self.first + random.Random(index).randrange(SPREAD) + step)


def load(url, uri, entries, first, connections, record):
    until_told()
    every = range(int(entries))
    threads = [Updates(url, uri, every[i::int(connections)], int(first))
               for i in range(int(connections))]
    for thread in threads:
        thread.start()
    said = False
    while not stopped.is_set():
        if counts["204"] and not said:
            said = True
            print("running", flush=True)
        stopped.wait(0.05)
    for thread in threads:
        thread.join()
    with open(record, "w", encoding="utf-8") as out:
        for thread in threads:
            for index in thread.entries:
                print(index, thread.said[index], thread.asked[index], file=out)
    for status, n in sorted(counts.items()):
        print(status, n)


# ---- reading ----

class Wrong(Exception):
    pass


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text):
    return int.from_bytes(decoded(text), "big")


def keys_of(path):
    with open(path, encoding="utf-8") as source:
        keys = json.load(source)["keys"]
    return {key["kid"]: ec.EllipticCurvePublicNumbers(
        number(key["x"]), number(key["y"]), ec.SECP256R1()).public_key() for key in keys}


def check_signature(keys, kid, signature, signed):
    if kid not in keys or len(signature) != 64:
        raise Wrong(f"signed by {kid}, whom nobody knows")
    pair = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"),
                                      int.from_bytes(signature[32:], "big"))
    try:
        keys[kid].verify(pair, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise Wrong("the signature is not right") from error


def open_jwt(token, keys):
    signed, _, signature = token.decode().rpartition(".")
    header, claims = (json.loads(decoded(part)) for part in signed.split("."))
    if header["alg"] != "ES256" or header["typ"] != "statuslist+jwt":
        raise Wrong(f"header {header}")
    check_signature(keys, header["kid"], decoded(signature), signed.encode())
    inner = claims["status_list"]
    return claims["sub"], claims["iat"], claims["exp"], inner["bits"], decoded(inner["lst"])


def open_cwt(token, keys):
    tagged = cose_check.whole(token)
    protected, unprotected, payload, signature = tagged.value
    header, claims = cose_check.whole(protected), cose_check.whole(payload)
    if tagged.tag != 18 or header[1] != -7 or header[16] != "application/statuslist+cwt":
        raise Wrong(f"header {header}")
    check_signature(keys, unprotected[4].decode(), signature,
                    b"\x84" + cose_check.string(3, b"Signature1") +
                    cose_check.string(2, protected) + b"\x40" + cose_check.string(2, payload))
    inner = claims[65533]
    return claims[2], claims[6], claims[4], inner["bits"], inner["lst"]


def open_gzip(token, keys):
    return open_jwt(gzip.decompress(token), keys)


FORMS = {"jwt": open_jwt, "jwt.gz": open_gzip, "cwt": open_cwt}


def entries_of(token, form, uri, keys, entries, at):
    """What a list says at a time, if it is right."""
    try:
        sub, iat, exp, bits, lst = FORMS[form](token, keys)
        raw = zlib.decompress(lst)
    except Wrong:
        raise
    except Exception as error:  # whatever half a file leads to
        raise Wrong(f"it is not whole: {error!r}") from error
    if sub != uri:
        raise Wrong(f"it is {sub}")
    if not iat <= at + 1 or not at < exp:
        raise Wrong(f"it is valid from {iat} to {exp}, and it is {at}")
    if bits != 8 or len(raw) != entries:
        raise Wrong(f"it has {len(raw)} entries of {bits} bits")
    return raw


def look(folder, form, path, before, arguments):
    issuer, keys, entries = arguments
    name = os.path.basename(path)
    with open(path, "rb") as source:
        now = int(time.time())
        token = source.read()
    raw = entries_of(token, form, f"{issuer}/status-lists/{name}", keys, entries, now)
    old = before.get((form, name))
    if old is not None and any(new < was for new, was in zip(raw, old)):
        raise Wrong("it took something back")
    before[form, name] = raw


def watch(folder, pool, issuer, jwks, entries):
    until_told()
    before, arguments = {}, (issuer, keys_of(jwks), int(entries))
    names, wrong = set(), []
    while not stopped.is_set():
        names.update(os.path.basename(path) for path in glob.glob(f"{folder}/cwt/{pool}-*"))
        for form in FORMS:
            for name in names:
                path = f"{folder}/{form}/{name}"
                try:
                    look(folder, form, path, before, arguments)
                    counts["read"] += 1
                except FileNotFoundError:
                    counts["absent"] += 1
                except Wrong as error:
                    counts["wrong"] += 1
                    wrong.append(f"# {path}: {error}")
        if counts["read"] >= len(FORMS) and not counts["said"]:
            counts["said"] = 1
            print("running", flush=True)
        stopped.wait(0.02)
    for what in ("read", "absent", "wrong"):
        print(what, counts[what])
    print("\n".join(wrong[:10]))


def lost(folder, name, record):
    with open(f"{folder}/jwt/{name}", encoding="utf-8") as source:
        claims = json.loads(decoded(source.read().split(".")[1]))
    raw = zlib.decompress(decoded(claims["status_list"]["lst"]))
    with open(record, encoding="utf-8") as source:
        for line in source:
            index, said, asked = map(int, line.split())
            if asked > 0 and not said <= raw[index] <= asked:
                print(f"entry {index}: {raw[index]}, acknowledged {said}, asked for {asked}")


def same(one, other):
    for path in sorted(glob.glob(f"{one}/*/*")):
        twin = path.replace(one, other, 1)
        if not os.path.exists(twin):
            print("only one has", path)
            continue
        with open(path, "rb") as a, open(twin, "rb") as b:
            if a.read() != b.read() or os.stat(path).st_mtime_ns != os.stat(twin).st_mtime_ns:
                print("they differ in", path)


if __name__ == "__main__":
    {"load": load, "watch": watch, "lost": lost, "same": same}[sys.argv[1]](*sys.argv[2:])
