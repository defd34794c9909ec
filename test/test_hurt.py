#!/usr/bin/python3
"""The small tier of `make hurt`: test/test_hurt.py build/eleven [TEST ...]

Each way to hurt the server from outside once or twice, under load over both doors; then all that was acknowledged is there,
and all books agree (test/hurt/).
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "hurt"))
import faults
import hurt
import room
from door_kit import main

SEED = 1111
SECONDS = 8     # about as long as a scene is here: festivals open and close in it


def scene(eleven, name, chosen, **options):
    counters = hurt.scene(eleven, name, chosen, SEED, SECONDS, once=True, hold_ms=1500, **options)
    assert counters.good(), {what: times for what, times in counters.zeros.items() if times > 0}
    return counters


def test_kills(eleven):
    """kill -9 and power cuts; everything acknowledged is there, once."""
    counters = scene(eleven, "kill", [faults.kill, faults.power_cut, faults.kill_while_starting, faults.power_cut])
    assert counters.tried["done before it was asked again"] > 0 and counters.tried["starts"] >= 4, counters.tried


def test_full_disk(eleven):
    counters = scene(eleven, "full", [room.full_disk, room.full_disk], room=room.Room)
    if counters.skipped is not None:
        print("  skipped: " + counters.skipped)


def test_stuck_disk(eleven):
    """A disk that does not come back, then a journal whose next segment does not (found: the whole loop waited for it);
    found, too: 81,000 refusals cost 66 MB."""
    counters = scene(eleven, "stuck", [lambda shop: faults.stuck_disk(shop, 1.5),
                                        lambda shop: faults.stuck_segment(shop, 1.5)])
    assert counters.tried["refusals while stuck"] > 1000, counters.tried


def test_failing_disk(eleven):
    """Every failure ends the process by its name, also when the rest of the disk does not come back (found: it waited for
    that, with its doors closed); slow and short is no failure."""
    scene(eleven, "disk", [faults.failing_sync, faults.failing_write, faults.dying_disk, faults.no_room,
                           lambda shop: faults.short_writes(shop, 0.5)])


def test_pauses_and_clocks(eleven):
    """Time passes or does not: for the server, for its clients, on the wall."""
    scene(eleven, "time", [lambda shop: faults.pause(shop, 1.2), lambda shop: faults.pause_clients(shop, 0.7),
                           lambda shop: faults.clock_step(shop, 0.8), lambda shop: faults.clock_step(shop, 0.8),
                           lambda shop: faults.clock_stands(shop, 0.8), faults.clock_back_at_start])


if __name__ == "__main__":
    main([test_kills, test_full_disk, test_stuck_disk, test_failing_disk, test_pauses_and_clocks])
