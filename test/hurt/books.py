"""The books that are kept outside: what every order, wallet and stock book must be, worked out from what was
acknowledged alone, and held against what the server says.

A fact is what a crowd wrote down: [key, kind, account, order or shopper, value or None, args].
"""
import calendar
import csv
import io
import time

from wish import STORE, WAREHOUSE

STEP_STATE = {"pack": "packed", "ship": "shipped", "deliver": "delivered", "ready": "ready", "hand_over": "handed-over"}


class Book:
    """An order as it must be."""
    __slots__ = ("key", "args", "total", "state", "part", "returned", "refunded", "wallet")

    def __init__(self, key, args, total):
        self.key, self.args, self.total = key, args, total
        self.state = "held" if args["hold"] else "paid"
        self.part = "open"
        self.returned = self.refunded = 0
        self.wallet = not args["hold"]  # a hold is paid by the provider

    def take(self, kind, args, value, wrong):
        """One more acknowledged step."""
        if kind == "pay":
            self.state = "paid"
        elif kind == "cancel":
            self.refunded = self.total if self.state == "paid" else 0
            self.state = "cancelled"
            if value not in (None, self.refunded):
                wrong("money unaccounted for", "cancelled %s: %d refunded, not %d" % (self.key, value, self.refunded))
        elif kind == "return":
            refund = self.total // self.args["quantity"] * args["quantity"]
            self.returned += args["quantity"]
            self.refunded += refund
            if value not in (None, refund):
                wrong("money unaccounted for", "returned of %s: %d refunded, not %d" % (self.key, value, refund))
        else:
            self.part = STEP_STATE[kind]

    def settle(self):
        """What is held and neither paid nor cancelled expires."""
        if self.state == "held":
            self.state = "expired"
        if self.state in ("cancelled", "expired"):
            self.part = "dropped"

    def units(self):
        """That it still has."""
        return 0 if self.part == "dropped" else self.args["quantity"] - self.returned

    def taken(self):
        """Of a deal's quota: a return does not give it back."""
        return 0 if self.part == "dropped" else self.args["quantity"]


def orders_of(facts, wrong):
    """{number: Book} from all facts, in the order in which each crowd wrote them."""
    orders = {}
    for key, kind, _, number, value, args in facts:
        if kind == "place":
            if number in orders:
                wrong("double effects of a key", "order %d was told for %s and %s" % (number, orders[number].key, key))
            orders[number] = Book(key, args, value)
        elif kind != "top_up":
            orders[number].take(kind, args, value, wrong)
    for order in orders.values():
        order.settle()
    return orders


def wallets_of(facts, orders, begun_minor):
    """{shopper: balance}; `begun_minor`: {shopper: what was there at first}."""
    wallets = dict(begun_minor)
    for _, kind, _, shopper, _, args in facts:
        if kind == "top_up":
            wallets[shopper] += args["amount"]
    for order in orders.values():
        if order.wallet:
            wallets[order.args["shopper"]] -= order.total - order.refunded
    return wallets


def stock_of(orders, received):
    """{(sku, location): units that may be bought}; `received`: the same of what came in."""
    stock = dict(received)
    for order in orders.values():
        stock[order.args["sku"], STORE if order.args["store"] else WAREHOUSE] -= order.units()
    return stock


def deals_of(orders, festival, skus):
    """({sku: units taken}, {(sku, shopper): units}) of a festival's deals."""
    taken, caps = {}, {}
    for order in orders.values():
        args = order.args
        if args["festival"] == festival and args["sku"] in skus:
            taken[args["sku"]] = taken.get(args["sku"], 0) + order.taken()
            caps[args["sku"], args["shopper"]] = caps.get((args["sku"], args["shopper"]), 0) + order.taken()
    return taken, caps


def time_ms(text):
    """Of an export: 2026-11-10T16:00:00Z, with or without milliseconds."""
    whole, _, rest = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 1000 + int((rest + "000")[:3])


def minor(text):
    """Of CNY."""
    major, _, rest = text.partition(".")
    return int(major) * 100 + int((rest + "00")[:2])


def check_export(text, orders, world, late_ms, counters):
    """`eleven export orders`: every order as it must be, in time's order, its hold let go when it was due."""
    festivals = {festival["code"]: festival for festival in world["festivals"]}
    last_ms, seen = 0, set()
    for line in csv.DictReader(io.StringIO(text)):
        number = int(line["order"])
        order = orders.get(number)
        placed_ms = time_ms(line["placed_at"])
        seen.add(number)
        if order is None:
            counters.wrong("double effects of a key", "order %d, of which nobody was told" % number)
            continue
        if placed_ms < last_ms:
            counters.wrong("times gone back", "order %d: %d ms before the one before it" % (number, last_ms - placed_ms))
        last_ms = placed_ms
        there = (line["state"], line["part_state"], minor(line["total"]), minor(line["refunded"]), line["sku"],
                 int(line["quantity"]), int(line["returned"]), int(line["shopper"]), line["festival"])
        args = order.args
        due = (order.state, order.part, order.total, order.refunded, args["sku"], args["quantity"], order.returned,
               args["shopper"], args["festival"] or "")
        if there != due:
            counters.wrong("orders in a wrong state", "order %d: %s and not %s" % (number, there, due))
        if args["festival"]:
            festival = festivals[args["festival"]]
            if placed_ms < festival["opens_ms"]:
                counters.wrong("opened early", "order %d: placed %d ms before" % (number, festival["opens_ms"] - placed_ms))
            if placed_ms >= festival["closes_ms"]:
                counters.wrong("sold after closing", "order %d: %d ms after" % (number, placed_ms - festival["closes_ms"]))
        if order.state == "expired":
            over_ms = time_ms(line["changed_at"]) - placed_ms - world["hold_ms"]
            counters.most("latest expiry of a hold, ms", over_ms)
            if over_ms < 0:
                counters.wrong("hold let go early", "order %d: %d ms" % (number, -over_ms))
            if over_ms > late_ms:
                counters.wrong("hold kept late", "order %d: %d ms" % (number, over_ms))
    lost = set(orders) - seen
    for number in sorted(lost)[:5]:
        counters.wrong("acknowledged orders lost", "order %d is not in the export" % number)
    if len(lost) > 5:
        counters.wrong("acknowledged orders lost", "and %d more" % (len(lost) - 5), len(lost) - 5)
