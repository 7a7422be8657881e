"""Plugins as TensorRT's Python programs write them: the classes to derive from, what they are handed, the registry.

Classes can be defined, derived from and registered; a network does not take plugins yet, and says so by name.
"""
from __future__ import annotations

from . import _core
from ._core import IErrorRecorder, ILayer, INetworkDefinition
from ._enum import Enum
from ._fields import PluginFieldCollection

__all__ = [
    "DimensionOperation", "DimsExprs", "DynamicPluginTensorDesc", "IDimensionExpr", "IExprBuilder", "IPluginCapability",
    "IPluginCreator", "IPluginCreatorInterface", "IPluginCreatorV3One", "IPluginCreatorV3Quick", "IPluginRegistry",
    "IPluginResource", "IPluginResourceContext", "IPluginV2", "IPluginV2DynamicExt", "IPluginV2DynamicExtBase",
    "IPluginV2Ext", "IPluginV2Layer", "IPluginV3", "IPluginV3Layer", "IPluginV3OneBuild", "IPluginV3OneBuildV2",
    "IPluginV3OneCore", "IPluginV3OneRuntime", "IPluginV3QuickAOTBuild", "IPluginV3QuickBuild", "IPluginV3QuickCore",
    "IPluginV3QuickRuntime", "ISymExpr", "ISymExprs", "KernelLaunchParams", "PluginArgDataType", "PluginArgType",
    "PluginCapabilityType", "PluginCreatorVersion", "PluginTensorDesc", "QuickPluginCreationRequest", "TensorRTPhase",
    "get_builder_plugin_registry", "get_plugin_registry", "init_libnvinfer_plugins",
]

_NOT_YET = ("{} is not supported yet: networks take no plugins. What the plugin computes can be composed of layers, or of "
            "an operator of docs/reference/operators.md through add_operator()")


class DimensionOperation(Enum):
    SUM = 0
    PROD = 1
    MAX = 2
    MIN = 3
    SUB = 4
    EQUAL = 5
    LESS = 6
    FLOOR_DIV = 7
    CEIL_DIV = 8


class PluginCapabilityType(Enum):
    CORE = 0
    BUILD = 1
    RUNTIME = 2


class TensorRTPhase(Enum):
    BUILD = 0
    RUNTIME = 1


class PluginCreatorVersion(Enum):
    V1 = 0
    V1_PYTHON = 64


class PluginArgType(Enum):
    INT = 0


class PluginArgDataType(Enum):
    INT8 = 0
    INT16 = 1
    INT32 = 2


class QuickPluginCreationRequest(Enum):
    UNKNOWN = 0
    PREFER_JIT = 1
    PREFER_AOT = 2
    STRICT_JIT = 3
    STRICT_AOT = 4


# What plugins are handed.


class PluginTensorDesc:
    """A tensor as a plugin is told of it."""

    dims = type = format = scale = None

    def __init__(self):
        self.dims = _core.Dims()
        self.type = _core.DataType.FLOAT
        self.format = _core.TensorFormat.LINEAR
        self.scale = 0.0


class DynamicPluginTensorDesc:
    """The same with the range of its shapes."""

    desc = min = max = opt = None

    def __init__(self):
        self.desc = PluginTensorDesc()
        self.min = _core.Dims()
        self.max = _core.Dims()
        self.opt = _core.Dims()


class IDimensionExpr:
    """An extent, made by an IExprBuilder."""

    def is_constant(self) -> bool:
        raise NotImplementedError

    def get_constant_value(self) -> int:
        raise NotImplementedError

    def is_size_tensor(self) -> bool:
        raise NotImplementedError


class DimsExprs(list):
    """Extents that are expressions. DimsExprs(3) has room for three."""

    def __init__(self, extents=()):
        super().__init__([None] * extents if isinstance(extents, int) else extents)


class IExprBuilder:
    """Makes extents."""

    def constant(self, value: int) -> IDimensionExpr:
        raise NotImplementedError

    def operation(self, op: DimensionOperation, first: IDimensionExpr, second: IDimensionExpr) -> IDimensionExpr:
        raise NotImplementedError

    def declare_size_tensor(self, output_index: int, opt: IDimensionExpr, upper: IDimensionExpr) -> IDimensionExpr:
        raise NotImplementedError


class ISymExpr:
    """An argument of a kernel that follows from shapes."""

    type = PluginArgType.INT
    dtype = PluginArgDataType.INT32
    expr = None


class ISymExprs(list):
    """Arguments of a kernel."""

    nbSymExprs = property(len, lambda self, count: self.__setitem__(slice(None), [None] * count))


class KernelLaunchParams:
    """The grid, the blocks and the shared bytes of a kernel."""

    grid_x = grid_y = grid_z = block_x = block_y = block_z = shared_mem = None


# What users derive from. Attributes such as plugin_name are set on the object.


class _PluginInterface:
    api_language = _core.APILanguage.PYTHON
    interface_info = None

    def __init__(self, other=None):
        super().__init__()


class IPluginCapability(_PluginInterface):
    """Base of the parts of a plugin."""


class IPluginResource(_PluginInterface):
    """Something that plugins share under a key of the registry."""

    def release(self) -> None:
        raise NotImplementedError

    def clone(self) -> IPluginResource:
        raise NotImplementedError


class IPluginResourceContext:
    """What a plugin gets of the context that it is attached to."""

    gpu_allocator = None
    error_recorder: IErrorRecorder | None = None


class IPluginV3(_PluginInterface):
    """An operator that the user brings, in parts."""

    def get_capability_interface(self, type: PluginCapabilityType):
        raise NotImplementedError

    def clone(self) -> IPluginV3:
        raise NotImplementedError

    def destroy(self) -> None: ...


class IPluginV3OneCore(IPluginCapability):
    """Who a plugin is."""

    plugin_name = plugin_version = plugin_namespace = ""


class IPluginV3OneBuild(IPluginCapability):
    """What the builder needs to know of a plugin."""

    DEFAULT_FORMAT_COMBINATION_LIMIT = 100
    format_combination_limit = DEFAULT_FORMAT_COMBINATION_LIMIT
    metadata_string = timing_cache_id = ""
    num_outputs = 1

    def configure_plugin(self, inputs: list[DynamicPluginTensorDesc], outputs: list[DynamicPluginTensorDesc]) -> None: ...

    def get_output_data_types(self, input_types: list[_core.DataType]) -> list[_core.DataType]:
        raise NotImplementedError

    def get_output_shapes(self, inputs: list[DimsExprs], shape_inputs: list[DimsExprs],
                          expr_builder: IExprBuilder) -> list[DimsExprs]:
        raise NotImplementedError

    def supports_format_combination(self, pos: int, in_out: list[DynamicPluginTensorDesc], num_inputs: int) -> bool:
        raise NotImplementedError

    def get_workspace_size(self, inputs: list[DynamicPluginTensorDesc], outputs: list[DynamicPluginTensorDesc]) -> int:
        return 0

    def get_valid_tactics(self) -> list[int]:
        return []


class IPluginV3OneBuildV2(IPluginV3OneBuild):
    """The same, with outputs that may share the memory of an input."""

    def get_aliased_input(self, output_index: int) -> int:
        return -1


class IPluginV3OneRuntime(IPluginCapability):
    """What the runtime needs of a plugin."""

    def set_tactic(self, tactic: int) -> None: ...

    def on_shape_change(self, inputs: list[PluginTensorDesc], outputs: list[PluginTensorDesc]) -> None: ...

    def attach_to_context(self, resource_context: IPluginResourceContext) -> IPluginV3:
        raise NotImplementedError

    def get_fields_to_serialize(self) -> PluginFieldCollection:
        return PluginFieldCollection()

    def enqueue(self, input_desc: list[PluginTensorDesc], output_desc: list[PluginTensorDesc], inputs: list[int],
                outputs: list[int], workspace: int, stream: int) -> None:
        raise NotImplementedError


class IPluginV3QuickCore(IPluginCapability):
    """Who a plugin of decorated functions is."""

    plugin_name = plugin_version = plugin_namespace = ""


class IPluginV3QuickBuild(IPluginCapability):
    """What the builder needs to know of a plugin of decorated functions."""


class IPluginV3QuickAOTBuild(IPluginV3QuickBuild):
    """The same for kernels that are compiled beforehand."""


class IPluginV3QuickRuntime(IPluginCapability):
    """What the runtime needs of a plugin of decorated functions."""


class IPluginV2(_PluginInterface):
    """The older form of a plugin."""

    num_outputs = 1
    plugin_namespace = plugin_type = plugin_version = ""
    serialization_size = 0
    tensorrt_version = 101600

    def clone(self) -> IPluginV2:
        raise NotImplementedError

    def configure_with_format(self, input_shapes, output_shapes, dtype, format, max_batch_size: int) -> None: ...

    def destroy(self) -> None: ...

    def execute_async(self, batch_size: int, inputs, outputs, workspace, stream_handle: int) -> int:
        raise NotImplementedError

    def get_output_shape(self, index: int, input_shapes) -> _core.Dims:
        raise NotImplementedError

    def get_workspace_size(self, max_batch_size: int) -> int:
        return 0

    def initialize(self) -> int:
        return 0

    def serialize(self) -> bytes:
        return b""

    def supports_format(self, dtype: _core.DataType, format: _core.TensorFormat) -> bool:
        raise NotImplementedError

    def terminate(self) -> None: ...


class IPluginV2Ext(IPluginV2):
    """The older form with types."""

    def attach_to_context(self, cudnn, cublas, allocator) -> None: ...

    def configure_plugin(self, input_shapes, output_shapes, input_types, output_types, input_is_broadcasted,
                         output_is_broacasted, format, max_batch_size: int) -> None: ...

    def detach_from_context(self) -> None: ...

    def get_output_data_type(self, index: int, input_types) -> _core.DataType:
        raise NotImplementedError


class IPluginV2DynamicExtBase(IPluginV2):
    """Base of IPluginV2DynamicExt."""


class IPluginV2DynamicExt(IPluginV2DynamicExtBase):
    """The older form for shapes that are known only at run time."""

    FORMAT_COMBINATION_LIMIT = 100

    def configure_plugin(self, pos: list[DynamicPluginTensorDesc], in_out: list[DynamicPluginTensorDesc]) -> None: ...

    def get_output_datatype(self, index: int, input_types: list[_core.DataType]) -> _core.DataType:
        raise NotImplementedError

    def get_output_dimensions(self, output_index: int, inputs: list[DimsExprs], expr_builder: IExprBuilder) -> DimsExprs:
        raise NotImplementedError

    def get_serialization_size(self) -> int:
        return len(self.serialize())

    def supports_format_combination(self, pos: int, in_out: list[PluginTensorDesc], num_inputs: int) -> bool:
        raise NotImplementedError

    def get_workspace_size(self, inputs: list[PluginTensorDesc], outputs: list[PluginTensorDesc]) -> int:
        return 0

    def enqueue(self, input_desc: list[PluginTensorDesc], output_desc: list[PluginTensorDesc], inputs: list[int],
                outputs: list[int], workspace: int, stream: int) -> None:
        raise NotImplementedError


class IPluginCreatorInterface(_PluginInterface):
    """Base of everything that makes plugins."""


class IPluginCreator(IPluginCreatorInterface):
    """Makes plugins of the older form."""

    name = plugin_namespace = plugin_version = ""
    field_names = PluginFieldCollection()
    tensorrt_version = 101600

    def create_plugin(self, name: str, field_collection: PluginFieldCollection) -> IPluginV2:
        raise NotImplementedError

    def deserialize_plugin(self, name: str, serialized_plugin: bytes) -> IPluginV2:
        raise NotImplementedError


class IPluginCreatorV3One(IPluginCreatorInterface):
    """Makes plugins."""

    name = plugin_namespace = plugin_version = ""
    field_names = PluginFieldCollection()

    def create_plugin(self, name: str, field_collection: PluginFieldCollection, phase: TensorRTPhase) -> IPluginV3:
        raise NotImplementedError


class IPluginCreatorV3Quick(IPluginCreatorInterface):
    """Makes plugins of decorated functions."""

    name = plugin_namespace = plugin_version = ""
    field_names = PluginFieldCollection()

    def create_plugin(self, name: str, namespace: str, field_collection: PluginFieldCollection, phase: TensorRTPhase,
                      quickPluginType: QuickPluginCreationRequest) -> IPluginV3:
        raise NotImplementedError


class IPluginRegistry:
    """The creators of this process by name, version and namespace."""

    error_recorder: IErrorRecorder | None = None
    parent_search_enabled = True

    def __init__(self):
        self._creators: dict[tuple[str, str, str], IPluginCreatorInterface] = {}
        self._resources: dict[str, tuple[IPluginResource, int]] = {}

    @property
    def all_creators(self) -> list[IPluginCreatorInterface]:
        return list(self._creators.values())

    @property
    def all_creators_recursive(self) -> list[IPluginCreatorInterface]:
        return self.all_creators

    @property
    def plugin_creator_list(self) -> list[IPluginCreator]:
        return [c for c in self._creators.values() if isinstance(c, IPluginCreator)]

    def register_creator(self, creator: IPluginCreatorInterface, plugin_namespace: str = "") -> bool:
        key = (creator.name, creator.plugin_version, plugin_namespace)
        if key in self._creators:
            return False
        self._creators[key] = creator
        return True

    def deregister_creator(self, creator: IPluginCreatorInterface) -> bool:
        keys = [key for key, known in self._creators.items() if known is creator]
        for key in keys:
            del self._creators[key]
        return bool(keys)

    def get_creator(self, type: str, version: str, plugin_namespace: str = ""):
        return self._creators.get((type, version, plugin_namespace))

    def get_plugin_creator(self, type: str, version: str, plugin_namespace: str = "") -> IPluginCreator | None:
        return self.get_creator(type, version, plugin_namespace)

    def load_library(self, plugin_path: str):
        raise NotImplementedError(_NOT_YET.format(f"load_library('{plugin_path}')"))

    def deregister_library(self, handle) -> None:
        raise NotImplementedError(_NOT_YET.format("deregister_library()"))

    def acquire_plugin_resource(self, key: str, resource: IPluginResource) -> IPluginResource:
        kept, uses = self._resources.get(key) or (resource.clone(), 0)
        self._resources[key] = (kept, uses + 1)
        return kept

    def release_plugin_resource(self, key: str) -> int:
        if key not in self._resources:
            return -1
        kept, uses = self._resources.pop(key)
        if uses > 1:
            self._resources[key] = (kept, uses - 1)
        else:
            kept.release()
        return 0


_registry = IPluginRegistry()


def get_plugin_registry() -> IPluginRegistry:
    """The registry of the process."""
    return _registry


def get_builder_plugin_registry(capability: _core.EngineCapability) -> IPluginRegistry | None:
    """The registry that builders of a capability use."""
    return _registry if capability == _core.EngineCapability.STANDARD else None


def init_libnvinfer_plugins(logger, namespace: str) -> bool:
    """There are no plugins to register: what they did, operators do."""
    return True


class IPluginV2Layer(ILayer):
    """A plugin of the older form in a network."""

    __slots__ = ()
    plugin = None


class IPluginV3Layer(ILayer):
    """A plugin in a network."""

    __slots__ = ()
    plugin = None


def _add_plugin_v2(self: INetworkDefinition, inputs, plugin: IPluginV2) -> IPluginV2Layer:
    raise NotImplementedError(_NOT_YET.format("add_plugin_v2"))


def _add_plugin_v3(self: INetworkDefinition, inputs, shape_inputs, plugin: IPluginV3) -> IPluginV3Layer:
    raise NotImplementedError(_NOT_YET.format("add_plugin_v3"))


def _add_plugin(self: INetworkDefinition, func, aot: bool | None = None) -> IPluginV3Layer:
    raise NotImplementedError(_NOT_YET.format("add_plugin"))


INetworkDefinition.add_plugin_v2 = _add_plugin_v2
INetworkDefinition.add_plugin_v3 = _add_plugin_v3
INetworkDefinition.add_plugin = _add_plugin
_core.Builder.get_plugin_registry = lambda self: _registry
_core.Runtime.get_plugin_registry = lambda self: _registry
