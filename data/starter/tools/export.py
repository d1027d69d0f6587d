#!/usr/bin/env python3
"""Writes starter-base.safetensors from what train.py made: one file, fp16, under the names of SD 1.x checkpoints."""

import torch
from safetensors.torch import save_file

from model import PREFIXES, VAE_GROUPS
from pictures import OUT


def main():
    training = torch.load(OUT / "unet.pt")
    parts = {
        "text_encoder": training["average_text_encoder"],
        "unet": training["average_unet"],
        "vae": torch.load(OUT / "vae_norm.pt"),
    }
    tensors = {
        PREFIXES[part] + name: tensor.half().contiguous() for part, state in parts.items() for name, tensor in state.items()
    }
    metadata = {
        "likeness.vae_groups": str(VAE_GROUPS),
        "modelspec.title": "Likeness starter",
        "modelspec.architecture": "stable-diffusion-v1",
        "modelspec.resolution": "192x192",
        "modelspec.license": "CC0-1.0",
    }
    save_file(tensors, OUT / "starter-base.safetensors", metadata)
    print(sum(tensor.numel() for tensor in tensors.values()) / 1e6, "million parameters")


if __name__ == "__main__":
    main()
