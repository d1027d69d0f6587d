#!/usr/bin/env python3
"""Reads every text file of the project and says, as TAP, where it breaks the rules of the house. Usage: check-source.py FOLDER"""

import os
import re
import sys
from pathlib import Path

# Code keeps to about 130; tables of sentences and of test cases need more.
MAX_COLUMNS = 190
TEXT = {".c", ".h", ".comp", ".glsl", ".py", ".ui", ".css", ".build", ".md", ".json", ".in", ".sh", ".xml", ".svg", ".desktop", ".service"}

# Which folders of src/ a folder names; what those name is seen too.
FLOORS = {
    "base": [],
    "formats": ["base"],
    "gpu": ["base"],
    "cpu": ["base"],
    "imaging": ["base", "formats"],
    "graph": ["base", "gpu", "cpu"],
    "ops": ["graph", "gpu", "cpu"],
    "model": ["graph", "ops", "formats", "imaging"],
    "project": ["base", "formats", "imaging"],
    "generate": ["model"],
    "train": ["model", "project", "generate"],
    "remote": ["project", "train", "generate"],
    "cli": ["remote"],
    "app": ["remote"],
}

# Libraries that only some folders may include, by the beginning of the header's name.
LIBRARIES = {
    "vulkan/": ["gpu"],
    "gtk/": ["app"],
    "gdk/": ["app"],
    "gsk/": ["app"],
    "adwaita": ["app"],
    "libspelling": ["app"],
    "gdk-pixbuf/": ["formats", "app"],
    "pango/": ["formats", "app"],
    "cairo": ["formats", "app"],
    "png.h": ["formats"],
    "archive": ["formats"],
    "sqlite3.h": ["project"],
}

# What the product must not say: paths of one machine, unfinished work, hosts of package registries.
FORBIDDEN = {
    "a path of a machine": re.compile(r"(?<![\w.}])/(work|root|farm)/"),
    "a home folder": re.compile(r"(?<![\w.}])/home/[a-z]"),
    "unfinished work": re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"),
    "a registry's host": re.compile(r"\b(deb|ftp)\.debian\.org|pypi\.org|registry\.npmjs|huggingface\.co"),
    "a folder beside the project": re.compile(r"\.\./shared\b|\bshared/(design|reference|golden|starter|hooks)"),
}

TRANSLATED = re.compile(r'\b(_|N_|C_|NC_|ngettext|g_dngettext|dngettext)\s*\(\s*"|translatable="(yes|true)"')
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


class Report:
    """The cases of this run, printed as TAP."""

    def __init__(self):
        self.n_cases = 0
        self.n_failed = 0

    def case(self, name, findings):
        self.n_cases += 1
        self.n_failed += bool(findings)
        print(f"{'not ok' if findings else 'ok'} {self.n_cases} - {name}")
        for finding in findings:
            print(f"# {finding}")


def read_files(top):
    """Every text file of the checkout by its path from `top`; build folders and what git keeps are left out."""
    files = {}
    for folder, folders, names in os.walk(top):
        at_top = Path(folder) == top
        folders[:] = sorted(name for name in folders if name not in (".git", "__pycache__") and not (at_top and name.startswith("build")))
        for name in sorted(names):
            path = Path(folder) / name
            relative = path.relative_to(top)
            is_sample = relative.parts[:2] == ("tests", "data")
            if (path.suffix in TEXT and not is_sample) or name in ("dev", "run", "POTFILES.in", "LINGUAS", ".gitignore"):
                files[relative] = path.read_bytes()
    return files


def seen_by(folder):
    seen = set(FLOORS[folder])
    for name in FLOORS[folder]:
        seen |= seen_by(name)
    return seen


def source_folder(path):
    """The folder of src/ that a file lies in, or None."""
    return path.parts[1] if len(path.parts) > 2 and path.parts[0] == "src" and path.suffix in (".c", ".h") else None


def check_includes(texts):
    findings = []
    for path, text in texts.items():
        folder = source_folder(path)
        if folder is None:
            continue
        if folder not in FLOORS:
            findings.append(f"{path}: the folder stands on no floor")
            continue
        allowed = seen_by(folder) | {folder}
        for bracket, name in INCLUDE.findall(text):
            target = name.split("/")[0]
            if bracket == '"' and "/" in name and target not in allowed:
                findings.append(f"{path}: includes {name}, but {folder} may not see {target}")
            elif bracket == '"' and target in FLOORS and "/" not in name:
                findings.append(f"{path}: includes {name} without its folder")
            for library, folders in LIBRARIES.items():
                if bracket == "<" and name.startswith(library) and folder not in folders:
                    findings.append(f"{path}: includes <{name}>, which only {' and '.join(folders)} may")
    return findings


def check_text(files):
    """What holds for a text file of any kind."""
    findings = []
    for path, data in files.items():
        try:
            lines = data.decode("utf-8").split("\n")
        except UnicodeDecodeError:
            findings.append(f"{path}: not UTF-8")
            continue
        if data and not data.endswith(b"\n"):
            findings.append(f"{path}: no newline at the end")
        if data.endswith(b"\n\n"):
            findings.append(f"{path}: empty lines at the end")
        for number, line in enumerate(lines, 1):
            where = f"{path}:{number}"
            if "\r" in line:
                findings.append(f"{where}: carriage return")
            if "\t" in line:
                findings.append(f"{where}: tab")
            if line != line.rstrip():
                findings.append(f"{where}: space at the end")
            if path.suffix in (".c", ".h", ".comp", ".glsl", ".py") and len(line) > MAX_COLUMNS:
                findings.append(f"{where}: {len(line)} columns, more than {MAX_COLUMNS}")
    return findings


def check_heads(texts):
    """A file says first what it is, or its header does; a C file of the program names its log domain before any header."""
    findings = []
    for path, text in texts.items():
        has_header = path.suffix == ".c" and path.with_suffix(".h") in texts
        if path.suffix in (".c", ".h") and not has_header and not text.startswith("/* "):
            findings.append(f"{path}: does not begin with what it is")
        if path.suffix in (".comp", ".glsl") and not text.startswith(("// ", "/* ")):
            findings.append(f"{path}: does not begin with what it is")
        if path.suffix == ".h" and "#pragma once" not in text:
            findings.append(f"{path}: no #pragma once")
        if path.suffix == ".c" and source_folder(path):
            domain, include = text.find("#define G_LOG_DOMAIN"), text.find("#include")
            if domain < 0 or domain > include >= 0:
                findings.append(f"{path}: no G_LOG_DOMAIN before the first header")
            elif '#include "config.h"' not in text or text.index("#include") != text.index('#include "config.h"'):
                findings.append(f"{path}: config.h is not the first header")
    return findings


def check_words(texts):
    findings = []
    for path, text in texts.items():
        if path.name == Path(__file__).name:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            for what, pattern in FORBIDDEN.items():
                if pattern.search(line):
                    findings.append(f"{path}:{number}: {what}: {line.strip()[:100]}")
    return findings


def check_translations(texts):
    """po/POTFILES.in names every file with words for people, and no other."""
    listed_text = texts.get(Path("po/POTFILES.in"), "")
    listed = {line.strip() for line in listed_text.split("\n") if line.strip() and not line.startswith("#")}
    needed = set()
    for path, text in texts.items():
        top = path.parts[0]
        is_source = top in ("src", "ui") and (path.suffix in (".c", ".ui") and TRANSLATED.search(text) or path.suffix == ".h" and "N_(\"" in text)
        if is_source or path.name.endswith((".desktop.in", ".metainfo.xml.in", ".gschema.xml")):
            needed.add(str(path))
    findings = [f"{name}: has words for people and is not in po/POTFILES.in" for name in sorted(needed - listed)]
    findings += [f"po/POTFILES.in: {name} has no words for people, or is not there" for name in sorted(listed - needed)]
    return findings


def check_modes(top):
    return [f"{name}: cannot be executed" for name in ("dev", ".ci/run") if not os.access(top / name, os.X_OK)]


def main(top):
    files = read_files(top)
    texts = {path: data.decode("utf-8", "replace") for path, data in files.items()}
    report = Report()
    report.case("folders include from lower floors only", check_includes(texts))
    report.case("text is clean", check_text(files))
    report.case("files begin with what they are", check_heads(texts))
    report.case("words that must not be there", check_words(texts))
    report.case("words for people are listed for translation", check_translations(texts))
    report.case("commands can be executed", check_modes(top))
    print(f"1..{report.n_cases}")
    return 1 if report.n_failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
