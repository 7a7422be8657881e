"""What a wheel carries, laid out as it is installed: it runs by itself, anywhere, and says nothing of the machine it came from."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from python_testing import BUILD, ROOT, onnx_mlp

# What every Linux has (PEP 600); all else has to lie beside.
EVERYWHERE = re.compile(r"(lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+)|ld-linux[\w-]*)\.so\.\d+")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder like site-packages."""
    if not (BUILD / "cmake_install.cmake").exists() or not shutil.which("cmake"):
        pytest.skip("there is no build folder to install from")
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", folder, "--component", "python"], check=True, capture_output=True)
    shutil.copytree(ROOT / "python" / "dovetail", folder / "dovetail", dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def python(site, *arguments, cwd):
    """Python with nothing of this project but the folder."""
    done = subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"], "PYTHONPATH": str(site)})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_readmes_program_and_the_command_run(site, tmp_path):
    program = re.search(r"<!-- python quick start[^\n]*-->\n```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1]
    (tmp_path / "model.onnx").write_bytes(onnx_mlp(2))
    (tmp_path / "program.py").write_text(program + "\nprint(dovetail.__file__)\n")
    lines = python(site, "program.py", cwd=tmp_path).splitlines()
    assert lines[0].startswith("y (2, 4)") and lines[-1] == str(site / "dovetail" / "__init__.py")
    python(site, "-m", "dovetail", "build", "model.onnx", "-o", "model.plan", cwd=tmp_path)
    assert "y" in python(site, "-m", "dovetail", "inspect", "model.plan", cwd=tmp_path)
    assert python(site, "-c", "import dovetail; print(len(dovetail.load('model.plan').inputs))", cwd=tmp_path) == "1\n"


def programs_of(site) -> list[pathlib.Path]:
    return [p for p in sorted(site.rglob("*")) if p.is_file() and not p.is_symlink() and p.read_bytes()[:4] == b"\x7fELF"]


def test_libraries_find_each_other_where_they_lie(site):
    found = programs_of(site)
    names = {p.name for p in site.rglob("*.so*")}
    assert {"libdovetail.so.0", "libdovetail_runtime.so.0", "libcudart.so.12", "libcuda.so.1"} <= names and len(found) >= 6
    for path in found:
        if path.name.startswith("libdovetail_image"):
            continue  # opened on demand; where its decoders are missing the error names their packages
        dynamic = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic):
            assert library in names or EVERYWHERE.fullmatch(library), f"{path.name} needs {library}"
        for place in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.+)\]", dynamic):
            assert all(part.startswith("$ORIGIN") for part in place.split(":")), f"{path.name}: {place}"


def test_no_file_names_the_machine(site):
    for path in programs_of(site):
        assert str(ROOT).encode() not in path.read_bytes(), path.name


@pytest.mark.skipif(not os.environ.get("DOVETAIL_TEST_FULL"), reason="compiles the libraries again")
def test_pip_installs_a_clone(tmp_path):
    """As the README says, with the drop-ins, into an environment of its own."""
    clone, environment = tmp_path / "clone", tmp_path / "environment"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    subprocess.run([environment / "bin/python", "-m", "pip", "install", "-q", ".", "./compat/tensorrt_python",
                    "./compat/cuda_python"], cwd=clone, check=True)
    (tmp_path / "model.onnx").write_bytes(onnx_mlp(2))
    code = ("import dovetail, tensorrt; from cuda import cudart; print(cudart.cudaGetDeviceCount()[1]); "
            "engine = dovetail.build('model.onnx'); print(engine.outputs[0].name)")
    done = subprocess.run([environment / "bin/python", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == "1\ny\n", done.stdout + done.stderr
    subprocess.run([environment / "bin/dovetail", "build", "model.onnx", "-o", "model.plan"], cwd=tmp_path, check=True)
