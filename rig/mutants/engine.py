"""From the sources to a verdict on each mutant: the ladder of table.py, rung by rung."""
import concurrent.futures
import os
import random
from dataclasses import dataclass

from rig.common.progress import Progress
from rig.common.tell import say
from rig.mutants import booted, explained, killers as programs, named, needs, operators, ours
from rig.mutants import parse, store, survey as surveys, table

#: what became of a mutant; only "survived" is a failure
STATES = ("does not compile", "same code", "killed", "explained", "waits for a boot", "survived")
#: those of mutants that a program or a boot can reach
ABLE = ("killed", "explained", "survived")
#: those about which something was found out
TRIED = (*ABLE, "same code")


@dataclass
class Result:
    """What became of a mutant, by which program, and what that said."""

    mutant: operators.Mutant
    state: str
    by: str = ""
    said: str = ""

    def __str__(self):
        words = f"{self.mutant}: {self.state}"
        return words + (f" by {self.by}: {self.said}" if self.by else
                        f": {self.said}" if self.said else "")


class Engine:
    """The mutants of some sources, and what is known of them.

    EVERY: all sources, for a kernel has the mutants of all. MACHINES: how many boot at a
    time; 0: none does, and what only a boot can kill waits."""

    def __init__(self, sources, tree, jobs=None, every=None, machines=0):
        self.sources = {source.path: source for source in sources}
        self.every = {source.path: source for source in every or sources}
        self.tree, self.jobs, self.machines = tree, jobs or os.cpu_count() or 1, machines
        self.killers = programs.killers()
        self.store = store.Store(needs.cache() / "results.jsonl")
        self.entries, self.names = explained.load(), named.load()
        self.survey = surveys.Survey(self.every, tree, self.store, self.jobs)
        self.mutants_of = needs.kept.once(self._mutants_of)
        self.boots = booted.Boots(self.every, tree, self.store, self.survey, self.mutants_of) \
            if machines else None
        self.mutants = [mutant for path in self.sources for mutant in self.mutants_of(path)]
        self.keys = explained.keys(self.mutants)

    def _mutants_of(self, path):
        source = self.every[path]
        return named.merged(operators.mutants(path, source.text, source.lines),
                            [entry for entry in self.names if entry.path == path], source.text)

    @property
    def with_names(self):
        """The mutants that have names."""
        return [mutant for mutant in self.mutants if mutant.operator.startswith("named: ")]

    def coverers(self, mutant):
        """The programs that have the mutant's function, the cheapest first."""
        return [self.killers[name] for name in table.ROWS[mutant.path].user
                if self.killers[name].covers(mutant)]

    def waits(self, mutant):
        """Can only a boot kill the mutant?"""
        return not self.coverers(mutant)

    def boots_of(self, mutant):
        """The boots that can kill the mutant, if any is to be made."""
        return self.boots.ladder(mutant) if self.boots else []

    def sample(self, count, seed):
        """COUNT mutants that a program in user space can kill, and some to take the place
        of those that do not compile."""
        able = [mutant for mutant in self.mutants if not self.waits(mutant)]
        return _drawn(able, count, seed)

    def sample_of_boots(self, count, seed):
        """The same of those that only a boot can kill, and that none explains."""
        able = [mutant for mutant in self.mutants if self.waits(mutant) and self.boots_of(mutant)
                and self.keys[mutant] not in self.entries]
        return _drawn(able, count, seed)

    def run(self, mutants, survey):
        """[Result] of MUTANTS in their order. SURVEY: compare the object code of all, and
        not only of those that survive."""
        results = {}
        with Progress("mutants", len(mutants), "mutants") as progress:
            for path in dict.fromkeys(mutant.path for mutant in mutants):
                progress.note = path
                mine = [mutant for mutant in mutants if mutant.path == path]
                found = self._file(path, mine, survey, progress)
                say(f"mutants: {path}: {summary(found.values())}")
                results.update(found)
        return [results[mutant] for mutant in mutants]

    def _file(self, path, mutants, survey, progress):
        results = {}
        if survey:
            for mutant, state in self.survey.states(path, mutants).items():
                if state:
                    results[mutant] = Result(mutant, state)
                    progress.step()
        for name in table.ROWS[path].user:
            self._climb(self.killers[name], path,
                        [mutant for mutant in mutants if mutant not in results
                         and self.killers[name].covers(mutant)], results, progress)
        left = []
        for mutant in (mutant for mutant in mutants if mutant not in results):
            entry = self.entries.get(self.keys[mutant])
            if entry:
                results[mutant] = Result(mutant, "explained", said=f"{entry.kind}: {entry.reason}")
                progress.step()
            else:
                left.append(mutant)
        # Nothing else is known of those that wait.
        tried = [mutant for mutant in left if self.boots_of(mutant) or not self.waits(mutant)]
        states = self.survey.states(path, tried) if tried and not survey else {}
        self._boot([mutant for mutant in tried if not states.get(mutant)
                    and self.boots_of(mutant)], results, progress)
        for mutant in (mutant for mutant in left if mutant not in results):
            if states.get(mutant):
                results[mutant] = Result(mutant, states[mutant])
            elif not self.waits(mutant):
                results[mutant] = Result(mutant, "survived", said=self._seen(mutant))
            else:
                results[mutant] = Result(mutant, "waits for a boot")
            progress.step()
        return results

    def _boot(self, mutants, results, progress):
        """Let boots try MUTANTS; what was found out of them goes to RESULTS."""
        if not mutants:
            return
        with concurrent.futures.ThreadPoolExecutor(self.machines) as pool:
            waiting = {pool.submit(self.boots.tried, mutant): mutant for mutant in mutants}
            try:
                for done in concurrent.futures.as_completed(waiting):
                    mutant, verdict = waiting[done], done.result()
                    if verdict is None:         # none of its boots can be had, or has it
                        continue
                    results[mutant] = self._of_boot(mutant, verdict)
                    progress.step()
                    say(f"{progress.text()}: {results[mutant]}")
            except BaseException:
                self.boots.over.set()
                pool.shutdown(cancel_futures=True)
                raise

    def _of_boot(self, mutant, verdict):
        """The Result that a booted.Verdict is."""
        if verdict.killed:
            return Result(mutant, "killed", verdict.by, verdict.said)
        if verdict.reached:
            return Result(mutant, "survived", said=f"reached by {verdict.by}, and not noticed")
        return Result(mutant, "survived", said=self._seen(mutant))

    def _seen(self, mutant):
        """Whether any program came to the place of a survivor."""
        rows = [self.store.get(self._key(killer, mutant)) for killer in self.coverers(mutant)]
        if any(row and row["reached"] for row in rows):
            return "reached, and not noticed"
        return "no test comes there"

    def _key(self, killer, mutant):
        texts = programs.texts_of(self.tree, killer)
        return needs.key(killer.digest(texts), mutant.path,
                               mutant.apply(self.sources[mutant.path].text))

    def _climb(self, killer, path, mutants, results, progress):
        """Let one program try MUTANTS; what it kills goes to RESULTS."""
        if not mutants:
            return
        texts = programs.texts_of(self.tree, killer)
        base = killer.digest(texts)
        text = self.sources[path].text
        keys = {mutant: needs.key(base, path, mutant.apply(text)) for mutant in mutants}
        fresh = [mutant for mutant in mutants if not self.store.get(keys[mutant])]
        for mutant, row in self._fresh(killer, path, texts, fresh):
            self.store.put(keys[mutant], **row, mutant=str(mutant), by=killer.name)
            if row["state"] == "killed":
                progress.step()
        for mutant in mutants:
            row = self.store.get(keys[mutant])
            # What a program cannot be compiled with, the kernel may be: the survey tells.
            if row["state"] == "killed":
                results[mutant] = Result(mutant, row["state"], killer.name, row["said"])
                if mutant not in fresh:
                    progress.step()

    def _fresh(self, killer, path, texts, mutants):
        """Yield (mutant, what is to be kept of it) of those that nobody has tried."""
        if not mutants:
            return
        with programs.place_for(killer, path) as place:
            yield from self._fresh_in(place, killer, texts, mutants)

    def _fresh_in(self, place, killer, texts, mutants):
        numbered = [(number, mutant) for number, mutant in enumerate(mutants, 1)
                    if mutant.function]
        left, bad = killer.build(place, texts, numbered)
        cpu = killer.measure(place)
        for number, mutant in numbered:
            if number in bad:
                yield mutant, {"state": "does not compile", "said": "", "reached": False}
        alone = [mutant for mutant in mutants if not mutant.function]
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            waiting = {pool.submit(killer.run, place, number, cpu): mutant
                       for number, mutant in left}
            waiting.update({pool.submit(self._alone, killer, texts, mutant, cpu): mutant
                            for mutant in alone})
            for done in concurrent.futures.as_completed(waiting):
                verdict = done.result()
                if verdict is None:
                    row = {"state": "does not compile", "said": "", "reached": False}
                else:
                    row = {"state": "killed" if verdict.killed else "passed",
                           "said": verdict.said, "reached": verdict.reached}
                yield waiting[done], row

    @staticmethod
    def _alone(killer, texts, mutant, cpu):
        """The Verdict on a mutant of a macro, which has a build of its own."""
        with programs.place_for(killer, mutant.path) as place:
            if killer.compile(place, texts, [(1, mutant)]) is not None:
                return None
            return killer.run(place, 0, cpu)


def _drawn(mutants, count, seed):
    """COUNT of MUTANTS by the seed, and some that may be needed as well."""
    random.Random(seed).shuffle(mutants)
    return mutants[:count + count // 3 + 1]


def chosen(sources, words):
    """Those of SOURCES that WORDS name, by their paths or the ends of these; all if there
    are no words."""
    found = []
    for word in words:
        mine = [source for source in sources
                if source.path == word or source.path.endswith("/" + word) or
                source.path.startswith(word.rstrip("/") + "/")]
        if not mine:
            raise needs.RigError(f"FILES={word}: no file of ours")
        found += [source for source in mine if source not in found]
    return found if words else list(sources)


def thin(source, mutants):
    """The names of functions that are wholly ours and have fewer than two mutants, but for
    those that do nothing or return a constant."""
    counts = {}
    for mutant in mutants:
        counts[mutant.function] = counts.get(mutant.function, 0) + 1
    found = []
    for function in parse.functions(source.text):
        first = source.text.count("\n", 0, function.start) + 1
        last = source.text.count("\n", 0, function.end) + 1
        whole = source.lines is None or set(range(first, last + 1)) <= source.lines
        if whole and function.last - function.first > 5 and counts.get(function.name, 0) < 2:
            found.append(function.name)
    return found


def summary(results):
    """How many of RESULTS are in each of STATES."""
    counts = [sum(result.state == state for result in results) for state in STATES]
    return ", ".join(f"{count} {state}" for count, state in zip(counts, STATES) if count)


def load(words, jobs=None, machines=0):
    """An Engine for the files that WORDS name."""
    tree, every = needs.tree(), ours.load()
    return Engine(chosen(every, words), tree, jobs, every, machines)


def rows(engine, results):
    """[(path, lines of ours, {state or program: count})] of a run."""
    found = []
    for path, source in engine.sources.items():
        mine = [result for result in results if result.mutant.path == path]
        counts = {}
        for result in mine:
            word = f"killed by {result.by}" if result.state == "killed" else result.state
            counts[word] = counts.get(word, 0) + 1
        if mine:
            lines = len(source.lines) if source.lines is not None else source.text.count("\n")
            found.append((path, lines, counts))
    return found


def score(results):
    """(killed, mutants that compile to code of their own and that were tried)."""
    able = [result for result in results if result.state in ABLE]
    return sum(result.state == "killed" for result in able), len(able)


def table_text(engine, results):
    """The table by file."""
    found = rows(engine, results)
    words = sorted({word for _, _, counts in found for word in counts})
    lines = [f"{'file':34}{'lines':>7}{'mutants':>9}" + "".join(f"  {word}" for word in words)]
    for path, count, counts in found:
        lines.append(f"{path:34}{count:7}{sum(counts.values()):9}" + "".join(
            f"  {counts.get(word, 0) or '.':>{len(word)}}" for word in words))
    killed, able = score(results)
    if able:
        lines.append(f"{killed} of {able} killed that can be, "
                     f"{100 * killed / able:.1f} of 100")
    return "\n".join(lines)
