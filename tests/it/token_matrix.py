# SPDX-License-Identifier: Apache-2.0
"""Requests to the token endpoint and its neighbours, good and bad, with what
has to come of each.

usage: token_matrix.py http PORT FOLDER LOG      through a web server
       token_matrix.py fastcgi SOCKET FOLDER LOG straight to the pool

Client and secret are in DEMO_CLIENT_ID and DEMO_CLIENT_SECRET. One line per
case on standard output: its name, a tab, and "ok" or what was wrong. FOLDER
gets an answer per case, so that those of two web servers can be compared, and
the file "secrets", a line for each string that no log may hold.

What is left out of an answer, since it rightly differs between web servers or
between requests: the reason phrase; the headers Date, Server, Connection and
Keep-Alive; the value of X-Request-Id and "request_id"; the token.
"""
import base64
import json
import os
import re
import socket
import sys
import time

import fcgi

ID = os.environ["DEMO_CLIENT_ID"]
SECRET = os.environ["DEMO_CLIENT_SECRET"]
# Part of every wrong secret that is sent, so that the logs can be searched.
WRONG = "hush-hush-not-the-secret"
TOKEN = "/oauth2/token"
FORM = "application/x-www-form-urlencoded"
GRANT = "grant_type=client_credentials"
BODY_MAX = 65536

IGNORED = {"date", "server", "connection", "keep-alive"}
EXPECTED = {"content-type", "pragma", "content-length", "cache-control", "x-request-id",
            "allow", "www-authenticate", "retry-after"}


def basic(user=ID, password=SECRET):
    pair = user + ":" + password
    return "Basic " + base64.b64encode(pair.encode("latin-1")).decode()


class Case:
    """One request, and what is expected. The meaning of `status`: a number is
    the answer of Tallystick, the same through every web server; a set of
    numbers and None (no answer) is what a web server may say by itself."""

    def __init__(self, name, status, body=GRANT, method="POST", path=TOKEN, type=FORM,
                 auth=True, headers=(), error=None, why=None, scope=None, raw=None,
                 length=True, expect=None, half_close=False, cached=None):
        self.name = name
        self.status = status
        self.body = body if isinstance(body, bytes) else body.encode()
        self.method = method
        self.path = path
        self.type = type
        self.auth = basic() if auth is True else auth
        self.headers = list(headers)
        self.error = error
        self.why = why
        self.scope = scope
        self.raw = raw
        self.length = length
        self.expect = expect
        self.half_close = half_close
        self.cached = cached

    def ours(self):
        return isinstance(self.status, int)

    def request(self, host):
        if self.raw is not None:
            return self.raw.replace(b"@HOST@", host.encode()).replace(
                b"@AUTH@", basic().encode()), b""
        lines = ["%s %s HTTP/1.1" % (self.method, self.path), "Host: " + host,
                 "Connection: close"]
        if self.auth:
            lines.append("Authorization: " + self.auth)
        if self.type:
            lines.append("Content-Type: " + self.type)
        if self.length is True and (self.body or self.method == "POST"):
            lines.append("Content-Length: %d" % len(self.body))
        elif isinstance(self.length, str):
            lines.append("Content-Length: " + self.length)
        lines += self.headers
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return head, self.body


def refused(name, body, error, why, status=400, **more):
    return Case(name, status, body=body, error=error, why=why, **more)


def unclean(name, body, why="form", **more):
    return refused(name, body, "invalid_request", why, **more)


def chunked(body):
    body = body.encode() if isinstance(body, str) else body
    return b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 1000]), body[i:i + 1000])
                    for i in range(0, len(body), 1000)) + b"0\r\n\r\n"


POST = "client_id=%s&client_secret=%s" % (ID, SECRET)
# A line that would look like one of the log's own.
FORGED = "2026-01-01T00:00:00.000Z notice tallystick[1] - forged"

GOOD = [
    Case("basic", 200, scope="read"),
    Case("post", 200, body=GRANT + "&" + POST, auth=None, scope="read"),
    Case("scope asked for", 200, body=GRANT + "&scope=write", scope="write"),
    Case("scope: order and duplicates", 200, body=GRANT + "&scope=write+read+write",
         scope="read write"),
    Case("scope: a pattern's", 200, body=GRANT + "&scope=device_42+device_",
         scope="device_ device_42"),
    Case("scope without a value", 200, body=GRANT + "&scope=", scope="read"),
    Case("scope: blank as %20", 200, body=GRANT + "&scope=read%20write", scope="read write"),
    Case("escapes in names and values", 200, body="gr%61nt_type=client%5Fcredential%73",
         scope="read"),
    Case("content type with charset", 200, type=FORM + "; charset=UTF-8", scope="read"),
    Case("content type in capitals", 200, type=FORM.upper(), scope="read"),
    Case("unknown parameters", 200, body=GRANT + "&foo=bar&empty=&%C3%A9=%E2%82%AC&resource",
         scope="read"),
    Case("empty fields", 200, body="&&" + GRANT + "&", scope="read"),
    Case("Basic in small letters", 200, auth=basic().replace("Basic", "basic"), scope="read"),
    Case("Basic with escapes", 200, auth=basic("%64emo" if ID == "demo" else ID), scope="read"),
    Case("Basic and the same client_id", 200, body=GRANT + "&client_id=" + ID, scope="read"),
    Case("query is ignored", 200, path=TOKEN + "?scope=write&x=%20&y", scope="read"),
    Case("secret in the query is no authentication", 401, auth=None, error="invalid_client",
         path="%s?%s&client_id=x&client_secret=%s" % (TOKEN, GRANT, WRONG),
         why="no client authentication"),
    Case("chunked body", 200, body=chunked(GRANT + "&scope=write"), length=False,
         headers=["Transfer-Encoding: chunked"], scope="write"),
    Case("Expect: 100-continue", 200, headers=["Expect: 100-continue"], expect=100, scope="read"),
    Case("64 KiB less one, with one huge unknown parameter", 200,
         body=GRANT + "&x=" + "y" * (BODY_MAX - len(GRANT) - 4), scope="read"),
    Case("exactly 64 KiB", 200, body=GRANT + "&x=" + "y" * (BODY_MAX - len(GRANT) - 3),
         scope="read"),
    Case("HTTP/1.0", 200, raw=b"POST /oauth2/token HTTP/1.0\r\nHost: @HOST@\r\n"
         b"Authorization: @AUTH@\r\nContent-Type: " + FORM.encode() +
         b"\r\nContent-Length: %d\r\n\r\n%s" % (len(GRANT), GRANT.encode()), scope="read"),
    Case("forged headers", 200, scope="read", headers=[
        "Remote-User: root", "REMOTE_USER: root", "Proxy: evil:1", "Request-Method: DELETE",
        "X-Forwarded-Prefix: /x", "X-Forwarded-For: 1.2.3.4", "Content_Length: 0",
        "SSL-Client-Verify: SUCCESS", "SSL_CLIENT_S_DN: CN=root", "X_Y: a", "X-Y: b",
        "Content_Type: text/plain", "Script-Name: /x"]),
    Case("compression is not applied", 200, headers=["Accept-Encoding: gzip, deflate, br"],
         scope="read"),
]

BAD = [
    # methods
    Case("GET", 405, method="GET", body="", type=None, error="method_not_allowed",
         why="only POST"),
    Case("HEAD", 405, method="HEAD", body="", type=None, error="method_not_allowed",
         why="only POST"),
    Case("PUT", 405, method="PUT", error="method_not_allowed", why="only POST"),
    Case("DELETE", 405, method="DELETE", body="", error="method_not_allowed", why="only POST"),
    Case("PATCH", 405, method="PATCH", error="method_not_allowed", why="only POST"),
    Case("unknown method", {400, 405, 501}, method="BREW"),
    Case("TRACE", {200, 400, 405, 501}, method="TRACE", body="", auth=None, type=None),
    Case("POST to the key set", 405, path="/oauth2/jwks", error="method_not_allowed",
         why="only GET, HEAD"),
    # content type and body
    unclean("JSON", '{"grant_type":"client_credentials"}', "content type", type="application/json"),
    unclean("multipart", "--x\r\n", "content type", type="multipart/form-data; boundary=x"),
    unclean("text/plain", GRANT, "content type", type="text/plain"),
    unclean("a type that only begins so", GRANT, "content type", type=FORM + "x"),
    unclean("no content type", GRANT, "content type", type=None),
    unclean("no content type, no body", "", "content type", type=None),
    unclean("empty body", "", "no grant_type"),
    Case("no Content-Length and no body", {400, 411}, body="", length=False),
    unclean("no grant_type", "scope=read", "no grant_type"),
    unclean("grant_type without a value", "grant_type=&scope=read", "no grant_type"),
    unclean("one byte too many", GRANT + "&x=" + "y" * (BODY_MAX - len(GRANT) - 2),
            "at most 65536", status=413),
    unclean("100 000 bytes", GRANT + "&x=" + "y" * 100000, "at most 65536", status=413),
    unclean("64 KiB and one, chunked",
            chunked(GRANT + "&x=" + "y" * (BODY_MAX - len(GRANT) - 2)),
            "(more than|at most) 65536", status=413, length=False,
            headers=["Transfer-Encoding: chunked"]),
    Case("1 MB", {413, None}, body=b"x" * 1000000),
    Case("1 MB, chunked", {413, 500, None}, body=chunked(b"x" * 1000000), length=False,
         headers=["Transfer-Encoding: chunked"]),
    # the announced length
    Case("Content-Length negative", {400, 413}, length="-1"),
    Case("Content-Length no number", {400, 413}, length="29x"),
    Case("Content-Length with a sign", {400}, length="+%d" % len(GRANT)),
    Case("Content-Length huge", {400, 413}, length="99999999999999999999"),
    Case("Content-Length 10 GB", {400, 408, 413, 500, 502}, length="10000000000", half_close=True),
    Case("Content-Length twice", {400}, headers=["Content-Length: 5"]),
    Case("Content-Length and chunks", {200, 400}, body=chunked(GRANT), length="5",
         headers=["Transfer-Encoding: chunked"]),
    Case("body shorter than announced", {400, 408, 500, 502, None}, length="100", half_close=True),
    Case("bad chunk", {400, 413, 502, None}, body=b"zz\r\nxx\r\n0\r\n\r\n", length=False,
         headers=["Transfer-Encoding: chunked"]),
    # the form
    unclean("grant_type twice", GRANT + "&" + GRANT, "given twice"),
    unclean("scope twice", GRANT + "&scope=read&scope=read", "given twice"),
    unclean("client_id twice", GRANT + "&" + POST + "&client_id=" + ID, "given twice", auth=None),
    unclean("unknown parameter twice", GRANT + "&foo=1&foo=2", "given twice"),
    unclean("twice, once escaped", GRANT + "&scope=read&sc%6Fpe=read", "given twice"),
    unclean("33 parameters", GRANT + "".join("&p%d=" % i for i in range(32)),
            "too many parameters"),
    unclean("%-escape cut off", GRANT + "&scope=read%2", "%-escape"),
    unclean("%-escape alone", GRANT + "&scope=read%", "%-escape"),
    unclean("%-escape of no digits", GRANT + "&scope=%zzread", "%-escape"),
    unclean("%-escape in a name", GRANT + "&%gg=1", "%-escape"),
    unclean("NUL", GRANT.encode() + b"&scope=re\0ad", "NUL"),
    unclean("NUL as an escape", GRANT + "&scope=read%00", "NUL"),
    unclean("invalid UTF-8", GRANT.encode() + b"&scope=\xff\xfe", "UTF-8"),
    unclean("invalid UTF-8 as escapes", GRANT + "&foo=%c3%28", "UTF-8"),
    unclean("overlong UTF-8", GRANT + "&foo=%c0%af", "UTF-8"),
    unclean("surrogate in UTF-8", GRANT + "&foo=%ed%a0%80", "UTF-8"),
    # grants
    refused("unknown grant", "grant_type=telepathy", "unsupported_grant_type", "telepathy"),
    refused("grant in capitals", "grant_type=CLIENT_CREDENTIALS", "unsupported_grant_type",
            "CLIENT_CREDENTIALS"),
    refused("grant with a blank", "grant_type=client_credentials+", "unsupported_grant_type",
            "client_credentials"),
    refused("a URN", "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Asaml2-bearer",
            "unsupported_grant_type", "saml2-bearer"),
    refused("64 KiB of grant", "grant_type=" + "g" * 65000, "unsupported_grant_type", "unknown grant_type .ggg"),
    # client authentication
    refused("unknown client", GRANT, "invalid_client", "unknown client", 401,
            auth=basic("nobody", WRONG)),
    refused("wrong secret", GRANT, "invalid_client", "wrong or expired secret", 401,
            auth=basic(ID, WRONG)),
    refused("unknown client, post", GRANT + "&client_id=nobody&client_secret=" + WRONG,
            "invalid_client", "unknown client", 401, auth=None),
    refused("wrong secret, post", "%s&client_id=%s&client_secret=%s" % (GRANT, ID, WRONG),
            "invalid_client", "wrong or expired secret", 401, auth=None),
    refused("secret with a byte more", GRANT, "invalid_client", "wrong or expired secret", 401,
            auth=basic(ID, SECRET + "x")),
    refused("secret with a byte less", GRANT, "invalid_client", "wrong or expired secret", 401,
            auth=basic(ID, SECRET[:-1])),
    refused("secret in capitals", GRANT, "invalid_client", "wrong or expired secret", 401,
            auth=basic(ID, SECRET.upper())),
    refused("empty secret", GRANT, "invalid_client", "wrong or expired secret", 401, auth=basic(ID, "")),
    refused("client in capitals", GRANT, "invalid_client", "unknown client", 401,
            auth=basic(ID.upper(), SECRET)),
    refused("client with a blank", GRANT, "invalid_client", "unknown client", 401,
            auth=basic(ID + "%20", SECRET)),
    refused("very long client", GRANT, "invalid_client", "unknown client", 401,
            auth=basic("c" * 2000, WRONG)),
    refused("client as SQL", GRANT, "invalid_client", "unknown client", 401,
            auth=basic("x' OR '1'='1", WRONG)),
    refused("no authentication", GRANT, "invalid_client", "no client authentication", 401,
            auth=None),
    refused("client_id alone", GRANT + "&client_id=" + ID, "invalid_client",
            "without authentication came confidential", 401, auth=None),
    refused("client_secret alone", GRANT + "&client_secret=" + WRONG, "invalid_request",
            "without client_id", auth=None),
    refused("Bearer", GRANT, "invalid_client", "unknown scheme", 401, auth="Bearer " + WRONG),
    refused("Basic with nothing", GRANT, "invalid_client", "malformed Basic", 401, auth="Basic"),
    refused("Basic that is no base64", GRANT, "invalid_client", "malformed Basic", 401,
            auth="Basic !!" + WRONG),
    refused("Basic without a colon", GRANT, "invalid_client", "malformed Basic", 401,
            auth="Basic " + base64.b64encode(WRONG.encode()).decode()),
    refused("Basic with a NUL", GRANT, "invalid_client", "malformed Basic", 401,
            auth=basic(ID + "\0", WRONG)),
    refused("Basic with a line break", GRANT, "invalid_client", "malformed Basic", 401,
            auth=basic(ID + "\r\n" + FORGED, WRONG)),
    refused("Basic with a bad %-escape", GRANT, "invalid_client", "malformed Basic", 401,
            auth=basic(ID, WRONG + "%zz")),
    refused("Basic with 6 KB", GRANT, "invalid_client", "malformed Basic|unknown client", 401,
            auth=basic("x" * 4500, WRONG)),
    refused("two methods", GRANT + "&" + POST, "invalid_request", "both client_secret_"),
    refused("Basic and another client_id", GRANT + "&client_id=other", "invalid_request",
            "differs"),
    refused("a log line as client_id",
            GRANT + "&client_secret=%s&client_id=x%%0d%%0a%s" % (WRONG, FORGED.replace(" ", "+")),
            "invalid_client", r"unknown client x\\x0d\\x0a2026", 401, auth=None),
    refused("a log line as grant", "grant_type=x%0a" + FORGED.replace(" ", "+"),
            "unsupported_grant_type", r"\\x0a2026"),
    Case("Authorization twice", {400, 401}, headers=["Authorization: " + basic("nobody", WRONG)]),
    # scopes
    refused("scope not allowed", GRANT + "&scope=admin", "invalid_scope", 'scope "admin"'),
    refused("one scope of two not allowed", GRANT + "&scope=read+admin", "invalid_scope",
            'scope "admin"'),
    refused("scope in capitals", GRANT + "&scope=READ", "invalid_scope", 'scope "READ"'),
    refused("scope that is the pattern's beginning", GRANT + "&scope=device", "invalid_scope",
            'scope "device"'),
    refused("scope with two blanks", GRANT + "&scope=read++write", "invalid_scope", "scope of"),
    refused("scope with a quote", GRANT + "&scope=read%22", "invalid_scope", "scope of"),
    refused("scope with a backslash", GRANT + "&scope=re%5Cad", "invalid_scope", "scope of"),
    refused("scope with a tab", GRANT + "&scope=read%09write", "invalid_scope", "scope of"),
    refused("scope beyond ASCII", GRANT + "&scope=%C3%A9", "invalid_scope", "scope of"),
    refused("64 KiB scope", GRANT + "&scope=" + "s" * (BODY_MAX - len(GRANT) - 7),
            "invalid_scope", "scope of 6[0-9]{4} bytes"),
    refused("64 KiB of scopes", GRANT + "&scope=" + "s+" * 32000, "invalid_scope",
            "scope of 6[0-9]{4} bytes"),
]

PATHS = [
    Case("key set", 200, method="GET", path="/oauth2/jwks", body="", type=None, auth=None,
         cached=True),
    Case("key set, HEAD", 200, method="HEAD", path="/oauth2/jwks", body="", type=None,
         auth=None, cached=True),
    Case("key set, a range of it", 200, method="GET", path="/oauth2/jwks", body="", type=None,
         auth=None, headers=["Range: bytes=0-4", "Accept-Encoding: gzip"], cached=True),
    Case("metadata", 200, method="GET", path="/.well-known/oauth-authorization-server", body="",
         type=None, auth=None, cached=True),
    Case("metadata of OpenID", 200, method="GET", path="/.well-known/openid-configuration",
         body="", type=None, auth=None, cached=True),
    Case("metadata to another Host", 200, cached=True,
         raw=b"GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: evil.example\r\n"
         b"X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"),
    Case("live", 200, method="GET", path="/health/live", body="", type=None, auth=None,
         cached=False),
    Case("ready", 200, method="GET", path="/health/ready", body="", type=None, auth=None,
         cached=False),
    Case("ready: sees the credentials", 200, method="GET", path="/health/ready", body="",
         type=None, cached=False),
] + [
    Case("path " + path, 404, path=path, error="not_found", why="no such path")
    for path in ("/oauth2/", "/oauth2/tokens", "/oauth2/token/", "/oauth2/token/x", "/oauth2//token",
                 "/oauth2/%74oken", "/oauth2/%2ftoken", "/oauth2/TOKEN", "/oauth2/token;x=1",
                 "/health/",
                 "/.well-known/oauth-authorization-server/x")
] + [
    Case("path " + path[:40], {400, 403, 404, 405, 414, 431}, path=path)
    for path in ("/oauth2/token%00", "/.well-known/oauth-authorization-serverx", "//oauth2/token", "/oauth2%2ftoken", "/oauth2/../oauth2/token",
                 "/oauth2/./token", "/oauth2/%2e%2e/oauth2/token", "/x/../oauth2/token",
                 "/OAUTH2/token", "/", "/oauth2/" + "x" * 9000, "*", "/oauth2/to\\ken")
] + [
    # Headers as they should not be: the web server's business. What matters is
    # that nothing of it comes back, and that nothing breaks.
    Case("a bare CR in a header", {200, 400}, headers=["X-Evil: a\rInjected: yes"]),
    Case("a bare LF in a header", {200, 400}, headers=["X-Evil: a\nInjected: yes"]),
    Case("a NUL in a header", {200, 400}, headers=["X-Evil: a\0b"]),
    Case("a folded header", {200, 400}, headers=["X-Evil: a\r\n Injected: yes"]),
    Case("a blank before the colon", {200, 400}, headers=["X-Evil : a"]),
    Case("20 KB of header", {200, 400, 431}, headers=["X-Long: " + "x" * 20000]),
    Case("300 headers", {200, 400, 431}, headers=["X-%d: x" % i for i in range(300)]),
    Case("no request at all", {400, 408, 501, None}, raw=b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" * 9,
         half_close=True),
    Case("CR LF in the path", {400, 404}, path="/oauth2/token%0d%0aInjected:%20yes"),
]


# What a web server would never send.
def parameters(method="POST", uri=TOKEN, length=None, type=FORM, auth=True, more=()):
    values = [("REQUEST_METHOD", method), ("REQUEST_URI", uri), ("REMOTE_ADDR", "127.0.0.1"),
              ("SERVER_PROTOCOL", "HTTP/1.1")]
    if type is not None:
        values.append(("CONTENT_TYPE", type))
    if length is not None:
        values.append(("CONTENT_LENGTH", length))
    if auth:
        values.append(("HTTP_AUTHORIZATION", basic() if auth is True else auth))
    return values + list(more)


class Direct(Case):
    def __init__(self, name, status, values, body=GRANT, **more):
        super().__init__(name, status, body=body, **more)
        self.values = values


RIGHT = str(len(GRANT))
DIRECT = [
    Direct("right", 200, parameters(length=RIGHT), scope="read"),
    Direct("CONTENT_LENGTH missing", 200, parameters(), scope="read"),
    Direct("CONTENT_LENGTH empty", 200, parameters(length=""), scope="read"),
    Direct("CONTENT_LENGTH with zeros", 200, parameters(length="00" + RIGHT), scope="read"),
    Direct("64 KiB, CONTENT_LENGTH missing", 413, parameters(), error="invalid_request",
           body=GRANT + "&x=" + "y" * BODY_MAX, why="more than 65536"),
] + [
    Direct("CONTENT_LENGTH " + name, status, parameters(length=length), error="invalid_request",
           why=why)
    for name, length, status, why in (
        ("too large", "29999", 400, "shorter than the 29999"),
        ("one too large", str(len(GRANT) + 1), 400, "shorter"),
        ("one too small", str(len(GRANT) - 1), 400, "longer"),
        ("zero with a body", "0", 400, "longer"),
        ("negative", "-1", 400, "no number"),
        ("with a plus", "+29", 400, "no number"),
        ("with a blank", " 29", 400, "no number"),
        ("hexadecimal", "0x1d", 400, "no number"),
        ("a word", "many", 400, "no number"),
        ("65537", "65537", 413, "at most 65536"),
        ("2^31", "2147483648", 413, "at most 65536"),
        ("2^32 and the right one", str(2**32 + len(GRANT)), 413, "at most 65536"),
        ("2^64", "18446744073709551616", 413, "at most 65536"),
        ("2^64 and the right one", str(2**64 + len(GRANT)), 413, "at most 65536"),
        ("of 40 digits", "9" * 40, 400, "too long"),
    )
] + [
    Direct(name, 400, values, error="invalid_request", why="too long, repeated")
    for name, values in (
        ("CONTENT_LENGTH twice", parameters(length=RIGHT, more=[("CONTENT_LENGTH", "5")])),
        ("REQUEST_METHOD twice", parameters(length=RIGHT, more=[("REQUEST_METHOD", "GET")])),
        ("HTTP_AUTHORIZATION twice",
         parameters(length=RIGHT, more=[("HTTP_AUTHORIZATION", basic("nobody", WRONG))])),
        ("a line break in HTTP_AUTHORIZATION",
         parameters(length=RIGHT, auth="Basic x\r\n" + FORGED)),
        ("a line break in REQUEST_URI", parameters(length=RIGHT, uri=TOKEN + "\n" + FORGED)),
        ("a line break in CONTENT_TYPE", parameters(length=RIGHT, type="x\r\n" + FORGED)),
        ("a line break in REQUEST_METHOD", parameters(length=RIGHT, method="POST\r\nx")),
        ("a line break in REMOTE_ADDR", parameters(length=RIGHT)[:2] +
         [("REMOTE_ADDR", "127.0.0.1\n" + FORGED)]),
        ("REQUEST_URI of 9000", parameters(length=RIGHT, uri="/oauth2/" + "x" * 9000)),
        ("HTTP_AUTHORIZATION of 9000", parameters(length=RIGHT, auth="Basic " + "x" * 9000)),
        ("REQUEST_METHOD of 100", parameters(length=RIGHT, method="X" * 100)),
    )
] + [
    Direct("forged parameters", 200, parameters(length=RIGHT, more=[
        ("REMOTE_USER", "root"), ("HTTP_PROXY", "evil:1"), ("SSL_CLIENT_VERIFY", "SUCCESS"),
        ("LD_PRELOAD", "/x.so"), ("PATH", ""), ("TALLYSTICK_CONF", "/nowhere"),
        ("OPENSSL_CONF", "/nowhere"), ("HTTP_CONTENT_LENGTH", "5"), ("AUTH_TYPE", "Basic"),
        ("PATH_INFO", "/../x"), ("SCRIPT_NAME", "/x"), ("DOCUMENT_URI", "/x"),
        ("HTTP_HOST", "evil.example"), ("", ""), ("=", "="), ("A" * 3000, "B" * 60000)]),
        scope="read"),
    Direct("no REQUEST_METHOD", 405, parameters(length=RIGHT)[1:], error="method_not_allowed",
           why="only POST"),
    Direct("no REQUEST_URI", 404, parameters(length=RIGHT)[:1] + parameters(length=RIGHT)[2:],
           error="not_found", why="no such path"),
    Direct("no parameters at all", 404, [], error="not_found", why="no such path"),
    Direct("no parameters and no body", 404, [], body="", error="not_found", why="no such path"),
    Direct("PATH_INFO instead of a path", 404, parameters(
        length=RIGHT, uri="/oauth2", more=[("PATH_INFO", "/token")]), error="not_found",
        why="no such path"),
    Direct("an absolute URI", 404, parameters(length=RIGHT, uri="http://x/oauth2/token"),
           error="not_found", why="no such path"),
    Direct("a body for the key set", 413, parameters(
        method="GET", uri="/oauth2/jwks", length="5"), body="12345", error="invalid_request",
        why="at most 0"),
    Direct("REQUEST_URI with other bytes", 404, parameters(length=RIGHT, uri=b"/oauth2/\xff\xc0\x80"),
           error="not_found", why="no such path"),
]


# ---- sending ---------------------------------------------------------------

def receive(s):
    out = b""
    try:
        while True:
            more = s.recv(65536)
            if not more:
                return out
            out += more
    except OSError:
        return out


def send(case, port):
    head, body = case.request("127.0.0.1:%d" % port)
    s = socket.create_connection(("127.0.0.1", port), timeout=30)
    early = b""
    try:
        if case.expect:
            s.sendall(head)
            early = s.recv(65536)
            if early.startswith(b"HTTP/1.1 100"):
                s.sendall(body)
        else:
            s.sendall(head + body)
        if case.half_close:
            s.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # it has heard enough; the answer may be there all the same
    out = early + receive(s)
    s.close()
    while out.startswith(b"HTTP/1.1 1"):
        out = out.partition(b"\r\n\r\n")[2]
    return out


def unchunk(data):
    out = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        n = int(size.split(b";")[0], 16)
        if n == 0:
            break
        out += data[:n]
        data = data[n + 2:]
    return out


def through_web_server(case, port):
    out = send(case, port)
    if not out.startswith(b"HTTP/1."):
        return None, [], out
    status = int(out.split(b" ", 2)[1][:3])
    _, headers, body = fcgi.split(out.partition(b"\r\n")[2])
    if ("transfer-encoding", "chunked") in headers:
        body = unchunk(body)
    return status, headers, body


def through_fastcgi(case, path):
    s = fcgi.connect(path)
    try:
        s.sendall(fcgi.request(case.values, case.body))
    except OSError:
        pass
    out, ended = fcgi.answer(s)
    s.close()
    if not ended:
        return None, [], out
    status, headers, body = fcgi.split(out)
    return status, [h for h in headers if h[0] != "status"], body


# ---- judging ---------------------------------------------------------------

class Judge:
    def __init__(self, folder, log):
        self.folder = folder
        self.log = log
        self.secrets = {SECRET, WRONG}
        self.found = {}

    def note_token(self, token):
        self.secrets.add(token)
        self.secrets.add(token.rsplit(".", 1)[1])

    def check_headers(self, case, headers):
        names = [n for n, _ in headers if n not in IGNORED]
        for name in names:
            if name not in EXPECTED:
                yield "header %s" % name
            if names.count(name) > 1:
                yield "header %s twice" % name
        got = dict(headers)
        if got.get("content-type") != "application/json":
            yield "Content-Type %s" % got.get("content-type")
        if case.cached:
            if not re.fullmatch(r"public, max-age=\d+", got.get("cache-control", "")):
                yield "Cache-Control %s" % got.get("cache-control")
        elif got.get("cache-control") != "no-store":
            yield "Cache-Control %s" % got.get("cache-control")
        # RFC 6749 section 5.1 asks for it beside Cache-Control, where there is a token.
        if ("pragma" in got) != bool(case.scope) or got.get("pragma", "no-cache") != "no-cache":
            yield "Pragma %s" % got.get("pragma")
        if not re.fullmatch(r"[0-9a-f]{16}", got.get("x-request-id", "")):
            yield "X-Request-Id %s" % got.get("x-request-id")
        if (case.status == 405) != ("allow" in got):
            yield "Allow %s" % got.get("allow")
        if (case.status == 401) != ("www-authenticate" in got):
            yield "WWW-Authenticate %s" % got.get("www-authenticate")
        if case.status == 401 and not got["www-authenticate"].startswith("Basic realm="):
            yield "WWW-Authenticate %s" % got["www-authenticate"]

    def check_refusal(self, case, headers, body):
        try:
            answer = json.loads(body)
        except ValueError:
            yield "no JSON: %r" % body[:200]
            return
        if set(answer) != {"error", "error_description", "request_id"}:
            yield "members %s" % sorted(answer)
        if answer.get("error") != case.error:
            yield "error %s" % answer.get("error")
        if answer.get("request_id") != dict(headers).get("x-request-id"):
            yield "request_id %s is not X-Request-Id" % answer.get("request_id")

    def check_token(self, case, body):
        if b'"access_token":"' not in body:
            yield 'no "access_token":" in %r' % body[:200]
            return
        answer = json.loads(body)
        self.note_token(answer["access_token"])
        if set(answer) != {"access_token", "token_type", "expires_in", "scope"}:
            yield "members %s" % sorted(answer)
        if answer.get("token_type") != "Bearer" or answer.get("expires_in") != 3600:
            yield "type %s for %s s" % (answer.get("token_type"), answer.get("expires_in"))
        if answer.get("scope") != case.scope:
            yield "scope %s" % answer.get("scope")
        part = answer["access_token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        if claims.get("scope") != case.scope:
            yield "scope %s in the token" % claims.get("scope")

    def check_log(self, case, request_id):
        lines = self.found.get(request_id, [])
        if len(lines) != 1:
            yield "%d lines in the log for %s" % (len(lines), request_id)
            return
        wanted = "refused, %d %s: .*(%s)" % (case.status, case.error, case.why)
        if not re.search(wanted, lines[0]):
            yield "the log says: %s" % lines[0][:300]

    def judge(self, case, status, headers, body):
        got = dict(headers)
        if status != case.status:
            yield "status %s, %r" % (status, body[:200])
            return
        yield from self.check_headers(case, headers)
        if case.method == "HEAD":
            if body or got.get("content-length", "0") == "0":
                yield "HEAD: Content-Length %s, %d bytes" % (got.get("content-length"), len(body))
        elif got.get("content-length") != str(len(body)):
            yield "Content-Length %s of %d bytes" % (got.get("content-length"), len(body))
        if case.error and case.method != "HEAD":
            yield from self.check_refusal(case, headers, body)
        if case.scope:
            yield from self.check_token(case, body)
        if case.error:
            yield from self.check_log(case, got.get("x-request-id"))

    def judge_server(self, case, status, headers, body):
        """An answer that the web server may give by itself."""
        for found in re.findall(rb'"access_token":"([^"]*)"', body):
            self.note_token(found.decode())
        if status not in case.status:
            yield "status %s, %r" % (status, body[:200])
        if "injected" in dict(headers):
            yield "an injected header came back"
        if status != 200 and b"access_token" in body:
            yield "a token with status %s" % status

    def save(self, case, status, headers, body):
        body = re.sub(rb'"request_id":"[0-9a-f]{16}"', b'"request_id":"@"', body)
        body = re.sub(rb'"access_token":"[^"]*"', b'"access_token":"@"', body)
        lines = ["%s: %s" % (n, "@" if n == "x-request-id" else v)
                 for n, v in headers if n not in IGNORED]
        name = re.sub(r"[^A-Za-z0-9]+", "_", case.name)[:60]
        path = os.path.join(self.folder, name + ".answer")
        if os.path.exists(path):
            raise SystemExit("two cases would be saved as " + path)
        with open(path, "wb") as f:
            f.write("\n".join([str(status)] + sorted(lines) + ["", ""]).encode("latin-1") + body)

    def read_log(self):
        """By request id. Every line must look like one."""
        bad = []
        line_form = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z (error|warn|notice|info|debug) "
                               r"tallystick\[\d+\] ([0-9a-f]{16}|-) ")
        with open(self.log, encoding="utf-8", newline="\n") as f:
            for line in f:
                match = line_form.match(line)
                if not match or line.startswith(FORGED):
                    bad.append(line)
                elif match[2] != "-" and " refused, " in line:
                    self.found.setdefault(match[2], []).append(line.rstrip("\n"))
        return bad

    def write_secrets(self):
        with open(os.path.join(self.folder, "secrets"), "w") as f:
            for secret in sorted(self.secrets | {basic()[6:], basic(ID, WRONG)[6:]}):
                f.write(secret + "\n")


def main():
    how, where, folder, log = sys.argv[1:5]
    cases = DIRECT if how == "fastcgi" else GOOD + BAD + PATHS
    judge = Judge(folder, log)
    answers = []
    for case in cases:
        if how == "fastcgi":
            answers.append(through_fastcgi(case, where))
        else:
            answers.append(through_web_server(case, int(where)))
    time.sleep(0.2)  # a line is written before the answer is: this is for mod_fcgid's copy
    bad = judge.read_log()
    print("every line of the log is one\t%s" % ("; ".join(repr(b[:300]) for b in bad) or "ok"))
    for case, answer in zip(cases, answers):
        if case.ours():
            problems = list(judge.judge(case, *answer))
            judge.save(case, *answer)
        else:
            problems = list(judge.judge_server(case, *answer))
        print("%s\t%s" % (case.name, "; ".join(problems) or "ok"))
    judge.write_secrets()


main()
