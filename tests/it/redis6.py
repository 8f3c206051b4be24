# SPDX-License-Identifier: Apache-2.0
"""A durable replica of Redis 6, as far as a client of scripts sees it: redis6.py SOCKET"""
import socket
import sys

READONLY = (b"-ERR Error running script (call to f_0): @user_script:20: @user_script: 20: "
            b"-READONLY You can't write against a read only replica. \r\n")
INFO = b"# Persistence\r\naof_enabled:1\r\n# Memory\r\nmaxmemory:0\r\n"
ANSWERS = {
    b"PING": b"+PONG\r\n",
    b"INFO": b"$%d\r\n%s\r\n" % (len(INFO), INFO),
    b"CONFIG": b"*2\r\n$11\r\nappendfsync\r\n$6\r\nalways\r\n",
    b"EVALSHA": READONLY,
}


def command(stream):
    """The words of the next command; none at the end."""
    head = stream.readline()
    words = []
    for _ in range(int(head[1:]) if head else 0):
        size = int(stream.readline()[1:])
        words.append(stream.read(size + 2)[:-2])
    return words


listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
while True:
    with listener.accept()[0] as conn, conn.makefile("rb") as stream:
        while words := command(stream):
            conn.sendall(ANSWERS.get(words[0], b"-ERR unknown command\r\n"))
