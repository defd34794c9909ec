#!/usr/bin/python3
"""One of the processes that shop while the server is hurt: crowd.py FOLDER NUMBER

Wishes come in small pipelines through either door. What a door acknowledges is written to FOLDER/told.NUMBER before
anything else is done; what it does not answer is asked again with its key, half of the time through the other door,
until it is answered. The process knows what each of its orders may and may not be answered, and how much time has
passed: what should not be goes into FOLDER/end.NUMBER. SIGTERM: no new wishes, the open ones are asked to their end.

FOLDER/world.json says what there is; FOLDER/doors.json the ports, anew after each start of the server.
"""
import collections
import json
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from door_kit import Closed, Wire
from wish import ACCOUNTS, LATER, Wish, read_answer, request_of

WAIT_S = 40             # for an answer: longer than any fault lasts
FINISH_S = 60           # for all that is open, at the end
PIPELINE_MAX = 12
AGAIN_PERCENT = 6       # of answered wishes that are asked once more
VANISH_PERCENT = 3      # of pipelines whose sender is gone before the answers
CLOCK_SLACK = 0.012     # the server's clock is drawn to the wall clock by 1 % at most
PATIENCE_S = 0.3        # between the two ends of a measured time: the answer's way

# What a refusal may be, by kind of wish; anything else is wrong.
REFUSALS = {
    "place": {"sold-out", "deal-sold-out", "limit-reached", "not-open", "closed"},
    "pay": {"hold-expired"},
    "cancel": {"wrong-state"},
}


class Order:
    """An order that was acknowledged: when it was first asked for, when told of, in which life of the server."""
    __slots__ = ("number", "args", "total", "placed_s", "told_s", "life")

    def __init__(self, number, args, total, placed_s, told_s, life):
        self.number, self.args, self.total = number, args, total
        self.placed_s, self.told_s, self.life = placed_s, told_s, life


class Crowd:
    def __init__(self, folder, number):
        self.folder, self.number = folder, number
        with open(os.path.join(folder, "world.json")) as file:
            self.world = json.load(file)
        self.shoppers = self.world["shoppers"][number]
        self.random = random.Random("%s crowd %d" % (self.world["seed"], number))
        self.told = open(os.path.join(folder, "told.%d" % number), "a", buffering=1 << 16)
        self.wires = {}
        self.doors = {}         # of doors.json, when a connection was last made: ports, and which life of the server
        self.again = collections.deque() # (wish, when it was first asked, tries, door, ticket)
        self.repeats = []       # (wish, its answer): to be asked once more
        self.orders = collections.defaultdict(list) # by what may be done with them next
        self.open_orders = {}   # those with a wish under way, by number
        self.counts = collections.Counter()
        self.wrong = collections.Counter()
        self.examples = []
        self.finishing = False
        self.clock = None       # the last time that the server told, and in which life
        self.serial = 0

    def note(self, what, text):
        self.wrong[what] += 1
        if len(self.examples) < 20:
            self.examples.append("%s: %s" % (what, text))

    # --- connections -----------------------------------------------------------------------------------

    def wire(self, door, account):
        if (door, account) not in self.wires:
            with open(os.path.join(self.folder, "doors.json")) as file:
                self.doors = json.load(file)
            wire = Wire(self.doors[door], WAIT_S)
            self.wires[door, account] = wire
            if door == "resp":
                wire.ask("AUTH", self.world["keys"][account])
        return self.wires[door, account]

    def drop(self, vanish=False):
        """All connections; what is half an answer is noted."""
        for wire in self.wires.values():
            if len(wire.kept) > wire.at and not vanish:
                self.note("half an answer", bytes(wire.kept[wire.at:])[:200])
            if vanish:
                wire.vanish()
            else:
                wire.close()
        self.wires = {}
        self.clock = None

    # --- what is wished ------------------------------------------------------------------------------------

    def make(self, kind, args, account=None):
        self.serial += 1
        key = "%s-%d-%d-%08x" % (self.world["seed"], self.number, self.serial, self.random.getrandbits(32))
        return Wish(key, kind, account or ACCOUNTS.get(kind, "admin"), args)

    def festival(self):
        """One that is open or about to be, or none."""
        now_ms = time.time() * 1000
        near = [each for each in self.world["festivals"] if each["opens_ms"] - 1000 < now_ms < each["closes_ms"] + 1000]
        return self.random.choice(near)["code"] if near and self.random.random() < 0.8 else None

    def place(self):
        draw = self.random
        store = draw.random() < 0.1
        kinds = (("plenty", 60), ("flash", 25), ("scarce", 15))
        goods = "store" if store else draw.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        festival = self.festival()
        return self.make("place", {
            "shopper": draw.choice(self.shoppers), "festival": festival, "sku": draw.choice(self.world["goods"][goods]),
            "quantity": draw.choice((1, 1, 1, 2, 3)), "store": store,
            "hold": festival is not None and draw.random() < 0.25})

    def step(self, kind, stage, account=None):
        """The next step of an order that is so far."""
        if not self.orders[stage]:
            return None
        order = self.orders[stage].pop(self.random.randrange(len(self.orders[stage])))
        args = {"order": order.number, "amount": order.total, "quantity": 1, "was": stage}
        self.open_orders[order.number] = order
        return self.make(kind, args, account)

    def batch(self):
        """Wishes of one account."""
        kind, stage, account = self.random.choices(
            [("place", None, None), ("pay", "held", None), ("cancel", "held", None), ("cancel", "paid", None),
             ("pack", "paid", "admin"), ("ship", "packed", "admin"), ("deliver", "shipped", "admin"),
             ("return", "delivered", None), ("pack", "store", "till"), ("ready", "store-packed", "till"),
             ("hand_over", "store-ready", "till"), ("top_up", None, None)],
            [60, 10, 3, 3, 8, 7, 6, 4, 4, 4, 4, 3])[0]
        count = self.random.randint(1, PIPELINE_MAX)
        if kind == "place":
            return [self.place() for _ in range(count)]
        if kind == "top_up":
            return [self.make("top_up", {"shopper": self.random.choice(self.shoppers), "amount": self.random.randint(1, 9999)})]
        wishes = [self.step(kind, stage, account) for _ in range(count)]
        return [wish for wish in wishes if wish is not None]

    # --- what is answered ----------------------------------------------------------------------------------

    def done(self, wish, answer, asked_s, now_s):
        """An acknowledgement: written down first."""
        self.told.write(json.dumps([wish.key, wish.kind, wish.account, answer.id, answer.value, wish.args],
                                   separators=(",", ":")) + "\n")
        self.told.flush()
        self.counts["acknowledged"] += 1
        self.counts["acknowledged " + wish.kind] += 1
        if wish.kind == "place":
            self.placed(wish, answer, asked_s, now_s)
        elif wish.kind != "top_up":
            self.advanced(wish, asked_s, now_s)

    def placed(self, wish, answer, asked_s, now_s):
        args = wish.args
        order = Order(answer.id, args, answer.value, asked_s, now_s, self.doors["life"])
        self.orders["held" if args["hold"] else "store" if args["store"] else "paid"].append(order)
        for festival in self.world["festivals"]:
            if festival["code"] == args["festival"]:
                self.in_window(festival, asked_s, now_s)

    def in_window(self, festival, asked_s, now_s):
        """The server's clock may be off by what 1 % of its time makes, not more."""
        slack_s = (time.time() - self.world["begun_s"]) * CLOCK_SLACK + PATIENCE_S
        wall_s = time.time() - time.monotonic()
        if wall_s + now_s < festival["opens_ms"] / 1000 - slack_s:
            self.note("opened early", "%s, %.3f s" % (festival["code"], festival["opens_ms"] / 1000 - wall_s - now_s))
        late_s = wall_s + asked_s - festival["closes_ms"] / 1000
        if late_s > slack_s + self.doors["clock_lost_s"]:
            self.note("sold after closing", "%s, %.3f s" % (festival["code"], late_s))

    def advanced(self, wish, asked_s, now_s):
        order = self.open_orders.pop(wish.args["order"])
        was = wish.args["was"]
        store = order.args["store"]
        if wish.kind == "pay":
            hold_s = self.world["hold_ms"] / 1000
            if order.life == self.doors["life"] and asked_s - order.told_s > hold_s * (1 + CLOCK_SLACK) + PATIENCE_S:
                self.note("paid after its hold was over", "order %d, %.3f s" % (order.number, asked_s - order.told_s))
            self.orders["store" if store else "paid"].append(order)
        after = {("pack", "paid"): "packed", ("ship", "packed"): "shipped", ("deliver", "shipped"): "delivered",
                 ("pack", "store"): "store-packed", ("ready", "store-packed"): "store-ready"}.get((wish.kind, was))
        if after is not None:
            self.orders[after].append(order)
        if wish.kind == "return" and order.args["quantity"] > 1:
            order.args = dict(order.args, quantity=order.args["quantity"] - 1)
            self.orders["delivered"].append(order)

    def refused(self, wish, answer, now_s):
        self.counts["refused"] += 1
        self.counts["refused: " + answer.code] += 1
        order = self.open_orders.pop(wish.args["order"], None) if "order" in wish.args else None
        known = answer.code in REFUSALS.get(wish.kind, ())
        if known and wish.kind == "cancel":
            known = wish.args["was"] == "held" # it had expired; what is paid can always be cancelled before it leaves
        if not known:
            self.note("refusal without a cause", "%s: %s" % (wish, answer.code))
        if wish.kind in ("pay", "cancel") and known:
            least_s = self.world["hold_ms"] / 1000 * (1 - CLOCK_SLACK)
            if order.life != self.doors["life"]: # a start takes the wall clock's time: what was lost before is made up
                least_s -= (time.time() - self.world["begun_s"]) * CLOCK_SLACK + self.doors["clock_lost_most_s"]
            if now_s - order.placed_s < least_s:
                self.note("hold let go early", "order %d, after %.3f s: %s" % (order.number, now_s - order.placed_s, answer.code))

    def answered(self, wish, answer, asked_s, tries, door, ticket):
        now_s = time.monotonic()
        if not answer.done and answer.code in LATER:
            self.counts["sent away: " + answer.code] += 1
            self.again.append((wish, asked_s, tries, door, ticket))
            return
        if tries > 1:
            self.counts["asked again"] += 1
        if answer.done:
            self.counts["done before it was asked again"] += answer.replayed
            self.done(wish, answer, asked_s, now_s)
        else:
            self.refused(wish, answer, now_s)

    # --- asking ------------------------------------------------------------------------------------------------

    def ask(self, entries, door):
        """Sends (wish, asked, tries, door, ticket) in one pipeline and takes the answers. What was not answered is asked
        again, later."""
        account = entries[0][0].account
        entries = collections.deque((wish, asked or time.monotonic(), tries + 1, door, ticket)
                                    for wish, asked, tries, _, ticket in entries)
        vanish = self.random.random() * 100 < VANISH_PERCENT
        try:
            wire = self.wire(door, account)
            bytes_ = b"".join(request_of(wish, door, self.world["keys"][account], ticket)
                              for wish, _, _, _, ticket in entries)
            if vanish:
                wire.send(bytes_[:self.random.randint(1, len(bytes_))])
                self.counts["clients that vanished"] += 1
                self.drop(True)
                self.again.extend(entries)
                return
            wire.send(bytes_)
            while entries:
                answer, ticket = read_answer(entries[0][0], door, wire)
                wish, asked_s, tries, _, old = entries.popleft()
                self.answered(wish, answer, asked_s, tries, door, ticket or old)
                if answer.done and self.random.random() * 100 < AGAIN_PERCENT:
                    self.repeats.append((wish, answer))
        except TimeoutError:
            self.note("clients left waiting", "%s for %d s" % (entries[0][0] if entries else "AUTH", WAIT_S))
            self.again.extend(entries)
            self.drop(True)
        except (Closed, ConnectionError):
            self.counts["connections that broke"] += 1
            self.again.extend(entries)
            self.drop()
            time.sleep(0.02)

    def ask_repeats(self):
        """Answered wishes, once more, through any door: the same answer, and nothing is done."""
        repeats, self.repeats = self.repeats, []
        for wish, first in repeats:
            door = self.random.choice(("http", "resp"))
            try:
                for _ in range(self.random.choice((1, 1, 2, 5))):
                    wire = self.wire(door, wish.account)
                    wire.send(request_of(wish, door, self.world["keys"][wish.account]))
                    answer, _ = read_answer(wish, door, wire)
                    if not answer.done and answer.code in LATER:
                        break
                    self.counts["repeated though answered"] += 1
                    same_value = None in (first.value, answer.value) or answer.value == first.value
                    if not (answer.done and answer.replayed and answer.id == first.id and same_value):
                        self.note("answers that changed", "%s: %s, then %s" % (wish, first, answer))
            except TimeoutError:
                self.note("clients left waiting", "%s, repeated" % (wish,))
                self.drop(True)
            except (Closed, ConnectionError):
                self.drop()

    def look_at_clock(self):
        """It never goes back while a server lives."""
        try:
            seconds, micros = self.wire("resp", "robot").ask("TIME")
            now = int(seconds) * 1000000 + int(micros)
            if self.clock is not None and now < self.clock:
                self.note("times gone back", "TIME: %d us" % (now - self.clock))
            self.clock = now
            self.counts["looks at the clock"] += 1
        except TimeoutError:
            self.note("clients left waiting", "TIME")
            self.drop(True)
        except (Closed, ConnectionError):
            self.drop()

    def turn(self):
        """One pipeline: of what is open, or of new wishes."""
        draw = self.random
        if self.again:
            entries = [self.again.popleft()]
            account = entries[0][0].account
            while self.again and len(entries) < PIPELINE_MAX and self.again[0][0].account == account:
                entries.append(self.again.popleft())
            doors = ("http", "resp")
            door = entries[0][3] if draw.random() < 0.5 else doors[doors.index(entries[0][3]) ^ 1]
            self.counts["asked through the other door"] += sum(door != entry[3] for entry in entries)
            self.ask(entries, door)
            if self.again and any(entry[4] for entry in self.again):
                time.sleep(0.2)
        elif not self.finishing:
            wishes = self.batch()
            if wishes:
                self.counts["wishes"] += len(wishes)
                self.ask([(wish, None, 0, None, None) for wish in wishes], draw.choice(("http", "resp")))
        if self.repeats:
            self.ask_repeats()
        if draw.random() < 0.05:
            self.look_at_clock()

    def run(self):
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "finishing", True))
        finish_s = None
        while not self.finishing or self.again or self.repeats:
            self.turn()
            if self.finishing:
                finish_s = finish_s or time.monotonic() + FINISH_S
                if time.monotonic() > finish_s:
                    self.note("clients left waiting", "%d wishes open at the end" % len(self.again))
                    break
            elif time.time() - self.world["begun_s"] > self.world["storm_s"]:
                time.sleep(self.random.random() * 2 * self.world["pace_s"])
        self.told.close()
        self.drop(True)
        path = os.path.join(self.folder, "end.%d" % self.number)
        with open(path + ".part", "w") as file:
            json.dump({"counts": self.counts, "wrong": self.wrong, "examples": self.examples}, file)
        os.rename(path + ".part", path)


if __name__ == "__main__":
    Crowd(sys.argv[1], int(sys.argv[2])).run()
