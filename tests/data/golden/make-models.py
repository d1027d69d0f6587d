"""Makes the parity cases sd1-odd and sdxl-odd: small models of unusual widths and depths, and what PyTorch computes with them.

Usage: python3 make-models.py (needs torch, numpy, safetensors). It first checks itself: its plain reading of the architecture must
give what diffusers and transformers gave for sd15-tiny and sdxl-tiny (README.md). The new cases are computed in float64, but for
the sines of the timesteps and the noise schedule, which the models' own programs keep in float32.
"""
import math, os
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

HERE = os.path.dirname(os.path.abspath(__file__))
UNET, VAE = "model.diffusion_model.", "first_stage_model."


class Model:
    """A checkpoint's tensors, and a LoRA that its layers add: {layer: (down, up, alpha)}."""

    def __init__(self, tensors, is_sdxl, vae_groups=32):
        self.t = {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}
        self.is_sdxl, self.vae_groups, self.lora, self.strength = is_sdxl, vae_groups, {}, 1.0
        self.text_prefix = "conditioner.embedders.0.transformer." if is_sdxl else "cond_stage_model.transformer."
        if self.text_prefix + "text_model.final_layer_norm.bias" in self.t:
            self.text_prefix += "text_model."

    def use_double(self):
        self.t = {k: v.double() if v.is_floating_point() else v for k, v in self.t.items()}
        self.lora = {k: (d.detach().double().requires_grad_(), u.detach().double().requires_grad_(), a) for k, (d, u, a) in self.lora.items()}

    def has(self, name): return any(k.startswith(name) for k in self.t)

    def layer(self, name, x, stride=1, padding=0):
        """A linear layer over the last axis, or a convolution over [B,C,H,W]."""
        w, b = self.t[name + ".weight"], self.t.get(name + ".bias")
        y = self.apply(w, b, x, stride, padding)
        if name in self.lora:
            down, up, alpha = self.lora[name]
            y = y + self.apply(up, None, self.apply(down, None, x, stride, padding), 1, 0) * (self.strength * alpha / down.shape[0])
        return y

    @staticmethod
    def apply(w, b, x, stride, padding):
        if x.dim() == 4:
            return F.conv2d(x, w if w.dim() == 4 else w[:, :, None, None], b, stride, padding)
        return F.linear(x, w.flatten(1), b)

    def norm(self, name, x, groups=0, eps=1e-5):
        w, b = self.t[name + ".weight"], self.t[name + ".bias"]
        return F.group_norm(x, groups, w, b, eps) if groups else F.layer_norm(x, w.shape, w, b, eps)

    @staticmethod
    def attend(q, k, v, heads, causal=False):
        def split(t): return t.unflatten(-1, (heads, -1)).transpose(1, 2)
        return F.scaled_dot_product_attention(split(q), split(k), split(v), is_causal=causal).transpose(1, 2).flatten(2)

    # ---- text ----

    def clip_layer(self, name, x):
        h, heads = self.norm(name + ".layer_norm1", x), x.shape[-1] // 64
        q, k, v = (self.layer(f"{name}.self_attn.{p}_proj", h) for p in "qkv")
        x = x + self.layer(name + ".self_attn.out_proj", self.attend(q, k, v, heads, True))
        h = self.layer(name + ".mlp.fc1", self.norm(name + ".layer_norm2", x))
        return x + self.layer(name + ".mlp.fc2", h * torch.sigmoid(1.702 * h))

    def open_clip_layer(self, name, x):
        h, heads = self.norm(name + ".ln_1", x), x.shape[-1] // 64
        q, k, v = F.linear(h, self.t[name + ".attn.in_proj_weight"], self.t[name + ".attn.in_proj_bias"]).chunk(3, -1)
        x = x + self.layer(name + ".attn.out_proj", self.attend(q, k, v, heads, True))
        return x + self.layer(name + ".mlp.c_proj", F.gelu(self.layer(name + ".mlp.c_fc", self.norm(name + ".ln_2", x))))

    def text(self, tokens_1, tokens_2=None):
        p = self.text_prefix
        x = self.t[p + "embeddings.token_embedding.weight"][tokens_1] + self.t[p + "embeddings.position_embedding.weight"][:tokens_1.shape[1]]
        n = sum(k.startswith(p) and k.endswith(".mlp.fc1.bias") for k in self.t)
        for i in range(n - 1 if self.is_sdxl else n):
            x = self.clip_layer(f"{p}encoder.layers.{i}", x)
        if not self.is_sdxl:
            return {"context": self.norm(p + "final_layer_norm", x)}

        p = "conditioner.embedders.1.model."
        y = self.t[p + "token_embedding.weight"][tokens_2] + self.t[p + "positional_embedding"][:tokens_2.shape[1]]
        n = sum(k.startswith(p) and k.endswith(".mlp.c_fc.bias") for k in self.t)
        for i in range(n):
            before, y = y, self.open_clip_layer(f"{p}transformer.resblocks.{i}", y)
        eos = (tokens_2 == len(self.t[p + "token_embedding.weight"]) - 1).int().argmax(1)
        pooled = self.norm(p + "ln_final", y)[torch.arange(len(y)), eos] @ self.t[p + "text_projection"]
        return {"context": torch.cat([x, before], -1), "pooled": pooled}

    # ---- U-Net ----

    def res_block(self, name, x, e):
        h = self.layer(name + ".in_layers.2", F.silu(self.norm(name + ".in_layers.0", x, 32)), 1, 1)
        h = h + self.layer(name + ".emb_layers.1", F.silu(e))[:, :, None, None]
        h = self.layer(name + ".out_layers.3", F.silu(self.norm(name + ".out_layers.0", h, 32)), 1, 1)
        return h + (self.layer(name + ".skip_connection", x) if name + ".skip_connection.weight" in self.t else x)

    def attention(self, name, x, c):
        q, k, v = self.layer(name + ".to_q", x), self.layer(name + ".to_k", c), self.layer(name + ".to_v", c)
        return self.layer(name + ".to_out.0", self.attend(q, k, v, x.shape[-1] // 64 if self.is_sdxl else 8))

    def transformer(self, name, x, c):
        shape = x.shape
        h = self.norm(name + ".norm", x, 32, 1e-6).flatten(2).transpose(1, 2)
        h = self.layer(name + ".proj_in", h)
        i = 0
        while self.has(f"{name}.transformer_blocks.{i}."):
            b = f"{name}.transformer_blocks.{i}"
            n = self.norm(b + ".norm1", h); h = h + self.attention(b + ".attn1", n, n)
            h = h + self.attention(b + ".attn2", self.norm(b + ".norm2", h), c)
            value, gate = self.layer(b + ".ff.net.0.proj", self.norm(b + ".norm3", h)).chunk(2, -1)
            h = h + self.layer(b + ".ff.net.2", value * F.gelu(gate))
            i += 1
        return x + self.layer(name + ".proj_out", h).transpose(1, 2).reshape(shape)

    def unet(self, latent, timestep, context, vector=None):
        width = self.t[UNET + "time_embed.0.weight"].shape[1]
        f = torch.exp(-math.log(10000) * torch.arange(width // 2, dtype=torch.float32) / (width // 2))
        a = timestep[:, None].float() * f
        sines = torch.cat([a.cos(), a.sin()], -1).to(latent.dtype)
        e = self.layer(UNET + "time_embed.2", F.silu(self.layer(UNET + "time_embed.0", sines)))
        if vector is not None:
            e = e + self.layer(UNET + "label_emb.0.2", F.silu(self.layer(UNET + "label_emb.0.0", vector)))

        x, skips, i = self.layer(UNET + "input_blocks.0.0", latent, 1, 1), [], 0
        skips.append(x)
        while self.has(f"{UNET}input_blocks.{i + 1}."):
            i += 1; b = f"{UNET}input_blocks.{i}"
            if self.has(b + ".0.op."):
                x = self.layer(b + ".0.op", x, 2, 1)
            else:
                x = self.res_block(b + ".0", x, e)
                if self.has(b + ".1."): x = self.transformer(b + ".1", x, context)
            skips.append(x)
        x = self.res_block(UNET + "middle_block.0", x, e)
        x = self.transformer(UNET + "middle_block.1", x, context)
        x = self.res_block(UNET + "middle_block.2", x, e)
        i = 0
        while self.has(f"{UNET}output_blocks.{i}."):
            b = f"{UNET}output_blocks.{i}"
            x = self.res_block(b + ".0", torch.cat([x, skips.pop()], 1), e)
            for j in (1, 2):
                if self.has(f"{b}.{j}.conv."): x = self.layer(f"{b}.{j}.conv", F.interpolate(x, skips[-1].shape[2:], mode="nearest"), 1, 1)
                elif self.has(f"{b}.{j}."): x = self.transformer(f"{b}.{j}", x, context)
            i += 1
        return self.layer(UNET + "out.2", F.silu(self.norm(UNET + "out.0", x, 32)), 1, 1)

    # ---- autoencoder ----

    def vae_norm(self, name, x): return self.norm(name, x, self.vae_groups, 1e-6)

    def vae_block(self, name, x):
        h = self.layer(name + ".conv1", F.silu(self.vae_norm(name + ".norm1", x)), 1, 1)
        h = self.layer(name + ".conv2", F.silu(self.vae_norm(name + ".norm2", h)), 1, 1)
        return h + (self.layer(name + ".nin_shortcut", x) if name + ".nin_shortcut.weight" in self.t else x)

    def vae_middle(self, name, x):
        x = self.vae_block(name + ".block_1", x)
        h = self.vae_norm(name + ".attn_1.norm", x).flatten(2).transpose(1, 2)
        q, k, v = (self.layer(f"{name}.attn_1.{p}", h) for p in "qkv")
        x = x + self.layer(name + ".attn_1.proj_out", self.attend(q, k, v, 1)).transpose(1, 2).reshape(x.shape)
        return self.vae_block(name + ".block_2", x)

    def blocks(self, name, x):
        i = 0
        while self.has(f"{name}.block.{i}."):
            x = self.vae_block(f"{name}.block.{i}", x); i += 1
        return x

    def encode(self, image):
        x, i = self.layer(VAE + "encoder.conv_in", image, 1, 1), 0
        while self.has(f"{VAE}encoder.down.{i}."):
            x = self.blocks(f"{VAE}encoder.down.{i}", x)
            if self.has(f"{VAE}encoder.down.{i}.downsample."):
                x = self.layer(f"{VAE}encoder.down.{i}.downsample.conv", F.pad(x, (0, 1, 0, 1)), 2, 0)
            i += 1
        x = self.vae_middle(VAE + "encoder.mid", x)
        x = self.layer(VAE + "encoder.conv_out", F.silu(self.vae_norm(VAE + "encoder.norm_out", x)), 1, 1)
        mean, logvar = self.layer(VAE + "quant_conv", x).chunk(2, 1)
        return {"latent_mean": mean, "latent_logvar": logvar.clamp(-30, 20)}

    def decode(self, z):
        x = self.layer(VAE + "decoder.conv_in", self.layer(VAE + "post_quant_conv", z), 1, 1)
        x, i = self.vae_middle(VAE + "decoder.mid", x), 0
        while self.has(f"{VAE}decoder.up.{i}."): i += 1
        for i in reversed(range(i)):
            x = self.blocks(f"{VAE}decoder.up.{i}", x)
            if self.has(f"{VAE}decoder.up.{i}.upsample."):
                x = self.layer(f"{VAE}decoder.up.{i}.upsample.conv", F.interpolate(x, scale_factor=2.0, mode="nearest"), 1, 1)
        return {"decoded": self.layer(VAE + "decoder.conv_out", F.silu(self.vae_norm(VAE + "decoder.norm_out", x)), 1, 1)}

    # ---- training ----

    def train(self, latent, noise, timestep, context, vector=None):
        root = torch.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000)
        alpha = torch.cumprod(1 - root ** 2, 0)[timestep.long()][:, None, None, None]
        eps = self.unet(alpha ** 0.5 * latent + (1 - alpha) ** 0.5 * noise, timestep, context, vector)
        return F.mse_loss(eps, noise)


# ---- what kohya calls a layer ----

def lora_name(layer, is_sdxl, n_res_blocks):
    words = layer.removeprefix(UNET).split(".")
    if is_sdxl:
        return "lora_unet_" + "_".join(words)
    kinds = {"in_layers_2": "conv1", "out_layers_3": "conv2", "emb_layers_1": "time_emb_proj", "skip_connection": "conv_shortcut"}
    if words[0] == "middle_block":
        place, child, rest = "mid_block", int(words[1]), words[2:]
        index = child // 2
    else:
        number = int(words[1]) - (words[0] == "input_blocks")
        place = ("down_blocks_" if words[0] == "input_blocks" else "up_blocks_") + str(number // (n_res_blocks + 1))
        index, child, rest = number % (n_res_blocks + 1), int(words[2]), words[3:]
    if rest == ["op"]: return f"lora_unet_{place}_downsamplers_0_conv"
    if rest == ["conv"]: return f"lora_unet_{place}_upsamplers_0_conv"
    if "_".join(rest) in kinds: return f"lora_unet_{place}_resnets_{index}_{kinds['_'.join(rest)]}"
    return f"lora_unet_{place}_attentions_{index}_{'_'.join(rest)}"


def targets(model, with_conv):
    for key, weight in model.t.items():
        layer = key.removesuffix(".weight")
        if key.startswith(UNET) and key.endswith(".weight") and weight.dim() > 1:
            if ".transformer_blocks." in layer or layer.endswith((".proj_in", ".proj_out")):
                yield layer, weight
            elif with_conv and ("_layers." in layer or layer.endswith((".skip_connection", ".op", ".conv"))):
                yield layer, weight


def read_lora(model, path, n_res_blocks):
    lora = load_file(path)
    for layer, _ in targets(model, True):
        name = lora_name(layer, model.is_sdxl, n_res_blocks)
        if name + ".alpha" in lora:
            model.lora[layer] = (lora[name + ".lora_down.weight"].float().requires_grad_(), lora[name + ".lora_up.weight"].float().requires_grad_(),
                                 lora[name + ".alpha"].item())
    assert 3 * len(model.lora) == len(lora)


def gradients(model, loss, n_res_blocks):
    result = {"loss": loss.detach().reshape(1)}
    leaves = [t for layer in model.lora.values() for t in layer[:2]]
    grads = iter(torch.autograd.grad(loss, leaves))
    for layer in model.lora:
        for role in ("down", "up"):
            result[f"grad.{lora_name(layer, model.is_sdxl, n_res_blocks)}.lora_{role}.weight"] = next(grads)
    return result


# ---- checking against the cases from other programs ----

def compare(case, found, wanted):
    median = torch.tensor([w.square().mean().sqrt() for k, w in wanted.items() if k.startswith("grad.")] or [0.0]).median()
    for name, w in wanted.items():
        f = found[name].detach().double(); w = w.double()
        scale = w.square().sum()
        if name.startswith("grad."):
            scale = max(scale, w.numel() * (0.05 * median) ** 2)
        error = ((f - w).square().sum() / scale).item()
        assert f.shape == w.shape and error < 1e-9, (case, name, error)
    assert set(found) == set(wanted)


def check(folder, is_sdxl):
    def load(name): return load_file(os.path.join(HERE, folder, name + ".safetensors"))
    model = Model(load("base"), is_sdxl)
    text, vae, train = load("text.in"), load("vae.in"), load("train.in")
    train = [train.get("train_" + k) for k in ("latent", "noise", "timestep", "context", "vector")]
    with torch.no_grad():
        compare(folder, model.text(**text), load("text.out"))
        compare(folder, model.encode(vae["image"]) | model.decode(vae["z"]), load("vae.out"))
        compare(folder, {"eps": model.unet(**load("unet.in"))}, load("unet.out"))
    for lora in ("lora", "lora-conv"):
        read_lora(model, os.path.join(HERE, folder, lora + ".safetensors"), 2)
        model.strength = 0.8
        compare(folder, {"eps": model.unet(**load("unet.in"))}, load(f"unet.{lora}-0.8.out"))
        model.strength = 1.0
        compare(folder, gradients(model, model.train(*train), 2), load(f"train.{lora}.out"))
        model.lora = {}
    print(folder, "agrees")


# ---- making unusual ones ----

class Maker:
    """Random tensors under the names of a single-file checkpoint."""

    def __init__(self, seed): self.t, self.random = {}, torch.Generator().manual_seed(seed)

    def draw(self, *shape): return torch.randn(shape, generator=self.random)
    def linear(self, name, out, n, bias=True, shape=()):
        self.t[name + ".weight"] = 0.7 * self.draw(out, n, *shape) / math.sqrt(n * math.prod(shape))
        if bias: self.t[name + ".bias"] = 0.1 * self.draw(out)
    def conv(self, name, out, n, kernel=3): self.linear(name, out, n, True, (kernel, kernel))
    def norm(self, name, n): self.t[name + ".weight"], self.t[name + ".bias"] = 1 + 0.2 * self.draw(n), 0.1 * self.draw(n)

    def clip(self, p, vocabulary, width, layers, hidden):
        self.t[p + "embeddings.position_ids"] = torch.arange(77).reshape(1, 77)
        self.t[p + "embeddings.token_embedding.weight"], self.t[p + "embeddings.position_embedding.weight"] = self.draw(vocabulary, width), self.draw(77, width)
        for i in range(layers):
            l = f"{p}encoder.layers.{i}."
            for n in ("layer_norm1", "layer_norm2"): self.norm(l + n, width)
            for n in "qkv": self.linear(f"{l}self_attn.{n}_proj", width, width)
            self.linear(l + "self_attn.out_proj", width, width); self.linear(l + "mlp.fc1", hidden, width); self.linear(l + "mlp.fc2", width, hidden)
        self.norm(p + "final_layer_norm", width)

    def open_clip(self, p, vocabulary, width, layers, hidden, projection):
        self.t[p + "positional_embedding"], self.t[p + "token_embedding.weight"] = self.draw(77, width), self.draw(vocabulary, width)
        self.t[p + "text_projection"], self.t[p + "logit_scale"] = self.draw(width, projection) / math.sqrt(width), torch.tensor(4.6)
        for i in range(layers):
            l = f"{p}transformer.resblocks.{i}."
            for n in ("ln_1", "ln_2"): self.norm(l + n, width)
            self.linear(l + "attn.in_proj", 3 * width, width)
            self.t[l + "attn.in_proj_weight"], self.t[l + "attn.in_proj_bias"] = self.t.pop(l + "attn.in_proj.weight"), self.t.pop(l + "attn.in_proj.bias")
            self.linear(l + "attn.out_proj", width, width); self.linear(l + "mlp.c_fc", hidden, width); self.linear(l + "mlp.c_proj", width, hidden)
        self.norm(p + "ln_final", width)

    def res_block(self, p, n, out, e):
        self.norm(p + "in_layers.0", n); self.conv(p + "in_layers.2", out, n); self.linear(p + "emb_layers.1", out, e)
        self.norm(p + "out_layers.0", out); self.conv(p + "out_layers.3", out, out)
        if n != out: self.conv(p + "skip_connection", out, n, 1)

    def transformer(self, p, n, context, depth, is_sdxl):
        self.norm(p + "norm", n)
        for name in ("proj_in", "proj_out"):
            if is_sdxl: self.linear(p + name, n, n)
            else: self.conv(p + name, n, n, 1)
        for i in range(depth):
            b = f"{p}transformer_blocks.{i}."
            for j in (1, 2, 3): self.norm(f"{b}norm{j}", n)
            for a, c in (("attn1", n), ("attn2", context)):
                for name, m in (("to_q", n), ("to_k", c), ("to_v", c)): self.linear(f"{b}{a}.{name}", n, m, False)
                self.linear(f"{b}{a}.to_out.0", n, n)
            self.linear(b + "ff.net.0.proj", 8 * n, n); self.linear(b + "ff.net.2", n, 4 * n)

    def unet(self, z, widths, res, depths, middle_depth, context, is_sdxl, vector=0):
        n, e, p = widths[0], 4 * widths[0], UNET
        self.linear(p + "time_embed.0", e, n); self.linear(p + "time_embed.2", e, e)
        if vector: self.linear(p + "label_emb.0.0", e, vector); self.linear(p + "label_emb.0.2", e, e)
        self.conv(p + "input_blocks.0.0", n, z)
        skips, i = [n], 1
        for level, width in enumerate(widths):
            for _ in range(res):
                self.res_block(f"{p}input_blocks.{i}.0.", n, width, e); n = width
                if depths[level]: self.transformer(f"{p}input_blocks.{i}.1.", n, context, depths[level], is_sdxl)
                skips.append(n); i += 1
            if level + 1 < len(widths):
                self.conv(f"{p}input_blocks.{i}.0.op", n, n); skips.append(n); i += 1
        self.res_block(p + "middle_block.0.", n, n, e); self.transformer(p + "middle_block.1.", n, context, middle_depth, is_sdxl); self.res_block(p + "middle_block.2.", n, n, e)
        i = 0
        for level in reversed(range(len(widths))):
            for j in range(res + 1):
                self.res_block(f"{p}output_blocks.{i}.0.", n + skips.pop(), widths[level], e); n = widths[level]
                if depths[level]: self.transformer(f"{p}output_blocks.{i}.1.", n, context, depths[level], is_sdxl)
                if level and j == res: self.conv(f"{p}output_blocks.{i}.{2 if depths[level] else 1}.conv", n, n)
                i += 1
        self.norm(p + "out.0", n); self.conv(p + "out.2", z, n)

    def vae_block(self, p, n, out):
        self.norm(p + "norm1", n); self.conv(p + "conv1", out, n); self.norm(p + "norm2", out); self.conv(p + "conv2", out, out)
        if n != out: self.conv(p + "nin_shortcut", out, n, 1)

    def vae_middle(self, p, n):
        self.vae_block(p + "block_1.", n, n); self.vae_block(p + "block_2.", n, n); self.norm(p + "attn_1.norm", n)
        for name in ("q", "k", "v", "proj_out"): self.conv(p + "attn_1." + name, n, n, 1)

    def vae(self, z, widths, encoder_res, decoder_res):
        p, n = VAE + "encoder.", widths[0]
        self.conv(p + "conv_in", n, 3)
        for i, width in enumerate(widths):
            for j in range(encoder_res): self.vae_block(f"{p}down.{i}.block.{j}.", n, width); n = width
            if i + 1 < len(widths): self.conv(f"{p}down.{i}.downsample.conv", n, n)
        self.vae_middle(p + "mid.", n); self.norm(p + "norm_out", n); self.conv(p + "conv_out", 2 * z, n); self.conv(VAE + "quant_conv", 2 * z, 2 * z, 1)
        p = VAE + "decoder."
        self.conv(VAE + "post_quant_conv", z, z, 1); self.conv(p + "conv_in", n, z); self.vae_middle(p + "mid.", n)
        for i, width in reversed(list(enumerate(widths))):
            for j in range(decoder_res): self.vae_block(f"{p}up.{i}.block.{j}.", n, width); n = width
            if i: self.conv(f"{p}up.{i}.upsample.conv", n, n)
        self.norm(p + "norm_out", n); self.conv(p + "conv_out", 3, n)


def make(folder, maker, is_sdxl, n_res_blocks, z, vae_groups, dtype, lengths, size, batch, vocabulary, rank, alpha, with_conv):
    def save(name, tensors, metadata=None):
        single = {k: v.detach().float() if v.dtype == torch.float64 else v for k, v in tensors.items()}
        save_file({k: v.contiguous() for k, v in single.items()}, os.path.join(HERE, folder, name + ".safetensors"), metadata)

    os.makedirs(os.path.join(HERE, folder), exist_ok=True)
    tensors = {k: v.to(dtype) if v.is_floating_point() else v for k, v in maker.t.items()}
    save("base", tensors, {"likeness.vae_groups": str(vae_groups)})
    model = Model(tensors, is_sdxl, vae_groups)
    model.use_double()

    def tokens():
        ids = torch.randint(0, vocabulary - 2, (2, lengths[0]), generator=maker.random)
        ids[:, 0] = vocabulary - 2; ids[0, 9:] = vocabulary - 1; ids[1, -1] = vocabulary - 1
        return ids.int()
    given = {"tokens_1": tokens()} | ({"tokens_2": tokens()} if is_sdxl else {})
    save("text.in", given)
    with torch.no_grad():
        text = model.text(**{k: v.long() for k, v in given.items()})
    save("text.out", text)

    factor = 2 ** sum(k.endswith("downsample.conv.bias") for k in maker.t)
    given = {"image": maker.draw(2, 3, 5 * factor, 3 * factor).clamp(-1, 1), "z": maker.draw(2, z, 3, 5)}
    save("vae.in", given)
    with torch.no_grad():
        save("vae.out", model.encode(given["image"].double()) | model.decode(given["z"].double()))

    width = text["context"].shape[-1]
    given = {"latent": maker.draw(batch, z, *size), "timestep": torch.linspace(3, 997, batch).round(), "context": maker.draw(batch, lengths[1], width)}
    if is_sdxl:
        given["vector"] = maker.draw(batch, text["pooled"].shape[-1] + 6 * 256)
    save("unet.in", given)
    with torch.no_grad():
        save("unet.out", {"eps": model.unet(**{k: v.double() for k, v in given.items()})})

    lora = {}
    for layer, weight in targets(model, with_conv):
        name, (out, n), tail = lora_name(layer, is_sdxl, n_res_blocks), weight.shape[:2], weight.shape[2:]
        lora[name + ".lora_down.weight"], lora[name + ".lora_up.weight"] = maker.draw(rank, n, *tail) / math.sqrt(n), 0.1 * maker.draw(out, rank, *(1 for _ in tail))
        lora[name + ".alpha"] = torch.tensor(alpha)
    save("lora", lora, {"ss_network_module": "networks.lora"})
    read_lora(model, os.path.join(HERE, folder, "lora.safetensors"), n_res_blocks)
    model.use_double()
    train = {"train_" + k: v for k, v in given.items()} | {"train_noise": maker.draw(batch, z, *size)}
    save("train.in", train)
    given = [train["train_" + k].double() if "train_" + k in train else None for k in ("latent", "noise", "timestep", "context", "vector")]
    save("train.lora.out", gradients(model, model.train(*given), n_res_blocks))
    print(folder, "made")


if __name__ == "__main__":
    check("sd15-tiny", False)
    check("sdxl-tiny", True)

    maker = Maker(1)
    maker.clip("cond_stage_model.transformer.", 60, 128, 2, 96)
    maker.unet(3, (32, 64, 32), 1, (1, 0, 2), 1, 128, False)
    maker.vae(3, (16, 24, 16), 1, 3)
    make("sd1-odd", maker, False, 1, 3, 8, torch.float32, (33, 20), (11, 13), 3, 60, 3, 1.5, True)

    maker = Maker(2)
    maker.clip("conditioner.embedders.0.transformer.text_model.", 60, 64, 3, 64)
    maker.open_clip("conditioner.embedders.1.model.", 60, 64, 2, 96, 32)
    maker.unet(4, (64,), 3, (1,), 2, 128, True, 32 + 6 * 256)
    maker.vae(4, (32, 32), 1, 2)
    make("sdxl-odd", maker, True, 3, 4, 32, torch.bfloat16, (77, 154), (9, 14), 2, 60, 5, 5.0, False)
