"""A wish: something that somebody wants of the shop, with its key, and how it is asked through either door.

What a door answers is told alike by both of them: Answer(done, order or shopper, value, replayed, code).
"""
import collections
import json

from door_kit import Refusal, http, resp

CITY = "3301"
STORE = "st-1"
WAREHOUSE = "main"
CURRENCY = "CNY"

# `account`: whose key asks (http_kit.Server.keys). `args`: what the kind needs, below.
Wish = collections.namedtuple("Wish", "key kind account args")
# `value`: None where this door does not tell it. `code`: of a refusal, as HTTP writes it ("sold-out").
Answer = collections.namedtuple("Answer", "done id value replayed code")

# Nothing was done, and nothing is the matter with the wish: it is to be asked again.
LATER = frozenset(("busy", "unavailable", "overloaded", "too-many-requests", "limited"))

STEPS = {"pack": "packed", "ship": "shipped", "ready": "ready", "hand_over": "handed-over", "deliver": "delivered"}
ACCOUNTS = {"place": "robot", "top_up": "pay", "pay": "pay", "cancel": "robot", "return": "admin"}


def place_words(wish):
    args = wish.args
    words = ["ORDER.PLACE", wish.key, args["shopper"], args["festival"] or "-", "-" if args["store"] else CITY]
    if args["store"]:
        words += ["DELIVERY", "pick-up", "LOCATION", STORE]
    if args["hold"]:
        words += ["PAYMENT", "hold"]
    return [*words, "LINES", args["sku"], args["quantity"]]


def words_of(wish):
    """Of the Redis protocol."""
    kind, key, args = wish.kind, wish.key, wish.args
    if kind == "place":
        return place_words(wish)
    if kind == "top_up":
        return ["WALLET.TOP_UP", key, "shopper", args["shopper"], "currency", CURRENCY, "amount_minor", args["amount"]]
    if kind == "pay":
        return ["ORDER.PAY", key, "order", args["order"], "amount_minor", args["amount"], "payment", "provider"]
    if kind == "cancel":
        return ["ORDER.CANCEL", key, "order", args["order"]]
    if kind == "return":
        return ["ORDER.RETURN", key, "order", args["order"], "line", 1, "quantity", args["quantity"],
                "location", WAREHOUSE, "goods", "restock"]
    return ["PART." + kind.upper(), key, "order", args["order"], "part", 1]


def place_body(args):
    body = {"shopper": args["shopper"], "lines": [{"sku": args["sku"], "quantity": args["quantity"]}]}
    if args["festival"]:
        body["festival"] = args["festival"]
    if args["store"]:
        body.update(delivery="pick-up", location=STORE)
    else:
        body["city"] = CITY
    if args["hold"]:
        body["payment"] = "hold"
    return body


def path_and_body(wish):
    kind, args = wish.kind, wish.args
    if kind == "place":
        return "/v1/orders", place_body(args)
    if kind == "top_up":
        return "/v1/provider/top-ups", {"shopper": args["shopper"], "currency": CURRENCY, "amount_minor": args["amount"]}
    if kind == "pay":
        return "/v1/provider/payments/%d" % args["order"], {"amount_minor": args["amount"]}
    if kind == "cancel":
        return "/v1/orders/%d/cancellation" % args["order"], {}
    if kind == "return":
        return "/v1/orders/%d/returns" % args["order"], {"line": 1, "quantity": args["quantity"], "location": WAREHOUSE,
                                                         "goods": "restock"}
    return "/v1/orders/%d/parts/1/%s" % (args["order"], STEPS[kind]), {}


def request_of(wish, door, token, ticket=None):
    """Bytes. `token`: of the wish's account, for HTTP; a connection of the Redis protocol has said it."""
    if door == "resp":
        return resp(*words_of(wish))
    path, body = path_and_body(wish)
    return http("POST", path, body, token, wish.key, ["Queue-Ticket: " + ticket] if ticket else [])


def answer_of(wish, reply):
    """The same of a reply of the Redis protocol."""
    if isinstance(reply, Refusal):
        return Answer(False, None, None, False, reply.word().lower())
    return Answer(True, reply[0], reply[1], bool(reply[2]), None)


def http_answer_of(wish, status, headers, body):
    body = json.loads(body)
    if status >= 400:
        return Answer(False, None, None, False, body["code"])
    replayed = headers.get("idempotent-replayed") == "true"
    if wish.kind == "top_up":
        return Answer(True, body["shopper"], body["balance_minor"], replayed, None)
    return Answer(True, body["order"], body["total"]["amount_minor"] if wish.kind == "place" else None, replayed, None)


def read_answer(wish, door, wire):
    """(Answer, the queue ticket that came with it or None). Raises Closed, TimeoutError."""
    if door == "resp":
        return answer_of(wish, wire.reply()), None
    status, headers, body = wire.answer()
    return http_answer_of(wish, status, headers, body), headers.get("queue-ticket")
