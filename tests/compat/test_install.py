"""An installed SDK serves programs through the lines that their own builds have: a Makefile's, CMake's, pkg-config's."""
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
PROGRAMS = ROOT / "tests/compat/programs"

CMAKE_LISTS = """
cmake_minimum_required(VERSION 3.16)
project(program CXX)
set(CMAKE_CXX_STANDARD 14)
find_package(TensorRT 10 REQUIRED)
add_executable(program main.cc)
target_include_directories(program PRIVATE ${CUDA}/include)
target_link_libraries(program PRIVATE TensorRT::TensorRT ${CUDA}/lib64/libcudart.so)
"""


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    if not (BUILD / "compat/tensorrt10/lib/libnvinfer.so").exists() or not (BUILD / "tools/trtexec").exists():
        pytest.skip("the SDK is not built")
    folder = tmp_path_factory.mktemp("sdk")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", folder, "--component", "sdk"], check=True,
                   capture_output=True)
    return folder


def run(command, root=None):
    environment = dict(os.environ)
    if root:
        environment["LD_LIBRARY_PATH"] = f"{root}/lib:{root.parent}/cuda/lib64"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("root, program", [("tensorrt", "mnist_names"), ("tensorrt8", "mnist_bindings")])
def test_an_ordinary_makefile(prefix, tmp_path, root, program):
    trt, cuda = prefix / root, prefix / "cuda"
    run(["g++", "-std=c++14", PROGRAMS / f"{program}.cc", f"-I{trt}/include", f"-I{cuda}/include", f"-L{trt}/lib",
         f"-L{cuda}/lib64", "-lnvinfer", "-lnvonnxparser", "-lnvinfer_plugin", "-lcudart", "-o", tmp_path / "program"])
    assert "PASSED" in run([tmp_path / "program"], trt)


def test_find_package(prefix, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(CMAKE_LISTS)
    shutil.copy(PROGRAMS / "onnx_model.cc", tmp_path / "main.cc")
    shutil.copy(PROGRAMS / "program.hpp", tmp_path)
    run(["cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-DTensorRT_DIR={prefix}/tensorrt/lib/cmake/TensorRT",
         f"-DCUDA={prefix}/cuda"])
    run(["cmake", "--build", tmp_path / "build"])
    assert "PASSED" in run([tmp_path / "build/program"], prefix / "tensorrt")


def test_pkg_config(prefix):
    if not shutil.which("pkg-config"):
        pytest.skip("pkg-config is not installed")
    for name, folder, flag in (("tensorrt", "tensorrt8/lib/pkgconfig", "-lnvinfer"),
                               ("dovetail", "lib/pkgconfig", "-ldovetail")):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(prefix / folder)}
        done = subprocess.run(["pkg-config", "--cflags", "--libs", name], capture_output=True, text=True, check=True,
                              env=environment)
        assert flag in done.stdout and "-I" in done.stdout


@pytest.mark.parametrize("era", [8, 10, 11])
def test_names_that_programs_load(prefix, era):
    library = prefix / f"tensorrt{era}/lib/libnvinfer.so.{era}"
    assert library.exists()
    dynamic = run(["readelf", "-d", library])
    assert f"soname: [libnvinfer.so.{era}]" in dynamic
    symbols = run(["nm", "-D", "--defined-only", library])
    for name in ("createInferBuilder_INTERNAL", "createInferRuntime_INTERNAL", "createInferRefitter_INTERNAL",
                 "getPluginRegistry", "getLogger", "getInferLibVersion"):
        assert f" T {name}" in symbols
    for name in ("nvonnxparser", "nvinfer_plugin", "nvinfer_lean", "nvinfer_dispatch", "nvinfer_vc_plugin"):
        assert (prefix / f"tensorrt{era}/lib/lib{name}.so.{era}").exists()
