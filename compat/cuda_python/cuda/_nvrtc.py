"""NVRTC: there is no device to compile for."""
import enum


class nvrtcResult(enum.IntEnum):
    NVRTC_SUCCESS = 0
    NVRTC_ERROR_INTERNAL_ERROR = 11


def _refuse(name: str):
    def refused(*args, **kwargs):
        raise NotImplementedError(f"{name}: kernels in CUDA C++ need a GPU and NVIDIA's NVRTC; neither is here")

    refused.__name__ = refused.__qualname__ = name
    return refused


for _name in ("nvrtcCreateProgram", "nvrtcCompileProgram", "nvrtcDestroyProgram", "nvrtcGetPTXSize", "nvrtcGetPTX",
              "nvrtcGetCUBINSize", "nvrtcGetCUBIN", "nvrtcGetProgramLogSize", "nvrtcGetProgramLog", "nvrtcVersion",
              "nvrtcGetErrorString"):
    globals()[_name] = _refuse(_name)

__all__ = [name for name in globals() if name.startswith("nvrtc")]
