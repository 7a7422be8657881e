"""Enumerations that live on the Python side and behave like those of the compiled half."""
import enum
import functools


@functools.total_ordering
class Enum(enum.Enum):
    """Enumerators compare with their own kind only, and convert to int."""

    def __int__(self) -> int:
        return self.value

    __index__ = __int__

    def __lt__(self, other) -> bool:
        return self.value < other.value if type(self) is type(other) else NotImplemented
