# SPDX-License-Identifier: Apache-2.0
"""The FastCGI protocol from the web server's side, as small as it can be, so
that a test can say to the pool what no web server would say."""
import socket
import struct

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES = range(1, 10)
RESPONDER = 1
KEEP = 1


def record(kind, content=b"", request_id=1, version=1, length=None, padding=0):
    """One record; length: what it claims to hold, when that is to be a lie."""
    size = len(content) if length is None else length
    return (struct.pack("!BBHHBx", version, kind, request_id, size, padding)
            + content + bytes(padding))


def begin(role=RESPONDER, flags=0, request_id=1):
    return record(BEGIN, struct.pack("!HB5x", role, flags), request_id)


def pair(name, value):
    out = b""
    for text in (name, value):
        n = len(text)
        out += bytes([n]) if n < 128 else struct.pack("!I", n | 1 << 31)
    return out + name + value


def params(values, request_id=1):
    """values: a list of pairs, for a name may come twice."""
    content = b"".join(pair(n.encode(), v if isinstance(v, bytes) else v.encode())
                       for n, v in values)
    out = b""
    for i in range(0, len(content), 65535):
        out += record(PARAMS, content[i:i + 65535], request_id)
    return out + record(PARAMS, b"", request_id)


def body(content, request_id=1):
    out = b""
    for i in range(0, len(content), 65535):
        out += record(STDIN, content[i:i + 65535], request_id)
    return out + record(STDIN, b"", request_id)


def request(values, content=b"", flags=0):
    return begin(flags=flags) + params(values) + body(content)


def connect(path, timeout=20):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(timeout)
    s.connect(path)
    return s


def read_exactly(s, n):
    out = b""
    while len(out) < n:
        more = s.recv(n - len(out))
        if not more:
            raise EOFError("the pool closed the connection after %d bytes" % len(out))
        out += more
    return out


def answer(s):
    """Reads one answer: what was sent on standard output, and whether the
    request was ended in due form."""
    out = b""
    while True:
        try:
            head = read_exactly(s, 8)
            kind, size, padding = head[1], *struct.unpack("!HB", head[4:7])
            content = read_exactly(s, size + padding)[:size]
        except (EOFError, ConnectionError):
            return out, False
        if kind == STDOUT:
            out += content
        if kind == END:
            return out, True


def split(out):
    """Status, headers (a list of pairs, names in small letters) and body of a
    CGI answer."""
    head, _, content = out.partition(b"\r\n\r\n")
    headers = []
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        headers.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))
    status = dict(headers).get("status", "0 none").split()[0]
    return int(status), headers, content
