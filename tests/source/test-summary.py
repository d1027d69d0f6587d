#!/usr/bin/env python3
"""The closing line of a test run must not lose a failure or a skip. Prints TAP."""

import contextlib
import importlib.util
import io
import json
import sys
import tempfile
from pathlib import Path

spec = importlib.util.spec_from_file_location("summary", Path(__file__).parent.with_name("summary.py"))
summary = importlib.util.module_from_spec(spec)
spec.loader.exec_module(summary)

TAP = "1..3\nok 1 /a\nok 2 /b # SKIP no device\nnot ok 3 /c\n# Subtest: d\n    not ok 1 inner\n"

# Name of the case, the log's tests, exit code, closing line.
CASES = [
    ("cases of one program", [{"name": "p", "result": "FAIL", "stdout": TAP}], 1, "1 passed, 1 failed, 1 skipped"),
    ("a skip inside a good program", [{"name": "p", "result": "OK", "stdout": "ok 1 /a\nok 2 /b # SKIP\n"}], 0, "1 passed, 0 failed, 1 skipped"),
    ("a program without cases", [{"name": "p", "result": "OK", "stdout": "hello\n"}], 0, "1 passed, 0 failed"),
    ("a crash after good cases", [{"name": "p", "result": "ERROR", "stdout": "ok 1 /a\n"}], 1, "1 passed, 1 failed"),
    ("a time-out", [{"name": "p", "result": "TIMEOUT", "stdout": ""}], 1, "0 passed, 1 failed"),
    ("a whole program skipped", [{"name": "p", "result": "SKIP"}, {"name": "q", "result": "OK"}], 0, "1 passed, 0 failed, 1 skipped"),
    ("nothing ran", [], 1, "0 passed, 0 failed"),
]


def main():
    failed = False
    for number, (name, tests, status, line) in enumerate(CASES, 1):
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "testlog.json"
            log.write_text("".join(json.dumps(test) + "\n" for test in tests), encoding="utf-8")
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                found = summary.main(log)
        closing = output.getvalue().rstrip("\n").split("\n")[-1]
        is_good = (found, closing) == (status, line)
        failed |= not is_good
        print(f"{'ok' if is_good else 'not ok'} {number} - {name}")
        if not is_good:
            print(f"# {found} {closing}")
    print(f"1..{len(CASES)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
