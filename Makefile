# The verbs. Each is a line of shell; what they do stands in rig/ and series/.
.DEFAULT_GOAL := help
.PHONY: help run shell check check-full bench mutants report tree refresh series pins deps \
	variables
MAKEFLAGS += --no-print-directory

export PLATFORM KERNEL TEST FILES KSRC XSRC XEN JOBS FORCE COMPARE KEEP UPDATE N SEED NAMED BOOTS PARTS
PYTHON := PYTHONDONTWRITEBYTECODE=1 python3

help: ## this list
	@echo 'make VERB [NAME=VALUE …]'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | \
		awk -F '|' '{ printf "%-12s %s\n", $$1, $$2 }'
	@echo '  PLATFORM=  pv, pvh (the default), arm64, arm, bare-x86_64, bare-arm64, all'
	@echo '  KERNEL=    ours (the default), base: the unmodified kernel, or a series: up to its end'
	@echo '  TEST= FILES=  a test file of your own, a directory to unpack at /files'
	@echo '  KSRC= XSRC=  a git clone of a kernel to put the series on, a Xen tree or clone'
	@echo '  XEN=1      tree, refresh and series of Xen, with XSRC= for KSRC='
	@echo '  COMPARE= KEEP=1  an earlier bench.json, whether to keep this one in bench/'
	@echo '  FILES= N= SEED=  mutants: of which files of ours, how many, chosen by what'
	@echo '  NAMED=1 BOOTS=1  mutants: those with names; boot where only that can tell'
	@echo '  PARTS=     check-full: some of units static mutants ours base ends kunit'
	@echo '  JOBS=      how many machines run at a time'
	@echo '  FORCE=1    let tree or refresh win over edits   UPDATE=1  let pins move pins'

MORE :=
deps:
	@rig/deps.sh $(MORE)
	@$(PYTHON) -m rig.variables $(MAKECMDGOALS)

variables:
	@$(PYTHON) -m rig.variables $(MAKECMDGOALS)

run: deps ## build the kernel, boot it as dom0 on Xen, do DMA, tell what happened
	@$(PYTHON) -m rig.run run

shell: deps ## the same machine with a shell on this terminal
	@$(PYTHON) -m rig.run shell

check: deps ## all tests: units, static, every platform
	@$(PYTHON) -m rig.check

check-full: MORE := clang-19
check-full: deps ## the same, the whole suite on base, and boots at the end of each series
	@$(PYTHON) -m rig.check full

bench: deps ## count instructions on the base kernel, on ours, and on bare metal
	@$(PYTHON) -m rig.bench

mutants: deps ## put faults into our own code: which do the tests not notice?
	@$(PYTHON) -m rig.mutate

report: variables ## a page of what the last check, check-full, run and bench found
	@$(PYTHON) -m rig.report

# With a kernel of one's own git and Python are enough.
NEEDED := $(if $(if $(XEN),$(XSRC),$(KSRC)),variables,deps)

tree: $(NEEDED) ## a git tree in build/tree: the base, then one commit a patch
	@$(PYTHON) -m series tree

refresh: $(NEEDED) ## take the commits in build/tree back into the series
	@$(PYTHON) -m series refresh

series: $(NEEDED) ## the mails to send, a folder a series, in build/series
	@$(PYTHON) -m series mails

pins: deps ## whether the archive has each pinned version; UPDATE=1 moves the others
	@$(PYTHON) -m rig.pincheck
