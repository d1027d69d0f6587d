"""The Stable Diffusion 1.x architecture in any width, under the parameter names of its single-file checkpoints.

With the default arguments the networks have the starter model's widths; sd15() gives those of Stable Diffusion 1.5.
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

# With the usual 4 latent channels, an autoencoder as small as the starter's loses eyes and freckles.
LATENT_CHANNELS = 8
# With 32 groups of one channel each, a norm would erase the picture's colours; the checkpoint's header says so.
VAE_GROUPS = 8


def attend(q, k, v, is_causal=False):
    """Attention as two matrix products: at the starter's widths faster on a CPU than PyTorch's fused one, whose backward is slow."""
    kind = torch.bfloat16 if torch.is_autocast_enabled("cpu") else q.dtype
    with torch.autocast("cpu", enabled=False):
        q, k, v = (tensor.to(kind).contiguous() for tensor in (q, k, v))
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        if is_causal:
            scores = scores + torch.full(scores.shape[-2:], -1e4, dtype=scores.dtype).triu(1)
        return scores.softmax(-1) @ v


def split_heads(x, n_heads):
    batch, length, _ = x.shape
    return x.view(batch, length, n_heads, -1).transpose(1, 2)


def join_heads(x):
    batch, n_heads, length, width = x.shape
    return x.transpose(1, 2).reshape(batch, length, n_heads * width)


# ---- text encoder: cond_stage_model.transformer.text_model -------------------------------------------------------


class ClipAttention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.n_heads = max(1, width // 64)
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x):
        q, k, v = (split_heads(project(x), self.n_heads) for project in (self.q_proj, self.k_proj, self.v_proj))
        return self.out_proj(join_heads(attend(q, k, v, is_causal=True)))


class ClipMlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        x = self.fc1(x)
        return self.fc2(x * torch.sigmoid(1.702 * x))


class ClipLayer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.self_attn = ClipAttention(width)
        self.layer_norm1 = nn.LayerNorm(width)
        self.mlp = ClipMlp(width)
        self.layer_norm2 = nn.LayerNorm(width)

    def forward(self, x):
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class TextEncoder(nn.Module):
    def __init__(self, width=64, n_layers=4):
        super().__init__()
        self.embeddings = nn.Module()
        self.embeddings.token_embedding = nn.Embedding(49408, width)
        self.embeddings.position_embedding = nn.Embedding(77, width)
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleList(ClipLayer(width) for _ in range(n_layers))
        self.final_layer_norm = nn.LayerNorm(width)
        nn.init.normal_(self.embeddings.token_embedding.weight, std=0.02)
        nn.init.normal_(self.embeddings.position_embedding.weight, std=0.01)

    def forward(self, ids):
        x = self.embeddings.token_embedding(ids) + self.embeddings.position_embedding.weight[: ids.shape[1]]
        for layer in self.encoder.layers:
            x = layer(x)
        return self.final_layer_norm(x)


# ---- U-Net: model.diffusion_model ---------------------------------------------------------------------------------


class ResidualBlock(nn.Module):
    def __init__(self, n_in, n_out, n_embedding):
        super().__init__()
        self.in_layers = nn.Sequential(nn.GroupNorm(32, n_in), nn.SiLU(), nn.Conv2d(n_in, n_out, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(n_embedding, n_out))
        self.out_layers = nn.Sequential(nn.GroupNorm(32, n_out), nn.SiLU(), nn.Dropout(0), nn.Conv2d(n_out, n_out, 3, padding=1))
        self.skip_connection = nn.Identity() if n_in == n_out else nn.Conv2d(n_in, n_out, 1)
        nn.init.zeros_(self.out_layers[3].weight)
        nn.init.zeros_(self.out_layers[3].bias)

    def forward(self, x, embedding):
        h = self.in_layers(x) + self.emb_layers(embedding)[:, :, None, None]
        return self.skip_connection(x) + self.out_layers(h)


class CrossAttention(nn.Module):
    def __init__(self, width, context_width, n_heads=8):
        super().__init__()
        self.n_heads = n_heads
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(context_width, width, bias=False)
        self.to_v = nn.Linear(context_width, width, bias=False)
        self.to_out = nn.Sequential(nn.Linear(width, width), nn.Dropout(0))

    def forward(self, x, context=None):
        context = x if context is None else context
        q, k, v = (split_heads(y, self.n_heads) for y in (self.to_q(x), self.to_k(context), self.to_v(context)))
        return self.to_out(join_heads(attend(q, k, v)))


class Geglu(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.proj = nn.Linear(n_in, 2 * n_out)

    def forward(self, x):
        value, gate = self.proj(x).chunk(2, -1)
        return value * F.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(Geglu(width, 4 * width), nn.Dropout(0), nn.Linear(4 * width, width))

    def forward(self, x):
        return self.net(x)


class TransformerBlock(nn.Module):
    def __init__(self, width, context_width):
        super().__init__()
        self.attn1 = CrossAttention(width, width)
        self.ff = FeedForward(width)
        self.attn2 = CrossAttention(width, context_width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.norm3 = nn.LayerNorm(width)

    def forward(self, x, context):
        x = x + self.attn1(self.norm1(x))
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class SpatialTransformer(nn.Module):
    def __init__(self, width, context_width):
        super().__init__()
        self.norm = nn.GroupNorm(32, width, eps=1e-6)
        self.proj_in = nn.Conv2d(width, width, 1)
        self.transformer_blocks = nn.ModuleList([TransformerBlock(width, context_width)])
        self.proj_out = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.proj_out.weight)
        nn.init.zeros_(self.proj_out.bias)

    def forward(self, x, context):
        y = self.proj_in(self.norm(x)).flatten(2).transpose(1, 2)
        for block in self.transformer_blocks:
            y = block(y, context)
        return x + self.proj_out(y.transpose(1, 2).reshape(x.shape))


class Down(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.op = nn.Conv2d(width, width, 3, 2, 1)

    def forward(self, x):
        return self.op(x)


class Up(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Stage(nn.Sequential):
    """One entry of input_blocks or output_blocks."""

    def forward(self, x, embedding, context):
        for module in self:
            if isinstance(module, ResidualBlock):
                x = module(x, embedding)
            elif isinstance(module, SpatialTransformer):
                x = module(x, context)
            else:
                x = module(x)
        return x


def timestep_embedding(timesteps, width):
    frequencies = torch.exp(-math.log(10000) * torch.arange(width // 2, dtype=torch.float32) / (width // 2))
    angles = timesteps[:, None].float() * frequencies[None]
    return torch.cat([angles.cos(), angles.sin()], -1)


class UNet(nn.Module):
    def __init__(
        self,
        channels=64,
        multipliers=(1, 2, 2),
        n_blocks=1,
        context_width=64,
        has_attention=(False, True, True),
        latent_channels=LATENT_CHANNELS,
    ):
        super().__init__()
        self.channels = channels
        n_embedding = 4 * channels
        self.time_embed = nn.Sequential(nn.Linear(channels, n_embedding), nn.SiLU(), nn.Linear(n_embedding, n_embedding))

        def attention(level, width):
            return [SpatialTransformer(width, context_width)] if has_attention[level] else []

        self.input_blocks = nn.ModuleList([Stage(nn.Conv2d(latent_channels, channels, 3, padding=1))])
        width, skips = channels, [channels]
        for level, multiplier in enumerate(multipliers):
            for _ in range(n_blocks):
                block = ResidualBlock(width, multiplier * channels, n_embedding)
                width = multiplier * channels
                self.input_blocks.append(Stage(block, *attention(level, width)))
                skips.append(width)
            if level + 1 < len(multipliers):
                self.input_blocks.append(Stage(Down(width)))
                skips.append(width)

        self.middle_block = Stage(
            ResidualBlock(width, width, n_embedding),
            SpatialTransformer(width, context_width),
            ResidualBlock(width, width, n_embedding),
        )

        self.output_blocks = nn.ModuleList()
        for level, multiplier in reversed(list(enumerate(multipliers))):
            for i in range(n_blocks + 1):
                layers = [ResidualBlock(width + skips.pop(), multiplier * channels, n_embedding)]
                width = multiplier * channels
                layers += attention(level, width)
                if level and i == n_blocks:
                    layers.append(Up(width))
                self.output_blocks.append(Stage(*layers))

        self.out = nn.Sequential(nn.GroupNorm(32, width), nn.SiLU(), nn.Conv2d(width, latent_channels, 3, padding=1))
        nn.init.zeros_(self.out[2].weight)
        nn.init.zeros_(self.out[2].bias)

    def forward(self, x, timesteps, context):
        embedding = self.time_embed(timestep_embedding(timesteps, self.channels))
        skips = []
        for block in self.input_blocks:
            x = block(x, embedding, context)
            skips.append(x)
        x = self.middle_block(x, embedding, context)
        for block in self.output_blocks:
            x = block(torch.cat([x, skips.pop()], 1), embedding, context)
        return self.out(x)


def sd15():
    """The U-Net of Stable Diffusion 1.5, untrained."""
    return UNet(320, (1, 2, 4, 4), 2, 768, (True, True, True, False), 4)


# ---- autoencoder: first_stage_model -------------------------------------------------------------------------------


def vae_norm(width):
    return nn.GroupNorm(VAE_GROUPS, width, eps=1e-6)


class VaeBlock(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.norm1 = vae_norm(n_in)
        self.conv1 = nn.Conv2d(n_in, n_out, 3, padding=1)
        self.norm2 = vae_norm(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, padding=1)
        if n_in != n_out:
            self.nin_shortcut = nn.Conv2d(n_in, n_out, 1)

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return (self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x) + h


class VaeAttention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = vae_norm(width)
        self.q = nn.Conv2d(width, width, 1)
        self.k = nn.Conv2d(width, width, 1)
        self.v = nn.Conv2d(width, width, 1)
        self.proj_out = nn.Conv2d(width, width, 1)

    def forward(self, x):
        y = self.norm(x)
        q, k, v = (project(y).flatten(2).transpose(1, 2)[:, None] for project in (self.q, self.k, self.v))
        return x + self.proj_out(attend(q, k, v)[:, 0].transpose(1, 2).reshape(x.shape))


class VaeDown(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, 2, 0)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class VaeMiddle(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.block_1 = VaeBlock(width, width)
        self.attn_1 = VaeAttention(width)
        self.block_2 = VaeBlock(width, width)

    def forward(self, x):
        return self.block_2(self.attn_1(self.block_1(x)))


class Encoder(nn.Module):
    def __init__(self, channels, multipliers, n_blocks):
        super().__init__()
        self.conv_in = nn.Conv2d(3, channels, 3, padding=1)
        self.down = nn.ModuleList()
        width = channels
        for level, multiplier in enumerate(multipliers):
            down = nn.Module()
            down.block = nn.ModuleList()
            for _ in range(n_blocks):
                down.block.append(VaeBlock(width, channels * multiplier))
                width = channels * multiplier
            if level + 1 < len(multipliers):
                down.downsample = VaeDown(width)
            self.down.append(down)
        self.mid = VaeMiddle(width)
        self.norm_out = vae_norm(width)
        self.conv_out = nn.Conv2d(width, 2 * LATENT_CHANNELS, 3, padding=1)

    def forward(self, x):
        x = self.conv_in(x)
        for down in self.down:
            for block in down.block:
                x = block(x)
            if hasattr(down, "downsample"):
                x = down.downsample(x)
        return self.conv_out(F.silu(self.norm_out(self.mid(x))))


class Decoder(nn.Module):
    def __init__(self, channels, multipliers, n_blocks):
        super().__init__()
        width = channels * multipliers[-1]
        self.conv_in = nn.Conv2d(LATENT_CHANNELS, width, 3, padding=1)
        self.mid = VaeMiddle(width)
        ups = []
        for level, multiplier in reversed(list(enumerate(multipliers))):
            up = nn.Module()
            up.block = nn.ModuleList()
            for _ in range(n_blocks + 1):
                up.block.append(VaeBlock(width, channels * multiplier))
                width = channels * multiplier
            if level:
                up.upsample = Up(width)
            ups.insert(0, up)
        self.up = nn.ModuleList(ups)
        self.norm_out = vae_norm(width)
        self.conv_out = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, z):
        x = self.mid(self.conv_in(z))
        for up in reversed(self.up):
            for block in up.block:
                x = block(x)
            if hasattr(up, "upsample"):
                x = up.upsample(x)
        return self.conv_out(F.silu(self.norm_out(x)))


class Vae(nn.Module):
    def __init__(self, channels=32, multipliers=(1, 2, 2, 4), n_blocks=1):
        super().__init__()
        self.encoder = Encoder(channels, multipliers, n_blocks)
        self.decoder = Decoder(channels, multipliers, n_blocks)
        self.quant_conv = nn.Conv2d(2 * LATENT_CHANNELS, 2 * LATENT_CHANNELS, 1)
        self.post_quant_conv = nn.Conv2d(LATENT_CHANNELS, LATENT_CHANNELS, 1)
        nn.init.constant_(self.quant_conv.bias[LATENT_CHANNELS:], -4.0)

    def encode(self, x):
        """Mean and log variance of the latent."""
        mean, log_variance = self.quant_conv(self.encoder(x)).chunk(2, 1)
        return mean, log_variance.clamp(-30, 20)

    def decode(self, z):
        return self.decoder(self.post_quant_conv(z))


# ---- checkpoints ---------------------------------------------------------------------------------------------------

PREFIXES = {
    "text_encoder": "cond_stage_model.transformer.text_model.",
    "unet": "model.diffusion_model.",
    "vae": "first_stage_model.",
}


def load_starter(path):
    """Text encoder, U-Net and autoencoder of the starter model's file, in fp32 and frozen."""
    from safetensors.torch import load_file

    tensors = load_file(path)
    networks = {"text_encoder": TextEncoder(), "unet": UNet(), "vae": Vae()}
    for part, network in networks.items():
        prefix = PREFIXES[part]
        state = {name[len(prefix) :]: tensor.float() for name, tensor in tensors.items() if name.startswith(prefix)}
        network.load_state_dict(state)
        network.requires_grad_(False)
    return networks["text_encoder"], networks["unet"], networks["vae"]
