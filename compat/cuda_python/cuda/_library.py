"""Finds the shared libraries: CUDA's own where there is a device, else those on host memory."""
from __future__ import annotations

import ctypes
import glob
import os


def _host_folders() -> list[str]:
    folders = [os.environ.get("DOVETAIL_CUDART", "")]
    try:
        import dovetail

        folders.append(os.path.join(os.path.dirname(os.path.abspath(dovetail.__file__)), "lib", "cuda"))
        folders.append(os.path.join(os.path.dirname(os.path.abspath(dovetail.__file__)), "..", "..", "compat", "cuda", "lib64"))
    except ImportError:
        pass
    return [folder for folder in folders if folder]


def _has_device(runtime: ctypes.CDLL) -> bool:
    count = ctypes.c_int(0)
    return runtime.cudaGetDeviceCount(ctypes.byref(count)) == 0 and count.value > 0


def _installed(stem: str) -> ctypes.CDLL | None:
    """CUDA's own library, if it is there."""
    for name in (f"lib{stem}.so", *(f"lib{stem}.so.{v}" for v in ("13", "12", "11.0", "1"))):
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def load(stem: str) -> ctypes.CDLL:
    """The library lib<stem>.so ("cudart" or "cuda")."""
    # libcuda.so says whether there is a driver; a CUDA runtime without one is of no use.
    runtime = _installed("cudart")
    if runtime is not None and _has_device(runtime):
        library = runtime if stem == "cudart" else _installed(stem)
        if library is not None:
            return library
    for folder in _host_folders():
        for path in sorted(glob.glob(os.path.join(folder, f"lib{stem}.so*"))):
            # What these libraries call of each other is theirs, also where another CUDA runtime was loaded before (PyTorch's).
            return ctypes.CDLL(path, mode=ctypes.DEFAULT_MODE | os.RTLD_DEEPBIND)
    raise ImportError(f"neither CUDA's lib{stem}.so with a device nor Dovetail's was found; install the package dovetail, or "
                      "name the folder of its libcudart.so in DOVETAIL_CUDART")
