#!/usr/bin/python3
"""The Redis protocol's door, and both doors together: test/test_doors_resp.py build/eleven [TEST ...]

Requests in pieces at every byte, hostile ones, 10,000 orders in one write, readers that do not read, and the clients
that people have: redis-cli, python3-redis, hiredis. Then what must happen once: an idempotency key, the last unit, a
person's limit, a wallet's money, whichever door and however often and with whatever broken connections it is asked.
"""
import ctypes
import json
import os
import re
import subprocess
import threading
import time
import uuid

import redis

from door_kit import Closed, Refusal, Wire, World, http, is_sanitized, main, memory_mb, order, order_words, resp, settled_mb
from http_kit import Server


def test_split(eleven):
    """A pipeline of all kinds of requests means the same in whatever pieces it comes."""
    with Server(eleven, "--no-views") as server:
        world = World(server)
        shopper = world.shoppers(1, 10 ** 6)[0]
        port, key = server.ports["resp"], server.keys["robot"]
        requests = b"".join([
            resp("AUTH", key), resp("PING"), b"PING\r\n", resp("ECHO", "\r\n*1\r\n"), b"  echo \"two words\" \r\n", b"\r\n",
            resp(*order_words("in-pieces", shopper, "MUG-RED")), resp("order.place"), b"*0\r\n", b"PING 'it'\n",
            b"ORDER.PLACE in-pieces %d - 3301 LINES MUG-RED 1\r\n" % shopper, resp("NO.SUCH", "x"),
            resp(*order_words("in-pieces", shopper, "MUG-RED", 2)), resp("ORDER.GET", 1), resp("HELLO", 3), resp("ORDER.GET", 9),
            resp("STOCK.GET", "MUG-RED", "main"), resp("QUIT")])

        def talk(*pieces):
            wire = Wire(port)
            for piece in pieces:
                wire.send(piece)
            return wire

        talk(requests).rest() # the order is there from now on
        whole = talk(requests).rest()
        assert whole.count(b"*3\r\n:1\r\n:1880\r\n:1\r\n") == 2 and b"-KEY-CONFLICT" in whole and b"%9\r\n" not in whole, whole
        assert whole.endswith(b"+OK\r\n"), whole
        wires = [talk(requests[:at]) for at in range(1, len(requests))]
        time.sleep(0.1)
        for at, wire in enumerate(wires, 1):
            wire.send(requests[at:])
        for at, wire in enumerate(wires, 1):
            got = wire.rest()
            wire.close()
            assert got == whole, "divided at %d, before %r: %r" % (at, requests[at:at + 20], got)
        wire = talk()
        for byte in requests:
            wire.send(bytes([byte]))
        assert wire.rest() == whole
        assert world.orders() == 1


# What no request is: it is said, and the connection closed.
BROKEN = [b"*1\r\n+PING\r\n", b"*1\r\n:4\r\n", b"*1\r\nPING\r\n", b"*x\r\n", b"*\r\n", b"*1\n$4\r\nPING\r\n", b"*257\r\n", b"*1000000\r\n",
          b"*2147483648\r\n", b"*9223372036854775807\r\n", b"*9223372036854775808\r\n", b"*99999999999999999999999\r\n", b"*1.0\r\n",
          b"*+1\r\n$4\r\nPING\r\n", b"* 1\r\n", b"*1 \r\n", b"*0x1\r\n", b"*--1\r\n", b"*-\r\n", b"*1\r\n$\r\n", b"*1\r\n$-1\r\n",
          b"*1\r\n$-2\r\n", b"*1\r\n$x\r\n", b"*1\r\n$4\nPING\r\n", b"*1\r\n$4 \r\nPING\r\n", b"*1\r\n$+4\r\nPING\r\n", b"*1\r\n$4.0\r\nPING\r\n",
          b"*1\r\n$61441\r\n", b"*1\r\n$536870912\r\n", b"*1\r\n$4294967300\r\n", b"*1\r\n$9223372036854775807\r\n",
          b"*1\r\n$18446744073709551620\r\n", b"*1\r\n$3\r\nPING\r\n", b"*1\r\n$4\r\nPINGxx", b"*1\r\n$4\r\nPING\n\n", b"*1\r\n*1\r\n$4\r\nPING\r\n",
          b"*1\r\n%1\r\n", b"*1\r\n~1\r\n", b"*1\r\n_\r\n", b"*1\r\n#t\r\n", b"*1\r\n(1\r\n", b"*1\r\n!5\r\n", b"*1\r\n=5\r\n", b"*1\r\n\x00\r\n",
          b"PING \"x\r\n", b"PING 'x\r\n", b"\"\r\n", b"x" * 5000 + b"\r\n", b"PING" + b" a" * 300 + b"\r\n", b"\x00" * 5000,
          b"\xff" * 5000, b"*2\r\n$40000\r\n" + b"x" * 40000 + b"\r\n$40000\r\n" + b"x" * 40000 + b"\r\n",
          b"*256\r\n" + b"$300\r\n" * 1 + b"x" * 300 + b"\r\n" + (b"$300\r\n" + b"x" * 300 + b"\r\n") * 255]

# What is a request, and refused: the connection goes on. How many replies there are, each an error.
REFUSED = [(1, b"\x16\x03\x01\x02\n"), (1, b"\x00\r\n"), (1, b"\xff\xfe\r\n"), (1, b"SET a b\r\n"), (1, b"PINGPING\r\n"), (1, b"*1\r\n$0\r\n\r\n"),
           (1, b"*1\r\n$4\r\nP\x00NG\r\n"), (1, b"*1\r\n$1\r\n*\r\n"), (2, b"*1\r\n$3\r\nGET\r\n*1\r\n$3\r\nSET\r\n"), (1, resp("x" * 60000)),
           (1, resp("MULTI")), (1, resp("EVAL", "while true do end", 0)), (1, resp("CONFIG", "SET", "dir", "/")), (1, resp("SAVE")),
           (1, resp("SLAVEOF", "a", 1)), (1, resp("FLUSHALL")), (1, resp("DEBUG", "SEGFAULT")), (1, resp("SHUTDOWN")), (1, resp("MONITOR")),
           (1, resp("SUBSCRIBE", "x")), (1, resp("KEYS", "*")), (1, resp("SELECT", 1)), (1, resp("SELECT", "0x0")), (1, resp("AUTH")),
           (1, resp("AUTH", "")), (1, resp("AUTH", "a", "b")), (1, resp("AUTH", "elv_" + "x" * 50000)), (1, resp("HELLO", 4)), (1, resp("HELLO", "3 ")),
           (1, resp("HELLO", 3, "AUTH", "x")), (1, resp("HELLO", 3, "NOPE")), (1, resp("HELLO", -1)), (1, resp("ECHO")), (1, resp("ECHO", 1, 2)),
           (1, resp("CLOCK.TICK", "k")), (1, resp("ORDER.GET")), (1, resp("COMMAND", "NOPE"))]


def refused_orders(shopper):
    """Orders and other commands that are refused, as words behind the name."""
    place = lambda *words: ("ORDER.PLACE",) + words
    good = ("LINES", "MUG-RED", 1)
    for key in ("", " ", "a b", "é", "x" * 256, "a\x7f", "a\0b", "\t", "x" * 50000):
        yield place(key, shopper, "-", "3301", *good)
    for number in (0, -1, "", "x", "1.0", "1e0", "0x1", "+1", " 1", "1 ", 2 ** 32, 2 ** 32 + 1, 2 ** 63, "9" * 50, "#1", "\0"):
        yield place("k", number, "-", "3301", *good)
    for code in ("", "none", "#0", "#99999", "#-1", "#x", "#", "x" * 5000, "\xff", "0", "--", "3301 ", "#4294967297"):
        yield place("k", shopper, code, "3301", *good)
        yield place("k", shopper, "-", code, *good)
        yield place("k", shopper, "-", "3301", "LINES", code, 1)
        yield place("k", shopper, "-", "3301", "CURRENCY", code, *good)
    for count in (0, -1, "", "x", "1.0", "1e2", 10000, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 63, "9" * 30, "+1", " 1", "0x1", "1\0"):
        yield place("k", shopper, "-", "3301", "LINES", "MUG-RED", count)
        yield place("k", shopper, "-", "3301", "EXPECT", count, "LINES", "MUG-RED", 101)
    yield from [place(), place("k"), place("k", shopper), place("k", shopper, "-"), place("k", shopper, "-", "3301"),
                place("k", shopper, "-", "3301", "LINES"), place("k", shopper, "-", "3301", "LINES", "MUG-RED"),
                place("k", shopper, "-", "3301", *good, "MUG-RED"), place("k", shopper, "-", "3301", "MUG-RED", 1),
                place("k", shopper, "-", "3301", "SPLIT", 2, *good), place("k", shopper, "-", "3301", "SPLIT", "yes", *good),
                place("k", shopper, "-", "3301", "SPLIT", 1, "SPLIT", 1, *good), place("k", shopper, "-", "3301", "DELIVERY", "drone", *good),
                place("k", shopper, "-", "3301", "CHANNEL", 9, *good), place("k", shopper, "-", "3301", "PAYMENT", 0 - 1, *good),
                place("k", shopper, "-", "3301", "COLOUR", "red", *good), place("k", shopper, "-", "3301", "LINES", *(["MUG-RED", 1] * 33)),
                ("SHOPPER.JOIN",), ("SHOPPER.JOIN", "k", "city"), ("SHOPPER.JOIN", "k", "colour", 1), ("SHOPPER.JOIN", "k", "city", "3301"),
                ("ORDER.PAY", "k", "order", 1, "order", 1), ("ORDER.CANCEL", "k", "order", 2 ** 32), ("ORDER.CANCEL", "k", "order", -1),
                ("STOCK.RECEIVE", "k", "sku", "MUG-RED", "location", "main", "quantity", 0),
                ("STOCK.RECEIVE", "k", "sku", "MUG-RED", "location", "main", "quantity", 2 ** 31),
                ("SKU.PUT", "k", "code", "\xff\xfe".encode("latin-1"), "title", "x"), ("SKU.PUT", "k", "code", "x" * 3000, "title", "x"),
                ("WALLET.TRANSFER", "k", "from", shopper, "to", shopper, "currency", "CNY", "amount_minor", 1)]


def test_hostile(eleven):
    """What is no request closes the connection with a word; what is one and refused does not; no order comes of it."""
    with Server(eleven, "--no-views") as server:
        world = World(server)
        shopper = world.shoppers(1, 10 ** 6)[0]
        port, auth = server.ports["resp"], resp("AUTH", server.keys["robot"])
        valid = resp(*order_words("behind", shopper, "MUG-RED"))
        for request in BROKEN:
            with Wire(port) as wire:
                try:
                    wire.send(auth, resp("PING"), request, valid)
                except Closed:
                    pass
                try:
                    replies = wire.rest()
                except TimeoutError:
                    raise AssertionError("more is waited for behind %r" % request[:60])
                assert replies.startswith(b"+OK\r\n+PONG\r\n-ERR Protocol error: ") and replies.count(b"\r\n") == 3, \
                    "%r: %r" % (request[:60], replies[:300])
        for count, request in REFUSED + [(1, resp(*words)) for words in refused_orders(shopper)]:
            with Wire(port) as wire:
                wire.send(auth, request, resp("PING"))
                replies = [wire.reply() for _ in range(count + 2)]
                assert all(isinstance(each, Refusal) for each in replies[1:-1]) and replies[-1] == "PONG", \
                    "%r: %s" % (request[:90], replies)
        for browser in (b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
            with Wire(port) as wire: # a page that makes a browser speak to us: its body is not obeyed
                wire.send(browser, b"AUTH %s\r\n" % server.keys["robot"].encode(), valid)
                assert b"+OK" not in wire.rest()
        with Wire(port) as wire: # nobody
            for words in (order_words("k", shopper, "MUG-RED"), ("INFO",), ("ORDER.GET", 1), ("WALLET.GET", shopper),
                          ("STOCK.RECEIVE", "k", "sku", "MUG-RED", "location", "main", "quantity", 1)):
                try:
                    raise AssertionError("nobody may %s: %s" % (words, wire.ask(*words)))
                except Refusal as refusal:
                    assert refusal.word() == "NOAUTH", refusal
        assert world.orders() == 0 and world.balance(shopper) == 10 ** 6
        print("  %d hostile requests" % (len(BROKEN) + len(REFUSED) + len(list(refused_orders(1)))))


def test_pipeline(eleven):
    """10,000 orders in one write, refusals among them; and a command may name what the one before it has made."""
    with Server(eleven, "--no-views") as server:
        world = World(server)
        world.goods("PEN", 100, 9000)
        shoppers = world.shoppers(1000, 100 * 10)
        run = uuid.uuid4().hex
        asked = [order_words("%s-%d" % (run, i), shoppers[i % 1000], "PEN") for i in range(10000)]
        writer = threading.Thread(target=world.robot.send, args=[resp(*words) for words in asked])
        writer.start()
        replies = [world.robot.reply() for _ in asked]
        writer.join()
        assert replies[:9000] == [[i + 1, 100, 0] for i in range(9000)], "out of order"
        assert all(isinstance(each, Refusal) and each.word() == "SOLD-OUT" for each in replies[9000:]), replies[9000:9005]
        again = world.robot.ask_all(asked[:2000])
        assert again == [[i + 1, 100, 1] for i in range(2000)], "not replayed"
        replies = world.admin.ask_all([
            ("BRAND.PUT", "1", "code", "new", "name", "New"), ("STOCK.GET", "NEW-1"),
            ("SKU.PUT", "2", "code", "NEW-1", "title", "New", "department", "things", "brand", "new", "seller", "shop", "for_sale", 1),
            ("STOCK.RECEIVE", "3", "sku", "NEW-1", "location", "main", "quantity", 7), ("STOCK.GET", "NEW-1"),
            ("STOCK.MOVE", "4", "sku", "NEW-1", "from", "main", "to", "wh-1", "quantity", 2), ("STOCK.GET", "NEW-1", "wh-1")])
        assert [type(each) for each in replies[:3]] == [list, type(None), list] and replies[4] == 7 and replies[6] == 2, replies


def test_no_reader(eleven):
    """Replies that are not read stay within a bound and hold nobody else up; read at last, all of them are there."""
    with Server(eleven, "--no-views", "--rate", "0") as server:
        world = World(server)
        quiet = [Wire(server.ports["resp"], receive_bytes=4096) for _ in range(20)]
        count = 6000
        shopper = world.shoppers(1, 10 ** 6)[0]
        before = settled_mb(server, world)

        def flood(wire):
            try:
                wire.send(resp("COMMAND", "DOCS") * count)
            except (Closed, TimeoutError, OSError):
                pass

        writers = [threading.Thread(target=flood, args=(wire,)) for wire in quiet]
        for writer in writers:
            writer.start()
        time.sleep(1)
        slowest = 0
        for i in range(100):
            begun = time.monotonic()
            world.robot.ask(*order_words("beside-%d" % i, shopper, "MUG-RED"))
            slowest = max(slowest, time.monotonic() - begun)
        grown = memory_mb(server) - before
        assert (grown < 20 * 4 or is_sanitized(eleven)) and slowest < 1, "%d MB more, an order took %.2f s" % (grown, slowest)
        replies = [quiet[0].reply() for _ in range(count)]
        assert all(each == replies[0] for each in replies) and len(replies[0]) > 20
        for wire in quiet:
            wire.vanish()
        for writer in writers:
            writer.join(10)


def test_redis_cli(eleven):
    with Server(eleven, "--no-views") as server:
        world = World(server)
        shopper = world.shoppers(1, 10 ** 7)[0]
        world.goods("PEN", 100, 5000)

        def cli(*words, input=None):
            done = subprocess.run(["redis-cli", "-p", str(server.ports["resp"]), "--no-auth-warning", "-a", server.keys["robot"],
                                   *map(str, words)], capture_output=True, text=True, input=input, timeout=30)
            return done.stdout.strip()

        assert cli("PING") == "PONG"
        assert cli(*order_words("cli", shopper, "PEN")).split() == ["1", "100", "0"]
        assert cli("-3", *order_words("cli", shopper, "PEN")).split() == ["1", "100", "1"]
        assert cli(*order_words("cli", shopper, "PEN", 2)).startswith("KEY-CONFLICT 0 ")
        got = json.loads(cli("-3", "--json", "ORDER.GET", 1))
        assert got["order"] == 1 and got["total_minor"] == 100 and got["lines"][0][0] == "PEN", got
        assert cli(input="PING\nECHO hello\nNO\n").split("\n")[:2] == ["PONG", "hello"]
        many = "".join(" ".join(map(str, order_words("pipe-%d" % i, shopper, "PEN"))) + "\r\n" for i in range(2000))
        said = cli("--pipe", input=many)
        assert "errors: 0, replies: 2000" in said, said
        assert world.orders() == 2001


def test_python_redis(eleven):
    with Server(eleven, "--no-views") as server:
        world = World(server)
        shopper = world.shoppers(1, 10 ** 7)[0]
        world.goods("PEN", 100, 5000)
        client = redis.Redis(port=server.ports["resp"], username="robot", password=server.keys["robot"], decode_responses=True,
                             client_name="test", health_check_interval=1)
        assert client.ping() and client.execute_command("ORDER.PLACE", "py", shopper, "-", "3301", "LINES", "PEN", 1) == [1, 100, 0]
        pipeline = client.pipeline(transaction=False)
        for i in range(1000):
            pipeline.execute_command("ORDER.PLACE", "py-%d" % (i // 2), shopper, "-", "3301", "LINES", "PEN", 1)
        pipeline.execute_command("NO.SUCH")
        replies = pipeline.execute(raise_on_error=False)
        assert [each[0] for each in replies[:-1]] == [2 + i // 2 for i in range(1000)] and isinstance(replies[-1], redis.ResponseError)
        try:
            redis.Redis(port=server.ports["resp"], password="elv_wrong").ping()
            raise AssertionError("a wrong key is taken")
        except (redis.AuthenticationError, redis.ResponseError): # one or the other, by version
            pass
        assert client.time()[0] > 1.7e9 and client.echo("é") == "é" and client.info()["orders"] == 501
        with Wire(server.ports["resp"]) as wire: # RESP3: maps and null
            hello = wire.ask("HELLO", 3, "AUTH", "robot", server.keys["robot"], "SETNAME", "x")
            assert hello["proto"] == 3 and hello["server"] == "eleven", hello
            assert wire.ask("ORDER.GET", 1)["state"] == "paid" and wire.ask("ORDER.GET", 9999) is None
            assert wire.ask("FESTIVAL.GET", "11.11")["orders"] == 0
            assert wire.ask("HELLO", 2)[:2] == ["server", "eleven"] and wire.ask("ORDER.GET", 1)[:2] == ["order", 1]
            assert wire.ask("RESET") == "RESET"
            try:
                raise AssertionError(wire.ask("ORDER.GET", 1))
            except Refusal as refusal:
                assert refusal.word() == "NOAUTH"


def hiredis():
    """The C client's library itself, and its struct redisReply."""
    known = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True).stdout
    path = re.search(r"=> (\S*libhiredis\.so\S*)", known).group(1)
    old = "libhiredis.so.0" in os.path.realpath(path)

    class Reply(ctypes.Structure):
        pass

    Reply._fields_ = [("type", ctypes.c_int), ("integer", ctypes.c_longlong)] + \
        ([] if old else [("dval", ctypes.c_double)]) + [("len", ctypes.c_size_t), ("str", ctypes.c_char_p)] + \
        ([] if old else [("vtype", ctypes.c_char * 4)]) + \
        [("elements", ctypes.c_size_t), ("element", ctypes.POINTER(ctypes.POINTER(Reply)))]
    library = ctypes.CDLL(path)
    library.redisConnect.restype = ctypes.c_void_p
    library.redisCommand.restype = ctypes.POINTER(Reply)
    return library, Reply


def test_hiredis(eleven):
    library, HiredisReply = hiredis()
    with Server(eleven, "--no-views") as server:
        world = World(server)
        shopper = world.shoppers(1, 10 ** 7)[0]
        context = ctypes.c_void_p(library.redisConnect(b"127.0.0.1", server.ports["resp"]))
        ok = library.redisCommand(context, b"AUTH %s", server.keys["robot"].encode())
        assert ok.contents.str == b"OK", ok.contents.str
        count = 1000
        for i in range(count):
            library.redisAppendCommand(context, b"ORDER.PLACE hi-%d %d - 3301 LINES MUG-RED %d", i, shopper, 1 if i < 100 else 9999)
        sold = 0
        for i in range(count):
            reply = ctypes.POINTER(HiredisReply)()
            assert library.redisGetReply(context, ctypes.byref(reply)) == 0
            if reply.contents.type == 2:
                sold += 1
                assert [reply.contents.element[n].contents.integer for n in range(3)] == [sold, 1880, 0]
            else:
                assert reply.contents.type == 6 and reply.contents.str.startswith(b"SOLD-OUT "), reply.contents.str
            library.freeReplyObject(reply)
        library.redisFree(context)
        assert sold == 100 and world.orders() == 100


# --- once ----------------------------------------------------------------------------------------------------------


def at_once(server, http_requests, resp_requests, key):
    """Sends all, each on a connection of its own, and then reads: (answers of HTTP, replies of RESP)."""
    web = [Wire(server.ports["http"]) for _ in http_requests]
    lines = [Wire(server.ports["resp"]) for _ in resp_requests]
    for wire in lines:
        wire.ask("AUTH", key)
    for i in range(max(len(web), len(lines))):
        if i < len(web):
            web[i].send(http_requests[i])
        if i < len(lines):
            lines[i].send(resp_requests[i])
    answers = [wire.answer() for wire in web]
    replies = [wire.reply() for wire in lines]
    for wire in web + lines:
        wire.close()
    return [(status, headers, json.loads(body)) for status, headers, body in answers], replies


def test_key_over_doors(eleven):
    """The same wish through the other door is the same order; another wish with its key is refused."""
    with Server(eleven, "--rate", "0", "--no-views") as server:
        world = World(server)
        shopper, token, key = world.account("anna", 10 ** 6)
        other, _, other_key = world.account("ben", 10 ** 6)
        web, line, stranger = Wire(server.ports["http"]), Wire(server.ports["resp"]), Wire(server.ports["resp"])
        line.ask("AUTH", key)
        stranger.ask("AUTH", other_key)
        for name in ("first", str(uuid.uuid4()), "x" * 255, "~!@#$%^&*()"):
            status, headers, placed = web.call("POST", "/v1/orders", order(shopper, "MUG-RED"), key, name)
            assert status == 201 and "idempotent-replayed" not in headers
            assert line.ask(*order_words(name, shopper, "MUG-RED")) == [placed["order"], 1880, 1]
            status, headers, again = web.call("POST", "/v1/orders", order(shopper, "MUG-RED"), token, name)
            assert (status, again, headers["idempotent-replayed"]) == (201, placed, "true"), (status, headers, again)
            for wrong in (order_words(name, shopper, "MUG-RED", 2), order_words(name, shopper, "TEA-250"),
                          ("ORDER.CANCEL", name, "order", placed["order"])):
                try:
                    raise AssertionError("%s: %s" % (wrong, line.ask(*wrong)))
                except Refusal as refusal:
                    assert refusal.word() == "KEY-CONFLICT", refusal
            other_way = "resp-" + name[:200]
            replied = line.ask(*order_words(other_way, shopper, "MUG-RED"))
            assert replied[1:] == [1880, 0]
            status, headers, again = web.call("POST", "/v1/orders", order(shopper, "MUG-RED"), key, other_way)
            assert (status, again["order"], headers["idempotent-replayed"]) == (201, replied[0], "true"), (status, again)
            status, _, problem = web.call("POST", "/v1/orders", order(shopper, "MUG-RED", 2), key, other_way)
            assert (status, problem["code"]) == (422, "key-conflict"), problem
            # Another's key of the same name is another's.
            assert stranger.ask(*order_words(name, other, "MUG-RED"))[2] == 0
        assert world.orders() == 12


def test_vanishing(eleven):
    """A client that vanishes at any byte of its request or of the answer, and asks again with its key: one order."""
    with Server(eleven, "--rate", "0", "--no-views") as server:
        world = World(server)
        shopper, _, key = world.account("anna", 10 ** 8)
        world.goods("PEN", 100, 10000)
        web, line = Wire(server.ports["http"]), Wire(server.ports["resp"])
        line.ask("AUTH", key)
        run, wishes = uuid.uuid4().hex, []

        def wish():
            wishes.append("%s-%04d" % (run, len(wishes)))
            name = wishes[-1]
            return name, http("POST", "/v1/orders", order(shopper, "PEN"), key, name), \
                resp("AUTH", key) + resp(*order_words(name, shopper, "PEN"))

        def again(name, times):
            """Asks again through both doors; all answers are the same order."""
            found = set()
            for i in range(times):
                if (i + len(wishes)) % 2:
                    found.add(line.ask(*order_words(name, shopper, "PEN"))[0])
                else:
                    found.add(web.call("POST", "/v1/orders", order(shopper, "PEN"), key, name)[2]["order"])
            assert len(found) == 1, "%s became the orders %s" % (name, found)
            return found

        def leave(wire, hard):
            wire.vanish() if hard else wire.close()

        numbers = set()
        _, as_http, as_resp = wish()
        wishes.pop()
        for door, size in (("http", len(as_http)), ("resp", len(as_resp))):
            for cut in range(0, size + 1):
                name, *requests = wish()
                wire = Wire(server.ports[door])
                wire.send(requests[door == "resp"][:cut])
                leave(wire, cut % 2)
                numbers |= again(name, 20 if cut % 40 == 0 else 1 + cut % 3)
            for read in list(range(1, 60)) + list(range(60, 560, 31)):
                name, *requests = wish()
                wire = Wire(server.ports[door])
                wire.send(requests[door == "resp"])
                try:
                    wire.exactly(min(read, 20) if door == "resp" else read)
                except (TimeoutError, Closed):
                    raise AssertionError("no answer to read %d bytes of" % read)
                leave(wire, read % 2)
                numbers |= again(name, 1 + read % 4)
        assert len(numbers) == len(wishes) == world.orders(), (len(numbers), len(wishes), world.orders())
        assert world.balance(shopper) == 10 ** 8 - 100 * len(wishes)
        assert world.robot.ask("STOCK.GET", "PEN") == 10000 - len(wishes)
        print("  %d wishes" % len(wishes))


def test_key_at_once(eleven):
    """Fifty times the same wish at the same moment, through both doors: one order, and all hear of it."""
    with Server(eleven, "--rate", "0", "--no-views") as server:
        world = World(server)
        shopper, _, key = world.account("anna", 10 ** 6)
        for round in range(10):
            name = "wish-%d" % round
            answers, replies = at_once(server, [http("POST", "/v1/orders", order(shopper, "MUG-RED"), key, name)] * 25,
                                       [resp(*order_words(name, shopper, "MUG-RED"))] * 25, key)
            assert all(status == 201 for status, _, _ in answers), answers
            numbers = {body["order"] for _, _, body in answers} | {reply[0] for reply in replies}
            fresh = sum("idempotent-replayed" not in headers for _, headers, _ in answers) + sum(reply[2] == 0 for reply in replies)
            assert numbers == {round + 1} and fresh == 1, (numbers, fresh)
        assert world.orders() == 10 and world.balance(shopper) == 10 ** 6 - 18800


def test_scarce(eleven):
    """The last unit, a person's limit, and a wallet's money, asked for at once through both doors."""
    with Server(eleven, "--rate", "0", "--no-views") as server:
        world = World(server)
        robot = server.keys["robot"]
        for round in range(5):
            sku = "LAST-%d" % round
            world.goods(sku, 700, 1)
            buyers = world.shoppers(100, 700)
            answers, replies = at_once(server, [http("POST", "/v1/orders", order(each, sku), robot, True) for each in buyers[:50]],
                                       [resp(*order_words(uuid.uuid4(), each, sku)) for each in buyers[50:]], robot)
            won = [body["order"] for status, _, body in answers if status == 201] + [each for each in replies if isinstance(each, list)]
            assert len(won) == 1, "one unit was sold %d times" % len(won)
            assert all(body["code"] == "sold-out" for status, _, body in answers if status != 201)
            assert all(each.word() == "SOLD-OUT" for each in replies if isinstance(each, Refusal))
            assert sum(world.balance(each) for each in buyers) == 99 * 700 and world.robot.ask("STOCK.GET", sku) == 0
        # One a person, two devices.
        world.goods("RARE", 900, 1000)
        world.admin.ask("DEAL.PUT", uuid.uuid4(), "festival", "11.11", "sku", "RARE", "price_minor", 500, "quota", 0, "cap", 1)
        for shopper in world.shoppers(25, 10000):
            body = order(shopper, "RARE", festival="11.11")
            words = ("ORDER.PLACE", uuid.uuid4(), shopper, "11.11", "3301", "LINES", "RARE", 1)
            answers, replies = at_once(server, [http("POST", "/v1/orders", body, robot, True)], [resp(*words)], robot)
            status, _, body = answers[0]
            refused = body["code"] if status == 409 else replies[0].word() if isinstance(replies[0], Refusal) else "none"
            assert (status == 201) != isinstance(replies[0], list) and refused.lower() == "limit-reached", (answers, replies)
            assert world.balance(shopper) == 9500
        # Money for one of two.
        world.goods("CAKE", 600, 1000)
        for shopper in world.shoppers(25, 1000):
            answers, replies = at_once(server, [http("POST", "/v1/orders", order(shopper, "CAKE"), robot, True)],
                                       [resp(*order_words(uuid.uuid4(), shopper, "CAKE"))], robot)
            status, _, body = answers[0]
            refused = body["code"] if status == 402 else replies[0].word() if isinstance(replies[0], Refusal) else "none"
            assert (status == 201) != isinstance(replies[0], list) and refused.lower() == "insufficient-funds", (answers, replies)
            assert world.balance(shopper) == 400


if __name__ == "__main__":
    main([test_split, test_hostile, test_pipeline, test_no_reader, test_redis_cli, test_python_redis, test_hiredis,
          test_key_over_doors, test_vanishing, test_key_at_once, test_scarce])
