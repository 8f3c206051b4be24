# SPDX-License-Identifier: Apache-2.0
"""A database server that knows no login but by mysql_clear_password, as Amazon
RDS wants it for IAM tokens; no free server does.

    clear_server.py CERTIFICATE KEY LOG

Prints its port. Writes to LOG, for each login that was tried, whether the line was
encrypted and which password was sent (or "none"), and refuses it.
"""
import socket
import ssl
import struct
import sys

CLIENT_SSL = 0x800
# Long password, protocol 4.1, SSL, transactions, secure connection, plugin auth
# (with lengths above 250), connection attributes, a default database.
CAPABILITIES = (0x1 | 0x8 | 0x200 | CLIENT_SSL | 0x2000 | 0x8000 | 0x80000 | 0x100000
                | 0x200000)


class Peer:
    def __init__(self, conn):
        self.conn = conn

    def read(self, n):
        data = b""
        while len(data) < n:
            part = self.conn.recv(n - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def packet(self):
        head = self.read(4)
        self.number = head[3] + 1
        return self.read(int.from_bytes(head[:3], "little"))

    def send(self, number, data):
        self.conn.sendall(len(data).to_bytes(3, "little") + bytes([number]) + data)


def greeting():
    nonce = b"abcdefghijklmnopqrst"
    return (b"\x0a8.0.99-fake\x00" + struct.pack("<I", 7) + nonce[:8] + b"\x00"
            + struct.pack("<HBHH", CAPABILITIES & 0xffff, 45, 2, CAPABILITIES >> 16)
            + bytes([21]) + bytes(10) + nonce[8:] + b"\x00caching_sha2_password\x00")


def login(conn, context):
    """Whether it was encrypted, and the password."""
    peer = Peer(conn)
    peer.send(0, greeting())
    answer = peer.packet()
    encrypted = bool(struct.unpack("<I", answer[:4])[0] & CLIENT_SSL)
    password = "none"
    try:
        if encrypted:
            peer.conn = context.wrap_socket(conn, server_side=True)
            peer.packet()
        peer.send(peer.number, b"\xfemysql_clear_password\x00")
        password = peer.packet().rstrip(b"\x00").decode()
        peer.send(peer.number, b"\xff" + struct.pack("<H", 1045) + b"#28000Not today")
    except (EOFError, OSError):
        pass
    return encrypted, password


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    while True:
        conn, _ = server.accept()
        conn.settimeout(10)
        try:
            encrypted, password = login(conn, context)
        except (EOFError, OSError):
            continue
        finally:
            conn.close()
        with open(sys.argv[3], "a", encoding="utf-8") as log:
            print("encrypted" if encrypted else "plain", password, file=log)


main()
