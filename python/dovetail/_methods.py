"""Methods that are easier said in Python: reprs, `with` blocks, flags as masks, saving and pickling engines."""
from __future__ import annotations

import os

from . import _core, _retired

# `with` is allowed on everything that owns something. Objects are freed with their last reference, so leaving a block
# does nothing.
for _class in (_core.ILogger, _core.ICudaEngine, _core.IExecutionContext, _core.Runtime, _core.IHostMemory, _core.Builder,
               _core.INetworkDefinition, _core.OnnxParser, _core.IBuilderConfig, _core.ITimingCache,
               _core.EngineInspector, _core.Refitter):
    _class.__enter__ = lambda self: self
    _class.__exit__ = lambda self, exc_type, exc_value, traceback: None
    _class.__del__ = lambda self: None


# Enumerators that are bits of a mask combine with |.


def _mask(flag) -> int:
    return flag if isinstance(flag, int) else 1 << int(flag)


for _class in (_core.BuilderFlag, _core.NetworkDefinitionCreationFlag, _core.OnnxParserFlag, _core.TacticSource,
               _core.TensorFormat, _core.SerializationFlag, _core.TempfileControlFlag):
    _class.__or__ = lambda self, other: _mask(self) | _mask(other)
    _class.__ror__ = _class.__or__


# What objects say of themselves.


def _short(dtype) -> str:
    return dtype.name


def _tensor_repr(self: _core.ITensor) -> str:
    return f"<ITensor '{self.name}' {_short(self.dtype)} {self.shape}>"


def _layer_repr(self: _core.ILayer) -> str:
    kind = _core.ILayer.type.__get__(self).name
    return f"<{type(self).__name__} '{self.name}' {kind}, {self.num_inputs} inputs, {self.num_outputs} outputs>"


def _tensors(tensors) -> str:
    return ", ".join(f"{t.name} {_short(t.dtype)} {t.shape}" for t in tensors)


def _network_repr(self: _core.INetworkDefinition) -> str:
    inputs = [self.get_input(i) for i in range(self.num_inputs)]
    outputs = [self.get_output(i) for i in range(self.num_outputs)]
    return f"<network '{self.name}': {_tensors(inputs)} -> {_tensors(outputs)}; {self.num_layers} layers>"


class TensorInfo:
    """An input or output of an engine."""

    __slots__ = ("name", "dtype", "shape", "mode")

    def __init__(self, engine: _core.ICudaEngine, name: str):
        self.name = name
        self.dtype = engine.get_tensor_dtype(name)
        self.shape = engine.get_tensor_shape(name)
        self.mode = engine.get_tensor_mode(name)

    def __repr__(self) -> str:
        return f"<{self.mode.name.lower()} '{self.name}' {_short(self.dtype)} {self.shape}>"


def _tensors_of(mode: _core.TensorIOMode):
    def get(self: _core.ICudaEngine) -> list[TensorInfo]:
        every = (TensorInfo(self, self.get_tensor_name(i)) for i in range(self.num_io_tensors))
        return [t for t in every if t.mode == mode]

    return property(get)


def _engine_repr(self: _core.ICudaEngine) -> str:
    return (f"<engine '{self.name}': {_tensors(self.inputs)} -> {_tensors(self.outputs)}; {self.num_layers} layers on "
            f"{self.device}>")


def _context_repr(self: _core.IExecutionContext) -> str:
    engine = self.engine
    shapes = ", ".join(f"{t.name} {self.get_tensor_shape(t.name)}" for t in engine.inputs + engine.outputs)
    return f"<context '{self.name}' of engine '{engine.name}': {shapes}>"


def _weights_repr(self: _core.Weights) -> str:
    return f"<Weights {self.size} x {_short(self.dtype)}>"


def _memory_repr(self: _core.IHostMemory) -> str:
    return f"<IHostMemory {self.nbytes} bytes>"


def _profile_repr(self: _core.IOptimizationProfile) -> str:
    return f"<IOptimizationProfile {'valid' if self else 'not valid'}>"


_core.ITensor.__repr__ = _tensor_repr
_core.ILayer.__repr__ = _layer_repr
_core.INetworkDefinition.__repr__ = _network_repr
_core.ICudaEngine.__repr__ = _engine_repr
_core.IExecutionContext.__repr__ = _context_repr
_core.Weights.__repr__ = _weights_repr
_core.IHostMemory.__repr__ = _memory_repr
_core.IOptimizationProfile.__repr__ = _profile_repr
_core.ICudaEngine.inputs = _tensors_of(_core.TensorIOMode.INPUT)
_core.ICudaEngine.outputs = _tensors_of(_core.TensorIOMode.OUTPUT)


# Engines on disk.


def _save(self: _core.ICudaEngine, path: str | os.PathLike) -> None:
    """Writes the plan to a file and remembers it for pickling."""
    path = os.path.abspath(os.fspath(path))
    plan = self.serialize()
    if plan is None:
        raise RuntimeError("the engine cannot be serialized; the log says why")
    with open(path, "wb") as file:
        file.write(plan)
    self.path = path


def _reduce_engine(self: _core.ICudaEngine):
    from ._simple import load

    path = getattr(self, "path", None)
    if path is None:
        raise TypeError("an engine is pickled as the path of its plan, and this one has none: engine.save(path) first")
    return load, (path,)


_core.ICudaEngine.save = _save
_core.ICudaEngine.__reduce__ = _reduce_engine


# What only a DLA has.
_core.Runtime.dla_workspace_allocation_strategy = property(
    lambda self: _retired.DLAWorkspaceAllocationStrategy.DEFAULT,
    lambda self, value: _refuse_strategy(value),
)
_core.IOptimizationProfile.profile_stream = property(lambda self: 0, lambda self, stream: None)


def _refuse_strategy(value) -> None:
    if value != _retired.DLAWorkspaceAllocationStrategy.DEFAULT:
        raise ValueError(f"dla_workspace_allocation_strategy {value}: there is no DLA, only DEFAULT is taken")
