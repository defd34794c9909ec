#!/usr/bin/python3
"""GS1 Digital Links as we read them, beside digital-link.js 1.4.3 of npm: test/test_link_oracle.py build/eleven

Two thousand generated addresses, good ones and good ones with one thing wrong, and a table of hostile ones: both must
agree whether it is a link, and on stem, key, qualifiers and attributes. Where they differ on purpose, DIFFERENCES says
why; each of those reasons must be met, and only for addresses that it is a reason for.

The package comes into BUILD/npm. It asks of nobody but node; the reader under test is BUILD/test_link --lines.
"""
import json
import os
import random
import re
import subprocess
import sys
import traceback
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = "digital-link.js@1.4.3"
GENERATED = 1000
X = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
GTIN = "09520000001117"

# name: why we read it differently; a function of the address says that the reason may hold for it
DIFFERENCES = {
    "zero": (
        "A GTIN of zeros has the right check digit and is the number of nothing; '0000' once loaded a wrong product.",
        lambda text, ours: ours["status"] == "zero"),
    "no-oracle-check": (
        "It calls no link valid whose key has no check digit that it knows (401, 417, 8004, 8006, 8010, 8013, 8017): "
        "there its grammar is asked alone.",
        lambda text, ours: re.search(r"/(401|417|8004|8006|8010|8013|8017)/", text)),
    "check-digit": (
        "GS1 has check digits in more places than it looks at: of 417, 8006, 8017, and in the query.",
        lambda text, ours: ours["status"] == "bad-check-digit" and "/%s/" % ours["about"] not in text
        or re.search("/(417|8006|8017)/", text)),
    "key-415": (
        "The standard has 415 with 8020 as a key; its grammar names the path and then leaves it out.",
        lambda text, ours: "/415/" in text),
    "alone": (
        "235 and 7040 may follow a key alone; its parser has taken the shorter path already and does not go back.",
        lambda text, ours: re.search(r"/(235|7040)/", text)),
    "date": (
        "To it any six digits are a date. A day that there is not would be compared with today.",
        lambda text, ours: ours["status"] == "bad-date"),
    "encoding": (
        "A character is the same percent-encoded or not (RFC 3986, 6.2.2.2), and browsers rewrite addresses: %22 for a "
        "double quote, ( for %28. Its grammar knows one writing of each.",
        lambda text, ours: ours["status"] == "ok"),
    "encoded-ai": (
        "An AI in the query whose digits are percent-encoded is that AI, and checked as it; to it, it is an extension.",
        lambda text, ours: re.search(r"[?&]%3\d", text)),
    "newer": (
        "AIs 4309, 7011, 714 to 716, 7240 and 8030, which are newer than its grammar, or forgotten in it.",
        lambda text, ours: re.search(r"[?&](4309|7011|714|715|716|7240|8030)=", text)),
    "behind-extension": (
        "The first extension parameter swallows all behind it in its grammar; we look at each parameter.",
        lambda text, ours: re.search(r"[?&;][^&=]*[^&=0-9][^&=]*=.*[&;]", text)),
    "duplicate": (
        "Of an AI that is there twice it takes the last. Two lots, or two dates, are no answer to any question.",
        lambda text, ours: ours["status"] == "duplicate"),
    "empty-segment": (
        "It passes over empty segments anywhere; between AI and value they are a missing value.",
        lambda text, ours: "//" in text.partition("://")[2]),
    "stem": (
        "It does not look at the stem. What is no address is refused.",
        lambda text, ours: ours["status"] == "bad-stem"),
    "host": (
        "To it an empty host is a host, and addresses of the form [v1.x] are.",
        lambda text, ours: ours["status"] == "bad-host"),
    "scheme": (
        "Schemes are without case (RFC 3986, 3.1); it looks for http in small letters, anywhere.",
        lambda text, ours: not text.startswith("http") or not re.match("https?://", text)),
    "empty-parameter": (
        "A ? with nothing behind it, && and a last & are no parameters; it reads a name that is empty.",
        lambda text, ours: re.search(r"[?&](&|$)", text)),
    "no-equals": (
        "A name without = is an extension with an empty value (RFC 3986 asks for no =); it makes 'undefined' of it.",
        lambda text, ours: re.search(r"[?&;][^=&;]+(&|;|$)", text)),
    "semicolon": (
        "; divides parameters in its grammar, and in ours, but not where it splits them.",
        lambda text, ours: ";" in text.partition("?")[2]),
    "bounds": (
        "We have bounds: 2000 bytes, 32 segments, 32 parameters.",
        lambda text, ours: ours["status"] in ("too-long", "too-many")),
    "nul": (
        "%00 ends a text for half of all programs.",
        lambda text, ours: "%00" in text),
    "equals-in-value": (
        "Behind the first =, it drops what follows a second one when it splits.",
        lambda text, ours: re.search(r"[?&][^&]*=[^&]*=", text)),
    "compressed": (
        "It reads the compressed form as well, which left the standard, and takes any last segment for it.",
        lambda text, ours: ours["status"] in ("no-key", "missing-value") and
        re.fullmatch(r"https?:/(/[^/?]+)*/[\w-]+/?", text.partition("?")[0])),
    "repeated-extension": (
        "Extensions may be repeated, as forms do; it keeps the last, we keep all.",
        lambda text, ours: ours["status"] == "ok"),
}


class Failed(Exception):
    pass


def check(true, *words):
    if not true:
        raise Failed(" ".join(str(word) for word in words))


# --- addresses -------------------------------------------------------------------------------------------------------


def with_check_digit(digits):
    weights = [3, 1] * 20
    total = sum(int(digit) * weight for digit, weight in zip(reversed(digits), weights))
    return digits + str(-total % 10)


def digits(rng, count):
    return "".join(rng.choice("0123456789") for _ in range(count))


def text(rng, most, alphabet=X, least=1):
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(least, most)))


def quote(value):
    """As the grammar of the standard wants it."""
    return "".join(c if c.isalnum() or c in "-._\"" else "%%%02X" % ord(c) for c in value)


def gtin(rng):
    body = digits(rng, rng.choice([7, 11, 12, 13]))
    return with_check_digit(body) if int(body) else GTIN


def date(rng):
    return "%02d%02d%02d" % (rng.randint(0, 99), rng.randint(1, 12), rng.randint(0, 28))


def coded_x(rng, most):
    return quote(text(rng, most))


# AI: a value of it
ATTRIBUTES = {
    "10": lambda rng: coded_x(rng, 20), "11": date, "15": date, "16": date, "17": date,
    "20": lambda rng: digits(rng, 2), "30": lambda rng: digits(rng, rng.randint(1, 8)),
    "240": lambda rng: coded_x(rng, 30), "243": lambda rng: coded_x(rng, 20), "242": lambda rng: digits(rng, 6),
    "3103": lambda rng: digits(rng, 6), "3205": lambda rng: digits(rng, 6), "3370": lambda rng: digits(rng, 6),
    "3922": lambda rng: digits(rng, rng.randint(1, 15)), "3932": lambda rng: digits(rng, rng.randint(4, 18)),
    "3941": lambda rng: digits(rng, 4), "421": lambda rng: digits(rng, 3) + coded_x(rng, 9),
    "422": lambda rng: digits(rng, 3), "423": lambda rng: digits(rng, rng.randint(4, 15)),
    "416": lambda rng: with_check_digit(digits(rng, 12)), "7003": lambda rng: date(rng) + digits(rng, 4),
    "7007": lambda rng: date(rng) + rng.choice(["", date(rng)]),
    "7030": lambda rng: digits(rng, 3) + coded_x(rng, 27), "7230": lambda rng: quote(text(rng, 30, X, 3)),
    "8008": lambda rng: date(rng) + digits(rng, rng.choice([2, 4, 6])), "8005": lambda rng: digits(rng, 6),
    "4321": lambda rng: rng.choice("01"), "4300": lambda rng: coded_x(rng, 35), "8111": lambda rng: digits(rng, 4),
    "90": lambda rng: coded_x(rng, 30), "99": lambda rng: coded_x(rng, 90),
}
# key: its value, and the qualifiers that it may have, with theirs
Q = [("22", 20), ("10", 20), ("21", 20)]
KEYS = {
    "01": (gtin, Q),
    "8006": (lambda rng: with_check_digit(digits(rng, 13)) + digits(rng, 4), Q),
    "414": (lambda rng: with_check_digit(digits(rng, 12)), [("254", 20)]),
    "417": (lambda rng: with_check_digit(digits(rng, 12)), []),
    "00": (lambda rng: with_check_digit(digits(rng, 17)), []),
    "253": (lambda rng: with_check_digit(digits(rng, 12)) + rng.choice(["", coded_x(rng, 17)]), []),
    "255": (lambda rng: with_check_digit(digits(rng, 12)) + digits(rng, rng.randint(0, 12)), []),
    "402": (lambda rng: with_check_digit(digits(rng, 16)), []),
    "401": (lambda rng: coded_x(rng, 30), []),
    "8003": (lambda rng: with_check_digit("0" + digits(rng, 12)) + rng.choice(["", coded_x(rng, 16)]), []),
    "8004": (lambda rng: coded_x(rng, 30), []),
    "8013": (lambda rng: coded_x(rng, 25), []),
    "8017": (lambda rng: with_check_digit(digits(rng, 17)), []),
    "8018": (lambda rng: with_check_digit(digits(rng, 17)), []),
}


def good(rng):
    """An address as the standard writes it; extensions last, for its grammar looks at nothing behind them."""
    stem = rng.choice(["https://", "http://"]) + rng.choice(["shop.example", "id.gs1.org", "h:8080", "192.0.2.1"])
    if "gs1" not in stem:
        stem += rng.choice(["", "", "/some", "/a-b/c.d", "/01/x", "/x/21/y"])
    else:
        stem = "https://id.gs1.org"
    key = "01" if rng.random() < 0.7 else rng.choice(list(KEYS))
    value, qualifiers = KEYS[key]
    path = "/%s/%s" % (key, value(rng))
    for name, most in qualifiers:
        if rng.random() < 0.5:
            path += "/%s/%s" % (name, quote(text(rng, most)))
    query = []
    for name in rng.sample(list(ATTRIBUTES), rng.choice([0, 0, 1, 2, 3])):
        if not (name == "10" and "/10/" in path) and name != key:
            query.append("%s=%s" % (name, ATTRIBUTES[name](rng)))
    if rng.random() < 0.3:
        name = rng.choice(["store", "x-y", "s4t", "linkType"])
        query.append("%s=%s" % (name, urllib.parse.quote(text(rng, 12), safe="")))
    return stem + path + ("?" + "&".join(query) if query else "")


def spoilt(rng, address):
    """One thing changed: a byte put in, taken out or replaced, or two segments exchanged."""
    at = rng.randint(address.index("/", 8), len(address) - 1)
    way = rng.randrange(5)
    byte = rng.choice("0123456789/?&=%AZaz.-")
    if way == 0:
        return address[:at] + byte + address[at:]
    if way == 1:
        return address[:at] + address[at + 1:]
    if way == 2:
        return address[:at] + byte + address[at + 1:]
    head, mark, query = address.partition("?")
    segments = head.split("/")
    a, b = rng.randrange(3, len(segments)), rng.randrange(3, len(segments))
    segments[a], segments[b] = segments[b], segments[a]
    return "/".join(segments) + mark + query if way == 3 else address + "/" + byte


def hostile():
    h = "https://h/01/" + GTIN
    paths = ["", "/", "//", "/10", "/10/", "/10//", "/10/A/", "/10/A//21/B", "/21/A/10/B", "/21/A/22/B", "/10/A/22/B",
             "/22/A/21/B/10/C", "/10/A/10/B", "/17/261231", "/lot/A", "/gtin/A", "/254/A", "/235/A", "/10/A/235/B",
             "/235/A/10/B", "/foo", "/foo/bar", "/../01/" + GTIN, "/./10/A", "/10/" + "A" * 20, "/10/" + "A" * 21,
             "/10/%", "/10/%4", "/10/%4G", "/10/%zz", "/10/%00", "/10/%0a", "/10/%7F", "/10/%20", "/10/A B",
             "/10/%C3%A9",
             "/10/\u00e9", "/10/%2F", "/10/%2f", "/10/%22", "/10/\"", "/10/<b>", "/10/%3Cb%3E", "/10/(A)", "/10/A+B",
             "/10/A;B", "/10/A:B", "/10/A@B", "/10/A~B", "/10/A%7EB", "/10/A$B", "/10/A[B", "/10/A|B", "/10/A\\B",
             "/10/A#B", "#frag", "/10/A#", "/10/%2525", "/10/%41", "/01/" + GTIN, "/414/9520000001117", "/00/1",
             "/8013/x", "/10/A/21", "/8020/1", "/7040/1AAA"]
    queries = ["?", "?&", "?17", "?17=", "?=261231", "?17=261231&", "?17=261231&&15=261231", "?17=261331", "?17=260230",
               "?17=000000", "?17=26123", "?17=2612311", "?17=26123A", "?17=%32%361231", "?%31%37=261231",
               "?%31%37=269999", "?17=261231&17=261231", "?17=261231;15=261230", "?01=" + GTIN, "?02=" + GTIN,
               "?02=09520000001118", "?21=A", "?22=A", "?235=A", "?414=9520000001117", "?414=9520000001118",
               "?416=9520000001118", "?99999=1", "?05=1", "?9=1", "?018=1", "?3106=000001", "?3105=000001", "?3109=1",
               "?4321=2", "?4309=12345678901234567890", "?7011=261231", "?715=A", "?716=A", "?8030=A", "?7240=A",
               "?foo", "?foo=", "?foo=bar", "?foo=bar&99999=1", "?foo=bar&17=999999", "?foo=a=b", "?foo=a%00b",
               "?foo=%", "?foo=%4", "?foo=a b", "?foo=a<b", "?f%6Fo=1", "?foo[]=1", "?foo=1&foo=2", "?1a=2", "?a1=2",
               "?linkType=gs1:pip", "?linkType=all", "?linkType=", "?10=A", "?10=A%2FB", "?10=A/B", "?10=A?B",
               "?240=a=b", "?91=" + "A" * 90, "?91=" + "A" * 91, "?8110=" + "9" * 70, "?17=261231?15=261231",
               "?17=261231/10/A", "?7007=261101261130", "?7007=2611012", "?8008=261101", "?8008=2611012", "?30=",
               "?store=st-1&17=261231", "?17=261231&store=st-1", "?=", "?==", "?&=&"]
    whole = ["https://h/01/00000000000000", "https://h/01/00000000", "https://h/01/0000", "https://h/01/96385074",
             "https://h/01/96385075", "https://h/01/036000291452", "https://h/01/9520000001117",
             "https://h/01/09520000001118", "https://h/01/0952000000111", "https://h/01/095200000011170",
             "https://h/01/0952000000111x", "https://h/01/", "https://h/01", "https://h/", "https://h", "https://",
             "http:/h/01/" + GTIN, "//h/01/" + GTIN, "/01/" + GTIN, GTIN, "javascript:alert(1)//01/" + GTIN,
             "HTTPS://H/01/" + GTIN, "https://H/01/" + GTIN, "ftp://h/01/" + GTIN, "xhttps://h/01/" + GTIN,
             "https:///01/" + GTIN, "https://h:/01/" + GTIN, "https://h:80/01/" + GTIN, "https://h:8a/01/" + GTIN,
             "https://u@h/01/" + GTIN, "https://u:p@h/01/" + GTIN, "https://[::1]/01/" + GTIN,
             "https://[::1/01/" + GTIN,
             "https://[v1.a]/01/" + GTIN, "https://h\\@x/01/" + GTIN, "https://h h/01/" + GTIN,
             "https://%68/01/" + GTIN,
             "https://h/a b/01/" + GTIN, "https://h/%/01/" + GTIN, "https://h/<x>/01/" + GTIN, "https://h//01/" + GTIN,
             "https://h/01//" + GTIN, "https://h/a//01/" + GTIN, "https://h/0/01/" + GTIN, "https://h/%30%31/" + GTIN,
             "https://h/1/" + GTIN, "https://h/gtin/" + GTIN, "https://h/02/" + GTIN, "https://h/410/9520000001117",
             "https://h/415/9520000001117", "https://h/415/9520000001117/8020/A", "https://h/417/9520000001118",
             "https://h/414/9520000001118", "https://h/414/9520000001117/254/A", "https://h/414/9520000001117/10/A",
             "https://h/8006/095200000011170102", "https://h/8006/095200000011180102", "https://h/8004/A%23",
             "https://h/8010/A%23B", "https://h/8010/a", "https://h/8010/A/8011/1", "https://h/8010/A/8011/A",
             "https://h/253/952000000111", "https://h/255/95200000011171234567890123",
             "https://h/8018/952000000000000003",
             "https://h/8017/952000000000000003/8019/1", "https://h/AQKKH", "https://h/01/" + GTIN + "/AQKKH",
             "https://h/" + "a/" * 40 + "01/" + GTIN, h + "?a=" + "a" * 2000,
             h + "?" + "&".join("p%d=1" % i for i in range(40)), h + "/10/A" * 12, h + "?17=261231" * 3]
    return [h + path for path in paths] + [h + query for query in queries] + whole


# --- both ------------------------------------------------------------------------------------------------------------


def lines(command, addresses, environment=None):
    done = subprocess.run(command, input="".join(each + "\n" for each in addresses).encode(), capture_output=True,
                          env=environment)
    check(done.returncode == 0, command, done.stderr.decode()[-2000:])
    said = [json.loads(line) for line in done.stdout.split(b"\n") if line]
    check(len(said) == len(addresses), command, "answered", len(said), "of", len(addresses))
    return said


def install(build):
    folder = os.path.join(build, "npm")
    if not os.path.exists(os.path.join(folder, "node_modules", "digital-link.js")):
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "package.json"), "w") as file:
            file.write('{"private": true}\n')
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", PACKAGE],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return os.path.join(folder, "node_modules")


def differ(ours, theirs):
    """What they disagree on; None: nothing."""
    if (ours["status"] == "ok") != theirs["valid"]:
        return "validity"
    if ours["status"] != "ok":
        return None
    for part in ("stem", "key", "qualifiers", "attributes"):
        mine, other = ours[part], theirs[part]
        if part in ("qualifiers", "attributes"):    # it keeps them in an object, numbers first
            mine, other = sorted(mine), sorted(other)
        if mine != other:
            return part
    return None


class Both:
    def __init__(self, build):
        self.mine = [os.path.join(build, "test_link"), "--lines"]
        self.other = ["node", os.path.join(HERE, "link_oracle.js")]
        self.environment = dict(os.environ, NODE_PATH=install(build))
        self.met = {}           # reasons, with an address for each
        self.rewritten = []     # what we read in another writing than its grammar's, in that

    def compare(self, addresses):
        """How many are links to both."""
        links = 0
        for text, ours, theirs in zip(addresses, lines(self.mine, addresses),
                                      lines(self.other, addresses, self.environment)):
            keys = DIFFERENCES["no-oracle-check"][1](text, ours)
            if keys and theirs["grammar"] and not theirs["valid"] and ours["status"] == "ok":
                self.met["no-oracle-check"] = text
                theirs["valid"] = True
            what = differ(ours, theirs)
            links += what is None and ours["status"] == "ok"
            if what is not None:
                self.explain(text, what, ours, theirs)
        return links

    def explain(self, text, what, ours, theirs):
        reasons = [name for name, (_, may) in DIFFERENCES.items() if name != "no-oracle-check" and may(text, ours)]
        if "encoding" in reasons and (what != "validity" or theirs["grammar"]):
            reasons.remove("encoding")      # what both take is the same text
        if "repeated-extension" in reasons and not (what == "attributes" and repeated(ours)):
            reasons.remove("repeated-extension")
        check(reasons, "differ on %s:" % what, text, ours, theirs)
        if reasons == ["encoding"]:
            self.rewritten.append(rewritten(ours))
        for name in reasons:
            self.met.setdefault(name, text)


def rewritten(ours):
    path = "".join("/%s/%s" % (name, quote(value)) for name, value in ours["key"] + ours["qualifiers"])
    query = ["%s=%s" % ((name, quote(value)) if name.isdigit() else
                        (urllib.parse.quote(name, safe=""), urllib.parse.quote(value, safe="")))
             for name, value in ours["attributes"]]
    return ours["stem"] + path + ("?" + "&".join(query) if query else "")


def repeated(ours):
    names = [name for name, _ in ours["attributes"]]
    return len(names) != len(set(names))


def test_generated(both):
    rng = random.Random(11)
    links = both.compare([good(rng) for _ in range(GENERATED)])
    check(links == GENERATED, links, "of", GENERATED, "good addresses are links to both")


def test_spoilt(both):
    rng = random.Random(12)
    links = both.compare([spoilt(rng, good(rng)) for _ in range(GENERATED)])
    check(GENERATED // 20 < links < GENERATED * 3 // 4, links, "of", GENERATED, "spoilt addresses are links to both")


def test_hostile(both):
    addresses = hostile()
    check(len(addresses) >= 200 and len(addresses) == len(set(addresses)), len(addresses))
    both.compare(addresses)


def test_rewritten(both):
    """What its grammar refused for its writing alone, it takes as the standard writes it."""
    check(len(both.rewritten) >= 10, len(both.rewritten))
    for text, theirs in zip(both.rewritten, lines(both.other, both.rewritten, both.environment)):
        check(theirs["grammar"], text, theirs)


def test_reasons(both):
    """Runs last: a reason that explains nothing is no reason."""
    for name in DIFFERENCES:
        check(name in both.met, "nothing differs because of", name)


def main():
    both = Both(os.path.dirname(os.path.abspath(sys.argv[1])))
    good, bad = 0, 0
    for test in (test_generated, test_spoilt, test_hostile, test_rewritten, test_reasons):
        try:
            test(both)
            good += 1
        except Exception as error:
            bad += 1
            print("%s: %s" % (test.__name__, error if isinstance(error, Failed) else traceback.format_exc()))
    print("%d passed, %d failed" % (good, bad))
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
