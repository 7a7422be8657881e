"""The same as tensorrt, under the name of TensorRT's dispatch package."""
from tensorrt import *
from tensorrt import __version__
