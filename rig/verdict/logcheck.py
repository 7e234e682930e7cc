"""Is a console's log clean? Finds reports of the kernel and of Xen.

What is known to be harmless stands in rig/known-noise, each with its reason. A
line of noise that no longer matches anything does no harm; one without a reason
is an error, and so is one for a report after which a checker is off.

    python3 -m rig.verdict.logcheck [PLATFORM] < console.log
"""
import fnmatch
import functools
import re
import sys
from dataclasses import dataclass

from rig.common import paths

CONTEXT = 12              # lines shown from a report on
# Reports that end with a trace, and how many lines come before it at the most.
TRACED = {"WARN": 2 * CONTEXT,    # x86 has its registers there
          "irq": CONTEXT}
# Reports of which a pattern of noise sees more lines than CONTEXT.
LONG = {"irq": 8 * CONTEXT}       # whose it is comes after the trace
# After such a report what found it is off, or the kernel no longer to be believed. One
# that was forgiven would hide all that come after it.
ENDS_A_CHECKER = {"lockdep", "KASAN", "DMA-API", "Oops", "BUG", "panic"}

# (category, what a line of such a report looks like). The first match names it.
PATTERNS = tuple((name, re.compile(regex)) for name, regex in (
    ("script", r"sh: /\S+: line \d+: "),
    ("panic", r"Kernel panic - not syncing"),
    ("lockdep", r"WARNING: (possible|inconsistent|bad unlock|suspicious|held lock|Nested lock)"
                r"|INFO: (possible|inconsistent) |possible (circular|recursive) locking"
                r"|INFO: trying to register non-static key|turning off the locking correctness"
                r"|\[ BUG: (Invalid wait context|bad unlock|held lock)|lockdep.*(BUG|too low)"),
    ("KASAN", r"KASAN: |KCSAN: |KFENCE: |KMSAN: "),
    ("UBSAN", r"UBSAN: "),
    ("DMA-API", r"DMA-API: (?!preallocated |debugging enabled )"),
    ("lockup", r"soft lockup|hard LOCKUP|watchdog: BUG"),
    ("RCU stall", r"rcu.*(stall|starved for)|INFO: rcu"),
    ("hung task", r"INFO: task .* blocked for more than|hung_task: "),
    ("Oops", r"Oops|Unable to handle kernel|general protection fault|Internal error: "
             r"|double fault|invalid opcode: |stack segment: |unhandled trap"),
    ("unhandled fault", r"[Uu]nhandled (fault|page fault|exception|prefetch abort|signal)"
                        r"|segfault at |traps: .* (trap|error)|SError Interrupt"),
    ("BUG", r"kernel BUG at |\bBUG: |\bBUG at "),
    ("Xen crash", r"\(XEN\).*(Panic on CPU|FATAL|Xen BUG|Assertion .* failed|Xen call trace"
                  r"|crashed|Xen WARN|watchdog|unexpected trap|UNHANDLED)"),
    ("Xen IOMMU fault", r"\(XEN\).*(IO_PAGE_FAULT|DMAR.*[Ff]ault|PTE (Read|Write) access"
                        r"|SMMU.*fault|[Uu]nhandled context fault)"),
    ("Xen refusal", r"\(XEN\) (arch/\S+/|common/)?(mm|memory|grant_table|p2m\S*|pv/mm)\.c:\d+"
                    r"|\(XEN\).*(Attempt to (map|transfer|implicitly)|[Bb]ad (frame|L\d flags))"),
    ("WARN", r"\bWARNING: |\[ cut here \]|unchecked MSR access error"),
    ("irq", r"nobody cared"),
    ("trace", r"^(domU: )?(\[ *\d+\.\d+\] )?\s*Call [Tt]race:"),
    ("memory", r"page allocation failure|Out of memory|oom-kill|invoked oom-killer"
               r"|bad page state|list_(add|del) corruption|refcount_t: |swiotlb buffer is full"
               # A test tries 512000 bytes, and MMIO.
               r"|no swiotlb buffer of \d+ bytes|swiotlb cannot bounce (?!512000 )"
               r"|cannot map \S+ for DMA: (?!MMIO)"
               r"|corrupted (stack|preempt)|scheduling while atomic"),
    ("I/O", r"I/O error|critical (medium|target) error|failed command: |exception Emask"
            r"|controller is down|timeout, (abort|reset|disable)|DMA timed out|ADMA error"
            r"|Detected Hardware Unit Hang|Timeout waiting for hardware"),
))
OWN = re.compile(r"@(LIVE|KTAP|DONE)@ ")


@dataclass(frozen=True)
class Noise:
    """A known harmless line: where, which, why."""

    platform: str
    regex: re.Pattern
    reason: str


IOMMU_FAULTS = Noise("*", dict(PATTERNS)["Xen IOMMU fault"], "the test makes a device do that")


@dataclass(frozen=True)
class Report:
    """Something in the log that should not be there. LINE counts from 1."""

    category: str
    line: int
    text: str
    context: tuple


def parse_noise(text):
    """[Noise]; a line is 'platform-pattern | regular expression | reason'."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split(" | ")]
        if len(cells) != 3 or not all(cells):
            raise ValueError(f"rig/known-noise:{number}: want 'platform | regex | reason'")
        kind = category(cells[1])
        if kind in ENDS_A_CHECKER:
            raise ValueError(f"rig/known-noise:{number}: forgives a {kind} report, and what "
                             "found it is off from there on: mend the fault")
        found.append(Noise(cells[0], re.compile(cells[1]), cells[2]))
    return found


@functools.lru_cache(maxsize=None)
def known_noise():
    """What rig/known-noise says."""
    return tuple(parse_noise((paths.RIG / "known-noise").read_text(encoding="utf-8")))


def category(line):
    """The kind of report that the line belongs to, or None."""
    if OWN.search(line):
        return None
    return next((name for name, regex in PATTERNS if regex.search(line)), None)


def _is_noise(context, first, noise):
    """Whether a pattern matches CONTEXT from within its FIRST characters, a line, on."""
    found = (item.regex.search(context) for item in noise)
    return any(match and match.start() <= first for match in found)


def check(text, platform, noise=None):
    """[Report] of the log. A report's own lines (its context) count as one."""
    noise = known_noise() if noise is None else noise
    noise = [item for item in noise if fnmatch.fnmatchcase(platform, item.platform)]
    # Not splitlines(): a torn line may hold any byte, some of which would part it.
    lines = [line.rstrip("\r") for line in text.split("\n")]
    reports = []
    quiet_until = trace_until = 0
    for index, line in enumerate(lines):
        kind = category(line)
        if kind is None or index < quiet_until:
            continue
        if kind not in ENDS_A_CHECKER and _is_noise(
                "\n".join(lines[index:index + LONG.get(kind, CONTEXT)]), len(line), noise):
            # Only these have traces; one after another line is a report of its own.
            if kind in TRACED:
                trace_until = index + TRACED[kind]
            continue
        if kind == "trace" and index < trace_until:
            trace_until = 0     # another is not its
            continue
        quiet_until = index + CONTEXT
        # 'cut here' comes before the line that says what it is.
        if "cut here" in line and index + 1 < len(lines):
            kind = category(lines[index + 1]) or kind
        reports.append(Report(kind, index + 1, line.strip(),
                              tuple(lines[index:index + CONTEXT])))
    return reports


def main():
    """Check stdin; the exit code is 1 if it is not clean."""
    reports = check(sys.stdin.read(), sys.argv[1] if len(sys.argv) > 1 else "*")
    for report in reports:
        print(f"{report.category} at line {report.line}:")
        for line in report.context:
            print(f"    {line}")
    sys.exit(bool(reports))


if __name__ == "__main__":
    main()
