"""What was tried, how often, and what must be zero: one column for each scene, printed as a table at the end."""
import threading

# Each of these is a promise. A run in which one is not zero has failed.
ZEROS = (
    "acknowledged orders lost",
    "answers that changed",
    "double effects of a key",
    "units oversold",
    "units unaccounted for",
    "money unaccounted for",
    "orders in a wrong state",
    "half an answer",
    "refusal without a cause",
    "acknowledged while stuck",
    "slow refusals",
    "good clients kept waiting",
    "clients left waiting",
    "memory out of bounds",
    "times gone back",
    "clock jumped",
    "opened early",
    "sold after closing",
    "hold let go early",
    "hold kept late",
    "paid after its hold was over",
    "no progress after healing",
    "ends without a name",
    "starts that failed",
    "audits that failed",
    "failed assertions",
    "scenes that broke off",
)
EXAMPLES_MAX = 5


class Counters:
    """Of one scene. Any thread may count."""

    def __init__(self, name):
        self.name = name
        self.lock = threading.Lock()
        self.zeros = dict.fromkeys(ZEROS, 0)
        self.tried = {}
        self.figures = {}       # the largest seen, with its unit in the name
        self.examples = {}
        self.skipped = None     # why the scene was not played

    def count(self, what, times=1):
        with self.lock:
            self.tried[what] = self.tried.get(what, 0) + times

    def most(self, what, value):
        with self.lock:
            self.figures[what] = max(self.figures.get(what, value), value)

    def wrong(self, what, text, times=1):
        """What must not be; the first few are shown at once."""
        with self.lock:
            self.zeros[what] += times
            shown = self.examples.setdefault(what, [])
            if len(shown) < EXAMPLES_MAX:
                shown.append(text)
                print("    WRONG %s: %s" % (what, text), flush=True)

    def good(self):
        return not any(self.zeros.values())


def row(title, cells):
    print("  %-34s" % title + "".join("%10s" % cell for cell in cells))


def number(value):
    return "%.1f" % value if isinstance(value, float) else "%d" % value


def show(scenes):
    """The table. True when every zero is one."""
    names = sorted({what for scene in scenes for what in scene.tried})
    row("tried", [scene.name for scene in scenes] + ["all"])
    for what in names:
        cells = [scene.tried.get(what, 0) for scene in scenes]
        row(what, [cell or "." for cell in cells] + [sum(cells)])
    print()
    row("the most that was seen", [scene.name for scene in scenes] + ["all"])
    for what in sorted({what for scene in scenes for what in scene.figures}):
        cells = [scene.figures.get(what) for scene in scenes]
        row(what, ["." if cell is None else number(cell) for cell in cells]
            + [number(max(cell for cell in cells if cell is not None))])
    print()
    row("must be zero", [scene.name for scene in scenes] + ["all"])
    for what in ZEROS:
        cells = [scene.zeros[what] for scene in scenes]
        row(what, cells + [sum(cells)])
    for scene in scenes:
        if scene.skipped is not None:
            print("\n  %s: skipped: %s" % (scene.name, scene.skipped))
    return all(scene.good() for scene in scenes)
