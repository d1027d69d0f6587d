#!/usr/bin/env python3
"""Trains PyTorch's own LoRA on a character and says whether it draws that character. Usage: lora.py mira|tomas STEPS [PICTURES]

PICTURES is the folder that sample.py wrote (with mira/ and tomas/). Prints the likeness, as cosine to the mean of the training pictures,
of pictures in contexts that are not in the data set: at several strengths, to both characters. The README of the starter model has the
figures. LORA_LR sets the learning rate.
"""

import math
import os
import random
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file

from diffusion import N_TIMESTEPS, SCALE, add_noise, autocast, sample
from embedder import Embedder, shrink
from model import SpatialTransformer, load_starter
from pictures import OUT, save_sheet, to_tensor
from tokenizer import Tokenizer

STARTER = Path(__file__).resolve().parent.parent
SIZE, RANK, ALPHA, BATCH = 192, 16, 8, 4
LEARNING_RATE = float(os.environ.get("LORA_LR", "1e-3"))
STRENGTHS = (0.0, 0.5, 0.8, 1.0)
SEEDS = (0, 1)
FEATURES = {
    "mira": "ohwx woman, brown hair, bob haircut, green eyes, light skin",
    "tomas": "zkxj man, black curly hair, blue eyes, tan skin",
}
CONTEXTS = [
    "smiling, wearing a black sweater, front view, in a forest, natural lighting, upper body shot",
    "neutral expression, wearing a green dress, front view, in a city street, natural lighting, close-up portrait",
    "laughing, wearing a white hoodie, three-quarter view, on a beach, natural lighting, upper body shot",
    "surprised, wearing a yellow jacket, front view, in the snow, natural lighting, close-up portrait",
    "sad, wearing a red blouse, front view, in a living room, warm lighting, upper body shot",
    "smiling, wearing a purple t-shirt, front view, in a park, natural lighting, close-up portrait",
]


class Lora(nn.Module):
    """A frozen linear layer or 1×1 convolution with a trained low-rank difference beside it."""

    def __init__(self, base):
        super().__init__()
        self.base = base
        self.is_conv = base.weight.dim() == 4
        self.strength = 1.0
        n_out, n_in = base.weight.shape[:2]
        self.down = nn.Parameter(torch.empty(RANK, n_in).uniform_(-1, 1) / math.sqrt(n_in))
        self.up = nn.Parameter(torch.zeros(n_out, RANK))

    def forward(self, x):
        y = self.base(x)
        if not self.strength:
            return y
        if self.is_conv:
            difference = F.conv2d(F.conv2d(x, self.down[:, :, None, None]), self.up[:, :, None, None])
        else:
            difference = F.linear(F.linear(x, self.down), self.up)
        return y + self.strength * ALPHA / RANK * difference


def adapt(unet):
    """Puts a Lora around every projection of the transformers (kohya's default targets)."""
    loras = []
    for transformer in [module for module in unet.modules() if isinstance(module, SpatialTransformer)]:
        for parent in list(transformer.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, (nn.Linear, nn.Conv2d)):
                    lora = Lora(child)
                    setattr(parent, name, lora)
                    loras.append(lora)
    return loras


def square(path):
    """The centre, or of an upright picture the top, where the face is."""
    image = Image.open(path).convert("RGB")
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, 0 if height > width else (height - side) // 2
    kind = Image.BOX if side >= SIZE else Image.LANCZOS
    return np.array(image.crop((left, top, left + side, top + side)).resize((SIZE, SIZE), kind))


def load(folder):
    paths = sorted(folder.glob("*.png"))
    captions = [path.with_suffix(".txt").read_text(encoding="utf-8").strip() for path in paths]
    return to_tensor([square(path) for path in paths]), captions


def train(unet, parameters, latents, context, n_steps):
    optimizer = torch.optim.AdamW(parameters, LEARNING_RATE, weight_decay=0.01)
    start, average = time.time(), None
    for step in range(n_steps):
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min(1, (step + 1) / 20) * (0.5 + 0.5 * math.cos(math.pi * step / n_steps))
        index = torch.randint(len(latents), (BATCH,))
        timesteps = torch.randint(0, N_TIMESTEPS, (BATCH,))
        noise = torch.randn(BATCH, *latents.shape[1:])
        with autocast():
            prediction = unet(add_noise(latents[index], noise, timesteps), timesteps, context[index])
        loss = F.mse_loss(prediction.float(), noise)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        if step % 50 == 49:
            print(step + 1, f"loss {average:.4f} {(step + 1) / (time.time() - start):.2f} steps/s", flush=True)


def main(name, n_steps, pictures):
    torch.manual_seed(0)
    text_encoder, unet, vae = load_starter(STARTER / "starter-base.safetensors")
    tokenizer, embedder = Tokenizer(), Embedder()
    embedder.load_state_dict(load_file(STARTER / "drawn-likeness.safetensors"))
    embedder.requires_grad_(False)

    sets = {who: load(pictures / who) for who in FEATURES}
    near = {who: [i for i, text in enumerate(captions) if "full body" not in text] for who, (_, captions) in sets.items()}
    seen = {who: embedder(shrink(x[near[who]])) for who, (x, _) in sets.items()}
    centres = {who: F.normalize(embedding.mean(0), dim=0) for who, embedding in seen.items()}
    for who, embedding in seen.items():
        print("training pictures of", who, {other: round((embedding @ centre).mean().item(), 3) for other, centre in centres.items()})

    x, captions = sets[name]
    with torch.no_grad():
        latents = vae.encode(x)[0] * SCALE
        context = text_encoder(torch.tensor([tokenizer(text) for text in captions]))
    loras = adapt(unet)
    parameters = [parameter for lora in loras for parameter in (lora.down, lora.up)]
    print(len(loras), "modules,", sum(parameter.numel() for parameter in parameters), "parameters")
    train(unet, parameters, latents, context, n_steps)

    prompts = [f"{FEATURES[name]}, {words}" for words in CONTEXTS]
    rows = []
    for strength in STRENGTHS:
        for lora in loras:
            lora.strength = strength
        with torch.no_grad():
            drawn = [vae.decode(sample(text_encoder, unet, tokenizer, prompts, SIZE // 8, seed=seed) / SCALE) for seed in SEEDS]
            y = torch.cat(drawn).clamp(-1, 1)
            embedding = embedder(shrink(y))
        quartiles = torch.tensor([0.25, 0.5, 0.75])
        likeness = {who: [round(v, 3) for v in (embedding @ centre).quantile(quartiles).tolist()] for who, centre in centres.items()}
        print("strength", strength, likeness, flush=True)
        rows.append(y[: len(prompts)])
    OUT.mkdir(parents=True, exist_ok=True)
    save_sheet(OUT / f"lora-{name}.png", x[near[name][: len(prompts)]], *rows)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3] if len(sys.argv) == 4 else "sample"))
