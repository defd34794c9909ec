#!/usr/bin/python3
"""The HTTP door against what should not be sent to it: test/test_doors_http.py build/eleven [TEST ...]

Hundreds of hostile requests, each named in a table: the answer is one of those allowed there, as a problem document,
or the connection is closed; it never takes long; bytes behind a refused request are not taken for another one; and
no order comes of any of them. Then what is valid: in two pieces at every byte, and thousands in one pipeline. Then the
minute before opening, and TLS.
"""
import calendar
import json
import os
import ssl
import subprocess
import threading
import time
import uuid
import warnings

from door_kit import Closed, Wire, World, http, is_sanitized, main, order
from http_kit import Server

PROBE = b"GET /v1/time HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"
BODY_MAX = 65536


class Hostile:
    """A table of requests: rows are (name, bytes, statuses that may answer it)."""

    def __init__(self, server, world):
        self.rows = []
        self.shopper = world.shoppers(1, 0)[0]      # nothing in the wallet: a valid order is 402
        self.rich = world.shoppers(1, 10 ** 9)[0]
        self.token = server.keys["robot"]
        self.rich_order = http("POST", "/v1/orders", order(self.rich, "MUG-RED"), self.token, True)
        self.body = json.dumps(order(self.shopper, "NO-SUCH")).encode()     # taken as a request: 404 unknown-sku

    def add(self, name, request, *statuses):
        self.rows.append(("%d %s" % (len(self.rows), name), request, statuses))

    def post(self, name, lines, statuses, body=None, version="HTTP/1.1", target="/v1/orders", end=b"\r\n"):
        """An order with these header lines (bytes) instead of those about its length; behind it one that is valid."""
        head = [("POST %s %s" % (target, version)).encode(), b"Host: shop", b"Authorization: Bearer " +
                self.token.encode(), b"Idempotency-Key: " + uuid.uuid4().hex.encode(),
                b"Content-Type: application/json"] + lines
        self.add(name, end.join(head) + end + end + (self.body if body is None else body) + self.rich_order, *statuses)

    def json(self, name, body, *statuses):
        body = body if isinstance(body, bytes) else body.encode()
        self.add("json: " + name, http("POST", "/v1/orders", body, self.token, True), *statuses)


def lengths(table):
    """Content-Length and Transfer-Encoding: what one server reads as one request and another as two."""
    size = b"%d" % len(table.body)
    length = b"Content-Length: " + size
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(table.body), table.body)
    table.post("CL and TE", [length, b"Transfer-Encoding: chunked"], [400], chunks)
    table.post("TE and CL", [b"Transfer-Encoding: chunked", length], [400], chunks)
    table.post("CL 0 and TE", [b"Content-Length: 0", b"Transfer-Encoding: chunked"], [400], chunks)
    table.post("CL twice, equal", [length, length], [400])
    table.post("CL twice, unequal", [length, b"Content-Length: 0"], [400])
    for value in (b"+5", b"-1", b"-0", b"0x10", b"1e2", b"5 5", b"5,5", b"5, 5", b"5;", b"", b" ", b"five", b"5.0",
                  b"18446744073709551616", b"18446744073709551615", b"9223372036854775808", b"9" * 40, b"1_0",
                  b"\xd9\xa5", size + b"\x00", size + b"\x0b", b"\x0b" + size, b"'5'", b"\"5\""):
        table.post("CL %r" % value, [b"Content-Length: " + value], [400, 413])
    for value in (b"65537", b"4294967296", b"4294967297", b"2147483648", b"9223372036854775807"):
        table.post("CL %r" % value, [b"Content-Length: " + value], [413])
    table.post("no length", [], [400], b"")
    for value in (b"identity", b"gzip", b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b"chunked, identity",
                  b"identity, chunked", b"xchunked", b"chunkedx", b"chunked;q=1", b"\"chunked\"", b"chunked\x00",
                  b"\x00chunked", b"\x0bchunked", b"chunked\x0b", b"", b",", b"chunked,", b",chunked", b"c hunked",
                  b"chun\r\n ked", b"\r\n chunked", b"\xefchunked", b"cow", b"deflate", b"trailers"):
        table.post("TE %r" % value, [b"Transfer-Encoding: " + value], [400, 501, 404], chunks)
        table.post("TE %r with CL" % value, [b"Transfer-Encoding: " + value, length], [400, 501], chunks)
    table.post("TE twice", [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"], [400, 501, 404], chunks)
    table.post("TE chunked, identity in two", [b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"],
               [400, 501], chunks)
    table.post("TE identity, chunked in two", [b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked"],
               [400, 501, 404], chunks)
    for line in (b"Transfer-Encoding : chunked", b"Transfer-Encoding\t: chunked", b" Transfer-Encoding: chunked",
                 b"\tTransfer-Encoding: chunked", b"Transfer-Encoding\x00: chunked", b"X: y\nTransfer-Encoding: chunked",
                 b"X: y\rTransfer-Encoding: chunked", b"Transfer-Encoding", b"\x0bTransfer-Encoding: chunked",
                 b"Content-Length : " + size, b"Content-Length\t: " + size, b"Content Length: 5",
                 b"Content-Length\x00: " + size, b"X: y\r\n Content-Length: " + size):
        table.post("line %r" % line, [line], [400], b"")
        table.post("line %r with CL" % line, [line, length], [400])
    table.post("TE in HTTP/1.0", [b"Transfer-Encoding: chunked"], [400, 404, 501], chunks, "HTTP/1.0")
    table.post("TE on GET", [b"Transfer-Encoding: chunked"], [404], chunks, target="/v1/no-such")


def chunks(table):
    te = [b"Transfer-Encoding: chunked"]
    good = b"%x\r\n%s\r\n" % (len(table.body), table.body)
    table.post("chunks, whole", te, [404], good + b"0\r\n\r\n")
    for size in (b"g", b"-1", b"+5", b"0x5", b"", b" 5", b"5 ", b"5\t", b"5\x00", b"\x005", b"5\x0b", b"5,", b"5:",
                 b"FFFFFFFFFFFFFFFF", b"10000000000000000", b"FFFFFFFFFFFFFFFF1", b"8000000000000000", b"7" * 40):
        table.post("chunk size %r" % size, te, [400, 413], size + b"\r\n" + table.body + b"\r\n0\r\n\r\n")
    for size in (b"10001", b"7FFFFFFF", b"FFFFFFFF", b"100000000", b"7FFFFFFFFFFFFFFF"):
        table.post("chunk size %r" % size, te, [400, 413], size + b"\r\n" + b"x" * BODY_MAX + b"xx\r\n0\r\n\r\n")
    hexed = b"%x" % len(table.body)
    for ending in (b";a=b\n", b"\n", b"\r", b"\r\r\n", b";\x00\r\n", b";a\nb\r\n", b";a\rb\r\n", b"; \n0\r\n\r\n"):
        table.post("chunk size ends %r" % ending, te, [400], hexed + ending + table.body + b"\r\n0\r\n\r\n")
    for extension in (b";", b";a", b";a=b", b";a=\"b\"", b";a=b;c=d"):
        table.post("chunk extension %r" % extension, te, [400, 404],
                   hexed + extension + b"\r\n" + table.body + b"\r\n0\r\n\r\n")
    table.post("chunk extension of 100 KB", te, [400, 404, 413, 431],
               hexed + b";a=" + b"b" * 100000 + b"\r\n" + table.body + b"\r\n0\r\n\r\n")
    table.post("chunk data too long", te, [400], b"%x\r\n%sxx\r\n0\r\n\r\n" % (len(table.body), table.body))
    table.post("chunk data without CR LF", te, [400], hexed + b"\r\n" + table.body + b"0\r\n\r\n")
    table.post("chunk data ends in LF", te, [400], hexed + b"\r\n" + table.body + b"\n0\r\n\r\n")
    table.post("chunk size of zeros", te, [400, 404], b"0" * 300 + good + b"0\r\n\r\n")
    table.post("last chunk of zeros", te, [400, 404], good + b"0" * 300 + b"\r\n\r\n")
    for trailer in (b"X: y", b"Accept: text/html", b"Host: other", b"Authorization: Bearer x", b"Cookie: a=b",
                    b"Accept: " + b"x" * 9000, b"Idempotency-Key: " + b"x" * 9000, b"If-None-Match: " + b"y" * 5000):
        table.post("trailer %r" % trailer[:40], te, [400, 404], good + b"0\r\n" + trailer + b"\r\n\r\n")
    for trailer in (b"Content-Length: 5", b"Transfer-Encoding: chunked", b"X : y", b"X", b": y", b"X: \x00", b"X: y\nZ: q",
                    b" X: y", b"X: " + b"y" * 17000, b"\r\n".join([b"X: y"] * 101)):
        table.post("trailer %r" % trailer[:40], te, [400, 404, 431], good + b"0\r\n" + trailer + b"\r\n\r\n")
    many = b"".join(b"1\r\n%c\r\n" % byte for byte in table.body)
    table.post("chunks of a byte", te, [404], many + b"0\r\n\r\n")


def heads(table):
    """Lines, names, limits."""
    length = b"Content-Length: %d" % len(table.body)
    table.post("lines end in LF", [length], [400], end=b"\n")
    table.post("lines end in CR", [length], [400], end=b"\r")
    for line in (b"X: a\r\n b", b"X: a\r\n\tb", b"X:\r\n b", b"X: a\nb", b"X: a\rb", b"X: a\x00b", b"X: a\x01b",
                 b"X: a\x7fb", b"X: a\x1bb", b"X", b": a", b" : a", b"X Y: a", b"X\x00: a", b"X\x7f: a", b"X(: a",
                 b"X@: a", b"\x80X: a", b"X\xc3\xa9: a", b"X\r: a", b"X\n: a", b" X: a", b"\x00", b"\xff\xfe", b"X=: a",
                 b"X: a\r\r\nY: b"):
        table.post("header %r" % line, [line, length], [400])
    for line in (b"X:a", b"X: ", b"X:", b"X:\t a \t", b"X: \x80\xff", b"X: caf\xc3\xa9", b"!#$%&'*+-.^_`|~09aZ: a"):
        table.post("header %r" % line, [line, length], [404])
    get = b"GET /v1/no-such HTTP/1.1\r\n"
    table.add("no Host", get + b"\r\n", 400)
    table.add("Host twice", get + b"Host: a\r\nHost: b\r\n\r\n", 400)
    table.add("Authorization twice", get + b"Host: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400)
    table.add("Cookie twice", get + b"Host: a\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n", 400)
    table.add("key twice", get + b"Host: a\r\nIdempotency-Key: a\r\nIdempotency-Key: a\r\n\r\n", 400)
    # The head: 16 KiB of target, names and values.
    used = len("/v1/no-such") + len("Host") + 1
    for over, statuses in ((-1, [404]), (0, [404]), (1, [431]), (1000, [431]), (60000, [431])):
        fill = 16384 - used + over
        table.add("head of 16 KiB %+d" % over, get + b"Host: a\r\nX: " + b"y" * (fill - 1) + b"\r\n\r\n", *statuses)
        table.add("name of %d" % (fill - 2), get + b"Host: a\r\n" + b"X" * (fill - 1) + b": y\r\n\r\n", *statuses)
    for count, statuses in ((99, [404]), (100, [404]), (101, [431]), (5000, [431])):
        table.add("%d headers" % count, get + b"Host: a\r\n" + b"X: y\r\n" * (count - 1) + b"\r\n", *statuses)
    for size, statuses in ((8191, [404]), (8192, [404]), (8193, [414]), (16384, [414]), (100000, [414])):
        path = b"/" + b"x" * (size - 1)
        table.add("target of %d" % size, b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n", *statuses)
        query = b"/v1/no-such?" + b"x" * (size - 12)
        table.add("query to %d" % size, b"GET " + query + b" HTTP/1.1\r\nHost: a\r\n\r\n", *statuses)
    # Bodies: 64 KiB.
    for size, statuses in ((BODY_MAX - 1, [404]), (BODY_MAX, [404]), (BODY_MAX + 1, [413]), (10 ** 6, [413])):
        body = table.body[:-1] + b" " * (size - len(table.body)) + b"}"
        table.add("body of %d" % size, http("POST", "/v1/orders", body, table.token, True), *statuses)
        pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + 5000]), body[at:at + 5000]) for at in range(0, size, 5000))
        table.post("body of %d in chunks" % size, [b"Transfer-Encoding: chunked"], statuses, pieces + b"0\r\n\r\n")
    for size, statuses in ((4096, [404]), (4097, [413])):
        table.add("GET with a body of %d" % size, http("GET", "/v1/no-such", b" " * size), *statuses)
    for expect in (b"100-continue", b"200-ok", b"", b"100-continu", b"100-continue, x"):
        table.post("Expect %r" % expect, [length, b"Expect: " + expect], [404, 417])


def lines(table):
    """Request lines: methods, versions, targets."""
    rest = b"Host: a\r\nConnection: close\r\n\r\n"
    for method in (b"get", b"Get", b"GETT", b"G", b"GE", b"FOO", b"123", b"GET\x00", b"G\tET", b"PRI", b"(GET)",
                   b"\xc7ET", b"BREW", b"GET\r\n"):
        table.add("method %r" % method, method + b" /v1/time HTTP/1.1\r\n" + rest, 400)
    for method in (b"PUT", b"DELETE", b"PATCH", b"TRACE", b"PROPFIND", b"LINK", b"M-SEARCH", b"PURGE", b"SOURCE", b"LOCK",
                   b"POST", b"REPORT", b"NOTIFY", b"SUBSCRIBE"):
        table.add("method %r" % method, method + b" /v1/time HTTP/1.1\r\n" + rest, 405, 400, 501)
    for target in (b"example.com:443", b"127.0.0.1:1", b"/v1/time", b"*"):
        table.add("CONNECT %r" % target, b"CONNECT " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n" + table.rich_order, 400, 501)
    for version in (b"HTTP/2.0", b"HTTP/3.0", b"HTTP/0.9", b"HTTP/1.2", b"HTTP/9.9", b"HTTP/1.", b"HTTP/.1", b"HTTP/11",
                    b"HTTP/1.10", b"HTTP/01.1", b"HTTP/1,1", b"HTTP 1.1", b"http/1.1", b"HTPP/1.1", b"HTTPS/1.1",
                    b"HTTP/1.1 x", b"HTTP/1.1\t", b"HTTP/1.1 ", b"HTTP", b"HTTP/", b"FTP/1.0", b"ICE/1.0", b"RTSP/1.0",
                    b"HTTP/1.1\x00", b"HTTP/-1.1", b"HTTP/1.1.1"):
        table.add("version %r" % version, b"GET /v1/time " + version + b"\r\n" + rest, 400, 505)
    table.add("HTTP/0.9", b"GET /v1/time\r\n\r\n", 400)
    table.add("HTTP/0.9 with LF", b"GET /v1/time\n", 400)
    table.add("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", 400, 505)
    for text in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x00" * 50, b"\xff" * 50, b"*1\r\n$4\r\nPING\r\n",
                 b"EHLO mail\r\n", b"\x05\x01\x00\r\n", b"SSH-2.0-x\r\n", b"{\"a\":1}\r\n\r\n", b" GET / HTTP/1.1\r\n\r\n",
                 b"\tGET / HTTP/1.1\r\n\r\n", b"GET  /v1/time HTTP/1.1\r\n\r\n", b"GET\t/v1/time HTTP/1.1\r\n\r\n",
                 b"GET /v1/time  HTTP/1.1\r\n\r\n", b"GET /v1/time\tHTTP/1.1\r\n\r\n", b"GET / v1/time HTTP/1.1\r\n\r\n",
                 b"GET /v1/time HTTP/1.1\r\r\n\r\n", b"GET /v1/time HTTP/1.1\nHost: a\n\n", b"GET HTTP/1.1\r\n\r\n",
                 b"GET  HTTP/1.1\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n", b"GET /v1/time\x00 HTTP/1.1\r\n\r\n",
                 b"GET /\x01 HTTP/1.1\r\n\r\n", b"GET /\x7f HTTP/1.1\r\n\r\n", b"GET v1/time HTTP/1.1\r\n\r\n",
                 b"GET ?a HTTP/1.1\r\n\r\n", b"GET http:// HTTP/1.1\r\n\r\n", b"GET ://a/ HTTP/1.1\r\n\r\n",
                 b"GET http://a b/ HTTP/1.1\r\n\r\n", b"GET \\v1\\time HTTP/1.1\r\n\r\n"):
        table.add("bytes %r" % text[:40], text, 400)
    for target in (b"/", ):
        table.add("target %r" % target, b"GET " + target + b" HTTP/1.1\r\n" + rest, 200)
    for target in (b"http://a/v1/time", b"http://a:1/v1/time?x", b"HTTP://a/v1/time", b"/v1/time?", b"/v1/time?a=b&&&=",
                   b"/v1/time?%20"):
        table.add("target %r" % target, b"GET " + target + b" HTTP/1.1\r\n" + rest, 200)
    for target in (b"//", b"//v1/time", b"/v1//time", b"/v1/time/", b"/v1/./time", b"/v1/x/../time", b"/../v1/time",
                   b"/..", b"/.", b"/%2e%2e/v1/time", b"/v1/%2e/time", b"/v1%2ftime", b"/v1/tim%65", b"/V1/time",
                   b"/v1/time;x", b"/v1/time%00", b"/v1\\time", b"/etc/passwd", b"/%c0%ae%c0%ae/etc/passwd", b"/v1",
                   b"http://a/v1/../v1/time", b"http://a", b"ftp://a/v1/time", b"http:///v1/time", b"*", b"/favicon.ico"):
        table.add("target %r" % target, b"GET " + target + b" HTTP/1.1\r\n" + rest, 400, 404)
    table.add("OPTIONS *", b"OPTIONS * HTTP/1.1\r\n" + rest, 204, 404)
    bearer = b"Authorization: Bearer " + table.token.encode() + b"\r\n" + rest
    for part in (b"0", b"-1", b"+1", b"1.0", b"1e0", b"x", b"%00", b"1%00", b"%zz", b"%", b"%1", b"%31%", b"0x1", b"#1",
                 b"4294967296", b"4294967297", b"9223372036854775807", b"9223372036854775808", b"18446744073709551617",
                 b"9" * 100, b"%ff", b"%c3%28", b"1%20", b"%201", b"1;2", b"..", b"%2e%2e", b"1%2f2", b"\xc3\xa9"):
        table.add("order %r" % part, b"GET /v1/orders/" + part + b" HTTP/1.1\r\n" + bearer, 400, 404)
        if part not in (b"..", b"#1"): # "#1" is the SKU with the id 1
            table.add("events of %r" % part, b"GET /v1/skus/" + part + b"/events HTTP/1.1\r\n" + rest, 400, 404)
    for query in (b"limit=201", b"limit=-1", b"limit=1.0", b"limit=1e1", b"limit=x", b"limit=", b"limit=%00",
                  b"limit=%zz", b"limit=%", b"limit=1%", b"limit=9223372036854775808", b"limit=+1", b"after=-1",
                  b"after=4294967296", b"after=x", b"state=lost", b"state=", b"state=%00", b"state=PAID", b"state=%ff",
                  b"part_state=x", b"from=yesterday", b"from=2026-13-01T00:00:00Z", b"from=2026-02-30T00:00:00Z",
                  b"from=1e9", b"to=", b"festival=none", b"festival=" + b"x" * 5000, b"festival=%ff", b"location=none",
                  b"shopper=-1", b"shopper=4294967296", b"shopper=x", b"x=%0"):
        table.add("query %r" % query[:30], b"GET /v1/orders?" + query + b" HTTP/1.1\r\n" + bearer, 400, 404)


def who(table):
    """Credentials, keys and media types."""
    body = json.dumps(order(table.rich, "MUG-RED")).encode()
    head = b"POST /v1/orders HTTP/1.1\r\nHost: shop\r\nContent-Length: %d\r\n" % len(body)
    key = b"Idempotency-Key: k\r\n"
    kind = b"Content-Type: application/json\r\n"
    token = table.token.encode()
    bearer = b"Authorization: Bearer " + token + b"\r\n"
    for value in (b"", b"Bearer", b"Bearer ", b"Bearer  " + token, b"Basic " + token, b"bearer", token, b"Bearer " + token[:-1],
                  b"Bearer " + token + b"x", b"Bearer " + token + b" x", b"Bearer elv_", b"Bearer elv_" + b"0" * 8000,
                  b"Bearer \xff\xfe", b"Digest x", b"Bearer " + token.upper(), b"Bearer " + b"x" * 43, b"Bearer '", b"Token x"):
        table.add("who %r" % value[:30], head + key + kind + b"Authorization: " + value + b"\r\n\r\n" + body, 401)
    table.add("nobody", head + key + kind + b"\r\n" + body, 401)
    for cookie in (b"eleven=", b"eleven=x", b"=", b";", b"; ; ;", b"a=b; eleven_session=" + b"x" * 43, b"\xff=\xff",
                   b"x" * 8000):
        table.add("cookie %r" % cookie[:30], head + key + kind + b"Cookie: " + cookie + b"\r\n\r\n" + body, 401)
    for value in (b"", b" ", b"a b", b"\xc3\xa9", b"a\tb", b"x" * 256, b"x" * 5000, b"a\x7f"):
        table.add("key %r" % value[:30], head + b"Idempotency-Key: " + value + b"\r\n" + kind + bearer + b"\r\n" + body, 400)
    table.add("no key", head + kind + bearer + b"\r\n" + body, 400)
    for value in (b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"", b"*/*",
                  b"application/jsonp", b"application/json5", b"application/xml", b"json", b"application", b"text/json",
                  b"application/json\x80", b"x" * 8000):
        table.add("media %r" % value[:30], head + key + bearer + b"Content-Type: " + value + b"\r\n\r\n" + body, 415)
    table.add("no media", head + key + bearer + b"\r\n" + body, 415)
    for value in (b"", b"1", b"1.2.3", b"9" * 500, b"1.1." + b"0" * 32, b"-1.-1.x", b"\xff", b"%s%n"):
        table.add("ticket %r" % value[:30], http("POST", "/v1/orders", table.body, table.token, True,
                                                  ["Queue-Ticket: " + value.decode("latin-1")]), 404)


VALUES = [None, True, False, 0, -1, 1.0, 1e5, 1.5, 2 ** 31, 2 ** 32, 2 ** 63 - 1, 2 ** 63, 2 ** 64, -2 ** 63, -2 ** 63 - 1,
          "", "x", "1", "null", "true", "\0", "#1", " ", "'; DROP TABLE orders; --", "\u202e", "\U0001f600", "x" * 60000,
          "../../etc/passwd", "<script>", [], {}, [1], [None], {"a": 1}, {"amount_minor": 1}, [[]], [{}]]
FIELDS = ["shopper", "festival", "city", "location", "currency", "channel", "delivery", "payment", "may_split",
          "expected_total_minor", "lines"]
SMALL = (400, 402, 404, 409, 422)   # what a field that is wrong may come to; never 201: the wallet is empty


def fields(table):
    """Every member of an order with every kind of value; it would be refused for want of money at last."""
    def send(name, value, asked):
        asked = dict(asked, **{name: value}) if name else asked
        table.json("%s = %.30r" % (name, value), json.dumps(asked), *SMALL)

    for name in FIELDS + ["colour", "", "Lines", "line_count", "flags", "reserved", "time_ms", "caller", "key", "kind", "size"]:
        for value in VALUES:
            if name in FIELDS or value is not None:
                send(name, value, order(table.shopper, "MUG-RED"))
    for name in ("sku", "quantity", "price_minor"):
        for value in VALUES:
            line = dict({"sku": "MUG-RED", "quantity": 1}, **{name: value})
            table.json("line's %s = %.30r" % (name, value), json.dumps({"shopper": table.shopper, "lines": [line]}), *SMALL)
    for count in (0, 32, 33, 200, 1000):
        table.json("%d lines" % count, json.dumps(dict(order(table.shopper, "MUG-RED"), lines=[
            {"sku": "MUG-RED", "quantity": 1}] * count)), *SMALL)
    for text in ("0", "-1", "-0", "1e0", "1e5", "1.0", "1E400", "1e-400", "2147483648", "4294967295", "4294967296", "10000",
                 "9223372036854775807", "9223372036854775808", "18446744073709551616", "9" * 400, "00", "01", "+1", ".5",
                 "1.", "0x10", "1_0", "1e", "-", "NaN", "Infinity", "-Infinity", "true", "null", "[1]", "\"1\""):
        table.json("quantity %s" % text[:30], '{"shopper": %d, "lines": [{"sku": "MUG-RED", "quantity": %s}]}' %
                   (table.rich, text), 400, 409, 422)
        table.json("total %s" % text[:30], '{"shopper": %d, "expected_total_minor": %s, "lines": [{"sku": "MUG-RED", '
                   '"quantity": 1}]}' % (table.shopper, text), *SMALL)
    # A price of nearly all the money there can be: times any quantity it does not fit.
    for quantity in (2, 3, 1000, 9999):
        table.json("price x %d" % quantity, json.dumps(order(table.rich, "GOLD", quantity)), 422, 409)


def texts(table):
    """What is nearly JSON, in the place of an order that would be taken."""
    good = json.dumps(order(table.rich, "MUG-RED"))
    lines = '"lines": [{"sku": "MUG-RED", "quantity": 1}]'
    shopper = '"shopper": %d' % table.rich
    for text in ("{", "}", "[", "]", "[]", "null", "true", "1", '"x"', "[%s]" % good, good[:-1], good + "}", good + good,
                 good + ",", good + " x", good + "\0", "\0" + good, "\ufeff" + good, good.replace('"', "'"),
                 good.replace(":", "="), good.replace("}", ",}"), good.replace("]", ",]"), good.replace(", ", ",, "),
                 "/* x */" + good, good + "// x", "{%s %s}" % (shopper, lines), "{%s; %s}" % (shopper, lines),
                 "{shopper: 1, %s}" % lines, good.replace("MUG-RED", "MUG\nRED"), good.replace("MUG-RED", "MUG\tRED"),
                 good.replace("MUG-RED", "MUG\\RED"), good.replace("MUG-RED", "MUG\\x2dRED"), good.replace("MUG-RED", "\\u00"),
                 good.replace("MUG-RED", "\\ud800"), good.replace("MUG-RED", "\\udc00\\ud800"), good.replace("MUG-RED", "\\u0000"),
                 good.replace("MUG-RED", "MUG-RED\\u0000"), good.replace('"lines"', '"lines\\u0000"'),
                 "{%s, %s, %s}" % (shopper, lines, lines), "{%s, %s, %s}" % (shopper, shopper, lines),
                 '{%s, "lines": [], %s}' % (shopper, lines), '{%s, %s, "lines": null}' % (shopper, lines),
                 '{%s, "city": null, "city": "3301", %s}' % (shopper, lines),
                 '{%s, "lines": [{"sku": "MUG-RED", "sku": "MUG-RED", "quantity": 1}]}' % shopper,
                 '{%s, "lines": [{"quantity": 1, "sku": "MUG-RED", "quantity": 1}]}' % shopper,
                 '{%s, "lines": [{"sku": "MUG-RED"}]}' % shopper, '{%s, "lines": [{"quantity": 1}]}' % shopper,
                 '{%s, "lines": [{}]}' % shopper, '{%s, "lines": {"sku": "MUG-RED", "quantity": 1}}' % shopper,
                 '{%s, "lines": "MUG-RED"}' % shopper, "{%s}" % shopper, "{%s}" % lines, "{}", "",
                 '{%s, "__proto__": {}, %s}' % (shopper, lines), '{%s, "shopper ": 1, %s}' % (shopper, lines),
                 "[" * 30000, "{\"a\":" * 9000, "[" * 30000 + "]" * 30000, '{"lines":' + "[" * 20000 + "]" * 20000 + "}",
                 '{"lines":' + '{"a":' * 9 + "1" + "}" * 10, '{%s, "x": %s%s}' % (lines, "[" * 3000, "]" * 3000),
                 "{" + ",".join('"a%d":1' % i for i in range(5000)) + "}", "{" + ",".join(['"a":1'] * 9000) + "}",
                 '{"%s":1}' % ("a" * 60000), " " * 60000, "\n" * 1000 + "{", '"' + "\\" * 50001):
        table.json("%.40r" % text, text, *SMALL)
    utf8 = (b"\xff", b"\xfe\xff", b"\xc3", b"\xc3\x28", b"\xc0\x80", b"\xc0\xae", b"\xe0\x80\x80", b"\xed\xa0\x80",
            b"\xed\xbf\xbf", b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\x80", b"\xe2\x82", b"\xf0\x9f\x98")
    for bad in utf8:
        table.json("UTF-8 %r in a value" % bad, good.encode().replace(b"MUG-RED", b"MUG-RED" + bad), *SMALL)
        table.json("UTF-8 %r in a name" % bad, good.encode().replace(b'"city"', b'"city' + bad + b'"'), *SMALL)
        table.json("UTF-8 %r outside" % bad, bad + good.encode(), *SMALL)
    table.json("UTF-16", good.encode("utf-16"), *SMALL)
    table.json("UTF-32", good.encode("utf-32"), *SMALL)


def try_one(port, name, request, statuses):
    """None, or what is wrong with the answer."""
    begun = time.monotonic()
    with Wire(port, 5) as wire:
        try:
            try:
                wire.send(request)
            except Closed:
                pass # it was refused before it was whole; the answer is there
            status, headers, body = wire.answer()
            while status == 100:
                status, headers, body = wire.answer()
        except Closed:
            return "closed without a word"
        except TimeoutError:
            return "no answer in time"
        if status not in statuses:
            return "%d and not %s: %s" % (status, statuses, body[:300])
        problem = json.loads(body) if status >= 400 else {}
        if status >= 400 and (headers["content-type"] != "application/problem+json" or problem["status"] != status or
                              not problem["code"] or not problem["title"]):
            return "is no problem document: %s" % body[:300]
        if status == 400 and problem["code"] == "bad-field" and not isinstance(problem.get("field"), str):
            return "does not name the field: %s" % body[:300]
        try:
            if headers.get("connection") != "close": # whole and refused: the rest of the table's bytes are an order
                behind = request.endswith(MARK)
                if behind:
                    next_status, _, next_body = wire.answer()
                    if next_status != 201:
                        return "the request behind it is %d: %s" % (next_status, next_body[:300])
                wire.send(PROBE)
                if wire.answer()[0] != 200:
                    return "the probe behind it is not answered"
                if behind:
                    return "BEHIND"
        except Closed:
            return "closed behind it"
        except TimeoutError:
            return "hangs behind it"
        if wire.rest() != b"":
            return "more than one answer"
    took = time.monotonic() - begun
    return "took %.1f s" % took if took > 4 else None


MARK = b""


def test_hostile(eleven):
    """The table. A request that is refused and closed has nothing behind it; one that is whole has just what it says."""
    global MARK
    with Server(eleven, "--rate", "0") as server:
        world = World(server)
        world.goods("GOLD", 9 * 10 ** 16, 50000)
        table = Hostile(server, world)
        world.admin.ask("STOCK.RECEIVE", uuid.uuid4(), "sku", "MUG-RED", "location", "main", "quantity", 100000)
        for make in (lengths, chunks, heads, lines, who, fields, texts):
            make(table)
        assert len(table.rows) >= 300, len(table.rows)
        MARK = table.rich_order
        wrong, behind = [], 0
        before = world.orders()
        for name, request, statuses in table.rows:
            said = try_one(server.ports["http"], name, request, statuses)
            if said == "BEHIND": # the whole order behind a request that was whole: one, with one key, however often
                behind += 1
                said = None
            orders = world.orders()
            if orders != before + (behind > 0):
                said = "an order came of it"
                before = orders - (behind > 0)
            if said:
                wrong.append("%s: %s" % (name, said))
        assert not wrong, "%d of %d:\n  %s" % (len(wrong), len(table.rows), "\n  ".join(wrong[:40]))
        assert behind > 20, behind
        assert server.request("GET", "/readyz").status == 200
        print("  %d hostile requests" % len(table.rows))


def in_two(port, request, positions):
    """Answers to the request in two pieces, divided at each position: all at the same time."""
    wires = [Wire(port) for _ in positions]
    for wire, at in zip(wires, positions):
        wire.send(request[:at])
    time.sleep(0.1)
    for wire, at in zip(wires, positions):
        wire.send(request[at:])
    answers = [wire.answer() for wire in wires]
    for wire in wires:
        wire.close()
    return answers


def test_split(eleven):
    """Every request means the same in whatever pieces it comes."""
    with Server(eleven, "--rate", "0", "--no-views") as server:
        world = World(server)
        shopper = world.shoppers(1, 10 ** 6)[0]
        token = server.keys["robot"]
        placed = order(shopper, "MUG-RED")
        head = http("POST", "/v1/orders", placed, token, "in-pieces", ["Accept: */*"])
        body = json.dumps(placed).encode()
        chunked = http("POST", "/v1/orders", None, token, "in-pieces", ["Content-Type: application/json",
                       "Transfer-Encoding: chunked"]) + b"5;x=y\r\n" + body[:5] + b"\r\n%X\r\n" % (len(body) - 5) + \
            body[5:] + b"\r\n0\r\nAccept: text/html\r\nX: y\r\n\r\n"
        requests = [head, chunked, http("GET", "/v1/orders/1", None, token), http("GET", "/v1/orders/%31", None, token),
                    http("POST", "/v1/orders", b"{}", token, "k"), b"\r\n" + http("GET", "/v1/none", None, token),
                    b"GET /v1/time HTTP/1.1\r\nHost : a\r\n\r\n", b"HEAD /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"]
        for request in requests:
            bare = request.startswith(b"HEAD")
            with Wire(server.ports["http"]) as wire:
                wire.send(request)
                whole = wire.answer(bare)
            if bare:
                assert whole[0] == 200 and whole[1]["connection"] == "keep-alive", whole
                continue
            for at, answer in enumerate(in_two(server.ports["http"], request, range(1, len(request))), 1):
                same = answer[0] == whole[0] and answer[2] == whole[2]
                assert same, "divided at %d: %r\nis %r\nand not %r" % (at, request[:at], answer, whole)
            with Wire(server.ports["http"]) as wire:
                for byte in request:
                    try:
                        wire.send(bytes([byte]))
                    except Closed:
                        break # refused already
                answer = wire.answer()
                assert (answer[0], answer[2]) == (whole[0], whole[2]), answer
        assert world.orders() == 1


def test_pipelines(eleven):
    """10,000 reads and 1,000 orders, each in one write: answered in order, whole, and each once."""
    with Server(eleven, "--rate", "0", "--in-flight-ms", "10000", "--no-views") as server:
        world = World(server)
        shoppers = world.shoppers(100, 10 ** 6)
        world.goods("PEN", 100, 5000)
        token = server.keys["robot"]
        with Wire(server.ports["http"]) as wire:
            asked = [http("POST", "/v1/orders", order(shoppers[i % 100], "PEN"), token, True) for i in range(1000)]
            writer = threading.Thread(target=wire.send, args=asked)
            writer.start()
            numbers = []
            for i in range(1000):
                status, _, body = wire.answer()
                assert status == 201, (status, body)
                placed = json.loads(body)
                assert placed["shopper"] == shoppers[i % 100], "answer %d is of another order" % i
                numbers.append(placed["order"])
            writer.join()
        assert numbers == list(range(1, 1001)), "orders by number: %s" % numbers[:20]
        with Wire(server.ports["http"]) as wire:
            asked = [http("GET", "/v1/orders/%d" % (1 + i % 997), None, token) for i in range(10000)]
            writer = threading.Thread(target=wire.send, args=asked)
            writer.start()
            for i in range(10000):
                status, _, body = wire.answer()
                assert status == 200 and json.loads(body)["order"] == 1 + i % 997, "answer %d: %s" % (i, body)
            writer.join()


def test_protocol(eleven):
    """What is unusual and allowed."""
    with Server(eleven, "--rate", "0", "--no-views") as server:
        time_get = http("GET", "/v1/time")
        with Wire(server.ports["http"]) as wire: # an upgrade is an offer
            wire.send(http("GET", "/v1/time", headers=["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
                                                       "HTTP2-Settings: AAMAAABkAAQAAP__"]), time_get)
            assert [wire.answer()[0] for _ in range(2)] == [200, 200]
            wire.send(http("GET", "/v1/time", headers=["Connection: Upgrade", "Upgrade: websocket"]))
            assert wire.answer()[0] == 200
        with Wire(server.ports["http"]) as wire: # HEAD of what never ends
            wire.send(http("HEAD", "/v1/festivals/11.11/events"), time_get)
            assert wire.answer(no_body=True)[1]["content-type"].startswith("text/event-stream")
            assert wire.answer()[0] == 200
        with Wire(server.ports["http"]) as wire: # HTTP/1.0 closes unless told otherwise
            wire.send(b"GET /v1/time HTTP/1.0\r\n\r\n")
            assert wire.answer()[1]["connection"] == "close" and wire.rest() == b""
        with Wire(server.ports["http"]) as wire:
            body = b"{}"
            wire.send(b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            assert wire.answer()[0] == 100
            wire.send(body)
            assert wire.answer()[0] == 401
        with Wire(server.ports["http"]) as wire: # no answer to a condition but its head
            status, headers, _ = wire.call("GET", "/openapi.json")
            wire.send(http("GET", "/openapi.json", headers=["If-None-Match: W/\"x\", " + headers["etag"]]))
            assert wire.answer()[0] == 304
            wire.send(http("HEAD", "/openapi.json"))
            assert int(wire.answer(no_body=True)[1]["content-length"]) > 10000
            wire.send(time_get)
            assert wire.answer()[0] == 200
        with Wire(server.ports["http"], receive_bytes=4096) as wire: # asks for much and does not read it
            wire.send(http("GET", "/openapi.json") * 2000)
            time.sleep(1)
            with open("/proc/%d/status" % server.process.pid) as file:
                peak = int(file.read().split("VmHWM:")[1].split()[0]) // 1024
            begun = server.request("GET", "/metrics", token=server.keys["robot"])
            assert begun.status == 200 and (peak < 400 or is_sanitized(eleven)), "memory for answers that are not read: %d MB" % peak
            for _ in range(2000):
                assert wire.answer()[0] == 200


def test_opening(eleven):
    """The server's clock decides: before opening not-open with the time to come, and from then on orders are taken."""
    with Server(eleven, "--rate", "0", "--no-views") as server:
        server.stop()
        server.run("festival", "shop", "--code", "soon", "--name", "Soon", "--opens", "now+6s", "--closes", "now+1h",
                   "--currency", "CNY", "--usd-rate", "6.9329", "--utc-offset", "+08:00", "--deals",
                   os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "deals.csv"))
        server.start()
        world = World(server)
        shopper = world.shoppers(1, 10 ** 6)[0]
        token = server.keys["robot"]
        asked = order(shopper, "MUG-RED", festival="soon")
        wire = Wire(server.ports["http"])
        status, headers, body = wire.call("POST", "/v1/orders", asked, token, "early",
                                          ["Date: Fri, 01 Jan 2100 00:00:00 GMT", "X-Time: 9999999999"])
        assert (status, body["code"]) == (409, "not-open"), (status, body)
        opens = calendar.timegm(time.strptime(body["opens_at"][:19], "%Y-%m-%dT%H:%M:%S"))
        left = opens - time.time()
        assert 0 < left < 8 and abs(int(headers["retry-after"]) - left) <= 2, (left, headers, body)
        assert wire.call("POST", "/v1/orders", dict(asked, time_ms=opens * 1000 + 1), token, True)[0] == 400
        opened, taken = None, 0
        while opened is None and time.time() < opens + 5:
            before_ms = wire.call("GET", "/v1/time")[2]["now_ms"]
            status, headers, body = wire.call("POST", "/v1/orders", asked, token, "early") # its key is not used up
            after_ms = wire.call("GET", "/v1/time")[2]["now_ms"]
            if status == 409:
                assert body["code"] == "not-open" and before_ms < opens * 1000 + 1000, (before_ms, body)
            else:
                assert status == 201 and body["lines"][0]["unit_price_minor"] == 1111, (status, body)
                opened = after_ms
            time.sleep(0.005)
        events = world.robot.ask("FESTIVAL.GET", "soon")
        facts = dict(zip(events[::2], events[1::2]))
        assert facts["opens_ms"] <= opened < facts["opens_ms"] + 500 and facts["orders"] == 1, (opened, facts)


def certificate(server):
    """A self-signed one: (certificate, key)."""
    paths = [os.path.join(server.directory, name) for name in ("cert.pem", "key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-out", paths[0],
                    "-keyout", paths[1]], check=True, capture_output=True)
    return paths


def test_tls(eleven):
    """The same door behind TLS."""
    server = Server(eleven, "--rate", "0", "--no-views")
    cert, key = certificate(server)
    server.options += ("--https", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
    with server:
        world = World(server)
        shopper = world.shoppers(1, 10 ** 6)[0]
        context = ssl.create_default_context(cafile=cert)
        port, token = server.ports["https"], server.keys["robot"]
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context.minimum_version = context.maximum_version = version
            with Wire(port, context=context) as wire:
                status, headers, _ = wire.call("GET", "/v1/time")
                assert status == 200 and "strict-transport-security" in headers
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with Wire(port, context=context) as wire: # much, and a pipeline, of which the answers are larger than any buffer
            count = 300
            writer = threading.Thread(target=wire.send, args=(http("GET", "/openapi.json") * count,))
            writer.start()
            whole = wire.answer()
            assert len(whole[2]) > 50000
            for _ in range(count - 1):
                assert wire.answer()[2] == whole[2]
            writer.join()
            asked = [http("POST", "/v1/orders", order(shopper, "MUG-RED"), token, "tls-%d" % (i // 2)) for i in range(20)]
            wire.send(*asked)
            placed = [json.loads(wire.answer()[2])["order"] for _ in asked]
            assert placed == sorted(list(range(1, 11)) * 2), placed
        join = {"login": "tess", "password": "eleven times eleven"}
        with Wire(port, context=context) as wire:
            status, headers, _ = wire.call("POST", "/v1/shoppers", join, key=True)
            assert status == 201 and "; Secure" in headers["set-cookie"] and "HttpOnly" in headers["set-cookie"], headers
        with Wire(server.ports["http"]) as wire:
            assert "; Secure" not in wire.call("POST", "/v1/sessions", join)[1]["set-cookie"]
        body = json.dumps(order(shopper, "MUG-RED")).encode()
        request = http("POST", "/v1/orders", body, token, "tls-0")
        with Wire(port, context=context) as wire: # a record for each byte
            for byte in request:
                wire.send(bytes([byte]))
            assert json.loads(wire.answer()[2])["order"] == 1
        hello = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03"
        for garbage in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x00" * 1000, b"\xff" * 20000, hello, hello + b"\x00" * 5000,
                        b"\x16\x03\x01\xff\xff" + b"x" * 70000, b"\x15\x03\x03\x00\x02\x02\x28", b"\x17\x03\x03\x00\x01x",
                        b"\x80\x2e\x01\x00\x02" + b"\x00" * 60, os.urandom(5000)):
            with Wire(port, 5) as wire:
                try:
                    wire.send(garbage)
                    if garbage is not hello:
                        assert b"HTTP/" not in wire.rest(), garbage[:20]
                except (Closed, TimeoutError):
                    pass
        warnings.simplefilter("ignore", DeprecationWarning)
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        try:
            Wire(port, 5, context=old).close()
            raise AssertionError("TLS 1.1 is spoken")
        except (ssl.SSLError, ConnectionError):
            pass
        assert server.request("GET", "/readyz").status == 200
        assert world.orders() == 10


if __name__ == "__main__":
    main([test_hostile, test_split, test_pipelines, test_protocol, test_opening, test_tls])
