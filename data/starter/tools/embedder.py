"""The measure of likeness: whether two drawn people are the same one. likeness.py trains it."""

import torch.nn as nn
import torch.nn.functional as F


class Embedder(nn.Module):
    """Five strided 3×3 convolutions with group norms (8 groups) and SiLU, the mean over the picture, one linear layer."""

    def __init__(self):
        super().__init__()
        widths = [3, 32, 64, 96, 128, 192]
        self.conv = nn.ModuleList(nn.Conv2d(n_in, n_out, 3, 2, 1) for n_in, n_out in zip(widths, widths[1:]))
        self.norm = nn.ModuleList(nn.GroupNorm(8, n_out) for n_out in widths[1:])
        self.linear = nn.Linear(widths[-1], 64)

    def forward(self, x):
        for conv, norm in zip(self.conv, self.norm):
            x = F.silu(norm(conv(x)))
        return F.normalize(self.linear(x.mean((2, 3))), dim=1)


def shrink(x):
    """What the embedder looks at."""
    return F.interpolate(x, size=96, mode="area")
