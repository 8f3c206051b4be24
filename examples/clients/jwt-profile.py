#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A machine user gets an access token with its key file (RFC 7523 section 2.1).

usage: jwt-profile.py KEY_FILE ISSUER [SCOPE...]

KEY_FILE is what "tallystick user key add" gave out. Prints the answer of the
token endpoint. Needs Python 3.8 and the openssl command, and nothing else; the
private key goes to openssl through a pipe and is never written to a file.
"""
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME = 60  # seconds; short, since who has the assertion can use it

# The key's type by its object identifier (in DER), and what it signs with.
ALGORITHMS = [
    ("2a864886f70d010101", "RS256", "sha256", 0),
    ("2a8648ce3d030107", "ES256", "sha256", 32),
    ("2b81040022", "ES384", "sha384", 48),
    ("2b81040023", "ES512", "sha512", 66),
    ("06032b6570", "EdDSA", None, 0),
]


def openssl(key, *arguments):
    """Runs openssl with the private key at the path that {key} stands for."""
    read, write = os.pipe()
    os.write(write, key.encode())  # smaller than a pipe's buffer
    os.close(write)
    try:
        done = subprocess.run(
            ["openssl"] + [a.replace("{key}", f"/dev/fd/{read}") for a in arguments],
            pass_fds=[read], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    finally:
        os.close(read)
    if done.returncode != 0:
        sys.exit("openssl: " + done.stderr.decode().strip())
    return done.stdout


def algorithm_of(key):
    public = openssl(key, "pkey", "-in", "{key}", "-pubout", "-outform", "DER").hex()
    for identifier, *algorithm in ALGORITHMS:
        if identifier in public[:80]:
            return algorithm
    sys.exit("the key is of a type that is not supported")


def joined(der, size):
    """r and s with their full length, out of an ECDSA signature in DER."""
    at = 3 if der[1] & 0x80 else 2
    numbers = b""
    for _ in range(2):
        n = der[at + 1]
        numbers += int.from_bytes(der[at + 2:at + 2 + n], "big").to_bytes(size, "big")
        at += 2 + n
    return numbers


def sign(key, digest, size, data):
    with tempfile.NamedTemporaryFile() as file:  # Ed25519 reads its message twice
        file.write(data)
        file.flush()
        if digest is None:
            return openssl(key, "pkeyutl", "-sign", "-inkey", "{key}", "-rawin", "-in", file.name)
        signature = openssl(key, "dgst", "-" + digest, "-sign", "{key}", file.name)
    return joined(signature, size) if size else signature


def encoded(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def make_assertion(file, audience):
    name, digest, size = algorithm_of(file["key"])
    now = int(time.time())
    header = {"alg": name, "kid": file["keyId"], "typ": "JWT"}
    claims = {
        "iss": file["userId"],
        "sub": file["userId"],
        "aud": audience,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": encoded(os.urandom(16)).decode(),
    }
    text = encoded(header) + b"." + encoded(claims)
    return text + b"." + encoded(sign(file["key"], digest, size, text))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    path, issuer, *scopes = sys.argv[1:]
    with open(path, encoding="utf-8") as source:
        file = json.load(source)
    with urllib.request.urlopen(issuer + "/.well-known/openid-configuration") as answer:
        metadata = json.load(answer)
    if metadata["issuer"] != issuer:
        sys.exit("these are the metadata of " + metadata["issuer"])
    form = {"grant_type": GRANT, "assertion": make_assertion(file, issuer)}
    if scopes:
        form["scope"] = " ".join(scopes)
    try:
        with urllib.request.urlopen(metadata["token_endpoint"],
                                    urllib.parse.urlencode(form).encode()) as answer:
            print(answer.read().decode())
    except urllib.error.HTTPError as refusal:
        sys.exit(refusal.read().decode())


if __name__ == "__main__":
    main()
