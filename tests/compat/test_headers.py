"""Every header of the drop-ins is C++11 (CUDA's are C99 too), needs no RTTI and no header before it."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CUDA = ROOT / "compat/cudart/include"
FLAGS = ("-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only")
C_HEADERS = ("cuda.h", "cuda_runtime.h", "cuda_runtime_api.h", "cuda_fp16.h", "cuda_bf16.h", "library_types.h")


def compile_alone(compiler, standard, source, *options):
    command = [compiler, f"-std={standard}", *FLAGS, *options, str(source)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("header", C_HEADERS)
def test_c99(tmp_path, header):
    if not shutil.which("gcc"):
        pytest.skip("gcc is not installed")
    source = tmp_path / "program.c"
    source.write_text(f"#include <{header}>\nint main(void) {{ return 0; }}\n")
    compile_alone("gcc", "c99", source, f"-I{CUDA}")


@pytest.mark.parametrize("header", sorted(p.name for p in CUDA.glob("*.h")))
def test_cuda_in_cxx11(tmp_path, header):
    source = tmp_path / "program.cc"
    source.write_text(f"#include <{header}>\n")
    compile_alone("g++", "c++11", source, f"-I{CUDA}")


@pytest.mark.parametrize("era", (8, 10, 11))
@pytest.mark.parametrize("cuda", (True, False))
def test_a_root_with_and_without_cuda(tmp_path, era, cuda):
    include = ROOT / f"build/release/compat/tensorrt{era}/include"
    if not include.is_dir():
        pytest.skip("the root is not made")
    # The last header first: none may lean on what another one included.
    for number, header in enumerate(sorted((p.name for p in include.glob("*.h")), reverse=True)):
        source = tmp_path / f"program{number}.cc"
        source.write_text(f"#include <{header}>\n")
        compile_alone("g++", "c++11", source, "-fno-rtti", f"-I{include}", *([f"-I{CUDA}"] if cuda else []))
