// Operators whose results have as many elements as the data says.
#include "onnx/constants.h"
#include "onnx/emit.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

/// A number given as an input of any shape, as a scalar.
ITensor& number(ImporterContext& c, int i, DataType type, std::string_view role) {
  ITensor& x = cast(c, c.tensor(i), type, role);
  return rank_of(x) == 0 ? x : reshape(c, x, std::vector<int64_t>{}, role);
}

/// Positions, i64[n], of what is true in a vector.
ITensor& positions(ImporterContext& c, ITensor& condition) {
  ITensor& found = first_output(c.added(c.network().addNonZero(condition, DataType::kINT64), "positions"));
  return squeeze(c, found, std::vector<int64_t>{0});
}

}  // namespace

void import_non_zero(ImporterContext& c) {
  c.set_output(0, first_output(c.added(c.network().addNonZero(c.tensor(0), DataType::kINT64))));
}

void import_compress(ImporterContext& c) {
  ITensor* x = &c.tensor(0);
  int axis = 0;
  if (c.has_attribute("axis"))
    axis = normalized_axis(c.attribute_int("axis", 0), rank_of(*x));
  else if (rank_of(*x) != 1)
    x = &reshape(c, *x, std::vector<int64_t>{-1}, "flat");
  c.set_output(0, first_output(c.added(c.network().addGather(*x, positions(c, c.tensor(1)), axis))));
}

void import_unique(ImporterContext& c) {
  Fields fields;
  fields.add("sorted", c.attribute_bool("sorted", true));
  if (c.has_attribute("axis")) {
    fields.add("has_axis", true);
    fields.add("axis", normalized_axis(c.attribute_int("axis", 0), rank_of(c.tensor(0))));
  }
  ITensor* const inputs[] = {&c.tensor(0)};
  ILayer& layer = add_operator(c, "unique", fields, inputs, "");
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, *layer.getOutput(i));
}

void import_non_max_suppression(ImporterContext& c) {
  const int64_t centers = c.attribute_int("center_point_box", 0);
  if (centers != 0 && centers != 1)
    refuse(ParserCode::kINVALID_NODE)("the attribute 'center_point_box' must be 0 or 1, got ", centers);
  const DataType type = c.type(0);
  Fields fields;
  fields.add("boxes", centers == 1 ? "centers" : "corners");
  std::vector<ITensor*> inputs{&c.tensor(0), &c.tensor(1)};
  inputs.push_back(c.has_input(2) ? &number(c, 2, DataType::kINT64, "most") : &scalar(c, 0, DataType::kINT64));
  if (c.has_input(3)) {
    fields.add("has_max_overlap", true);
    inputs.push_back(&number(c, 3, type, "overlap"));
  }
  if (c.has_input(4)) {
    fields.add("has_min_score", true);
    inputs.push_back(&number(c, 4, type, "score"));
  }
  c.set_output(0, first_output(add_operator(c, "non_max_suppression", fields, inputs, "")));
}

}  // namespace dvt::onnx
