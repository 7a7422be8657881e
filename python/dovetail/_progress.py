"""A progress bar for builds that take a while."""
from __future__ import annotations

import shutil
import sys
import threading
import time

from . import _core

_SHOW_AFTER = 1.0  # seconds: shorter builds need no bar
_REDRAW_AFTER = 0.1


class ProgressBar(_core.IProgressMonitor):
    """Draws the outermost phase as a bar and names the innermost. Interrupts stop the build."""

    def __init__(self, shown: bool | None):
        super().__init__()
        self._shown = sys.stderr is not None and sys.stderr.isatty() if shown is None else shown
        self._phases: dict[str, list[int]] = {}  # name -> [steps done, steps]
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._drawn = 0.0

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *exception) -> None:
        with self._lock:
            if self._drawn:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()

    def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
        with self._lock:
            self._phases[phase_name] = [0, max(1, num_steps)]

    def step_complete(self, phase_name: str, step: int) -> bool:
        with self._lock:
            if phase_name in self._phases:
                self._phases[phase_name][0] = step + 1
            self._draw()
        return True

    def phase_finish(self, phase_name: str) -> None:
        with self._lock:
            self._phases.pop(phase_name, None)

    def _share(self) -> float:
        """How much is done: each phase fills one step of the phase around it."""
        share = 0.0
        for done, steps in reversed(list(self._phases.values())):
            share = min(1.0, (done + share) / steps)
        return share

    def _draw(self) -> None:
        now = time.monotonic()
        if not self._shown or now - self._started < _SHOW_AFTER or now - self._drawn < _REDRAW_AFTER:
            return
        self._drawn = now
        width = max(10, min(40, shutil.get_terminal_size().columns - 40))
        filled = int(self._share() * width)
        innermost = list(self._phases)[-1] if self._phases else ""
        sys.stderr.write(f"\r\x1b[K[{'#' * filled}{'.' * (width - filled)}] {self._share():4.0%} {innermost[:30]}")
        sys.stderr.flush()
