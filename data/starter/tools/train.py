#!/usr/bin/env python3
"""Trains the starter model on painted pictures. Usage: train.py {vae|decoder} MINUTES | encode COUNT SIZE | unet MINUTES SIZE

Order: vae; encode at 128 and unet at 128 (most of the time: 2.25 times as many pictures a minute); encode and unet at 192; decoder.
Each goes on from what it finds in the output folder.
"""

import copy
import math
import os
import random
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import paint
from diffusion import ALPHAS, N_TIMESTEPS, SCALE, add_noise, autocast, sample
from model import LATENT_CHANNELS, TextEncoder, UNet, Vae
from pictures import OUT, save_sheet, to_tensor
from tokenizer import Tokenizer
from world import caption, random_identity, random_scene

SIZE = 192


def log(*words):
    print(time.strftime("%H:%M:%S"), *words, flush=True)


def painted(rng, count, size, crop=0):
    """Random pictures, or a square of side `crop` of each: half the time the busiest of four."""
    arrays = []
    for _ in range(count):
        array = paint.draw(random_identity(rng), random_scene(rng), size)
        if crop:
            places = [(rng.randrange(size - crop + 1), rng.randrange(size - crop + 1)) for _ in range(rng.choice([1, 4]))]
            crops = [array[y : y + crop, x : x + crop] for y, x in places]
            array = max(crops, key=lambda part: np.abs(np.diff(part.astype(np.int16), axis=1)).mean())
        arrays.append(array)
    return to_tensor(arrays)


# ---- autoencoder ----------------------------------------------------------------------------------------------------


def edge_loss(a, b):
    def across(x):
        return x[..., 1:] - x[..., :-1]

    def down(x):
        return x[..., 1:, :] - x[..., :-1, :]

    return (across(a) - across(b)).abs().mean() + (down(a) - down(b)).abs().mean()


def follow(average, network, share):
    """Moves the running average of the weights."""
    with torch.no_grad():
        for mean, value in zip(average.parameters(), network.parameters()):
            mean.lerp_(value, 1 - share)


def train_vae(minutes, decoder_only=False):
    torch.manual_seed(0)
    vae = Vae()
    path = OUT / "vae.pt"
    rng = random.Random(time.time())
    if path.exists():
        fresh = vae.state_dict()
        kept = {name: value for name, value in torch.load(path).items() if value.shape == fresh[name].shape}
        vae.load_state_dict({**fresh, **kept})
        log("resumed", len(kept), "of", len(fresh))
    trained = [vae.decoder, vae.post_quant_conv] if decoder_only else [vae]
    parameters = [parameter for part in trained for parameter in part.parameters()]
    optimizer = torch.optim.AdamW(parameters, 3e-4, betas=(0.9, 0.99), weight_decay=1e-4)
    average = copy.deepcopy(vae)
    start, step = time.time(), 0
    while (share := (time.time() - start) / (minutes * 60)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = 6e-4 * min(1, (step + 1) / 100) * (0.5 * (1 + math.cos(math.pi * share)) * 0.97 + 0.03)
        x = painted(rng, 12, rng.choice([SIZE, SIZE, 256]), 64)
        with autocast():
            with torch.set_grad_enabled(not decoder_only):
                mean, log_variance = vae.encode(x)
            z = mean if decoder_only else mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
            y = vae.decode(z)
        y, mean, log_variance = y.float(), mean.float(), log_variance.float()

        difference = y - x
        coarse = F.avg_pool2d(difference, 4)
        reconstruction = difference.abs().mean() + 0.5 * difference.square().mean()
        hue = (coarse[:, 0] - coarse[:, 1]).abs().mean() + (coarse[:, 1] - coarse[:, 2]).abs().mean()
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        loss = reconstruction + 0.4 * edge_loss(y, x) + coarse.abs().mean() + 2 * hue + 3e-5 * divergence
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
        step += 1
        follow(average, vae, min(0.998, step / (step + 20)))
        if step % 100 == 0:
            log("vae", step, f"{loss.item():.4f} reconstruction {reconstruction.item():.4f} hue {hue.item():.4f}")
        if step % 500 == 0:
            torch.save(average.state_dict(), path)
    torch.save(average.state_dict(), path)
    with torch.no_grad():
        x = painted(random.Random(5), 6, SIZE)
        y = average.decode(average.encode(x)[0])
    save_sheet(OUT / "vae.png", x, y)
    log("vae done", step, "L1", (x - y).abs().mean().item())


def normalised_vae():
    """The autoencoder with its latents' deviation folded into the 1×1 convolutions, so that the usual scale gives unit latents."""
    vae = Vae()
    path = OUT / "vae_norm.pt"
    if path.exists():
        vae.load_state_dict(torch.load(path))
        return vae
    vae.load_state_dict(torch.load(OUT / "vae.pt"))
    with torch.no_grad():
        latents = torch.cat([vae.encode(painted(random.Random(seed), 32, SIZE))[0] for seed in range(4)])
        mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
        factor = 1 / (deviation * SCALE)
        z = LATENT_CHANNELS
        weight, bias = vae.quant_conv.weight, vae.quant_conv.bias
        bias[:z] = (bias[:z] - mean) * factor
        weight[:z] *= factor[:, None, None, None]
        bias[z:] += 2 * factor.log()
        weight, bias = vae.post_quant_conv.weight, vae.post_quant_conv.bias
        bias += weight[:, :, 0, 0] @ mean
        weight /= factor[None, :, None, None]
        latents = vae.encode(painted(random.Random(9), 32, SIZE))[0] * SCALE
        log("latents: mean", latents.mean((0, 2, 3)), "deviation", latents.std((0, 2, 3)))
    torch.save(vae.state_dict(), path)
    return vae


def train_decoder(minutes):
    """The encoder stays as it is, and so do the latents that the U-Net knows; the folding is done again."""
    train_vae(minutes, decoder_only=True)
    (OUT / "vae_norm.pt").unlink()
    normalised_vae()


# ---- text encoder and U-Net --------------------------------------------------------------------------------------


def encode(count, size):
    """Paints `count` pictures and keeps their latents with what they show."""
    vae = normalised_vae()
    rng = random.Random(1234 + size)
    latents, people = [], []
    start = time.time()
    while len(people) < count:
        pairs = [(random_identity(rng), random_scene(rng)) for _ in range(32)]
        x = to_tensor([paint.draw(who, scene, size) for who, scene in pairs])
        with torch.no_grad(), autocast():
            mean = vae.encode(x)[0].float()
        latents.append((mean * SCALE).half())
        people += pairs
        if len(people) % 3200 == 0:
            log("encoded", len(people), f"{len(people) / (time.time() - start):.0f}/s")
    torch.save({"latents": torch.cat(latents), "people": people}, OUT / f"data-{size}.pt")


def prompt_for(rng, who, scene):
    """Captions with rare words in front, parts left out and parts moved, so that the model reads any of them."""
    trigger = ""
    if rng.random() < 0.3:
        syllables = [rng.choice("bcdfghjklmnpqrstvwxz") + rng.choice("aeiou ") for _ in range(rng.randint(1, 3))]
        trigger = "".join(syllables).replace(" ", "")
    head, *tail = caption(who, scene, trigger).split(", ")
    draw = rng.random()
    if draw < 0.1:
        return ""
    if draw < 0.5:
        tail = [part for part in tail if rng.random() < rng.uniform(0.4, 1)]
    if rng.random() < 0.3:
        rng.shuffle(tail)
    return ", ".join([head, *tail])


SHOWN = [
    "woman, brown long hair, green eyes, light skin, smiling, wearing a white blouse, front view, in a park, natural lighting, upper body shot",
    "man, black short hair, brown eyes, dark skin, laughing, wearing a red hoodie, front view, on a beach, natural lighting, upper body shot",
    "woman, pink hair, bob haircut, blue eyes, tan skin, surprised, wearing a yellow dress, front view, in a library, natural lighting, full body shot",
    "woman, red hair, ponytail, amber eyes, light skin, sad, wearing a blue sweater, profile view, in the snow, natural lighting, close-up portrait",
    "man, blonde curly hair, gray eyes, brown skin, angry, wearing a black jacket, three-quarter view, in a city street, warm lighting, upper body shot",
    "",
]


class Training:
    """Text encoder and U-Net with their running averages, which are what is shipped."""

    def __init__(self, peak):
        self.path = OUT / "unet.pt"
        self.text_encoder, self.unet = TextEncoder(), UNet()
        self.average_text_encoder, self.average_unet = copy.deepcopy(self.text_encoder), copy.deepcopy(self.unet)
        self.parameters = [*self.text_encoder.parameters(), *self.unet.parameters()]
        groups = [
            {"params": [parameter for parameter in self.parameters if parameter.dim() > 1], "weight_decay": 0.01},
            {"params": [parameter for parameter in self.parameters if parameter.dim() <= 1], "weight_decay": 0},
        ]
        self.optimizer = torch.optim.AdamW(groups, peak, betas=(0.9, 0.99))
        self.seen = 0
        if self.path.exists():
            state = torch.load(self.path)
            for name, part in self.parts().items():
                part.load_state_dict(state[name])
            self.seen = state["seen"]
            log("resumed at", self.seen)

    def parts(self):
        return {
            "text_encoder": self.text_encoder,
            "unet": self.unet,
            "average_text_encoder": self.average_text_encoder,
            "average_unet": self.average_unet,
            "optimizer": self.optimizer,
        }

    def save(self):
        torch.save({**{name: part.state_dict() for name, part in self.parts().items()}, "seen": self.seen}, self.path)

    def step(self, latents, ids):
        """One step of min-SNR-weighted noise prediction; returns the unweighted loss."""
        timesteps = torch.randint(0, N_TIMESTEPS, (len(latents),))
        noise = torch.randn_like(latents)
        with autocast():
            prediction = self.unet(add_noise(latents, noise, timesteps), timesteps, self.text_encoder(ids))
        signal = ALPHAS[timesteps] / (1 - ALPHAS[timesteps])
        each = ((prediction.float() - noise) ** 2).mean((1, 2, 3))
        loss = (each * (signal.clamp(max=5) / signal)).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.seen += len(latents)
        n_steps = self.seen / len(latents)
        share = min(0.998, (1 + n_steps) / (20 + n_steps))
        follow(self.average_text_encoder, self.text_encoder, share)
        follow(self.average_unet, self.unet, share)
        return each.mean().item()


def train_unet(minutes, size, batch=32):
    peak, last = float(os.environ.get("LR", "6e-4")), float(os.environ.get("LR_END", "0.15"))
    data = torch.load(OUT / f"data-{size}.pt", weights_only=False)
    latents, people = data["latents"], data["people"]
    torch.manual_seed(int(time.time()))
    training = Training(peak)
    tokenizer, vae, rng = Tokenizer(), normalised_vae(), random.Random(time.time())

    def show():
        networks = training.average_text_encoder, training.average_unet
        with torch.no_grad():
            rows = [vae.decode(sample(*networks, tokenizer, SHOWN, size // 8, seed=seed) / SCALE) for seed in (0, 1)]
        save_sheet(OUT / "unet.png", *rows)

    start, step, average = time.time(), 0, None
    while (share := (time.time() - start) / (minutes * 60)) < 1:
        for group in training.optimizer.param_groups:
            cosine = last + (1 - last) * 0.5 * (1 + math.cos(math.pi * share))
            group["lr"] = peak * min(1, (step + 1) / 300) * cosine
        index = torch.randint(len(people), (batch,))
        ids = torch.tensor([tokenizer(prompt_for(rng, *people[i])) for i in index])
        loss = training.step(latents[index].float(), ids)
        average = loss if average is None else 0.98 * average + 0.02 * loss
        step += 1
        if step % 50 == 0:
            log("unet", training.seen, f"mse {average:.4f}", f"{step * batch / (time.time() - start):.1f}/s")
        if step % 500 == 0:
            training.save()
        if step % 1500 == 0:
            show()
    training.save()
    show()
    log("unet done", training.seen)


def main(what, amount, size=SIZE):
    OUT.mkdir(parents=True, exist_ok=True)
    if what == "vae":
        train_vae(float(amount))
    elif what == "decoder":
        train_decoder(float(amount))
    elif what == "encode":
        encode(int(amount), int(size))
    elif what == "unet":
        train_unet(float(amount), int(size))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
