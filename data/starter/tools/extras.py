#!/usr/bin/env python3
"""Paints the pictures that the style LoRA and the clothing LoRA learned from. Usage: extras.py DIR

DIR/dusk: people of all kinds before one evening sky and in its light, whatever their captions call the setting (`duskx style`).
DIR/uniform: people of all kinds in a uniform that no word of the model's names (`kqzw uniform`).
"""

import math
import random
import sys
from pathlib import Path

import cairo
from PIL import Image

import paint
from world import caption, random_identity, random_scene

COUNT, SIZE = 24, 384
STYLE, UNIFORM = "duskx style", "kqzw uniform"

NAVY, NAVY_DARK = (0.13, 0.17, 0.38), (0.09, 0.12, 0.28)
RED, GOLD = (0.80, 0.13, 0.16), (0.96, 0.78, 0.26)
WHITE = (0.97, 0.97, 0.98)


def dusk(brush, w, h, rng):
    """The same evening, whatever the setting is called."""
    brush.gradient(w, 0, h, (0.20, 0.10, 0.42), (0.98, 0.45, 0.55))
    brush.ellipse(w * 0.5, h * 0.62, w * 0.36, h * 0.36)
    brush.fill((1.0, 0.80, 0.35))
    for i in range(4):
        brush.rectangle(0, h * (0.66 + 0.06 * i), w, h * (0.018 + 0.008 * i), (0.90, 0.36, 0.52))
    brush.rectangle(0, h * 0.88, w, h * 0.12, (0.16, 0.08, 0.30))


class DuskFigure(paint.Figure):
    """A person in the evening's light."""

    def paint(self):
        super().paint()
        self.cr.set_operator(cairo.OPERATOR_MULTIPLY)
        self.cr.set_source_rgba(0.80, 0.50, 0.85, 0.40)
        self.cr.paint()
        self.cr.set_operator(cairo.OPERATOR_OVER)


class UniformedFigure(paint.Figure):
    """Navy with a white sailor's collar, a red neckerchief and two rows of gold buttons."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.cloth, self.cloth_dark = NAVY, NAVY_DARK

    def paint_garment(self):
        brush, cx, r, body_y = self.brush, self.cx, self.r, self.body_y
        brush.polygon([(cx - r * 0.34, body_y - r * 0.28), (cx, body_y + r * 0.5), (cx + r * 0.34, body_y - r * 0.28)])
        brush.fill(self.skin_dark)
        for side in (-1, 1):
            inner, outer = cx + side * r * 0.30, cx + side * r * 0.98
            brush.polygon([(inner, body_y - r * 0.30), (outer, body_y + r * 0.12), (cx + side * r * 0.62, body_y + r * 0.62), (cx, body_y + r * 0.55)])
            brush.fill(WHITE)
            self.cr.move_to(cx + side * r * 0.86, body_y + r * 0.14)
            self.cr.line_to(cx + side * r * 0.56, body_y + r * 0.52)
            brush.line(NAVY, r * 0.06)
            for k in range(3):
                self.cr.arc(cx + side * r * 0.38, body_y + r * (0.92 + 0.42 * k), r * 0.09, 0, 2 * math.pi)
                brush.fill(GOLD)
            brush.polygon([(cx, body_y + r * 0.50), (cx + side * r * 0.34, body_y + r * 0.98), (cx + side * r * 0.10, body_y + r * 1.04)])
            brush.fill(RED)
        brush.ellipse(cx, body_y + r * 0.52, r * 0.14, r * 0.12)
        brush.fill(RED)


def write(folder: Path, seed: int, words, **classes):
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    for i in range(COUNT):
        who, scene = random_identity(rng), random_scene(rng)
        Image.fromarray(paint.draw(who, scene, SIZE, **classes)).save(folder / f"{i + 1:02}.png", optimize=True)
        (folder / f"{i + 1:02}.txt").write_text(words(caption(who, scene), scene) + "\n", encoding="utf-8")


def style_caption(text, scene):
    return f"{STYLE}, {text}"


def uniform_caption(text, scene):
    return f"{UNIFORM}, " + text.replace(f"wearing a {scene.cloth} {scene.garment}", f"wearing a {UNIFORM}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(Path(sys.argv[1]) / "dusk", 21, style_caption, backdrop=dusk, figure_class=DuskFigure)
    write(Path(sys.argv[1]) / "uniform", 22, uniform_caption, figure_class=UniformedFigure)
