// Reading and writing at positions that a tensor holds, and what else moves single elements.
#include <algorithm>

#include "onnx/computed_axes.h"
#include "onnx/constants.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

std::string reduction(ImporterContext& c) {
  const std::string name = c.attribute_string("reduction", "none");
  for (const char* known : {"none", "add", "mul", "max", "min"})
    if (name == known) return name;
  refuse(ParserCode::kINVALID_NODE)("the attribute 'reduction' must be none, add, mul, max or min, got '", name, "'");
}

void scatter(ImporterContext& c, ScatterMode mode) {
  ITensor& data = c.tensor(0);
  ITensor& indices = c.tensor(1);
  ITensor& updates = c.tensor(2);
  const bool by_element = mode == ScatterMode::kELEMENT;
  const int axis = by_element ? normalized_axis(c.attribute_int("axis", 0), rank_of(data)) : 0;
  const std::string how = reduction(c);
  if (how != "none") {  // the layer only overwrites
    Fields fields;
    fields.add("reduction", how);
    if (by_element) fields.add("axis", axis);
    const char* name = by_element ? "scatter_elements" : "scatter_nd";
    return c.set_output(0, add_operator(c, name, fields, {&data, &indices, &updates}));
  }
  IScatterLayer& layer = c.added(c.network().addScatter(data, indices, updates, mode));
  if (by_element) layer.setAxis(axis);
  c.set_output(0, first_output(layer));
}

}  // namespace

void import_gather(ImporterContext& c) {
  ITensor& data = c.tensor(0);
  const int axis = normalized_axis(c.attribute_int("axis", 0), rank_of(data));
  c.set_output(0, first_output(c.added(c.network().addGather(data, c.tensor(1), axis))));
}

void import_gather_elements(ImporterContext& c) {
  ITensor& data = c.tensor(0);
  const int axis = normalized_axis(c.attribute_int("axis", 0), rank_of(data));
  IGatherLayer& layer = c.added(c.network().addGatherV2(data, c.tensor(1), GatherMode::kELEMENT));
  layer.setGatherAxis(axis);
  c.set_output(0, first_output(layer));
}

void import_gather_nd(ImporterContext& c) {
  IGatherLayer& layer = c.added(c.network().addGatherV2(c.tensor(0), c.tensor(1), GatherMode::kND));
  layer.setNbElementWiseDims(static_cast<int32_t>(c.attribute_int("batch_dims", 0)));
  c.set_output(0, first_output(layer));
}

void import_scatter_elements(ImporterContext& c) { scatter(c, ScatterMode::kELEMENT); }
void import_scatter_nd(ImporterContext& c) { scatter(c, ScatterMode::kND); }

void import_one_hot(ImporterContext& c) {
  ITensor& indices = cast(c, c.tensor(0), DataType::kINT64, "indices");
  const int axis = normalized_axis(c.attribute_int("axis", -1), rank_of(indices) + 1);
  const Constant* constant = c.constant(1);
  if (constant && constant->volume() != 1) refuse(ParserCode::kINVALID_NODE)("the depth must be one number");
  if (!constant) {  // a comparison with positions, of which there are as many as are computed
    const Term count = reshape(cast(Term(c, 1), DataType::kINT64), Extents{1});
    const Term index(c, indices), total = squeeze(count, {0});
    std::vector<int64_t> behind;
    for (int i = axis + 1; i <= index.rank(); ++i) behind.push_back(i - axis);
    const Term position = unsqueeze(iota(c, Extent(count.tensor())), behind);
    const Term wrapped = select(index < 0, index + total, index);
    const Term off = slice(Term(c, 2), 0, 0, 1), on = slice(Term(c, 2), 0, 1, 1);
    return c.set_output(0, select(equal(unsqueeze(wrapped, {axis}), position), on, off));
  }
  ITensor* depth = constant ? &scalar(c, constant->numbers().front(), DataType::kINT64)
                            : &cast(c, c.tensor(1), DataType::kINT64, "depth");
  if (rank_of(*depth) != 0) depth = &reshape(c, *depth, std::vector<int64_t>{}, "depth");
  c.set_output(0, first_output(c.added(c.network().addOneHot(indices, c.tensor(2), *depth, axis))));
}

void import_trilu(ImporterContext& c) {
  if (c.has_input(1) && !c.constant(1)) {  // compares positions with what is computed
    const Term x(c, 0);
    const Term k = reshape(cast(Term(c, 1), DataType::kINT64), Extents{});
    const Term distance = iota(c, x.extent(-1)) - unsqueeze(iota(c, x.extent(-2)), {1});
    const Term kept = c.attribute_bool("upper", true) ? distance >= k : distance <= k;
    return c.set_output(0, select(kept, x, x.number(0)));
  }
  const std::vector<int64_t> k = c.has_input(1) ? c.constant_ints(1, "k") : std::vector<int64_t>{0};
  if (k.size() != 1) refuse(ParserCode::kINVALID_NODE)("k must be one number");
  const Fields fields = Fields().add("upper", c.attribute_bool("upper", true)).add("k", k[0]);
  c.set_output(0, add_operator(c, "trilu", fields, {&c.tensor(0)}));
}

void import_reverse_sequence(ImporterContext& c) {
  IReverseSequenceLayer& layer = c.added(c.network().addReverseSequence(c.tensor(0), c.tensor(1)));
  layer.setBatchAxis(static_cast<int32_t>(c.attribute_int("batch_axis", 1)));
  layer.setSequenceAxis(static_cast<int32_t>(c.attribute_int("time_axis", 0)));
  c.set_output(0, first_output(layer));
}

namespace {

/// Pads of the given axes, spread over all of them: all begins, then all ends.
std::vector<int64_t> spread_pads(ImporterContext& c, const std::vector<int64_t>& pads, int rank) {
  std::vector<int64_t> axes;
  if (c.has_input(3))
    axes = normalized_axes(c.constant_ints(3, "axes"), rank);
  else
    for (int i = 0; i < rank; ++i) axes.push_back(i);
  if (pads.size() != 2 * axes.size())
    refuse(ParserCode::kINVALID_NODE)(pads.size(), " pads for ", axes.size(), " axes; there must be two each");
  std::vector<int64_t> all(static_cast<size_t>(2 * rank), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    all[static_cast<size_t>(axes[i])] = pads[i];
    all[static_cast<size_t>(axes[i] + rank)] = pads[i + axes.size()];
  }
  return all;
}

/// The same where they or the axes are computed.
ITensor& computed_pads(ImporterContext& c, int rank) {
  const Extents pads = extents_of_input(c, 1);
  const ComputedAxes axes(c, 3, rank);
  if (pads.size() != 2 * axes.size())
    refuse(ParserCode::kINVALID_NODE)(pads.size(), " pads for ", axes.size(), " axes; there must be two each");
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(axes.size());
  Extents all;
  for (const Extents& side : {Extents(pads.begin(), middle), Extents(middle, pads.end())})
    for (int k = 0; k < rank; ++k) all.push_back(axes.pick(k, side, 0));
  return to_tensor(c, all, "pads");
}

void add_pads(Fields& fields, const std::vector<int64_t>& pads) {
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2);
  fields.add("pads_begin", std::vector<int64_t>(pads.begin(), middle));
  fields.add("pads_end", std::vector<int64_t>(middle, pads.end()));
}

std::string pad_mode(ImporterContext& c) {
  const std::string mode = c.attribute_string("mode", "constant");
  for (const char* known : {"constant", "reflect", "edge", "wrap"})
    if (mode == known) return mode;
  refuse(ParserCode::kINVALID_NODE)("the attribute 'mode' must be constant, reflect, edge or wrap, got '", mode, "'");
}

}  // namespace

void import_pad_2(ImporterContext& c) {
  Fields fields;
  fields.add("mode", pad_mode(c)).add("value", static_cast<double>(c.attribute_float("value", 0)));
  add_pads(fields, spread_pads(c, c.attribute_ints("pads"), c.dims(0).nbDims));
  c.set_output(0, add_operator(c, "pad", fields, {&c.tensor(0)}));
}

void import_pad(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  Fields fields;
  fields.add("mode", pad_mode(c));
  std::vector<ITensor*> inputs{&x};
  const auto pads = c.ints(1);
  if (pads && (!c.has_input(3) || c.constant(3))) {
    add_pads(fields, spread_pads(c, *pads, rank_of(x)));
  } else {
    fields.add("has_pads_input", true);
    inputs.push_back(c.has_input(3) ? &computed_pads(c, rank_of(x)) : &c.tensor(1));
  }
  if (c.has_input(2)) {
    fields.add("has_value", true);
    ITensor& value = c.tensor(2);
    inputs.push_back(rank_of(value) == 0 ? &value : &reshape(c, value, std::vector<int64_t>{}, "value"));
  }
  c.set_output(0, first_output(add_operator(c, "pad", fields, inputs)));
}

}  // namespace dvt::onnx
