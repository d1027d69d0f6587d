#!/usr/bin/env python3
"""Draws the people of the starter model's world: flat shapes, every feature a parameter.

A picture is a function of an Identity and a Scene (world.py). As a program it writes a sheet of random people: paint.py [SEED] [FILE]
"""

import math
import random
import sys

import cairo
import numpy as np

from world import CLOTH, EYES, HAIR, SKIN, Identity, Scene, random_identity, random_scene

WHITE = (1, 1, 1)
INK = (0.10, 0.07, 0.08)
SPECTACLES = (0.12, 0.12, 0.14)


def shade(colour, factor):
    return tuple(max(0, min(1, value * factor)) for value in colour)


def mix(a, b, share):
    """`share` of b in a."""
    return tuple(x * (1 - share) + y * share for x, y in zip(a, b))


class Brush:
    """The few strokes that everything is made of."""

    def __init__(self, cr: cairo.Context):
        self.cr = cr

    def fill(self, colour, alpha=1.0):
        self.cr.set_source_rgba(*colour, alpha)
        self.cr.fill()

    def line(self, colour, width):
        self.cr.set_source_rgb(*colour)
        self.cr.set_line_width(width)
        self.cr.stroke()

    def ellipse(self, x, y, rx, ry):
        self.cr.save()
        self.cr.translate(x, y)
        self.cr.scale(max(rx, 1e-4), max(ry, 1e-4))
        self.cr.arc(0, 0, 1, 0, 2 * math.pi)
        self.cr.restore()

    def polygon(self, points):
        self.cr.move_to(*points[0])
        for point in points[1:]:
            self.cr.line_to(*point)
        self.cr.close_path()

    def rectangle(self, x, y, width, height, colour):
        self.cr.rectangle(x, y, width, height)
        self.fill(colour)

    def gradient(self, width, y0, y1, top, bottom):
        """From `top` to `bottom`, down the full width."""
        pattern = cairo.LinearGradient(0, y0, 0, y1)
        pattern.add_color_stop_rgb(0, *top)
        pattern.add_color_stop_rgb(1, *bottom)
        self.cr.rectangle(0, y0, width, y1 - y0)
        self.cr.set_source(pattern)
        self.cr.fill()


# ---- settings ----------------------------------------------------------------------------------------------------


def sky(brush, w, h, top):
    brush.gradient(w, 0, h, top, mix(top, WHITE, 0.6))


def park(brush, w, h, rng):
    sky(brush, w, h, (0.52, 0.76, 0.95))
    for i in range(3):
        x = rng.uniform(0, w)
        brush.ellipse(x, h * 0.78, w * rng.uniform(0.4, 0.7), h * rng.uniform(0.12, 0.22))
        brush.fill((0.50 - 0.06 * i, 0.74 - 0.05 * i, 0.36))
    brush.rectangle(0, h * 0.76, w, h * 0.3, (0.42, 0.66, 0.30))
    for _ in range(3):
        x = rng.uniform(-0.05, 1.05) * w
        size = rng.uniform(0.8, 1.3) * h
        brush.rectangle(x - 0.02 * size, h * 0.52, 0.04 * size, h * 0.28, (0.42, 0.28, 0.17))
        brush.ellipse(x, h * 0.42, 0.13 * size, 0.17 * size)
        brush.fill((0.22, 0.50, 0.24))


def beach(brush, w, h, rng):
    sky(brush, w, h, (0.46, 0.80, 0.97))
    brush.rectangle(0, h * 0.52, w, h * 0.2, (0.16, 0.52, 0.76))
    brush.rectangle(0, h * 0.66, w, h * 0.4, (0.95, 0.85, 0.62))
    brush.ellipse(rng.uniform(0.1, 0.9) * w, h * 0.16, h * 0.07, h * 0.07)
    brush.fill((1, 0.93, 0.55))


def snow(brush, w, h, rng):
    sky(brush, w, h, (0.78, 0.84, 0.92))
    for i in range(3):
        brush.ellipse(rng.uniform(0, 1) * w, h * 0.8, w * 0.6, h * 0.2)
        brush.fill((0.90 + 0.03 * i, 0.93 + 0.02 * i, 0.97))
    brush.rectangle(0, h * 0.8, w, h * 0.2, (0.97, 0.98, 1))
    for _ in range(40):
        brush.ellipse(rng.uniform(0, 1) * w, rng.uniform(0, 1) * h, 0.008 * h, 0.008 * h)
        brush.fill(WHITE)


def city_street(brush, w, h, rng):
    brush.gradient(w, 0, h, (0.70, 0.80, 0.90), (0.86, 0.88, 0.90))
    x = -0.1 * w
    while x < w:
        width = rng.uniform(0.16, 0.28) * w
        top = rng.uniform(0.05, 0.4) * h
        wall = rng.choice([(0.55, 0.50, 0.52), (0.62, 0.47, 0.40), (0.45, 0.50, 0.58)])
        brush.rectangle(x, top, width * 0.96, h, wall)
        for i in range(3):
            for j in range(6):
                window = (0.95, 0.90, 0.62) if rng.random() < 0.5 else shade(wall, 0.65)
                brush.rectangle(x + width * (0.12 + 0.28 * i), top + h * (0.05 + 0.12 * j), width * 0.16, h * 0.06, window)
        x += width
    brush.rectangle(0, h * 0.9, w, h * 0.1, (0.36, 0.36, 0.40))


def living_room(brush, w, h, rng):
    brush.rectangle(0, 0, w, h, (0.93, 0.86, 0.76))
    brush.rectangle(0, h * 0.78, w, h * 0.22, (0.62, 0.45, 0.32))
    x = rng.choice([0.06, 0.62]) * w
    brush.rectangle(x, h * 0.1, w * 0.32, h * 0.3, (0.5, 0.36, 0.26))
    brush.rectangle(x + 0.02 * w, h * 0.12, w * 0.28, h * 0.26, (0.66, 0.84, 0.95))
    x = rng.choice([-0.1, 0.5]) * w
    brush.rectangle(x, h * 0.58, w * 0.6, h * 0.26, rng.choice([(0.72, 0.36, 0.34), (0.36, 0.48, 0.56)]))


def studio(brush, w, h, rng):
    colour = rng.choice([(0.80, 0.82, 0.85), (0.70, 0.80, 0.90), (0.92, 0.80, 0.82), (0.82, 0.88, 0.78)])
    brush.gradient(w, 0, h, colour, shade(colour, 0.8))


def forest(brush, w, h, rng):
    brush.gradient(w, 0, h, (0.34, 0.50, 0.40), (0.20, 0.34, 0.22))
    for _ in range(8):
        x = rng.uniform(0, 1) * w
        brush.rectangle(x, 0, w * rng.uniform(0.03, 0.08), h, (0.26, 0.20, 0.15))
    for _ in range(14):
        brush.ellipse(rng.uniform(0, 1) * w, rng.uniform(0, 0.25) * h, h * 0.12, h * 0.08)
        brush.fill((0.16, rng.uniform(0.34, 0.48), 0.20))
    brush.rectangle(0, h * 0.88, w, h * 0.12, (0.22, 0.28, 0.14))


def library(brush, w, h, rng):
    backs = [(0.62, 0.22, 0.20), (0.22, 0.36, 0.52), (0.70, 0.60, 0.35), (0.26, 0.44, 0.32), (0.46, 0.30, 0.46)]
    brush.rectangle(0, 0, w, h, (0.40, 0.27, 0.18))
    for j in range(5):
        y = j * h * 0.22
        brush.rectangle(0, y + h * 0.19, w, h * 0.03, (0.28, 0.18, 0.11))
        x = 0
        while x < w:
            width = rng.uniform(0.02, 0.05) * w
            height = rng.uniform(0.12, 0.18) * h
            brush.rectangle(x, y + h * 0.19 - height, width * 0.9, height, rng.choice(backs))
            x += width


BACKDROPS = {
    "in a park": park,
    "on a beach": beach,
    "in the snow": snow,
    "in a city street": city_street,
    "in a living room": living_room,
    "in a studio": studio,
    "in a forest": forest,
    "in a library": library,
}


# ---- a person ----------------------------------------------------------------------------------------------------


class Figure:
    """One person in one scene: the head is centred at (cx, cy) and 2·r high; the body hangs below."""

    def __init__(self, brush: Brush, who: Identity, scene: Scene, cx, cy, r):
        self.brush, self.cr = brush, brush.cr
        self.who, self.scene = who, scene
        self.cx, self.cy, self.r = cx, cy, r

        self.skin = SKIN[who.skin]
        self.skin_dark = shade(self.skin, 0.84)
        self.hair = tuple(max(0, min(1, value + shift)) for value, shift in zip(HAIR[who.hair], who.hair_shift))
        self.hair_dark = shade(self.hair, 0.72)
        self.cloth = CLOTH[scene.cloth]
        self.cloth_dark = shade(self.cloth, 0.78)

        # How far the head is turned, with its sign the side.
        self.turn = {"front view": 0.0, "three-quarter view": 0.30, "profile view": 0.62}[scene.view] * scene.side
        self.is_profile = scene.view == "profile view"
        self.rx = r * who.face_w
        self.streak_side = -1 if who.hair_shift[0] < 0 else 1

        # The body.
        wide = 1.25 if who.kind == "man" else 1.0
        self.shoulder = r * 1.35 * wide * (1 - 0.25 * abs(self.turn))
        self.neck_y = cy + r * 0.8
        self.body_y = cy + r * 1.25
        self.hip_y = self.body_y + r * 2.0

        # The face.
        self.fx = cx + self.turn * self.rx * 0.85
        self.eye_y = cy + r * 0.10
        self.gap = self.rx * 0.42 * who.eye_gap
        self.eye = r * 0.165 * who.eye_size

    def paint(self):
        self.paint_hair_behind()
        self.paint_legs()
        self.paint_arms()
        self.paint_torso()
        self.paint_garment()
        self.paint_scarf()
        self.paint_head()
        self.paint_blush()
        self.paint_eyes()
        self.paint_nose()
        self.paint_mouth()
        self.paint_marks()
        self.paint_hair_on_top()
        self.paint_extra()

    def hides(self, side):
        """In profile only the side that the person looks to is seen."""
        return self.is_profile and side != self.scene.side

    def paint_hair_behind(self):
        brush, cx, cy, r, rx = self.brush, self.cx, self.cy, self.r, self.rx
        back = cx - self.turn * rx * 0.55
        style = self.who.style
        if style == "long hair":
            brush.ellipse(back, cy + r * 0.45, rx * 1.22, r * 1.62)
            brush.fill(self.hair_dark)
        elif style == "bob haircut":
            brush.rectangle(back - rx * 1.2, cy - r * 0.3, rx * 2.4, r * 1.25, self.hair_dark)
            brush.ellipse(back, cy - r * 0.25, rx * 1.2, r * 0.95)
            brush.fill(self.hair_dark)
        elif style == "curly hair":
            for i in range(14):
                angle = math.pi * (0.02 + i / 13 * 1.0) + math.pi
                lower = r * 0.3 if i in (0, 13) else 0
                y = cy - r * 0.15 - abs(math.sin(angle)) * r * 0.85 + lower
                brush.ellipse(back + math.cos(angle) * rx * 1.1, y, r * 0.33, r * 0.33)
                brush.fill(self.hair_dark)
            for side in (-1, 1):
                for k in range(3):
                    brush.ellipse(back + side * rx * 1.12, cy + r * (0.1 + 0.28 * k), r * 0.27, r * 0.27)
                    brush.fill(self.hair_dark)
        elif style == "ponytail":
            side = -self.scene.side if self.scene.view != "front view" else 1
            brush.ellipse(cx + side * rx * 1.15, cy + r * 0.25, r * 0.30, r * 0.95)
            brush.fill(self.hair_dark)
        elif style == "hair bun":
            brush.ellipse(back, cy - r * 1.12, r * 0.46, r * 0.40)
            brush.fill(self.hair_dark)

    def paint_legs(self):
        if self.scene.frame != "full body shot":
            return
        brush, cx, r, hip_y = self.brush, self.cx, self.r, self.hip_y
        trousers = shade(mix(self.cloth, (0.2, 0.2, 0.3), 0.75), 0.9)
        for side in (-1, 1):
            colour = trousers if self.scene.garment != "dress" else self.skin
            brush.rectangle(cx + side * r * 0.38 - r * 0.26, hip_y - r * 0.3, r * 0.52, r * 1.75, colour)
            brush.ellipse(cx + side * r * 0.38 + self.turn * r * 0.4, hip_y + r * 1.5, r * 0.38, r * 0.18)
            brush.fill((0.16, 0.13, 0.14))

    def paint_arms(self):
        brush, cr, r = self.brush, self.cr, self.r
        for side in (-1, 1):
            cr.save()
            cr.translate(self.cx + side * self.shoulder * 0.86, self.body_y + r * 0.15)
            cr.rotate(-side * 0.16)
            brush.rectangle(-r * 0.22, 0, r * 0.44, r * 1.6, self.cloth_dark)
            brush.ellipse(0, r * 1.68, r * 0.22, r * 0.22)
            brush.fill(self.skin)
            cr.restore()

    def paint_torso(self):
        cr, cx, r, body_y, shoulder = self.cr, self.cx, self.r, self.body_y, self.shoulder
        is_dress = self.scene.garment == "dress"
        flare = 1.25 if is_dress else 0.82
        hem = self.hip_y + (r * 0.5 if is_dress else 0)
        cr.move_to(cx - shoulder, body_y + r * 0.45)
        cr.curve_to(cx - shoulder, body_y - r * 0.1, cx - r * 0.5, body_y - r * 0.2, cx - r * 0.28, body_y - r * 0.25)
        cr.line_to(cx + r * 0.28, body_y - r * 0.25)
        cr.curve_to(cx + r * 0.5, body_y - r * 0.2, cx + shoulder, body_y - r * 0.1, cx + shoulder, body_y + r * 0.45)
        cr.line_to(cx + shoulder * flare, hem)
        cr.line_to(cx - shoulder * flare, hem)
        cr.close_path()
        self.brush.fill(self.cloth)
        self.brush.rectangle(cx - r * 0.28, self.neck_y - r * 0.15, r * 0.56, r * 0.55, self.skin_dark)

    def paint_garment(self):
        brush, cr, cx, r, body_y, shoulder = self.brush, self.cr, self.cx, self.r, self.body_y, self.shoulder
        garment = self.scene.garment
        if garment == "blouse":
            brush.polygon([(cx - r * 0.34, body_y - r * 0.28), (cx, body_y + r * 0.42), (cx + r * 0.34, body_y - r * 0.28)])
            brush.fill(self.skin_dark)
            for side in (-1, 1):
                inner, outer = cx + side * r * 0.34, cx + side * r * 0.62
                brush.polygon([(inner, body_y - r * 0.30), (outer, body_y - r * 0.1), (cx, body_y + r * 0.45)])
                brush.fill(mix(self.cloth, WHITE, 0.35))
        elif garment == "jacket":
            left, right = (cx - r * 0.3, body_y - r * 0.25), (cx + r * 0.3, body_y - r * 0.25)
            brush.polygon([left, (cx - r * 0.2, self.hip_y), (cx + r * 0.2, self.hip_y), right])
            brush.fill((0.96, 0.96, 0.97))
            for side in (-1, 1):
                collar, lapel = (cx + side * r * 0.28, body_y - r * 0.28), (cx + side * r * 0.68, body_y + r * 0.2)
                brush.polygon([collar, lapel, (cx + side * r * 0.2, body_y + r * 0.95)])
                brush.fill(self.cloth_dark)
        elif garment == "hoodie":
            brush.ellipse(cx, body_y - r * 0.1, r * 0.66, r * 0.28)
            brush.fill(self.cloth_dark)
            brush.ellipse(cx, body_y - r * 0.18, r * 0.36, r * 0.2)
            brush.fill(self.skin_dark)
            for side in (-1, 1):
                cr.move_to(cx + side * r * 0.2, body_y + r * 0.1)
                cr.line_to(cx + side * r * 0.2, body_y + r * 0.6)
                brush.line((0.97, 0.97, 0.97), r * 0.07)
        elif garment == "sweater":
            brush.ellipse(cx, body_y - r * 0.15, r * 0.42, r * 0.2)
            brush.fill(self.cloth_dark)
            for k in range(3):
                stripe = mix(self.cloth, WHITE, 0.45)
                brush.rectangle(cx - shoulder * 0.9, body_y + r * (0.55 + 0.5 * k), shoulder * 1.8, r * 0.14, stripe)
        elif garment == "dress":
            brush.ellipse(cx, body_y - r * 0.2, r * 0.4, r * 0.24)
            brush.fill(self.skin_dark)
            brush.rectangle(cx - shoulder * 0.86, body_y + r * 1.1, shoulder * 1.72, r * 0.18, self.cloth_dark)
        else:
            brush.ellipse(cx, body_y - r * 0.2, r * 0.36, r * 0.2)
            brush.fill(self.skin_dark)

    def paint_scarf(self):
        if self.scene.extra != "scarf":
            return
        self.brush.ellipse(self.cx, self.neck_y + self.r * 0.28, self.r * 0.66, self.r * 0.27)
        self.brush.fill((0.78, 0.16, 0.22))
        x, y = self.cx + self.r * 0.18, self.neck_y + self.r * 0.3
        self.brush.rectangle(x, y, self.r * 0.32, self.r * 0.95, (0.66, 0.12, 0.18))

    def paint_head(self):
        brush, cr, who, cx, cy, r, rx = self.brush, self.cr, self.who, self.cx, self.cy, self.r, self.rx
        for side in (-1, 1):
            if side * self.turn > 0.2:
                continue
            x = cx + side * rx * 0.98 * (1 - 0.4 * abs(self.turn))
            brush.ellipse(x, cy + r * 0.08, r * 0.15 * who.ear, r * 0.22 * who.ear)
            brush.fill(self.skin_dark)

        cheek_y = cy + r * (0.62 + 0.18 * who.jaw)
        chin = rx * (0.45 + 0.30 * who.jaw)
        cr.move_to(cx - rx, cy - r * 0.1)
        cr.curve_to(cx - rx, cy - r * 1.15, cx + rx, cy - r * 1.15, cx + rx, cy - r * 0.1)
        cr.curve_to(cx + rx, cheek_y, cx + chin, cy + r, cx, cy + r)
        cr.curve_to(cx - chin, cy + r, cx - rx, cheek_y, cx - rx, cy - r * 0.1)
        brush.fill(self.skin)

        if self.is_profile:
            side = self.scene.side
            tip = (cx + side * (rx * 1.0 + r * 0.16 * who.nose), cy + r * 0.30)
            brush.polygon([(cx + side * rx * 0.92, cy + r * 0.02), tip, (cx + side * rx * 0.9, cy + r * 0.38)])
            brush.fill(self.skin)

    def paint_blush(self):
        if self.who.blush <= 0.45:
            return
        for side in (-1, 1):
            if self.hides(side):
                continue
            x = self.fx + side * self.gap * 1.15 * (1 - 0.3 * abs(self.turn))
            self.brush.ellipse(x, self.cy + self.r * 0.42, self.r * 0.17, self.r * 0.10)
            self.brush.fill((0.95, 0.45, 0.42), 0.30 * self.who.blush)

    def eye_x(self, side):
        shift = self.turn * self.rx * 0.15 if self.is_profile else 0
        return self.fx + side * self.gap * (1 - 0.35 * abs(self.turn)) - shift

    def paint_eyes(self):
        for side in (-1, 1):
            if self.hides(side):
                continue
            near = 1 - (0.45 * abs(self.turn) if side * self.turn > 0 else 0)
            width = self.eye * near * (0.72 if self.is_profile else 1)
            self.paint_eye(side, width)
            self.paint_brow(side, width)

    def paint_eye(self, side, width):
        brush, cr, who, r = self.brush, self.cr, self.who, self.r
        expression = self.scene.expression
        height = self.eye * {"laughing": 0.30, "surprised": 1.45, "sad": 0.85, "angry": 0.8}.get(expression, 1.1)
        cr.save()
        cr.translate(self.eye_x(side), self.eye_y)
        cr.rotate(side * -who.eye_tilt)
        if expression == "laughing":
            cr.arc(0, self.eye * 0.4, width, math.pi * 1.1, math.pi * 1.9)
            brush.line(INK, r * 0.075)
        else:
            pupil_x = self.turn * width * 0.4
            brush.ellipse(0, 0, width, height)
            brush.fill(WHITE)
            brush.ellipse(pupil_x, 0, width * 0.70, min(height, width) * 0.82)
            brush.fill(EYES[who.eyes])
            brush.ellipse(pupil_x, 0, width * 0.34, min(height, width) * 0.42)
            brush.fill((0.05, 0.04, 0.05))
            brush.ellipse(pupil_x - width * 0.22, -height * 0.3, width * 0.18, width * 0.18)
            brush.fill(WHITE)
            cr.save()
            cr.scale(width, height)
            cr.arc(0, 0, 1.02, math.pi * 1.05, math.pi * 1.95)
            cr.restore()
            brush.line(INK, r * (0.07 if who.kind == "woman" else 0.05))
        cr.restore()

    def paint_brow(self, side, width):
        cr, r = self.cr, self.r
        expression = self.scene.expression
        y = self.eye_y - self.eye * 1.75 - (r * 0.10 if expression == "surprised" else 0)
        tilt = self.who.brow_tilt + {"angry": 0.55, "sad": -0.45}.get(expression, 0)
        cr.save()
        cr.translate(self.eye_x(side), y)
        cr.rotate(side * tilt)
        cr.move_to(-width * 1.15, 0)
        cr.curve_to(-width * 0.4, -r * 0.06, width * 0.4, -r * 0.06, width * 1.15, 0)
        self.brush.line(shade(self.hair, 0.6), r * 0.065 * self.who.brow)
        cr.restore()

    def paint_nose(self):
        if self.is_profile:
            return
        cr, cy, r, nose = self.cr, self.cy, self.r, self.who.nose
        x = self.fx + self.turn * self.rx * 0.18
        y = cy + r * 0.40
        side = 1 if self.turn >= 0 else -1
        cr.move_to(x - self.turn * r * 0.1, cy + r * 0.22)
        cr.curve_to(x + r * 0.10 * side * nose, y - r * 0.05, x + r * 0.10 * nose * side, y, x - r * 0.04, y + r * 0.02)
        self.brush.line(shade(self.skin, 0.68), r * 0.05)

    def paint_mouth(self):
        brush, cr, r = self.brush, self.cr, self.r
        shift = self.turn * self.rx * 0.12 if not self.is_profile else self.scene.side * -self.rx * 0.02
        x, y = self.fx + shift, self.cy + r * 0.64
        width = r * 0.30 * self.who.mouth * (1 - 0.35 * abs(self.turn)) * (0.7 if self.is_profile else 1)
        lip = mix(self.skin, (0.74, 0.16, 0.20), 0.62 if self.who.kind == "woman" else 0.42)
        expression = self.scene.expression
        if expression == "smiling":
            cr.arc(x, y - r * 0.10, width, math.pi * 0.15, math.pi * 0.85)
            brush.line(lip, r * 0.075)
        elif expression == "laughing":
            cr.arc(x, y - r * 0.06, width, 0, math.pi)
            cr.close_path()
            brush.fill((0.55, 0.10, 0.14))
            brush.rectangle(x - width * 0.8, y - r * 0.06, width * 1.6, r * 0.07, WHITE)
        elif expression == "sad":
            cr.arc(x, y + r * 0.14, width * 0.85, math.pi * 1.2, math.pi * 1.8)
            brush.line(lip, r * 0.075)
        elif expression == "surprised":
            brush.ellipse(x, y, width * 0.42, r * 0.15)
            brush.fill((0.50, 0.10, 0.13))
        elif expression == "angry":
            cr.move_to(x - width * 0.7, y + r * 0.04)
            cr.line_to(x + width * 0.7, y - r * 0.02)
            brush.line(lip, r * 0.085)
        else:
            cr.move_to(x - width * 0.7, y)
            cr.line_to(x + width * 0.7, y)
            brush.line(lip, r * 0.07)

    def paint_marks(self):
        """Freckles and mole."""
        brush, cy, r = self.brush, self.cy, self.r
        flat = 1 - 0.3 * abs(self.turn)
        if self.who.freckles:
            for side in (-1, 1):
                if self.hides(side):
                    continue
                for ax, ay in [(-0.10, 0), (0.02, 0.06), (0.12, -0.01), (0, -0.06)]:
                    brush.ellipse(self.fx + side * self.gap * 1.05 * flat + ax * r, cy + r * 0.38 + ay * r, r * 0.028, r * 0.028)
                    brush.fill(shade(self.skin, 0.62))
        if self.who.mole:
            side = {1: -1, 2: 1, 3: 0}[self.who.mole]
            if not (self.is_profile and side == -self.scene.side):
                y = cy + r * (0.52 if side else 0.83)
                brush.ellipse(self.fx + side * self.gap * 0.95 * flat, y, r * 0.05, r * 0.05)
                brush.fill((0.20, 0.10, 0.08))

    def paint_hair_on_top(self):
        self.paint_cap()
        if self.who.style in ("long hair", "bob haircut"):
            self.paint_side_hair()

    def paint_cap(self):
        brush, cr, who, cx, cy, r, rx, turn = self.brush, self.cr, self.who, self.cx, self.cy, self.r, self.rx, self.turn
        cr.save()
        cr.move_to(cx - rx * 1.08, cy + r * 0.05)
        cr.curve_to(cx - rx * 1.2, cy - r * 1.35, cx + rx * 1.2, cy - r * 1.35, cx + rx * 1.08, cy + r * 0.05)
        cr.curve_to(cx + rx * 1.0, cy - r * 0.25, cx + rx * 0.95, cy - r * 0.35, cx + rx * 0.82 + turn * rx * 0.1, cy - r * 0.42)
        if who.bangs == 1:
            cr.line_to(cx + rx * 0.78, cy - r * 0.22)
            cr.line_to(cx - rx * 0.78, cy - r * 0.22)
        elif who.bangs == 2:
            cr.curve_to(cx + rx * 0.3, cy - r * 0.95, cx - rx * 0.2, cy - r * 0.35, cx - rx * 0.82, cy - r * 0.12)
        elif who.bangs == 3:
            cr.curve_to(cx + rx * 0.5, cy - r * 0.45, cx + rx * 0.15, cy - r * 0.62, cx + turn * rx * 0.4, cy - r * 0.82)
            cr.curve_to(cx - rx * 0.15, cy - r * 0.62, cx - rx * 0.5, cy - r * 0.45, cx - rx * 0.82, cy - r * 0.30)
        else:
            cr.curve_to(cx + rx * 0.4, cy - r * 0.72, cx - rx * 0.4, cy - r * 0.72, cx - rx * 0.82, cy - r * 0.42)
        cr.curve_to(cx - rx * 0.95, cy - r * 0.35, cx - rx * 1.0, cy - r * 0.25, cx - rx * 1.08, cy + r * 0.05)
        cr.close_path()
        path = cr.copy_path()
        brush.fill(self.hair)
        if who.streak:
            cr.new_path()
            cr.append_path(path)
            cr.clip()
            brush.ellipse(cx + self.streak_side * rx * 0.55, cy - r * 0.62, rx * 0.26, r * 0.62)
            brush.fill(HAIR[who.streak])
        cr.restore()
        cr.new_path()

    def paint_side_hair(self):
        cr, cx, cy, r, rx = self.cr, self.cx, self.cy, self.r, self.rx
        length = r * (1.5 if self.who.style == "long hair" else 0.72)
        for side in (-1, 1):
            if self.turn * side > 0.5:
                continue
            cr.move_to(cx + side * rx * 1.14, cy - r * 0.25)
            cr.line_to(cx + side * rx * 1.18, cy + length)
            cr.line_to(cx + side * rx * 0.84, cy + length * 0.92)
            x = cx + side * rx * 0.80
            cr.curve_to(cx + side * rx * 0.98, cy + r * 0.2, cx + side * rx * 0.9, cy - r * 0.1, x, cy - r * 0.4)
            cr.close_path()
            has_streak = self.who.streak and side == self.streak_side
            self.brush.fill(HAIR[self.who.streak] if has_streak else self.hair)

    def paint_extra(self):
        brush, cr, cx, cy, r, rx, turn = self.brush, self.cr, self.cx, self.cy, self.r, self.rx, self.turn
        extra = self.scene.extra
        if extra == "hat":
            brush.ellipse(cx, cy - r * 0.62, rx * 1.5, r * 0.2)
            brush.fill((0.46, 0.30, 0.18))
            brush.rectangle(cx - rx * 0.95, cy - r * 1.25, rx * 1.9, r * 0.62, (0.54, 0.36, 0.22))
            brush.rectangle(cx - rx * 0.95, cy - r * 0.80, rx * 1.9, r * 0.14, (0.80, 0.22, 0.2))
        elif extra == "glasses":
            for side in (-1, 1):
                if self.hides(side):
                    continue
                brush.ellipse(self.eye_x(side), self.eye_y, self.eye * 1.5 * (1 - (0.3 * abs(turn))), self.eye * 1.5)
                brush.line(SPECTACLES, r * 0.06)
            if not self.is_profile:
                cr.move_to(self.fx - self.gap * 0.35, self.eye_y)
                cr.line_to(self.fx + self.gap * 0.35, self.eye_y)
                brush.line(SPECTACLES, r * 0.05)
        elif extra == "earrings":
            for side in (-1, 1):
                if side * turn > 0.2:
                    continue
                brush.ellipse(cx + side * rx * 1.0 * (1 - 0.4 * abs(turn)), cy + r * 0.38, r * 0.09, r * 0.09)
                brush.fill((0.98, 0.82, 0.22))


# ---- a picture ---------------------------------------------------------------------------------------------------

# Radius of the head and height of its centre, as shares of the picture; the feet decide where a whole figure stands.
FRAMING = {"close-up portrait": (0.30, 0.47), "upper body shot": (0.185, 0.34), "full body shot": (0.13, None)}

# A colour to multiply with, and how strongly.
LIGHTING = {
    "warm lighting": ((1, 0.62, 0.22), 0.42),
    "cool lighting": ((0.40, 0.60, 1), 0.45),
    "dim lighting": ((0.16, 0.16, 0.24), 0.62),
}


def draw(who: Identity, scene: Scene, width: int, height: int | None = None, backdrop=None, figure_class=Figure) -> np.ndarray:
    """The picture as [height, width, 3] bytes of RGB; square where no height is given. `backdrop` stands in for the scene's own."""
    height = height or width
    surface = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
    cr = cairo.Context(surface)
    brush = Brush(cr)
    backdrop = backdrop or BACKDROPS[scene.setting]
    backdrop(brush, width, height, random.Random(scene.seed))

    r, centre = FRAMING[scene.frame]
    r *= min(height, width) * scene.zoom
    if centre is None:
        y = height * (0.94 + scene.dy) - 4.75 * r
    else:
        y = height * (centre + scene.dy)
    figure_class(brush, who, scene, width * (0.5 + scene.dx), y, r).paint()

    if scene.light in LIGHTING:
        colour, alpha = LIGHTING[scene.light]
        cr.set_operator(cairo.OPERATOR_MULTIPLY)
        cr.set_source_rgba(*colour, alpha)
        cr.paint()
    surface.flush()
    pixels = np.ndarray((height, surface.get_stride() // 4, 4), np.uint8, surface.get_data())
    return pixels[:, :width, 2::-1].copy()


def main(seed=1, path="sheet.png"):
    from PIL import Image

    rng = random.Random(int(seed))
    rows = []
    for _ in range(6):
        rows.append(np.concatenate([draw(random_identity(rng), random_scene(rng), 192) for _ in range(8)], 1))
    Image.fromarray(np.concatenate(rows, 0)).save(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
