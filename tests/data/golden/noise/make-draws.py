"""draws.safetensors: what one generator of PyTorch (CPU, seed 20240607) gives, call after call, in the order of the names.

cases.safetensors: `seed-S-SHAPE` is torch.randn (SHAPE) of a CPU generator freshly seeded with S.
"""
import os
import torch
from safetensors.torch import save_file

g = torch.Generator().manual_seed(20240607)
calls = [
    ("randn", 3), ("randn", 20), ("randn", 4), ("rand", 7), ("randn", 64), ("randint 0 1000", 9), ("randn", 1), ("randperm", 1),
    ("randperm", 24), ("randint -5 7", 4), ("randint 0 4294967296", 3), ("randint -4611686018427387904 4611686018427387904", 3),
    ("randint 0 4294967295", 3), ("randint 0 300000000", 5), ("randn", 1000), ("randperm", 3000), ("randn", 15), ("randn", 16), ("randn", 31),
    ("randint 0 1", 2), ("rand", 2),
]
out = {}
for i, (what, n) in enumerate(calls):
    kind, *limits = what.split()
    if kind == "randint":
        t = torch.randint(int(limits[0]), int(limits[1]), (n,), generator=g)
    else:
        t = getattr(torch, kind)(n, generator=g)
    out[f"{i:02d} {what}"] = t
save_file(out, os.path.join(os.path.dirname(os.path.abspath(__file__)), "draws.safetensors"), {"torch": torch.__version__})
