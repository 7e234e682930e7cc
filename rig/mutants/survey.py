"""What the kernel's compilers make of mutants, kept from one run to the next."""
from rig.mutants import needs, objects


class Survey:
    """Of SOURCES, {path: Source}, in TREE."""

    def __init__(self, sources, tree, store, jobs):
        self.sources, self.tree, self.store, self.jobs = sources, tree, store, jobs
        self.machines = {}

    def states(self, path, mutants):
        """{mutant: "does not compile" or "same code" or None}: on all architectures that
        have the file."""
        return {mutant: row["state"] for mutant, row in self._rows(path, mutants).items()}

    def fit(self, path, mutants, arch):
        """Those of MUTANTS that are worth a place in a kernel of ARCH, as far as is known."""
        return [mutant for mutant, row in self._rows(path, mutants).items()
                if arch not in row["bad"] + row["same"]]

    def _rows(self, path, mutants):
        """{mutant: what is kept of it}."""
        source, unknown = self.sources[path], {"state": None, "bad": [], "same": []}
        found = dict.fromkeys(mutants, unknown)
        if not any(objects.target(path, arch) for arch in source.arches):
            return found
        able = [mutant for mutant in mutants if mutant.function]
        tools = needs.compilers(source.arches)
        tree = needs.tree_id(self.tree)
        keys = {mutant: needs.key("objects 4", tools, tree, path, mutant.apply(source.text))
                for mutant in able}
        fresh = [mutant for mutant in able if not self.store.get(keys[mutant])]
        if fresh:
            self._compare(path, fresh, keys)
        found.update((mutant, self.store.get(keys[mutant])) for mutant in able)
        return found

    def _compare(self, path, mutants, keys):
        needs.say(f"mutants: {path}: comparing the object code of {len(mutants)}")
        source, numbered = self.sources[path], list(enumerate(mutants, 1))
        answers = {arch: self._objects(arch).survey(path, source.text, numbered)
                   for arch in source.arches if self._objects(arch).has(path)}
        for number, mutant in numbered:
            bad = [arch for arch, (none, _) in answers.items() if number in none]
            same = [arch for arch, (_, alike) in answers.items() if number in alike]
            state = None
            if answers and len(bad) == len(answers):
                state = "does not compile"
            elif answers and len(bad) + len(same) == len(answers):
                state = "same code"
            self.store.put(keys[mutant], state=state, bad=bad, same=same, mutant=str(mutant))

    def _objects(self, arch):
        if arch not in self.machines:
            self.machines[arch] = objects.Objects(arch, self.tree, self.jobs)
        return self.machines[arch]
