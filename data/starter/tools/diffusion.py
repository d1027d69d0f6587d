"""The noise schedule of Stable Diffusion 1.x, and DDIM sampling with guidance."""

import torch

from model import LATENT_CHANNELS

SCALE = 0.18215  # of latents, so that they have about unit deviation
N_TIMESTEPS = 1000

# The share of the picture's variance that is left at each timestep.
ALPHAS = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, N_TIMESTEPS, dtype=torch.float64) ** 2, 0).float()


def autocast():
    return torch.autocast("cpu", torch.bfloat16)


def add_noise(latents, noise, timesteps):
    alphas = ALPHAS[timesteps][:, None, None, None]
    return alphas.sqrt() * latents + (1 - alphas).sqrt() * noise


@torch.no_grad()
def sample(text_encoder, unet, tokenizer, prompts, size, n_steps=25, guidance=4.0, seed=0):
    """Latents of pictures of `prompts`; `size` is the latent's side."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(len(prompts), LATENT_CHANNELS, size, size, generator=generator)
    ids = torch.tensor([tokenizer(prompt) for prompt in prompts] + [tokenizer("")] * len(prompts))
    context = text_encoder(ids)
    timesteps = torch.linspace(N_TIMESTEPS - 1, 0, n_steps).round().long()
    for i, timestep in enumerate(timesteps):
        with autocast():
            prediction = unet(torch.cat([x, x]), timestep.repeat(2 * len(prompts)), context).float()
        conditional, unconditional = prediction.chunk(2)
        noise = unconditional + guidance * (conditional - unconditional)
        alpha = ALPHAS[timestep]
        clean = (x - (1 - alpha).sqrt() * noise) / alpha.sqrt()
        next_alpha = ALPHAS[timesteps[i + 1]] if i + 1 < len(timesteps) else torch.tensor(1.0)
        x = next_alpha.sqrt() * clean + (1 - next_alpha).sqrt() * noise
    return x
