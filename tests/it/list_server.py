# SPDX-License-Identifier: Apache-2.0
"""A server that hands out one status list, in good ways and bad ones.

    list_server.py FOLDER LOG [CERTIFICATE KEY]

FOLDER holds list.jwt and list.cwt. Prints its port. Writes each request to LOG,
as "PATH ACCEPT". With a certificate it speaks HTTPS.
"""
import http.server
import pathlib
import ssl
import sys

TYPES = {"jwt": "application/statuslist+jwt", "cwt": "application/statuslist+cwt"}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, suffix):
        body = (self.server.folder / f"list.{suffix}").read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", TYPES[suffix])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, location):
        self.send_response(307)
        self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            pass

    def do_GET(self):
        accept = self.headers.get("Accept", "")
        with open(self.server.log, "a", encoding="utf-8") as log:
            log.write(f"{self.path} {accept}\n")
        if self.path == "/list":
            self.answer("jwt" if "jwt" in accept or "*" in accept else "cwt")
        elif self.path == "/cwt":
            self.answer("cwt")
        elif self.path == "/moved":
            self.redirect("/list")
        elif self.path == "/loop":
            self.redirect("/loop")
        elif self.path == "/downgrade":
            self.redirect(f"http://127.0.0.1:{self.server.server_port}/list")
        elif self.path == "/announced":
            self.send_response(200)
            self.send_header("Content-Length", "100000000")
            self.end_headers()
        elif self.path == "/endless":
            self.endless()
        else:
            self.send_error(404)


def main():
    folder, log, *certificate = sys.argv[1:]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.folder = pathlib.Path(folder)
    server.log = log
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
