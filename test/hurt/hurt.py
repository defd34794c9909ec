#!/usr/bin/python3
"""The real server, hurt from outside under load through both doors: hurt.py build/eleven [--seconds S] [--seed N] [--scene NAME]

Scenes: kill, pause, full, disk, clock, sockets, each on a shop of its own; then the festival, with all of it. Everything
that is drawn comes from the seed and is printed. At the end a table: what was tried how often, and what must be zero;
the exit is 1 when anything is not.
"""
import argparse
import os
import random
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import faults
import room
import sockets
from counters import Counters, show
from shop import Shop

CLOSING_S = 7       # of a scene's time are for its last checks, and a tenth of it more
LEAST_S = 3         # are for hurting it, however short it is


def hurt(shop, how):
    how(shop)
    shop.alive()
    shop.progress()


def play(shop, chosen, until):
    """Hurts drawn from `chosen`, in rounds of all of them, until the time is up."""
    left = []
    while time.monotonic() < until:
        if not left:
            left = list(chosen)
            shop.random.shuffle(left)
        hurt(shop, left.pop())


def act(counters, eleven, chosen, seed, seconds, once, options):
    until = time.monotonic() + max(seconds * 0.9 - CLOSING_S, LEAST_S)
    with Shop(eleven, counters, seed, seconds, **options) as shop:
        if shop.room is not None and shop.room.problem is not None:
            counters.skipped = shop.room.problem
            print("  skipped: " + counters.skipped)
            return
        shop.open()
        shop.progress()
        if once:
            for how in chosen:
                hurt(shop, how)
        else:
            play(shop, chosen, until)
        shop.finish()


def scene(eleven, name, chosen, seed, seconds, once=False, **options):
    """Its counters. `once`: each of `chosen` once, in this order."""
    counters = Counters(name)
    print("%s: %d s, seed %s" % (name, seconds, seed), flush=True)
    begun = time.monotonic()
    try:
        act(counters, eleven, chosen, seed, seconds, once, options)
    except Exception:
        counters.wrong("scenes that broke off", traceback.format_exc())
    print("  %7.1f s  %s\n" % (time.monotonic() - begun, "good" if counters.good() else "NOT GOOD"), flush=True)
    return counters


SCENES = {
    "kill": (0.1, faults.KILLS, {}),
    "pause": (0.08, faults.PAUSES, {}),
    "full": (0.08, [room.full_disk], {"views": True, "room": room.Room}),
    "disk": (0.14, faults.DISKS, {"views": True}),
    "clock": (0.1, faults.CLOCKS, {}),
    "sockets": (0.08, [sockets.flood], {}),
    "festival": (0.5, faults.KILLS + faults.PAUSES + faults.DISKS + faults.CLOCKS + [sockets.some], {"views": True, "storm_s": 10}),
}


def main():
    asked = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    asked.add_argument("eleven")
    asked.add_argument("--seconds", type=float, default=600)
    asked.add_argument("--seed", type=int, default=None)
    asked.add_argument("--scene", choices=SCENES)
    asked = asked.parse_args()
    room.namespace([sys.executable, os.path.abspath(__file__), *sys.argv[1:]])
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10 ** 9)
    names = [asked.scene] if asked.scene else list(SCENES)
    whole = sum(SCENES[name][0] for name in names)
    done = []
    for name in names:
        share, chosen, options = SCENES[name]
        done.append(scene(asked.eleven, name, chosen, seed, asked.seconds * share / whole, **options))
    good = show(done)
    print("\n%s; again: make hurt SECONDS=%d SEED=%d%s" % ("all zero" if good else "NOT ALL ZERO", asked.seconds, seed,
                                                       " HURT='--scene %s'" % asked.scene if asked.scene else ""))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
