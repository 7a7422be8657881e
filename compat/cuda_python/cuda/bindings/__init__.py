"""cuda-python's newer layout: runtime, driver, nvrtc."""
__version__ = "12.8.0"
