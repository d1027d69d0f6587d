#!/usr/bin/env python3
"""Trains the measure of likeness: 96×96 pictures to 64 numbers of unit length, near for one character, far for others.
Usage: likeness.py MINUTES
"""

import math
import random
import sys
import time
from dataclasses import replace

import torch
import torch.nn.functional as F

import paint
from embedder import Embedder, shrink
from pictures import OUT, to_tensor
from world import random_identity, random_scene

VIEWS_OF_EACH = 4


def look(rng, who):
    """A random picture of one character, near enough to see the face."""
    scene = random_scene(rng)
    if scene.frame == "full body shot":
        scene = replace(scene, frame="upper body shot")
    return shrink(to_tensor([paint.draw(who, scene, 192)]))[0]


def twins(rng, count):
    """Characters that no caption can tell apart."""
    first = random_identity(rng)
    people = [first]
    for _ in range(count - 1):
        other = random_identity(rng)
        streak = other.streak if other.streak != first.hair else ""
        people.append(
            replace(other, kind=first.kind, hair=first.hair, style=first.style, eyes=first.eyes, skin=first.skin, streak=streak)
        )
    return people


def batch(rng, n_groups=8, n_twins=3):
    people = [who for _ in range(n_groups) for who in twins(rng, n_twins)]
    pictures = torch.stack([look(rng, who) for who in people for _ in range(VIEWS_OF_EACH)])
    return pictures, torch.arange(len(people)).repeat_interleave(VIEWS_OF_EACH)


def train(network, minutes):
    rng = random.Random(3)
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-3)
    start, step = time.time(), 0
    while (share := (time.time() - start) / (60 * minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 50) * (0.02 + 0.49 * (1 + math.cos(math.pi * share)))
        x, who = batch(rng)
        embedding = network(x)
        scores = embedding @ embedding.t() / 0.1
        scores.fill_diagonal_(-1e4)
        same = (who[:, None] == who[None]).float()
        same.fill_diagonal_(0)
        loss = -((F.log_softmax(scores, 1) * same).sum(1) / same.sum(1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        if step % 50 == 0:
            print(time.strftime("%H:%M:%S"), step, f"{loss.item():.3f}", flush=True)


@torch.no_grad()
def judge(network):
    """Prints how often a pair of one character is nearer than a pair of two."""
    x, who = batch(random.Random(99), n_groups=24)
    embedding = network(x)
    cosine = embedding @ embedding.t()
    same = who[:, None] == who[None]
    is_pair = ~torch.eye(len(who), dtype=torch.bool)
    are_twins = ~same & ((who[:, None] // 3) == (who[None] // 3))
    pairs, others, twin_pairs = cosine[same & is_pair], cosine[~same], cosine[are_twins]
    print(f"mean cosine: same {pairs.mean():.3f}, twins {twin_pairs.mean():.3f}, others {others.mean():.3f}")
    for name, values in (("others", others), ("twins", twin_pairs)):
        drawn = values[torch.randperm(len(values))[:4000]]
        print(f"nearer than {name}: {(pairs[:, None][:4000] > drawn[None]).float().mean():.4f}")


def main(minutes):
    from safetensors.torch import save_file

    OUT.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    network = Embedder()
    train(network, minutes)
    judge(network)
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    save_file(tensors, OUT / "drawn-likeness.safetensors", {"input": "96x96 RGB -1..1", "output": "64, unit length"})


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(float(sys.argv[1]))
