// Branches and loops, carried out on the host between the kernels of the program around them.
#include "runtime/control_run.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "runtime/region_run.h"
#include "runtime/sizes.h"

namespace dvt::runtime {
namespace {

using backend::TensorRef;
using Dims = std::vector<int64_t>;

std::span<const int64_t> dims_of(const TensorRef& t) { return {t.dims, static_cast<size_t>(t.rank)}; }

std::string text(std::span<const int64_t> dims) {
  std::string out = "[";
  for (size_t i = 0; i < dims.size(); ++i) out += concat(i ? "," : "", dims[i]);
  return out + "]";
}

bool same(std::span<const int64_t> a, std::span<const int64_t> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

void require_same(std::span<const int64_t> is, std::span<const int64_t> expected, size_t output) {
  if (!same(is, expected))
    throw Error(ErrorCode::kInvalidArgument, "result ", output, " has the shape ", text(is), ", but ", text(expected),
                " is expected");
}

template <class T>
T read_one(const TensorRef& t, const char* what) {
  int64_t count = 1;
  for (int64_t d : dims_of(t)) count *= d;
  if (count != 1)
    throw Error(ErrorCode::kInvalidArgument, what, " must have one element, got the shape ", text(dims_of(t)));
  T value{};
  std::memcpy(&value, t.data, sizeof value);
  return value;
}
bool read_flag(const TensorRef& t) { return read_one<uint8_t>(t, "a condition") != 0; }

class IfState final : public ControlState {
 public:
  explicit IfState(const StepProgram& step) : buffers_(step.outputs.size()), direct_(step.outputs.size()) {
    inputs_ = step.inputs.size() - 1;
    for (const auto& region : step.control->regions) regions_.push_back(std::make_unique<RegionRun>(*region));
  }

  void run(const ControlCall& call) override {
    taken_ = regions_[read_flag(call.inputs[0]) ? 0 : 1].get();
    taken_->set_outer(call.profile, call.slots, call.texts);
    for (size_t i = 0; i < inputs_; ++i) taken_->set_input(i, call.inputs[1 + i].data, dims_of(call.inputs[1 + i]));
    taken_->resolve();
    for (size_t j = 0; j < buffers_.size(); ++j) {
      direct_[j] = call.placed[j] && taken_->knows(j);
      if (direct_[j]) {
        require_same(taken_->dims(j), dims_of(call.outputs[j]), j);
        taken_->set_output(j, static_cast<std::byte*>(call.outputs[j].data));
      } else {
        taken_->set_output(j, buffers_[j]);
      }
    }
    taken_->run(0);
  }

  std::span<const int64_t> dims(size_t output) const override { return taken_->dims(output); }

  void deliver(size_t output, const TensorRef& to) override {
    if (direct_[output]) return;
    require_same(dims(output), dims_of(to), output);
    if (const size_t bytes = tensor_bytes(taken_->dtype(output), dims(output)))
      std::memcpy(to.data, taken_->data(output), bytes);
  }

 private:
  size_t inputs_ = 0;
  std::vector<std::unique_ptr<RegionRun>> regions_;
  std::vector<GrowingBuffer> buffers_;  ///< Per output.
  std::vector<uint8_t> direct_;
  RegionRun* taken_ = nullptr;
};

/// Dims seen as [outer, length, inner] around an axis.
struct Split {
  size_t outer = 1, length = 1, inner = 1;
  Split(std::span<const int64_t> dims, size_t axis) {
    for (size_t i = 0; i < dims.size(); ++i)
      (i < axis ? outer : i == axis ? length : inner) *= static_cast<size_t>(dims[i]);
  }
};

/// A tensor of which an iteration gets one slice.
class Scanned {
 public:
  Scanned(int64_t axis, bool reverse) : axis_(static_cast<size_t>(axis)), reverse_(reverse) {}
  void begin(const TensorRef& whole, size_t element_bytes) {
    whole_ = whole;
    bytes_ = element_bytes;
    dims_.assign(whole.dims, whole.dims + whole.rank);
    dims_.erase(dims_.begin() + static_cast<std::ptrdiff_t>(axis_));
  }
  int64_t length() const { return whole_.dims[axis_]; }
  const Dims& dims() const { return dims_; }
  /// A slice along the outermost axis stays where it is; others are gathered.
  const std::byte* slice(int64_t iteration) {
    const Split split(dims_of(whole_), axis_);
    const auto at = static_cast<size_t>(reverse_ ? length() - 1 - iteration : iteration);
    const auto* from = static_cast<const std::byte*>(whole_.data);
    const size_t inner = split.inner * bytes_;
    if (split.outer == 1 || inner == 0) return from ? from + at * inner : from;
    std::byte* to = buffer_.reserve(split.outer * inner);
    for (size_t o = 0; o < split.outer; ++o) std::memcpy(to + o * inner, from + (o * split.length + at) * inner, inner);
    return to;
  }

 private:
  size_t axis_;
  bool reverse_;
  TensorRef whole_;
  size_t bytes_ = 0;
  Dims dims_;
  GrowingBuffer buffer_;
};

/// A result made of one slice from each iteration.
class Stacked {
 public:
  Stacked(int64_t axis, bool reverse) : axis_(static_cast<size_t>(axis)), reverse_(reverse) {}

  /// `length` is the one given, or -1: the number of iterations.
  void begin(int64_t length, const TensorRef* placed, size_t element_bytes) {
    given_ = length;
    bytes_ = element_bytes;
    count_ = 0;
    known_ = false;
    // Slices of a result that is in its place already go right there, when its outermost axis is the stacked one.
    place_ = nullptr;
    if (!placed || axis_ != 0) return;
    place_dims_ = dims_of(*placed);
    place_ = static_cast<std::byte*>(placed->data);
  }

  /// Where the slice of the next iteration is to be written; nullptr: it is dropped, but must be written somewhere.
  std::byte* next(std::span<const int64_t> slice) {
    learn(slice);
    if (place_) {
      require_same(slice, place_dims_.subspan(1), 0);
      const int64_t length = place_dims_[0], at = reverse_ ? length - 1 - count_ : count_;
      return at >= 0 && at < length ? place_ + static_cast<size_t>(at) * slice_bytes_ : nullptr;
    }
    return gathered_.reserve(static_cast<size_t>(count_ + 1) * slice_bytes_,
                             static_cast<size_t>(count_) * slice_bytes_) +
           static_cast<size_t>(count_) * slice_bytes_;
  }
  /// The slice of this iteration is somewhere else.
  void append(std::span<const int64_t> slice, const std::byte* data) {
    if (std::byte* to = next(slice); to && slice_bytes_) std::memcpy(to, data, slice_bytes_);
    ++count_;
  }
  void advance() { ++count_; }

  /// What slices look like, when there were none.
  void assume(std::span<const int64_t> slice) {
    if (!known_) learn(slice);
  }
  std::span<const int64_t> dims() {
    dims_.assign(slice_.begin(), slice_.end());
    dims_.insert(dims_.begin() + static_cast<std::ptrdiff_t>(std::min(axis_, dims_.size())),
                 given_ >= 0 ? given_ : count_);
    return dims_;
  }

  void deliver(const TensorRef& to, size_t output) {
    const auto length = to.dims[axis_];
    if (count_ == 0 || count_ < length) {
      // Places that no iteration has filled are 0; with `place_` those are at one end.
      if (!place_ || count_ == 0)
        clear(to);
      else
        clear_rest(to);
    }
    if (count_ == 0) return;
    require_same(dims(), dims_of(to), output);
    if (place_ || slice_bytes_ == 0) return;
    const Split split(dims_of(to), axis_);
    const size_t inner = split.inner * bytes_;
    for (int64_t i = 0; i < std::min(count_, length); ++i) {
      const auto at = static_cast<size_t>(reverse_ ? length - 1 - i : i);
      for (size_t o = 0; o < split.outer; ++o)
        std::memcpy(static_cast<std::byte*>(to.data) + (o * split.length + at) * inner,
                    gathered_.data() + static_cast<size_t>(i) * slice_bytes_ + o * inner, inner);
    }
  }

 private:
  void learn(std::span<const int64_t> slice) {
    if (known_) return require_same(slice, slice_, 0);
    known_ = true;
    slice_.assign(slice.begin(), slice.end());
    slice_bytes_ = bytes_;
    for (int64_t d : slice_) slice_bytes_ *= static_cast<size_t>(d);
  }
  void clear(const TensorRef& to) const {
    size_t bytes = bytes_;
    for (int64_t d : dims_of(to)) bytes *= static_cast<size_t>(d);
    if (bytes) std::memset(to.data, 0, bytes);
  }
  void clear_rest(const TensorRef& to) const {
    const auto missing = static_cast<size_t>(to.dims[0] - count_) * slice_bytes_;
    const auto begin = reverse_ ? size_t{0} : static_cast<size_t>(count_) * slice_bytes_;
    if (missing) std::memset(static_cast<std::byte*>(to.data) + begin, 0, missing);
  }

  size_t axis_;
  bool reverse_;
  int64_t given_ = -1, count_ = 0;
  size_t bytes_ = 0, slice_bytes_ = 0;
  bool known_ = false;
  Dims slice_, dims_;
  GrowingBuffer gathered_;
  std::byte* place_ = nullptr;
  std::span<const int64_t> place_dims_;
};

class LoopState final : public ControlState {
 public:
  LoopState(const Program& program, const StepProgram& step, const plan::Step& plan)
      : program_(program), step_(step), form_(step.control->form), loop_(plan.loop), carried_(form_.carried) {
    for (const auto& region : step.control->regions) regions_.push_back(std::make_unique<RegionRun>(*region));
    for (size_t k = 0; k < loop_.scan_axes.size(); ++k)
      scanned_.emplace_back(loop_.scan_axes[k], loop_.scan_reverse[k]);
    for (size_t k = 0; k < loop_.stack_axes.size(); ++k)
      stacked_.emplace_back(loop_.stack_axes[k], loop_.stack_reverse[k]);
    slices_.resize(stacked_.size());
  }

  void run(const ControlCall& call) override {
    begin(call);
    const int64_t limit = trip_limit(call);
    bool go = form_.condition == SIZE_MAX || read_flag(call.inputs[form_.condition]);
    iteration_ = 0;
    try {
      for (; go && iteration_ < limit; ++iteration_) {
        if (loop_.while_form && !take_place(call)) break;
        go = iterate(call);
      }
      if (iteration_ == 0) assume_slices(call);
    } catch (Error& e) {
      throw std::move(e).at(concat("iteration ", iteration_));
    }
  }

  std::span<const int64_t> dims(size_t output) const override {
    if (output < form_.carried) return carried_[output].dims;
    return const_cast<Stacked&>(stacked_[output - form_.carried]).dims();
  }

  void deliver(size_t output, const TensorRef& to) override {
    if (output >= form_.carried) return stacked_[output - form_.carried].deliver(to, output);
    const Carried& c = carried_[output];
    require_same(c.dims, dims_of(to), output);
    const size_t bytes = tensor_bytes(program_.value(step_.outputs[output]).dtype, c.dims);
    if (bytes) std::memcpy(to.data, c.data, bytes);
  }

 private:
  /// Two buffers take turns: an iteration reads one and writes the other.
  struct Carried {
    const std::byte* data = nullptr;
    Dims dims;
    GrowingBuffer buffers[2];
  };

  size_t element_bytes(int32_t value) const { return static_cast<size_t>(bits(program_.value(value).dtype)) / 8; }

  void begin(const ControlCall& call) {
    for (auto& region : regions_) region->set_outer(call.profile, call.slots, call.texts);
    for (size_t j = 0; j < carried_.size(); ++j) {
      const TensorRef& initial = call.inputs[form_.first_carried + j];
      carried_[j].data = static_cast<const std::byte*>(initial.data);
      carried_[j].dims.assign(initial.dims, initial.dims + initial.rank);
    }
    for (size_t k = 0; k < scanned_.size(); ++k)
      scanned_[k].begin(call.inputs[form_.first_scanned + k], element_bytes(step_.inputs[form_.first_scanned + k]));
    for (size_t k = 0; k < stacked_.size(); ++k) {
      const size_t length = form_.length_of[k], output = form_.carried + k;
      const int64_t given =
          length == SIZE_MAX ? -1 : std::max<int64_t>(read_one<int64_t>(call.inputs[length], "a length"), 0);
      stacked_[k].begin(given, call.placed[output] ? &call.outputs[output] : nullptr,
                        element_bytes(step_.outputs[output]));
    }
  }

  int64_t trip_limit(const ControlCall& call) const {
    int64_t limit = INT64_MAX;
    if (form_.limit != SIZE_MAX) limit = read_one<int64_t>(call.inputs[form_.limit], "a trip limit");
    for (const Scanned& s : scanned_) limit = std::min(limit, s.length());
    return limit;
  }

  void set_inputs(RegionRun& region, const ControlCall& call) {
    region.set_input(0, &iteration_, {});
    for (size_t j = 0; j < carried_.size(); ++j) region.set_input(1 + j, carried_[j].data, carried_[j].dims);
    for (size_t k = 0; k < scanned_.size(); ++k)
      region.set_input(1 + carried_.size() + k, scanned_[k].slice(iteration_), scanned_[k].dims());
    for (size_t i = form_.first_capture; i < step_.inputs.size(); ++i)
      region.set_input(form_.inner_capture + i - form_.first_capture, call.inputs[i].data, dims_of(call.inputs[i]));
    region.resolve();
  }

  bool flag(const RegionRun& region) const {
    const std::span<const int64_t> dims = region.dims(0);
    return read_flag({const_cast<std::byte*>(region.data(0)), dims.data(), static_cast<int>(dims.size())});
  }

  bool take_place(const ControlCall& call) {
    RegionRun& condition = *regions_[1];
    set_inputs(condition, call);
    condition.set_output(0, flag_);
    condition.run(static_cast<int>(iteration_ % 2));
    return flag(condition);
  }

  /// Whether another iteration may follow.
  bool iterate(const ControlCall& call) {
    RegionRun& body = *regions_[0];
    const auto turn = static_cast<size_t>(iteration_ % 2);
    set_inputs(body, call);
    if (form_.inner_flags) body.set_output(0, flag_);
    for (size_t j = 0; j < carried_.size(); ++j) body.set_output(form_.inner_flags + j, carried_[j].buffers[turn]);
    for (size_t k = 0; k < stacked_.size(); ++k) {
      const size_t output = form_.inner_flags + form_.carried + k;
      std::byte* place = body.knows(output) ? stacked_[k].next(body.dims(output)) : nullptr;
      slices_[k].direct = place != nullptr;
      if (place)
        body.set_output(output, place);
      else
        body.set_output(output, slices_[k].buffer);
    }
    body.run(static_cast<int>(turn));
    for (size_t k = 0; k < stacked_.size(); ++k) {
      const size_t output = form_.inner_flags + form_.carried + k;
      if (slices_[k].direct)
        stacked_[k].advance();
      else
        stacked_[k].append(body.dims(output), body.data(output));
    }
    for (size_t j = 0; j < carried_.size(); ++j) {
      const std::span<const int64_t> dims = body.dims(form_.inner_flags + j);
      carried_[j].data = body.data(form_.inner_flags + j);
      carried_[j].dims.assign(dims.begin(), dims.end());
    }
    return form_.inner_flags == 0 || flag(body);
  }

  /// Without iterations: slices would look like this, as far as that follows from shapes.
  void assume_slices(const ControlCall& call) {
    if (stacked_.empty()) return;
    RegionRun& body = *regions_[0];
    bool resolved = true;
    try {
      for (Scanned& s : scanned_) resolved &= s.length() > 0;
      if (resolved) set_inputs(body, call);
    } catch (const Error&) {
      resolved = false;  // shapes that only an iteration would need to fit
    }
    for (size_t k = 0; k < stacked_.size(); ++k) {
      const size_t output = form_.inner_flags + form_.carried + k;
      const int32_t value = body.program().io_values[static_cast<size_t>(body.program().num_inputs) + output];
      Dims slice(static_cast<size_t>(body.program().value(value).rank));
      for (size_t d = 0; d < slice.size(); ++d) {
        const int64_t fixed = body.program().io[static_cast<size_t>(body.program().num_inputs) + output].dims[d];
        slice[d] = fixed >= 0 ? fixed : resolved && body.knows(output) ? body.dims(output)[d] : 0;
      }
      stacked_[k].assume(slice);
    }
  }

  const Program& program_;
  const StepProgram& step_;
  const plan::ControlForm& form_;
  const plan::LoopForm& loop_;
  std::vector<std::unique_ptr<RegionRun>> regions_;
  std::vector<Carried> carried_;
  std::vector<Scanned> scanned_;
  std::vector<Stacked> stacked_;
  struct Slice {
    bool direct = false;
    GrowingBuffer buffer;
  };
  std::vector<Slice> slices_;
  GrowingBuffer flag_;
  int64_t iteration_ = 0;
};

}  // namespace

ControlStates make_control_states(const Program& program) {
  ControlStates states(program.steps.size());
  for (size_t s = 0; s < program.steps.size(); ++s) {
    const plan::Step& plan = program.document.steps[s];
    if (plan.control == plan::Control::kIf) states[s] = std::make_unique<IfState>(program.steps[s]);
    if (plan.control == plan::Control::kLoop) states[s] = std::make_unique<LoopState>(program, program.steps[s], plan);
  }
  return states;
}

}  // namespace dvt::runtime
