"""Small pictures of every kind, and expected.safetensors: their samples as Pillow reads them, RGB or RGBA, upright.

Sixteen bits are cut to their high byte, as Pillow does for colour; gamma and profiles change nothing."""
import io
import os
import struct
import zlib
import numpy as np
import torch
from PIL import Image, ImageCms, ImageOps, PngImagePlugin
from safetensors.torch import save_file

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(5)
W, H = 13, 7
expected = {}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, color, depth, rows, extra=b"", interlace=0, pixels=None):
    """rows: bytes of each row, unfiltered."""
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, depth, color, 0, 0, interlace)) + extra
    data += chunk(b"IDAT", zlib.compress(b"".join(b"\0" + r for r in rows))) + chunk(b"IEND", b"")
    open(os.path.join(here, name), "wb").write(data)
    if pixels is not None:
        expected[name] = pixels


def pack(values, depth):
    bits = "".join(format(v, f"0{depth}b") for v in values)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def grey(v):
    return np.repeat(v[..., None], 3, 2).astype(np.uint8)


linear = chunk(b"gAMA", struct.pack(">I", 100000))
for depth in (1, 2, 4, 8):
    v = rng.integers(0, 2**depth, (H, W))
    png(f"grey{depth}.png", 0, depth, [pack(r, depth) for r in v], linear, pixels=grey(v * (255 // (2**depth - 1))))
v = rng.integers(0, 65536, (H, W))
png("grey16.png", 0, 16, [r.astype(">u2").tobytes() for r in v], linear, pixels=grey(v >> 8))
v = rng.integers(0, 65536, (H, W, 3))
png("rgb16.png", 2, 16, [r.astype(">u2").tobytes() for r in v], pixels=v >> 8)
v = rng.integers(0, 256, (H, W, 3))
png("rgb8.png", 2, 8, [r.astype("u1").tobytes() for r in v], pixels=v)
key = v[2, 3]
png("rgb8-key.png", 2, 8, [r.astype("u1").tobytes() for r in v], chunk(b"tRNS", struct.pack(">HHH", *key)),
    pixels=np.concatenate([v, np.where((v == key).all(-1), 0, 255)[..., None]], 2))
v = rng.integers(0, 256, (H, W, 4))
png("rgba8.png", 6, 8, [r.astype("u1").tobytes() for r in v], pixels=v)
v = rng.integers(0, 65536, (H, W, 4))
png("rgba16.png", 6, 16, [r.astype(">u2").tobytes() for r in v], pixels=v >> 8)
v = rng.integers(0, 256, (H, W, 2))
png("greya8.png", 4, 8, [r.astype("u1").tobytes() for r in v], pixels=v[..., [0, 0, 0, 1]])
palette = rng.integers(0, 256, (16, 3))
v = rng.integers(0, 16, (H, W))
plte = chunk(b"PLTE", palette.astype("u1").tobytes())
png("palette4.png", 3, 4, [pack(r, 4) for r in v], plte, pixels=palette[v])
alpha = np.array([0, 128] + [255] * 14)
png("palette4-alpha.png", 3, 4, [pack(r, 4) for r in v], plte + chunk(b"tRNS", bytes([0, 128])),
    pixels=np.concatenate([palette[v], alpha[v][..., None]], 2))

# Interlaced: the seven passes of Adam7.
v = rng.integers(0, 256, (H, W, 3)).astype("u1")
rows = []
for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
    rows += [r.tobytes() for r in v[y0::dy, x0::dx] if r.size]
png("interlaced.png", 2, 8, rows, interlace=1, pixels=v)

tiny = Image.fromarray(np.array([[[1, 2, 3]]], dtype="u1"))
tiny.save(os.path.join(here, "one-pixel.png"))
expected["one-pixel.png"] = np.array(tiny)

# Text chunks of every kind, before and behind the pixels, one key twice.
smooth = Image.fromarray((np.add.outer(np.arange(24), np.arange(40))[..., None] * np.array([3, 2, 1]) % 256).astype("u1"))
buffer = io.BytesIO()
smooth.save(buffer, "PNG")
data = buffer.getvalue()
texts = [chunk(b"tEXt", b"parameters\0caf\xe9, masterpiece\nSteps: 20"), chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b"{}" * 500)),
         chunk(b"iTXt", b"Caption\0\0\0de\0Titel\0" + "東京 ❤".encode()), chunk(b"iTXt", b"packed\0\1\0\0\0" + zlib.compress("ä".encode()))]
late = [chunk(b"tEXt", b"parameters\0second"), chunk(b"zTXt", b"broken\0\0xxxx"), chunk(b"tEXt", b"no end"), chunk(b"tEXt", b"empty\0")]
open(os.path.join(here, "texts.png"), "wb").write(data[:33] + b"".join(texts) + data[33:-12] + b"".join(late) + data[-12:])
expected["texts.png"] = np.array(smooth)

exif = Image.Exif()
exif[274] = 6
smooth.save(os.path.join(here, "orientation-6.png"), exif=exif)
expected["orientation-6.png"] = np.array(ImageOps.exif_transpose(Image.open(os.path.join(here, "orientation-6.png"))))
srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
smooth.save(os.path.join(here, "srgb.png"), icc_profile=srgb)
smooth.save(os.path.join(here, "foreign.png"), icc_profile=lab)
smooth.save(os.path.join(here, "animated.png"), save_all=True, append_images=[smooth.rotate(180)])
for name in ("srgb.png", "foreign.png", "animated.png"):
    expected[name] = np.array(smooth)

for n in range(1, 9):
    exif[274] = n
    name = f"orientation-{n}.jpg"
    smooth.save(os.path.join(here, name), exif=exif, quality=95, subsampling=0)
    expected[name] = np.array(ImageOps.exif_transpose(Image.open(os.path.join(here, name))))
for name, im, options in (("grey.jpg", smooth.convert("L"), {}), ("cmyk.jpg", smooth.convert("CMYK"), {"quality": 95}),
                          ("progressive.jpg", smooth, {"progressive": True}), ("foreign.jpg", smooth, {"icc_profile": lab}),
                          ("srgb.jpg", smooth, {"icc_profile": srgb}), ("one-pixel.jpg", tiny, {}),
                          ("plain.bmp", smooth, {}), ("plain.gif", smooth, {}), ("plain.tif", smooth, {}),
                          ("lossless.webp", smooth, {"lossless": True}), ("lossy.webp", smooth, {"quality": 90})):
    im.save(os.path.join(here, name), **options)
    expected[name] = np.array(Image.open(os.path.join(here, name)).convert("RGB"))
veil = smooth.copy()
veil.putalpha(Image.linear_gradient("L").resize(smooth.size))
veil.save(os.path.join(here, "alpha.webp"), lossless=True, exact=True)
expected["alpha.webp"] = np.array(veil)
smooth.save(os.path.join(here, "animated.webp"), save_all=True, append_images=[smooth.rotate(180)], lossless=True)
expected["animated.webp"] = np.array(smooth)
smooth.save(os.path.join(here, "animated.gif"), save_all=True, append_images=[smooth.rotate(180)])
expected["animated.gif"] = np.array(Image.open(os.path.join(here, "animated.gif")).convert("RGB"))
for n in (3, 6):
    ifd = {274: n}
    smooth.save(os.path.join(here, f"orientation-{n}.tif"), tiffinfo=ifd)
    expected[f"orientation-{n}.tif"] = np.array(ImageOps.exif_transpose(Image.open(os.path.join(here, f"orientation-{n}.tif"))))
exif[274] = 8
smooth.save(os.path.join(here, "orientation-8.webp"), exif=exif, lossless=True)
expected["orientation-8.webp"] = np.array(ImageOps.exif_transpose(Image.open(os.path.join(here, "orientation-8.webp"))))

save_file({k: torch.from_numpy(np.ascontiguousarray(v).astype("u1")) for k, v in expected.items()}, os.path.join(here, "expected.safetensors"))
