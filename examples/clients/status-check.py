#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the status list of a JWT says of it (draft-ietf-oauth-status-list section 8.3).

usage: status-check.py JWKS_FILE TOKEN

JWKS_FILE holds the keys of the token's issuer and of the list's. Prints the status and
exits with 0 when it is valid, 4 when it is another, 1 when nothing can be said. Needs
Python 3.8 and the package cryptography (Debian: python3-cryptography).
"""
import base64
import json
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

NAMES = ["VALID", "INVALID", "SUSPENDED", "APPLICATION_SPECIFIC"]
LIST_MAX = 16 << 20    # bytes, compressed
BYTES_MAX = 128 << 20
LEEWAY = 10            # seconds that other clocks may be ahead

CURVES = {"ES256": (ec.SECP256R1(), hashes.SHA256(), 32),
          "ES384": (ec.SECP384R1(), hashes.SHA384(), 48),
          "ES512": (ec.SECP521R1(), hashes.SHA512(), 66)}
SHA256 = hashes.SHA256()
PADDINGS = {"RS256": padding.PKCS1v15(),
            "PS256": padding.PSS(padding.MGF1(SHA256), SHA256.digest_size)}


class Unknown(Exception):
    """Nothing can be said about the token."""


def decoded(text):
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise Unknown("that is no base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text):
    return int.from_bytes(decoded(text), "big")


def check_signature(alg, jwk, signature, data):
    """Raises unless it is this key's, of the key's own algorithm."""
    if alg in CURVES and jwk["kty"] == "EC":
        curve, digest, size = CURVES[alg]
        key = ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]), curve)
        halves = signature[:size], signature[size:]
        if len(signature) != 2 * size:
            raise InvalidSignature
        pair = utils.encode_dss_signature(*(int.from_bytes(half, "big") for half in halves))
        key.public_key().verify(pair, data, ec.ECDSA(digest))
    elif alg in PADDINGS and jwk["kty"] == "RSA":
        key = rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"]))
        key.public_key().verify(signature, data, PADDINGS[alg], SHA256)
    elif alg == "EdDSA" and jwk["kty"] == "OKP":
        key = ed25519.Ed25519PublicKey.from_public_bytes(decoded(jwk["x"]))
        key.verify(signature, data)
    else:
        raise InvalidSignature


def verified(token, keys):
    """Header and claims of a JWT that one of the keys has signed and whose time is right."""
    try:
        data, _, signature = token.rpartition(".")
        header, claims = (json.loads(decoded(part)) for part in data.split("."))
        jwk = next(key for key in keys if key.get("kid") == header.get("kid")
                   and key.get("alg", header["alg"]) == header["alg"])
        check_signature(header["alg"], jwk, decoded(signature), data.encode())
    except (ValueError, KeyError, StopIteration, InvalidSignature) as error:
        raise Unknown("it is not signed by one of the keys") from error
    now = time.time()
    if claims.get("exp", now + 1) <= now:
        raise Unknown("it has expired")
    if max(claims.get("iat", 0), claims.get("nbf", 0)) > now + LEEWAY or "crit" in header:
        raise Unknown("it is not valid yet, or has a critical header")
    return header, claims


def fetched(uri):
    url = urllib.parse.urlsplit(uri)
    if url.scheme != "https" and url.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise Unknown(f"{uri} is not fetched: it is not https")
    request = urllib.request.Request(uri, headers={"Accept": "application/statuslist+jwt"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read(LIST_MAX + 1)
    except OSError as error:
        raise Unknown(f"the list cannot be fetched: {error}") from error
    if len(text) > LIST_MAX:
        raise Unknown("the list is too large")
    return text.decode("latin-1").strip()


def inflated(lst):
    try:
        engine = zlib.decompressobj()
        raw = engine.decompress(decoded(lst), BYTES_MAX)
    except zlib.error as error:
        raise Unknown("the list is not compressed as it should be") from error
    if not engine.eof or engine.unused_data:
        raise Unknown("the list is too large, cut, or has something behind it")
    return raw


def status(token, keys):
    # The token first: for one that is not good, nothing is fetched.
    _, claims = verified(token.split("~")[0], keys)
    reference = claims.get("status", {}).get("status_list", {})
    uri, idx = reference.get("uri"), reference.get("idx")
    if not isinstance(uri, str) or type(idx) is not int or idx < 0:
        raise Unknown("the token refers to no status list")
    header, claims = verified(fetched(uri), keys)
    if header.get("typ") != "statuslist+jwt" or claims.get("sub") != uri or "iat" not in claims:
        raise Unknown("that is no status list, or one of another URI")
    bits = claims["status_list"]["bits"]
    if bits not in (1, 2, 4, 8):
        raise Unknown("bits is not 1, 2, 4 or 8")
    raw = inflated(claims["status_list"]["lst"])
    if idx >= len(raw) * 8 // bits:
        raise Unknown("idx is beyond the end of the list")
    # The first entry is in the least significant bits of the first byte (section 4.1).
    return raw[idx * bits // 8] >> idx * bits % 8 & (1 << bits) - 1


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    with open(sys.argv[1], encoding="utf-8") as file:
        keys = json.load(file)["keys"]
    try:
        value = status(sys.argv[2], keys)
    except Unknown as reason:
        print(f"UNKNOWN: {reason}")
        sys.exit(1)
    print(NAMES[value] if value < len(NAMES) else value)
    sys.exit(4 if value else 0)


if __name__ == "__main__":
    main()
