"""build() and load(): a model in, an engine out, errors as exceptions."""
from __future__ import annotations

import logging
import os
import re
from typing import Callable, Mapping

from . import _core
from ._progress import ProgressBar

_log = logging.getLogger("dovetail")
_LEVELS = {
    _core.ILogger.INTERNAL_ERROR: logging.CRITICAL,
    _core.ILogger.ERROR: logging.DEBUG,  # it becomes the exception
    _core.ILogger.WARNING: logging.WARNING,
    _core.ILogger.INFO: logging.INFO,
    _core.ILogger.VERBOSE: logging.DEBUG,
}


class Error(RuntimeError):
    """A model or plan was refused. The text is the library's own."""


class _Messages(_core.ILogger):
    """Collects errors for exceptions; the rest goes to the logger 'dovetail' of Python's logging."""

    def __init__(self):
        super().__init__()
        self.errors: list[str] = []

    def log(self, severity, msg):
        if severity <= _core.ILogger.ERROR:
            self.errors.append(msg)
        level = _LEVELS[severity]
        if _log.isEnabledFor(level):
            _log.log(level, "%s", msg)

    def error(self, otherwise: str) -> Error:
        text = "\n".join(self.errors) or otherwise
        self.errors.clear()
        return Error(text)


_RANGE = re.compile(r"(-?\d+)(?:\.\.(\d+)(?:@(\d+))?)?")


def _parse_shape(text: str) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """'1..8@4x3x224' -> min, opt, max. Without @ the optimum is the maximum."""
    matches = [_RANGE.fullmatch(part) for part in text.split("x")]
    if not all(matches):
        raise ValueError(f"shape '{text}': dimensions are numbers or min..max@opt, separated by x")
    least = tuple(int(m[1]) for m in matches)
    greatest = tuple(int(m[2] or m[1]) for m in matches)
    best = tuple(int(m[3] or m[2] or m[1]) for m in matches)
    return least, best, greatest


def _three_shapes(shape):
    if isinstance(shape, str):
        return _parse_shape(shape)
    shape = tuple(shape)
    if len(shape) == 3 and not any(isinstance(d, int) for d in shape):
        return tuple(tuple(s) for s in shape)
    return shape, shape, shape


def _add_profile(builder, network, config, shapes: Mapping) -> None:
    inputs = {network.get_input(i).name: network.get_input(i) for i in range(network.num_inputs)}
    unknown = [name for name in shapes if name not in inputs]
    if unknown:
        raise ValueError(f"shapes names no input of the model: {', '.join(unknown)}; its inputs are {', '.join(inputs)}")
    profile = builder.create_optimization_profile()
    for name, shape in shapes.items():
        least, best, greatest = _three_shapes(shape)
        # A shape without a range makes the input static: engines for one shape are the fastest.
        if least == best == greatest:
            inputs[name].shape = least
        profile.set_shape(name, least, best, greatest)
    config.add_optimization_profile(profile)


def _tell_sequences(parser, shapes: Mapping) -> None:
    """Shapes of NAME[0], NAME[1]… tell how many items the sequence NAME has, and of which rank."""
    sequences: dict[str, dict[int, tuple[int, ...]]] = {}
    for name, shape in shapes.items():
        match = re.fullmatch(r"(.+)\[(\d+)\]", name)
        if match:
            sequences.setdefault(match[1], {})[int(match[2])] = (-1,) * len(_three_shapes(shape)[0])
    for name, items in sequences.items():
        if sorted(items) != list(range(len(items))):
            raise ValueError(f"shapes must name every item of the sequence '{name}', from {name}[0] on")
        parser.set_input_shapes(name, [items[i] for i in range(len(items))])


def _parse(parser, model, messages: _Messages) -> None:
    if hasattr(model, "SerializeToString"):
        model = model.SerializeToString()
    if isinstance(model, (str, os.PathLike)):
        path = os.fspath(model)
        if not os.path.exists(path):
            raise FileNotFoundError(f"no such model: {path}")
        parsed = parser.parse_from_file(path)
    else:
        parsed = parser.parse(model)
    if not parsed:
        raise messages.error("the model was refused")


def _use_timing_cache(config, path: str | os.PathLike | None):
    stored = b""
    if path is not None and os.path.exists(path):
        with open(path, "rb") as file:
            stored = file.read()
    cache = config.create_timing_cache(stored)
    config.set_timing_cache(cache, ignore_mismatch=False)
    return cache


def build(model, shapes: Mapping | None = None, *, values: Mapping | None = None, optimization_level: int | None = None, max_threads: int | None = None,
          flags=(), workspace: int | None = None, build_budget: float | None = None, timing_cache: str | os.PathLike | None = None,
          progress: bool | None = None, configure: Callable | None = None) -> _core.ICudaEngine:
    """Compiles an ONNX model into an engine.

    model: a path, the bytes of a model, or an onnx.ModelProto.
    shapes: by input name, a shape, three shapes (min, opt, max), or text such as '1..8@4x3x224x224'. The items of a
        sequence are the inputs NAME[0], NAME[1] and so on: their shapes say how many there are.
    values: by input name, what that input is for all runs: it becomes a constant, which the model is specialised for.
    optimization_level: 0 (fastest build) to 5. flags: BuilderFlag values. workspace: bytes of scratch memory at most.
    build_budget: seconds after which no more kernels are timed; the engine is the best that is known by then.
    timing_cache: a file that is read, and written with what the build has timed.
    progress: a progress bar on standard error; by default when that is a terminal and the build takes a while.
    configure: called with (network, config) before the build, for everything else.
    Raises Error with the library's own text. May be called from several threads at once.
    """
    messages = _Messages()
    builder = _core.Builder(messages)
    network = builder.create_network(0)
    parser = _core.OnnxParser(network, messages)
    _tell_sequences(parser, shapes or {})
    for name, value in (values or {}).items():
        if not parser.set_input_values(name, value):
            raise messages.error(f"the value of '{name}' was refused")
    _parse(parser, model, messages)
    config = builder.create_builder_config()
    if optimization_level is not None:
        config.builder_optimization_level = optimization_level
    if max_threads is not None:
        config.max_threads = max_threads
    if workspace is not None:
        config.set_memory_pool_limit(_core.MemoryPoolType.WORKSPACE, workspace)
    if build_budget is not None:
        config.build_budget = build_budget
    for flag in flags:
        config.set_flag(flag)
    if shapes:
        try:
            _add_profile(builder, network, config, shapes)
        except RuntimeError as error:
            raise messages.error(str(error)) from None
    if timing_cache is not None:
        cache = _use_timing_cache(config, timing_cache)
    if configure is not None:
        configure(network, config)
    with ProgressBar(progress) as bar:
        config.progress_monitor = bar
        plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise messages.error("the build failed")
    if timing_cache is not None:
        with open(timing_cache, "wb") as file:
            file.write(cache.serialize())
    return _deserialize(plan, messages, None)


def _deserialize(plan, messages: _Messages, max_threads: int | None) -> _core.ICudaEngine:
    runtime = _core.Runtime(messages)
    if max_threads is not None:
        runtime.max_threads = max_threads
    if isinstance(plan, str):
        engine = runtime.deserialize_cuda_engine_from_file(plan)
    else:
        engine = runtime.deserialize_cuda_engine(plan)
    if engine is None:
        raise messages.error("the plan was refused")
    return engine


def load(plan, *, max_threads: int | None = None) -> _core.ICudaEngine:
    """Loads a plan: a path (the file is mapped, not read) or its bytes.

    Raises Error with the library's own text when it is no plan, damaged, of another version or for another device.
    """
    messages = _Messages()
    if not isinstance(plan, (str, os.PathLike)):
        return _deserialize(plan, messages, max_threads)
    path = os.path.abspath(os.fspath(plan))
    if not os.path.exists(path):
        raise FileNotFoundError(f"no such plan: {path}")
    engine = _deserialize(path, messages, max_threads)
    engine.path = path
    return engine
