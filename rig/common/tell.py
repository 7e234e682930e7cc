"""Words for the person who waits, on stderr: stdout is for results."""
import sys
import threading

from rig.common.kept import once

ERASE = "\r\033[K"        # what stands on the terminal's line

_whole_lines = threading.RLock()
_moving = ""              # the line of progress.py, below all others


def write(text):
    """Where all words go. Tests put something else here."""
    print(text, file=sys.stderr, flush=True)


def say(text):
    """Say it, a whole line at a time."""
    with _whole_lines:
        line = _moving
        move("")
        write(text)
        move(line)


@once
def say_once(text):
    """say() what a process need not hear twice."""
    say(text)


def result(text):
    """A line of a result, on stdout, which may be the same terminal."""
    with _whole_lines:
        line = _moving
        move("")
        print(text, flush=True)
        move(line)


def move(text):
    """Let TEXT be the line that moves; "" is none."""
    global _moving
    with _whole_lines:
        if text != _moving:
            sys.stderr.write(ERASE + text)
            sys.stderr.flush()
        _moving = text
