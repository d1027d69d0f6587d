#!/usr/bin/env python3
"""Does a LoRA of ours load in diffusers, every key of it, and mean there what it means here?

Usage: check-diffusers.py --cli CLI --base CHECKPOINT --lora LORA [--strength S]

Loads the checkpoint's U-Net and text encoder into diffusers and transformers, the LoRA by load_lora_weights (), and compares the noise
that the U-Net predicts on random latents with `likeness-cli probe` of the same files. For SD 1.x checkpoints of any width. Run by hand:
needs diffusers, transformers, peft and safetensors. Exits 1 where a key was not used or the numbers differ.
"""

import argparse
import logging
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from diffusers.utils import logging as diffusers_logging
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel

UNET = "model.diffusion_model."
TEXT = "cond_stage_model.transformer."
# Normalised mean square error: what fp32 in another order of additions makes.
BOUND = 1e-9


def unet_config(tensors):
    """The widths and depths of an SD 1.x U-Net, read from its shapes, in diffusers' words."""

    def has(name):
        return any(key.startswith(UNET + name) for key in tensors)

    first = tensors[UNET + "input_blocks.0.0.weight"]
    widths, attention, n_blocks, index = [], [], 0, 1
    while has(f"input_blocks.{index}."):
        if has(f"input_blocks.{index}.0.op."):
            index += 1
            continue
        width = tensors[UNET + f"input_blocks.{index}.0.in_layers.2.weight"].shape[0]
        starts_level = index == 1 or has(f"input_blocks.{index - 1}.0.op.")
        if starts_level:
            widths.append(width)
            attention.append(has(f"input_blocks.{index}.1."))
        n_blocks += len(widths) == 1
        index += 1
    context = next(tensor for key, tensor in tensors.items() if key.startswith(UNET) and key.endswith("attn2.to_k.weight"))
    return {
        "in_channels": first.shape[1],
        "out_channels": tensors[UNET + "out.2.weight"].shape[0],
        "block_out_channels": tuple(widths),
        "layers_per_block": n_blocks,
        "down_block_types": tuple("CrossAttnDownBlock2D" if here else "DownBlock2D" for here in attention),
        "up_block_types": tuple("CrossAttnUpBlock2D" if here else "UpBlock2D" for here in reversed(attention)),
        "cross_attention_dim": context.shape[1],
        # For historic reasons this is the number of heads in diffusers' SD 1.x.
        "attention_head_dim": 8,
        "sample_size": 24,
    }


def load_unet(tensors):
    config = unet_config(tensors)
    unet = UNet2DConditionModel(**config)
    names = {key: tensor for key, tensor in tensors.items() if key.startswith(UNET)}
    unet.load_state_dict(convert_ldm_unet_checkpoint(names, {**unet.config}))
    return unet.float()


def load_text_encoder(tensors):
    state = {key[len(TEXT) :]: tensor for key, tensor in tensors.items() if key.startswith(TEXT) and not key.endswith("position_ids")}
    prefix = "text_model."
    n_vocabulary, width = state[prefix + "embeddings.token_embedding.weight"].shape
    n_layers = len({key.split(".")[3] for key in state if ".encoder.layers." in "." + key})
    config = CLIPTextConfig(
        vocab_size=n_vocabulary,
        hidden_size=width,
        intermediate_size=state[prefix + "encoder.layers.0.mlp.fc1.weight"].shape[0],
        num_hidden_layers=n_layers,
        num_attention_heads=max(1, width // 64),
        bos_token_id=n_vocabulary - 2,
        eos_token_id=n_vocabulary - 1,
    )
    encoder = CLIPTextModel(config)
    expected = set(encoder.state_dict())
    if not any(key.startswith(prefix) for key in expected):
        state = {key.removeprefix(prefix): tensor for key, tensor in state.items()}
    missing, unexpected = encoder.load_state_dict(state, strict=False)
    missing = [key for key in missing if not key.endswith("position_ids")]
    if missing or unexpected:
        sys.exit(f"the text encoder does not fit: {missing[:3]} {unexpected[:3]}")
    return encoder.float()


class Complaints(logging.Handler):
    """Keeps what diffusers warns of while it loads."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        # A LoRA of the U-Net alone leaves the text encoder as it is; diffusers says so each time.
        if not record.getMessage().startswith("No LoRA keys associated to CLIPTextModel"):
            self.lines.append(record.getMessage())


def count_used(pipeline):
    """The numbers of LoRA matrices that the networks hold now."""
    networks = [pipeline.unet, pipeline.text_encoder]
    return sum(".lora_A." in name or ".lora_B." in name for network in networks for name, _ in network.named_parameters())


def probe(cli, base, lora, strength, inputs):
    with tempfile.TemporaryDirectory() as folder:
        given, computed = Path(folder) / "in.safetensors", Path(folder) / "out.safetensors"
        save_file(inputs, given)
        words = [*cli, "probe", "--device", "cpu", "--base", base, "--in", str(given), "--out", str(computed)]
        if lora:
            words += ["--lora", f"{lora}:{strength}"]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        return load_file(computed)["eps"]


def nmse(found, expected):
    return ((found.double() - expected.double()).square().sum() / expected.double().square().sum()).item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--cli", required=True, help="likeness-cli; words before it are split at spaces")
    parser.add_argument("--base", required=True)
    parser.add_argument("--lora", required=True)
    parser.add_argument("--strength", type=float, default=0.8)
    arguments = parser.parse_args()
    cli = arguments.cli.split()

    tensors = {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in load_file(arguments.base).items()}
    unet, text_encoder = load_unet(tensors), load_text_encoder(tensors)
    warnings.simplefilter("ignore")
    pipeline = StableDiffusionPipeline(
        vae=None,
        text_encoder=text_encoder,
        tokenizer=None,
        unet=unet,
        scheduler=DDIMScheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )

    generator = torch.Generator().manual_seed(1)
    config = unet.config
    inputs = {
        "latent": torch.randn(2, config.in_channels, 24, 24, generator=generator),
        "timestep": torch.tensor([17.0, 801.0]),
        "context": torch.randn(2, 77, config.cross_attention_dim, generator=generator),
    }

    @torch.no_grad()
    def predict(**words):
        return unet(inputs["latent"], inputs["timestep"], inputs["context"], **words).sample

    failed = False

    def report(name, is_good, words):
        nonlocal failed
        failed |= not is_good
        print(f"{'ok    ' if is_good else 'NOT OK'} {name}: {words}")

    bare = predict()
    error = nmse(probe(cli, arguments.base, None, 0, inputs), bare)
    report("the U-Net alone", error <= BOUND, f"error {error:.2e}, bound {BOUND:.0e}")

    complaints = Complaints()
    diffusers_logging.get_logger("diffusers").addHandler(complaints)
    diffusers_logging.set_verbosity_warning()
    path = Path(arguments.lora)
    pipeline.load_lora_weights(str(path.parent), weight_name=path.name, adapter_name="ours")
    pipeline.set_adapters(["ours"], [arguments.strength])

    matrices = [key for key in load_file(path) if key.endswith((".lora_down.weight", ".lora_up.weight"))]
    used = count_used(pipeline)
    report("matrices used", used == len(matrices), f"{used} of {len(matrices)}")
    report("warnings while loading", not complaints.lines, "; ".join(complaints.lines) or "none")

    drawn = predict()
    error = nmse(probe(cli, arguments.base, arguments.lora, arguments.strength, inputs), drawn)
    report(f"with the LoRA at {arguments.strength}", error <= BOUND, f"error {error:.2e}, bound {BOUND:.0e}")
    change = nmse(drawn, bare)
    report("the LoRA changes something", change > 1e-6, f"{change:.2e} from the U-Net alone")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
