"""Plugins from decorated functions: declared, and refused."""


def _refuse(name: str):
    def refused(*args, **kwargs):
        raise NotImplementedError(f"tensorrt.plugin.{name} is not supported yet: networks take no plugins")

    refused.__name__ = refused.__qualname__ = name
    return refused


for _name in ("register", "impl", "aot_impl", "autotune", "size_tensor", "cdiv", "from_shape_expr"):
    globals()[_name] = _refuse(_name)


class _Refused:
    def __init__(self, *args, **kwargs):
        raise NotImplementedError(f"tensorrt.plugin.{type(self).__name__} is not supported yet: networks take no plugins")


class TensorDesc(_Refused): ...
class Tensor(_Refused): ...
class Shape(_Refused): ...
class ShapeExpr(_Refused): ...
class ShapeExprs(_Refused): ...
class SymInt32(_Refused): ...
class SymIntExprs(_Refused): ...
class SymExprs(_Refused): ...
class KernelLaunchParams(_Refused): ...
class AutoTuneCombination(_Refused): ...


class _Namespace:
    """op.namespace.name: no plugin is registered."""

    def __getattr__(self, name: str):
        raise AttributeError(f"no plugin '{name}' is registered: plugins are not supported yet")


op = _Namespace()
