#!/usr/bin/python3
"""A shopper's day and a clerk's, through both doors: test/test_doors_store.py build/eleven [TEST ...]

Pick-up with its promise, scan and go with one check at the exit, the cloud shelf, what is returned to another store and
what is exchanged, a till from its opening count to its Z report, goods between stores seen from both sides, a count by
scanning; then what is refused, by name, over HTTP and over the Redis protocol.
"""
import datetime
import re
import uuid

from door_kit import Refusal, Wire, World, main
from http_kit import Server

DAY_MS = 24 * 3600 * 1000
MUG = "gtin:9520000000011"
SMALL, MEDIUM = "varsity-top/small-grey-black", "varsity-top/medium-grey-black"
PLAN = {"utc_offset_minutes": 480, "opens_min": 0, "closes_min": 1440, "weekend_opens_min": 0, "weekend_closes_min": 1440,
        "cut_off_min": 1440, "prepare_min": 60, "keep_days": 3, "days_city": 1, "days_far": 2}


def ms(text):
    """Milliseconds since 1970 of a time as RFC 3339 writes it."""
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


class Shop:
    """A server with two stores (st-1 in 3301, st-2 in 1101), a till in each, and shoppers with money."""

    def __init__(self, server):
        self.server = server
        self.world = World(server)
        self.shopper, self.token, self.key = self.world.account("anna", 10 ** 6)
        self.put("/v1/locations/st-2", {"name": "Store in Beijing", "kind": "store", "city": "1101",
                                        "services": "pick-up+carry-out", "longitude_e6": 116400000,
                                        "latitude_e6": 39900000})
        self.put("/v1/skus/" + MEDIUM.replace("/", "%2F") + "/prices/CNY", {"price_minor": 5000})
        for store in ("st-1", "st-2"):
            self.put("/v1/locations/%s/plan" % store, PLAN)
            self.good("mara", "POST", "/v1/stock/receipts", {"sku": MUG, "location": store, "quantity": 20})
            for sku in (SMALL, MEDIUM):
                self.good("mara", "POST", "/v1/stock/receipts", {"sku": sku, "location": store, "quantity": 5})
        for warehouse in ("wh-1", "main"):
            self.put("/v1/locations/%s/plan" % warehouse, PLAN)
        self.put("/v1/tills/t1", {"location": "st-1", "shopper": self.world.shoppers(1, 0)[0]})
        self.put("/v1/tills/t2", {"location": "st-2", "shopper": self.world.shoppers(1, 0)[0]})
        self.wires = {}

    def clerk_of(self, store, login):
        """Another clerk, with a key."""
        asked = {"login": login, "password": "eleven times eleven", "role": "clerk", "location": store}
        account = self.good("admin", "POST", "/v1/accounts", asked)["account"]
        made = self.good("admin", "POST", "/v1/keys", {"name": "counter", "account": account})
        self.server.keys[login] = made["secret"]

    def ask(self, who, method, path, body=None, key=True):
        token = self.token if who == "anna" else self.server.keys[who]
        return self.server.request(method, path, json=body, key=key if method == "POST" else None, token=token)

    def good(self, who, method, path, body=None, key=True):
        answer = self.ask(who, method, path, body, key)
        assert answer.status < 300, (method, path, body, answer)
        return answer.json

    def bad(self, code, who, method, path, body=None):
        answer = self.ask(who, method, path, body)
        assert answer.status >= 400 and answer.json["code"] == code, (code, method, path, body, answer)
        return answer.json

    def put(self, path, body):
        return self.good("mara", "PUT", path, body)

    def get(self, path, who="till"):
        return self.good(who, "GET", path)

    def resp(self, who):
        """A connection of the Redis protocol."""
        if who not in self.wires:
            self.wires[who] = Wire(self.server.ports["resp"])
            assert self.wires[who].ask("AUTH", self.key if who == "anna" else self.server.keys[who]) == "OK"
        return self.wires[who]

    def refused(self, word, who, *words):
        try:
            raise AssertionError("%s is not refused: %s" % (words, self.resp(who).ask(*words)))
        except Refusal as refusal:
            assert refusal.word() == word, (words, refusal)
            return refusal.args[0]

    def books(self, sku=MUG):
        """The SKU's stock by location."""
        return {each["location"]: each for each in self.get("/v1/skus/%s/stock" % sku.replace("/", "%2F"))["stock"]}

    def placed(self, who="anna", sku=MUG, quantity=1, **more):
        return self.good(who, "POST", "/v1/orders", dict({"lines": [{"sku": sku, "quantity": quantity}]}, **more))


def shop_of(test):
    def run(eleven):
        with Server(eleven) as server:
            test(Shop(server))
    run.__name__ = test.__name__
    return run


@shop_of
def test_pick_up(shop):
    """Promised when it is ordered, kept until a time when it is ready, found in the clerk's list."""
    key = str(uuid.uuid4())
    asked = {"shopper": shop.shopper, "delivery": "pick-up", "location": "st-1", "lines": [{"sku": MUG, "quantity": 2}]}
    order = shop.good("robot", "POST", "/v1/orders", asked, key=key)
    line = order["lines"][0]
    wait_ms = ms(line["promised_at"]) - ms(order["placed_at"])
    assert 60 * 60000 <= wait_ms <= 61 * 60000 and line["due_at"] is None, order
    again = shop.resp("robot").ask("ORDER.PLACE", key, shop.shopper, "-", "-", "DELIVERY", "pick-up", "LOCATION", "st-1",
                                   "LINES", MUG, 2)
    assert again == [order["order"], order["total"]["amount_minor"], 1], "the same bytes through the other door"
    listed = lambda query: [each["order"] for each in shop.get("/v1/orders?location=st-1&" + query)["orders"]]
    assert shop.server.wait_for(lambda: listed("part_state=open") == [order["order"]]), "the pick list"
    part = "/v1/orders/%d/parts/1/" % order["order"]
    shop.good("till", "POST", part + "packed")
    assert shop.resp("till").ask("PART.READY", uuid.uuid4(), "order", order["order"], "part", 1)[1] == 4
    seen = shop.get("/v1/orders/%d" % order["order"])["lines"][0]
    kept_ms = ms(seen["due_at"]) - shop.get("/v1/time")["now_ms"]
    assert 3 * DAY_MS - 60000 <= kept_ms <= 3 * DAY_MS + 60000, seen
    row = shop.resp("anna").ask("ORDER.GET", order["order"])
    row = dict(zip(row[::2], row[1::2]))["lines"][0]
    assert row[6:] == [ms(seen["promised_at"]), ms(seen["due_at"])], row
    assert shop.server.wait_for(lambda: listed("part_state=ready") == [order["order"]]), "what waits to be fetched"
    assert listed("overdue=true") == [], "nothing is overdue yet"
    assert shop.good("till", "POST", part + "handed-over")["lines"][0]["state"] == "handed-over"


@shop_of
def test_scan_and_go(shop):
    """Paid on the phone in the store, shown at the exit once."""
    before = shop.books()["st-1"]["available"]
    order = shop.placed(delivery="carry-out", location="st-1", channel="store")
    assert order["lines"][0]["state"] == "handed-over" and shop.books()["st-1"]["available"] == before - 1, order
    code = next(each["code"] for each in shop.get("/v1/orders/%d/codes" % order["order"], "anna")["codes"]
                if each["purpose"] == "exit")
    shown = shop.get("/v1/codes/%s?purpose=exit" % code)
    assert shown["order"] == order["order"] and shown["units"] == 1, shown
    part = "/v1/orders/%d/parts/1/checked-out" % order["order"]
    shop.bad("forbidden", "ware", "POST", part)
    shop.bad("forbidden", "anna", "POST", part)
    assert shop.good("till", "POST", part)["lines"][0]["state"] == "checked-out"
    assert shop.get("/v1/codes/%s" % code)["units"] == 0, "it has been used"
    shop.bad("wrong-state", "till", "POST", part)
    shop.refused("WRONG-STATE", "till", "PART.CHECK_OUT", "once-more", "order", order["order"], "part", 1)
    back = shop.placed(delivery="carry-out", location="st-1", channel="store")["order"]
    shop.good("till", "POST", "/v1/orders/%d/returns" % back,
              {"line": 1, "quantity": 1, "location": "st-1", "goods": "restock"})
    refusal = shop.bad("wrong-state", "till", "POST", "/v1/orders/%d/parts/1/checked-out" % back)
    assert refusal["detail"] == "This part of the order is handed-over, and all of it has come back.", refusal
    listed = lambda: shop.get("/v1/orders?location=st-1&part_state=checked-out")["orders"]
    assert shop.server.wait_for(lambda: [each["order"] for each in listed()] == [order["order"]]), "the views know it"


@shop_of
def test_cloud_shelf(shop):
    """Shown in a store that sends no parcels, sent from elsewhere."""
    asked = dict(location="st-1", city="3301", delivery="home", channel="store")
    shop.bad("bad-service", "anna", "POST", "/v1/orders", dict(asked, lines=[{"sku": MUG, "quantity": 1}]))
    order = shop.placed(shown_here=True, **asked)
    assert order["location"] == "st-1" and order["lines"][0]["location"] in ("wh-1", "main"), order
    assert order["lines"][0]["promised_at"] is not None, order
    words = ("ORDER.PLACE", uuid.uuid4(), 0, "-", "3301", "LOCATION", "st-1", "SHOWN")
    assert shop.resp("anna").ask(*words, 1, "LINES", MUG, 1)[1] == order["total"]["amount_minor"]
    shop.refused("MALFORMED", "anna", *words, "perhaps", "LINES", MUG, 1)
    shop.bad("bad-field", "anna", "POST", "/v1/orders",
             dict(asked, shown_here="yes", lines=[{"sku": MUG, "quantity": 1}]))


@shop_of
def test_back_to_another_store(shop):
    """Bought in one store, returned at the till of another, and exchanged there."""
    shop.clerk_of("st-2", "bei")
    order = shop.placed(sku=SMALL, quantity=3, delivery="carry-out", location="st-1", channel="store")["order"]
    before = shop.books(SMALL)
    back = {"order": order, "line": 1, "quantity": 1, "goods": "restock", "tender": "wallet"}
    shop.bad("till-closed", "bei", "POST", "/v1/tills/t2/returns", back)
    shop.good("bei", "POST", "/v1/tills/t2/opening", {"float_minor": 10000})
    shop.bad("forbidden", "bei", "POST", "/v1/tills/t1/returns", back)
    shop.bad("wrong-tender", "bei", "POST", "/v1/tills/t2/returns", dict(back, tender="cash"))
    wallet = shop.world.balance(shop.shopper)
    seen = shop.good("bei", "POST", "/v1/tills/t2/returns", back)
    assert seen["lines"][0]["returned"] == 1 and seen["refunded"]["amount_minor"] == 6000, seen
    assert shop.world.balance(shop.shopper) == wallet + 6000
    assert shop.books(SMALL)["st-2"]["available"] == before["st-2"]["available"] + 1
    swap = {"line": 1, "quantity": 1, "sku": MEDIUM, "location": "st-2", "goods": "quarantine"}
    other = shop.good("bei", "POST", "/v1/orders/%d/exchanges" % order, swap)
    assert other["delivery"] == "exchange" and other["lines"][0]["sku"] == MEDIUM, other
    assert other["total"]["amount_minor"] == 6000 and shop.world.balance(shop.shopper) == wallet + 6000, other
    shop.bad("not-exchangeable", "bei", "POST", "/v1/orders/%d/exchanges" % order, dict(swap, sku=MUG))
    swapped = shop.resp("bei").ask("ORDER.EXCHANGE", uuid.uuid4(), "order", order, "line", 1, "quantity", 1, "sku", MEDIUM,
                                   "location", "st-2", "goods", "restock")
    assert swapped[1] == 6000, swapped
    shop.refused("NOT-RETURNABLE", "bei", "ORDER.EXCHANGE", "k", "order", order, "line", 1, "quantity", 1, "sku", MEDIUM,
                 "location", "st-2", "goods", "restock")
    mine = lambda: {each["order"] for each in shop.get("/v1/orders?shopper=%d" % shop.shopper, "mara")["orders"]}
    assert shop.server.wait_for(lambda: mine() == {order, other["order"], swapped[0]}), "the views know what was made"


@shop_of
def test_till(shop):
    """From the opening count to the Z report, over both doors."""
    clerk, till = shop.resp("till"), "/v1/tills/t1"
    anybody = shop.get(till)["shopper"]
    assert not shop.get(till)["open"] and shop.get(till)["shift"] is None
    opened = clerk.ask("TILL.OPEN", "morning", "till", "t1", "float_minor", 50000)
    assert opened[1:] == [50000, 0] and clerk.ask("TILL.OPEN", "morning", "till", "t1", "float_minor", 50000)[2] == 1
    hold = lambda shopper, quantity=1: shop.placed("till", quantity=quantity, shopper=shopper, channel="till",
                                                   delivery="carry-out", location="st-1", payment="hold")
    plain = shop.placed("till", shopper=anybody, channel="till", delivery="carry-out", location="st-1")
    assert plain["state"] == "held", "the till takes the money"
    shop.good("till", "POST", "/v1/orders/%d/cancellation" % plain["order"])
    first, second, third = hold(anybody, 2), hold(anybody), hold(shop.shopper, 3)
    waiting = [each["order"] for each in shop.get(till + "/suspended")["orders"]]
    assert waiting == [second["order"], first["order"]], waiting

    price = second["total"]["amount_minor"]
    assert clerk.ask("TILL.PAY", uuid.uuid4(), "till", "t1", "order", first["order"], "cash_minor", 2 * price)[1] == 2 * price
    shop.bad("amount-mismatch", "till", "POST", till + "/payments", {"order": third["order"], "cash_minor": price})
    wallet = shop.world.balance(shop.shopper)
    mixed = shop.good("till", "POST", till + "/payments", {
        "order": third["order"], "cash_minor": price, "card_minor": price, "wallet_minor": price})
    assert mixed["payment"] == "wallet" and shop.world.balance(shop.shopper) == wallet - price, mixed
    receipt = shop.ask("till", "GET", "/v1/orders/%d/receipt" % third["order"]).body.decode()
    assert re.search(r"^ *20\d\d-\d\d-\d\d \d\d:\d\d$", receipt, re.M), receipt
    assert "Red Mug" in receipt and "t1" in receipt and "%d.%02d" % (price * 3 // 100, price * 3 % 100) in receipt, receipt
    shop.good("till", "POST", till + "/payments", {"order": second["order"], "card_minor": price})
    shop.good("till", "POST", till + "/voids", {"order": second["order"]})
    shop.refused("WRONG-STATE", "till", "TILL.VOID", "k", "till", "t1", "order", second["order"])
    clerk.ask("TILL.RETURN", uuid.uuid4(), "till", "t1", "order", first["order"], "line", 1, "quantity", 1, "goods", "restock",
              "tender", "cash")
    shop.good("till", "POST", till + "/take-backs", {"sku": MUG, "quantity": 1, "shopper": shop.shopper, "goods": "restock"})
    drawer = shop.good("till", "POST", till + "/cash", {"amount_minor": -20000})["drawer_minor"]
    assert drawer == 50000 + 3 * price - price - 20000, drawer

    report = shop.get(till)["shift"]
    assert report["sold_minor"] == {"cash": 3 * price, "card": 2 * price, "wallet": price}, report
    assert (report["sales"], report["returns"], report["voids"], report["drawer_minor"]) == (3, 2, 1, drawer), report
    brief = clerk.ask("TILL.GET", "t1")
    brief = dict(zip(brief[::2], brief[1::2]))
    assert brief == {"shift": report["shift"], "open": 1, "drawer_minor": drawer, "sales": 3, "returns": 2, "voids": 1}, brief
    assert shop.good("till", "POST", till + "/closing", {"counted_minor": drawer + 10})["drawer_minor"] == drawer
    shop.refused("TILL-CLOSED", "till", "TILL.CASH", "k", "till", "t1", "amount_minor", 1)
    clerk.ask("TILL.OPEN", uuid.uuid4(), "till", "t1", "float_minor", drawer)
    shifts = shop.get(till + "/shifts?limit=1")
    closed = shop.get(till + "/shifts?after=%d" % shifts["next"])["shifts"]
    assert shifts["shifts"][0]["closed_at"] is None and len(closed) == 1, (shifts, closed)
    assert closed[0]["difference_minor"] == 10 and closed[0]["sold_minor"] == report["sold_minor"], closed
    kinds = [each["kind"] for each in shop.get(till + "/journal?shift=%d" % closed[0]["shift"])["journal"]]
    assert kinds == ["drawer", "take-back", "return", "void", "sale", "sale", "sale"], kinds
    assert shop.get(till + "/journal")["journal"] == [], "of the shift that has just begun"


@shop_of
def test_between_stores(shop):
    """Sent by one store, seen by both, received in parts, the rest lost."""
    shop.clerk_of("st-2", "bei")
    before = shop.books()
    sent = shop.good("till", "POST", "/v1/stock/sendings",
                     {"sku": MUG, "from": "st-1", "to": "st-2", "quantity": 5, "reference": 815})
    number = sent["inbound"]
    now = shop.books()
    assert sent["units"] == 5 and now["st-1"]["available"] == before["st-1"]["available"] - 5, now
    assert now["st-2"]["available"] == before["st-2"]["available"] and now["st-2"]["coming"] == 5, now
    for who, query in (("till", "from=st-1"), ("till", "open=true"), ("bei", "to=st-2"), ("bei", "")):
        seen = shop.get("/v1/inbounds?" + query, who)["inbounds"]
        assert [each["inbound"] for each in seen] == [number] and seen[0]["reference"] == 815, (who, query, seen)
    assert shop.get("/v1/inbounds", "ware")["inbounds"] == [], "it is no business of the warehouse"
    receive = "/v1/inbounds/%d/receipts" % number
    shop.bad("forbidden", "till", "POST", receive, {"quantity": 1})
    assert shop.good("bei", "POST", receive, {"quantity": 3})["units"] == 2
    shop.bad("not-expected", "bei", "POST", receive, {"quantity": 3})
    assert shop.resp("bei").ask("INBOUND.CLOSE", uuid.uuid4(), "inbound", number, "reason", "stolen")[1] == 2
    seen = shop.get("/v1/inbounds/%d" % number)
    assert (seen["received"], seen["lost"], seen["coming"]) == (3, 2, 0) and seen["closed_at"] is not None, seen
    losses = {each["reason"]: each["units"] for each in shop.get("/v1/locations/st-2", "bei")["losses"]}
    assert losses["stolen"] == 2 and shop.books()["st-2"]["available"] == before["st-2"]["available"] + 3, losses
    expected = shop.resp("bei").ask("INBOUND.EXPECT", uuid.uuid4(), "sku", MUG, "to", "st-2", "quantity", 7)
    assert expected[1] == 7 and [each["inbound"] for each in shop.get("/v1/inbounds?open=true", "bei")["inbounds"]] == [expected[0]]


@shop_of
def test_count_by_scanning(shop):
    """The scanner says the GTIN; safety stock is for the counter."""
    book = shop.books()["st-1"]
    counted = shop.resp("till").ask("STOCK.COUNT", uuid.uuid4(), "sku", MUG, "location", "st-1", "counted",
                                    book["available"] - 2, "reason", "damaged")
    assert counted[1] == book["available"] - 2, counted
    shop.good("till", "POST", "/v1/stock/counts",
              {"sku": MUG, "location": "st-1", "counted": book["available"] - 3, "reason": "own-use"})
    losses = {each["reason"]: each["units"] for each in shop.get("/v1/locations/st-1")["losses"]}
    assert losses["damaged"] == 2 and losses["own-use"] == 1, losses
    assert "losses" not in shop.server.request("GET", "/v1/locations/st-1").json, "not for everybody"
    left = book["available"] - 3
    shop.put("/v1/locations/st-1/stock/%s/safety" % MUG, {"units": left})
    assert (shop.books()["st-1"]["free"], shop.books()["st-1"]["safety"]) == (0, left)
    shop.bad("sold-out", "anna", "POST", "/v1/orders",
             {"delivery": "pick-up", "location": "st-1", "lines": [{"sku": MUG, "quantity": 1}]})
    shop.placed(delivery="carry-out", location="st-1", channel="store")
    near = [each["location"] for each in shop.get("/v1/skus/%s/stock?city=1101" % MUG)["stock"]]
    assert near[0] == "st-2", near


# Who asks for what, and what the answer is about: (who, method, path, body, code, field)
BAD = [
    ("mara", "PUT", "/v1/locations/st-1/plan", dict(PLAN, opens_min="nine"), "bad-field", "opens_min"),
    ("mara", "PUT", "/v1/locations/st-1/plan", dict(PLAN, keep_days=256), "bad-field", "keep_days"),
    ("mara", "PUT", "/v1/locations/st-1/plan", dict(PLAN, keep_days=0), "malformed", None),
    ("mara", "PUT", "/v1/locations/st-1/plan", dict(PLAN, lunch=1), "bad-field", "lunch"),
    ("till", "PUT", "/v1/locations/st-1/plan", PLAN, "forbidden", None),
    ("mara", "PUT", "/v1/routing", {"rules": ["cheapest"]}, "bad-field", "rules"),
    ("mara", "PUT", "/v1/routing", {"rules": ["nearest", "nearest"]}, "bad-field", "rules"),
    ("mara", "PUT", "/v1/routing", {"rules": ["nearest+same-city"]}, "bad-field", "rules"),
    ("mara", "PUT", "/v1/routing", {"rules": [1]}, "bad-field", "rules"),
    ("mara", "PUT", "/v1/routing", {"rules": 4}, "bad-field", "rules"),
    ("mara", "PUT", "/v1/routing", {"rule_1": 1}, "bad-field", "rule_1"),
    ("mara", "PUT", "/v1/routing", {}, "bad-field", "rules"),
    ("till", "PUT", "/v1/routing", {"rules": []}, "forbidden", None),
    ("till", "GET", "/v1/routing", None, "forbidden", None),
    ("till", "POST", "/v1/stock/counts", {"sku": "gtin:9520000000012", "location": "st-1", "counted": 1}, "unknown-sku", "sku"),
    ("till", "POST", "/v1/stock/counts", {"sku": "gtin:", "location": "st-1", "counted": 1}, "unknown-sku", "sku"),
    ("till", "POST", "/v1/stock/counts", {"sku": MUG, "location": "st-1", "counted": 1, "reason": 77}, "malformed", None),
    ("till", "PUT", "/v1/locations/st-1/stock/MUG-RED/safety", {"units": 1}, "forbidden", None),
    ("till", "POST", "/v1/inbounds/9/receipts", {"quantity": 1}, "unknown-inbound", None),
    ("till", "POST", "/v1/inbounds/x/receipts", {"quantity": 1}, "bad-field", "inbound"),
    ("till", "GET", "/v1/inbounds?from=moon", None, "unknown-location", None),
    ("till", "POST", "/v1/tills/t9/opening", {"float_minor": 1}, "unknown-till", "till"),
    ("till", "POST", "/v1/tills/t2/opening", {"float_minor": 1}, "forbidden", None),
    ("till", "POST", "/v1/tills/t1/opening", {"float_minor": -1}, "bad-amount", None),
    ("till", "POST", "/v1/tills/t1/opening", {"float_minor": "1.50"}, "bad-field", "float_minor"),
    ("anna", "POST", "/v1/tills/t1/opening", {"float_minor": 1}, "forbidden", None),
    ("till", "GET", "/v1/tills/t2", None, "forbidden", None),
    # No clerk says that money came in which no till has counted: it would be returned in cash.
    ("till", "POST", "/v1/orders", {"shopper": 1, "channel": "till", "delivery": "carry-out", "location": "st-1",
                                    "payment": "provider", "lines": [{"sku": MUG, "quantity": 1}]}, "forbidden", None),
    ("admin", "POST", "/v1/orders", {"shopper": 1, "channel": "till", "delivery": "carry-out", "location": "st-1",
                                     "payment": "provider", "lines": [{"sku": MUG, "quantity": 1}]}, "forbidden", None),
    # What was counted is said: nothing said is not nothing counted.
    ("till", "POST", "/v1/tills/t1/opening", {}, "bad-field", "float_minor"),
    ("till", "POST", "/v1/tills/t1/opening", {"float_minor": None}, "bad-field", "float_minor"),
    ("till", "POST", "/v1/tills/t1/closing", {}, "bad-field", "counted_minor"),
    ("till", "POST", "/v1/stock/counts", {"sku": MUG, "location": "st-1", "reason": "stolen"}, "bad-field", "counted"),
    ("mara", "PUT", "/v1/locations/st-1/stock/MUG-RED/safety", {}, "bad-field", "units"),
    ("till", "POST", "/v1/tills/t1/returns", {"order": 1, "line": 1, "quantity": 1, "tender": "cash"}, "bad-field", "goods"),
    ("till", "POST", "/v1/tills/t1/returns", {"order": 1, "line": 1, "quantity": 1, "goods": "restock"}, "bad-field", "tender"),
    ("till", "POST", "/v1/tills/t1/take-backs", {"sku": MUG, "quantity": 1, "shopper": 1}, "bad-field", "goods"),
    ("till", "POST", "/v1/orders/1/exchanges", {"line": 1, "quantity": 1, "sku": MUG, "location": "st-1"}, "bad-field", "goods"),
    ("till", "POST", "/v1/tills/t1/returns", {"order": 1, "line": 1, "quantity": 1, "goods": "restock", "tender": "gold"},
     "bad-field", "tender"),
    ("mara", "PUT", "/v1/tills/t1", {"location": "st-2", "shopper": 1}, "in-use", None),
    ("mara", "PUT", "/v1/festivals/11.11/flagships/3301", {"flagship": "yes"}, "bad-field", "flagship"),
    ("till", "GET", "/v1/orders?location=st-1&overdue=perhaps", None, "bad-field", "overdue"),
    ("till", "GET", "/v1/orders/1/receipt?format=pdf", None, "unknown-order", None),
]


@shop_of
def test_told_to_the_clerk(shop):
    """A refusal says what to do, in words: which state, of the order or of its part; which SKU of forty."""
    order = shop.placed(delivery="pick-up", location="st-1")["order"]
    part = "/v1/orders/%d/parts/1/" % order
    cancel = "/v1/orders/%d/cancellation" % order
    detail = lambda *asked: shop.bad("wrong-state", "till", "POST", *asked)["detail"]
    assert detail("/v1/orders/%d/returns" % order, {"line": 1, "quantity": 1, "location": "st-1", "goods": "restock"}) == \
        "This part of the order is open."
    shop.good("till", "POST", part + "handed-over")
    assert detail(part + "handed-over") == "This part of the order is handed-over."
    codes = shop.get("/v1/orders/%d/codes" % order)["codes"]
    assert [shop.get("/v1/codes/" + each["code"])["units"] for each in codes] == [0, 0], "order code; fetched"
    assert detail(cancel) == "The order is paid, and some of it has left or come back: take the goods back."
    order = shop.placed(delivery="pick-up", location="st-1")["order"]
    codes = shop.get("/v1/orders/%d/codes" % order)["codes"]
    assert [shop.get("/v1/codes/" + each["code"])["units"] for each in codes] == [0, 1], "order code; to be fetched"
    part, cancel = part.replace("/1/parts", "/%d/parts" % order), "/v1/orders/%d/cancellation" % order
    shop.good("anna", "POST", cancel)
    assert detail(part + "handed-over") == detail(cancel) == "The order is cancelled."
    refusal = shop.bad("unknown-sku", "till", "GET", "/v1/locations/st-1/labels?sku=MUG-RED,MUG-RED,MUG-READ", None)
    assert refusal["detail"] == "It is number 3 of the list.", refusal
    asked = {"line": 1, "quantity": 1, "sku": MEDIUM, "location": "st-1", "goods": "restock"}
    order = shop.placed(sku=SMALL, quantity=2, delivery="carry-out", location="st-1", channel="store")["order"]
    shop.put("/v1/skus/%s/prices/CNY" % MEDIUM.replace("/", "%2F"), {"price_minor": 6001})
    shop.bad("not-exchangeable", "till", "POST", "/v1/orders/%d/exchanges" % order, asked)


@shop_of
def test_bad_input(shop):
    for who, method, path, body, code, field in BAD:
        answer = shop.bad(code, who, method, path, body)
        if field is not None and code == "bad-field":
            assert answer["field"] == field, (path, body, answer)
    for word, who, *words in (
            ("UNKNOWN-TILL", "till", "TILL.OPEN", "k", "till", "t9", "float_minor", 1),
            ("NOPERM", "till", "TILL.OPEN", "k", "till", "t2", "float_minor", 1),
            ("MALFORMED", "till", "TILL.OPEN", "k", "till", "t1"),
            ("MALFORMED", "till", "STOCK.COUNT", "k", "sku", MUG, "location", "st-1", "reason", "stolen"),
            ("NOPERM", "anna", "TILL.OPEN", "k", "till", "t1", "float_minor", 1),
            ("MALFORMED", "till", "TILL.OPEN", "k", "till", "t1", "float", 1),
            ("MALFORMED", "mara", "ROUTING.SET", "k", "rules", "nearest+cheapest"),
            ("MALFORMED", "mara", "ROUTING.SET", "k", "rules", "nearest+"),
            ("MALFORMED", "mara", "ROUTING.SET", "k"),
            ("NOPERM", "till", "ROUTING.SET", "k", "rules", "nearest"),
            ("MALFORMED", "till", "STOCK.COUNT", "k", "sku", MUG, "location", "st-1", "counted", 1, "reason", "dragon"),
            ("UNKNOWN-SKU", "till", "STOCK.COUNT", "k", "sku", "gtin:123", "location", "st-1", "counted", 1),
            ("NOPERM", "till", "INBOUND.SEND", "k", "sku", MUG, "from", "st-2", "to", "st-1", "quantity", 1),
            ("UNKNOWN-LOCATION", "till", "INBOUND.SEND", "k", "sku", MUG, "from", "st-1", "to", "moon", "quantity", 1),
            ("SAME-PLACE", "till", "INBOUND.SEND", "k", "sku", MUG, "from", "st-1", "to", "st-1", "quantity", 1)):
        shop.refused(word, who, *words)
    assert shop.books()["st-1"]["available"] == 23, "nothing of it has changed anything"


@shop_of
def test_rules(shop):
    """Set over one door, read over the other; an explanation names who was passed over, and why."""
    rules = ["same-city", "spare-last-units", "nearest"]
    assert shop.put("/v1/routing", {"rules": rules}) == {"rule_count": 3, "changed": True}
    assert shop.resp("mara").ask("ROUTING.SET", "k", "rules", "+".join(rules))[:2] == [0, 3]
    shown = shop.get("/v1/routing", "mara")["rules"]
    assert [each["rule"] for each in shown] == rules and all(each["meaning"].endswith(".") for each in shown), shown
    assert shop.resp("mara").ask("ROUTING.SET", "l", "rules", "")[:2] == [0, 0]
    assert shop.get("/v1/routing", "mara")["rules"] == []
    asked = {"shopper": shop.shopper, "city": "3301", "lines": [{"sku": MUG, "quantity": 1}]}
    told = shop.good("mara", "POST", "/v1/orders/explanation", asked)
    assert told["result"] == "ok" and told["complete"] and told["left_out"] == 0, told
    assert any(each["location"] is not None for each in told["steps"]), told
    shop.put("/v1/locations/wh-1/plan", dict(PLAN, capacity=1))
    shop.put("/v1/locations/main/plan", dict(PLAN, capacity=1))
    taken = {shop.placed(city="3301")["lines"][0]["location"] for _ in range(2)}
    assert taken == {"wh-1", "main"}, taken
    refusal = shop.bad("at-capacity", "anna", "POST", "/v1/orders", {"city": "3301", "lines": asked["lines"]})
    assert refusal["sku"] == "MUG-RED", refusal
    assert shop.get("/v1/locations/wh-1", "mara")["load"] == {"orders": 1, "capacity": 1, "at_capacity": True}
    told = shop.good("mara", "POST", "/v1/orders/explanation", asked)
    assert told["result"] == "at-capacity" and any(each["result"] == "at-capacity" for each in told["steps"]), told


@shop_of
def test_places_of_deals(shop):
    """A deal for a flagship city, and one for a store: who gets them, and who sees which price."""
    shop.put("/v1/festivals/11.11/flagships/1101", {"flagship": True})
    festival = shop.get("/v1/festivals/11.11")
    assert [each["code"] for each in festival["flagships"]] == ["1101"], festival
    deals = "/v1/festivals/11.11/deals"
    shop.good("mara", "POST", deals, {"sku": SMALL, "price_minor": 5000, "city": "1101"})
    shop.good("mara", "POST", deals, {"sku": SMALL, "price_minor": 4000, "location": "st-1"})
    shop.bad("malformed", "mara", "POST", deals, {"sku": SMALL, "price_minor": 4000, "location": "st-1", "city": "1101"})
    rows = [(each["city"], each["location"]) for each in shop.get(deals)["deals"] if each["sku"] == SMALL]
    assert rows == [("1101", None), (None, "st-1")], rows
    assert shop.get("/v1/skus/%s" % SMALL.replace("/", "%2F"))["deal"] is None, "it is not for everybody"
    label = lambda store: shop.ask("mara", "GET", "/v1/locations/%s/labels?sku=%s&currency=CNY" % (store, SMALL)).body
    assert b"CNY 40.00" in label("st-1") and b"CNY 50.00" in label("st-2"), "a label has its store's price"
    assert b"CNY 40.00" not in label("wh-1") and b"CNY 50.00" not in label("wh-1"), "and none has another's"
    total = lambda **more: shop.placed(sku=SMALL, festival="11.11", **more)["total"]["amount_minor"]
    assert total(delivery="carry-out", location="st-1", channel="store") == 4000
    assert total(delivery="carry-out", location="st-2", channel="store") == 5000
    assert total(city="3301") == 6000 and total(city="1101") == 5000


if __name__ == "__main__":
    main([test_pick_up, test_scan_and_go, test_cloud_shelf, test_back_to_another_store, test_till, test_between_stores,
          test_count_by_scanning, test_told_to_the_clerk, test_bad_input, test_rules, test_places_of_deals])
