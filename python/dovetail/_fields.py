"""The attributes of a plugin or operator as a list."""
from __future__ import annotations

from . import _core


class PluginFieldCollection(list):
    """A list of PluginField."""

    def __init__(self, fields=()):
        super().__init__()
        self.extend(fields)

    def __bool__(self) -> bool:
        return len(self) > 0

    @staticmethod
    def _checked(field):
        if not isinstance(field, _core.PluginField):
            raise TypeError(f"a PluginFieldCollection holds PluginField, got {type(field).__name__}")
        return field

    def append(self, x):
        super().append(self._checked(x))

    def extend(self, L):
        super().extend([self._checked(field) for field in L])

    def insert(self, i, x):
        super().insert(i, self._checked(x))


class PluginFieldCollection_(PluginFieldCollection):
    """What a plugin creator lists as its fields."""
