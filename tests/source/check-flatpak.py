#!/usr/bin/env python3
"""Says, as TAP, whether the Flatpak manifest keeps its promises: no network, no folders but those that the user opens, pinned sources.
Usage: check-flatpak.py MANIFEST METAINFO
"""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

ALLOWED = {"--share=ipc", "--socket=wayland", "--socket=fallback-x11", "--device=dri"}


def check_permissions(manifest):
    given = set(manifest["finish-args"])
    yield from (f"more than the program needs: {argument}" for argument in sorted(given - ALLOWED))
    yield from (f"missing: {argument}" for argument in sorted(ALLOWED - given))


def check_identity(manifest, path, metainfo):
    app_id = ElementTree.parse(metainfo).findtext("id")
    if manifest["id"] != app_id:
        yield f"{manifest['id']} is not the {app_id} of the metainfo"
    if path.stem != app_id:
        yield f"the file is called {path.name}"
    if (manifest["runtime"], manifest["sdk"]) != ("org.gnome.Platform", "org.gnome.Sdk"):
        yield "not GNOME's runtime"
    if not re.fullmatch(r"\d+", manifest["runtime-version"]):
        yield f"{manifest['runtime-version']} is no released runtime"
    if manifest["command"] != "likeness":
        yield "starts another command"


def check_sources(manifest):
    for module in manifest["modules"]:
        for source in module["sources"]:
            kind, name = source["type"], module["name"]
            if kind == "archive" and not re.fullmatch(r"[0-9a-f]{64}", source.get("sha256", "")):
                yield f"{name}: an archive without its SHA-256"
            elif kind == "git" and not re.fullmatch(r"[0-9a-f]{40}", source.get("commit", "")):
                yield f"{name}: a repository without its commit"
            elif kind not in ("archive", "git", "dir"):
                yield f"{name}: a source of kind {kind}"
            if not source.get("url", "https://").startswith("https://"):
                yield f"{name}: not by https"
        if "build-options" in module and "--share=network" in module["build-options"].get("build-args", []):
            yield f"{module['name']}: builds with the network"


def main(path, metainfo):
    manifest = json.loads(path.read_text(encoding="utf-8"))
    cases = {
        "permissions": list(check_permissions(manifest)),
        "identity": list(check_identity(manifest, path, metainfo)),
        "sources": list(check_sources(manifest)),
    }
    for number, (name, findings) in enumerate(cases.items(), 1):
        print(f"{'not ok' if findings else 'ok'} {number} - {name}")
        for finding in findings:
            print(f"# {finding}")
    print(f"1..{len(cases)}")
    return 1 if any(cases.values()) else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
