"""Dovetail compiles neural networks and runs them.

    import dovetail

    engine = dovetail.build("model.onnx", shapes={"x": (1, 3, 224, 224)})
    y = engine(x)                                # numpy in, numpy out
    engine.save("model.plan")
    engine = dovetail.load("model.plan")
    outputs = engine.run({"x": x})               # by name

Beside this, the module has the names of TensorRT's Python API: `import dovetail as trt`.
"""
from . import _arrays, _bindings_by_index, _core, _methods
from ._arrays import *
from ._core import *
from ._fields import PluginFieldCollection, PluginFieldCollection_
from ._plugins import *
from ._retired import *
from ._simple import Error, build, load

__version__ = _core.get_dovetail_version()

# DataType under the names that numpy has for it. They come last: one of them is called bool.
float32 = DataType.FLOAT
float16 = DataType.HALF
bfloat16 = DataType.BF16
float64 = DataType.FLOAT64
int8 = DataType.INT8
int16 = DataType.INT16
int32 = DataType.INT32
int64 = DataType.INT64
uint8 = DataType.UINT8
uint16 = DataType.UINT16
uint32 = DataType.UINT32
uint64 = DataType.UINT64
fp8 = DataType.FP8
int4 = DataType.INT4
fp4 = DataType.FP4
e8m0 = DataType.E8M0
bool = DataType.BOOL
