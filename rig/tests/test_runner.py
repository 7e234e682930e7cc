"""What a boot took."""
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from rig.machine import runner


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


if __name__ == "__main__":
    unittest.main()
