#!/usr/bin/python3
"""The server against its own description: test/test_openapi.py build/eleven

The description is valid; every operation of it is called, with good input and with bad, and each answer's status, media
type and members are ones that it names; and every operation is tried by everybody, of whom only those may who are
named. A new operation is a line in scenario() (what is not called there fails), and two if it has refusals of its own.
"""
import json
import re
import sys
import traceback
import urllib.parse

from jsonschema import Draft202012Validator, FormatChecker, RefResolver

from http_kit import PASSWORD, Server

formats = FormatChecker(())


@formats.checks("date-time")
def is_time(text):
    return not isinstance(text, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text) is not None


class Failed(Exception):
    pass


def check(true, *words):
    if not true:
        raise Failed(" ".join(str(word) for word in words))


# --- the description -------------------------------------------------------------------------------------------


class Operation:
    def __init__(self, path, method, data):
        self.path, self.method, self.data = path, method.upper(), data
        self.id = data["operationId"]
        self.roles = data["x-roles"]
        self.names = [name for name in re.findall(r"{(\w+)}", path)]
        self.query = [each["name"] for each in data["parameters"] if each.get("in") == "query"]
        self.keyed = {"$ref": "#/components/parameters/IdempotencyKey"} in data["parameters"]
        self.body = data.get("requestBody", {}).get("content", {})
        success = [status for status in data["responses"] if status.startswith("2")]
        check(len(success) == 1, self.id, "has", len(success), "ways to succeed")
        self.success = int(success[0])
        self.streams = "text/event-stream" in data["responses"][success[0]].get("content", {})
        self.good = self.bad = 0

    def url(self, path={}, query={}):
        check(set(path) == set(self.names), self.id, "needs", self.names, "in its path, not", list(path))
        filled = re.sub(r"{(\w+)}", lambda name: urllib.parse.quote(str(path[name.group(1)]), safe=""), self.path)
        check(set(query) <= set(self.query), self.id, "knows", self.query, "as its query, not", list(query))
        return filled + ("?" + urllib.parse.urlencode(query) if query else "")


class Description:
    def __init__(self, document):
        self.document = document
        self.operations = {}
        self.resolver = RefResolver.from_schema(document)
        self.duplicates = []
        for path, methods in document["paths"].items():
            for method, data in methods.items():
                operation = Operation(path, method, data)
                if operation.id in self.operations:
                    self.duplicates.append(operation.id)
                self.operations[operation.id] = operation

    def resolve(self, node):
        return self.resolver.resolve(node["$ref"])[1] if "$ref" in node else node

    def errors(self, schema, value):
        validator = Draft202012Validator(schema, resolver=self.resolver, format_checker=formats)
        return ["/".join(map(str, each.absolute_path)) + ": " + each.message for each in validator.iter_errors(value)]

    def check_answer(self, operation, answer):
        """The answer is one that the description allows."""
        response = operation.data["responses"].get(str(answer.status))
        check(response is not None, operation.id, "may not answer", answer)
        response = self.resolve(response)
        content = response.get("content")
        if content is None or answer.status == 304:
            check(answer.body == b"", operation.id, "answers a body:", answer)
        else:
            check(answer.type in content, operation.id, "answers", answer.type, "and not", list(content))
            schema = content[answer.type].get("schema")
            if schema is not None:
                errors = self.errors(schema, answer.json)
                check(not errors, operation.id, errors, answer)
        if answer.status >= 400:
            check(answer.json["status"] == answer.status, operation.id, "says another status than it has:", answer)
            check(answer.json["type"] == "/problems/" + answer.json["code"], operation.id, "type and code:", answer)
        if answer.status in (429, 503):
            check(answer.headers.get("retry-after", "").isdigit(), operation.id, "without Retry-After")
        if answer.status == 401:
            check("www-authenticate" in answer.headers, operation.id, "401 without WWW-Authenticate")
        if "ETag" in response.get("headers", {}):
            check(re.fullmatch(r'"\w+"', answer.headers.get("etag", "")), operation.id, "answers no ETag")


def all_references(node):
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref" and isinstance(value, str):
                yield value
            yield from all_references(value)
    elif isinstance(node, list):
        for value in node:
            yield from all_references(value)


def test_description(server, description):
    document = description.document
    check(document["openapi"].startswith("3.1."), "is no OpenAPI 3.1")
    check(not description.duplicates, "operationIds that are there twice:", description.duplicates)
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        check(schema["additionalProperties"] is False, name, "allows members that it does not name")
    for reference in all_references(document):
        try:
            description.resolver.resolve(reference)
        except Exception:
            raise Failed("nothing is at %s: a route or a schema names a shape that there is not" % reference)
    for operation in description.operations.values():
        for parameter in operation.data["parameters"]:
            check("$ref" in parameter or parameter.get("description"), operation.id, "has a parameter that",
                  "parameter.def does not know:", parameter.get("name"))
        names = [each["name"] for each in operation.data["parameters"] if each.get("in") == "path"]
        check(names == operation.names, operation.id, "has other parameters than its path")
        for content in operation.body.values():
            Draft202012Validator.check_schema(content.get("schema", {}))
        check(operation.data["summary"] and operation.data["tags"] and operation.roles, operation.id, "says too little")
    used = set(all_references(document["paths"])) | set(all_references(document["components"]))
    for name in document["components"]["schemas"]:
        check("#/components/schemas/" + name in used, "nobody uses the schema", name)


def test_paths_are_known(server, description):
    """What is described is there, with just these methods."""
    for path, methods in description.document["paths"].items():
        url = re.sub(r"{\w+}", "1", path)
        answer = server.request("OPTIONS", url)
        check(answer.status == 204, path, "is not known:", answer)
        allowed = set(answer.headers["allow"].split(", "))
        check({method.upper() for method in methods} <= allowed, path, "allows", allowed)
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - allowed:
            answer = server.request(method, url)
            check(answer.status == 405 and answer.json["code"] == "method-not-allowed", method, path, answer)


def test_pages(server, description):
    problems = description.document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    for path in ["/", "/docs"] + ["/problems/" + word for word in problems]:
        answer = server.request("GET", path)
        check(answer.status == 200 and answer.type == "text/html", path, answer)
        check("default-src 'none'" in answer.headers["content-security-policy"], path, "has no strict policy")
        check(b"<script" not in answer.body and answer.body.rstrip().endswith(b"</html>"), path, "is no whole page")
    docs = server.request("GET", "/docs").body.decode()
    for operation in description.operations.values():
        check('id="%s"' % operation.id in docs, "/docs does not know", operation.id)
    for name in re.findall(r'href="#([\w-]+)"', docs):
        check('id="%s"' % name in docs, "/docs links to #%s, which is not there" % name)
    answer = server.request("GET", "/problems/sold-out", headers={"Accept": "application/json"})
    check(answer.json["status"] == 409 and answer.json["code"] == "sold-out", answer)
    check(server.request("GET", "/problems/no-such").status == 404, "a page about a problem that there is not")
    tag = server.request("GET", "/openapi.json").headers["etag"]
    check(server.request("GET", "/openapi.json", headers={"If-None-Match": tag}).status == 304, "no 304")


# --- calls -------------------------------------------------------------------------------------------------------


class Caller:
    """Calls operations by their id and holds every answer against the description."""

    def __init__(self, server, description):
        self.server, self.description = server, description

    def token(self, who):
        return self.server.keys[who] if who else None

    def send(self, id, who=None, path={}, query={}, json=None, key=None, headers={}, body=None):
        check(id in self.description.operations, "there is no operation", id)
        operation = self.description.operations[id]
        url = operation.url(path, query)
        if operation.streams:
            status, type = self.server.head(url, headers, self.token(who))
            check(status >= 400 or type == "text/event-stream", id, status, type)
            operation.good += status < 400
            operation.bad += status >= 400
            return status
        if key is None and operation.keyed:
            key = True
        answer = self.server.request(operation.method, url, json=json, key=key, headers=headers, body=body,
                                     token=self.token(who))
        self.description.check_answer(operation, answer)
        operation.good += answer.status < 400
        operation.bad += answer.status >= 400
        return answer

    def good(self, id, who=None, json=None, **rest):
        """A call that succeeds; the body is one that the description allows. Its answer's JSON."""
        operation = self.description.operations.get(id)
        check(operation is not None, "there is no operation", id)
        schema = operation.body.get("application/json", {}).get("schema")
        if json is not None:
            errors = self.description.errors(schema or {}, json)
            check(schema is not None and not errors, id, "takes no such body:", json, errors)
        answer = self.send(id, who, json=json, **rest)
        if operation.streams:
            check(answer == operation.success, id, "answers", answer)
            return None
        check(answer.status == operation.success, id, "should succeed:", answer)
        return answer.json if answer.json is not None else answer

    def bad(self, id, code, who=None, **rest):
        """A call that is refused with this code."""
        answer = self.send(id, who, **rest)
        check(answer.status >= 400 and answer.json["code"] == code, id, "should answer", code, "and not", answer)
        return answer.json


def scenario(call):
    """Every operation, in an order in which they succeed."""
    good, bad, server = call.good, call.bad, call.server
    for id in ("time", "healthz", "readyz"):
        good(id)

    # the catalogue
    good("currency_put", "mara", path={"code": "EUR"}, json={"digits": 2})
    bad("currency_put", "in-use", "mara", path={"code": "EUR"}, json={"digits": 3})
    good("country_put", "mara", path={"code": "NO"}, json={"name": "Norway"})
    good("department_put", "mara", path={"code": "garden"}, json={"name": "Garden"})
    good("city_put", "mara", path={"code": "0301"}, json={
        "country": "NO", "longitude_e6": 10738889, "latitude_e6": 59913889, "name": "Oslo", "population": 700000})
    good("location_put", "mara", path={"code": "st-2"}, json={
        "city": "0301", "longitude_e6": 10738889, "latitude_e6": 59913889, "kind": "store", "services": "pick-up+ship",
        "name": "Store in Oslo"})
    bad("location_put", "bad-field", "mara", path={"code": "st-3"}, json={"kind": "tent"})
    good("brand_put", "mara", path={"code": "fjord"}, json={"country": "NO", "name": "Fjord"})
    good("seller_put", "mara", path={"code": "oslo-as"}, json={"name": "Oslo AS"})
    sku = {"department": "garden", "brand": "fjord", "seller": "oslo-as", "gtin": 9520000001117, "for_sale": 1,
           "title": "Spade", "handle": "spade"}
    made = good("sku_put", "mara", path={"code": "SPADE"}, json=sku)
    check(made["changed"] and not good("sku_put", "mara", path={"code": "SPADE"}, json=sku)["changed"], "sku_put again")
    bad("sku_put", "bad-gtin", "mara", path={"code": "SPADE-2"}, json=dict(sku, gtin=9520000001118))
    bad("sku_put", "unknown-brand", "mara", path={"code": "SPADE-2"}, json=dict(sku, brand="nobody else"))
    good("price_set", "mara", path={"sku": "SPADE", "currency": "CNY"}, json={"price_minor": 9900})
    bad("price_set", "bad-amount", "mara", path={"sku": "SPADE", "currency": "CNY"}, json={"price_minor": 0})

    # stock
    good("stock_receive", "mara", json={"sku": "SPADE", "location": "wh-1", "quantity": 20})
    good("stock_receive", "mara", json={"sku": "SPADE", "location": "st-1", "quantity": 20})
    good("stock_count", "ware", json={"sku": "SPADE", "location": "wh-1", "counted": 19})
    good("stock_move", "ware", json={"sku": "SPADE", "from": "wh-1", "to": "st-1", "quantity": 2})
    bad("stock_move", "not-in-stock", "ware", json={"sku": "SPADE", "from": "wh-1", "to": "st-1", "quantity": 99})
    bad("stock_receive", "forbidden", "ware", json={"sku": "SPADE", "location": "st-1", "quantity": 1})

    # a festival
    good("festival_put", "mara", path={"code": "12.12"}, json={
        "name": "Double Twelve", "opens_at": "2036-12-12T00:00:00Z", "closes_ms": 2112739200000, "currency": "CNY",
        "utc_offset_minutes": 480})
    bad("festival_put", "bad-field", "mara", path={"code": "12.12"}, json={"opens_at": "tomorrow"})
    deal = good("deal_add", "mara", path={"festival": "11.11"}, json={
        "sku": "SPADE", "price_minor": 8800, "quota": 9, "cap": 3})
    good("deal_put", "mara", path={"festival": "11.11", "deal": deal["deal"]},
         json={"sku": "SPADE", "price_minor": 8700, "quota": 8, "cap": 3})
    bad("deal_add", "unknown-sku", "mara", path={"festival": "11.11"}, json={"sku": "NO-SUCH", "price_minor": 1})

    shoppers(call)
    orders(call)
    stores(call)
    tills(call)
    own_account(call)
    staff(call)
    catalogue(call)
    reports(call)
    files(call)
    printing(call)


def shoppers(call):
    """Anna and Ben join; both may give their keys from now on."""
    good, bad, server = call.good, call.bad, call.server
    server.numbers = {}
    for login in ("anna", "ben"):
        joined = good("shopper_join", json={"login": login, "password": PASSWORD, "city": "3301", "currency": "CNY"})
        server.keys[login] = joined["token"]
        server.numbers[login] = joined["shopper"]
    bad("shopper_join", "taken", json={"login": "anna", "password": PASSWORD + "?"})
    bad("shopper_join", "bad-password", json={"login": "carl", "password": "short"})
    bad("shopper_join", "unknown-city", json={"login": "carl", "password": PASSWORD, "city": "Atlantis"})
    good("session_begin", json={"login": "anna", "password": PASSWORD})
    bad("session_begin", "wrong", json={"login": "anna", "password": PASSWORD + "?"})
    server.keys["ben again"] = good("session_begin", json={"login": "ben", "password": PASSWORD})["token"]
    good("session_end", "ben again")
    bad("me", "wrong", "ben again")
    good("wallet_top_up", "pay", json={"shopper": server.numbers["anna"], "currency": "CNY", "amount_minor": 500000})
    bad("wallet_top_up", "unknown-shopper", "pay", json={"shopper": 99999, "currency": "CNY", "amount_minor": 1})


def orders(call):
    """Orders from their first to their last state."""
    good, bad, server = call.good, call.bad, call.server
    spade = lambda quantity, **more: dict({"lines": [{"sku": "SPADE", "quantity": quantity}]}, **more)

    # paid at once, sent
    paid = good("order_place", "anna", json=spade(1, festival="11.11", location="wh-1"))
    check(paid["state"] == "paid" and paid["total"] == {"amount_minor": 8700, "currency": "CNY"}, paid)
    number = {"order": paid["order"]}
    part = dict(number, part=1)
    bad("order_get", "unknown-order", "ben", path=number)
    bad("order_cancel", "forbidden", "ben", path=number)
    bad("part_pack", "forbidden", "till", path=part)
    for id in ("part_pack", "part_ship", "part_deliver"):
        good(id, "ware", path=part)
    bad("part_ship", "wrong-state", "ware", path=part)
    bad("part_pack", "unknown-line", "robot", path=dict(number, part=9))
    back = good("order_return", "ware", path=number,
                json={"line": 1, "quantity": 1, "location": "wh-1", "goods": "restock"})
    check(back["refunded"]["amount_minor"] == 8700, "all of it was returned:", back)
    bad("order_return", "not-returnable", "ware", path=number,
        json={"line": 1, "quantity": 1, "location": "wh-1", "goods": "restock"})

    # collected
    pick_up = good("order_place", "anna", json=spade(1, delivery="pick-up", location="st-1", currency="CNY"))
    part = {"order": pick_up["order"], "part": 1}
    for id in ("part_pack", "part_ready", "part_hand_over"):
        good(id, "till", path=part)

    # held, paid by the wallet or by the provider, cancelled
    held = good("order_place", "anna", json=spade(1, payment="hold"))
    check(held["state"] == "held" and "pay_until" in held, held)
    bad("order_pay", "amount-mismatch", "anna", path={"order": held["order"]}, json={"amount_minor": 1})
    good("order_pay", "anna", path={"order": held["order"]}, json={"amount_minor": held["total"]["amount_minor"]})
    bad("order_pay", "already-paid", "anna", path={"order": held["order"]},
        json={"amount_minor": held["total"]["amount_minor"]})
    check(good("order_cancel", "anna", path={"order": held["order"]})["state"] == "cancelled", "order_cancel")
    held = good("order_place", "anna", json=spade(1, payment="hold"))
    good("provider_pay", "pay", path={"order": held["order"]}, json={"amount_minor": held["total"]["amount_minor"]})

    # refusals
    bad("order_place", "insufficient-funds", "ben", json=spade(1))
    bad("order_place", "sold-out", "robot", json=spade(999, shopper=server.numbers["ben"]))
    bad("order_place", "deal-sold-out", "robot", json={
        "shopper": server.numbers["ben"], "festival": "11.11", "lines": [{"sku": "MUG-RED", "quantity": 6}]})
    bad("order_place", "unknown-sku", "anna", json={"lines": [{"sku": "NO-SUCH", "quantity": 1}]})
    bad("order_place", "unknown-festival", "anna", json=spade(1, festival="no such"))
    bad("order_place", "price-changed", "anna", json=spade(1, expected_total_minor=1))
    bad("order_place", "bad-field", "anna", json={"lines": [{"sku": "SPADE", "quantity": "many"}]})
    bad("order_place", "bad-field", "anna", json={"lines": []})
    bad("order_place", "idempotency-key-bad", "anna", json=spade(1), key="with space")

    # the same key is the same order; another request with it is refused
    first = good("order_place", "anna", json=spade(1), key="anna-1")
    check(first == good("order_place", "anna", json=spade(1), key="anna-1"), "the same order again")
    bad("order_place", "key-conflict", "anna", json=spade(2), key="anna-1")

    # reading
    answer = call.send("order_get", "anna", path=number)
    same = call.send("order_get", "anna", path=number, headers={"If-None-Match": answer.headers["etag"]})
    check(same.status == 304, "order_get with its ETag:", same)
    everything = lambda: good("orders_find", "robot", query={"limit": 200})
    check(server.wait_for(lambda: any(each["order"] == first["order"] for each in everything()["orders"])),
          "the views do not show the order")
    page = good("orders_find", "robot", query={"limit": 2, "state": "paid", "shopper": server.numbers["anna"]})
    rest = good("orders_find", "robot", query={"limit": 2, "after": page["next"], "state": "paid"})
    check(not {each["order"] for each in page["orders"]} & {each["order"] for each in rest["orders"]}, page, rest)
    bad("orders_find", "bad-field", "robot", query={"state": "lost"})
    bad("orders_find", "unknown-festival", "robot", query={"festival": "no such"})
    bad("orders_find", "forbidden", "till", query={"location": "wh-1"})


def stores(call):
    """Plans, goods on their way, what is kept back, flagship cities, rules."""
    good, bad, server = call.good, call.bad, call.server
    plan = {"utc_offset_minutes": 480, "opens_min": 540, "closes_min": 1260, "weekend_opens_min": 600,
            "weekend_closes_min": 1440, "cut_off_min": 900, "capacity": 100, "prepare_min": 120, "keep_days": 5,
            "days_city": 1, "days_far": 3}
    st_1 = {"location": "st-1"}
    check(good("location_plan", "mara", path=st_1, json=plan)["changed"], "location_plan")
    bad("location_plan", "malformed", "mara", path=st_1, json=dict(plan, closes_min=1441))
    bad("location_plan", "unknown-location", "mara", path={"location": "moon"}, json=plan)
    there = good("location_get", path=st_1)
    check(there["plan"] == plan and there["hours"] == "09:00-21:00" and "load" not in there, there)
    check(good("location_get", "till", path=st_1)["load"] == {"orders": 0, "capacity": 100, "at_capacity": False}, "load")
    bad("location_get", "unknown-location", path={"location": "moon"})

    kept = dict(st_1, sku="gtin:9520000001117")
    before = good("stock_keep", "mara", path=kept, json={"units": 2})["available"]
    bad("stock_keep", "bad-quantity", "mara", path=kept, json={"units": 1000000001})
    shelf = good("sku_stock", path={"sku": "SPADE"}, query={"city": "3301", "limit": 1})
    rest = good("sku_stock", path={"sku": "SPADE"}, query={"city": "3301", "after": shelf["next"]})
    both = {each["location"]: each for each in shelf["stock"] + rest["stock"]}
    check(both["st-1"]["safety"] == 2 and both["st-1"]["free"] == before - 2 and set(both) == {"wh-1", "st-1"}, both)
    bad("sku_stock", "unknown-city", path={"sku": "SPADE"}, query={"city": "Atlantis"})
    counted = {"sku": "SPADE", "location": "wh-1", "counted": 15, "reason": "damaged"}
    good("stock_count", "ware", json=counted)
    bad("stock_count", "bad-field", "ware", json=dict(counted, reason="dragon"))
    losses = {each["reason"]: each["units"] for each in good("location_get", "ware", path={"location": "wh-1"})["losses"]}
    check(losses["damaged"] > 0 and losses["stolen"] == 0, losses)

    asked = {"reference": 4711, "sku": "SPADE", "to": "st-1", "quantity": 10}
    first = good("inbound_expect", "till", json=asked)
    check(first["units"] == 10, first)
    bad("inbound_expect", "forbidden", "till", json=dict(asked, to="wh-1"))
    sent = good("inbound_send", "ware", json={"sku": "SPADE", "from": "wh-1", "to": "st-1", "quantity": 4})
    bad("inbound_send", "same-place", "ware", json={"sku": "SPADE", "from": "wh-1", "to": "wh-1", "quantity": 4})
    number = {"inbound": sent["inbound"]}
    bad("inbound_receive", "forbidden", "ware", path=number, json={"quantity": 1})
    bad("inbound_receive", "not-expected", "till", path=number, json={"quantity": 5})
    check(good("inbound_receive", "till", path=number, json={"quantity": 3})["units"] == 1, "inbound_receive")
    check(good("inbound_close", "till", path=number, json={"reason": "mislaid"})["units"] == 1, "inbound_close")
    bad("inbound_close", "unknown-inbound", "till", path={"inbound": 999}, json={})
    seen = good("inbound_get", "ware", path=number)
    check((seen["expected"], seen["received"], seen["lost"], seen["coming"]) == (4, 3, 1, 0), seen)
    bad("inbound_get", "unknown-inbound", "ware", path={"inbound": first["inbound"]})
    numbers = lambda who, **query: [each["inbound"] for each in good("inbounds", who, query=query)["inbounds"]]
    check(numbers("till") == [first["inbound"], sent["inbound"]] and numbers("ware") == [sent["inbound"]], "inbounds")
    check(numbers("mara", to="st-1", open="true") == [first["inbound"]], "inbounds that are open")
    check(numbers("mara", **{"from": "st-1"}) == [], "inbounds from st-1")
    bad("inbounds", "bad-field", "mara", query={"open": "perhaps"})

    flagship = {"festival": "11.11", "city": "1101"}
    check(good("festival_flagship", "mara", path=flagship, json={"flagship": True})["flagship_count"] == 1, flagship)
    bad("festival_flagship", "unknown-city", "mara", path=dict(flagship, city="Atlantis"), json={"flagship": True})
    check([each["code"] for each in good("festival_get", path={"festival": "11.11"})["flagships"]] == ["1101"], flagship)

    rules = ["same-city", "fewest-parts", "spare-last-units", "balance-load"]
    check(good("routing_set", "mara", json={"rules": rules}) == {"rule_count": 4, "changed": True}, "routing_set")
    check([each["rule"] for each in good("routing_get", "mara")["rules"]] == rules, "routing_get")
    bad("routing_set", "bad-field", "mara", json={"rules": ["nearest", "nearest"]})
    good("routing_set", "mara", json={"rules": ["fewest-parts", "asked-for", "same-city", "nearest"]})


def tills(call):
    """A till's day, scan and go, an exchange."""
    good, bad, server = call.good, call.bad, call.server
    anybody = good("shopper_join", json={"login": "st-1-t1", "password": PASSWORD, "currency": "CNY"})["shopper"]
    good("till_put", "mara", path={"code": "st-1-t1"}, json={"location": "st-1", "shopper": anybody})
    bad("till_put", "unknown-location", "mara", path={"code": "wh-t"}, json={"location": "wh-1", "shopper": anybody})
    till = {"till": "st-1-t1"}
    bad("till_close", "till-closed", "till", path=till, json={"counted_minor": 0})
    check(good("till_open", "till", path=till, json={"float_minor": 50000})["drawer_minor"] == 50000, "till_open")
    bad("till_open", "till-is-open", "till", path=till, json={"float_minor": 1})
    good("till_cash", "till", path=till, json={"amount_minor": -10000})
    bad("till_cash", "forbidden", "ware", path=till, json={"amount_minor": -10000})
    bad("till_cash", "not-enough-cash", "till", path=till, json={"amount_minor": -40001})
    sale = lambda quantity=1, **more: good("order_place", "till", json=dict({
        "shopper": anybody, "channel": "till", "delivery": "carry-out", "location": "st-1", "payment": "hold",
        "lines": [{"sku": "SPADE", "quantity": quantity}]}, **more))
    first, second, third = sale(2), sale(), sale()
    check([each["order"] for each in good("till_suspended", "till", path=till)["orders"]] ==
          [third["order"], second["order"], first["order"]], "till_suspended")
    bad("till_suspended", "forbidden", "ware", path=till)
    bad("till_pay", "amount-mismatch", "till", path=till, json={"order": first["order"], "cash_minor": 1})
    due = first["total"]["amount_minor"]
    paid = good("till_pay", "till", path=till, json={
        "order": first["order"], "cash_minor": due - 5000, "card_minor": 5000})
    check(paid["state"] == "paid" and paid["lines"][0]["state"] == "handed-over", paid)
    bad("order_receipt", "not-found", "till", path={"order": second["order"]})
    good("till_pay", "till", path=till, json={"order": second["order"], "cash_minor": due // 2})
    receipt = call.send("order_receipt", "till", path={"order": first["order"]}, query={"width": "58"}).body.decode()
    check("Spade" in receipt and "st-1-t1" in receipt and "50.00" in receipt, receipt)
    for format, begins in (("escpos", b"\x1b@"), ("html", b"<!DOCTYPE html>")):
        answer = call.send("order_receipt", "till", path={"order": first["order"]}, query={"format": format})
        check(answer.status == 200 and answer.body.startswith(begins), format, answer)
    good("order_cancel", "till", path={"order": third["order"]})
    check(good("till_void", "till", path=till, json={"order": second["order"]})["state"] == "cancelled", "till_void")
    bad("till_void", "wrong-state", "till", path=till, json={"order": second["order"]})
    part = {"order": first["order"], "part": 1}
    check(good("part_check_out", "till", path=part)["lines"][0]["state"] == "checked-out", "part_check_out")
    bad("part_check_out", "wrong-state", "till", path=part)
    swap = {"line": 1, "quantity": 1, "sku": "SPADE", "location": "st-1", "goods": "restock"}
    other = good("order_exchange", "till", path={"order": first["order"]}, json=swap)
    check(other["delivery"] == "exchange" and other["total"]["amount_minor"] == due // 2, other)
    bad("order_exchange", "not-exchangeable", "till", path={"order": first["order"]}, json=dict(swap, sku="MUG-RED"))
    back = {"order": first["order"], "line": 1, "quantity": 1, "goods": "restock", "tender": "card"}
    bad("till_return", "wrong-tender", "till", path=till, json=dict(back, tender="wallet"))
    good("till_return", "till", path=till, json=back)
    credit = good("till_take_back", "till", path=till, json={
        "sku": "SPADE", "quantity": 1, "shopper": server.numbers["anna"], "goods": "quarantine"})
    check(credit["credit_minor"] == 8700, credit)
    bad("till_take_back", "unknown-sku", "till", path=till, json={
        "sku": "NO-SUCH", "quantity": 1, "shopper": 1, "goods": "quarantine"})

    now = good("till_get", "till", path=till)
    check(now["open"] and now["shift"]["sold_minor"]["card"] == 5000 and now["shift"]["voids"] == 1, now)
    bad("till_get", "unknown-till", "mara", path={"till": "none"})
    check([each["code"] for each in good("tills", "mara", query={"location": "st-1"})["tills"]] == ["st-1-t1"], "tills")
    bad("tills", "forbidden", "ware", query={"location": "st-1"})
    check(good("tills", "ware")["tills"] == [], "tills of another store")
    drawer = now["shift"]["drawer_minor"]
    check(good("till_close", "till", path=till, json={"counted_minor": drawer - 50})["drawer_minor"] == drawer, "close")
    report = good("till_shifts", "mara", path=till)["shifts"]
    check(len(report) == 1 and report[0]["difference_minor"] == -50 and report[0]["closed_at"] is not None, report)
    bad("till_shifts", "bad-field", "mara", path=till, query={"after": 77})
    lines = good("till_journal", "till", path=till, query={"limit": 2})
    more = good("till_journal", "till", path=till, query={"after": lines["next"], "shift": lines["shift"]})
    kinds = [each["kind"] for each in lines["journal"] + more["journal"]]
    check(kinds == ["take-back", "return", "void", "sale", "sale", "drawer"], kinds)
    bad("till_journal", "bad-field", "till", path=till, query={"shift": 99})


def own_account(call):
    """What shoppers see and do of their own."""
    good, bad, server = call.good, call.bad, call.server
    check(good("me", "anna")["login"] == "anna" and good("me", "till")["location"] == "st-1", "me")
    check(good("me_orders", "anna", query={"limit": 2})["next"] is not None, "me_orders has more pages")
    check(good("me_orders", "ben")["orders"] == [], "ben has no orders")
    top_up = {"amount_minor": 70000, "card": "test-ok"}
    check(good("me_top_up", "ben", json=top_up)["balance_minor"] == 70000, "me_top_up")
    bad("me_top_up", "payment-declined", "ben", json=dict(top_up, card="test-declined"))
    check(good("me_wallet", "ben")["balances"] == [{"currency": "CNY", "balance_minor": 70000}], "me_wallet")
    to_anna = {"to": server.numbers["anna"], "currency": "CNY", "amount_minor": 100}
    check(good("wallet_transfer", "ben", json=to_anna)["balance_minor"] == 69900, "wallet_transfer")
    bad("wallet_transfer", "insufficient-funds", "ben", json=dict(to_anna, amount_minor=70000))
    bad("wallet_transfer", "forbidden", "ben", json=dict(to_anna, **{"from": server.numbers["anna"], "to": 1}))
    held = good("order_place", "ben", json={"payment": "hold", "lines": [{"sku": "SPADE", "quantity": 1}]})
    bad("order_test_payment", "payment-declined", "ben", path={"order": held["order"]}, json={"card": "test-declined"})
    good("order_test_payment", "ben", path={"order": held["order"]}, json={"card": "test-ok"})
    good("budget_set", "ben", json={"scope": "day", "limit_minor": 1000})
    good("budget_set", "ben", json={"scope": "department", "subject": "garden", "limit_minor": 900})
    check(len(good("me_budgets", "ben")["budgets"]) == 2, "me_budgets")
    bad("order_place", "over-budget", "ben", json={"lines": [{"sku": "SPADE", "quantity": 1}]})
    bad("budget_set", "unknown-department", "ben", json={"scope": "department", "subject": "?", "limit_minor": 9})
    for id, subject in (("festival_events", {"festival": "11.11"}), ("sku_events", {"sku": "SPADE"}),
                        ("my_events", {})):
        good(id, "anna", path=subject)
    new = good("me_password", "ben", json={"old": PASSWORD, "new": PASSWORD + "!"})
    server.keys["ben"] = new["token"]
    bad("me_password", "bad-field", "ben", json={"old": PASSWORD, "new": PASSWORD + "!!"})


def staff(call):
    """Accounts, keys, the audit trail, webhooks, explanations."""
    good, bad, server = call.good, call.bad, call.server
    clerk = {"login": "dora", "password": PASSWORD, "role": "clerk", "location": "st-1"}
    dora = {"account": good("account_add", "admin", json=clerk)["account"]}
    bad("account_add", "taken", "admin", json=clerk)
    bad("account_add", "bad-field", "admin", json=dict(clerk, login="emil", role="merchandiser"))
    check(good("account_get", "admin", path=dora)["login"] == "dora", "account_get")
    bad("account_get", "not-found", "admin", path={"account": 9999})
    check(good("accounts_find", "admin", query={"role": "clerk", "limit": 1})["next"] is not None, "accounts_find")
    good("account_password", "admin", path=dora, json={"password": PASSWORD + "!"})
    bad("account_password", "bad-password", "admin", path=dora, json={"password": "dora"})
    check(good("account_disable", "admin", path=dora)["disabled"], "account_disable")

    key = good("key_add", "till", json={"name": "counter"})
    server.keys["counter"] = key["secret"]
    check(good("me", "counter")["login"] == "till", "a key acts as its account")
    check(key["key"] in [each["key"] for each in good("keys_find", "till")["keys"]], "keys_find")
    bad("key_revoke", "not-found", "ware", path={"key": key["key"]})
    good("key_revoke", "till", path={"key": key["key"]})
    bad("me", "wrong", "counter")
    bad("key_add", "bad-field", "till", json={"name": ""})
    bad("keys_find", "forbidden", "till", query={"account": dora["account"]})

    acts = good("acts_find", "admin", query={"limit": 3})
    check(len(acts["acts"]) == 3, acts)
    older = good("acts_find", "admin", query={"limit": 200, "before": acts["next"]})
    check(acts["acts"][-1]["number"] == older["acts"][0]["number"] + 1, "acts without a gap")
    operations = {each["operation"] for each in acts["acts"] + older["acts"]}
    check({"sku_put", "part_pack", "account_disable"} <= operations, "the audit trail has", operations)

    hook = {"webhook": good("webhook_add", "admin", json={
        "url": "http://127.0.0.1:9/hook", "events": ["order.paid", "stock.changed"]})["webhook"]}
    bad("webhook_add", "bad-field", "admin", json={"url": "ftp://127.0.0.1/", "events": ["order.paid"]})
    check(good("webhook_get", "admin", path=hook) in good("webhooks_find", "robot")["webhooks"], "webhooks_find")
    good("webhook_rotate", "admin", path=hook)
    good("webhook_enable", "admin", path=hook, json={"enabled": False})
    good("webhook_letters", "admin", path=hook)
    good("webhook_redeliver", "admin", path=hook)
    good("webhook_remove", "admin", path=hook)
    bad("webhook_get", "not-found", "admin", path=hook)

    asked = {"shopper": server.numbers["anna"], "festival": "11.11", "lines": [{"sku": "SPADE", "quantity": 1}]}
    check(good("order_explain", "mara", json=asked)["result"] == "ok", "order_explain")
    asked["lines"][0]["quantity"] = 4
    check(good("order_explain", "mara", json=asked)["result"] == "limit-reached", "order_explain")
    bad("order_explain", "unknown-sku", "mara", json={"lines": [{"sku": "NO-SUCH", "quantity": 1}]})


def catalogue(call):
    """What anybody may read."""
    good, bad, server = call.good, call.bad, call.server
    found = lambda: good("products", query={"q": "spade"})["products"]
    check(server.wait_for(found), "no product is found by its word")
    page = good("products", query={"limit": 1, "currency": "CNY"})
    good("products", query={"limit": 1, "after": page["next"], "currency": "CNY"})
    bad("products", "unknown-brand", query={"brand": "no such"})
    spade = good("product_get", path={"handle": "spade"}, query={"currency": "CNY"})
    check([each["sku"] for each in spade["variants"]] == ["SPADE"], spade)
    one = good("sku_get", path={"sku": "SPADE"})
    check(one == good("gtin_get", path={"gtin": one["gtin"]}) and one["price_minor"] == 9900, one)
    bad("sku_get", "unknown-sku", path={"sku": "NO-SUCH"})
    json = {"Accept": "application/json"}
    scanned = good("link", path={"gtin": "9520000001117"}, query={"store": "st-1", "currency": "CNY"}, headers=json)
    check(scanned["product"]["sku"] == "SPADE" and scanned["store"]["location"] == "st-1", scanned)
    for query, status in (({}, 307), ({"linkType": "gs1:pip"}, 307), ({"linkType": "linkset"}, 200)):
        check(call.send("link", path={"gtin": one["gtin"]}, query=query).status == status, "link", query)
    bad("link", "bad-link", path={"gtin": "9520000001118"})
    bad("link", "unknown-sku", path={"gtin": "96385074"})
    bad("link", "unknown-location", path={"gtin": one["gtin"]}, query={"store": "no such"})
    bad("link", "unknown-link-type", path={"gtin": one["gtin"]}, query={"linkType": "gs1:recipe"})
    check(len(good("sku_stock", path={"sku": "SPADE"})["stock"]) == 2, "sku_stock")
    for id, name, query in (("departments", "departments", {}), ("brands", "brands", {}), ("sellers", "sellers", {}),
                            ("countries", "countries", {}), ("currencies", "currencies", {}),
                            ("cities", "cities", {"country": "CN"}), ("locations", "locations", {"kind": "store"})):
        rows = good(id, query=dict(query, limit=1))
        check(len(rows[name]) == 1, rows)
        if rows["next"] is not None:
            more = good(id, query=dict(query, limit=1, after=rows["next"]))
            check(more[name] != rows[name], id, "gives the same page again")
        bad(id, "bad-field", query={"limit": "many"})
    check("SPADE" in [each["sku"] for each in good("location_stock", "till", path={"location": "st-1"})["stock"]],
          "location_stock")
    check(len(good("festivals")["festivals"]) == 2, "festivals")
    festival = good("festival_get", path={"festival": "11.11"})
    check(festival["state"] == "open" and festival["orders"] >= 1 and festival["paid_minor"] == 8700, festival)
    check(len(good("festival_deals", path={"festival": "11.11"})["deals"]) == 2, "festival_deals")


def reports(call):
    good, bad, server = call.good, call.bad, call.server
    festival = {"festival": "11.11"}
    for group in ("cities", "countries", "brands", "departments", "channels", "skus"):
        rows = good("report", "mara", path=dict(festival, group=group))["rows"]
        check(sum(row["paid_minor"] for row in rows) == 8700, group, rows)
    bad("report", "not-found", "mara", path=dict(festival, group="moons"))
    seconds = good("report_seconds", "mara", path=festival)
    check(sum(each["orders"] for each in seconds["seconds"]) == 1 or seconds["next"] is not None, seconds)


def files(call):
    good, bad, server = call.good, call.bad, call.server
    for kind, has in (("orders.csv", b"SPADE"), ("stock.csv", b"SPADE"), ("sales.csv", b""), ("deals.csv", b"SPADE")):
        answer = call.send("export", "mara", path={"kind": kind}, query={"festival": "11.11"})
        check(answer.status == 200 and has in answer.body, kind, answer)
    bad("export", "not-found", "mara", path={"kind": "secrets.csv"})
    csv = {"Content-Type": "text/csv"}
    asked = dict(query={"kind": "prices"}, headers=csv, body=b"sku,currency,price\nSPADE,CNY,98.00\n")
    number = good("import_add", "mara", **asked)["import"]
    state = lambda: good("import_get", "mara", path={"import": number})
    done = server.wait_for(lambda: state()["state"] not in ("waiting", "rehearsing", "writing") and state())
    check(done["state"] == "done" and done["rows"] == 1 and not done["errors"], done)
    check(done in good("imports", "mara")["imports"], "imports")
    check(good("sku_get", path={"sku": "SPADE"}, query={"currency": "CNY"})["price_minor"] == 9800, "import_add")
    bad("import_add", "bad-field", "mara", **dict(asked, query={"kind": "moons"}))
    bad("import_add", "unsupported-media-type", "mara", **dict(asked, headers={"Content-Type": "application/json"}))


def printing(call):
    """Labels, and codes of orders."""
    good, bad, server = call.good, call.bad, call.server
    here = {"location": "st-1"}
    for format, type, has in (("a4", "text/html", b"@page{size:210mm 297mm"), ("58", "text/html", b"@page{size:58mm"),
                              ("80", "text/html", b"@page{size:80mm"), ("svg", "image/svg+xml", b"<svg xmlns=")):
        label = call.send("location_labels", "till", path=here, query={"sku": "SPADE", "format": format})
        check(label.status == 200 and label.type == type and has in label.body, format, label)
        check(b">Spade<" in label.body and b"CNY 87.00" in label.body and b"CNY 98.00" in label.body, format, label)
        check("default-src 'none'" in label.headers["content-security-policy"], format, "may run something")
    many = call.send("location_labels", "till", path=here, query={"sku": ",".join(["SPADE"] * 42)})
    check(many.body.count(b'<svg class="side"') == 2, "42 labels are two sheets")
    bad("location_labels", "bad-field", "till", path=here, query={"sku": ",".join(["SPADE"] * 43)})
    bad("location_labels", "bad-field", "till", path=here, query={"sku": "SPADE,SPADE", "format": "svg"})
    bad("location_labels", "bad-field", "till", path=here)
    bad("location_labels", "bad-field", "till", path=here, query={"sku": "SPADE", "format": "a5"})
    bad("location_labels", "unknown-sku", "till", path=here, query={"sku": "SPADE,NO-SUCH"})
    bad("location_labels", "unknown-location", "till", path={"location": "no-such"}, query={"sku": "SPADE"})
    bad("location_labels", "forbidden", "ware", path=here, query={"sku": "SPADE"})
    check(b"CNY 98.00" in good("sku_label", "till", path={"sku": "SPADE"}).body, "sku_label")
    bad("sku_label", "unknown-sku", "till", path={"sku": "NO-SUCH"})

    order = good("order_place", "anna", json={
        "delivery": "pick-up", "location": "st-1", "currency": "CNY", "payment": "hold",
        "lines": [{"sku": "SPADE", "quantity": 1}]})
    number = {"order": order["order"]}
    codes = good("order_codes", "anna", path=number)
    check([each["purpose"] for each in codes["codes"]] == ["order"], "not paid yet, and has", codes)
    good("order_pay", "anna", path=number, json={"amount_minor": order["total"]["amount_minor"]})
    codes = good("order_codes", "anna", path=number)["codes"]
    check([each["purpose"] for each in codes] == ["order", "pick-up"], codes)
    check(codes == good("order_codes", "till", path=number)["codes"], "a clerk of the store sees the same")
    bad("order_codes", "unknown-order", "ben", path=number)
    bad("order_code_svg", "unknown-order", "ben", path=dict(number, purpose="pick-up"))
    bad("order_code_svg", "not-found", "anna", path=dict(number, purpose="exit"))
    for each in codes:
        check(good("order_code_svg", "anna", path=dict(number, purpose=each["purpose"])).body.count(
            each["code"][:9].encode()) == 1, "the picture of", each)
        read = good("code_read", "till", path={"code": each["code"]})
        units = 0 if each["purpose"] == "order" else sum(line["quantity"] for line in order["lines"])
        expected = dict(code=each["code"], purpose=each["purpose"], order=order["order"], state="paid", units=units)
        check(read == expected, read)
        spoken = each["code"].lower().replace("-", " ").replace("0", "o").replace("1", "l")
        check(good("code_read", "till", path={"code": spoken}, query={"purpose": each["purpose"]}) == read, spoken)
    code = codes[1]["code"]
    last = "0" if code[-1] != "0" else "1"
    bad("code_read", "code-wrong-purpose", "till", path={"code": code}, query={"purpose": "exit"})
    bad("code_read", "code-mistyped", "till", path={"code": code[:-1] + last})
    bad("code_read", "code-malformed", "till", path={"code": code[:-1]})
    bad("code_read", "code-malformed", "till", path={"code": code[:-1] + "U"})
    bad("code_read", "unknown-code", "till", path={"code": "0000-0000-0000-0"})
    bad("code_read", "unknown-code", "ware", path={"code": code})
    bad("code_read", "forbidden", "anna", path={"code": code})
    held = good("order_place", "robot", json={
        "shopper": server.numbers["anna"], "channel": "store", "delivery": "carry-out", "location": "st-1",
        "currency": "CNY", "payment": "wallet", "lines": [{"sku": "SPADE", "quantity": 1}]})
    codes = good("order_codes", "anna", path={"order": held["order"]})["codes"]
    check([each["purpose"] for each in codes] == ["order", "exit"], codes)


# --- everything, badly ----------------------------------------------------------------------------------------------


def who_may(operation):
    people = {"anybody": None, "shopper": "anna", "clerk": "till", "merchandiser": "mara", "provider": "pay",
              "integrator": "robot", "administrator": "admin"}
    return people[operation.roles[0]]


def nonsense(call, operation):
    """Requests that no operation of this shape takes, each with the statuses one may expect."""
    who, path = who_may(operation), {name: "no-such" for name in operation.names}
    send = lambda *expected, **rest: (expected, call.send(operation.id, **dict({"who": who, "path": path}, **rest)))
    if operation.keyed:
        yield send("idempotency-key-bad", key="a key")
    if "application/json" in operation.body:
        yield send("unsupported-media-type", body=b"x", headers={"Content-Type": "text/plain"})
        json_type = {"Content-Type": "application/json"}
        yield send(None, body=b"{", headers=json_type)
        yield send(None, body=b"[]", headers=json_type)
        yield send(None, body=b'{"no_such_field": 1}', headers=json_type)
        yield send(None, body=b'{"lines": 7, "lines": 8}', headers=json_type)
    if operation.names:
        yield send(None)
    for name in operation.query:
        yield send(None, query={name: "\u0001"})
    yield send("wrong", headers={"Authorization": "Bearer nobody"}, who=None)


def test_nonsense(server, description, call):
    for operation in list(description.operations.values()):
        for expected, answer in nonsense(call, operation):
            if operation.streams:
                check(answer >= 400 or expected != ("wrong",), operation.id, answer)
                continue
            check(answer.status < 500, operation.id, answer)
            if expected != (None,):
                check(answer.status >= 400 and answer.json["code"] in expected, operation.id, expected, answer)


def test_all_refused(server, description, call):
    never = [each.id for each in description.operations.values() if each.bad == 0]
    check(not never, "operations that were never refused:", never)


# --- who may -----------------------------------------------------------------------------------------------------

EVERYBODY = [(None, "anybody"), ("anna", "shopper"), ("ben", "shopper"), ("till", "clerk"), ("ware", "clerk"),
             ("mara", "merchandiser"), ("pay", "provider"), ("robot", "integrator"), ("admin", "administrator")]


def knock(server, operation, who):
    """Status and code of a request that is stopped right behind the check of roles, if not there: no key, no JSON.
    A handler that refuses for a reason of its own ("no shopper's account") gives it as the detail."""
    token = server.keys[who] if who else None
    url = operation.url({name: "no-such" for name in operation.names})
    if operation.streams:
        status, _ = server.head(url, token=token)
        return status, "unauthenticated" if status == 401 else "forbidden" if status == 403 else "?"
    body = None if operation.method == "GET" else b"x"
    answer = server.request(operation.method, url, body=body, headers={"Content-Type": "text/plain"}, token=token)
    if answer.status < 400 or answer.json.get("detail"):
        return answer.status if answer.status != 403 else 200, "ok"
    return answer.status, answer.json["code"]


def test_access(server, description, call):
    """Every operation against every role."""
    wrong = []
    for operation in description.operations.values():
        for who, role in EVERYBODY:
            status, code = knock(server, operation, who)
            if role in operation.roles or "anybody" in operation.roles:
                good = status not in (401, 403)
            else:
                good = (status, code) == ((403, "forbidden") if who else (401, "unauthenticated"))
            if not good:
                wrong.append("%s by %s: %d %s" % (operation.id, who or "nobody", status, code))
    check(not wrong, "\n        ".join(["allowed to %s:" % "others than described"] + wrong))


def test_scenario(server, description, call):
    scenario(call)
    never = [each.id for each in description.operations.values() if each.good == 0]
    check(not never, "operations that scenario() does not know:", never)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: test_openapi.py build/eleven")
    tests = [test_description, test_paths_are_known, test_pages, test_scenario, test_nonsense, test_all_refused,
             test_access]
    failed = 0
    with Server(sys.argv[1], "--rate", "0", "--test-payments", "--hooks-private") as server:
        description = Description(json.loads(server.request("GET", "/openapi.json").body))
        call = Caller(server, description)
        for test in tests:
            try:
                test(*[server, description, call][:test.__code__.co_argcount])
                print("ok", test.__name__)
            except Exception as failure:
                failed += 1
                print("not ok %s\n    %s" % (test.__name__, failure))
                if not isinstance(failure, Failed):
                    traceback.print_exc(file=sys.stdout)
                if server.process.poll() is not None:
                    print(server.said())
                    break
    print("%d passed, %d failed" % (len(tests) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
