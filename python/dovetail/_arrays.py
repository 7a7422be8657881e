"""DataType and numpy: element sizes, equivalent types, volumes."""
from __future__ import annotations

from . import _core

__all__ = ["nptype", "volume"]


def _itemsize_of(dtype: _core.DataType) -> int | float:
    bits = _core._bits_of(dtype)
    return bits // 8 if bits % 8 == 0 else bits / 8


#: Bytes of an element; fractions for types that share a byte.
_itemsize = {dtype: _itemsize_of(dtype) for dtype in _core.DataType.__members__.values()}
_core.DataType.itemsize = property(lambda self: _itemsize[self], doc="Bytes of an element.")


def volume(iterable) -> int:
    """The product of extents; 1 for none, as a scalar has one element."""
    result = 1
    for extent in iterable:
        result *= extent
    return result


def nptype(trt_type: _core.DataType):
    """The numpy type with the same elements. TypeError for types that numpy lacks."""
    dtype = _core._numpy_type(trt_type)
    if dtype is not None and dtype.names:
        return dtype  # text: addresses and sizes
    if dtype is None or dtype.type.__module__ != "numpy":
        raise TypeError(f"Could not resolve {trt_type} to an equivalent numpy datatype.")
    return dtype.type
