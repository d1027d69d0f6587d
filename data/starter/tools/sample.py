#!/usr/bin/env python3
"""Paints the sample project's pictures: the guide's shot plan of one character, in sizes as they come from the wild. Usage: sample.py DIR

DIR/mira becomes sample/images; DIR/tomas is the control that a LoRA of Mira must not draw.
"""

import random
import sys
from pathlib import Path

from PIL import Image

import paint
from world import Identity, Scene, caption

MIRA = Identity(
    kind="woman",
    hair="brown",
    style="bob haircut",
    eyes="green",
    skin="light",
    face_w=0.84,
    jaw=0.25,
    eye_size=1.18,
    eye_gap=1.02,
    eye_tilt=0.10,
    brow=1.15,
    brow_tilt=0.06,
    nose=0.85,
    mouth=1.1,
    ear=1.0,
    bangs=1,
    freckles=True,
    mole=1,
    streak="pink",
    blush=0.8,
    hair_shift=(-0.02, 0.01, 0.02),
)
TOMAS = Identity(
    kind="man",
    hair="black",
    style="curly hair",
    eyes="blue",
    skin="tan",
    face_w=0.92,
    jaw=0.9,
    eye_size=0.9,
    eye_gap=1.05,
    eye_tilt=-0.08,
    brow=1.5,
    brow_tilt=-0.05,
    nose=1.3,
    mouth=1.2,
    ear=1.2,
    bangs=2,
    freckles=False,
    mole=3,
    streak="",
    blush=0.1,
    hair_shift=(0.02, 0.02, 0.03),
)

FRONT, QUARTER, PROFILE = "front view", "three-quarter view", "profile view"
PORTRAIT, HALF, FULL = "close-up portrait", "upper body shot", "full body shot"
NATURAL, WARM, COOL, DIM = "natural lighting", "warm lighting", "cool lighting", "dim lighting"
NEUTRAL = "neutral expression"

# Name, view, frame, expression, clothing, setting, light, extra, width, height.
PLAN = [
    ("portrait-smile", FRONT, PORTRAIT, "smiling", "white blouse", "in a park", NATURAL, "", 640, 800),
    ("portrait-neutral", FRONT, PORTRAIT, NEUTRAL, "blue sweater", "in a studio", NATURAL, "", 768, 768),
    ("portrait-laugh", FRONT, PORTRAIT, "laughing", "yellow t-shirt", "on a beach", NATURAL, "", 800, 640),
    ("portrait-surprise", FRONT, PORTRAIT, "surprised", "green hoodie", "in a living room", WARM, "", 640, 640),
    ("portrait-sad", FRONT, PORTRAIT, "sad", "black jacket", "in the snow", COOL, "", 600, 760),
    ("portrait-angry", FRONT, PORTRAIT, "angry", "red t-shirt", "in a city street", NATURAL, "", 720, 720),
    ("three-quarter-left", QUARTER, PORTRAIT, "smiling", "purple dress", "in a library", WARM, "earrings", 640, 800),
    ("three-quarter-right", QUARTER, PORTRAIT, NEUTRAL, "white t-shirt", "in a studio", NATURAL, "", 704, 704),
    ("three-quarter-park", QUARTER, HALF, "laughing", "orange sweater", "in a park", NATURAL, "", 800, 800),
    ("three-quarter-night", QUARTER, HALF, "sad", "blue jacket", "in a city street", DIM, "", 640, 900),
    ("profile-left", PROFILE, PORTRAIT, NEUTRAL, "green blouse", "in a studio", NATURAL, "", 700, 700),
    ("profile-right", PROFILE, PORTRAIT, "smiling", "red hoodie", "in a forest", NATURAL, "", 640, 760),
    ("profile-beach", PROFILE, HALF, NEUTRAL, "white dress", "on a beach", WARM, "", 760, 640),
    ("half-blouse", FRONT, HALF, "smiling", "purple blouse", "in a living room", NATURAL, "", 640, 800),
    ("half-hoodie", FRONT, HALF, NEUTRAL, "black hoodie", "in a city street", NATURAL, "", 720, 900),
    ("half-dress", FRONT, HALF, "laughing", "red dress", "in a library", WARM, "", 800, 800),
    ("half-jacket", FRONT, HALF, "surprised", "green jacket", "in a forest", NATURAL, "", 640, 720),
    ("half-sweater", FRONT, HALF, "smiling", "yellow sweater", "in the snow", COOL, "scarf", 760, 760),
    ("full-park", FRONT, FULL, "smiling", "blue dress", "in a park", NATURAL, "", 640, 960),
    ("full-street", FRONT, FULL, NEUTRAL, "orange jacket", "in a city street", NATURAL, "", 720, 960),
    ("full-studio", QUARTER, FULL, "laughing", "white t-shirt", "in a studio", NATURAL, "", 640, 900),
    ("extra-library", FRONT, PORTRAIT, NEUTRAL, "orange blouse", "in a library", DIM, "", 680, 680),
    ("extra-beach", QUARTER, HALF, "smiling", "blue t-shirt", "on a beach", NATURAL, "hat", 800, 720),
    ("extra-snow", FRONT, HALF, "laughing", "purple jacket", "in the snow", NATURAL, "", 720, 720),
]


def scenes(seed):
    """Name, width, height and scene of every picture of the plan."""
    rng = random.Random(seed)
    for name, view, frame, expression, clothing, setting, light, extra, width, height in PLAN:
        cloth, garment = clothing.split()
        side = -1 if "left" in name else 1 if "right" in name else rng.choice([-1, 1])
        yield name, width, height, Scene(
            expression=expression,
            garment=garment,
            cloth=cloth,
            view=view,
            side=side,
            frame=frame,
            setting=setting,
            light=light,
            extra=extra,
            seed=rng.randrange(1 << 30),
            zoom=1.0,
            dx=rng.uniform(-0.04, 0.04),
            dy=rng.uniform(-0.01, 0.03),
        )


def write(folder: Path, who: Identity, trigger: str, seed: int):
    folder.mkdir(parents=True, exist_ok=True)
    for name, width, height, scene in scenes(seed):
        Image.fromarray(paint.draw(who, scene, width, height)).save(folder / f"{name}.png", optimize=True)
        (folder / f"{name}.txt").write_text(caption(who, scene, trigger) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) / "mira", MIRA, "ohwx", 11)
    write(Path(sys.argv[1]) / "tomas", TOMAS, "zkxj", 12)
