"""types.safetensors: every type, written by the safetensors library. f32 and f16 .safetensors: the same, converted by PyTorch
(F64 to F16 by NumPy, which rounds once; PyTorch goes through F32)."""
import os
import numpy
import torch
from safetensors.torch import save_file

here = os.path.dirname(os.path.abspath(__file__))
g = torch.Generator().manual_seed(3)
inf, nan = float("inf"), float("nan")
odd = [0.0, -0.0, 1.0, -1.5, inf, -inf, nan, 65504.0, 65519.0, 65520.0, 1e-8, -6e-8, 3e-5, 1e30, -1e300, 1 / 3,
       1.00048828125, 1.0004882812500002, 1.0014648437500002, 1.00146484375, 2.98023223876953125e-8, 2.9802322387695316e-8]
real = torch.tensor(odd, dtype=torch.float64)
spread = torch.randn(500, dtype=torch.float64, generator=g) * 2.0 ** torch.randint(-30, 18, (500,), generator=g)
whole = torch.cat([torch.tensor([0, 1, -1, 2**62 + 1, -(2**63), 2**24 + 1, 2**31, 65519, 65520, 100000]),
                   torch.randint(-300, 300, (90,), generator=g)])
every = torch.arange(256).to(torch.uint8)
half = torch.randint(0, 65536, (1500,), generator=g).to(torch.int32).to(torch.uint16)
t = {
    "z.scalar": torch.tensor(7.25), "F64": torch.cat([real, spread]), "F32": torch.cat([real, spread]).float(),
    "F16": half.view(torch.float16), "BF16": half.view(torch.bfloat16),
    "F8_E4M3": every.view(torch.float8_e4m3fn), "F8_E5M2": every.view(torch.float8_e5m2),
    "I64": whole.view(10, 10), "I32": whole.to(torch.int32), "I16": whole.to(torch.int16), "I8": whole.to(torch.int8),
    "U8": every.view(2, 2, 64), "BOOL": every.view(256) % 3 == 0, "empty": torch.zeros(3, 0, 2), "a\"\\\u00e9\n\u0001": torch.ones(3, dtype=torch.uint8),
}
t = {k: v.clone() for k, v in t.items()}
save_file(t, os.path.join(here, "types.safetensors"), {"ss_\"key\" \u6f22\n": "value\t\\ \u001f / \u007f \U0001f642"})
save_file({k: v.to(torch.float32) for k, v in t.items()}, os.path.join(here, "f32.safetensors"))
with numpy.errstate(over="ignore"):
    f16 = {k: torch.from_numpy(v.numpy().astype(numpy.float16)) if v.dtype == torch.float64 else v.to(torch.float16) for k, v in t.items()}
save_file(f16, os.path.join(here, "f16.safetensors"))
