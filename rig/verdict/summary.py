"""What a person reads at the end of a run."""
from rig.verdict import ktap

FEATURES = ((2, "auto-translated"), (16, "not direct mapped"), (17, "direct mapped"))
SLAB = 2048               # bytes
COUNTS = ("mapped", "bounced", "foreign")


def size(count):
    """A number of bytes for a person."""
    count = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.0f} {unit}" if count >= 10 or unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return ""


def features(text):
    """The names of the bits that matter for DMA."""
    try:
        value = int(text, 16)
    except ValueError:
        return text
    names = [name for bit, name in FEATURES if value >> bit & 1]
    return ", ".join(names) or "none of translation or direct mapping"


def facts_of(document):
    """{key: value} of the guest's facts, and the words that Linux said."""
    facts, said = {}, []
    for fact in document.facts:
        if fact.startswith("said: "):
            said.append(fact[len("said: "):])
        else:
            facts.update(ktap.pairs(fact))
    return facts, said


def devices_of(verdicts):
    """{device: {'bytes': …, 'mapped': …}} summed over boots, in order of first sight."""
    total = {}
    for verdict in verdicts:
        for subtest in verdict.document.subtests:
            for note in subtest.notes:
                words = ktap.pairs(note)
                if "device" not in words:
                    continue
                line = total.setdefault(words["device"], dict.fromkeys(("bytes",) + COUNTS, 0))
                for key in line:
                    if words.get(key, "").isdigit():
                        line[key] += int(words[key])
    return total


def verified_of(verdicts):
    """{disk: bytes that the host found in the image as the guest said}."""
    total = {}
    for verdict in verdicts:
        good = {result.name for _, results, _ in verdict.groups for result in results
                if result.passed}
        for subtest in verdict.document.subtests:
            for note in subtest.notes:
                words = ktap.pairs(note)
                name = f"host finds on {words.get('disk')} what the guest wrote at " \
                       f"{words.get('offset')}"
                if note.startswith("host-verify") and name in good:
                    disk = words["disk"]
                    total[disk] = total.get(disk, 0) + int(words["length"])
    return total


def _boot_lines(verdict):
    facts, said = facts_of(verdict.document)
    outcome = verdict.outcome
    lines = [f"  {outcome.boot.name}: {verdict.word}"]
    if outcome.log:
        lines[0] += f" in {outcome.seconds:.0f} s, log {outcome.log}"
    for name, results, _ in verdict.groups:
        for result in results:
            if result.skip:
                lines.append(f"    skipped: {result.name}: {result.skip}")
            elif not result.passed:
                lines.append(f"    FAILED {name.split(': ', 1)[1]}: {result.name}")
                lines += [f"      {note}" for note in result.notes if note.startswith("why")]
    return facts, said, lines


def pools(facts, found):
    """The bounce pools: how large, by FACTS of a boot; what was added in all boots of FOUND."""
    if not facts.get("swiotlb_slabs", "").isdigit():
        return "none"
    words = [size(int(facts["swiotlb_slabs"]) * SLAB)]
    if "high_max" in facts:
        words.append(f"high ones up to {size(int(facts['high_max']) * SLAB)}")
    total = {key: sum(int(each.get(key, 0)) for each in found)
             for key in ("low_grown", "high_grown", "low_failed", "high_failed")}
    added = [f"{total[kind + '_grown']} {kind}" for kind in ("low", "high")
             if total[kind + "_grown"]]
    if added:
        words.append(f"{' and '.join(added)} added")
    failed = total["low_failed"] + total["high_failed"]
    return ", ".join(words + [f"{failed} mappings found no room"] * bool(failed))


def platform_text(platform, kernel, verdicts):
    """The summary of one platform."""
    found, said, boots = [], [], []
    for verdict in verdicts:
        more, words, lines = _boot_lines(verdict)
        found.append(more)
        said = said or words
        boots += lines
    facts = next(filter(None, found), {})
    checks = [r for v in verdicts for _, results, _ in v.groups for r in results]
    good = sum(result.passed for result in checks)
    bad = sum(not result.passed and not result.skip for result in checks)
    lines = [f"{platform} ({kernel} kernel): {'passed' if good and not bad else 'FAILED'}, "
             f"{good} checks passed, {bad} failed"]
    if "kernel" in facts:
        lines.append(f"  Linux {facts['kernel']} on {facts.get('machine', '?')}")
    if "xen" in facts:
        lines.append(f"  Xen {facts['xen']}, features {facts.get('features')}: "
                     f"{features(facts.get('features', ''))}")
    if "path" in facts:
        lines.append(f"  path: {facts['path'].replace('_', ' ')}")
    if facts:
        lines.append(f"  bounce pool: {pools(facts, found)}")
    lines += [f"  said: {words}" for words in said[:6]]
    devices, verified = devices_of(verdicts), verified_of(verdicts)
    if devices or verified:
        lines.append(f"  {'device':<14}{'moved':>10}{'on host':>10}"
                     + "".join(f"{count:>10}" for count in COUNTS))
    for device in list(devices) + [disk for disk in verified if disk not in devices]:
        row = devices.get(device, dict.fromkeys(("bytes",) + COUNTS, 0))
        lines.append(f"  {device:<14}{size(row['bytes']):>10}{size(verified.get(device, 0)):>10}"
                     + "".join(f"{row[count]:>10}" for count in COUNTS))
    return "\n".join(lines + boots)


def text(verdicts):
    """The whole summary, a platform and kernel at a time."""
    groups = {}
    for verdict in verdicts:
        machine = verdict.outcome.boot.machine
        groups.setdefault((machine.platform, machine.kernel), []).append(verdict)
    return "\n\n".join(platform_text(*key, value) for key, value in groups.items())
