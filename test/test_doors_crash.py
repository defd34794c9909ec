#!/usr/bin/python3
"""The doors when the server dies, stops or sleeps under load: test/test_doors_crash.py build/eleven [TEST ...]

What was acknowledged through either door is kept outside of the server, and is there afterwards, once, with its total;
what was not is asked again with its key, and is there once as well; and the audit of the folder is clean. Then what
follows the journal: webhooks and views.
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import random
import signal
import threading
import time
import uuid

from door_kit import Closed, Wire, World, audit, http as request, kill, main, order, order_words, resp
from http_kit import Server


class Load:
    """Shoppers who order through both doors until the server goes; each wish has its key."""

    def __init__(self, server, shoppers, web=4, lines=2):
        self.server, self.shoppers = server, shoppers
        self.told = {}          # by key: (order, total)
        self.wishes = {}        # by key: (shopper, quantity)
        self.wrong = []
        self.lock = threading.Lock()
        self.over = False
        self.threads = [threading.Thread(target=self.run, args=(self.web, i)) for i in range(web)]
        self.threads += [threading.Thread(target=self.run, args=(self.line, i)) for i in range(lines)]
        self.random = random.Random(7)

    def begin(self):
        for thread in self.threads:
            thread.start()
        return self

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"
        assert not self.wrong, self.wrong[:3]

    def run(self, what, number):
        wire = None
        try:
            wire = Wire(self.server.ports["resp" if what == self.line else "http"])
            what(wire)
        except (Closed, ConnectionError):
            # The end: nothing, or whole answers only.
            if wire is not None and len(wire.kept) > wire.at:
                self.wrong.append("half an answer: %r" % bytes(wire.kept[wire.at:]))
        except Exception as error:
            self.wrong.append("%s: %r" % (what.__name__, error))
        finally:
            if wire is not None:
                wire.close()

    def wish(self):
        with self.lock:
            key = "%032x" % self.random.getrandbits(128)
            self.wishes[key] = (self.random.choice(self.shoppers), self.random.randint(1, 3))
        return key, self.wishes[key]

    def web(self, wire):
        while not self.over:
            asked = [self.wish() for _ in range(self.random.choice((1, 1, 4)))] # some are pipelines
            wire.send(*[request("POST", "/v1/orders", order(shopper, "PEN", quantity), self.server.keys["robot"], key)
                        for key, (shopper, quantity) in asked])
            for key, _ in asked:
                status, headers, body = wire.answer()
                body = json.loads(body)
                if status == 201:
                    self.told[key] = (body["order"], body["total"]["amount_minor"])
                elif status != 503:
                    self.wrong.append("%d %s" % (status, body))
                if headers.get("connection") == "close":
                    raise Closed("it said so")

    def line(self, wire):
        wire.ask("AUTH", self.server.keys["robot"])
        while not self.over:
            asked = [self.wish() for _ in range(50)]
            wire.send(*[resp(*order_words(key, shopper, "PEN", quantity)) for key, (shopper, quantity) in asked])
            for key, _ in asked:
                reply = wire.reply()
                if isinstance(reply, list):
                    self.told[key] = (reply[0], reply[1])
                elif reply.word() != "BUSY":
                    self.wrong.append(reply)

    def check(self, world):
        """Everything that was told is there; asked again, every wish is there once."""
        told = list(self.told.values())
        assert len({number for number, _ in told}) == len(told), "an order was told twice"
        rows = world.robot.ask_all([("ORDER.GET", number) for number, _ in told])
        for (number, total), row in zip(told, rows):
            assert row is not None, "order %d was acknowledged and is lost" % number
            facts = dict(zip(row[::2], row[1::2]))
            assert (facts["total_minor"], facts["state"]) == (total, "paid"), (number, total, facts)
        keys = list(self.wishes)
        replies = world.all_good(world.robot.ask_all([order_words(key, self.wishes[key][0], "PEN", self.wishes[key][1])
                                                      for key in keys]))
        for key, reply in zip(keys, replies):
            assert key not in self.told or reply == [*self.told[key], 1], "%s: %s and not %s" % (key, reply, self.told[key])
        assert len({reply[0] for reply in replies}) == len(keys) == world.orders(), (len(keys), world.orders())


def begin(server):
    world = World(server)
    world.goods("PEN", 100, 10 ** 6)
    return world, world.shoppers(200, 10 ** 8)


def test_kill(eleven):
    """kill -9 under load over both doors, several times."""
    with Server(eleven, "--rate", "0", "--no-views") as server:
        world, shoppers = begin(server)
        load = None
        for round in range(4):
            before = load
            load = Load(server, shoppers)
            if before is not None:
                load.told, load.wishes, load.random = before.told, before.wishes, before.random
            known = len(load.told)
            load.begin()
            time.sleep(0.3 + 0.2 * round)
            kill(server)
            load.end()
            assert len(load.told) > known, "round %d told of %d orders" % (round, len(load.told) - known)
            audit(server)
            server.start()
            world.connect()
            load.check(world)
        server.stop()
        audit(server)
        print("  %d acknowledged orders of %d" % (len(load.told), len(load.wishes)))


def signals(process):
    """One SIGTERM after another: the first counts, the rest do not cut it short."""
    for _ in range(400):
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGTERM)
        time.sleep(0.005)


def test_terminate(eleven):
    """SIGTERM under load: what was begun is answered, the rest is closed; the next start needs no replay."""
    with Server(eleven, "--rate", "0", "--no-views") as server:
        world, shoppers = begin(server)
        load = Load(server, shoppers).begin()
        stream = Wire(server.ports["http"])
        stream.send(request("GET", "/v1/festivals/11.11/events"))
        assert stream.head()[0] == 200
        idle = [Wire(server.ports["http"]) for _ in range(20)] + [Wire(server.ports["resp"]) for _ in range(20)]
        half = Wire(server.ports["http"])
        half.send(b"POST /v1/orders HTTP/1.1\r\nHost: shop\r\nContent-")
        time.sleep(1)
        begun = time.monotonic()
        impatient = threading.Thread(target=signals, args=(server.process,))
        impatient.start()
        server.stop()
        impatient.join()
        took = time.monotonic() - begun
        load.end()
        assert took < 20, "it took %.1f s to stop" % took
        assert stream.rest().endswith(b"0\r\n\r\n"), "a stream without its end"
        for wire in idle:
            assert wire.rest() == b""
        log = [line["event"] for line in server.log]
        assert "stopping" in log and server.log[-1]["event"] == "closed" and server.log[-1]["journal"] == "ok", server.said()
        server.start()
        world.connect()
        recovered = [line for line in server.log if line["event"] == "recovered"][-1]
        assert recovered["snapshot"] == recovered["seq"] and recovered["commands"] == 0, recovered
        load.check(world)
        server.stop()
        audit(server)


def test_sleep(eleven):
    """A server that is stopped for a while (a suspended machine, a debugger) goes on, and everybody has their answers."""
    with Server(eleven, "--rate", "0", "--no-views") as server:
        world, shoppers = begin(server)
        load = Load(server, shoppers).begin()
        for _ in range(3):
            time.sleep(0.3)
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(0.7)
            server.process.send_signal(signal.SIGCONT)
        time.sleep(0.3)
        known = len(load.told)
        time.sleep(0.3)
        assert len(load.told) > known, "no orders any more"
        load.end()
        assert len(load.told) == len(load.wishes) or all(key in load.told for key in list(load.wishes)[:-600])
        load.check(world)


# --- webhooks ----------------------------------------------------------------------------------------------------


class Receiver(http.server.ThreadingHTTPServer):
    """Takes webhooks and keeps them: (headers, body) in the order in which they came."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), ReceiverHandler)
        self.taken = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return "http://127.0.0.1:%d/hook" % self.server_address[1]


class ReceiverHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append((dict((name.lower(), value) for name, value in self.headers.items()), body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def verified(secret, headers, body):
    """As docs/WEBHOOKS.md shows it."""
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 300
    key = base64.b64decode(secret.removeprefix("whsec_"))
    message = ("%s.%s." % (headers["webhook-id"], headers["webhook-timestamp"])).encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, one) for one in headers["webhook-signature"].split(" "))


def events_of(receiver, secret):
    """[(id, type, order)], verified, without what came again."""
    seen, events = set(), []
    for headers, body in list(receiver.taken):
        assert verified(secret, headers, body), headers
        assert not verified(secret, headers, body + b" ")
        if headers["webhook-id"] not in seen:
            seen.add(headers["webhook-id"])
            event = json.loads(body)
            events.append((headers["webhook-id"], event["type"], event["data"]["order"]))
    return events


def test_webhooks(eleven):
    """An order over the Redis protocol is told to a webhook, signed, once and in order; and after kill -9 as well."""
    with Server(eleven, "--rate", "0", "--hooks-private") as server:
        receiver = Receiver()
        made = server.request("POST", "/v1/webhooks", json={"url": receiver.url(), "events": ["order.placed", "order.paid"]},
                              token=server.keys["admin"])
        assert made.status == 201, made
        secret = made.json["secret"]
        world, shoppers = begin(server)
        placed = [world.robot.ask(*order_words(uuid.uuid4(), shoppers[0], "PEN"))[0] for _ in range(3)]
        server.wait_for(lambda: len(receiver.taken) >= 6)
        time.sleep(0.3)
        assert len(receiver.taken) == 6, "%d deliveries" % len(receiver.taken)
        expected = [(kind, number) for number in placed for kind in ("order.placed", "order.paid")]
        assert [event[1:] for event in events_of(receiver, secret)] == expected
        for round in range(2):
            replies = world.robot.ask_all([order_words(uuid.uuid4(), shopper, "PEN") for shopper in shoppers[:60]])
            expected += [(kind, reply[0]) for reply in replies for kind in ("order.placed", "order.paid")]
            kill(server)
            server.start()
            world.connect()
            server.wait_for(lambda: len(events_of(receiver, secret)) >= len(expected), 30)
            assert [event[1:] for event in events_of(receiver, secret)] == expected, \
                "%d events of %d" % (len(events_of(receiver, secret)), len(expected))
        receiver.shutdown()
        receiver.server_close()


# --- views -------------------------------------------------------------------------------------------------------


def lists(server, shoppers):
    """Everything that lists of orders say, by their queries, once they have followed the journal to its end."""
    token, found = server.keys["robot"], {}
    end = World(server).info("seq")
    follow = lambda: server.request("GET", "/v1/orders?limit=1", token=token).json["as_of"] >= end
    assert server.wait_for(follow, 20), "the lists do not come to number %d" % end
    for query in ("", "state=paid", "state=held", "state=cancelled", "part_state=packed", "location=main", "festival=11.11",
                  "from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", *["shopper=%d" % each for each in shoppers[:5]]):
        found[query] = pages(server, query, token)
    return found


def pages(server, query, token):
    rows, after = [], None
    while True:
        path = "/v1/orders?limit=37" + ("&" + query if query else "") + ("&after=%d" % after if after else "")
        answer = server.request("GET", path, token=token)
        assert answer.status == 200, answer
        rows += answer.json["orders"]
        after = answer.json["next"]
        if after is None:
            numbers = [row["order"] for row in rows]
            assert numbers == sorted(set(numbers), reverse=True), "not newest first, or twice"
            return rows


def test_views(eleven):
    """Lists of orders follow the journal; made anew, by `eleven rebuild` or because they were lost, they are the same."""
    with Server(eleven, "--rate", "0") as server:
        world, shoppers = begin(server)
        place = lambda i, *options: ("ORDER.PLACE", "k%d" % i, shoppers[i % 20], "-", "3301", *options, "LINES", "PEN", 1 + i % 3)
        replies = world.all_good(world.robot.ask_all([place(i, "PAYMENT", "hold") if i % 3 == 0 else place(i) for i in range(200)]))
        numbers = [reply[0] for reply in replies]
        world.all_good(world.robot.ask_all([("ORDER.CANCEL", "c%d" % i, "order", numbers[i]) for i in range(0, 200, 9)]))
        world.all_good(world.robot.ask_all([("PART.PACK", "p%d" % i, "order", numbers[i], "part", 1) for i in range(1, 200, 9)]))
        before = lists(server, shoppers)
        assert [len(before[query]) for query in ("", "state=held", "state=cancelled", "part_state=packed", "festival=11.11")] == \
            [200, 44, 23, 23, 0], {query: len(rows) for query, rows in before.items()}
        assert len(before["shopper=%d" % shoppers[0]]) == 10 and before["state=held"][0]["state"] == "held"
        server.stop()
        server.run("rebuild", server.shop)
        server.start()
        assert lists(server, shoppers) == before, "rebuilt lists are others"
        kill(server)
        for name in os.listdir(server.shop):
            if name.startswith("views.db"):
                os.remove(os.path.join(server.shop, name))
        server.start()
        assert lists(server, shoppers) == before, "lists made anew are others"
        world.connect()
        world.all_good(world.robot.ask_all([place(1000 + i) for i in range(50)]))
        kill(server)
        server.start()
        assert len(lists(server, shoppers)[""]) == 250


if __name__ == "__main__":
    main([test_kill, test_terminate, test_sleep, test_webhooks, test_views])
