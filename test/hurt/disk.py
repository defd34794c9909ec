"""The bad disk and the bad clock of slow_disk.c, told what to do while the server runs.

    disk = Disk("build/slow_disk.so", "/tmp/x/disk")
    process = Popen(..., env=disk.environment())
    disk.set(delay_us=5000)                 # each write and sync takes 5 ms longer
    disk.set(sync_errno=errno.EIO, fail_count=1)
    disk.heal()
    disk.get("syncs")
"""
import mmap
import os
import struct

WORDS = 512
SEGMENTS, OTHERS, DATABASES, AHEAD = 1, 2, 4, 8
JOURNAL = SEGMENTS | OTHERS | AHEAD     # the journal's folder, without what SQLite has in it

SETTINGS = ("no_uring", "which", "delay_us", "stuck", "sync_errno", "write_errno", "fail_count", "short_bytes", "keep",
            "clock_ms", "clock_stands")
COUNTERS = ("writes", "syncs", "delayed", "failed", "short", "dropped", "waiting", "clock_looks", "kept")
FIRST_COUNTER = 16
PLACES = {name: place for place, name in enumerate(SETTINGS)}
PLACES.update({name: FIRST_COUNTER + place for place, name in enumerate(COUNTERS)})
GOOD = dict.fromkeys(SETTINGS[2:], 0)


class Disk:
    def __init__(self, library, path):
        self.library, self.path = os.path.abspath(library), path
        assert os.path.exists(self.library), "%s is not there: make %s" % (library, library)
        with open(path, "wb") as file:
            file.write(bytes(WORDS * 8))
        with open(path, "r+b") as file:
            self.words = mmap.mmap(file.fileno(), WORDS * 8)
        self.set(which=JOURNAL)

    def environment(self):
        return dict(os.environ, LD_PRELOAD=self.library, SLOW_DISK=self.path)

    def set(self, **settings):
        """In the order given."""
        for name, value in settings.items():
            assert name in SETTINGS, name
            struct.pack_into("<q", self.words, PLACES[name] * 8, int(value))

    def get(self, name):
        return struct.unpack_from("<q", self.words, PLACES[name] * 8)[0]

    def heal(self):
        """A good disk and a good clock again; which appender there is stays."""
        self.set(which=JOURNAL, **GOOD)
