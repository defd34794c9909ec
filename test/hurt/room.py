"""A data folder on a small disk of its own: a tmpfs, with a file beside the folder that takes up what room there shall not
be.

Mounting needs root, sudo without a password, or a user namespace (hurt.py starts itself again in one, where it can).
"""
import os
import shutil
import subprocess

from faults import say

WHOLE_MB = 400
END_FULL_S = 90             # until a disk with little room is full
SECTOR = 4096
STEP = 4 << 20              # taken at a time
START_S = 30
INSIDE = "ELEVEN_HURT_NAMESPACE"    # in the environment of what runs in a user namespace


def run(*arguments):
    return subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def root():
    """What to put before a command that needs root; None: there is no way."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and run("sudo", "-n", "true").returncode == 0:
        return ["sudo", "-n"]
    return None


def namespace(arguments):
    """Becomes the same program in a user namespace, where one may mount; returns when that is not needed or not possible."""
    if root() is None and INSIDE not in os.environ and shutil.which("unshare") and run("unshare", "-rm", "true").returncode == 0:
        os.execvpe("unshare", ["unshare", "-rm", *arguments], dict(os.environ, **{INSIDE: "1"}))


class Room:
    """A tmpfs at `path`, with the data folder in it. `problem` says why there is none."""

    def __init__(self, path):
        self.path, self.problem, self.root = path, None, root()
        self.shop, self.filler = os.path.join(path, "shop"), os.path.join(path, "filler")
        if self.root is None:
            self.problem = "cannot mount: not root, no sudo, no user namespaces"
            return
        os.makedirs(path)
        done = run(*self.root, "mount", "-t", "tmpfs", "-o", "size=%dm,mode=0777" % WHOLE_MB, "eleven-hurt", path)
        if done.returncode != 0:
            self.problem = "cannot mount: " + done.stdout.strip()
            os.rmdir(path)

    def leave(self, size):
        """From now on there are so many bytes left."""
        at, step = 0, STEP
        with open(self.filler, "wb") as file:
            while step >= SECTOR:
                status = os.statvfs(self.path)
                more = min(step, status.f_bavail * status.f_frsize - size)
                if more < SECTOR:
                    return
                try:
                    os.posix_fallocate(file.fileno(), at, more)
                    at += more
                except OSError: # the server was quicker: so much is not left any more
                    step //= 4

    def make_room(self):
        os.unlink(self.filler)

    def close(self):
        if self.problem is None:
            run(*self.root, "umount", "-l", self.path)


def full_disk(shop):
    """The disk fills up under the sale: the process ends by that name; with room again, everything is there."""
    shop.use(no_uring=shop.random.random() < 0.5)
    shop.progress()
    left = shop.random.choice((0, 100 << 10, 1 << 20, 3 << 20))
    say(shop, "%d KB left on the disk (%s)" % (left >> 10, shop.appender()))
    shop.out()
    shop.room.leave(left)
    shop.ends_by_itself("disk-full", END_FULL_S)
    if shop.random.random() < 0.5:
        start_without_room(shop)
    shop.room.make_room()
    shop.again()
    shop.counters.count("full disks")


def start_without_room(shop):
    """It says what is the matter, or finds what it needs and ends for want of room later."""
    shop.mark = len(shop.log)
    try:
        shop.start()
    except RuntimeError:
        said = [(line.get("status"), line.get("reason")) for line in shop.log[shop.mark:] if line["event"] == "cannot-open"]
        if shop.process.wait(START_S) != 3 or not said or said[0][0] not in ("disk-full", None):
            shop.counters.wrong("ends without a name", "a start on a full disk: %s" % shop.said()[-600:])
        shop.process = None
        shop.counters.count("starts without room, refused")
        return
    shop.counters.count("starts without room, done")
    shop.ends_by_itself("disk-full", END_FULL_S)
