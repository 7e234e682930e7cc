"""Signs in a console's log that a mutant was noticed: the machine can stop at the first."""
import re
import threading

from rig.mutants import needs

FACTOR = 3                # how much longer than without a fault a boot may take,
GRACE = 45                # and seconds more: a machine with other work
PAUSE = 10                # seconds of silence after which a report is taken for whole
_NOT_OK = re.compile(r"@LIVE@ (not ok .*)")
_REACHED = re.compile(r"rig_mutant: (\d+) reached")
_VISITS = re.compile(r"rig_mutant: 0 visits (\d+)\.")


class Signs(needs.Stop):
    """Watches a boot; LIMITS is a Control of the same boot without a fault, or None."""

    def __init__(self, platform, limits=None, over=None):
        self.platform, self.limits = platform, limits
        self.over = over or threading.Event()
        self.lines, self.sign = [], ""
        self.timed = False        # the sign is that it took too long
        self.seconds = self.last = self.quiet = 0
        self.suspect = None       # the number of a line that may be a report

    def line(self, text):
        """Take in a line of the console."""
        self.lines.append(text)
        self.quiet = max(self.quiet, self.seconds - self.last)
        self.last = self.seconds
        failed = _NOT_OK.search(text)
        if failed:
            self.sign = self.sign or failed[1]
            return
        kind = needs.logcheck.category(text)
        if kind in needs.logcheck.ENDS_A_CHECKER:
            self.sign = self.sign or f"{kind}: {text.strip()}"
        elif kind and self.suspect is None:
            self.suspect = len(self.lines)
        # What is known to be harmless may go on over some lines.
        if self.suspect and len(self.lines) >= self.suspect + needs.logcheck.CONTEXT:
            self._look(needs.logcheck.CONTEXT)

    def _look(self, context):
        """Is what was suspected a report? It has CONTEXT lines, which may tell that it is
        harmless."""
        self.suspect = None
        reports = needs.logcheck.check("\n".join(self.lines), self.platform)
        whole = [report for report in reports if report.line + context <= len(self.lines)]
        if whole:
            self.sign = self.sign or f"{whole[0].category}: {whole[0].text}"
        elif reports:
            self.suspect = reports[0].line

    def why(self, seconds, cpu):
        """Why the boot is to end now, or "". Without limits it goes on to its end."""
        self.seconds = seconds
        if self.over.is_set():
            return "interrupted"
        if not self.limits or self.sign:
            return self.sign if self.limits else ""
        silent = seconds - self.last
        if self.suspect and silent > PAUSE:
            self._look(0)
            if self.sign:
                return self.sign
        for what, is_, was in (("takes too long", seconds, self.limits.seconds),
                               ("takes too much CPU", cpu, self.limits.cpu),
                               ("is silent for too long", silent, self.limits.quiet)):
            if is_ > FACTOR * was + GRACE:
                self.sign = f"{what}: {is_:.0f} s, {was:.0f} s without the fault"
                self.timed = True
                break
        return self.sign


def reached(console, number):
    """Does the log say that the place of mutant NUMBER was reached?"""
    return str(number) in _REACHED.findall(console)


def visits(console):
    """The numbers of the places that a boot without a fault came to."""
    return sorted({int(number) for number in _VISITS.findall(console)})
