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


def controls_of(app):
    return [node for node in app.all() if node.is_focusable and node.role not in NAMELESS]


def nameless_of(app):
    """Those without a name, as long as there is one; one without a role is gone."""
    return [node.role for node in controls_of(app) if not said(node).strip() and node.role]


def names(app):
    project = os.path.join(app.home, "Mira")
    shutil.copytree(SAMPLE, project)
    app.start(project)
    app.wait("row", None)
    nameless = []
    for number, page in PAGES.items():
        app.show_page(number)
        app.wait_for(lambda: any(node.name == page and node.role == "heading" or node.name.startswith(page) for node in app.all()), f"the page {page}")
        app.wait_for(lambda: controls_of(app), f"a control of the page {page}")
        try:
            # A page that comes and one that goes may lose a control between two questions: what has no name keeps having none.
            app.wait_for(lambda: not nameless_of(app), "names", 10)
        except Failed:
            nameless += [f"{page}: {role}" for role in nameless_of(app)]
        print(f"# {page}: {len(controls_of(app))} controls", flush=True)
    if nameless:
        raise Failed("without a name: " + ", ".join(nameless))


run(names)
