"""The same as tensorrt, under the name of TensorRT's lean package."""
from tensorrt import *
from tensorrt import __version__
