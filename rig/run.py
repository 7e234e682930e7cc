"""The verbs run and shell: build what is missing, boot, judge, tell.

    python3 -m rig.run run|shell        what is run the environment says: see variables.py
"""
import sys
from pathlib import Path

from rig import boots, variables
from rig.common.error import RigError
from rig.machine import runner, testfile
from rig.machine.boot import Boot, plan
from rig.verdict import ktap


def run():
    """make run."""
    own, platforms = variables.test(), variables.platforms()
    planned = plan([own] if own else testfile.load_all(boots.TESTS), platforms,
                   variables.kernel())
    if not planned:
        raise RigError("no test runs on " + " ".join(platforms))
    files = variables.files()
    place = boots.results_dir("run")
    writer = ktap.Writer()
    boots.told(writer, boots.boot_all(planned, boots.build_kernels(planned), place, files), place)
    return boots.finish(writer, place)


def shell():
    """make shell: a dom0, or bare machine, to type into."""
    platform = variables.platforms()[0]
    every = testfile.load_all(boots.TESTS)
    devices = {word for test in every if platform in test.platforms
               for word in test.words("devices", platform)}
    modules = {word for test in every for word in test.words("modules", platform)}
    seat = testfile.TestFile(Path("shell.sh"), {"devices": " ".join(sorted(devices)),
                                                "modules": " ".join(sorted(modules)),
                                                "domu": "yes"}, (platform,))
    item = Boot(seat.machine(platform, variables.kernel()), [seat])
    made, _ = boots.parts(item, boots.build_kernels([item]))
    return runner.shell(item, made, boots.results_dir("shell"), variables.files())


def main():
    """The verb that the command line names."""
    verbs = {"run": run, "shell": shell}
    try:
        sys.exit(verbs[sys.argv[1]]())
    except RigError as err:
        sys.exit(f"error: {err}")
    except KeyboardInterrupt:
        sys.exit("interrupted")


if __name__ == "__main__":
    main()
