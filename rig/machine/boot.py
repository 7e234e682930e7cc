"""Which tests share a boot, and what it needs for them."""
from dataclasses import dataclass

from rig.machine.devices import DEVICES
from rig.machine.machine import Machine


@dataclass
class Boot:
    """One boot: a machine and the tests that it runs."""

    machine: Machine
    tests: list

    def _union(self, key):
        found = {}
        for test in self.tests:
            found.update(dict.fromkeys(test.words(key, self.machine.platform)))
        return tuple(found)

    @property
    def devices(self):
        """Devices that any of the tests wants, in the order of DEVICES."""
        wanted = self._union("devices")
        return tuple(device for device in DEVICES if device in wanted)

    @property
    def modules(self):
        """Kernel modules that any of the tests wants."""
        return self._union("modules")

    @property
    def programs(self):
        """Programs of the rig's own that any of the tests wants."""
        return self._union("programs")

    @property
    def domu(self):
        """Whether a test starts another domain."""
        return any(test.flag("domu", self.machine.platform) for test in self.tests)

    def lacking(self, xen):
        """{test name: why it cannot run} of tests for which a xensource.Xen is too old."""
        lacks = {test.name: xen.lacks(test.words("xen_options", self.machine.platform))
                 for test in self.tests}
        return {name: f"{xen.about} has no {' '.join(options)}"
                for name, options in lacks.items() if options}

    @property
    def timeout(self):
        """Seconds for all the tests together."""
        return sum(test.timeout(self.machine.platform) for test in self.tests)

    @property
    def name(self):
        """A name for logs, unique among the boots of a run."""
        machine = self.machine
        parts = [machine.platform]
        if machine.kernel != "ours":
            parts.append(machine.kernel)
        parts.append(self.tests[0].name if self.tests else "shell")
        if self.tests and len(self.tests[0].words("cpus", machine.platform)) > 1:
            parts[-1] += str(machine.cpus)
        return "-".join(parts)


def plan(tests, platforms, kernel="ours", full=False):
    """The boots that run TESTS on PLATFORMS; equal machines share one.

    Tests that declare 'full: yes' are left out unless FULL.
    """
    boots = {}
    for platform in platforms:
        for test in tests:
            if (platform not in test.platforms or test.not_run(platform, kernel)
                    or (test.flag("full", platform) and not full)):
                continue
            for machine in test.machines(platform, kernel):
                boots.setdefault(machine, Boot(machine, [])).tests.append(test)
    return list(boots.values())
