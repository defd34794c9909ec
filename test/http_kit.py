"""A server of its own for a test: a data folder with goods, a festival and accounts, `eleven serve` on ports that are
free, and requests to it.

    with Server("build/eleven") as server:
        answer = server.request("GET", "/v1/time")
        answer = server.request("POST", "/v1/orders", json={...}, key=True, token=server.keys["anna"])

Who there is (each with an API key in server.keys, by login):
    admin administrator, mara merchandiser, till clerk of st-1, ware clerk of wh-1, pay provider, robot integrator
Shoppers are made by the doors themselves. Goods: test/fixtures (MUG-RED in wh-1, st-1 and main; TEA-250 in wh-2); the
festival 11.11 in CNY is open for a day, with MUG-RED at 11.11, five of them, two a person.
"""
import http.client
import json as json_module
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FIXTURES = os.path.join(TOP, "test", "fixtures")
PASSWORD = "eleven times eleven"
START_S = 60    # a sanitized server on a busy machine

PEOPLE = [
    ("admin", "administrator", None),
    ("mara", "merchandiser", None),
    ("till", "clerk", "st-1"),
    ("ware", "clerk", "wh-1"),
    ("pay", "provider", None),
    ("robot", "integrator", None),
]


class Answer:
    """status, headers (names in lower case; the last of equal ones), body (bytes), json (None: it is none)."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.cookies = [value for name, value in response.getheaders() if name.lower() == "set-cookie"]
        self.body = response.read()
        self.type = self.headers.get("content-type", "").split(";")[0]
        self.json = json_module.loads(self.body) if self.body and self.type.endswith("json") else None

    def __repr__(self):
        return "%d %s %s" % (self.status, self.type, self.body[:600].decode("utf-8", "replace"))


class Server:
    def __init__(self, eleven, *options):
        self.eleven = os.path.abspath(eleven)
        self.options = options
        self.directory = tempfile.mkdtemp(prefix="eleven-")
        self.shop = os.path.join(self.directory, "shop")
        self.ports = {}         # by door: "http", "https", "resp"
        self.keys = {}          # API keys by login
        self.log = []           # what the server says, line by line, as objects
        self.process = None
        self._connection = None

    def __enter__(self):
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    # --- the folder ---------------------------------------------------------------------------------------

    def run(self, *arguments):
        """`eleven ARGUMENTS`; its output. Fails when it fails."""
        done = subprocess.run([self.eleven, *arguments], capture_output=True, text=True, cwd=self.directory)
        if done.returncode != 0:
            raise RuntimeError("eleven %s: %d\n%s%s" % (arguments[0], done.returncode, done.stdout, done.stderr))
        return done.stdout

    def prepare(self):
        file = lambda name: os.path.join(FIXTURES, name)
        self.run("init", "shop")
        self.small_segments()
        self.run("import", "shop", "--cities", os.path.join(TOP, "data", "cities_cn.csv"))
        self.run("import", "shop", "--shopify", file("products.csv"), "--currency", "CNY", "--location", "main",
                 "--city", "3301")
        self.run("import", "shop", "--locations", file("locations.csv"), "--brands", file("brands.csv"), "--prices",
                 file("prices.csv"), "--stock", file("stock.csv"))
        self.run("festival", "shop", "--code", "11.11", "--name", "Double Eleven", "--opens", "now-1h", "--closes",
                 "now+24h", "--currency", "CNY", "--usd-rate", "6.9329", "--utc-offset", "+08:00", "--deals",
                 file("deals.csv"))
        for login, role, location in PEOPLE:
            self.person(login, role, location)

    def small_segments(self):
        """Eight times as many files of the journal, each an eighth: each start zeroes one, and sales go from one to the
        next."""
        path = os.path.join(self.shop, "eleven.conf")
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(text.replace("journal_segment_bytes = %d" % (64 << 20), "journal_segment_bytes = %d" % (8 << 20)))

    def person(self, login, role, location=None):
        """An account with PASSWORD, and an API key for it in self.keys."""
        path = os.path.join(self.directory, "password")
        with open(path, "w") as file:
            file.write(PASSWORD + "\n")
        where = ["--location", location] if location else []
        self.run("access", "shop", "--add", login, "--role", role, "--password-file", path, *where)
        said = self.run("access", "shop", "--key", login, "--name", "test")
        self.keys[login] = next(word for word in said.split() if word.startswith("elv_"))

    # --- the process ----------------------------------------------------------------------------------------

    def start(self):
        self.process = subprocess.Popen(
            [self.eleven, "serve", self.shop, "--http", "127.0.0.1:0", "--resp", "127.0.0.1:0", "--orders-ahead",
             "0", *self.options], stderr=subprocess.PIPE, text=True)
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(self.process, ready), daemon=True).start()
        if not ready.wait(START_S) or self.process.poll() is not None:
            raise RuntimeError("the server does not start:\n%s" % self.said())

    def _listen(self, process, ready):
        for line in process.stderr:
            try:
                said = json_module.loads(line)
            except ValueError:
                said = {"event": "?", "line": line.rstrip("\n")} # a sanitizer, an assertion
            self.log.append(said)
            if said["event"] == "listening":
                self.ports[said["door"]] = said["port"]
            if said["event"] == "ready":
                ready.set()
        ready.set()

    def said(self):
        return "\n".join(json_module.dumps(line) for line in self.log[-40:])

    def stop(self):
        """Ends the server, and fails when it does not end well."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise RuntimeError("the server does not stop:\n%s" % self.said())
        if code != 0:
            raise RuntimeError("the server ended with %d:\n%s" % (code, self.said()))

    # --- requests -----------------------------------------------------------------------------------------------

    def request(self, method, path, json=None, key=None, headers={}, token=None, body=None):
        """One request over a connection that is kept. `json`: the body as an object; `body`: as bytes. `key`: an
        idempotency key, True: a new one. `token`: of a session, or an API key."""
        headers = dict(headers)
        if json is not None:
            body = json_module.dumps(json)
            headers.setdefault("Content-Type", "application/json")
        if key is not None:
            headers["Idempotency-Key"] = str(uuid.uuid4()) if key is True else key
        if token is not None:
            headers["Authorization"] = "Bearer " + token
        for last in (False, True):
            fresh = self._connection is None
            if fresh:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.ports["http"], timeout=30)
            try:
                self._connection.request(method, path, body=body, headers=headers)
                answer = Answer(self._connection.getresponse())
                break
            except (ConnectionError, http.client.HTTPException, OSError):
                self._connection.close()
                self._connection = None
                if fresh or last: # a kept connection may have been closed meanwhile; a new one may not
                    raise
        if answer.headers.get("connection") == "close":
            self._connection.close()
            self._connection = None
        return answer

    def head(self, path, headers={}, token=None):
        """The head of an answer whose body never ends (server-sent events); the connection is closed then."""
        headers = dict(headers, **({"Authorization": "Bearer " + token} if token else {}))
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["http"], timeout=30)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        head = response.status, response.getheader("Content-Type", "").split(";")[0]
        connection.close()
        return head

    def wait_for(self, what, seconds=20):
        """Until what() is true: views follow the journal a moment later. Returns what it was."""
        until = time.monotonic() + seconds
        while True:
            found = what()
            if found or time.monotonic() > until:
                return found
            time.sleep(0.02)
