#!/usr/bin/env python3
"""A person's first hour: a new project, thirty pictures, three crops, the duplicates; then everything undone, and the project opened again."""

import os
import re
import shutil
import sqlite3
import struct
import zlib

from lk_story import SAMPLE, Failed, files_of, run, window_ids

N_COPIES = 6


def with_note(png, text):
    """The same pixels in another file: a text chunk before the end."""
    chunk = b"tEXt" + b"Comment\0" + text.encode()
    return png[:-12] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[-12:]


def make_pictures(folder):
    """24 pictures of the sample with their captions, and six of them once more, as another program saved them."""
    shutil.copytree(os.path.join(SAMPLE, "images"), folder)
    names = sorted(name for name in os.listdir(folder) if name.endswith(".png"))
    for name in names[:N_COPIES]:
        with open(os.path.join(folder, name), "rb") as file:
            png = file.read()
        with open(os.path.join(folder, "copy-" + name), "wb") as file:
            file.write(with_note(png, "copy"))


def count(project, question):
    with sqlite3.connect(f"file:{project}/project.db?mode=ro", uri=True) as database:
        return database.execute(question).fetchone()[0]


def wait_for_files(app, project, before):
    """Every file is as it was; if not, says which is not."""
    try:
        app.wait_for(lambda: files_of(project) == before, "every file to be as before")
    except Failed as failed:
        now = files_of(project)
        raise Failed("changed: " + ", ".join(sorted(name for name in {*now, *before} if now.get(name) != before.get(name)))) from failed


def first_hour(app):
    pictures = os.path.join(app.home, "pictures")
    make_pictures(pictures)
    app.start()

    # A new project.
    app.click("button", "New Project…")
    app.type_into("Name", "Mira")
    app.type_into("Trigger Word", "ohwx")
    app.type_into("Class Word", "woman")
    app.wait_for(lambda: app.find("button", "Create") and app.find("button", "Create").is_sensitive, "Create to be possible")
    app.click("button", "Create")
    app.wait("button", re.compile("^Import"))
    project = next(base for base, _, names in os.walk(app.home) if "project.json" in names)
    before = files_of(project)

    # Thirty pictures, from a folder.
    app.click("button", "Import Folder…")
    app.wait_for(lambda: len(window_ids()) > 1, "the file dialog")
    app.key("ctrl+l")
    app.wait_for(lambda: next((entry for entry in app.all("entry") if entry.is_focused), None), "the entry for a path").set_text(pictures)
    app.click("button", "Import")
    app.wait_for(lambda: len(os.listdir(os.path.join(project, "images"))) >= 24 + 24 + N_COPIES, "the pictures in the project")
    app.wait_text(r"^30 pictures", 60)

    # The duplicates: found by their pixels.
    app.wait_text(r"(?i)alike|nearly the same|duplicate", 60)

    # Three crops by the keyboard: a corner is moved, and that applied.
    for i in range(3):
        cells = app.wait_for(lambda: list(app.all("table cell")) or [n for n in app.all("list item") if ".png" in n.name or "picture" in n.description], "the pictures")
        cells[i].press()
        app.key("c")
        app.tab_to("slider", "Top Left Corner")
        app.key("shift+Down", "Down")
        app.click("button", "Apply")
        app.wait_gone("button", "Apply")
    app.wait_for(lambda: count(project, "SELECT count(*) FROM images WHERE crop IS NOT NULL") == 3, "three crops in the project")

    # Everything undone: every file as it was.
    for left in range(count(project, "SELECT count(*) FROM steps WHERE undone = 0"), 0, -1):
        app.key("ctrl+z")
        app.wait_for(lambda: count(project, "SELECT count(*) FROM steps WHERE undone = 0") < left, "a step to be undone")
    wait_for_files(app, project, before)

    # And once more, after a restart: redo brings the pictures back, undo takes them.
    app.quit()
    app.start(project)
    app.wait("button", "Import Folder…")
    app.key("ctrl+shift+z")      # the new project's own step, if it has one, then the import
    app.wait_text(r"^30 pictures", 60)
    app.key("ctrl+z")
    wait_for_files(app, project, before)
    if not app.is_running:
        raise Failed("the program ended")


run(first_hour)
