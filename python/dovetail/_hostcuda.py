"""The CUDA runtime on host memory that the package carries, for programs that load libcudart.so by themselves."""
from __future__ import annotations

import ctypes
import glob
import os

_HERE = os.path.dirname(os.path.abspath(__file__))
# In a wheel, and in a build folder.
_PLACES = (os.path.join(_HERE, "lib", "cuda"), os.path.join(_HERE, "..", "..", "compat", "cuda", "lib64"))


def folder() -> str | None:
    """Where libcudart.so lies, or None when this package has none."""
    for place in _PLACES:
        if glob.glob(os.path.join(place, "libcudart.so*")):
            return os.path.normpath(place)
    return None


def _has_cuda() -> bool:
    """Whether the machine's own driver has a device. No runtime is started."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
        count = ctypes.c_int(0)
        return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0
    except (OSError, AttributeError):
        return False


def offer_libraries() -> None:
    """Puts the folder in front of LD_LIBRARY_PATH in this process's environment, unless there is CUDA."""
    place = folder()
    paths = os.environ.get("LD_LIBRARY_PATH", "")
    if place is None or place in paths.split(os.pathsep) or _has_cuda():
        return
    os.environ["LD_LIBRARY_PATH"] = place + (os.pathsep + paths if paths else "")
