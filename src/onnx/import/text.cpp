// Operators on strings.
#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {

void import_string_concat(ImporterContext& c) {
  c.set_output(0, add_operator(c, "text_concat", {}, {&c.tensor(0), &c.tensor(1)}));
}

/// The parts are counted first: the most of them is an extent of the result.
void import_string_split(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  Fields fields;
  fields.add("delimiter", c.attribute_string("delimiter", "")).add("max_split", c.attribute_int("maxsplit", -1));
  const Term counts(c, add_operator(c, "text_part_count", fields, {&x}, "counts"));
  const Term flat = reshape(counts, Extents{product(c, counts.extents(), 0, counts.rank())});
  const Term most = largest(join({flat, ints(c, {1}, {0}, "none")}, 0), {0}, false);
  c.set_output(0, add_operator(c, "text_split", fields, {&x, &most.tensor()}));
  c.set_output(1, counts);
}

void import_string_normalizer(ImporterContext& c) {
  const std::string action = c.attribute_string("case_change_action", "NONE");
  if (action != "NONE" && action != "LOWER" && action != "UPPER")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'case_change_action' must be NONE, LOWER or UPPER, got '", action,
                                      "'");
  Fields fields;
  fields.add("case_change", action == "LOWER"   ? "lower"
                            : action == "UPPER" ? "upper"
                                                : "keep")
      .add("case_sensitive", c.attribute_bool("is_case_sensitive", false))
      .add("stop_words", c.attribute_strings("stopwords"));
  c.set_output(0, add_operator(c, "text_normalize", fields, {&c.tensor(0)}));
}

void import_regex_full_match(ImporterContext& c) {
  if (!c.has_attribute("pattern")) refuse(ParserCode::kINVALID_NODE)("the attribute 'pattern' is missing");
  const Fields fields = Fields().add("pattern", c.attribute_string("pattern", ""));
  c.set_output(0, add_operator(c, "text_match", fields, {&c.tensor(0)}));
}

}  // namespace dvt::onnx
