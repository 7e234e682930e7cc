"""The verb mutants: faults are put into our own code, and each must be noticed.

    python3 -m rig.mutate          all mutants of FILES, or N of them, or those with NAMES

A survivor fails unless rig/mutants/explained says why it may live. SEED repeats a sample.
What only a boot can kill is tried with BOOTS=1, which takes minutes a mutant.
"""
import os
import sys

from rig import boots, variables
from rig.common.error import RigError
from rig.common.seed import today
from rig.common.tell import say
from rig.mutants import engine, explained
from rig.verdict import ktap

DAILY, FULL = 20, 200     # how many a check, and a full one, take
BOOTED = 20               # of these how many a full one boots


def judged(results):
    """[ktap.Result] of mutants: the survivors fail. What no program tried counts as skipped,
    and what does not compile is no mutant."""
    found = [ktap.Result(result.state != "survived", f"mutants: {result}",
                         skip=result.state if result.state not in engine.TRIED else "")
             for result in results if result.state != "does not compile"]
    return found or [ktap.Result(False, "mutants: some were tried")]


def about(made):
    """[ktap.Result] of what is wrong with the mutants themselves: an entry of `explained`
    that fits none or several, a function of ours into which hardly a fault was put."""
    stale = explained.unknown(made.entries, made.mutants, set(made.sources))
    found = [ktap.Result(False, f"mutants: explained, and there is not one such mutant: {entry.path}: "
                         f"'{entry.was}' -> '{entry.becomes}'") for entry in stale]
    for path, source in made.sources.items():
        mine = [mutant for mutant in made.mutants if mutant.path == path]
        found += [ktap.Result(False, f"mutants: {path}: {name}() has at least two")
                  for name in engine.thin(source, mine)]
    return found


def _able(results, count):
    """COUNT of the results of a sample that say something."""
    return [result for result in results if result.state in engine.ABLE][:count]


def sample(count, seed=None, words=(), booted=0, table=False):
    """[ktap.Result] of COUNT mutants, of which BOOTED are for boots, chosen by the day unless
    there is a SEED; and of those with names. TABLE: what became of them goes to stdout, by
    file."""
    seed = seed or today()
    say(f"mutants: {count} by the seed {seed}")
    made = engine.load(list(words), variables.jobs(), boots.jobs() if booted else 0)
    drawn = made.sample(count - booted, seed)
    names = [mutant for mutant in made.with_names
             if mutant not in drawn and (booted or not made.waits(mutant))]
    found = made.run([*drawn, *names], survey=False)
    able, short = _able(found[:len(drawn)], count - booted), []
    if len(able) < min(count - booted, len(drawn)):
        short.append(ktap.Result(False, f"mutants: {len(able)} of {count - booted} were tried"))
    results = able + found[len(drawn):]
    if booted:
        drawn = [mutant for mutant in made.sample_of_boots(booted, seed) if mutant not in names]
        able = _able(made.run(drawn, survey=False), booted)
        if len(able) < min(booted, len(drawn)):
            short.append(ktap.Result(False, f"mutants: {len(able)} of {booted} were booted"))
        results += able
    if table:
        print(engine.table_text(made, results))
    return judged(results) + about(made) + short


def every(words, only_names, machines):
    """[ktap.Result] of all mutants of the files, or of those with names, with the table on
    stdout."""
    made = engine.load(words, variables.jobs(), machines)
    mutants = made.with_names if only_names else made.mutants
    say(f"mutants: {len(mutants)} of {len(made.sources)} files")
    results = made.run(mutants, survey=not only_names)
    print(engine.table_text(made, results))
    return judged(results) + about(made)


def main():
    """make mutants."""
    words, count = (os.environ.get("FILES") or "").split(), variables.number("N")
    names, machines = variables.flag("NAMED"), boots.jobs() if variables.flag("BOOTS") else 0
    try:
        found = sample(count, os.environ.get("SEED"), words, count if machines else 0,
                       table=True) \
            if count else every(words, names, machines)
    except RigError as err:
        sys.exit(f"error: {err}")
    except KeyboardInterrupt:
        sys.exit("interrupted: what was found out is kept")
    failed = [result for result in found if not result.passed]
    passed = [result for result in found if result.passed and not result.skip]
    for result in found if count or names else failed:
        print(f"{'' if result.passed else 'not '}ok - {result.name}")
    print(f"{len(passed)} passed, {len(failed)} failed")
    sys.exit(bool(failed) or not passed)


if __name__ == "__main__":
    main()
