#!/usr/bin/env python3
"""Writes float_formats.txt: checksums of what ml_dtypes makes of every pattern of every small type, and of every f16 value
and f16 value times an odd factor as one of that type. Needs numpy and ml_dtypes; the test reads only the text.
"""
import pathlib

import ml_dtypes
import numpy as np

FORMATS = {"f16": np.float16, "bf16": ml_dtypes.bfloat16, "f8e4m3": ml_dtypes.float8_e4m3fn,
           "f8e5m2": ml_dtypes.float8_e5m2, "f8e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
           "f8e5m2fnuz": ml_dtypes.float8_e5m2fnuz, "f8e8m0": ml_dtypes.float8_e8m0fnu,
           "f4e2m1": ml_dtypes.float4_e2m1fn}
FACTOR = np.float32(1.0009765)  # takes f16 values off the midpoints that they are


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def floats(a):
    """The bits of f32, all NaNs one."""
    bits = a.astype(np.float32).view(np.uint32).copy()
    bits[np.isnan(a.astype(np.float32))] = 0x7FC00000
    return bits.astype("<u4").tobytes()


def decoded(dtype):
    if dtype == ml_dtypes.float4_e2m1fn:
        return np.arange(16, dtype=np.uint8).view(dtype)
    width = np.dtype(dtype).itemsize
    return np.arange(1 << (8 * width), dtype=np.uint8 if width == 1 else np.uint16).view(dtype)


def encoded(name, dtype):
    """Finite f16 values and their multiples; 8-bit types saturate, powers of two are rounded from the magnitude."""
    x = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
    x = x[np.isfinite(x)]
    x = np.concatenate([x, x * FACTOR])
    if name == "f8e8m0":  # there, zero is NaN and a negative number too
        x = np.maximum(np.abs(x), np.float32(2.0**-127))
    if name not in ("f16", "bf16", "f8e8m0"):
        limit = np.float32(ml_dtypes.finfo(dtype).max)
        x = np.clip(x, -limit, limit)
    return x.astype(dtype)


def main():
    lines = ["# Written by float_formats.py: type, checksum of its values, checksum of what f16 values become.\n"]
    with np.errstate(all="ignore"):
        for name, dtype in FORMATS.items():
            lines.append(f"{name} {fnv1a(floats(decoded(dtype))):016x} {fnv1a(floats(encoded(name, dtype))):016x}\n")
    pathlib.Path(__file__).with_suffix(".txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
