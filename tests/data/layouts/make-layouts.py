"""Writes sd15.tsv and sdxl.tsv: every tensor of the real checkpoints with its shape, one a line. Needs torch.

The models are spelled out by ../golden/make-models.py with the real widths, on PyTorch's device without memory. The kohya-keys files are
the modules that kohya's sd-scripts make of them: name, kind, inputs, outputs, shapes at rank 16 (convolutions: 8).
"""
import importlib.util, os
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("models", os.path.join(HERE, "..", "golden", "make-models.py"))
models = importlib.util.module_from_spec(spec)
spec.loader.exec_module(models)


class Shapes(models.Maker):
    def draw(self, *shape): return torch.empty(shape, device="meta")


def write(name, maker):
    with open(os.path.join(HERE, name + ".tsv"), "w") as file:
        for key in sorted(maker.t):
            print(key, ",".join(str(n) for n in maker.t[key].shape), sep="\t", file=file)


maker = Shapes(0)
maker.clip("cond_stage_model.transformer.text_model.", 49408, 768, 12, 3072)
maker.unet(4, (320, 640, 1280, 1280), 2, (1, 1, 1, 0), 1, 768, False)
maker.vae(4, (128, 256, 512, 512), 2, 3)
write("sd15", maker)

maker = Shapes(0)
maker.clip("conditioner.embedders.0.transformer.text_model.", 49408, 768, 12, 3072)
maker.open_clip("conditioner.embedders.1.model.", 49408, 1280, 32, 5120, 1280)
maker.unet(4, (320, 640, 1280), 2, (0, 2, 10), 10, 2048, True, 1280 + 6 * 256)
maker.vae(4, (128, 256, 512, 512), 2, 3)
write("sdxl", maker)
