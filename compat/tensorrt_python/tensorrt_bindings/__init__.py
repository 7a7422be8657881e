"""The same as tensorrt, under the name of the package that holds TensorRT's bindings."""
from tensorrt import *
from tensorrt import __version__
