"""What the tests of the doors share: bytes to a door and answers from it, told apart without a library that is kind to
either side; shoppers and goods in numbers; and the list of tests of a file.

    with Server("build/eleven") as server:
        world = World(server)                   # administrator, provider and robot over the Redis protocol
        shoppers = world.shoppers(100, 5000)    # joined, with 50 yuan each
        world.goods("LAMP", 700, 10)            # ten of them in main, at 7 yuan
        wire = Wire(server.ports["http"])
        wire.send(http("GET", "/v1/time"))
        status, headers, body = wire.answer()
"""
import json
import os
import socket
import sys
import time
import traceback
import uuid

WAIT_S = 20     # for any answer, on a busy machine


def http(method, path, body=None, token=None, key=None, headers=(), host="shop"):
    """A request as bytes. `body`: an object (JSON), or bytes; `headers`: further lines."""
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: " + host]
    if token is not None:
        lines.append("Authorization: Bearer " + token)
    if key is not None:
        lines.append("Idempotency-Key: " + (str(uuid.uuid4()) if key is True else key))
    if body is not None:
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines += ["Content-Type: application/json", "Content-Length: %d" % len(body)]
    lines += headers
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def resp(*words):
    """A request of the Redis protocol as bytes."""
    out = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        out.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(out)


class Closed(Exception):
    """The other side has ended the connection."""


class Refusal(Exception):
    """A reply of the Redis protocol that is an error; args[0] is its text."""

    def word(self):
        return self.args[0].split(" ")[0]


class Wire:
    """One connection, blocking, each wait bounded."""

    def __init__(self, port, timeout=WAIT_S, context=None, receive_bytes=None):
        self.socket = socket.socket()
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", port))
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.kept = bytearray()
        self.at = 0     # bytes of `kept` that have been taken

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def vanish(self):
        """Ends the connection with a reset, as a device does that loses its power."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def send(self, *pieces):
        try:
            self.socket.sendall(b"".join(pieces))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed(str(error))

    def more(self):
        try:
            got = self.socket.recv(1 << 18)
        except ConnectionResetError as error:
            raise Closed(str(error))
        if not got:
            raise Closed("end of file")
        if self.at > 0:
            del self.kept[:self.at]
            self.at = 0
        self.kept += got

    def until(self, mark):
        """Bytes up to the mark, which is taken too."""
        begin = 0
        while True:
            found = self.kept.find(mark, self.at + begin)
            if found >= 0:
                text = bytes(self.kept[self.at:found])
                self.at = found + len(mark)
                return text
            begin = max(len(self.kept) - self.at - len(mark), 0)
            self.more()

    def exactly(self, size):
        while len(self.kept) - self.at < size:
            self.more()
        text = bytes(self.kept[self.at:self.at + size])
        self.at += size
        return text

    def rest(self):
        """Everything up to the end of the connection."""
        try:
            while True:
                self.more()
        except Closed:
            return bytes(self.kept[self.at:])

    # --- HTTP ---------------------------------------------------------------------------------------------

    def head(self):
        """(status, headers with names in lower case)"""
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, _ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1", lines[0]
        headers = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            headers[name.lower()] = value
        return int(status), headers

    def answer(self, no_body=False):
        """(status, headers, body)"""
        status, headers = self.head()
        if no_body or status in (100, 204, 304):
            return status, headers, b""
        if headers.get("transfer-encoding") != "chunked":
            return status, headers, self.exactly(int(headers["content-length"]))
        body = b""
        while True:
            piece = self.piece()
            if piece == b"":
                return status, headers, body
            body += piece

    def piece(self):
        """A piece of a chunked answer; empty: it was the last."""
        size = int(self.until(b"\r\n"), 16)
        piece = self.exactly(size)
        assert self.exactly(2) == b"\r\n"
        return piece

    def call(self, method, path, body=None, token=None, key=None, headers=()):
        """(status, headers, the body as an object)"""
        self.send(http(method, path, body, token, key, headers))
        status, headers, body = self.answer()
        return status, headers, json.loads(body) if body else None

    # --- the Redis protocol -------------------------------------------------------------------------------

    def reply(self):
        """A reply of RESP2 or RESP3; an error as a Refusal."""
        line = self.until(b"\r\n")
        kind, text = line[:1], line[1:].decode()
        if kind == b"+":
            return text
        if kind == b":":
            return int(text)
        if kind == b"-":
            return Refusal(text)
        if kind == b"_" or line in (b"$-1", b"*-1"):
            return None
        if kind == b"$":
            text = self.exactly(int(text))
            assert self.exactly(2) == b"\r\n"
            return text.decode()
        if kind == b"*":
            return [self.reply() for _ in range(int(text))]
        if kind == b"%":
            return {self.reply(): self.reply() for _ in range(int(text))}
        raise AssertionError("no reply of RESP: %r" % line)

    def ask(self, *words):
        """The reply to one request; raises Refusal."""
        self.send(resp(*words))
        reply = self.reply()
        if isinstance(reply, Refusal):
            raise reply
        return reply

    def ask_all(self, requests):
        """Replies to many requests in one pipeline, refusals among them."""
        self.send(*[resp(*words) for words in requests])
        return [self.reply() for _ in requests]


class World:
    """Goods and shoppers, through the Redis protocol's door."""

    def __init__(self, server):
        self.server = server
        self.connect()

    def connect(self):
        """Again after a restart."""
        self.admin, self.pay, self.robot = [self.client(who) for who in ("admin", "pay", "robot")]

    def client(self, who):
        wire = Wire(self.server.ports["resp"])
        assert wire.ask("AUTH", self.server.keys[who]) == "OK"
        return wire

    @staticmethod
    def all_good(replies):
        bad = [reply for reply in replies if isinstance(reply, Refusal)]
        assert not bad, bad[:3]
        return replies

    def shoppers(self, count, balance_minor, currency="CNY"):
        """Numbers of new shoppers who have so much money."""
        joined = self.all_good(self.robot.ask_all(
            [("SHOPPER.JOIN", uuid.uuid4(), "city", "3301", "currency", currency) for _ in range(count)]))
        if balance_minor > 0:
            self.all_good(self.pay.ask_all([("WALLET.TOP_UP", uuid.uuid4(), "shopper", each[0], "currency", currency,
                                             "amount_minor", balance_minor) for each in joined]))
        return [each[0] for each in joined]

    def goods(self, sku, price_minor, units):
        """A SKU that main has so many units of."""
        put = [("SELLER.PUT", uuid.uuid4(), "code", "shop", "name", "The shop"),
               ("DEPARTMENT.PUT", uuid.uuid4(), "code", "things", "name", "Things"),
               ("SKU.PUT", uuid.uuid4(), "code", sku, "title", sku.title(), "department", "things", "seller", "shop",
                "for_sale", 1),
               ("PRICE.SET", uuid.uuid4(), "sku", sku, "currency", "CNY", "price_minor", price_minor)]
        if units > 0:
            put.append(("STOCK.RECEIVE", uuid.uuid4(), "sku", sku, "location", "main", "quantity", units))
        self.all_good(self.admin.ask_all(put))

    def info(self, name):
        """A figure of INFO."""
        text = self.robot.ask("INFO")
        return int(text.split("\r\n%s:" % name)[1].split("\r\n")[0])

    def orders(self):
        return self.info("orders")

    def balance(self, shopper, currency="CNY"):
        return self.robot.ask("WALLET.GET", shopper, currency)

    def account(self, login, balance_minor=0):
        """A shopper with an account: (number of the shopper, session token, API key)."""
        server = self.server
        asked = {"login": login, "password": "eleven times eleven", "city": "3301", "currency": "CNY"}
        joined = server.request("POST", "/v1/shoppers", json=asked, key=True)
        assert joined.status == 201, joined
        made = server.request("POST", "/v1/keys", json={"name": "device"}, token=joined.json["token"])
        assert made.status == 201, made
        shopper = joined.json["shopper"]
        if balance_minor > 0:
            self.pay.ask("WALLET.TOP_UP", uuid.uuid4(), "shopper", shopper, "currency", "CNY", "amount_minor",
                         balance_minor)
        return shopper, joined.json["token"], made.json["secret"]


def order(shopper, sku, quantity=1, **rest):
    """The body of an order outside of festivals."""
    return dict({"shopper": shopper, "city": "3301", "lines": [{"sku": sku, "quantity": quantity}]}, **rest)


def order_words(key, shopper, sku, quantity=1):
    """The same as ORDER.PLACE."""
    return ("ORDER.PLACE", key, shopper, "-", "3301", "LINES", sku, quantity)


def memory_mb(server):
    """Resident memory of the server's process."""
    with open("/proc/%d/status" % server.process.pid) as file:
        return int(file.read().split("VmRSS:")[1].split()[0]) / 1024


def settled_mb(server, world):
    """The same once the engine's tables are resident: the first thousands of keys touch a page each."""
    before = -100
    for _ in range(20):
        world.shoppers(500, 1)
        now = memory_mb(server)
        if now - before < 2:
            break
        before = now
    return now


def is_sanitized(eleven):
    """Its memory is the sanitizer's then, and says nothing."""
    with open(eleven, "rb") as file:
        binary = file.read()
        return b"__asan_init" in binary or b"__tsan_init" in binary


def kill(server):
    """kill -9: what it had not written down is gone."""
    process, server.process = server.process, None
    process.kill()
    process.wait(WAIT_S)
    if server._connection is not None:
        server._connection.close()
        server._connection = None


def audit(server):
    """`eleven audit` of the folder, whose server is stopped: raises when it finds anything."""
    return server.run("audit", server.shop)


def main(tests):
    """Runs functions that take the path of the program, each with a server of its own, or of its group."""
    if len(sys.argv) < 2:
        sys.exit("usage: %s build/eleven [NAME ...]" % os.path.basename(sys.argv[0]))
    chosen = [test for test in tests if len(sys.argv) == 2 or test.__name__ in sys.argv[2:]]
    failed = 0
    for test in chosen:
        begun = time.monotonic()
        try:
            test(sys.argv[1])
            print("ok %s (%.1f s)" % (test.__name__, time.monotonic() - begun), flush=True)
        except Exception:
            failed += 1
            print("not ok", test.__name__, flush=True)
            traceback.print_exc(file=sys.stdout)
    print("%d passed, %d failed" % (len(chosen) - failed, failed))
    sys.exit(1 if failed else 0)
