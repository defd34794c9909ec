#!/bin/sh
# The doors, from outside: runs every test/test_*.py against the binary: test/test_doors.sh build/eleven
# Each prints "ok NAME" or "not ok NAME" for its tests, then "N passed, M failed"; tools/run-tests counts.
set -u
build=$(realpath "$(dirname "${1:?usage: test_doors.sh path/to/eleven}")")
cd "$(dirname "$0")/.." || exit 1
status=0
# What the server does under load is measured; nothing else may run beside it.
tools/run-tests "$build" $(ls test | grep '^test_.*\.py$' | grep -v load) || status=1
tools/run-tests -j 1 "$build" $(ls test | grep '^test_.*load.*\.py$') || status=1
exit $status
