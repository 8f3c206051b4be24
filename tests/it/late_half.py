# SPDX-License-Identifier: Apache-2.0
"""Half a request to the pool; the other half once a file is there.

usage: late_half.py SOCKET SENT GO: makes the file SENT after the first half, and waits
for the file GO. Prints the status of the answer, or what happened instead.
"""
import os
import sys
import time

import fcgi
from load import BODY, VALUES

path, sent, go = sys.argv[1:4]
s = fcgi.connect(path)
data = fcgi.request(VALUES, BODY.encode())
s.sendall(data[:len(data) // 2])
time.sleep(0.3)  # for a process to take it
open(sent, "w").close()
while not os.path.exists(go):
    time.sleep(0.05)
s.sendall(data[len(data) // 2:])
out, ended = fcgi.answer(s)
print(fcgi.split(out)[0] if ended else "no end: %r" % out[:200])
