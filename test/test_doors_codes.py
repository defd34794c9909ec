#!/usr/bin/python3
"""Scanned codes at the HTTP door: test/test_doors_codes.py build/eleven [TEST ...]

GS1 Digital Links as a phone, a till and another resolver send them: where they lead, what they say of price, stock and
date, and how each wrong one is refused.
"""
import datetime
import urllib.parse

from jsonschema import Draft7Validator

from door_kit import World, main
from http_kit import Server

MUG = "9520000000011"           # MUG-RED: three in the store st-1, in the warehouse wh-1 and in main; at 11.11 in 11.11
MUG14 = "0" + MUG
VOC = "https://ref.gs1.org/voc/"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = {"Accept": "application/json"}
LINKSET = {"Accept": "application/linkset+json"}

# What the GS1-Conformant Resolver Standard asks of a link set, beside RFC 9264.
LINKSET_SCHEMA = {
    "type": "object", "required": ["linkset"], "additionalProperties": False,
    "properties": {"linkset": {"type": "array", "minItems": 1, "items": {
        "type": "object", "required": ["anchor", VOC + "defaultLink"], "additionalProperties": False,
        "properties": {"anchor": {"type": "string", "pattern": "^https?://[^?#]+$"},
                       "itemDescription": {"type": "string"}},
        "patternProperties": {"^https://ref\\.gs1\\.org/voc/\\w+$": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["href", "title"], "additionalProperties": False,
            "properties": {"href": {"type": "string", "pattern": "^https?://"}, "title": {"type": "string"},
                           "type": {"type": "string"}}}}}}}}}


def scan(server, target, status=200, headers=JSON, token=None):
    answer = server.request("GET", target, headers=headers, token=token)
    assert answer.status == status, (target, answer)
    return answer


def follow(server, answer):
    assert answer.headers["location"].startswith("http://127.0.0.1:"), answer.headers
    return server.request("GET", "/" + answer.headers["location"].split("/", 3)[3], headers=BROWSER)


def day(days):
    """YYMMDD of a day from today in the festival's own time."""
    now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
    return (now + datetime.timedelta(days=days)).strftime("%y%m%d")


def ways(answer):
    return [(way["delivery"], way["location"]) for way in answer.json["ways"]]


def wait_for_page(server):
    assert server.wait_for(lambda: server.request("GET", "/products/red-mug").status == 200), "the views do not follow"


def test_scan(eleven):
    """A program asks what was scanned."""
    with Server(eleven) as server:
        said = scan(server, "/01/%s?store=st-1" % MUG14).json
        assert said["gtin"] == MUG14 and said["product"]["sku"] == "MUG-RED", said
        assert said["price"] == {"amount_minor": 1111, "currency": "CNY"}, said
        assert said["product"]["price_minor"] > 1111 and said["product"]["deal"]["price_minor"] == 1111, said
        assert said["store"]["name"] == "Store in Hangzhou" and said["store"]["available"] == 3, said
        assert said["may_be_sold"] is True and said["why_not"] is None, said
        assert said["link"] == "/01/" + MUG14 and said["lot"] is said["serial"] is said["expires"] is None, said
        whole = scan(server, "/01/%s/22/2A/10/L%%2F1/21/S1/?17=%s&15=%s&store=st-1&x=y" % (MUG, day(9), day(8))).json
        assert (whole["variant"], whole["lot"], whole["serial"]) == ("2A", "L/1", "S1"), whole
        assert whole["expires"].replace("-", "")[2:] == day(9) and whole["may_be_sold"], whole
        assert whole["link"] == "/01/%s/22/2A/10/L%%2F1/21/S1?15=%s&17=%s" % (MUG14, day(8), day(9)), whole
        # without a label's store nobody can say what is here
        assert scan(server, "/01/" + MUG14).json["store"] is None
        # a GTIN is the same in every length that it may have
        for text in (MUG, MUG14):
            assert scan(server, "/01/" + text).json["gtin"] == MUG14
        tag = scan(server, "/01/" + MUG14).headers["etag"]
        scan(server, "/01/" + MUG14, 304, dict(JSON, **{"If-None-Match": tag}))


def test_price(eleven):
    """The festival's price while it has units left; then the shop's own."""
    with Server(eleven) as server:
        world = World(server)
        for shopper, quantity in zip(world.shoppers(3, 100000), (2, 2, 1)):
            assert scan(server, "/01/" + MUG14).json["price"]["amount_minor"] == 1111
            answer = server.request("POST", "/v1/orders", key=True, token=server.keys["robot"], json={
                "shopper": shopper, "festival": "11.11", "city": "3301",
                "lines": [{"sku": "MUG-RED", "quantity": quantity}]})
            assert answer.status == 201, answer
        said = scan(server, "/01/" + MUG14).json
        assert said["product"]["deal"]["taken"] == 5, said
        assert said["price"]["amount_minor"] == said["product"]["price_minor"], said
        scan(server, "/01/%s?currency=XXX" % MUG14, 404)


def test_ways(eleven):
    """How to get it: here, in the stores nearby, sent home; never from where there is none."""
    with Server(eleven) as server:
        mara = server.keys["mara"]
        for code, latitude, services in (("near", 30300000, "pick-up"), ("far", 39900000, "pick-up+carry-out"),
                                         ("none", 30310000, "pick-up"), ("counter", 30294000, "carry-out")):
            answer = server.request("PUT", "/v1/locations/" + code, token=mara, json={
                "city": "3301", "longitude_e6": 120168900, "latitude_e6": latitude, "kind": "store",
                "services": services, "name": code})
            assert answer.status == 200, answer
            if code != "none":
                assert server.request("POST", "/v1/stock/receipts", token=mara, key=True, json={
                    "sku": "MUG-RED", "location": code, "quantity": 2}).status == 200
        here = scan(server, "/01/%s?store=st-1" % MUG14)
        assert ways(here) == [("carry-out", "st-1"), ("pick-up", "st-1"), ("pick-up", "near"), ("pick-up", "far"),
                              ("home", None)], here
        assert ways(scan(server, "/01/%s?store=far" % MUG14))[2:4] == [("pick-up", "near"), ("pick-up", "st-1")]
        assert ways(scan(server, "/01/%s?store=counter" % MUG14))[0] == ("carry-out", "counter")
        empty = scan(server, "/01/%s?store=none" % MUG14)       # the shelf is empty: cloud shelf
        assert empty.json["store"]["available"] == 0 and ways(empty)[0] == ("pick-up", "near"), empty
        assert ("home", None) in ways(empty)
        # the last ones are for those who stand in the shop: safety stock is no way but to be carried out
        assert server.request("PUT", "/v1/locations/st-1/stock/MUG-RED/safety", token=mara, key=True,
                              json={"units": 3}).status == 200
        kept = scan(server, "/01/%s?store=st-1" % MUG14)
        assert ways(kept)[:2] == [("carry-out", "st-1"), ("pick-up", "near")], kept
        assert kept.json["store"]["available"] == 3 and ways(scan(server, "/01/%s?store=far" % MUG14))[2:] == [
            ("pick-up", "near"), ("home", None)]
        # the clerk counts none, and the answer knows it at once
        assert server.request("POST", "/v1/stock/counts", token=server.keys["till"], key=True, json={
            "sku": "MUG-RED", "location": "st-1", "counted": 0}).status == 200
        assert scan(server, "/01/%s?store=st-1" % MUG14).json["store"]["available"] == 0


def test_dates(eleven):
    """An item past its date must not be sold, whatever the shop has of it."""
    with Server(eleven) as server:
        for query, bar in (("17=" + day(0), None), ("17=" + day(1), None), ("17=" + day(-1), "expired"),
                           ("17=991231", "expired"), ("17=%s00" % day(-40)[:4], "expired"),
                           ("15=" + day(-9), None), ("16=" + day(-1), "past-sell-by"), ("16=" + day(0), None),
                           ("16=%s&17=%s" % (day(-1), day(-1)), "expired"), ("7003=%s0000" % day(0), "expired"),
                           ("7003=%s0000" % day(2), None)):
            said = scan(server, "/01/%s/10/A?store=st-1&%s" % (MUG14, query))
            assert said.json["why_not"] == bar and said.json["may_be_sold"] == (bar is None), (query, said)
            assert (("carry-out", "st-1") in ways(said)) == (bar is None), (query, said)
            assert ("home", None) in ways(said), "another unit may still be sent"
        wait_for_page(server)
        page = follow(server, scan(server, "/01/%s/10/A%%3C?17=%s" % (MUG14, day(-1)), 307, BROWSER))
        assert b"must not be sold" in page.body and b"A&lt;" in page.body, page


def test_browser(eleven):
    """A phone's camera opens the product's page, which knows the store whose label was scanned."""
    with Server(eleven) as server:
        wait_for_page(server)
        for headers in (BROWSER, {}, {"Accept": "*/*"}):
            answer = scan(server, "/01/%s/10/LOT-1?store=st-1&utm=a%%20b&17=%s" % (MUG14, day(3)), 307, headers)
            where = urllib.parse.urlsplit(answer.headers["location"])
            assert where.path == "/products/red-mug", answer.headers
            query = urllib.parse.parse_qs(where.query)
            assert query["store"] == ["st-1"] and query["utm"] == ["a b"] and query["17"] == [day(3)], query
            assert answer.body == b"" and 'rel="linkset"' in answer.headers["link"], answer.headers
        page = follow(server, answer)
        assert page.status == 200 and page.type == "text/html", page
        text = page.body.decode()
        for words in ("Red Mug", "CNY 11.11", "This store, Store in Hangzhou", "In stock (3)", "LOT-1",
                      "Take it with you"):
            assert words in text, words
        assert "scan" not in server.request("GET", "/products/red-mug").body.decode()
        # a page cannot be made to tell of another product, nor to say what a link may not
        for target in ("/products/red-mug?scan=/01/09520000000028", "/products/red-mug?scan=/01/0000",
                       "/products/red-mug?scan=%2F01%2F" + MUG14 + "&17=999999", "/products/red-mug?scan=x"):
            assert server.request("GET", target).status in (400, 404), target
        script = server.request("GET", "/products/red-mug?scan=/01/%s/10/%%253Cscript%%253E" % MUG14)
        assert script.status == 200 and b"&lt;script&gt;" in script.body and b"<script>" not in script.body, script
        # without a page, browsers are told so by a page
        for target, status in (("/01/96385074", 404), ("/01/" + MUG14[:-1] + "9", 400), ("/414/" + MUG, 404)):
            refused = server.request("GET", target, headers=BROWSER)
            assert refused.status in (status, 400) and refused.type == "text/html", (target, refused)


def test_links(eleven):
    """Link sets, link types, and what another resolver wants to know."""
    with Server(eleven) as server:
        sets = [scan(server, "/01/" + MUG14 + query, 200, headers) for query, headers in (
            ("?linkType=linkset", BROWSER), ("?linkType=all", {}), ("", LINKSET), ("/10/A?store=st-1", LINKSET))]
        for answer in sets:
            assert answer.type == "application/linkset+json" and answer.body == sets[0].body, answer
            assert "json-ld#context" in answer.headers["link"], answer.headers
        Draft7Validator(LINKSET_SCHEMA).validate(sets[0].json)
        links = sets[0].json["linkset"][0]
        assert links["anchor"].endswith("/01/" + MUG14), links
        assert len(links[VOC + "defaultLink"]) == 1 and set(links[VOC + "defaultLink"][0]) == {"href", "title"}, links
        for name in ("defaultLink", "pip", "masterData", "promotion"):
            for written in ("gs1:" + name, VOC + name, "https://gs1.org/voc/" + name):
                answer = scan(server, "/01/%s?linkType=%s" % (MUG14, urllib.parse.quote(written, safe="")), 307)
                assert answer.headers["location"].startswith(links[VOC + name][0]["href"]), (name, answer.headers)
        for name in ("masterData", "promotion"):
            answer = scan(server, "/01/%s?linkType=gs1:%s" % (MUG14, name), 307)
            assert follow(server, answer).type == "application/json", name
        for unknown in ("gs1:recipe", "pip", "gs1:", "schema:review", "gs1:pip/"):
            answer = scan(server, "/01/%s?linkType=%s" % (MUG14, unknown), 404)
            assert answer.json["code"] == "unknown-link-type", (unknown, answer)
        # no deal, no promotion
        plain = scan(server, "/01/09520000000028?linkType=linkset").json["linkset"][0]
        assert VOC + "promotion" not in plain and VOC + "pip" in plain, plain
        scan(server, "/01/09520000000028?linkType=gs1:promotion", 404)
        about = scan(server, "/.well-known/gs1resolver").json
        assert about["supportedPrimaryKeys"] == ["01"] and about["resolverRoot"].startswith("http://127.0.0.1"), about
        # pages of any origin may ask, with any method that a resolver has
        for method in ("GET", "HEAD"):
            answer = server.request(method, "/01/" + MUG14, headers=JSON)
            assert answer.headers["access-control-allow-origin"] == "*" and answer.headers["vary"] == "Accept"
            assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
        assert server.request("OPTIONS", "/01/%s/10/A" % MUG14).status == 204
        assert server.request("POST", "/01/" + MUG14, json={}).status == 405


REFUSED = [
    ("/01/0000", 400, "bad-link", "wrong-length"),
    ("/01/00000000", 400, "bad-link", "zero"),
    ("/01/00000000000000", 400, "bad-link", "zero"),
    ("/01/09520000000012", 400, "bad-link", "bad-check-digit"),
    ("/01/mug", 400, "bad-link", "bad-character"),
    ("/01/", 400, "bad-link", "missing-value"),
    ("/01/%s/foo" % MUG14, 400, "bad-link", "missing-value"),
    ("/01/%s/foo/bar" % MUG14, 400, "bad-link", "unknown-qualifier"),
    ("/01/%s/21/S/10/L" % MUG14, 400, "bad-link", "bad-order"),
    ("/01/%s/10/L/22/V" % MUG14, 400, "bad-link", "bad-order"),
    ("/01/%s/10/L/10/L" % MUG14, 400, "bad-link", "duplicate"),
    ("/01/%s/10/" % MUG14, 400, "bad-link", "missing-value"),
    ("/01/%s/10/%s" % (MUG14, "L" * 21), 400, "bad-link", "wrong-length"),
    ("/01/%s/10/A%%20B" % MUG14, 400, "bad-link", "bad-character"),
    ("/01/%s/414/9520000001117" % MUG14, 400, "bad-link", "unknown-qualifier"),
    ("/01/%s?17=261301" % MUG14, 400, "bad-link", "bad-date"),
    ("/01/%s?99999=1" % MUG14, 400, "bad-link", "unknown-attribute"),
    ("/01/%s?21=S" % MUG14, 400, "bad-link", "unknown-attribute"),
    ("/01/%s?x=%s" % (MUG14, "y" * 2000), 400, "bad-link", "too-long"),
    ("/01/%s/10/%%4" % MUG14, 400, "bad-request", None),
    ("/01/%s/10/%%00" % MUG14, 400, "bad-request", None),
    ("/01/%s?x=%%zz" % MUG14, 400, "bad-request", None),
    ("/01/96385074", 404, "unknown-sku", None),
    ("/01/%s?store=nowhere" % MUG14, 404, "unknown-location", None),
    ("/414/9520000001117", 404, "not-a-gtin", None),
    ("/414/9520000001117/254/7", 404, "not-a-gtin", None),
    ("/00/395200000000000012", 404, "not-a-gtin", None),
    ("/8006/095200000011170102/21/1", 404, "not-a-gtin", None),
    ("/8004/952000A", 404, "not-a-gtin", None),
    ("/414/9520000001118", 400, "bad-link", "bad-check-digit"),
    ("/02/" + MUG14, 404, "not-found", None),
    ("/01", 404, "not-found", None),
]


def test_refusals(eleven):
    """Each wrong link is refused by its own name, and none is taken for another thing."""
    with Server(eleven) as server:
        for target, status, code, reason in REFUSED:
            said = scan(server, target, status).json
            assert said["code"] == code and said.get("reason") == reason, (target, said)
            assert said["type"] == "/problems/" + code and said["status"] == status, said
            for headers in (BROWSER, LINKSET, {}):
                assert server.request("GET", target, headers=headers).status == status, (target, headers)
        # what is not for sale only staff may see
        mara = server.keys["mara"]
        for path, body in (("departments/d", {"name": "D"}), ("sellers/s", {"name": "S"}),
                           ("skus/DRAFT", {"department": "d", "seller": "s", "gtin": 9520000001117, "title": "Draft"})):
            answer = server.request("PUT", "/v1/" + path, token=mara, json=body)
            assert answer.status == 200, answer
        scan(server, "/01/09520000001117", 404)
        said = scan(server, "/01/09520000001117", token=mara).json
        assert said["why_not"] == "not-for-sale" and not said["may_be_sold"] and said["ways"] == [], said


if __name__ == "__main__":
    main([test_scan, test_price, test_ways, test_dates, test_browser, test_links, test_refusals])
