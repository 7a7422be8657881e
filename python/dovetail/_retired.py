"""Names without a device or format behind them: declared, and refused by name with what replaces them where they act."""
from __future__ import annotations

from . import _core
from ._enum import Enum

__all__ = ["CaffeParser", "DLAWorkspaceAllocationStrategy", "FallbackString", "FieldCollection", "FieldMap", "FieldType",
           "IBlobNameToTensor", "ICaffePluginFactoryV2", "NodeIndices", "SubGraphCollection", "UffInputOrder", "UffParser",
           "shutdown_protobuf_library"]


class UffInputOrder(Enum):
    NCHW = 0
    NHWC = 1
    NC = 2


class FieldType(Enum):
    FLOAT = 0
    INT32 = 1
    CHAR = 2
    DIMS = 4
    DATATYPE = 5
    UNKNOWN = 6


class DLAWorkspaceAllocationStrategy(Enum):
    DEFAULT = 0
    SHARED_STATIC = 1


class FallbackString(str):
    """Text; bytes are taken for UTF-8."""

    def __new__(cls, text=""):
        return super().__new__(cls, text.decode() if isinstance(text, bytes) else text)


class NodeIndices(list):
    """Nodes of a model by their index."""

    def __bool__(self) -> bool:
        return len(self) > 0


class SubGraphCollection(NodeIndices):
    """Parts of a model as pairs: nodes, and whether they are supported."""


class _Refused:
    """A class that cannot be made; its message says what replaces it."""

    _instead = ""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError(f"{type(self).__name__} is not supported: {self._instead}")

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_value, traceback) -> None: ...


_CAFFE = "Caffe models are not read; convert the model to ONNX and use OnnxParser"
_UFF = "UFF models are not read; convert the model to ONNX and use OnnxParser"


class CaffeParser(_Refused):
    """Read Caffe models."""

    _instead = _CAFFE
    error_recorder = None
    plugin_factory_v2 = None
    plugin_namespace = None
    protobuf_buffer_size = None

    def parse(self, deploy, model, network, dtype): ...

    def parse_binary_proto(self, filename): ...

    def parse_buffer(self, deploy_buffer, model_buffer, network, dtype): ...


class IBlobNameToTensor(_Refused):
    """What CaffeParser.parse gave."""

    _instead = _CAFFE

    def find(self, name): ...


class ICaffePluginFactoryV2(_Refused):
    """Made plugins for CaffeParser."""

    _instead = _CAFFE

    def create_plugin(self, layer_name, weights): ...

    def is_plugin_v2(self, layer_name): ...


class UffParser(_Refused):
    """Read UFF models."""

    _instead = _UFF
    error_recorder = None
    plugin_namespace = None
    uff_required_version_major = 0
    uff_required_version_minor = 6
    uff_required_version_patch = 9

    def parse(self, file, network, weights_type=_core.DataType.FLOAT): ...

    def parse_buffer(self, buffer, network, weights_type=_core.DataType.FLOAT): ...

    def register_input(self, name, shape, order=UffInputOrder.NCHW): ...

    def register_output(self, name): ...


class FieldMap(_Refused):
    """An attribute of a UFF operator."""

    _instead = _UFF
    name = data = type = length = None


class FieldCollection(_Refused):
    """The attributes of a UFF operator."""

    _instead = _UFF
    num_fields = fields = None


def shutdown_protobuf_library() -> None:
    """Nothing to do: no protobuf library is used."""
