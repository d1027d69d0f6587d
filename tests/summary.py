#!/usr/bin/env python3
"""Counts what meson's log says about the last test run, and closes with one line: N passed, N failed[, N skipped].

A test program that reports its cases (TAP) counts by case, so that a case skipped inside a program that passed is not lost. Exits 1
when a case failed or none ran.
"""

import json
import re
import sys

CASE = re.compile(r"^\s*(not )?ok\b\s*\d*\s*-?\s*(.*)$")
MAX_COMPLAINTS = 40
SKIP = re.compile(r"#\s*SKIP\b\s*(.*)$", re.IGNORECASE)


def cases_of(test):
    """Yields (outcome, name, reason) for every case of one line of meson's log; outcome is passed, failed or skipped."""
    n_failed = 0
    found = False
    for line in test.get("stdout", "").splitlines():
        match = CASE.match(line)
        if not match or line.startswith("    "):
            continue
        found = True
        skip = SKIP.search(match.group(2))
        name = re.split(r"\s+#", match.group(2))[0]
        if skip:
            yield "skipped", name, skip.group(1)
        elif match.group(1):
            n_failed += 1
            yield "failed", name, ""
        else:
            yield "passed", name, ""

    result = test["result"]
    is_good = result in ("OK", "EXPECTEDFAIL")
    if result == "SKIP" and not found:
        yield "skipped", "", "the whole program"
    elif not is_good and result != "SKIP" and n_failed == 0:
        # A crash or a time-out: no case says so.
        yield "failed", "", result.lower()
    elif is_good and not found:
        yield "passed", "", ""


def print_complaints(test):
    """What a failed program said: of TAP, only what belongs to the failures."""
    lines = test.get("stdout", "").splitlines()
    if any(CASE.match(line) for line in lines):
        lines, all_lines, has_failed = [], lines, False
        for line in all_lines:
            if CASE.match(line):
                has_failed = line.startswith("not ok")
            if has_failed or "ERROR" in line or line.startswith("Bail out!"):
                lines.append(line)
    for line in lines[:MAX_COMPLAINTS]:
        print(f"{test['name']}: {line}")


def main(path):
    outcomes = {"passed": [], "failed": [], "skipped": []}
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            tests = [json.loads(line) for line in log if line.strip()]
    except OSError as error:
        print(f"No log of a test run: {error}")
        tests = []
    for test in tests:
        for outcome, name, reason in cases_of(test):
            outcomes[outcome].append((test["name"], name, reason))

    for test in tests:
        if test["result"] not in ("OK", "EXPECTEDFAIL", "SKIP"):
            print_complaints(test)
    for outcome, title in (("skipped", "SKIPPED"), ("failed", "FAILED")):
        for program, name, reason in outcomes[outcome]:
            print(f"{title}: {program} {name} {reason}".replace("  ", " ").rstrip())
    n_passed, n_failed, n_skipped = (len(outcomes[key]) for key in ("passed", "failed", "skipped"))
    print(f"{n_passed} passed, {n_failed} failed" + (f", {n_skipped} skipped" if n_skipped else ""))
    return 1 if n_failed or not n_passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
