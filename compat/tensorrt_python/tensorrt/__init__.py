"""TensorRT's names over the package dovetail: programs written for TensorRT run unmodified.

DOVETAIL_TENSORRT_VERSION in the environment sets __version__ for programs that ask for another.
"""
import os as _os
import sys as _sys

import dovetail as _dovetail
from dovetail import *
from dovetail import _arrays, _hostcuda

__version__ = _os.environ.get("DOVETAIL_TENSORRT_VERSION", "10.16.1")
_itemsize = _arrays._itemsize

# Programs that load libcudart.so themselves find the one on host memory where there is no CUDA.
_hostcuda.offer_libraries()

# Programs also reach the names through the extension module's name.
tensorrt = _sys.modules[__name__ + ".tensorrt"] = _sys.modules[__name__]
