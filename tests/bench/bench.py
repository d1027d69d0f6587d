#!/usr/bin/env python3
"""The work of `likeness-cli bench` in PyTorch, and both side by side. Usage: bench.py [--cli FILE] [--threads N] [starter] [sd15]

Measures a U-Net's forward pass and a training step (noise, U-Net with a LoRA of rank 16 on kohya's default targets, loss, backward,
clipping, AdamW), in fp32 on the CPU: the starter model at batch 4 and 192×192, and a model of Stable Diffusion 1.5's size with random
weights at batch 1 and 256×256. Attention is computed both ways that PyTorch offers, and the faster one counts. With --cli, the program
is measured on the same cores, by turns with PyTorch, and the ratio printed. Needs PyTorch, safetensors, NumPy and Pillow.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

PROJECT = Path(__file__).resolve().parents[2]
STARTER = PROJECT / "data" / "starter"
sys.path.insert(0, str(STARTER / "tools"))
sys.dont_write_bytecode = True

import model  # noqa: E402
from diffusion import add_noise  # noqa: E402
from lora import adapt  # noqa: E402

LEAST_SECONDS, LEAST_RUNS = 3, 3


def attend_fused(q, k, v, is_causal=False):
    return F.scaled_dot_product_attention(q, k, v, is_causal=is_causal)


ATTENTIONS = {"two products": model.attend, "fused": attend_fused}


def measure(run):
    """The median time of `run`, which is warm."""
    run()
    seconds = []
    while len(seconds) < LEAST_RUNS or sum(seconds) < LEAST_SECONDS:
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def fastest(run):
    """The time with the faster attention, and its name."""
    times = {}
    for name, attend in ATTENTIONS.items():
        model.attend = attend
        times[name] = measure(run)
    best = min(times, key=times.get)
    return times[best], best


class Work:
    def __init__(self, name, unet, batch, side, channels, context_width):
        self.name = f"batch {batch}, {8 * side}x{8 * side}"
        self.unet = unet.requires_grad_(False)
        self.latents = torch.randn(batch, channels, side, side)
        self.noise = torch.randn_like(self.latents)
        self.context = torch.randn(batch, 77, context_width)
        self.timesteps = torch.arange(batch) * 200 + 100
        self.forward_name, self.step_name = f"{name} U-Net, {self.name}", f"{name} training step, {self.name}"

    def forward(self):
        with torch.no_grad():
            self.unet(self.latents, self.timesteps, self.context)

    def make_step(self):
        loras = adapt(self.unet)
        parameters = [parameter for lora in loras for parameter in (lora.down, lora.up)]
        optimizer = torch.optim.AdamW(parameters, 1e-4, weight_decay=0.01, fused=True)

        def step():
            prediction = self.unet(add_noise(self.latents, self.noise, self.timesteps), self.timesteps, self.context)
            loss = F.mse_loss(prediction, self.noise)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad()

        return step


def starter():
    _, unet, _ = model.load_starter(STARTER / "starter-base.safetensors")
    return Work("starter", unet, 4, 24, model.LATENT_CHANNELS, 64)


def sd15():
    unet = model.sd15()
    for parameter in unet.parameters():
        # A freshly made U-Net has zeros in its last layers.
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.02)
    return Work("SD 1.5", unet, 1, 32, 4, 768)


def measure_cli(cli, threads, part):
    """Name to seconds, as the program says. It takes the cores that this process may use."""
    environment = {**os.environ, "LIKENESS_DATA_DIR": os.environ.get("LIKENESS_DATA_DIR", str(PROJECT / "data"))}
    cores = sorted(os.sched_getaffinity(0))[:threads]
    output = subprocess.run(
        [*cli, "bench", "--json", "--device", "cpu", part],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    ).stdout
    return {result["name"]: result["seconds"] for result in json.loads(output)["results"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--cli", help="the likeness-cli to measure too; words before it (“./dev cli”) are split at spaces")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("parts", nargs="*", metavar="starter|sd15")
    arguments = parser.parse_args()
    works = {"starter": starter, "sd15": sd15}
    parts = arguments.parts or list(works)
    if not set(parts) <= set(works):
        parser.error(f"there are {' and '.join(works)} to measure")
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)

    print(f"PyTorch {torch.__version__}, fp32, {arguments.threads} threads")
    for part in parts:
        ours = measure_cli(arguments.cli.split(), arguments.threads, part) if arguments.cli else {}
        work = works[part]()
        rows = [(work.forward_name, *fastest(work.forward))]
        rows.append((work.step_name, *fastest(work.make_step())))
        del work
        # Once more after PyTorch: a machine that others use is not the same for long. The better of both counts, as for PyTorch.
        again = measure_cli(arguments.cli.split(), arguments.threads, part) if arguments.cli else {}
        for name, seconds, attention in rows:
            line = f"{name:<46} PyTorch {seconds * 1e3:9.1f} ms ({attention})"
            if name in ours:
                best = min(ours[name], again[name])
                line += f"   Likeness {best * 1e3:9.1f} ms   {best / seconds:5.2f}x"
            print(line, flush=True)


if __name__ == "__main__":
    main()
