#!/usr/bin/python3
"""The manuals against the server: test/test_manual.py build/eleven

docs/RESP.md names every command that the Redis protocol's door knows, with all its fields, and its examples work.
docs/API.md names every status that the description of the API has.
"""
import json
import os
import re
import sys
import traceback

import redis

from http_kit import TOP, Server


def read(*path):
    with open(os.path.join(TOP, *path)) as file:
        return file.read()


def fields():
    """By command, in capitals: the fields and texts of command.def that a door may give."""
    text = re.sub(r"/\*.*?\*/", "", read("src", "core", "command.def"), flags=re.S)
    for block in re.split(r"\bCOMMAND\(\d", text)[1:]:
        word = re.search(r'"([\w.]+)"', block).group(1).upper()
        names = re.findall(r"FIELD\(\w+, (\w+)", block) + re.findall(r"TEXT\((\w+)\)", block)
        names = ["rules" if name.startswith("rule_") else name for name in names]
        yield word, {name for name in names if not re.match("reserved|line_count$|flags$", name)}


def test_resp_commands(server, client):
    manual = read("docs", "RESP.md")
    known = {name.upper() for name in client.execute_command("COMMAND")}
    assert "ORDER.PLACE" in known and "STOCK.GET" in known, known
    missing = [name for name in known if "`%s" % name not in manual and "\n    %s" % name not in manual]
    assert not missing, "docs/RESP.md does not know %s" % missing
    rows = dict(re.findall(r"^\| `([A-Z_.]+)` \| [a-z, ]+ \| (`.*) \|$", manual, re.M))
    for word, names in fields():
        if word in known and word != "ORDER.PLACE":
            assert set(re.findall(r"`(\w+)`", rows[word])) == names, "docs/RESP.md, fields of %s" % word


def test_resp_options(server, client):
    """Every option of ORDER.PLACE that the manual has is one, and no other word is."""
    table = read("docs", "RESP.md").split("| option |")[1].split("\n\n")[0]
    options = re.findall(r"^\| `([A-Z]+)`", table, re.M)
    values = {"CURRENCY": "CNY", "DELIVERY": "pick-up", "LOCATION": "st-1", "PAYMENT": "hold", "CHANNEL": "store",
              "SPLIT": "1", "SHOWN": "0", "EXPECT": "1880"}
    assert set(options) == set(values), options
    rest = [word for pair in values.items() for word in pair]
    order = client.execute_command("ORDER.PLACE", "all-options", 1, "-", "-", *rest, "LINES", "MUG-RED", 1)
    assert order[1:] == [1880, 0], order
    try:
        client.execute_command("ORDER.PLACE", "no-option", 1, "-", "-", "COLOUR", "red", "LINES", "MUG-RED", 1)
        raise AssertionError("COLOUR is taken as an option")
    except redis.ResponseError as refusal:
        assert str(refusal).startswith("MALFORMED COLOUR "), refusal


def test_resp_example(server, client):
    """The first example, as it stands there."""
    manual = read("docs", "RESP.md")
    lines = re.findall(r"^127\.0\.0\.1:1112> (.*)\n((?:(?:\(|\d\)).*\n)+)", manual, re.M)
    assert len(lines) == 3, lines
    for command, shown in lines:
        try:
            reply = client.execute_command(*command.split())
            said = "".join("%d) (integer) %d\n" % (i + 1, number) for i, number in enumerate(reply))
        except redis.ResponseError as refusal:
            said = "(error) %s\n" % refusal
        assert said == shown, "%s: the manual shows\n%sand not\n%s" % (command, shown, said)
        if command.startswith("SHOPPER.JOIN"):
            provider = redis.Redis(port=server.ports["resp"], password=server.keys["pay"])
            provider.execute_command("WALLET.TOP_UP", "1", "shopper", 1, "currency", "CNY", "amount_minor", 100000)


def test_api_statuses(server, client):
    manual = read("docs", "API.md")
    document = json.loads(server.request("GET", "/openapi.json").body)
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for status in operation["responses"]:
                assert status in manual or status.startswith("2"), "docs/API.md does not name %s" % status


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: test_manual.py build/eleven")
    failed = 0
    tests = [test_resp_example, test_resp_commands, test_resp_options, test_api_statuses]
    with Server(sys.argv[1], "--no-views") as server:
        client = redis.Redis(port=server.ports["resp"], password=server.keys["robot"])
        for test in tests:
            try:
                test(server, client)
                print("ok", test.__name__)
            except Exception:
                failed += 1
                print("not ok", test.__name__)
                traceback.print_exc(file=sys.stdout)
    print("%d passed, %d failed" % (len(tests) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
