"""Inputs and outputs by number, as before TensorRT 8.5: the bindings of each profile follow those of the one before."""
from __future__ import annotations

import functools
import warnings

import numpy

from . import _core
from ._core import ICudaEngine, IExecutionContext, TensorIOMode


def _deprecated(replacement: str):
    """Warns that a name-based method replaces this one."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            warnings.warn(f"Use {replacement} instead.", DeprecationWarning, stacklevel=2)
            return function(*args, **kwargs)

        return wrapper

    return decorate


def _name(engine: ICudaEngine, binding: int | str) -> str:
    """The tensor of a binding, whatever its profile."""
    if isinstance(binding, str):
        return binding.split(" [profile ")[0]
    count = engine.num_io_tensors
    if not 0 <= binding < engine.num_bindings:
        raise IndexError(f"the engine has {engine.num_bindings} bindings, there is no binding {binding}")
    return engine.get_tensor_name(binding % count)


@_deprecated("get_tensor_name")
def get_binding_name(self: ICudaEngine, index: int) -> str:
    name, profile = _name(self, index), index // self.num_io_tensors
    return name if profile == 0 else f"{name} [profile {profile}]"


@_deprecated("name instead of binding index: get_tensor_name")
def get_binding_index(self: ICudaEngine, name: str) -> int:
    base, _, rest = name.partition(" [profile ")
    profile = int(rest.rstrip("]")) if rest else 0
    names = [self.get_tensor_name(i) for i in range(self.num_io_tensors)]
    return names.index(base) + profile * len(names) if base in names else -1


@_deprecated("get_tensor_mode")
def binding_is_input(self: ICudaEngine, index: int | str) -> bool:
    return self.get_tensor_mode(_name(self, index)) == TensorIOMode.INPUT


def _forward(method: str, first: str):
    """A method that takes a binding and asks the one that takes a name."""

    def forwarded(self: ICudaEngine, index: int | str):
        return getattr(self, method)(_name(self, index))

    forwarded.__name__ = first
    return _deprecated(method)(forwarded)


@_deprecated("get_tensor_profile_shape")
def get_profile_shape(self: ICudaEngine, profile_index: int, binding: int | str):
    return self.get_tensor_profile_shape(_name(self, binding), profile_index)


@_deprecated("get_tensor_profile_values")
def get_profile_shape_input(self: ICudaEngine, profile_index: int, binding: int | str):
    return self.get_tensor_profile_values(_name(self, binding), profile_index)


@_deprecated("is_shape_inference_io")
def is_execution_binding(self: ICudaEngine, binding: int) -> bool:
    return not self.is_shape_inference_io(_name(self, binding))


ICudaEngine.num_bindings = property(lambda self: self.num_io_tensors * self.num_optimization_profiles)
ICudaEngine.max_batch_size = property(lambda self: 1)
ICudaEngine.get_binding_name = get_binding_name
ICudaEngine.get_binding_index = get_binding_index
ICudaEngine.binding_is_input = binding_is_input
for _old, _new in {
    "get_binding_shape": "get_tensor_shape",
    "get_binding_dtype": "get_tensor_dtype",
    "get_binding_format": "get_tensor_format",
    "get_binding_format_desc": "get_tensor_format_desc",
    "get_binding_bytes_per_component": "get_tensor_bytes_per_component",
    "get_binding_components_per_element": "get_tensor_components_per_element",
    "get_binding_vectorized_dim": "get_tensor_vectorized_dim",
    "get_location": "get_tensor_location",
    "is_shape_binding": "is_shape_inference_io",
}.items():
    setattr(ICudaEngine, _old, _forward(_new, _old))
ICudaEngine.get_profile_shape = get_profile_shape
ICudaEngine.get_profile_shape_input = get_profile_shape_input
ICudaEngine.is_execution_binding = is_execution_binding


# Contexts.


@_deprecated("get_tensor_shape")
def get_context_binding_shape(self: IExecutionContext, binding: int):
    return self.get_tensor_shape(_name(self.engine, binding))


@_deprecated("set_input_shape")
def set_binding_shape(self: IExecutionContext, binding: int, shape) -> bool:
    return self.set_input_shape(_name(self.engine, binding), shape)


@_deprecated("get_tensor_strides")
def get_strides(self: IExecutionContext, binding: int):
    return self.get_tensor_strides(_name(self.engine, binding))


@_deprecated("set_tensor_address")
def set_shape_input(self: IExecutionContext, binding: int, shape) -> bool:
    name = _name(self.engine, binding)
    values = numpy.array(list(shape), dtype=_core._numpy_type(self.engine.get_tensor_dtype(name)))
    setattr(self, f"_shape_input {name}", values)  # the address stays valid as long as the context
    return self.set_tensor_address(name, values.ctypes.data)


@_deprecated("get_tensor_address")
def get_shape(self: IExecutionContext, binding: int) -> list[int]:
    values = getattr(self, f"_shape_input {_name(self.engine, binding)}", None)
    return [] if values is None else [int(v) for v in values.ravel()]


def _refuse_batch(batch_size: int) -> None:
    if batch_size != 1:
        raise ValueError(f"batch_size {batch_size}: there is no implicit batch; the batch is the first dimension of the "
                         "shapes (set_input_shape), and execute_v2 runs it")


def execute(self: IExecutionContext, batch_size: int = 1, bindings=()) -> bool:
    _refuse_batch(batch_size)
    return self.execute_v2(bindings)


@_deprecated("execute_async_v3")
def execute_async_v2(self: IExecutionContext, bindings, stream_handle: int, input_consumed=None) -> bool:
    if input_consumed is not None and not self.set_input_consumed_event(int(input_consumed)):
        return False
    engine = self.engine
    count = engine.num_io_tensors
    first = self.active_optimization_profile * count if len(bindings) > count else 0
    for i in range(count):
        if not self.set_tensor_address(engine.get_tensor_name(i), int(bindings[first + i])):
            return False
    return self.execute_async_v3(stream_handle)


def execute_async(self: IExecutionContext, batch_size: int = 1, bindings=(), stream_handle: int = 0,
                  input_consumed=None) -> bool:
    _refuse_batch(batch_size)
    return execute_async_v2.__wrapped__(self, bindings, stream_handle, input_consumed)


IExecutionContext.get_binding_shape = get_context_binding_shape
IExecutionContext.set_binding_shape = set_binding_shape
IExecutionContext.get_strides = get_strides
IExecutionContext.set_shape_input = set_shape_input
IExecutionContext.get_shape = get_shape
IExecutionContext.execute = execute
IExecutionContext.execute_async_v2 = execute_async_v2
IExecutionContext.execute_async = execute_async
