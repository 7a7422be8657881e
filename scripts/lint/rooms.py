"""The rooms of src/ and what each may include: the one place that says so.

ARCHITECTURE.md shows this table (`./dev docs` writes it there); `./dev lint includes` enforces it.
"""
from typing import NamedTuple


class Room(NamedTuple):
    folder: str  # below src/; a nested room is taken out of the one around it
    level: str
    may_include: tuple[str, ...]  # other rooms
    what: str


_LEAN = ("base", "expr", "ops", "plan", "backend", "backend/cpu", "backend/null", "plugin", "runtime")
_ALL_BELOW_API = _LEAN + ("ir", "passes", "builder", "onnx")

ROOMS = (
    Room("base", "0", (), "types, symbolic dimensions, shapes, errors, log, knobs, files, hashing, threads"),
    Room("expr", "1", ("base",), "the pointwise program that kernels fuse"),
    Room("image", "1", ("base",), "pictures in files: decoders, most of them in a module opened on demand"),
    Room("ops", "1½", ("base", "expr", "image"), "what each operator means: attributes, shape rule, reference, cost"),
    Room("ir", "2", ("base", "expr", "ops"), "the one graph, its text form, its verifier"),
    Room("plan", "2", ("base",), "the bytes of a plan: schema, writer, reader"),
    Room("backend", "2", ("base", "expr", "ops"), "the device interface: problems, tactics, kernels"),
    Room("plugin", "2", ("base", "expr", "ops"), "plugin interface and registry"),
    Room("backend/cpu", "3", ("base", "expr", "ops", "backend"), "the CPU: kernel families and the reference"),
    Room("backend/cuda", "3", ("base", "expr", "ops", "backend"), "CUDA, found at run time"),
    Room("backend/null", "3", ("base", "expr", "ops", "backend"), "computes nothing, for planning tests"),
    Room("passes", "3", ("base", "expr", "ops", "ir"), "rewrites of the graph, and their order"),
    Room("runtime", "3", ("base", "expr", "ops", "plan", "backend", "plugin"),
         "engine, context, memory planner; names no operator"),
    Room("builder", "4", _LEAN + ("ir", "passes"), "graph to plan: tuning, timing cache, emission"),
    Room("onnx", "4", ("base",), "the ONNX reader; builds through the public API only"),
    Room("api", "5", _LEAN, "what both halves of the API's implementation share: the error wall"),
    Room("api/runtime", "5", _LEAN + ("api",), "the half that loads and runs plans"),
    Room("api/build", "5", _ALL_BELOW_API + ("api", "api/runtime"), "the half that makes networks and plans"),
)

# Rooms that see the public headers (<dovetail/...>).
SEE_PUBLIC_API = ("onnx", "api", "api/runtime", "api/build")

# Third-party headers that stay inside one folder (below the root): what must be replaceable has one owner.
OWNED_HEADERS = (
    (r"(protozero|google/protobuf)/.*", ("src/onnx",)),
    (r"(cuda|cuda_runtime|cuda_runtime_api|nvrtc|cublas\w*|cudnn\w*|cuda_\w+)\.h", ("src/backend/cuda", "compat", "tests/compat")),
    (r"flatbuffers/.*", ("src/plan",)),
    (r"(xbyak|hwy)/.*", ("src/backend/cpu",)),
    (r"cpuinfo\.h", ("src/backend/cpu",)),
    (r"CLI/.*", ("tools",)),
    (r"re2/.*", ("src/ops",)),
    (r"png\.h", ("tools", "docs/examples", "src/image")),
    (r"(jpeglib|jerror|tiffio|openjpeg)\.h|webp/.*", ("src/image",)),
)

# Headers that no header of ours includes: every file that includes ours would pay for them.
HEAVY_HEADERS = r"iostream|regex|filesystem|nlohmann/.*|fmt/.*|protozero/.*|CLI/.*"
# ... except where one header is the room's own way to the library.
MAY_BE_HEAVY = ("tools/",)
