"""Reads the output of a test runner and prints how many tests passed and failed.

Knows the closing lines of cargo test, Vitest, Playwright, and the plain "N passed, N failed".
"""

import re
import sys

ANSI = re.compile(r"\x1b\[[0-9;]*m")
CARGO = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed;")
VITEST = re.compile(r"^\s*Tests\s+(?:(\d+) failed \| )?(\d+) passed")
PLAYWRIGHT = re.compile(r"^\s+(\d+) (passed|failed)(?: \(.*\))?$")
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed$")


def main() -> None:
    passed = failed = 0
    for raw in sys.stdin:
        line = ANSI.sub("", raw.rstrip("\n"))
        if match := CARGO.match(line) or PLAIN.match(line):
            passed += int(match[1])
            failed += int(match[2])
        elif match := VITEST.match(line):
            passed += int(match[2])
            failed += int(match[1] or 0)
        elif match := PLAYWRIGHT.match(line):
            if match[2] == "passed":
                passed += int(match[1])
            else:
                failed += int(match[1])
    print(passed, failed)


main()
