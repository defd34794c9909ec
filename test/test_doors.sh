#!/bin/sh
# The doors, from outside: runs every test/test_*.py against the binary: test/test_doors.sh build/eleven
# Each prints "ok NAME" or "not ok NAME" for its tests, then "N passed, M failed"; at the end the sum of all.
set -u
eleven=${1:?usage: test_doors.sh path/to/eleven}
here=$(cd "$(dirname "$0")" && pwd)
passed=0
failed=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
for test in "$here"/test_*.py; do
    begun=$(date +%s)
    # Debian's own interpreter: it is the one that has the packages of tools/setup.
    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$test" "$eleven" >"$log" 2>&1
    code=$?
    good=$(grep -c '^ok ' "$log")
    bad=$(grep -c '^not ok ' "$log")
    [ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1 # it did not come to its end
    passed=$((passed + good))
    failed=$((failed + bad))
    printf '%-28s %3d passed, %d failed, %d s\n' "$(basename "$test")" "$good" "$bad" $(($(date +%s) - begun))
    [ "$bad" -eq 0 ] || cat "$log"
done
echo "doors: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
