#include "runtime/shapes.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "plan/validate.h"
#include "runtime/sizes.h"
#include "runtime/step_check.h"

namespace dvt::runtime {
namespace {

constexpr size_t kMaxChecked = 4096;  // beyond this the memory of checked shapes starts anew

[[noreturn]] void refuse_range(const IoTensor& io, std::string_view what, size_t k, int64_t got, int profile,
                               int64_t min, int64_t max) {
  if (min == max)
    throw Error(ErrorCode::kInvalidArgument, "input '", io.name, "': ", what, " ", k, " is ", got, " but must be ",
                min);
  throw Error(ErrorCode::kInvalidArgument, "input '", io.name, "': ", what, " ", k, " is ", got, ", but profile ",
              profile, " allows ", min, "..", max);
}

}  // namespace

size_t SlotsHash::operator()(const std::vector<int64_t>& slots) const {
  uint64_t h = 0x9e3779b97f4a7c15u;
  for (int64_t v : slots) {
    h = (h ^ static_cast<uint64_t>(v)) * 0xff51afd7ed558ccdu;
    h ^= h >> 32;
  }
  return h;
}

ShapeState::ShapeState(const Program& program) : program_(program) {
  slots_.resize(program.symbols.size());
  dims_.resize(program.dims.size());
  begins_.resize(program.values.size());
  inputs_.resize(static_cast<size_t>(program.num_inputs));
  set_profile(0);
}

void ShapeState::set_profile(int profile) {
  if (profile < 0 || static_cast<size_t>(profile) >= program_.profiles.size())
    throw Error(ErrorCode::kInvalidArgument, "profile ", profile, " does not exist; the engine has ",
                program_.profiles.size());
  profile_ = profile;
  changed_ = true;
  for (size_t io = 0; io < inputs_.size(); ++io) {
    Input& input = inputs_[io];
    input.dims = program_.io[io].dims;
    input.values.assign(ranges().values[io].min.size(), 0);
    input.shape_known = std::find(input.dims.begin(), input.dims.end(), -1) == input.dims.end();
    input.values_known = !program_.io[io].shape_io;
  }
}

void ShapeState::set_shape(int io, std::span<const int64_t> dims) {
  const IoTensor& tensor = program_.io[static_cast<size_t>(io)];
  const ProfileRange& allowed = ranges().shapes[static_cast<size_t>(io)];
  if (dims.size() != tensor.dims.size())
    throw Error(ErrorCode::kInvalidArgument, "input '", tensor.name, "' has rank ", tensor.dims.size(), ", got ",
                dims.size(), " dims");
  for (size_t k = 0; k < dims.size(); ++k)
    if (dims[k] < allowed.min[k] || dims[k] > allowed.max[k])
      refuse_range(tensor, "axis", k, dims[k], profile_, allowed.min[k], allowed.max[k]);
  Input& input = inputs_[static_cast<size_t>(io)];
  if (input.shape_known && std::equal(dims.begin(), dims.end(), input.dims.begin())) return;
  std::copy(dims.begin(), dims.end(), input.dims.begin());
  input.shape_known = true;
  changed_ = true;
}

void ShapeState::set_values(int io, std::span<const int64_t> values) {
  const IoTensor& tensor = program_.io[static_cast<size_t>(io)];
  if (!tensor.shape_io)
    throw Error(ErrorCode::kInvalidArgument, "input '", tensor.name,
                "' is not a shape tensor: it has no values to set");
  const ProfileRange& allowed = ranges().values[static_cast<size_t>(io)];
  if (values.size() != allowed.min.size())
    throw Error(ErrorCode::kInvalidArgument, "input '", tensor.name, "' has ", allowed.min.size(), " elements, got ",
                values.size());
  for (size_t k = 0; k < values.size(); ++k)
    if (values[k] < allowed.min[k] || values[k] > allowed.max[k])
      refuse_range(tensor, "element", k, values[k], profile_, allowed.min[k], allowed.max[k]);
  Input& input = inputs_[static_cast<size_t>(io)];
  if (input.values_known && std::equal(values.begin(), values.end(), input.values.begin())) return;
  std::copy(values.begin(), values.end(), input.values.begin());
  input.values_known = true;
  changed_ = true;
}

void ShapeState::read_values(int io, const void* address) {
  int64_t values[plan::kMaxShapeElements];
  const size_t count = inputs_[static_cast<size_t>(io)].values.size();
  const auto* bytes = static_cast<const std::byte*>(address);
  for (size_t k = 0; k < count; ++k) {
    if (program_.io[static_cast<size_t>(io)].dtype == DType::i64) {
      std::memcpy(&values[k], bytes + k * sizeof(int64_t), sizeof(int64_t));
    } else {
      int32_t narrow = 0;
      std::memcpy(&narrow, bytes + k * sizeof(int32_t), sizeof(int32_t));
      values[k] = narrow;
    }
  }
  set_values(io, {values, count});
}

void ShapeState::set_outer(std::span<const int64_t> slots) {
  const size_t count = program_.outer_symbols;
  if (std::equal(slots.begin(), slots.begin() + static_cast<std::ptrdiff_t>(count), slots_.begin())) return;
  std::copy_n(slots.begin(), count, slots_.begin());
  changed_ = true;
}

void ShapeState::set_to_opt() {
  for (int io = 0; io < program_.num_inputs; ++io) {
    set_shape(io, ranges().shapes[static_cast<size_t>(io)].opt);
    if (program_.io[static_cast<size_t>(io)].shape_io) set_values(io, ranges().values[static_cast<size_t>(io)].opt);
  }
}

bool ShapeState::complete() const {
  return std::all_of(inputs_.begin(), inputs_.end(), [](const Input& i) { return i.shape_known && i.values_known; });
}

void ShapeState::resolve() {
  if (!changed_) return;
  for (size_t io = 0; io < inputs_.size(); ++io) {
    if (!inputs_[io].shape_known)
      throw Error(ErrorCode::kInvalidState, "the shape of input '", program_.io[io].name, "' is not set");
    if (!inputs_[io].values_known)
      throw Error(ErrorCode::kInvalidState, "the values of input shape tensor '", program_.io[io].name,
                  "' are not set, nor is its address");
  }
  bind();
  evaluate();
  const bool is_new = !checked_.count(slots_);
  if (is_new) check_meetings(program_, 0, dims_, slots_);
  for (size_t i = 0; i < program_.values.size(); ++i)
    if (program_.values[i].known_after == 0)
      check_value(program_, ranges(), profile_, static_cast<int32_t>(i), dims_, begins_);
  if (is_new) {
    for (const StepProgram& step : program_.steps)
      if (step.dynamic && step.known_after == 0 && !step.reports) check_step(program_, step, dims_, slots_);
    remember(checked_, slots_);
  }
  ++version_;
  changed_ = false;
}

void ShapeState::bind() {
  const auto given = [this](const Binding& b) {
    const Input& input = inputs_[static_cast<size_t>(b.io)];
    return b.is_value ? input.values[static_cast<size_t>(b.index)] : input.dims[static_cast<size_t>(b.index)];
  };
  for (const Binding& b : program_.bindings) {  // those with a slot come first
    if (b.slot >= 0) {
      slots_[static_cast<size_t>(b.slot)] = given(b);
      continue;
    }
    const int64_t expected = b.expected.eval(slots_);
    if (given(b) == expected) continue;
    const std::string& name = program_.io[static_cast<size_t>(b.io)].name;
    std::string from;
    for (const Binding& other : program_.bindings)
      if (b.same_as >= 0 && other.slot == b.same_as)
        from = concat(" (from '", program_.io[static_cast<size_t>(other.io)].name, "')");
    throw Error(ErrorCode::kInvalidArgument, "input '", name, b.is_value ? "' element " : "' dim ", b.index, " is ",
                given(b), " but must equal ", b.text, " = ", expected, from);
  }
}

void ShapeState::evaluate() {
  for (size_t i = 0; i < dims_.size(); ++i) dims_[i] = program_.dims[i].eval(slots_);
}

void remember(CheckedShapes& checked, const std::vector<int64_t>& slots) {
  if (checked.size() == kMaxChecked) checked.clear();
  checked.insert(slots);
}

namespace {

size_t bytes_of(const ProgramValue& v, std::span<const int64_t> dims) {
  return tensor_bytes(v.dtype, dims.subspan(v.first_dim, static_cast<size_t>(v.rank)));
}

void check_alias(const Program& program, size_t value, std::span<const int64_t> all_dims, size_t begin) {
  const ProgramValue& v = program.values[value];
  const std::string& name = program.document.values[value].name;
  const int64_t* dims = all_dims.data() + v.first_dim;
  const size_t bytes = bytes_of(v, all_dims);
  if (bytes == 0) return;  // nothing of it is touched, wherever it begins
  unsigned __int128 end = begin;
  if (v.slice_axis < 0) {
    end += bytes;
  } else {
    const auto layout = static_cast<backend::Layout>(program.document.values[value].layout);
    unsigned __int128 blocks = 1, block = 1;  // at most the elements of the value, which fit kMaxTensorBytes
    for (int i = 0; i < v.rank; ++i) {
      const int axis = backend::memory_axis(layout, v.rank, i);
      const bool inside = i >= backend::memory_position(layout, v.rank, v.slice_axis);
      (inside ? block : blocks) *= static_cast<uint64_t>(dims[axis]);
    }
    const auto pitch = static_cast<uint64_t>(all_dims[v.pitch_dim()]);
    if (pitch < block)
      throw Error(ErrorCode::kInvalidArgument, "value '", name, "' has blocks of ", static_cast<uint64_t>(block),
                  " elements, ", pitch, " apart");
    end += ((blocks - 1) * pitch + block) * static_cast<uint64_t>(bits(v.dtype) / 8);
  }
  const ProgramValue& root = program.value(v.root);
  if (end > bytes_of(root, all_dims))
    throw Error(ErrorCode::kInvalidArgument, "value '", name, "' (", bytes, " bytes from ", begin,
                " on) does not fit into '", program.document.values[static_cast<size_t>(v.root)].name, "' of ",
                bytes_of(root, all_dims), " bytes");
}

}  // namespace

void check_value(const Program& program, const ProfileProgram& profile, int number, int32_t value,
                 std::span<const int64_t> dims, std::span<size_t> begins) {
  const auto i = static_cast<size_t>(value);
  const ProgramValue& v = program.values[i];
  const plan::Value& plan_value = program.document.values[i];
  for (int d = 0; d < v.rank; ++d) {
    const int64_t n = dims[v.first_dim + static_cast<size_t>(d)];
    if (n < 0 || n > plan::kMaxDim)
      throw Error(ErrorCode::kInvalidArgument, "these input shapes give '", plan_value.name, "' a dim ", d, " of ", n,
                  " (", plan_value.dims[static_cast<size_t>(d)], ")");
  }
  const size_t bytes = bytes_of(v, dims);
  const bool planned = v.storage != plan::Storage::kArena || bytes <= profile.max_bytes[i];
  if (!planned || bytes > kMaxTensorBytes)
    throw Error(ErrorCode::kInvalidArgument, "value '", plan_value.name, "' needs ", bytes, " bytes, but profile ",
                number, " planned for ", profile.max_bytes[i]);
  if (v.source < 0) return;
  const int64_t offset = dims[v.offset_dim()], pitch = dims[v.pitch_dim()];
  for (int64_t n : {offset, pitch})
    if (n < 0 || n > plan::kMaxDim)
      throw Error(ErrorCode::kInvalidArgument, "these input shapes give '", plan_value.name, "' an offset of ", offset,
                  " and a pitch of ", pitch);
  begins[i] = begins[static_cast<size_t>(v.source)] + byte_size(v.dtype, offset);
  check_alias(program, i, dims, begins[i]);
}

}  // namespace dvt::runtime
