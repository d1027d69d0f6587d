"""Writes a checkpoint of real size that takes no disk: the names and shapes of tests/data/layouts/NAME.tsv, all zero, F16.

    tests/bench/sparse-checkpoint.py sd15|sdxl OUT.safetensors

For plans (`likeness-cli train PROJECT --plan --base OUT.safetensors`) and for measuring memory and time, not for pictures.
"""
import json, os, sys

name, out = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
header, offset = {}, 0
with open(os.path.join(here, "..", "data", "layouts", name + ".tsv")) as file:
    for line in file:
        key, dims = line.rstrip("\n").split("\t")
        shape = [int(n) for n in dims.split(",") if n]
        size = 2
        for n in shape:
            size *= n
        header[key] = {"dtype": "F16", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open(out, "wb") as file:
    file.write(len(text).to_bytes(8, "little") + text)
    file.truncate(8 + len(text) + offset)
