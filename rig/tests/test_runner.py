"""What a boot took, and when it is stopped."""
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from rig.machine import commandline, runner
from rig.machine.boot import Boot
from rig.machine.machine import Machine


class Cpu(unittest.TestCase):
    """cpu_seconds()."""

    def test_a_process_that_computes_and_one_that_sleeps(self):
        with tempfile.TemporaryDirectory() as place:
            # A name with all that parts the fields of /proc/PID/stat.
            odd = Path(place) / "a) 9 (b"
            shutil.copy(shutil.which("bash"), odd)
            busy = subprocess.Popen([odd, "-c", "for ((i = 0; i < 300000; i++)); do :; done"])
            idle = subprocess.Popen(["sleep", "60"])
            try:
                while Path(f"/proc/{busy.pid}/stat").read_text("ascii").split()[-50] != "Z":
                    time.sleep(0.05)
                # It is over, and nobody has waited for it.
                self.assertGreater(runner.cpu_seconds(busy.pid), 0.1)
                self.assertLess(runner.cpu_seconds(idle.pid), 0.1)
            finally:
                for process in (busy, idle):
                    process.kill()
                    process.wait()

    def test_a_process_that_is_kept_waiting(self):
        # Three that compute, on one processor.
        busy = [subprocess.Popen(["taskset", "-c", "0", "sh", "-c", "while :; do :; done"])
                for _ in range(3)]
        try:
            time.sleep(1)
            self.assertGreater(sum(runner.kept_waiting(one.pid) for one in busy), 0.5)
        finally:
            for process in busy:
                process.kill()
                process.wait()
        self.assertEqual(runner.kept_waiting(busy[0].pid), 0)


class Seen(runner.Stop):
    """Has seen enough with a line that says so."""

    def __init__(self):
        self.lines = []

    def line(self, text):
        self.lines.append(text)

    def why(self, seconds, cpu):
        return "enough" if "enough" in self.lines else ""


class Stops(unittest.TestCase):
    """run() with a program in QEMU's place."""

    def run_it(self, script, stop=None):
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            item = Boot(Machine("pv"), [])
            made = commandline.Files(kernel=place, initrd=place)
            words = ["sh", "-c", script.replace("LOG", str(place / "console.log"))]
            with mock.patch.object(runner, "make_files", lambda *_: (made, "77")), \
                 mock.patch.object(runner.commandline, "command", lambda *_: words), \
                 mock.patch.object(runner.qemu, "version", lambda _: "1"):
                return runner.run(item, None, place, stop=stop)

    def test_it_has_seen_enough(self):
        stop = Seen()
        outcome = self.run_it("printf 'one\\r\\nenough\\n' >>LOG; exec sleep 60", stop)
        self.assertEqual(outcome.problem, "enough")
        self.assertEqual(stop.lines, ["one", "enough"])
        self.assertLess(outcome.seconds, 30)

    def test_all_lines_are_seen_of_one_that_ends(self):
        stop = Seen()
        outcome = self.run_it("printf 'one\\ntwo\\n' >>LOG", stop)
        self.assertEqual((outcome.problem, stop.lines), ("", ["one", "two"]))
        self.assertEqual(self.run_it("exit 3").problem, "QEMU ended with 3: ")

    def test_a_busy_host_is_no_reason(self):
        with mock.patch.object(runner, "BOOT_TIME", 1):
            self.assertRegex(self.run_it("exec sleep 4").problem, "^watchdog: ")
            with mock.patch.object(runner, "kept_waiting", lambda _: 60):
                self.assertEqual(self.run_it("exec sleep 4").problem, "")


if __name__ == "__main__":
    unittest.main()
