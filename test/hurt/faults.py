"""The ways to hurt a shop. Each is a function of the shop, draws from shop.random, heals what it has done, and leaves a
server that runs; the scene demands progress then.
"""
import errno
import signal
import time

from disk import AHEAD, DATABASES, JOURNAL, OTHERS, SEGMENTS
from door_kit import Closed, Wire, memory_mb, resp

REFUSAL_S = 0.5             # 99 of 100 refusals while the disk is stuck
STUCK_GROWTH_MB = 1.5       # the server's memory while it is asked and asked; it was 1 KB a refusal once
STUCK_GROWTH_KB = 0.2       # and so much for each refusal
FILL_COMMANDS = 160         # with so many bytes each, more than the journal takes in while the disk is stuck
FILL_BYTES = 20000
FILL_WIRES = 4
FILL_BYSTANDERS = 8         # for each of them
ANSWER_S = 5
CLOCK_SLACK = 0.012         # as crowd.py has it
REST_S = 10                 # until the server's memory stands still
HEAL_S = 20                 # until a segment is needed


def say(shop, text):
    print("  %7.1f s  %s" % (time.time() - shop.begun_s, text), flush=True)


# --- the process ----------------------------------------------------------------------------------------------


def kill(shop):
    """kill -9: what it had not written is gone."""
    shop.use(no_uring=shop.random.random() < 0.5)
    shop.progress()
    wait_s = shop.random.random()
    say(shop, "kill -9 after %.2f s (%s)" % (wait_s, shop.appender()))
    time.sleep(wait_s)
    shop.kill()
    shop.counters.count("kill -9")
    shop.again()


def power_cut(shop):
    """kill -9, and what was not synced is gone as well."""
    shop.use(no_uring=True)
    shop.disk.set(keep=1, delay_us=shop.random.choice((0, 500, 5000)))
    shop.progress()
    wait_s = shop.random.random()
    say(shop, "power cut after %.2f s" % wait_s)
    time.sleep(wait_s)
    if shop.disk.get("kept") > 0:
        shop.counters.count("power cuts with something unsynced")
    shop.kill()
    shop.disk.heal()
    shop.counters.count("power cuts")
    shop.again()


def kill_while_starting(shop):
    """Dies again and again before it is ready."""
    times = shop.random.randint(1, 3)
    say(shop, "kill -9, then %d times while it starts" % times)
    shop.kill()
    for _ in range(times):
        shop.start_only()
        time.sleep(shop.random.random() * 0.25)
        shop.kill()
        shop.counters.count("kill -9 while starting")
    shop.again()


def restart(shop):
    """SIGTERM: what was begun is answered."""
    say(shop, "SIGTERM")
    shop.stop()
    shop.counters.count("clean restarts")
    shop.again()


def pause(shop, pause_s=None):
    """SIGSTOP: a machine that is suspended, a debugger."""
    pause_s = pause_s or shop.random.choice((0.05, 0.3, 1, 2)) * (0.5 + shop.random.random())
    say(shop, "SIGSTOP for %.2f s" % pause_s)
    shop.out()
    shop.process.send_signal(signal.SIGSTOP)
    time.sleep(pause_s)
    shop.process.send_signal(signal.SIGCONT)
    shop.counters.count("pauses of the server")
    shop.progress()
    shop.in_again()


def pause_clients(shop, pause_s=None):
    """Some crowds stand still, in the middle of whatever they were doing."""
    crowds = shop.random.sample(shop.crowds, shop.random.randint(1, len(shop.crowds) - 1))
    pause_s = pause_s or shop.random.choice((0.3, 1, 3)) * (0.5 + shop.random.random())
    say(shop, "SIGSTOP of %d clients for %.2f s" % (len(crowds), pause_s))
    for crowd in crowds:
        crowd.send_signal(signal.SIGSTOP)
    time.sleep(pause_s)
    for crowd in crowds:
        crowd.send_signal(signal.SIGCONT)
    shop.counters.count("pauses of clients", len(crowds))


# --- the disk -------------------------------------------------------------------------------------------------


def slow_disk(shop):
    """Each write and sync takes longer, for a while."""
    shop.use(no_uring=True)
    delay_ms = shop.random.choice((1, 5, 20, 100))
    for_s = 1 + shop.random.random() * 2
    say(shop, "slow disk: %d ms more for each call, %.1f s" % (delay_ms, for_s))
    shop.disk.set(delay_us=delay_ms * 1000)
    time.sleep(for_s)
    shop.progress()
    shop.disk.heal()
    shop.counters.count("slow disks")


def short_writes(shop, for_s=2):
    """A write takes a part of what it is given."""
    shop.use(no_uring=True)
    before = shop.disk.get("short")
    say(shop, "short writes for %.1f s" % for_s)
    shop.disk.set(short_bytes=4096)
    time.sleep(for_s)
    shop.progress()
    shop.disk.heal()
    shop.counters.count("short writes", shop.disk.get("short") - before)


def description(shop):
    key = "fill-%016x" % shop.random.getrandbits(64)
    return resp("SKU.PUT", key, "code", "FILLER", "title", key, "body", key * (FILL_BYTES // len(key)), "department",
                "things", "seller", "shop")


def bystander(shop):
    """A connection that asks for one thing only."""
    wire = Wire(shop.ports["resp"], ANSWER_S)
    wire.ask("AUTH", shop.keys["admin"])
    return wire


def leave(shop, wires, bystanders):
    """The disk is healed: the fillers go, and each bystander, who came when there was no room, or just before or behind,
    is told something."""
    for wire in wires:
        wire.close()
    for wire in bystanders:
        try:
            wire.reply()
        except (OSError, Closed) as problem:
            shop.counters.wrong("clients left waiting", "one that asked for one thing: %s" % problem)
        wire.close()


def fill(shop):
    """Descriptions of goods, which are long, until the journal is full of work and nobody reads them any more. Returns
    their connections, and those of bystanders."""
    wires = []
    coming = [bystander(shop) for _ in range(FILL_WIRES * FILL_BYSTANDERS)]
    bystanders = []
    for _ in range(FILL_WIRES):
        wire = Wire(shop.ports["resp"], 5)
        wires.append(wire)
        try:
            wire.ask("AUTH", shop.keys["admin"])
            wire.socket.settimeout(0.3)
            for i in range(FILL_COMMANDS // FILL_WIRES):
                wire.send(description(shop))
                if i % (FILL_COMMANDS // FILL_WIRES // FILL_BYSTANDERS) == 0 and coming:
                    bystanders.append(coming.pop())
                    bystanders[-1].send(description(shop))
        except (OSError, Closed):
            continue # it reads no more
    for wire in coming:
        wire.close()
    shop.counters.count("times that a queue was filled")
    return wires, bystanders


def resting_mb(shop):
    """Resident memory when it stands still: what is touched ahead of coming orders after a start is no queue."""
    before_mb, now_mb = 0, memory_mb(shop)
    until = time.monotonic() + REST_S
    while abs(now_mb - before_mb) > 0.5 and time.monotonic() < until:
        time.sleep(0.4)
        before_mb, now_mb = now_mb, memory_mb(shop)
    return now_mb


def ask_while_stuck(shop, until, may_be_done=False):
    """Orders over connections of their own: each is sent away, quickly. Returns how many."""
    took = []
    while time.monotonic() < until:
        door = ("http", "resp")[len(took) % 2]
        answer, seconds = shop.probe(door, 5)
        if answer is None:
            shop.counters.wrong("slow refusals", "%s: no answer in %.1f s" % (door, seconds))
        elif answer.done and not may_be_done:
            shop.counters.wrong("acknowledged while stuck", "%s" % (answer,))
        took.append(seconds)
    took.sort()
    if took:
        p99 = took[len(took) * 99 // 100]
        shop.counters.count("refusals while stuck", len(took))
        shop.counters.most("99 % of refusals while stuck, ms", p99 * 1000)
        if p99 > REFUSAL_S:
            shop.counters.wrong("slow refusals", "99 %% in %.3f s, of %d" % (p99, len(took)))
    return len(took)


def stuck_disk(shop, for_s=None):
    """Nothing comes back from the disk: nothing is acknowledged, and orders are sent away at once."""
    shop.use(no_uring=True)
    shop.progress()
    for_s = for_s or 3 + shop.random.random() * 3
    say(shop, "stuck disk for %.1f s" % for_s)
    shop.out()
    shop.disk.set(stuck=JOURNAL)
    while shop.disk.get("waiting") == 0:
        time.sleep(0.005)
    time.sleep(0.2) # what was acknowledged before is told
    told = shop.told_bytes()
    wires, bystanders = fill(shop)
    before_mb = resting_mb(shop)
    refused = ask_while_stuck(shop, time.monotonic() + for_s)
    grown_mb = memory_mb(shop) - before_mb
    shop.counters.most("growth while stuck, MB", grown_mb)
    if grown_mb > STUCK_GROWTH_MB + refused * STUCK_GROWTH_KB / 1024:
        shop.counters.wrong("memory out of bounds", "%.1f MB more after %d refusals" % (grown_mb, refused))
    if shop.told_bytes() > told:
        shop.counters.wrong("acknowledged while stuck", "%d bytes told" % (shop.told_bytes() - told))
    shop.disk.heal()
    leave(shop, wires, bystanders)
    shop.progress()
    shop.in_again()
    shop.counters.count("stuck disks")


def stuck_segment(shop, for_s=3):
    """The next segment of the journal cannot be made while this one is filled: orders are sent away at once, then too."""
    shop.use(no_uring=True)
    shop.progress()
    say(shop, "the next segment is stuck, for %.1f s" % for_s)
    shop.disk.set(stuck=AHEAD)
    until = time.monotonic() + HEAL_S
    filled = []
    while shop.disk.get("waiting") == 0 and time.monotonic() < until: # until it is needed
        filled.append(fill(shop))
    filled.append(fill(shop))
    begun = time.monotonic()
    ask_while_stuck(shop, begun + for_s, may_be_done=True)
    shop.disk.heal()
    for wires, bystanders in filled:
        leave(shop, wires, bystanders)
    shop.progress()
    shop.counters.count("stuck segments")


def failing(shop, name, status, **settings):
    """A call fails: nothing more is acknowledged, and the process ends by that name."""
    shop.use(no_uring=True)
    shop.progress()
    say(shop, name)
    shop.disk.set(**settings)
    shop.ends_by_itself(status)
    shop.disk.heal()
    shop.counters.count(name)
    shop.again()


def failing_sync(shop):
    """fsync fails once and then "succeeds", its bytes gone or not."""
    lost = shop.random.random() < 0.5
    failing(shop, "failing syncs, bytes lost" if lost else "failing syncs", "io-failed", which=SEGMENTS, keep=int(lost),
            fail_count=1, sync_errno=errno.EIO)


def failing_write(shop):
    failing(shop, "failing writes", "io-failed", which=SEGMENTS, fail_count=shop.random.choice((1, 10 ** 9)),
            write_errno=errno.EIO)


def dying_disk(shop):
    """One write fails, and nothing else on the disk comes back any more."""
    failing(shop, "dying disks", "io-failed", which=SEGMENTS, stuck=AHEAD | OTHERS | DATABASES, fail_count=1,
            write_errno=errno.EIO)


def no_room(shop):
    failing(shop, "writes without room", "disk-full", which=SEGMENTS, fail_count=10 ** 9, write_errno=errno.ENOSPC)


def bad_databases(shop):
    """SQLite's files fail, or are stuck, for a while: orders go on."""
    how = shop.random.choice(("stuck", "EIO", "ENOSPC"))
    say(shop, "accounts, views and webhooks: %s for 3 s" % how)
    if how == "stuck":
        shop.disk.set(stuck=DATABASES)
    else:
        shop.disk.set(which=DATABASES, fail_count=10 ** 9, write_errno=getattr(errno, how))
    time.sleep(1)
    shop.progress()
    time.sleep(2)
    shop.disk.heal()
    shop.counters.count("bad databases")


# --- the clock ------------------------------------------------------------------------------------------------


def server_time_s(shop):
    seconds, micros = shop.wire("robot").ask("TIME")
    return int(seconds) + int(micros) / 1e6


def check_clock(shop):
    """The server's time is the true one, but for what it is drawn to a wrong clock."""
    before = time.time()
    told = server_time_s(shop)
    after = time.time()
    slack_s = (after - shop.begun_s) * CLOCK_SLACK + 0.1
    off_s = max(told - after, before - told, 0)
    shop.counters.most("server's clock off by, ms", off_s * 1000)
    if off_s > slack_s + shop.clock_lost_s:
        shop.counters.wrong("clock jumped", "by %.3f s" % off_s)


def clock_step(shop, for_s=None):
    """The wall clock is put forwards or back by hours, and put right again."""
    ms = int(shop.random.choice((-1, 1)) * shop.random.choice((1500, 60000, 3600000, 5 * 3600000)) * (0.5 + shop.random.random()))
    for_s = for_s or 1 + shop.random.random() * 3
    say(shop, "wall clock %+.1f s, for %.1f s" % (ms / 1000, for_s))
    shop.disk.set(clock_ms=ms)
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        check_clock(shop)
        time.sleep(0.2)
    shop.disk.heal()
    check_clock(shop)
    shop.counters.count("clock steps", 2)


def clock_stands(shop, for_s=None):
    for_s = for_s or 1 + shop.random.random() * 3
    say(shop, "wall clock stands still for %.1f s" % for_s)
    shop.disk.set(clock_stands=int(time.time() * 1000))
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        check_clock(shop)
        time.sleep(0.2)
    shop.disk.heal()
    shop.counters.count("clocks that stood still")


def clock_back_at_start(shop):
    """It starts with a wall clock that is behind what it has in its journal: time goes on from there."""
    say(shop, "kill -9, and a start with the wall clock an hour back")
    shop.behind_since = time.monotonic()
    shop.kill()
    shop.disk.set(clock_ms=-3600000)
    shop.again()
    check_clock(shop)
    time.sleep(1)
    shop.disk.heal()
    check_clock(shop)
    shop.counters.count("starts with the clock back")


KILLS = [kill, power_cut, kill_while_starting, restart]
PAUSES = [pause, pause_clients]
DISKS = [slow_disk, short_writes, stuck_disk, stuck_segment, failing_sync, failing_write, dying_disk, no_room,
         bad_databases]
CLOCKS = [clock_step, clock_stands, clock_back_at_start]
