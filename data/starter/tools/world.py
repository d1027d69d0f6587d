"""The starter model's world: who its people are, what changes from picture to picture, and how a caption says it."""

import random
from dataclasses import dataclass

HAIR = {
    "black": (0.10, 0.09, 0.11),
    "brown": (0.36, 0.22, 0.13),
    "blonde": (0.90, 0.74, 0.38),
    "red": (0.72, 0.26, 0.12),
    "gray": (0.66, 0.67, 0.70),
    "pink": (0.93, 0.50, 0.65),
    "blue": (0.25, 0.40, 0.78),
}
EYES = {
    "brown": (0.38, 0.22, 0.10),
    "blue": (0.18, 0.48, 0.86),
    "green": (0.18, 0.62, 0.32),
    "gray": (0.50, 0.55, 0.60),
    "amber": (0.86, 0.56, 0.10),
}
SKIN = {
    "light": (0.98, 0.86, 0.77),
    "tan": (0.90, 0.72, 0.56),
    "brown": (0.66, 0.45, 0.32),
    "dark": (0.42, 0.27, 0.19),
}
CLOTH = {
    "white": (0.95, 0.95, 0.96),
    "red": (0.80, 0.17, 0.18),
    "blue": (0.20, 0.36, 0.72),
    "green": (0.20, 0.54, 0.32),
    "black": (0.14, 0.14, 0.17),
    "yellow": (0.95, 0.79, 0.24),
    "purple": (0.52, 0.28, 0.64),
    "orange": (0.94, 0.52, 0.18),
}
STYLES = ["short hair", "long hair", "bob haircut", "ponytail", "curly hair", "hair bun"]
STYLES_OF_MEN = ["short hair", "short hair", "curly hair", "long hair", "ponytail"]
EXPRESSIONS = ["smiling", "neutral expression", "laughing", "sad", "surprised", "angry"]
GARMENTS = ["t-shirt", "blouse", "hoodie", "jacket", "dress", "sweater"]
VIEWS = ["front view", "front view", "three-quarter view", "profile view"]
FRAMES = ["close-up portrait", "upper body shot", "upper body shot", "full body shot"]
SETTINGS = ["in a park", "on a beach", "in a city street", "in a living room", "in a studio", "in a forest", "in the snow", "in a library"]
LIGHTS = ["natural lighting", "natural lighting", "natural lighting", "warm lighting", "cool lighting", "dim lighting"]
EXTRAS = ["", "", "", "", "glasses", "earrings", "scarf", "hat"]


@dataclass(frozen=True)
class Identity:
    """What makes one character that character; no caption names most of it."""

    kind: str  # "woman" or "man"
    hair: str
    style: str
    eyes: str
    skin: str
    face_w: float  # width of the head over its height
    jaw: float  # 0 round to 1 square
    eye_size: float
    eye_gap: float
    eye_tilt: float
    brow: float  # thickness
    brow_tilt: float
    nose: float
    mouth: float
    ear: float
    bangs: int  # 0 none, 1 straight, 2 swept, 3 parted
    freckles: bool
    mole: int  # 0 none, 1 left cheek, 2 right cheek, 3 chin
    streak: str  # "" or a hair colour
    blush: float
    hair_shift: tuple  # a small shift of the hair's colour; its sign says on which side the streak is


@dataclass(frozen=True)
class Scene:
    """What changes between pictures of one character."""

    expression: str
    garment: str
    cloth: str
    view: str
    side: int  # -1 faces left, 1 faces right
    frame: str
    setting: str
    light: str
    extra: str
    seed: int  # of the backdrop's details
    zoom: float = 1.0
    dx: float = 0.0
    dy: float = 0.0


def random_identity(rng: random.Random) -> Identity:
    kind = rng.choice(["woman", "woman", "man"])
    style = rng.choice(STYLES if kind == "woman" else STYLES_OF_MEN)
    hair = rng.choice(list(HAIR))
    return Identity(
        kind=kind,
        hair=hair,
        style=style,
        eyes=rng.choice(list(EYES)),
        skin=rng.choice(list(SKIN)),
        face_w=rng.uniform(0.74, 0.94),
        jaw=rng.uniform(0, 1) if kind == "man" else rng.uniform(0, 0.6),
        eye_size=rng.uniform(0.8, 1.3),
        eye_gap=rng.uniform(0.88, 1.14),
        eye_tilt=rng.uniform(-0.18, 0.18),
        brow=rng.uniform(0.6, 1.6),
        brow_tilt=rng.uniform(-0.2, 0.2),
        nose=rng.uniform(0.6, 1.4),
        mouth=rng.uniform(0.7, 1.3),
        ear=rng.uniform(0.7, 1.3),
        bangs=rng.randrange(4),
        freckles=rng.random() < 0.25,
        mole=rng.choice([0, 0, 0, 0, 1, 2, 3]),
        streak=rng.choice([""] * 7 + [colour for colour in HAIR if colour != hair]) if rng.random() < 0.5 else "",
        blush=rng.uniform(0, 1),
        hair_shift=tuple(rng.uniform(-0.04, 0.04) for _ in range(3)),
    )


def random_scene(rng: random.Random) -> Scene:
    return Scene(
        expression=rng.choice(EXPRESSIONS),
        garment=rng.choice(GARMENTS),
        cloth=rng.choice(list(CLOTH)),
        view=rng.choice(VIEWS),
        side=rng.choice([-1, 1]),
        frame=rng.choice(FRAMES),
        setting=rng.choice(SETTINGS),
        light=rng.choice(LIGHTS),
        extra=rng.choice(EXTRAS),
        seed=rng.randrange(1 << 30),
        zoom=rng.uniform(0.95, 1.05),
        dx=rng.uniform(-0.03, 0.03),
        dy=rng.uniform(-0.02, 0.02),
    )


def caption(who: Identity, scene: Scene, trigger: str = "") -> str:
    """The fixed features first and the variable ones after, as captions of a character LoRA have them."""
    if who.style.endswith("hair"):
        hair = [f"{who.hair} {who.style}"]
    else:
        hair = [f"{who.hair} hair", who.style]
    parts = [f"{trigger} {who.kind}".strip(), *hair, f"{who.eyes} eyes", f"{who.skin} skin", scene.expression]
    parts.append(f"wearing a {scene.cloth} {scene.garment}")
    if scene.extra:
        parts.append(scene.extra)
    parts += [scene.view, scene.setting, scene.light, scene.frame]
    return ", ".join(parts)
