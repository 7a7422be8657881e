"""Includes point down: the table of rooms.py, third-party headers inside their folder, public headers alone."""
import pathlib
import re

import rooms
import tree


def room_of(path: str) -> rooms.Room | None:
    """The innermost room that holds a path below src/."""
    fitting = [room for room in rooms.ROOMS if path.startswith(room.folder + "/")]
    return max(fitting, key=lambda room: len(room.folder), default=None)


def _check_src_include(room: rooms.Room, include: tree.Include) -> str | None:
    if not include.quoted:
        if include.path.startswith("dovetail/") and room.folder not in rooms.SEE_PUBLIC_API:
            return f"'{room.folder}' must not see the public API (<{include.path}>)"
        return None
    if ".." in include.path.split("/"):
        return f'"{include.path}": include from the root of src/, not by a relative path'
    target = room_of(include.path)
    if target is None:
        return None if "/" not in include.path else f'"{include.path}" is in no room of scripts/lint/rooms.py'
    if target.folder != room.folder and target.folder not in room.may_include:
        return f"'{room.folder}' (level {room.level}) must not include '{target.folder}' (level {target.level}): \"{include.path}\""
    if room.folder == "runtime" and re.match(r"ops/\w+/", include.path):
        return f'the runtime names no operator: "{include.path}"'
    return None


def _check_public_header(text: str, name: str) -> list[str]:
    problems = []
    for include in tree.includes(text):
        if include.quoted or ("/" in include.path and not include.path.startswith("dovetail/")):
            problems.append(f"{name}:{include.line}: public headers include only the standard library and <dovetail/...>, "
                            f"got {include.path}")
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"\bdvt::|\bnamespace dvt\b", line.split("//")[0]):
            problems.append(f"{name}:{number}: no type of src/ (namespace dvt) in a public header")
    return problems


def check(root: pathlib.Path) -> list[str]:
    problems = [f"src/{room.folder}: a room has a README.md (what it is, the file to open first, its rules)"
                for room in rooms.ROOMS if (root / "src" / room.folder / "CMakeLists.txt").is_file()
                and not (root / "src" / room.folder / "README.md").is_file() and not room.folder.startswith("api/")]
    for file in tree.files(root, ".h", ".cpp", ".inc", ".cu"):
        name = file.relative_to(root).as_posix()
        text = file.read_text(encoding="utf-8", errors="replace")
        if name.startswith("include/dovetail/"):
            problems += _check_public_header(text, name)
            continue
        room = room_of(name.removeprefix("src/")) if name.startswith("src/") else None
        if name.startswith("src/") and room is None:
            problems.append(f"{name}: no room of scripts/lint/rooms.py holds this file")
        for include in tree.includes(text):
            for pattern, owners in rooms.OWNED_HEADERS:
                if re.fullmatch(pattern, include.path) and not name.startswith((*(o + "/" for o in owners), "tests/")):
                    problems.append(f"{name}:{include.line}: <{include.path}> belongs to {' and '.join(owners)}")
            if file.suffix == ".h" and re.fullmatch(rooms.HEAVY_HEADERS, include.path) and not name.startswith(rooms.MAY_BE_HEAVY):
                problems.append(f"{name}:{include.line}: <{include.path}> is too heavy for a header; include it in the .cpp")
            refusal = _check_src_include(room, include) if room else None
            if refusal:
                problems.append(f"{name}:{include.line}: {refusal}")
    return problems
