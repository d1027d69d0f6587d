"""Makes train-run.safetensors: twelve training steps of a LoRA on sd15-tiny as sd-scripts takes them, computed with PyTorch in float32.

Usage: python3 make-train-run.py (needs torch and safetensors). A step is two batches of two, min-SNR 5, gradients clipped to 0.02, AdamW,
and a cosine learning rate of 1e-3 with three steps of warm-up; the LoRA begins as sd15-tiny/lora.safetensors.
"""
import importlib.util, math, os
import torch
from safetensors.torch import load_file, save_file

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("models", os.path.join(HERE, "make-models.py"))
models = importlib.util.module_from_spec(spec); spec.loader.exec_module(models)

STEPS, BATCHES, BATCH, PICTURES, WARMUP, RATE, GAMMA, CLIP = 12, 2, 2, 5, 3, 1e-3, 5.0, 0.02

random = torch.Generator().manual_seed(12)
latents = torch.randn(PICTURES, 4, 16, 16, generator=random)
contexts = torch.randn(PICTURES, 77, 64, generator=random)
items = torch.randint(PICTURES, (STEPS, BATCHES, BATCH), generator=random, dtype=torch.int32)
timesteps = torch.randint(1000, (STEPS, BATCHES, BATCH), generator=random, dtype=torch.int32)
noise = torch.randn(STEPS, BATCHES, BATCH, 4, 16, 16, generator=random)

model = models.Model(load_file(os.path.join(HERE, "sd15-tiny", "base.safetensors")), False)
models.read_lora(model, os.path.join(HERE, "sd15-tiny", "lora.safetensors"), 2)
leaves = [t for layer in model.lora.values() for t in layer[:2]]
optimizer = torch.optim.AdamW(leaves, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)


def rate(step):
    """diffusers' get_cosine_schedule_with_warmup."""
    if step < WARMUP:
        return step / max(1, WARMUP)
    progress = (step - WARMUP) / max(1, STEPS - WARMUP)
    return max(0.0, 0.5 * (1 + math.cos(math.pi * 0.5 * 2 * progress)))


scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
alphas = torch.cumprod(1 - torch.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000) ** 2, 0)
losses, norms = torch.zeros(STEPS), torch.zeros(STEPS)
for s in range(STEPS):
    for b in range(BATCHES):
        x0, c, e, t = latents[items[s, b].long()], contexts[items[s, b].long()], noise[s, b], timesteps[s, b].long()
        alpha = alphas[t][:, None, None, None]
        eps = model.unet(alpha ** 0.5 * x0 + (1 - alpha) ** 0.5 * e, t, c)
        snr = alphas[t] / (1 - alphas[t])
        loss = ((eps - e).square().mean((1, 2, 3)) * snr.clamp(max=GAMMA) / snr).mean()
        (loss / BATCHES).backward()
        losses[s] += loss.detach() / BATCHES
    norms[s] = torch.nn.utils.clip_grad_norm_(leaves, CLIP)
    optimizer.step(); scheduler.step(); optimizer.zero_grad()
    print(s + 1, losses[s].item(), norms[s].item())

out = {"latents": latents, "contexts": contexts, "items": items, "timesteps": timesteps, "noise": noise, "losses": losses, "norms": norms}
for layer, (down, up, _) in model.lora.items():
    name = models.lora_name(layer, False, 2)
    out[f"{name}.lora_down.weight"], out[f"{name}.lora_up.weight"] = down.detach(), up.detach()
save_file({k: v.contiguous() for k, v in out.items()}, os.path.join(HERE, "train-run.safetensors"))
