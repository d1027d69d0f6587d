#!/usr/bin/env python3
"""Every control of every page has a name that a screen reader can say, and the keyboard reaches the pages."""

import os
import shutil

from lk_story import SAMPLE, Failed, run

# What has no name of its own by nature: containers that only hold others.
NAMELESS = {"filler", "panel", "scroll pane", "viewport", "table", "list", "grouping", "generic", "layered pane", "split pane", "page tab list",
            "window", "frame", "application", "separator", "list box", "unknown", "section", "grid", "image"}
PAGES = {"1": "Gallery", "2": "Captions", "3": "Training", "4": "Test Grids", "5": "Playground"}


def said(node):
    """A row without a name of its own is read by its labels."""
    if node.name.strip() or node.role != "list item":
        return node.name
    return next((below.name for below in node.walk() if below.role == "label" and below.name.strip()), "")


def names(app):
    project = os.path.join(app.home, "Mira")
    shutil.copytree(SAMPLE, project)
    app.start(project)
    app.wait("row", None)
    nameless = []
    for number, page in PAGES.items():
        app.show_page(number)
        app.wait_for(lambda: any(node.name == page and node.role == "heading" or node.name.startswith(page) for node in app.all()), f"the page {page}")
        controls = [node for node in app.all() if node.is_focusable and node.role not in NAMELESS]
        if not controls:
            raise Failed(f"{page}: nothing can be focused")
        nameless += [f"{page}: {node.role}" for node in controls if not said(node).strip() and node.role]   # one without a role is gone
        print(f"# {page}: {len(controls)} controls", flush=True)
    if nameless:
        raise Failed("without a name: " + ", ".join(nameless))


run(names)
