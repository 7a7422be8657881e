"""CUDA's runtime and driver interfaces under cuda-python's names.

With a CUDA runtime and a device, its libraries do the work. Without, Dovetail's do: device memory is then host memory, and
streams are threads that keep order.
"""
__version__ = "12.8.0"
