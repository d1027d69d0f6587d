"""What the stories over AT-SPI share: the real program in a real window, used as a person uses it with a screen reader and a keyboard.

A story imports this, defines functions that each take an App, and ends with `run(...)`, which prints TAP. Everything is found by what a
screen reader would say: a role and a name.

    def story(app):
        app.click("button", "New Project…")
        app.type_into("Character Name", "Mira")

    run(story)
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib  # noqa: E402

WAIT = float(os.environ.get("LIKENESS_STORY_WAIT", "60"))
ROLES = {
    "button": ("button", "push button"),
    "toggle": ("toggle button",),
    "entry": ("text", "entry", "password text"),
    "row": ("list item", "row"),
}
APPLICATION = os.environ["LIKENESS_TEST_APP"]
SAMPLE = os.path.join(os.environ["LIKENESS_DATA_DIR"], "starter", "sample")


class Failed(AssertionError):
    pass


def roles_of(role):
    return ROLES.get(role, (role,))


def window_ids():
    search = ["xdotool", "search", "--onlyvisible", "--name", "."]
    return subprocess.run(search, capture_output=True, text=True, check=False).stdout.split()


def focus_window():
    """Gives the newest window the keyboard, which nobody does where there is no window manager."""
    windows = window_ids()
    if windows:
        subprocess.run(["xdotool", "windowfocus", "--sync", windows[-1]], check=False)


class Node:
    """An accessible of the program. It may go away at any time: then it has no name and no children."""

    def __init__(self, accessible):
        self.accessible = accessible

    def _ask(self, question, otherwise):
        try:
            return question()
        except GLib.Error:
            return otherwise

    @property
    def name(self):
        return self._ask(lambda: self.accessible.get_name(), "") or ""

    @property
    def role(self):
        return self._ask(lambda: self.accessible.get_role_name(), "") or ""

    @property
    def description(self):
        return self._ask(lambda: self.accessible.get_description(), "") or ""

    def has_state(self, state):
        states = self._ask(lambda: self.accessible.get_state_set(), None)
        return states is not None and states.contains(state)

    @property
    def is_showing(self):
        return self.has_state(Atspi.StateType.SHOWING)

    @property
    def is_focusable(self):
        return self.has_state(Atspi.StateType.FOCUSABLE)

    @property
    def is_focused(self):
        return self.has_state(Atspi.StateType.FOCUSED)

    @property
    def is_sensitive(self):
        return self.has_state(Atspi.StateType.SENSITIVE)

    @property
    def is_checked(self):
        return self.has_state(Atspi.StateType.CHECKED) or self.has_state(Atspi.StateType.PRESSED)

    @property
    def text(self):
        text = self._ask(lambda: self.accessible.get_text_iface(), None)
        return self._ask(lambda: Atspi.Text.get_text(text, 0, -1), "") if text is not None else ""

    @property
    def value(self):
        value = self._ask(lambda: self.accessible.get_value_iface(), None)
        return self._ask(lambda: Atspi.Value.get_current_value(value), None) if value is not None else None

    def set_value(self, number):
        Atspi.Value.set_current_value(self.accessible.get_value_iface(), number)

    def set_text(self, text):
        Atspi.EditableText.set_text_contents(self.accessible.get_editable_text_iface(), text)

    def click(self):
        action = self.accessible.get_action_iface()
        for index in range(Atspi.Action.get_n_actions(action)):
            if Atspi.Action.get_action_name(action, index) in ("click", "activate", "press", "toggle"):
                Atspi.Action.do_action(action, index)
                return
        raise Failed(f"{self} cannot be clicked")

    def focus(self):
        Atspi.Component.grab_focus(self.accessible.get_component_iface())

    def press(self):
        """Clicks with the mouse, in the middle. Windows stand in the corner of the screen: there is no window manager."""
        focus_window()
        box = Atspi.Component.get_extents(self.accessible.get_component_iface(), Atspi.CoordType.WINDOW)
        place = [str(box.x + box.width // 2), str(box.y + box.height // 2)]
        subprocess.run(["xdotool", "mousemove", "--sync", *place, "click", "1"], check=True)

    def children(self):
        for index in range(self._ask(lambda: self.accessible.get_child_count(), 0)):
            child = self._ask(lambda: self.accessible.get_child_at_index(index), None)
            if child is not None:
                yield Node(child)

    def walk(self):
        """This one and all below it that can be seen."""
        yield self
        for child in self.children():
            if child.is_showing:
                yield from child.walk()

    def __str__(self):
        return f"{self.role} “{self.name}”"


class App:
    """The program. `home` is its own; settings live in it, so that a second start knows what the first one was told."""

    def __init__(self, home):
        self.home = home
        self.process = None
        self.application = None

    # ---- the process

    def start(self, *arguments):
        environment = {**os.environ, "GTK_A11Y": "atspi", "GSETTINGS_BACKEND": "keyfile", "HOME": self.home, "NO_AT_BRIDGE": "0"}
        for name in ("CONFIG", "DATA", "CACHE"):
            environment[f"XDG_{name}_HOME"] = os.path.join(self.home, name.lower())
        self.process = subprocess.Popen([APPLICATION, *arguments], env=environment)
        self.wait_for(self._find_application, "the program on the accessibility bus")

    def _find_application(self):
        desktop = Atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(index)
            try:
                if child is not None and child.get_process_id() == self.process.pid:
                    self.application = Node(child)
                    return any(True for _ in self.application.children())
            except GLib.Error:
                continue
        return False

    def quit(self):
        self.key("ctrl+q")
        self._wait_for_end()

    def kill(self):
        """As if the power failed: kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self._wait_for_end()

    def _wait_for_end(self):
        try:
            self.process.wait(WAIT)
        except subprocess.TimeoutExpired as late:
            raise Failed("the program does not end") from late
        finally:
            self.application = None

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    # ---- waiting and finding

    def wait_for(self, condition, what, seconds=WAIT):
        end = time.monotonic() + seconds
        while True:
            if not self.is_running:
                raise Failed(f"the program ended (code {self.process.returncode}) while the story waited for {what}")
            result = condition()
            if result:
                return result
            if time.monotonic() > end:
                raise Failed(f"waited {seconds:.0f} s for {what}\n{self.describe() if self.application else ''}")
            time.sleep(0.1)

    def all(self, role=None, name=None):
        """Those that can be seen, in the order of the window. `name`: the whole name, or a compiled expression to search for."""
        for node in self.application.walk():
            if role is not None and node.role not in roles_of(role):
                continue
            if name is None or (name.search(node.name) if isinstance(name, re.Pattern) else node.name == name):
                yield node

    def find(self, role, name=None):
        return next(self.all(role, name), None)

    def wait(self, role, name=None, seconds=WAIT):
        shown = name.pattern if isinstance(name, re.Pattern) else name
        return self.wait_for(lambda: self.find(role, name), f"{role} “{shown}”", seconds)

    def wait_text(self, pattern, seconds=WAIT):
        """Something that says this: a name or a text that matches."""
        expression = re.compile(pattern)
        return self.wait_for(lambda: next((node for node in self.application.walk() if expression.search(node.name) or expression.search(node.text)), None),
                             f"the words “{pattern}”", seconds)

    def wait_gone(self, role, name=None):
        self.wait_for(lambda: self.find(role, name) is None, f"{role} “{name}” to go")

    def describe(self):
        return "\n".join(f"    {node.role} “{node.name}” {node.text[:60]!r}" for node in self.application.walk() if node.name or node.text)

    # ---- doing

    def click(self, role, name=None):
        self.wait(role, name).click()

    def type_into(self, name, text):
        """Replaces what stands in the entry of this name."""
        self.wait("entry", name).set_text(text)

    def pause(self, seconds):
        time.sleep(seconds)

    def key(self, *keys):
        """Presses keys as a keyboard does: "ctrl+z", "Delete"."""
        focus_window()
        subprocess.run(["xdotool", "key", "--delay", "40", *keys], check=True)

    def tab_to(self, role, name):
        """Goes there with the Tab key alone."""
        for _ in range(60):
            node = self.wait(role, name)
            if node.is_focused:
                return node
            self.key("Tab")
        raise Failed(f"Tab does not reach {role} “{name}”")

    def type(self, text):
        subprocess.run(["xdotool", "type", "--delay", "10", text], check=True)

    def show_page(self, number):
        self.key(f"alt+{number}")


def files_of(folder):
    """Path to bytes of every file below a folder, but for what may be made anew at any time."""
    result = {}
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("cache", "trash")]
        for name in names:
            path = os.path.join(base, name)
            if not name.startswith(("project.db", "project.lock")):
                with open(path, "rb") as file:
                    result[os.path.relpath(path, folder)] = file.read()
    return result


def _enable_accessibility():
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)
    bus.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Set",
                  GLib.Variant("(ssv)", ("org.a11y.Status", "IsEnabled", GLib.Variant("b", True))), None, Gio.DBusCallFlags.NONE, 5000, None)
    Atspi.init()


def run(*stories):
    """Each story gets a program that is not started yet, with a home of its own."""
    if shutil.which("xdotool") is None:
        print("1..0 # SKIP no xdotool")
        sys.exit(0)
    _enable_accessibility()
    print(f"1..{len(stories)}", flush=True)
    failures = 0
    for number, story in enumerate(stories, 1):
        home = tempfile.mkdtemp(prefix="likeness-story-")
        app = App(home)
        try:
            story(app)
            print(f"ok {number} - {story.__name__}", flush=True)
        except Exception:  # noqa: BLE001: whatever it was, the next story is told, too
            failures += 1
            print(f"not ok {number} - {story.__name__}", flush=True)
            print("".join("# " + line for line in traceback.format_exc().splitlines(True)), flush=True)
            picture = os.environ.get("LIKENESS_STORY_PICTURE")
            if picture:
                subprocess.run(["scrot", "-o", picture], check=False)
        finally:
            if app.is_running:
                app.process.kill()
                app.process.wait()
            shutil.rmtree(home, ignore_errors=True)
    sys.exit(1 if failures else 0)
