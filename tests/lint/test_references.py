import generate
import lists
import tally

KNOBS = """// KNOB(name, type, default, text): what the process reads from its environment.
KNOB(DOVETAIL_A, int, -1, "Stops after this many, \\"really\\".")  // rarely
KNOB(DOVETAIL_B, string, "", "First half, "
                             "second half.")
"""


def test_an_inc_list_is_read_with_its_columns(tree):
    found = lists.read_inc(tree({"knobs.inc": KNOBS}) / "knobs.inc")
    assert found.macro == "KNOB"
    assert found.columns == ("name", "type", "default", "text")
    assert found.text == "What the process reads from its environment."
    assert found.rows[0] == (("DOVETAIL_A", "int", "-1", 'Stops after this many, "really".'), "rarely")
    assert found.rows[1].cells[3] == "First half, second half."


def test_arguments_split_outside_brackets_and_strings():
    assert lists.split_arguments('a, f(b, c), "d, e", {1, 2}') == ["a", "f(b, c)", "d, e", "{1, 2}"]


def test_stale_pages_are_named(tree):
    root = tree({"src/base/knobs.inc": KNOBS, "docs/reference/gone.md": "old"})
    assert generate.stale(root) == ["docs/reference/knobs.md", "docs/reference/gone.md"]
    for name, text in generate.pages(root).items():
        (root / name).write_text(text)
    (root / "docs/reference/gone.md").unlink()
    assert generate.stale(root) == []
    (root / "src/base/knobs.inc").write_text(KNOBS.replace("rarely", "often"))
    assert generate.stale(root) == ["docs/reference/knobs.md"]


def test_the_room_table_is_written_between_its_marks(tree):
    root = tree({"ARCHITECTURE.md": "before\n<!-- rooms: x -->\nold\n<!-- end of rooms -->\nafter\n", "src/base/x.h": ""})
    text = generate.pages(root)["ARCHITECTURE.md"]
    assert text.startswith("before\n<!-- rooms: x -->\n| room |") and text.endswith("<!-- end of rooms -->\nafter\n")
    assert "`base`" in text and "old" not in text and "`ops`" not in text


def test_passes_and_error_codes(tree):
    root = tree({
        "src/passes/fuse/a.cpp": 'auto p = rewrite_pass<ops::Add>("fuse-a",\n    "conv + add "\n    "-> conv", &f);\n',
        "src/passes/simplify/b.cpp": 'Pass remove() {\n  return {"remove-b", "what nobody reads goes", &run};\n}\n',
        "src/base/error.h": "enum class ErrorCode {\n  kIo,        ///< A file | pipe.\n  kLast = 4,  ///< Ours.\n};\n",
    })
    pages = generate.pages(root)
    assert "| fuse-a | conv + add -> conv | fuse/a.cpp |" in pages["docs/reference/passes.md"]
    assert "| remove-b | what nobody reads goes | simplify/b.cpp |" in pages["docs/reference/passes.md"]
    assert "| kIo | A file \\| pipe. |" in pages["docs/reference/errors.md"]
    assert "| kLast | Ours. |" in pages["docs/reference/errors.md"]


def test_tally_counts_each_outcome(tree):
    root = tree({
        "ctest-release.xml": '<testsuite><testcase name="A.a" status="run"/>'
                             '<testcase name="A.b" status="fail"><failure/></testcase>'
                             '<testcase name="A.c" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase>'
                             '<testcase name="x_NOT_BUILT" status="notrun"><skipped message="Unable to find executable"/></testcase>'
                             "</testsuite>",
        "pytest.xml": '<testsuites><testsuite><testcase name="t"/><testcase name="s"><skipped/></testcase></testsuite></testsuites>',
        "broken.xml": "<testsuite>",
    })
    counts, failures = tally.tally(root)
    assert dict(counts) == {"passed": 2, "failed": 3, "skipped": 2}
    assert any("ctest --test-dir build/release --output-on-failure -R '^A.b$'" in f for f in failures)
