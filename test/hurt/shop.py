"""A shop that is hurt: a server of its own behind a bad disk, crowds that shop at it, and everything that they were told,
held against what the server says.

    shop = Shop("build/eleven", "kill", seed=7, seconds=60, counters=Counters("kill"))
    with shop:
        shop.open()             # goods, shoppers, festivals; the crowds begin
        shop.kill(); shop.again()
        shop.progress()         # orders go on, or it is counted
        shop.finish()           # the crowds come to their end; every check
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import books
from disk import Disk
from door_kit import Closed, Refusal, Wire, World
from http_kit import Server
from wish import CURRENCY, LATER, STORE, WAREHOUSE, Wish, answer_of, read_answer, request_of, words_of

CROWDS = 4
SHOPPERS = 200              # of each crowd
BALANCE_MINOR = 10 ** 10
SEGMENT_BYTES = 1 << 20     # small ones, so that going from one to the next is hurt too
FLASH_UNITS, FLASH_QUOTA, FLASH_CAP = 300, 200, 2
SCARCE_UNITS = 400
PLENTY_UNITS = 10 ** 8
GOODS = {"plenty": ["PLENTY-%d" % i for i in range(20)], "flash": ["FLASH-%d" % i for i in range(4)],
         "scarce": ["SCARCE-%d" % i for i in range(4)], "store": ["STORE-%d" % i for i in range(4)]}
LATE_MS = 10000             # an expiry, on a busy machine, beyond the longest time without a server
HTTP_SAMPLE = 50            # told answers that are asked again over HTTP as well
END_S = 45                  # for a server that has to end by itself
PROGRESS_S = 30             # orders go on so long after a hurt is healed
PROGRESS_BYTES = 4000       # of what is told: some 20 orders
CHECK_RECENT = 2000         # told answers that are asked again after each restart, the newest, and as many at random


class Shop(Server):
    def __init__(self, eleven, counters, seed, seconds, options=(), pace_s=0.01, storm_s=3, hold_ms=4000, views=False,
                 room=None):
        super().__init__(eleven, "--rate", "0", *(() if views else ("--no-views",)), *options)
        self.counters, self.seed, self.seconds = counters, seed, seconds
        self.random = random.Random("%s %s" % (seed, counters.name))
        self.room = room(os.path.join(self.directory, "room")) if room is not None else None # for the data folder alone
        if self.room is not None and self.room.problem is None:
            self.shop = self.room.shop
        self.pace_s, self.storm_s, self.hold_ms = pace_s, storm_s, hold_ms
        self.disk = Disk(os.path.join(os.path.dirname(self.eleven), "slow_disk.so"), os.path.join(self.directory, "disk"))
        self.environment = self.disk.environment()
        self.disk.set(no_uring=1)
        self.crowds, self.facts, self.tails = [], [], {}
        self.probes = []            # wishes of our own that are not answered yet
        self.probes_lock = threading.Lock()
        self.life = 0
        self.behind_since = None    # when it was ended that is to start with a wall clock set back
        self.clock_lost_s = 0       # by which the server's clock may be behind, for a start with a clock set back
        self.clock_lost_most_s = 0  # in any life
        self.outage_ms = 0          # the longest time in which nothing could expire
        self.out_since = None
        self.begun_s = time.time()
        self.wires = {}

    def __exit__(self, *what):
        for crowd in self.crowds:
            if crowd.poll() is None:
                crowd.send_signal(signal.SIGCONT)
                crowd.kill()
                crowd.wait()
        self.disk.heal()
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
        if what and what[0] is not None and self.process is not None:
            self.process.kill()
        try:
            super().__exit__(*what)
        except RuntimeError:
            if not what or what[0] is None:
                raise
        finally:
            if self.room is not None:
                self.room.close()
                shutil.rmtree(self.directory, ignore_errors=True)

    # --- the process -----------------------------------------------------------------------------------------

    def run(self, *arguments):
        said = super().run(*arguments)
        if arguments[0] == "init": # the segments that are made from now on
            path = os.path.join(self.shop, "eleven.conf")
            with open(path) as file:
                lines = file.read().split("\n")
            lines = ["journal_segment_bytes = %d" % SEGMENT_BYTES if line.startswith("journal_segment_bytes") else line
                     for line in lines]
            with open(path, "w") as file:
                file.write("\n".join(lines))
        return said

    def start(self):
        """Says so in doors.json, which the crowds read when they connect."""
        self.drop_wires()
        mark = len(self.log)
        super().start()
        if not any(line["event"] == "ready" for line in self.log[mark:]):
            self.process.wait(END_S)
            raise RuntimeError("the server does not start:\n%s" % self.said())
        self.life += 1
        # With a clock set back it goes on from its last order: what has passed since then it has not seen, until a start
        # with a good clock makes it up. The crowds must know before they ask.
        self.clock_lost_s = 0 if self.behind_since is None else time.monotonic() - self.behind_since + 2
        self.clock_lost_most_s = max(self.clock_lost_most_s, self.clock_lost_s)
        self.behind_since = None
        self.write_doors()
        self.in_again()

    def write_doors(self):
        path = os.path.join(self.directory, "doors.json")
        with open(path + ".part", "w") as file:
            json.dump(dict(self.ports, life=self.life, clock_lost_s=self.clock_lost_s,
                           clock_lost_most_s=self.clock_lost_most_s), file)
        os.rename(path + ".part", path)

    def start_only(self):
        """Begins to start it, without waiting until it is ready."""
        self.process = subprocess.Popen([self.eleven, "serve", self.shop, "--http", "127.0.0.1:0", "--resp", "127.0.0.1:0",
                                         *self.options], stderr=subprocess.DEVNULL, env=self.environment)

    def appender(self):
        return [line["appender"] for line in self.log if line["event"] == "recovered"][-1]

    def out(self):
        """From now on nothing can expire."""
        if self.out_since is None:
            self.out_since = time.monotonic()

    def in_again(self):
        if self.out_since is not None:
            self.outage_ms = max(self.outage_ms, (time.monotonic() - self.out_since) * 1000)
        self.out_since = None

    def kill(self):
        self.out()
        self.process.kill()
        self.ended(-signal.SIGKILL)

    def ended(self, code, wait_s=END_S):
        """Waits for the process, which must end with this code."""
        process, self.process = self.process, None
        self.drop_wires()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        try:
            got = process.wait(wait_s)
        except subprocess.TimeoutExpired:
            self.counters.wrong("ends without a name", "it does not end, in %d s: %s" % (wait_s, self.said()[-600:]))
            process.kill()
            got = process.wait()
        self.listener.join(END_S) # it has read the last words then
        if got == -signal.SIGABRT:
            self.counters.wrong("failed assertions", self.said()[-600:])
        elif got != code:
            self.counters.wrong("ends without a name", "it ended with %d: %s" % (got, self.said()[-600:]))

    def ends_by_itself(self, status, wait_s=END_S):
        """The disk has failed: the process ends, with exit 3 and this word in its log."""
        mark = self.mark
        self.out()
        self.ended(3, wait_s)
        said = [line for line in self.log[mark:] if line["event"] == "journal-failed"]
        if [line["status"] for line in said] != [status]:
            self.counters.wrong("ends without a name", "%s and not %s: %s" % (said, status, self.said()[-600:]))

    def again(self):
        """Starts it, and asks for what was told."""
        self.mark = len(self.log)
        begun = time.monotonic()
        try:
            self.start()
        except RuntimeError as error:
            self.counters.wrong("starts that failed", str(error)[-800:])
            raise
        self.counters.count("starts")
        self.counters.most("slowest start, s", time.monotonic() - begun)
        self.check_told(CHECK_RECENT)

    def stop(self):
        self.out()
        super().stop()
        self.drop_wires()

    def use(self, no_uring):
        """The thread appender, which the bad disk sees, or io_uring: by a clean restart where it is another."""
        if bool(self.disk.get("no_uring")) == no_uring and self.appender() == ("thread" if no_uring else "io_uring"):
            return
        self.disk.set(no_uring=no_uring)
        self.stop()
        self.counters.count("clean restarts")
        self.again()

    def alive(self):
        """It has not ended by itself; nor has a crowd."""
        for crowd in self.crowds:
            if crowd.poll() is not None:
                raise RuntimeError("a crowd has ended with %d" % crowd.returncode)
        if self.process.poll() is None:
            return True
        self.ended(0)
        self.counters.wrong("ends without a name", "in good times: %s" % self.said()[-600:])
        self.again()
        return False

    # --- the world --------------------------------------------------------------------------------------------

    def open(self):
        """Goods, shoppers, festivals, and the crowds."""
        self.mark = 0
        world = World(self)
        for kind, units, price in (("plenty", PLENTY_UNITS, 900), ("flash", FLASH_UNITS, 5000), ("scarce", SCARCE_UNITS, 700)):
            for i, sku in enumerate(GOODS[kind]):
                world.goods(sku, price + i, units)
        for i, sku in enumerate(GOODS["store"]):
            world.goods(sku, 300 + i, 0)
            world.admin.ask("STOCK.RECEIVE", "r-" + sku, "sku", sku, "location", STORE, "quantity", PLENTY_UNITS)
        self.received = {(sku, STORE if kind == "store" else WAREHOUSE):
                         {"flash": FLASH_UNITS, "scarce": SCARCE_UNITS}.get(kind, PLENTY_UNITS)
                         for kind in GOODS for sku in GOODS[kind]}
        shoppers = [world.shoppers(SHOPPERS, BALANCE_MINOR) for _ in range(CROWDS + 1)]
        self.begun_minor = {shopper: BALANCE_MINOR for some in shoppers for shopper in some}
        self.own = shoppers.pop()   # for our probes
        self.begun_s = time.time()
        self.world = {"seed": str(self.seed), "shoppers": shoppers, "keys": self.keys, "goods": GOODS, "hold_ms": self.hold_ms,
                      "festivals": self.festivals(world), "begun_s": self.begun_s, "storm_s": self.storm_s,
                      "pace_s": self.pace_s}
        with open(os.path.join(self.directory, "world.json"), "w") as file:
            json.dump(self.world, file)
        crowd = os.path.join(os.path.dirname(os.path.abspath(__file__)), "crowd.py")
        self.crowds = [subprocess.Popen([sys.executable, crowd, self.directory, str(i)]) for i in range(CROWDS)]

    def festivals(self, world):
        """The night, with the deals, opens soon; others open and close all the time."""
        now_ms = int(self.begun_s * 1000)
        rows = [{"code": "night", "opens_ms": now_ms + 1500, "closes_ms": now_ms + 24 * 3600 * 1000}]
        count = min(24, 2 + int(self.seconds // 6))
        for i in range(count):
            opens_ms = now_ms + 2000 + int(i * max(self.seconds - 2, 1) * 1000 / count) + self.random.randint(0, 2000)
            rows.append({"code": "rush-%d" % i, "opens_ms": opens_ms, "closes_ms": opens_ms + self.random.randint(1500, 8000)})
        for each in rows:
            world.admin.ask("FESTIVAL.PUT", "f-" + each["code"], "code", each["code"], "name", each["code"], "opens_ms",
                            each["opens_ms"], "closes_ms", each["closes_ms"], "currency", CURRENCY, "hold_ms", self.hold_ms)
        for i, sku in enumerate(GOODS["flash"]):
            world.admin.ask("DEAL.PUT", "d-" + sku, "festival", "night", "sku", sku, "price_minor", 111 + i, "quota",
                            FLASH_QUOTA, "cap", FLASH_CAP)
        return rows

    # --- what is told ----------------------------------------------------------------------------------------------

    def told_bytes(self):
        return sum(os.path.getsize(path) for path in self.told_paths() if os.path.exists(path))

    def told_paths(self):
        return [os.path.join(self.directory, "told.%d" % i) for i in range(CROWDS)]

    def read_told(self):
        """What has been written down since, whole lines."""
        for path in self.told_paths():
            if not os.path.exists(path):
                continue
            with open(path, "rb") as file:
                file.seek(self.tails.get(path, 0))
                text = file.read()
            text = text[:text.rfind(b"\n") + 1]
            self.tails[path] = self.tails.get(path, 0) + len(text)
            self.facts += [json.loads(line) for line in text.splitlines()]

    def progress(self):
        """Healed: orders go on within a bound."""
        begun, before = time.monotonic(), self.told_bytes()
        while self.told_bytes() < before + PROGRESS_BYTES:
            if not self.alive():
                return
            if time.monotonic() - begun > PROGRESS_S:
                self.counters.wrong("no progress after healing", "%d bytes in %d s" % (self.told_bytes() - before, PROGRESS_S))
                return
            time.sleep(0.02)
        self.counters.most("orders go on after, s", time.monotonic() - begun)

    # --- asking ----------------------------------------------------------------------------------------------------

    def drop_wires(self):
        for wire in getattr(self, "wires", {}).values():
            wire.close()
        self.wires = {}

    def wire(self, account):
        """Of the Redis protocol."""
        if account not in self.wires:
            self.wires[account] = Wire(self.ports["resp"], 60)
            assert self.wires[account].ask("AUTH", self.keys[account]) == "OK"
        return self.wires[account]

    def ask_all(self, wishes):
        """Answers to wishes of any accounts; those that are sent away are asked again."""
        answers = [None] * len(wishes)
        for account in {wish.account for wish in wishes}:
            open_ = [i for i, wish in enumerate(wishes) if wish.account == account]
            while open_:
                now, later = open_[:400], []
                replies = self.wire(account).ask_all([words_of(wishes[i]) for i in now])
                for i, reply in zip(now, replies):
                    answers[i] = answer_of(wishes[i], reply)
                    if not answers[i].done and answers[i].code in LATER:
                        later.append(i)
                open_ = later + open_[400:]
                if later:
                    time.sleep(0.05)
        return answers

    def ask_all_http(self, wishes):
        answers = []
        with Wire(self.ports["http"], 60) as wire:
            for wish in wishes:
                answer = None
                while answer is None or (not answer.done and answer.code in LATER):
                    wire.send(request_of(wish, "http", self.keys[wish.account]))
                    answer = read_answer(wish, "http", wire)[0]
                answers.append(answer)
        return answers

    def probe_wish(self):
        """An order of our own."""
        wish = Wish("probe-%s-%016x" % (self.seed, self.random.getrandbits(64)), "place", "robot",
                    {"shopper": self.random.choice(self.own), "festival": None, "sku": self.random.choice(GOODS["plenty"]),
                     "quantity": 1, "store": False, "hold": False})
        with self.probes_lock:
            self.probes.append(wish)
        return wish

    def probe(self, door, wait_s, wire=None):
        """One order over a connection of its own: (Answer or None, seconds)."""
        wish = self.probe_wish()
        begun = time.monotonic()
        fresh = wire is None
        try:
            if fresh:
                wire = Wire(self.ports[door], wait_s)
                if door == "resp":
                    wire.ask("AUTH", self.keys["robot"])
            wire.send(request_of(wish, door, self.keys["robot"]))
            return read_answer(wish, door, wire)[0], time.monotonic() - begun
        except (Closed, ConnectionError, TimeoutError, Refusal):
            return None, time.monotonic() - begun
        finally:
            if fresh and wire is not None:
                wire.close()

    def settle_probes(self):
        """Whatever became of our own orders: asked again, they are there, once."""
        with self.probes_lock:
            probes, self.probes = self.probes, []
        for wish, answer in zip(probes, self.ask_all(probes)):
            if answer.done:
                self.facts.append([wish.key, wish.kind, wish.account, answer.id, answer.value, wish.args])
            else:
                self.counters.wrong("refusal without a cause", "%s: %s" % (wish, answer.code))

    # --- checks -------------------------------------------------------------------------------------------------------

    def check_told(self, recent=None):
        """Asked again with their keys, all told wishes have the answers that were told, and nothing is done. `recent`:
        only so many, the newest and any."""
        self.read_told()
        facts = self.facts
        if recent is not None and len(facts) > 2 * recent:
            facts = facts[-recent:] + self.random.sample(facts[:-recent], recent)
        wishes = [Wish(key, kind, account, args) for key, kind, account, _, _, args in facts]
        answers = self.ask_all(wishes)
        sample = self.random.sample(range(len(facts)), min(HTTP_SAMPLE, len(facts)))
        for i, answer in [*enumerate(answers), *zip(sample, self.ask_all_http([wishes[i] for i in sample]))]:
            id, value = facts[i][3], facts[i][4]
            if answer.done and answer.replayed and answer.id == id and (None in (value, answer.value) or value == answer.value):
                continue
            what = "answers that changed" if answer.replayed else "acknowledged orders lost"
            self.counters.wrong(what, "%s: told %s, %s, now %s" % (wishes[i], id, value, answer))
        self.counters.count("told answers asked again", len(facts) + len(sample))

    def finish(self):
        """The end of the day: every wish has its answer, every hold its end, and all books agree."""
        self.disk.heal()
        self.end_crowds()
        time.sleep(self.hold_ms / 1000 * 1.02 + 0.5)
        self.alive()
        self.settle_probes()
        self.check_told()
        orders = books.orders_of(self.facts, self.counters.wrong)
        self.check_books(orders)
        self.check_deals(orders)
        try:
            self.stop()
        except RuntimeError as error:
            self.counters.wrong("ends without a name", str(error)[-800:])
        self.check_folder(orders)
        self.counters.count("acknowledged", len(self.facts))
        self.counters.count("acknowledged orders", len(orders))

    def end_crowds(self):
        for crowd in self.crowds:
            crowd.send_signal(signal.SIGTERM)
        for i, crowd in enumerate(self.crowds):
            try:
                code = crowd.wait(120)
            except subprocess.TimeoutExpired:
                code = None
                crowd.kill()
                crowd.wait()
            path = os.path.join(self.directory, "end.%d" % i)
            if code != 0 or not os.path.exists(path):
                self.counters.wrong("clients left waiting", "crowd %d ended with %s" % (i, code))
                continue
            with open(path) as file:
                said = json.load(file)
            for what, times in said["counts"].items():
                if not what.startswith("acknowledged"):
                    self.counters.count(what, times)
            shown = dict(example.split(": ", 1) for example in said["examples"])
            for what, times in said["wrong"].items():
                self.counters.wrong(what, "crowd %d: %s" % (i, shown.get(what, "?")), times)
        self.crowds = []

    def check_books(self, orders):
        """Wallets, stock and the number of orders, as the server tells them."""
        robot = self.wire("robot")
        figures = dict(line.split(":", 1) for line in robot.ask("INFO").split("\r\n") if ":" in line)
        there = int(figures["orders"])
        if there < len(orders):
            self.counters.wrong("acknowledged orders lost", "%d orders and not %d" % (there, len(orders)), len(orders) - there)
        if there > len(orders):
            self.counters.wrong("double effects of a key", "%d orders and not %d" % (there, len(orders)), there - len(orders))
        for shopper, due in books.wallets_of(self.facts, orders, self.begun_minor).items():
            balance = robot.ask("WALLET.GET", shopper, CURRENCY)
            if balance != due:
                self.counters.wrong("money unaccounted for", "shopper %d has %d and not %d" % (shopper, balance, due))
        for (sku, location), due in books.stock_of(orders, self.received).items():
            if due < 0:
                self.counters.wrong("units oversold", "%s: %d" % (sku, -due), -due)
            available = robot.ask("STOCK.GET", sku, location)
            if available != due:
                self.counters.wrong("units unaccounted for", "%s: %d and not %d" % (sku, available, due), abs(available - due))

    def check_deals(self, orders):
        taken, caps = books.deals_of(orders, "night", GOODS["flash"])
        for sku, units in taken.items():
            self.counters.most("of %d units of a deal, sold" % FLASH_QUOTA, units)
            if units > FLASH_QUOTA:
                self.counters.wrong("units oversold", "%s: %d of %d of the deal" % (sku, units, FLASH_QUOTA), units - FLASH_QUOTA)
        for (sku, shopper), units in caps.items():
            if units > FLASH_CAP:
                self.counters.wrong("units oversold", "%s: %d to shopper %d" % (sku, units, shopper), units - FLASH_CAP)

    def check_folder(self, orders):
        """What the files say, without a server."""
        try:
            self.run("audit", self.shop)
        except RuntimeError as error:
            self.counters.wrong("audits that failed", str(error)[-800:])
        self.counters.count("audits")
        late_ms = self.outage_ms + LATE_MS + 1000 * self.clock_lost_most_s
        books.check_export(self.run("export", self.shop, "orders"), orders, self.world, late_ms, self.counters)

