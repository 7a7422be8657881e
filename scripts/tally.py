#!/usr/bin/env python3
"""Adds up the JUnit files in a folder, names each failure with the command that repeats it, prints 'N passed, N failed'.

Exits with 1 when a test failed or none ran.
"""
import collections
import pathlib
import sys
import xml.etree.ElementTree as ET


def outcome(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    # ctest: "notrun" is a test that skipped itself or is disabled; one whose program is missing is a failure.
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        skipped = case.find("skipped")
        missing = skipped is not None and "Unable to find" in (skipped.get("message") or "")
        return "failed" if missing else "skipped"
    return "passed"


def repeat_command(report: pathlib.Path, case: ET.Element) -> str:
    name = case.get("name", "")
    if report.stem.startswith("ctest-"):
        preset = report.stem.removeprefix("ctest-")
        return f"ctest --test-dir build/{preset} --output-on-failure -R '^{name}$'"
    return f"./dev test {name.split('[')[0]}"


def tally(folder: pathlib.Path) -> tuple[collections.Counter, list[str]]:
    counts: collections.Counter = collections.Counter()
    failures = []
    for report in sorted(folder.glob("*.xml")):
        try:
            cases = list(ET.parse(report).getroot().iter("testcase"))
        except ET.ParseError as error:
            counts["failed"] += 1
            failures.append(f"{report}: unreadable report: {error}")
            continue
        for case in cases:
            result = outcome(case)
            counts[result] += 1
            if result == "failed":
                failures.append(f"{case.get('name')}   repeat: {repeat_command(report, case)}")
    return counts, failures


def main() -> int:
    counts, failures = tally(pathlib.Path(sys.argv[1]))
    for line in failures:
        print("FAILED", line)
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    if not counts["passed"] + counts["failed"]:
        print("no test ran")
    print(f"{counts['passed']} passed, {counts['failed']} failed{skipped}")
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
