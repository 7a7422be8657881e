"""Python functions from one-line signatures, with cuda-python's conventions: each call returns a tuple whose first element is
the error, followed by what the C function gives through pointers.

A signature reads `cudaMalloc(size: size) -> ptr`. Results come first among the C arguments, as they do in CUDA; `.` in the
list of arguments stands for the place of the results where that is another.
"""
from __future__ import annotations

import ctypes
import functools
import re


class Handle(int):
    """An opaque handle: an integer that knows its type."""

    def __new__(cls, init_value=0, _ptr=0):
        return super().__new__(cls, address(init_value))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {hex(self)}>"

    def getPtr(self) -> int:
        """The address of a variable that holds the handle."""
        if not hasattr(self, "_storage"):
            self._storage = ctypes.c_size_t(int(self))
        return ctypes.addressof(self._storage)


def address(value) -> int:
    """The address that an argument stands for: a number, a handle, an array, bytes, or None."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    # numpy's numbers have an array interface too, but are no arrays.
    if hasattr(value, "__array_interface__") and hasattr(value, "ctypes"):
        return value.__array_interface__["data"][0]
    if hasattr(value, "__int__"):
        return int(value)
    if isinstance(value, bytes):
        return ctypes.cast(ctypes.c_char_p(value), ctypes.c_void_p).value
    return ctypes.addressof(ctypes.c_char.from_buffer(value))


# name -> (C type, from Python). `text` is bytes or str.
_IN = {
    "ptr": (ctypes.c_size_t, address),
    "size": (ctypes.c_size_t, int),
    "int": (ctypes.c_int, int),
    "uint": (ctypes.c_uint, int),
    "ulonglong": (ctypes.c_ulonglong, int),
    "float": (ctypes.c_float, float),
    "text": (ctypes.c_char_p, lambda s: s.encode() if isinstance(s, str) else s),
}
_OUT = {"ptr": ctypes.c_size_t, "size": ctypes.c_size_t, "int": ctypes.c_int, "uint": ctypes.c_uint,
        "ulonglong": ctypes.c_ulonglong, "float": ctypes.c_float, "text": ctypes.c_char_p}

_SIGNATURE = re.compile(r"(\w+)\((.*?)\)(?: -> (.*))?$")


class Maker:
    """Makes the functions of one library, which is loaded by the first call of one: importing loads nothing."""

    def __init__(self, load, error: type, types: dict[str, type]):
        self.load, self.error, self.types, self.symbols = functools.cache(load), error, types, {}

    def _symbol(self, name: str):
        if name not in self.symbols:
            library = self.load()
            found = [candidate for candidate in (f"{name}_v2", name) if hasattr(library, candidate)]
            if not found:
                raise NotImplementedError(f"{name} is not in the library that was loaded ({library._name})")
            self.symbols[name] = getattr(library, found[0])
        return self.symbols[name]

    def _result(self, name: str, value):
        return self.types[name](value) if name in self.types else value

    def function(self, signature: str):
        """\\return (name, function). A function that the library lacks says so when it is called."""
        name, arguments, results = _SIGNATURE.match(signature).groups()
        outs = results.split(", ") if results else []
        ins = [a.split(": ") for a in arguments.split(", ") if a]
        keys = [key for key, *_ in ins if key != "."]

        def call(*args, **kwargs):
            given = dict(zip(keys, args), **kwargs)
            if len(args) > len(keys) or set(given) - set(keys):
                raise TypeError(f"{signature}: got {len(args)} arguments {sorted(kwargs)}")
            variables = [_OUT.get(out, ctypes.c_size_t)() for out in outs]
            values = [ctypes.byref(v) for v in variables] if not any(key == "." for key, *_ in ins) else []
            for key, *rest in ins:
                if key == ".":
                    values += [ctypes.byref(v) for v in variables]
                    continue
                kind, _, default = rest[0].partition(" = ")
                if key not in given and not default:
                    raise TypeError(f"{signature}: {key} is missing")
                ctype, convert = _IN.get(kind, _IN["ptr"])
                values.append(ctype(convert(given.get(key, int(default) if default else None))))
            error = self.error(self._symbol(name)(*values))
            if error != 0:
                return (error, *(None for _ in outs))
            return (error, *(self._result(out, v.value) for out, v in zip(outs, variables)))

        call.__name__ = call.__qualname__ = name
        call.__doc__ = signature
        return name, call
