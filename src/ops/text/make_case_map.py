"""Writes case_map.inc: the case mappings of Unicode from one code point to one, as runs of equal steps."""
import pathlib
import sys
import unicodedata


def mapped(code, upper):
    text = chr(code).upper() if upper else chr(code).lower()
    return ord(text) if len(text) == 1 else code


def runs(upper):
    """(first, last, step, distance): every code first, first + step … last maps to itself + distance."""
    pairs = [(c, mapped(c, upper) - c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and mapped(c, upper) != c]
    result = []
    for code, distance in pairs:
        if result and result[-1][3] == distance:
            first, last, step, _ = result[-1]
            if code - last in ((1, 2) if first == last else (step,)):
                result[-1] = (first, code, code - last, distance)
                continue
        result.append((code, code, 1, distance))
    return result


def main():
    lines = [f"// CASE_RUN(first, last, step, distance) of Unicode {unicodedata.unidata_version}. Written by make_case_map.py.",
             "#ifdef LOWER"]
    lines += [f"CASE_RUN(0x{a:x}, 0x{b:x}, {s}, {d})" for a, b, s, d in runs(upper=False)]
    lines.append("#else")
    lines += [f"CASE_RUN(0x{a:x}, 0x{b:x}, {s}, {d})" for a, b, s, d in runs(upper=True)]
    lines.append("#endif")
    pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).with_name("case_map.inc")).write_text(
        "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
