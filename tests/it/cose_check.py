# SPDX-License-Identifier: Apache-2.0
"""A Status List Token as a CWT, judged without our code: CBOR by the reader below,
the signature by the package cryptography.

    cose_check.py JWKS_FILE CWT_FILE INDEX

Prints the status, or why there is none.
"""
import base64
import json
import sys
import zlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils


class Tagged:
    def __init__(self, tag, value):
        self.tag, self.value = tag, value


def read(data, at=0):
    """One item at a place, and the place behind it (RFC 8949 section 3)."""
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info >= 24:
        size = {24: 1, 25: 2, 26: 4, 27: 8}[info]
        info, at = int.from_bytes(data[at:at + size], "big"), at + size
    if major in (0, 1):
        return (info if major == 0 else -1 - info), at
    if major in (2, 3):
        text = data[at:at + info]
        return (text if major == 2 else text.decode()), at + info
    if major == 6:
        value, at = read(data, at)
        return Tagged(info, value), at
    items = []
    for _ in range(info * (major - 3)):
        item, at = read(data, at)
        items.append(item)
    return (items if major == 4 else dict(zip(items[::2], items[1::2]))), at


def whole(data):
    value, end = read(data)
    assert end == len(data), "something stands behind it"
    return value


def string(major, data):
    """A string with its head; none here is longer than 65535."""
    n = len(data)
    head = [n | major << 5] if n < 24 else [24 | major << 5, n] if n < 256 else \
        [25 | major << 5, n >> 8, n & 255]
    return bytes(head) + data


def number(text):
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def main():
    jwks, file, index = sys.argv[1:]
    with open(jwks, encoding="utf-8") as source:
        jwk, = json.load(source)["keys"]
    with open(file, "rb") as source:
        token = whole(source.read())
    assert token.tag == 18, "no COSE_Sign1"
    protected, unprotected, payload, signature = token.value
    header, claims = whole(protected), whole(payload)
    assert header[1] == -7 and header[16] == "application/statuslist+cwt", "alg or typ"
    assert unprotected == {4: jwk["kid"].encode()}, "kid"
    signed = b"\x84" + string(3, b"Signature1") + string(2, protected) + b"\x40" + string(2, payload)
    pair = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"),
                                      int.from_bytes(signature[32:], "big"))
    key = ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]), ec.SECP256R1())
    key.public_key().verify(pair, signed, ec.ECDSA(hashes.SHA256()))
    assert sorted(claims) == [2, 4, 6, 65533, 65534], "claims"
    bits, raw = claims[65533]["bits"], zlib.decompress(claims[65533]["lst"])
    at = int(index) * bits
    print(raw[at // 8] >> at % 8 & (1 << bits) - 1)


if __name__ == "__main__":
    main()
