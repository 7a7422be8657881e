#!/usr/bin/env python3
"""Writes the public headers of a skin: include/dovetail as programs of one TensorRT era expect it.

    make_skin.py trt8|trt10|trt11 --headers include/dovetail --out DIR

The classes stay the pure interfaces that they are; only their namespace and what differs between the eras changes. A
virtual function that speaks of such a difference (Dims of 32 bits, an enumeration with other values) keeps its slot under
another name, and an inline function of the old name translates. What differs is in skins/<skin>.py.
"""
import argparse
import importlib.util
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent


class Member:
    """A virtual function without a body, as the headers write it."""

    PATTERN = re.compile(
        r"(?P<indent>[ ]+)virtual (?P<returns>[\w:]+(?: const)?[ ]?[*&]?[ ]?(?:const\*[ ])?)(?P<name>\w+)\("
        r"(?P<parameters>[^;{}]*?)\)(?P<const> const)?(?P<noexcept> noexcept)? = 0;", re.S)

    def __init__(self, match):
        self.text = match.group(0)
        self.returns = match["returns"].strip()
        self.name = match["name"]
        self.const = match["const"] or ""
        self.noexcept = match["noexcept"] or ""
        self.parameters = [self.parse_parameter(p) for p in split_parameters(match["parameters"])]

    @staticmethod
    def parse_parameter(text):
        text = " ".join(text.split())
        default = ""
        if " = " in text:
            text, default = text.split(" = ", 1)
        found = re.match(r"(.*?)(\w+)(\[\])?$", text)
        return found[1].strip() + (found[3] or ""), found[2], default


def split_parameters(text):
    parts, depth, current = [], 0, ""
    for c in text:
        depth += (c in "(<[{") - (c in ")>]}")
        if c == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += c
    return [p for p in (*parts, current) if p.strip()]


def bare(type_text):
    """The type's name where it is passed by value or constant reference, else None."""
    found = re.fullmatch(r"(\w+)(?: const)?(?: ?const ?&| ?&)?", type_text.replace(" const&", ""))
    return found[1] if found else None


class Translator:
    def __init__(self, skin):
        self.types = dict(skin.ENUMS)  # name -> table of values
        self.masks = skin.MASKS        # alias of a set -> its enumeration
        self.skin = skin

    def slot_type(self, name):
        if name == "Dims":
            return "Dims64"
        return "uint32_t" if name in self.masks else "int32_t"

    def mapped(self, type_text):
        name = bare(type_text)
        if name == "Dims":
            return name if self.skin.NARROW_DIMS else None
        return name if name in self.types or name in self.masks else None

    def translate(self, match, class_name):
        words = set(re.findall(r"\w+", match[0]))
        narrowed = self.skin.RETURNS.get(f"{class_name}::{match['name']}")
        if not narrowed and not words & {"Dims", *self.types, *self.masks}:
            return match[0]
        member = Member(match)
        returns = self.mapped(member.returns)
        mapped = [self.mapped(t) for t, _, _ in member.parameters]
        if not returns and not narrowed and not any(mapped):
            return member.text
        slot_parameters, parameters, arguments = [], [], []
        for (type_text, name, default), as_type in zip(member.parameters, mapped):
            by_reference = as_type == "Dims" and "&" in type_text
            slot = (self.slot_type(as_type) + (" const&" if by_reference else "")) if as_type else type_text
            slot_parameters.append(f"{slot} {name}")
            parameters.append(f"{type_text} {name}" + (f" = {default}" if default else ""))
            arguments.append(f"skin::toCore({name})" if as_type and as_type not in self.masks else
                             f"skin::toCore{as_type}({name})" if as_type else name)
        slot_returns = self.slot_type(returns) if returns else member.returns
        call = f"skin_{member.name}({', '.join(arguments)})"
        if returns:
            call = f"skin::from{'Dims64' if returns == 'Dims' else 'Core' + returns}({call})"
        result = narrowed or member.returns
        if narrowed and narrowed != "bool" and narrowed != "void":
            call = f"static_cast<{narrowed}>({call})"
        body = f"{call};\n    return true;" if narrowed == "bool" and member.returns == "void" else (
            f"{call};" if result == "void" else f"return {call};")
        tail = member.const + member.noexcept
        return (f"  {result} {member.name}({', '.join(parameters)}){tail} {{\n    {body}\n  }}\n"
                f"  virtual {slot_returns} skin_{member.name}({', '.join(slot_parameters)}){tail} = 0;")

    def header(self, text):
        """Translates every class of a header but those that users implement."""
        out, position = [], 0
        for found in re.finditer(r"^(?:class|struct) (\w+)[^;{]*\{", text, re.M):
            if found.start() < position or found[1] in self.skin.LEAVE:
                continue
            end = text.index("\n};", found.end())
            body = Member.PATTERN.sub(lambda m, c=found[1]: self.translate(m, c), text[found.end():end])
            out += [text[position:found.end()], body]
            position = end
        return "".join(out) + text[position:]


def enum_body(values):
    return "".join(f"\n  {name} = {value}," for name, value in values.items()) + "\n"


def core_values(text, name):
    """The enumerators of an enumeration of the headers, by name."""
    body = re.search(rf"enum class {name} : \w+ \{{(.*?)\}};", text, re.S)[1]
    values = {}
    for line in re.sub(r"//.*", "", body).replace("\n", " ").split(","):
        if "=" in line:
            key, value = (part.strip() for part in line.split("="))
            values[key] = values[value] if value in values else int(value)
    return values


def conversions(name, mask, ours, core):
    """Functions between the skin's values and the library's. What one side lacks becomes 1000 + its value."""
    numbers = {}  # enumerator of the skin -> value of the library; the first enumerator of a value stands for it
    seen = set()
    for key, value in ours.items():
        value, number = value if isinstance(value, tuple) else (value, core[key])
        if value not in seen:
            numbers[key] = (value, number)
            seen.add(value)
    back = {}
    for key, (_, number) in numbers.items():
        if number >= 0:
            back.setdefault(number, key)
    cases = "".join(f"    case {name}::{key}:\n      return {n};\n" for key, (_, n) in numbers.items())
    back_cases = "".join(f"    case {n}:\n      return {name}::{key};\n" for n, key in back.items())
    text = (f"\nnamespace skin {{\ninline int32_t toCore({name} value) noexcept {{\n  switch (value) {{\n{cases}"
            f"    default:\n      return 1000 + static_cast<int32_t>(value);\n  }}\n}}\n"
            f"inline {name} fromCore{name}(int32_t value) noexcept {{\n  switch (value) {{\n{back_cases}"
            f"    default:\n      return static_cast<{name}>(1000 + value);\n  }}\n}}\n")
    if mask:
        to = "".join(f"  if ((set & {1 << v}U) != 0) result |= {1 << n}U;  // {key}\n"
                     for key, (v, n) in numbers.items() if n >= 0)
        back_ = "".join(f"  if ((set & {1 << n}U) != 0) result |= {1 << numbers[key][0]}U;  // {key}\n"
                        for n, key in back.items())
        text += (f"inline uint32_t toCore{mask}(uint32_t set) noexcept {{\n  uint32_t result = 0;\n{to}"
                 f"  return result;\n}}\ninline uint32_t fromCore{mask}(uint32_t set) noexcept {{\n"
                 f"  uint32_t result = 0;\n{back_}  return result;\n}}\n")
    return text + "}  // namespace skin\n"


def replace_enums(text, skin):
    for name, ours in skin.ENUMS.items():
        if not re.search(rf"enum class {name} : ", text):
            continue
        core = core_values(text, name)
        shown = {k: v[0] if isinstance(v, tuple) else v for k, v in ours.items()}
        text = re.sub(rf"(enum class {name} : \w+ \{{).*?(\}};)",
                      lambda m, b=enum_body(shown): m[1] + b + m[2], text, count=1, flags=re.S)
        mask = next((m for m, e in skin.MASKS.items() if e == name), None)
        marker = re.search(rf"DOVETAIL_ENUM_MAX\({name}, \d+\)", text)
        counted = [v for v in shown.values() if isinstance(v, int) and v < 1000]
        text = text.replace(marker[0], f"DOVETAIL_ENUM_MAX({name}, {max(counted) + 1})" +
                            conversions(name, mask, ours, core))
    return text


def load_skin(name):
    sys.path.insert(0, str(HERE / "skins"))
    spec = importlib.util.spec_from_file_location(name, HERE / "skins" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make(skin, headers):
    """The text of every header of the skin, by file name."""
    translator = Translator(skin)
    result = {}
    for path in sorted(headers.glob("*.h")):
        text = path.read_text()
        for file, old, new in skin.EDITS:
            if file != path.name:
                continue
            if old not in text:
                raise SystemExit(f"make_skin: {skin.__name__}: include/dovetail/{file} has no text\n{old}")
            text = text.replace(old, new)
        text = replace_enums(text, skin)
        text = translator.header(text)
        for file, old, new in skin.EDITS_AFTER:
            if file != path.name:
                continue
            if old not in text:
                raise SystemExit(f"make_skin: {skin.__name__}: the header made of {file} has no text\n{old}")
            text = text.replace(old, new)
        result[path.name] = text
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("skin")
    parser.add_argument("--headers", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    skin = load_skin(arguments.skin)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, text in make(skin, arguments.headers).items():
        path = arguments.out / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


if __name__ == "__main__":
    main()
