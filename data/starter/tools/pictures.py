"""Pictures as tensors: [N,3,H,W] in -1..1."""

import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image

# Where the scripts keep what they make.
OUT = Path(os.environ.get("STARTER_OUT", "out"))


def to_tensor(arrays):
    """From [H,W,3] bytes of RGB, all of one size."""
    return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


def save_sheet(path, *rows):
    """One picture with a row for each tensor of `rows`."""
    sheet = torch.cat([torch.cat(list(row), 2) for row in rows], 1).clamp(-1, 1)
    pixels = (sheet.permute(1, 2, 0).float().numpy() + 1) * 127.5
    Image.fromarray(pixels.astype(np.uint8)).save(path)
