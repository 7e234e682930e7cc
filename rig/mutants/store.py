"""What was found out, a line of JSON a mutant and program, so that a run goes on where
the last one was stopped. A key holds all that a verdict rests on."""
import json
import threading


class Store:
    """The verdicts of all runs in one file, to which each new one is added at once."""

    def __init__(self, path):
        self.path, self.lock, self.known = path, threading.Lock(), {}
        try:
            lines = path.read_text("utf-8").splitlines()
        except OSError:
            lines = []
        for line in lines:
            try:
                row = json.loads(line)
                self.known[row.pop("key")] = row
            except (ValueError, KeyError, AttributeError):
                continue                        # a run that was killed as it wrote

    def get(self, key):
        """The row of a key, or None."""
        return self.known.get(key)

    def put(self, key, **row):
        """Keep a row, and return it."""
        with self.lock:
            self.known[key] = row
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a", encoding="utf-8") as out:
                out.write(json.dumps(dict(row, key=key)) + "\n")
        return row
