#!/usr/bin/env python3
"""A run that is set up, watched, paused and judged by someone who does not see the window, and one that kill -9 has ended."""

import os
import re
import shutil

from lk_story import SAMPLE, run


STEPS = 160   # enough that the fastest machine still trains while a slow one looks


def open_training(app):
    project = os.path.join(app.home, "Mira")
    if not os.path.exists(project):
        shutil.copytree(SAMPLE, project)
    app.start(project)
    app.wait_text("^Playground$", 60)
    app.show_page(3)
    app.wait_text("^New Run$")


def set_steps(app, steps):
    """The spin button stands in the row that says what it is."""
    spins = app.wait_for(lambda: [node for node in app.all("spin button") if node.name == "Steps"], "the steps")
    spins[0].set_value(steps)


def step_of(app):
    """The step that the status says."""
    node = next((node for node in app.application.walk() if re.match(r"^Step \d+ of \d+", node.name or node.text)), None)
    return int(re.match(r"^Step (\d+)", node.name or node.text).group(1)) if node else 0


def plot_of(app):
    return app.wait("image", "Loss")


def watch_a_run(app):
    open_training(app)
    set_steps(app, STEPS)
    app.wait_text(rf"^{STEPS} steps · \d+\.\d epochs")
    app.click("button", "Start Training")

    # It prepares, then trains. A pause holds it.
    app.wait_for(lambda: step_of(app) >= 3, "some steps", 60)
    app.click("button", "Pause")
    app.wait_text(r"^Paused$")
    held = step_of(app)
    app.pause(1)
    assert step_of(app) == held, "it trains though it is paused"
    app.click("button", "Save Now")
    app.wait_text(rf"^Step {held}$")

    # The plot says in words where the loss stands; the read-out goes from point to point with the keyboard.
    app.wait_for(lambda: re.search(r"Loss: .* at step \d+, from .* at step 1, (falling|rising|level)", plot_of(app).description), "the plot's words")
    first = plot_of(app).description
    plot_of(app).press()
    app.wait_for(lambda: plot_of(app).is_focused, "the focus on the plot")
    app.key("Home", "Right")

    # Continue lets it go on, and the plot says newer words.
    app.click("button", "Continue")
    app.wait_for(lambda: step_of(app) > held or app.find("label", "Finished"), "more steps")
    app.wait_for(lambda: plot_of(app).description != first, "newer words")

    # The end, its LoRA, and what can be said of the run.
    app.wait_text(r"^Finished$", 240)
    app.wait_text(r"^The Run’s LoRA$")
    app.wait_text(r"^(Too early to say|Still improving|Flat since step \d+)$")
    app.quit()


def killed(app):
    open_training(app)
    set_steps(app, STEPS)
    app.click("button", "Start Training")
    app.wait_for(lambda: step_of(app) >= 4, "some steps", 60)
    app.click("button", "Save Now")
    app.wait_text(r"^Step \d+$")
    app.kill()

    open_training(app)
    app.wait_text(rf"was interrupted\. It can go on from step \d+ of {STEPS}")
    app.click("button", "Continue")
    app.wait_text(r"^Finished$", 240)
    app.quit()


run(watch_a_run, killed)
