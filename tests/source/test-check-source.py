#!/usr/bin/env python3
"""Plants every fault that check-source.py looks for into a small project, and sees it found. Prints TAP."""

import importlib.util
import sys
import tempfile
from pathlib import Path

spec = importlib.util.spec_from_file_location("check_source", Path(__file__).with_name("check-source.py"))
check = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check)

GOOD = '/* lk-good.c: good. */\n#define G_LOG_DOMAIN "likeness-train"\n\n#include "config.h"\n\n#include "model/lk-model.h"\n'

# Name of the case, path and text of the faulty file, what the finding must say.
FAULTS = [
    ("a higher floor", "src/base/a.c", GOOD, "may not see model"),
    ("a floor beside", "src/project/a.c", GOOD.replace("model/", "graph/"), "may not see graph"),
    ("Vulkan above gpu", "src/graph/a.c", GOOD.replace('"model/lk-model.h"', "<vulkan/vulkan.h>"), "only gpu may"),
    ("GTK below app", "src/cli/a.c", GOOD.replace('"model/lk-model.h"', "<gtk/gtk.h>"), "only app may"),
    ("an unknown folder", "src/cellar/a.c", GOOD, "stands on no floor"),
    ("a tab", "src/train/a.c", GOOD + "\t\n", "tab"),
    ("space at the end", "src/train/a.c", GOOD + "int a; \n", "space at the end"),
    ("no newline", "src/train/a.c", GOOD + "int a;", "no newline"),
    ("a long line", "src/train/a.c", GOOD + "/*" + "a" * 200 + "*/\n", "columns"),
    ("no head", "src/train/a.c", GOOD[GOOD.index("#define") :], "does not begin with what it is"),
    ("no log domain", "src/train/a.c", GOOD.replace("G_LOG_DOMAIN", "OTHER"), "no G_LOG_DOMAIN"),
    ("config.h too late", "src/train/a.c", GOOD.replace("config.h", "base/lk-file.h"), "config.h is not the first"),
    ("no pragma", "src/train/a.h", "/* a.h: a. */\n", "no #pragma once"),
    ("a path", "src/train/a.c", GOOD + 'const char *a = "/' + 'work/main";\n', "a path of a machine"),
    ("unfinished", "src/train/a.c", GOOD + "/* TO" + "DO: more */\n", "unfinished work"),
    ("a registry", "README.md", "http://deb.debian" + ".org\n", "a registry's host"),
    ("an unlisted file", "src/train/a.c", GOOD + 'a = _("Word");\n', "is not in po/POTFILES.in"),
    ("a listed file without words", "po/POTFILES.in", "src/train/good.c\n", "has no words for people"),
]


def findings(top):
    files = check.read_files(top)
    texts = {path: data.decode() for path, data in files.items()}
    checks = (check.check_includes, check.check_heads, check.check_words, check.check_translations)
    return check.check_text(files) + [finding for one in checks for finding in one(texts)]


def main():
    failed = False
    for number, (name, path, text, words) in enumerate([("a clean project", "src/train/good.c", GOOD, None), *FAULTS], 1):
        with tempfile.TemporaryDirectory() as folder:
            for place, content in (("src/train/good.c", GOOD), (path, text)):
                file = Path(folder) / place
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content, encoding="utf-8")
            found = findings(Path(folder))
        is_good = not found if words is None else any(words in finding for finding in found)
        failed |= not is_good
        print(f"{'ok' if is_good else 'not ok'} {number} - {name}")
        if not is_good:
            print(f"# expected “{words}”, found {found}")
    print(f"1..{len(FAULTS) + 1}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
