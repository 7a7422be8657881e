#!/usr/bin/env python3
"""Writes pictures.txt: small files in every format, with the pixels that Pillow decodes them to.

Needs numpy and Pillow 10 or later (pip install pillow), which `./dev` does not: the test reads only the text. A line has a
name, height, width, the file and its RGB pixels, the last two in hexadecimal.
"""
import io
import pathlib
import struct

import numpy as np
from PIL import Image

RNG = np.random.default_rng(20)
HEIGHT, WIDTH = 7, 9
lines = []


def smooth(height=HEIGHT, width=WIDTH, channels=3):
    """A gradient with some noise: what a photograph is to a decoder."""
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    return np.clip(y * 23 + x * 17 + c * 40 + RNG.integers(-20, 21, (height, width, channels)), 0, 255).astype(np.uint8)


def add(name, data):
    rgb = np.array(Image.open(io.BytesIO(data)).convert("RGB"))
    lines.append(f"{name} {rgb.shape[0]} {rgb.shape[1]} {data.hex()} {rgb.tobytes().hex()}")


def save(name, image, kind, **options):
    with io.BytesIO() as f:
        image.save(f, format=kind, **options)
        add(name, f.getvalue())


rgb = Image.fromarray(smooth())
gray = rgb.convert("L")
palette = rgb.quantize(13)
bits = gray.convert("1")
with_alpha = Image.fromarray(np.concatenate([smooth(), RNG.integers(0, 256, (HEIGHT, WIDTH, 1), np.uint8)], 2))

for mode, image in {"rgb": rgb, "gray": gray, "palette": palette, "bits": bits}.items():
    save(f"bmp_{mode}", image, "BMP")
    save(f"png_{mode}", image, "PNG")
    save(f"tiff_{mode}", image, "TIFF")


def bitmap(bits_per_pixel, compression, pixels, colors=b"", height=2, masks=b"", header=40):
    """A bitmap by hand, 4 pixels wide."""
    at = 14 + header + len(masks) + len(colors)
    info = struct.pack("<IiiHHIIiiII", header, 4, height, 1, bits_per_pixel, compression, len(pixels), 2835, 2835,
                       len(colors) // 4, 0)
    return struct.pack("<2sIHHI", b"BM", at + len(pixels), 0, 0, at) + info + masks + colors + pixels


four = bytes([1, 2, 3, 0, 40, 50, 60, 0, 200, 100, 50, 0, 255, 254, 253, 0])
add("bmp_4bits", bitmap(4, 0, bytes([0x01, 0x23, 0, 0, 0x32, 0x10, 0, 0]), four))
add("bmp_top_down", bitmap(24, 0, bytes(range(24)), height=-2))
add("bmp_555", bitmap(16, 0, struct.pack("<8H", *range(0, 0x8000, 0x1000))))
add("bmp_565", bitmap(16, 3, struct.pack("<8H", *range(0, 0x10000, 0x2000)),
                      masks=struct.pack("<III", 0xf800, 0x7e0, 0x1f)))
add("bmp_runs8", bitmap(8, 1, bytes([3, 2, 1, 1, 0, 0, 0, 3, 3, 0, 1, 0, 1, 2, 0, 1]), four))
add("bmp_runs4", bitmap(4, 2, bytes([4, 0x12, 0, 0, 0, 4, 0x31, 0x02, 0, 1]), four))

for name, options in {"420": {"subsampling": 2}, "422": {"subsampling": 1}, "444": {"subsampling": 0, "quality": 95},
                      "progressive": {"progressive": True, "subsampling": 2}}.items():
    save(f"jpeg_{name}", rgb, "JPEG", **options)
save("jpeg_17x19", Image.fromarray(smooth(17, 19)), "JPEG", subsampling=2)
save("jpeg_gray", gray, "JPEG")
save("jpeg_cmyk", rgb.convert("CMYK"), "JPEG", quality=90)

save("png_alpha", with_alpha, "PNG")
save("png_gray_alpha", with_alpha.convert("LA"), "PNG")
save("png_transparent", palette, "PNG", transparency=3)

for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
    save(name if name.startswith("tiff") else f"tiff_{name}", rgb, "TIFF", compression=name)
save("tiff_alpha", with_alpha, "TIFF")
for orientation in range(2, 9):
    save(f"tiff_orientation_{orientation}", Image.fromarray(smooth(2, 3)), "TIFF", tiffinfo={274: orientation})

save("webp_lossy", rgb, "WEBP", quality=80)
save("webp_lossless", rgb, "WEBP", lossless=True)
save("webp_alpha", with_alpha, "WEBP", lossless=True, exact=True)

save("jp2_rgb", rgb, "JPEG2000")
save("jp2_gray", gray, "JPEG2000")
save("jp2_lossy", rgb, "JPEG2000", irreversible=True, quality_layers=[4])
save("jp2_tiles", Image.fromarray(smooth(20, 20)), "JPEG2000", tile_size=(16, 16), num_resolutions=2)
save("j2k_bare", rgb, "JPEG2000", no_jp2=True)

save("pnm_p4", bits, "PPM")
save("pnm_p5", gray, "PPM")
save("pnm_p6", rgb, "PPM")
add("pnm_p1", b"P1 # a comment\n3 2\n1 0 1\n0110 ")
add("pnm_p2", b"P2\n3 2\n15\n0 1 2 # more\n7 8 15\n")
add("pnm_p3", b"P3 2 1 255 1 2 3 40 50 255\n")
add("pnm_p6_31", b"P6\n2 2\n31\n" + bytes([0, 1, 2, 3, 15, 16, 17, 30, 31, 5, 10, 20]))
add("pnm_p6_16bits", b"P6 2 1 65535\n" + struct.pack(">6H", 0, 1000, 32768, 40000, 65000, 65535))

out = pathlib.Path(__file__).with_name("pictures.txt")
out.write_text("# name, height, width, the file, its RGB pixels: written by pictures.py\n" + "\n".join(lines) + "\n")
