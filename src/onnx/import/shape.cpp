// Operators that keep the elements and change the shape, and those that repeat or join tensors.
#include <algorithm>

#include "onnx/computed_axes.h"
#include "onnx/constants.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

/// Constants change their dimensions without a layer.
void set_reshaped_constant(ImporterContext& c, const Constant& constant, std::vector<int64_t> dims) {
  c.set_output(0, with_dims(constant, std::move(dims)));
}

/// 0 (a copy of the input's dimension, unless `allow_zero`) and -1 (what is left) replaced by numbers.
std::vector<int64_t> resolved(std::vector<int64_t> dims, const Constant& constant, bool allow_zero) {
  int64_t known = 1;
  int64_t* open = nullptr;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0 && !allow_zero && i < constant.dims.size()) dims[i] = constant.dims[i];
    if (dims[i] == -1 && open) refuse(ParserCode::kINVALID_NODE)("the shape has more than one -1");
    if (dims[i] == -1)
      open = &dims[i];
    else if (dims[i] < 0 || __builtin_mul_overflow(known, dims[i], &known))
      refuse(ParserCode::kINVALID_NODE)("the shape holds ", dims[i]);
  }
  const int64_t volume = constant.volume();
  if (open && known > 0 && volume % known == 0) *open = volume / known;
  if ((open && *open < 0) || (!open && known != volume))
    refuse(ParserCode::kINVALID_NODE)(volume, " elements do not fit the shape");
  return dims;
}

void reshape_to(ImporterContext& c, const std::vector<int64_t>& dims, bool allow_zero) {
  if (const Constant* constant = c.constant(0))
    return set_reshaped_constant(c, *constant, resolved(dims, *constant, allow_zero));
  IShuffleLayer& layer = c.added(c.network().addShuffle(c.tensor(0)));
  layer.setZeroIsPlaceholder(!allow_zero);
  layer.setReshapeDimensions(to_dims(dims));
  c.set_output(0, first_output(layer));
}

}  // namespace

void import_reshape_1(ImporterContext& c) { reshape_to(c, c.attribute_ints("shape"), false); }

void import_reshape(ImporterContext& c) {
  const bool allow_zero = c.attribute_bool("allowzero", false);
  if (const auto dims = c.ints(1)) return reshape_to(c, *dims, allow_zero);
  IShuffleLayer& layer = c.added(c.network().addShuffle(c.tensor(0)));
  layer.setZeroIsPlaceholder(!allow_zero);
  layer.setInput(1, c.tensor(1));
  c.set_output(0, first_output(layer));
}

void import_flatten(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const int rank = rank_of(x);
  const int64_t axis = c.attribute_int("axis", 1);
  if (axis < -rank || axis > rank) refuse(ParserCode::kINVALID_NODE)("axis ", axis, " is outside rank ", rank);
  const int split = static_cast<int>(axis < 0 ? axis + rank : axis);
  const Extents shape = extents_of(c, x);
  c.set_output(0, reshape(c, x, Extents{product(c, shape, 0, split), product(c, shape, split, rank)}));
}

namespace {

/// A rank is fixed: a dimension that only the run knows stays, and the run checks that it had to.
void assert_is_not_one(ImporterContext& c, int axis) {
  const Flag is_one = is_equal(c, extent_of(c, c.tensor(0), axis), 1);
  const std::string message =
      concat("dimension ", axis, " of the input of ", c.base_name(),
             " is 1, and Squeeze without axes would remove it, which changes the rank; give Squeeze its axes");
  c.added(c.network().addAssertion((!Term(c, *is_one.tensor)).tensor(), message.c_str()), "assert");
}

}  // namespace

void import_squeeze(ImporterContext& c) {
  const Dims dims = c.dims(0);
  std::vector<int64_t> axes;
  if (c.has_input(1) && !c.constant(1)) {
    const Term x(c, 0);
    return c.set_output(0, reshape(x, without(c, x.extents(), ComputedAxes(c, 1, x.rank()))));
  }
  if (const auto given = c.ints_from_input_or_attribute(1, "axes"))
    axes = normalized_axes(*given, dims.nbDims);
  else
    for (int i = 0; i < dims.nbDims; ++i) {
      if (dims.d[i] < 0) assert_is_not_one(c, i);
      if (dims.d[i] == 1) axes.push_back(i);
    }
  const Constant* constant = c.constant(0);
  if (!constant) return c.set_output(0, squeeze(c, c.tensor(0), axes));
  std::vector<int64_t> result;
  for (int i = 0; i < dims.nbDims; ++i) {
    const bool removed = std::find(axes.begin(), axes.end(), i) != axes.end();
    if (removed && dims.d[i] != 1)
      refuse(ParserCode::kINVALID_NODE)("dimension ", i, " is ", dims.d[i], " and cannot be removed");
    if (!removed) result.push_back(dims.d[i]);
  }
  set_reshaped_constant(c, *constant, std::move(result));
}

void import_unsqueeze(ImporterContext& c) {
  if (c.has_input(1) && !c.constant(1)) {
    const Term x(c, 0);
    const int out_rank = x.rank() + static_cast<int>(extents_of_input(c, 1).size());
    return c.set_output(0, reshape(x, with_ones(c, x.extents(), ComputedAxes(c, 1, out_rank))));
  }
  const auto given = c.ints_from_input_or_attribute(1, "axes");
  if (!given) refuse(ParserCode::kINVALID_NODE)("the axes are missing");
  const Constant* constant = c.constant(0);
  if (!constant) return c.set_output(0, unsqueeze(c, c.tensor(0), *given));
  const int rank = static_cast<int>(constant->dims.size() + given->size());
  std::vector<int64_t> axes = normalized_axes(*given, rank);
  std::sort(axes.begin(), axes.end());
  std::vector<int64_t> result = constant->dims;
  for (const int64_t axis : axes) result.insert(result.begin() + axis, 1);
  set_reshaped_constant(c, *constant, std::move(result));
}

/// com.microsoft: one new axis, given as an input.
void import_expand_dims(ImporterContext& c) { c.set_output(0, unsqueeze(c, c.tensor(0), c.constant_ints(1, "axis"))); }

void import_expand(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  if (const auto shape = c.ints(1))
    return c.set_output(0, add_operator(c, "expand", Fields().add("shape", *shape), {&x}));
  c.set_output(0, add_operator(c, "expand", {}, {&x, &c.tensor(1)}));
}

void import_tile(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const auto repeats = c.ints(1);
  if (repeats) return c.set_output(0, add_operator(c, "tile", Fields().add("repeats", *repeats), {&x}));
  c.set_output(0, add_operator(c, "tile", {}, {&x, &c.tensor(1)}));
}

void import_transpose(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  std::vector<int64_t> permutation = c.attribute_ints("perm");
  if (!c.has_attribute("perm"))
    for (int i = rank_of(x); i-- > 0;) permutation.push_back(i);
  c.set_output(0, transpose(c, x, permutation));
}

void import_concat(ImporterContext& c) {
  std::vector<ITensor*> tensors;
  for (int i = 0; i < c.num_inputs(); ++i) tensors.push_back(&c.tensor(i));
  if (tensors.empty()) refuse(ParserCode::kINVALID_NODE)("Concat without inputs");
  const int axis = normalized_axis(c.attribute_int("axis", 1), rank_of(*tensors.front()));
  c.set_output(0, concat_tensors(c, tensors, axis));
}

namespace {

struct BlockShape {
  Extents shape;  // N, C, H, W
  int64_t block = 0;
};

BlockShape read_block(ImporterContext& c, ITensor& x) {
  const int64_t block = c.attribute_int("blocksize", 0);
  if (rank_of(x) != 4) refuse(ParserCode::kINVALID_NODE)("the input must have rank 4, got ", rank_of(x));
  if (block < 1) refuse(ParserCode::kINVALID_NODE)("the attribute 'blocksize' must be positive, got ", block);
  return {extents_of(c, x), block};
}

}  // namespace

void import_depth_to_space(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const auto [shape, block] = read_block(c, x);
  const std::string mode = c.attribute_string("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") refuse(ParserCode::kINVALID_NODE)("the attribute 'mode' must be DCR or CRD");
  const Extent channels = divide_down(c, shape[1], block * block);
  const bool depth_first = mode == "DCR";
  const Extents split = depth_first ? Extents{shape[0], block, block, channels, shape[2], shape[3]}
                                    : Extents{shape[0], channels, block, block, shape[2], shape[3]};
  const std::vector<int64_t> order =
      depth_first ? std::vector<int64_t>{0, 3, 4, 1, 5, 2} : std::vector<int64_t>{0, 1, 4, 2, 5, 3};
  ITensor& moved = transpose(c, reshape(c, x, split, "split"), order, "transpose");
  c.set_output(
      0, reshape(c, moved, Extents{shape[0], channels, multiply(c, shape[2], block), multiply(c, shape[3], block)}));
}

void import_space_to_depth(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const auto [shape, block] = read_block(c, x);
  const std::string mode = c.attribute_string("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") refuse(ParserCode::kINVALID_NODE)("the attribute 'mode' must be DCR or CRD");
  const Extent height = divide_down(c, shape[2], block), width = divide_down(c, shape[3], block);
  ITensor& split = reshape(c, x, Extents{shape[0], shape[1], height, block, width, block}, "split");
  const std::vector<int64_t> order =
      mode == "DCR" ? std::vector<int64_t>{0, 3, 5, 1, 2, 4} : std::vector<int64_t>{0, 1, 3, 5, 2, 4};
  ITensor& moved = transpose(c, split, order, "transpose");
  c.set_output(0, reshape(c, moved, Extents{shape[0], multiply(c, shape[1], block * block), height, width}));
}

}  // namespace dvt::onnx
