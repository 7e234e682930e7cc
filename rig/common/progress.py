"""One line on the terminal that moves: what is under way, and what is left of it.

Where stderr is no terminal nothing is written. The line is drawn anew each second, so
that it moves while what it tells of does not.
"""
import os
import shutil
import sys
import threading
import time

from rig.common import paths, tell

EVERY = 1                 # seconds
SURE = 5                  # seconds after which what is left is believed

_lock = threading.RLock()
_under_way = []           # the Progress objects, the outermost first
_drawing = False          # whether there is a thread that draws them


def on_terminal():
    """Whether there is a line to move."""
    return sys.stderr.isatty()


def span(seconds):
    """A time for a person."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def words(what, done, total, unit, seconds):
    """What is told of DONE units out of TOTAL, 0 if nobody knows, after SECONDS."""
    if not total:
        return f"{what}: {f'{done} {unit}, ' if done else ''}{span(seconds)}"
    text = f"{what}: {done} of {total}{unit and ' '}{unit}"
    if done and seconds >= SURE:
        text += f", {span(seconds * max(total - done, 0) / done)} left"
    return text


def line(texts, columns):
    """TEXTS side by side, no longer than the terminal is wide."""
    whole = " | ".join(texts)
    return whole if len(whole) < columns else whole[:columns - 2] + "…"


def draw():
    """Draw the line as things are now."""
    with _lock:
        columns = shutil.get_terminal_size().columns
        tell.move(line([one.text() for one in _under_way], columns) if on_terminal() else "")


def _keep_drawing():
    global _drawing
    while True:
        with _lock:
            if not _under_way:
                _drawing = False
                return
        draw()
        time.sleep(EVERY)


class Progress:
    """Something under way, as long as its with block lasts. TOTAL: how many UNITs it is."""

    def __init__(self, what, total=0, unit=""):
        self.what, self.total, self.unit = what, total, unit
        self.done, self.note = 0, ""      # which one is under way
        self.start = time.monotonic()

    def __enter__(self):
        global _drawing
        with _lock:
            _under_way.append(self)
            if on_terminal() and not _drawing:
                _drawing = True
                threading.Thread(target=_keep_drawing, daemon=True).start()
        return self

    def __exit__(self, *_):
        with _lock:
            _under_way.remove(self)
        draw()

    def step(self):
        """One more is done, whichever thread did it."""
        with _lock:
            self.done += 1

    def over(self, items):
        """Yield ITEMS, and count each that is done with."""
        for item in items:
            yield item
            self.step()

    def text(self):
        """What is told of it."""
        return words(self.what + (self.note and f": {self.note}"), self.done, self.total,
                     self.unit, time.monotonic() - self.start)


class Objects(Progress):
    """A build in the directory OUT, by its objects.

    How many there are is known of the last build of the same KIND that began with none.
    """

    def __init__(self, what, out, kind):
        super().__init__(what, unit="objects")
        self.out, self.known, self.began = out, paths.cache("objects") / kind, 0
        self.fresh = not self._count()
        self.began = time.time() - 1    # a file's time is that of the kernel's last tick
        if self.fresh and self.known.exists():
            self.total = int(self.known.read_text("ascii"))

    def __exit__(self, failed, *rest):
        if self.fresh and not failed:
            self.known.write_text(f"{self._count()}\n", encoding="ascii")
        super().__exit__(failed, *rest)

    def _count(self):
        """How many were made since this began."""
        found = 0
        for top, _, names in os.walk(self.out):
            for name in names:
                if name.endswith(".o"):
                    try:
                        found += os.stat(os.path.join(top, name)).st_mtime >= self.began
                    except OSError:
                        pass      # it was a temporary one
        return found

    def text(self):
        """Counted when it is told: that takes a walk through OUT."""
        self.done = self._count()
        return super().text()
