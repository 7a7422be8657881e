"""Watches the networks that tables make: which setters and enumerators they use, which inputs they give, and whether
each getter gives back what its setter took."""
import collections
import contextlib

import dovetail as trt
import numpy as np

#: What every layer has; test_network.py of the Python package and layers.cpp try it.
COMMON = {"name", "metadata", "precision", "num_ranks"}
#: Enumerations that are not modes of a layer.
NO_MODES = (trt.DataType, trt.LayerType)


def classes():
    """Every class of layers, and what stands beside them in a network."""
    found, todo = [trt.IAttention, trt.ILoop, trt.IIfConditional], [trt.ILayer]
    while todo:
        todo += (new := todo.pop().__subclasses__())
        found += new
    return found


def properties(kind, settable=True):
    """Names of a class's own properties; those of its bases come with the bases."""
    return [name for name, p in vars(kind).items()
            if isinstance(p, property) and (p.fset is not None or not settable) and name not in COMMON]


def same(given, got):
    """Whether a getter gave what the setter took."""
    if isinstance(given, trt.ITensor):
        return got is not None and got.name == given.name
    if isinstance(given, float):
        return np.float32(given) == np.float32(got)
    if isinstance(given, np.ndarray):
        return np.array_equal(np.asarray(got).ravel(), given.ravel())
    if given is None:
        return got is None or np.size(got) == 0
    if isinstance(given, (tuple, list)):
        values = np.asarray(list(got))[:len(given)]
        return np.allclose(values, given) if len(values) == len(given) else False
    return type(given)(got) == given


class Watch:
    def __init__(self):
        self.set = collections.defaultdict(set)  # class -> properties that were set
        self.enumerators = collections.defaultdict(set)  # (class, enumeration) -> enumerators that were given
        self.inputs = collections.defaultdict(set)  # class -> indices of inputs that were given
        self.room = {}  # class -> how many inputs it can have
        self.wrong = []  # what a getter gave instead of what was set
        self._made, self._asking = [], False

    def note(self, kind, value):
        if hasattr(type(value), "__members__") and not isinstance(value, NO_MODES):
            self.enumerators[kind, type(value)].add(value.name)

    def note_made(self, result, values):
        if result is None or isinstance(result, trt.ITensor):
            return
        for value in values:
            self.note(type(result), value)
        for name in (n for base in type(result).__mro__ for n in vars(base) if isinstance(vars(base)[n], property)):
            try:
                value = getattr(result, name)
            except ValueError:  # the form of two dimensions, of a layer that has others
                continue
            if hasattr(type(value), "__members__") and not isinstance(value, NO_MODES):
                _ = self.enumerators[type(result), type(value)]  # a class that takes it
        self._made.append(result)

    def finish(self, log):
        """Looks at the layers of a network that is made."""
        self._asking = True
        for layer in self._made:
            if not isinstance(layer, trt.ILayer) or isinstance(layer, trt.IConcatenationLayer):  # takes any number
                continue
            given = [i for i in range(layer.num_inputs) if layer.get_input(i) is not None]
            self.inputs[type(layer)].update(given)
            if type(layer) not in self.room and given:
                log.errors.clear()
                layer.set_input(99, layer.get_input(given[0]))
                said = "".join(log.errors)
                if "it can have " in said:
                    self.room[type(layer)] = int(said.rsplit("it can have ", 1)[1].split()[0])
                log.errors.clear()
        self._made.clear()
        self._asking = False

    def watched_property(self, kind, name, old):
        def fset(layer, value):
            old.fset(layer, value)
            if self._asking:
                return
            self.set[kind].add(name)
            self.note(type(layer), value)
            if not same(value, got := old.fget(layer)):
                self.wrong.append(f"{kind.__name__}.{name}: set to {value}, it gives {got}")
        return property(old.fget, fset, doc=old.__doc__)

    def watched_method(self, old):
        def call(owner, *args, **kwargs):
            result = old(owner, *args, **kwargs)
            if not self._asking:
                self.note_made(result, [*args, *kwargs.values()])
            return result
        return call


@contextlib.contextmanager
def watching():
    """While it is on, everything that is set on a layer is noted."""
    watch, old = Watch(), []
    try:
        for kind in classes():
            for name in properties(kind):
                old.append((kind, name, vars(kind)[name]))
                setattr(kind, name, watch.watched_property(kind, name, vars(kind)[name]))
        for kind in (trt.INetworkDefinition, trt.ILoop, trt.IIfConditional):
            for name in [n for n in dir(kind) if n.startswith("add_") or n == "set_condition"]:
                old.append((kind, name, vars(kind).get(name)))
                setattr(kind, name, watch.watched_method(getattr(kind, name)))
        yield watch
    finally:
        for kind, name, value in old:
            setattr(kind, name, value) if value is not None else delattr(kind, name)
