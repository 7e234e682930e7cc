"""Words for the person who waits, on stderr: stdout is for results."""
import sys
import threading

from rig.common.kept import once

_whole_lines = threading.Lock()


def write(text):
    """Where all words go. Tests put something else here."""
    print(text, file=sys.stderr, flush=True)


def say(text):
    """Say it, a whole line at a time."""
    with _whole_lines:
        write(text)


@once
def say_once(text):
    """say() what a process need not hear twice."""
    say(text)
