#include "runtime/launch.h"

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstring>

#include "base/futex.h"
#include "runtime/late_run.h"
#include "runtime/sizes.h"

namespace dvt::runtime {
namespace {

void write_integer(std::byte* to, DType dtype, int64_t value) {
  // Little-endian: the low bytes are the value in the narrower type.
  std::memcpy(to, &value, static_cast<size_t>(bits(dtype)) / 8);
}

}  // namespace

Launch::Launch(const Program& program)
    : program_(program),
      dims_(program.dims.size()),
      shape_bytes_(program.shape_bytes),
      data_(program.values.size()),
      arguments_(program.steps.size()),
      late_(program.late.empty() ? nullptr : std::make_unique<LateRun>(program)) {
  size_t count = 0;
  for (const StepProgram& s : program.steps) count += s.inputs.size() + s.outputs.size();
  operands_.resize(count);
  // Constants, ranks and the places of dims stay as they are; prepare() fills in the rest.
  for (size_t i = 0; i < program.values.size(); ++i) {
    const ProgramValue& v = program.values[i];
    if (v.storage != plan::Storage::kConstant || v.source >= 0) continue;
    const auto section = static_cast<size_t>(program.document.values[i].source);
    data_[i] = const_cast<std::byte*>(program.document.sections[section].bytes.data());
  }
  backend::TensorRef* next = operands_.data();
  for (size_t s = 0; s < program.steps.size(); ++s) {
    const StepProgram& step = program.steps[s];
    arguments_[s].pool = program.pool.get();
    const auto take = [&](const std::vector<int32_t>& values) {
      backend::TensorRef* first = next;
      for (int32_t i : values) {
        const ProgramValue& v = program.value(i);
        *next++ = {nullptr, dims_.data() + v.first_dim, v.rank, 0, v.slice_axis};
      }
      return first;
    };
    arguments_[s].inputs = take(step.inputs);
    arguments_[s].outputs = take(step.outputs);
  }
}

Launch::~Launch() = default;

void Launch::prepare(const Inputs& from) {
  const ProfileProgram& profile = from.shapes->ranges();
  std::copy(from.shapes->dims().begin(), from.shapes->dims().end(), dims_.begin());
  write_shape_tensors(*from.shapes);
  if (program_.is_region) find_pooled(profile, *from.pool);
  for (size_t i = 0; i < data_.size(); ++i) {
    const ProgramValue& v = program_.values[i];
    if (v.source >= 0) {  // comes before this one
      std::byte* base = data_[static_cast<size_t>(v.source)];
      data_[i] = base ? base + dims_[v.offset_dim()] * (bits(v.dtype) / 8) : nullptr;
      continue;
    }
    switch (v.storage) {
      case plan::Storage::kInput:
      case plan::Storage::kOutput:
        data_[i] = static_cast<std::byte*>(from.addresses[static_cast<size_t>(v.io)]);
        // Values of a shape tensor that were set without an address were copied beside the evaluated ones.
        if (!data_[i] && v.storage == plan::Storage::kInput && program_.io[static_cast<size_t>(v.io)].shape_io)
          data_[i] = shape_bytes_.data() + v.shape_offset;
        break;
      case plan::Storage::kArena:
        data_[i] = from.arena + profile.offsets[i];
        if (const int32_t slot = profile.pool_slots[i]; slot >= 0 && program_.is_region)
          data_[i] = from.pool->reserve(slot, 0);
        break;
      case plan::Storage::kShape:
        data_[i] = shape_bytes_.data() + v.shape_offset;
        break;
      default:
        break;  // a constant never moves
    }
  }
  backend::TensorRef* next = operands_.data();
  const auto place = [&](int32_t i) {
    const ProgramValue& v = program_.value(i);
    next->data = data_[static_cast<size_t>(i)];
    if (v.slice_axis >= 0) next->pitch = dims_[v.pitch_dim()];
    ++next;
  };
  for (size_t s = 0; s < program_.steps.size(); ++s) {
    for (int32_t v : program_.steps[s].inputs) place(v);
    for (int32_t v : program_.steps[s].outputs) place(v);
    const bool has_workspace = program_.steps[s].workspace_bytes != 0;
    arguments_[s].texts = from.texts;
    arguments_[s].workspace = has_workspace ? from.arena + profile.workspace_offsets[s] : nullptr;
  }
  if (late_) {
    std::copy(from.shapes->slots().begin(), from.shapes->slots().end(), late_->slots.begin());
    std::copy(from.shapes->begins().begin(), from.shapes->begins().end(), late_->begins.begin());
    std::copy(from.addresses.begin(), from.addresses.end(), late_->addresses.begin());
    std::copy(from.allocators.begin(), from.allocators.end(), late_->allocators.begin());
    late_->profile = &profile;
    late_->profile_number = from.shapes->profile();
    late_->pool = from.pool;
    late_->control = from.control;
    late_->complete = false;
  }
  texts_ = from.texts;
  version_ = from.version;
}

/// Values whose size only the inputs of a region give: their buffers grow before any pointer into them is taken.
void Launch::find_pooled(const ProfileProgram& profile, SidePool& pool) {
  for (size_t i = 0; i < program_.values.size(); ++i) {
    const ProgramValue& v = program_.values[i];
    const int32_t slot = profile.pool_slots[i];
    if (slot < 0 || v.known_after > 0) continue;
    pool.reserve(slot, tensor_bytes(v.dtype, std::span(dims_).subspan(v.first_dim, static_cast<size_t>(v.rank))));
  }
}

void Launch::write_shape_tensors(const ShapeState& shapes) {
  for (size_t i = 0; i < program_.values.size(); ++i) {
    const ProgramValue& v = program_.values[i];
    if (v.root != static_cast<int32_t>(i)) continue;
    if (v.storage == plan::Storage::kShape) write_elements(v.root, shapes.slots());
    if (v.storage != plan::Storage::kInput || !program_.io[static_cast<size_t>(v.io)].shape_io) continue;
    const size_t width = static_cast<size_t>(bits(v.dtype)) / 8;
    for (size_t k = 0; k < shapes.input_values(v.io).size(); ++k)
      write_integer(shape_bytes_.data() + v.shape_offset + k * width, v.dtype, shapes.input_values(v.io)[k]);
  }
}

void Launch::write_elements(int32_t value, std::span<const int64_t> slots) {
  const ProgramValue& v = program_.value(value);
  const size_t width = static_cast<size_t>(bits(v.dtype)) / 8;
  for (size_t k = 0; k < v.elements.size(); ++k)
    write_integer(shape_bytes_.data() + v.shape_offset + k * width, v.dtype, v.elements[k].eval(slots));
}

void Launch::set_profiler(const Profiler& profiler) {
  profiler_ = profiler;
  if (profiler_.report) times_.resize(program_.steps.size());
}

void Launch::run() noexcept {
  const bool is_whole = !program_.is_region;  // a region's texts live as long as those around it
  if (is_whole && texts_) texts_->reset();
  late_ ? run_late() : run_steps(0, arguments_.size());
  if (is_whole && texts_) report_texts();
  if (profiler_.report) report_times();
}

void Launch::run_steps(size_t begin, size_t end) noexcept {
  if (profiler_.report) return run_profiled(begin, end);
  for (size_t s = begin; s < end; ++s) program_.steps[s].kernel->run(arguments_[s]);
}

void Launch::run_profiled(size_t begin, size_t end) noexcept {
  using Clock = std::chrono::steady_clock;
  Clock::time_point before = Clock::now();
  for (size_t s = begin; s < end; ++s) {
    program_.steps[s].kernel->run(arguments_[s]);
    const Clock::time_point after = Clock::now();
    times_[s] = std::chrono::duration<float, std::milli>(after - before).count();
    before = after;
  }
}

void Launch::report_texts() noexcept {
  if (text_status_.ok() && !texts_->failed()) return;
  try {
    text_status_ = texts_->failed() ? Status(Error(ErrorCode::kInvalidArgument, texts_->failure())) : Status();
  } catch (const std::bad_alloc&) {
    text_status_ = Status::out_of_memory();
  }
}

void Launch::report_times() noexcept {
  if (!status().ok()) return;
  for (size_t s = 0; s < arguments_.size(); ++s)
    profiler_.report(profiler_.argument, program_.document.steps[s].name.c_str(), times_[s]);
}

// After the exchange another thread may destroy the launch: futex_wake() takes the address alone.
void Launch::end() noexcept {
  if (state_.exchange(kIdle, std::memory_order_acq_rel) == kAwaited) futex_wake(state_, INT_MAX);
}

void Launch::wait() noexcept {
  uint32_t state = kPending;
  state_.compare_exchange_strong(state, kAwaited, std::memory_order_acquire);
  while (state_.load(std::memory_order_acquire) == kAwaited) futex_wait(state_, kAwaited);
}

}  // namespace dvt::runtime
