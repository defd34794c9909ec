"""Ten thousand clients that are slow, silent, deaf or gone, while good ones shop.

A connection costs one descriptor here and one in the server, which are different processes with a limit each. When the
server ends one, another one comes in its place.
"""
import resource
import selectors
import socket
import threading
import time

from door_kit import memory_mb
from faults import say

SOCKETS = 10000
SPARE_FILES = 500           # of our descriptors are for other things
SERVER_FILES = 300          # of the server's; the crowds' connections are among them
SETTLE_S = 8
MEASURE_S = 3
SETTLE_BYTES = 2 << 20      # of what the crowds are told: some 10,000 answers
GROWTH_MB = 300             # of the server, for all of them together: UNREAD_MAX, with what its buffers have to spare
P99_S = 1.0                 # an order of a good client meanwhile
REPAIR = 19                 # TCP_REPAIR: a socket closed in it says nothing to its peer, as a device without power
PER_TURN = 400              # connections made at one time: the listener's queue has 511

HEAD = b"POST /v1/orders HTTP/1.1\r\nHost: shop\r\nX: " + b"x" * 4000
BODY = b"POST /v1/orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 3000\r\n\r\n" + b"{" + b" " * 2000
HALF = b"*9\r\n$11\r\nORDER.PLACE\r\n$5\r\nab"
LOUD = b"GET /openapi.json HTTP/1.1\r\nHost: shop\r\n\r\n" * 30

# (what, door, what is sent at first, what is sent then a byte a second, receive buffer, of a hundred)
KINDS = (
    ("head byte by byte", "http", b"P", HEAD[1:], None, 35),
    ("body byte by byte", "http", BODY[:120], BODY[120:], None, 15),
    ("silent", "http", b"", b"", None, 10),
    ("silent", "resp", b"", b"", None, 10),
    ("half a request", "resp", HALF, b"", None, 10),
    ("deaf", "http", LOUD, b"", 2048, 10),
    ("gone without a word", "http", HEAD[:60], b"", None, 10),
)


class Slow:
    __slots__ = ("socket", "kind", "at")

    def __init__(self, one, kind):
        self.socket, self.kind, self.at = one, kind, 0


class Flood(threading.Thread):
    def __init__(self, shop, count):
        super().__init__(daemon=True)
        self.shop, self.count, self.over = shop, count, False
        self.open = {}
        self.selector = selectors.EpollSelector()
        self.made = {kind[0]: 0 for kind in KINDS}
        self.ended = 0      # by the server
        self.failed = 0     # could not be made
        self.gone = 0
        self.kinds = [kind for kind in KINDS for _ in range(kind[5])]

    def connect(self):
        kind = self.kinds[sum(self.made.values()) % len(self.kinds)]
        what, door, first, _, receive, _ = kind
        one = socket.socket()
        try:
            if receive is not None:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
            one.settimeout(2)
            one.connect(("127.0.0.1", self.shop.ports[door]))
            one.setblocking(False)
            if first:
                one.send(first)
        except OSError:
            self.failed += 1
            one.close()
            return
        self.made[what] += 1
        if what == "gone without a word" and self.vanish(one):
            return
        slow = Slow(one, kind)
        self.open[one] = slow
        if what != "deaf":
            self.selector.register(one, selectors.EVENT_READ)

    def vanish(self, one):
        """No FIN, no RST: the server has a connection that nobody else has. False: the system does not let us."""
        try:
            one.setsockopt(socket.IPPROTO_TCP, REPAIR, 1)
        except OSError:
            return False
        one.close()
        self.gone += 1
        return True

    def end(self, one):
        if self.open.pop(one, None) is not None:
            self.ended += 1
            if one in self.selector.get_map():
                self.selector.unregister(one)
            one.close()

    def drip(self):
        for one, slow in list(self.open.items()):
            rest = slow.kind[3]
            try:
                if rest:
                    one.send(rest[slow.at:slow.at + 1])
                    slow.at = min(slow.at + 1, len(rest) - 1)
                elif slow.kind[0] == "deaf":
                    one.send(LOUD[:1]) # until it hears that it was ended
            except BlockingIOError:
                continue
            except OSError:
                self.end(one)

    def run(self):
        dripped = 0
        while not self.over:
            for _ in range(min(PER_TURN, self.count - len(self.open) - self.gone)):
                self.connect()
            for key, _ in self.selector.select(0.02):
                self.end(key.fileobj)
            if time.monotonic() - dripped > 1:
                dripped = time.monotonic()
                self.drip()
        for one in self.open:
            one.close()


def room_for(wanted):
    """Raises our limit; how many sockets there may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(hard, wanted + SPARE_FILES) if hard != resource.RLIM_INFINITY else wanted + SPARE_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
    return min(wanted, most - SPARE_FILES, most - SERVER_FILES)


def settle(shop):
    """Waits until the engine's tables have been touched: for the first seconds each order has a page of its own."""
    until = time.monotonic() + SETTLE_S
    before = shop.told_bytes()
    while shop.told_bytes() < before + SETTLE_BYTES and time.monotonic() < until:
        time.sleep(0.1)


def measured(shop, for_s):
    """Memory now, and what the sale itself takes of it for each byte that the crowds are told."""
    memory, told = memory_mb(shop), shop.told_bytes()
    time.sleep(for_s)
    return memory_mb(shop), max(memory_mb(shop) - memory, 0) / max(shop.told_bytes() - told, 1)


def flood(shop, for_s=14, count=SOCKETS):
    """So many at once, for so long, after they have come."""
    count = room_for(count)
    say(shop, "%d slow sockets for %.0f s" % (count, for_s))
    settle(shop)
    before_mb, mb_a_byte = measured(shop, MEASURE_S)
    told = shop.told_bytes()
    slow = Flood(shop, count)
    slow.start()
    took, most_mb, peak = [], 0, 0
    until = None
    while until is None or time.monotonic() < until:
        door = ("http", "resp")[len(took) % 2]
        answer, seconds = shop.probe(door, 10)
        took.append(seconds)
        if answer is None:
            shop.counters.wrong("good clients kept waiting", "%s: no answer in %.1f s" % (door, seconds))
        most_mb = max(most_mb, memory_mb(shop) - before_mb - mb_a_byte * (shop.told_bytes() - told))
        peak = max(peak, len(slow.open) + slow.gone)
        if until is None and (peak >= count * 0.9 or len(took) > 10000):
            until = time.monotonic() + for_s
        time.sleep(0.01)
    slow.over = True
    slow.join(20)
    report(shop, slow, took, most_mb, peak)


def some(shop):
    """A flood among other hurts."""
    flood(shop, for_s=4, count=shop.random.choice((500, 2000, 4000)))


def report(shop, slow, took, most_mb, peak):
    counters = shop.counters
    took.sort()
    p99 = took[len(took) * 99 // 100]
    counters.most("slow sockets at one time", peak)
    counters.most("99 % of good orders beside them, ms", p99 * 1000)
    counters.most("growth for slow sockets, MB", most_mb)
    for what, times in slow.made.items():
        counters.count("sockets: " + what, times)
    counters.count("slow sockets ended by the server", slow.ended)
    counters.count("orders beside slow sockets", len(took))
    if p99 > P99_S:
        counters.wrong("good clients kept waiting", "99 %% of %d orders in %.3f s" % (len(took), p99))
    if most_mb > GROWTH_MB:
        counters.wrong("memory out of bounds", "%.0f MB for %d slow sockets" % (most_mb, peak))
