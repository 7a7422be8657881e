"""Reads the ordered lists of the sources: X-macro files (*.inc), the error codes, the passes."""
import pathlib
import re
from typing import NamedTuple


class Row(NamedTuple):
    cells: tuple[str, ...]
    note: str


class List(NamedTuple):
    macro: str
    columns: tuple[str, ...]
    text: str  # what the list says of itself
    rows: tuple[Row, ...]


def split_arguments(text: str) -> list[str]:
    """Splits at commas that are in no string and no bracket; strings lose their quotes, adjacent ones are joined."""
    parts, depth, quoted, current = [], 0, False, ""
    for i, char in enumerate(text):
        if char == '"' and text[i - 1:i] != "\\":
            quoted = not quoted
        elif not quoted and char in "([{":
            depth += 1
        elif not quoted and char in ")]}":
            depth -= 1
        if char == "," and depth == 0 and not quoted:
            parts.append(current)
            current = ""
        else:
            current += char
    return [_unquote(part.strip()) for part in [*parts, current]]


def _unquote(text: str) -> str:
    if text.startswith('"') and text.endswith('"'):
        return re.sub(r'"\s*"', "", text)[1:-1].replace('\\"', '"')
    return text


def read_inc(path: pathlib.Path) -> List | None:
    """An X-macro list. Its head comment (up to a blank line) begins 'MACRO(column, ...): what it is'; a row's trailing comment is its note."""
    text = path.read_text(encoding="utf-8")
    rows = []
    macro = ""
    for match in re.finditer(r"^([A-Z][A-Z0-9_]*)\((.*?)\)[ \t]*(?://[ \t]*([^\n]*))?$", text, re.MULTILINE | re.DOTALL):
        macro = macro or match.group(1)
        if match.group(1) == macro:
            rows.append(Row(tuple(split_arguments(match.group(2))), (match.group(3) or "").strip()))
    if not rows:
        return None
    head = " ".join(line.removeprefix("//").strip() for line in re.match(r"(?://[^\n]*\n)*", text).group().splitlines())
    signature = re.search(re.escape(macro) + r"\(([^)]*)\)[.:]?\s*", head)
    columns = tuple(c.strip() for c in signature.group(1).split(",")) if signature else ()
    if len(columns) != len(rows[0].cells):
        columns = tuple(f"column {i + 1}" for i in range(len(rows[0].cells)))
    said = (head[:signature.start()] + head[signature.end():] if signature else head).strip()
    return List(macro, columns, said[:1].upper() + said[1:], tuple(rows))


def read_error_codes(path: pathlib.Path) -> list[tuple[str, str]]:
    body = re.search(r"enum class ErrorCode[^{]*\{(.*?)\};", path.read_text(encoding="utf-8"), re.DOTALL)
    return re.findall(r"^\s*(k\w+)\b[^/\n]*///<\s*(.*)$", body.group(1), re.MULTILINE) if body else []


def doc_comment(header: pathlib.Path, type_name: str) -> str:
    """The /// lines right above `struct type_name`."""
    if not header.is_file():
        return ""
    match = re.search(r"((?:^[ \t]*///[^\n]*\n)+)[ \t]*(?:struct|class)\s+" + re.escape(type_name) + r"\b",
                      header.read_text(encoding="utf-8"), re.MULTILINE)
    return " ".join(line.strip().removeprefix("///").strip() for line in match.group(1).splitlines()) if match else ""
