// A run that learns shapes on its way: up to each step that reports sizes, then on with what they are.
#include "runtime/late_run.h"

#include <algorithm>
#include <chrono>

#include "backend/failure.h"
#include "base/error.h"
#include "runtime/launch.h"
#include "runtime/sizes.h"
#include "runtime/step_check.h"

namespace dvt::runtime {
namespace {

const std::string& step_name(const Program& p, const LatePoint& point) {
  return p.document.steps[static_cast<size_t>(point.step)].name;
}

}  // namespace

LateRun::LateRun(const Program& program)
    : slots(program.symbols.size()),
      begins(program.values.size()),
      operands(program.late.size()),
      before(program.late.size()),
      after(program.late.size()),
      allocators(program.io.size()),
      addresses(program.io.size()) {
  size_t most = 0, operand = 0;
  for (const LatePoint& point : program.late) most = std::max(most, point.sizes.size());
  reported.resize(most);
  size_t outputs = 0;
  for (const StepProgram& step : program.steps) outputs = std::max(outputs, step.outputs.size());
  placed.resize(outputs);
  for (const StepProgram& step : program.steps)
    for (const auto* list : {&step.inputs, &step.outputs})
      for (int32_t v : *list) {
        if (const int32_t after = program.value(v).known_after; after > 0)
          operands[static_cast<size_t>(after) - 1].emplace_back(operand, v);
        ++operand;
      }
}

void Launch::run_late() noexcept {
  LateRun& late = *late_;
  late.complete = false;
  late.status = Status();
  try {
    for (const LatePoint& point : program_.late)
      for (const LateSlot& size : point.sizes) late.slots[static_cast<size_t>(size.slot)] = 0;
    size_t next = 0;
    for (size_t p = 0; p < program_.late.size(); ++p) {
      const auto step = static_cast<size_t>(program_.late[p].step);
      run_steps(next, step);
      next = step + 1;
      if (program_.steps[step].control) {
        run_control(p);
        continue;
      }
      open(p);
      arguments_[step].late = late.reported.data();
      run_steps(step, step + 1);
      close(p);
    }
    run_steps(next, program_.steps.size());
    late.complete = true;
  } catch (const Error& e) {
    late.status = Status(e);
  } catch (const std::bad_alloc&) {
    late.status = Status::out_of_memory();
  }
}

/// Runs a step's regions; then its results have sizes, and memory, to which those are copied that are elsewhere.
void Launch::run_control(size_t p) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point before = Clock::now();
  LateRun& late = *late_;
  const LatePoint& point = program_.late[p];
  const auto number = static_cast<size_t>(point.step);
  const StepProgram& step = program_.steps[number];
  ControlState& state = *(*late.control)[number];
  try {
    for (size_t j = 0; j < step.outputs.size(); ++j)
      late.placed[j] = program_.value(step.outputs[j]).known_after <= static_cast<int32_t>(p);
    state.run(
        {arguments_[number].inputs, arguments_[number].outputs, late.placed, late.profile_number, late.slots, texts_});
    for (size_t i = 0; i < point.sizes.size(); ++i) {
      const auto [output, axis] = step.control->late_at[i];
      late.reported[i] = state.dims(output)[axis];
      const int64_t most = point.sizes[i].max ? point.sizes[i].max->eval(late.slots) : kMaxLate;
      late.slots[static_cast<size_t>(point.sizes[i].slot)] = std::clamp<int64_t>(most, 0, kMaxLate);
    }
    close(p);
    for (size_t j = 0; j < step.outputs.size(); ++j) state.deliver(j, arguments_[number].outputs[j]);
  } catch (Error& e) {
    throw std::move(e).at(concat("step '", step_name(program_, point), "'"));
  }
  if (profiler_.report) times_[number] = std::chrono::duration<float, std::milli>(Clock::now() - before).count();
}

/// Before a step that reports sizes: its results get the dims and the memory of the largest that they can be.
void Launch::open(size_t p) {
  LateRun& late = *late_;
  const LatePoint& point = program_.late[p];
  const StepProgram& step = program_.steps[static_cast<size_t>(point.step)];
  for (const LateSlot& size : point.sizes) {
    const int64_t most = size.max ? size.max->eval(late.slots) : kMaxLate;
    late.slots[static_cast<size_t>(size.slot)] = std::clamp<int64_t>(most, 0, kMaxLate);
  }
  for (size_t d : point.dims) dims_[d] = program_.dims[d].eval(late.slots);
  if (!late.before[p].count(late.slots)) {
    check_step(program_, step, dims_, late.slots);
    remember(late.before[p], late.slots);
  }
  for (int32_t v : step.outputs)
    if (program_.value(v).known_after == static_cast<int32_t>(p) + 1) place(v);
  refer(p);
}

/// Behind it: binds what it reported, and everything that is known with it.
void Launch::close(size_t p) {
  LateRun& late = *late_;
  const LatePoint& point = program_.late[p];
  for (size_t i = 0; i < point.sizes.size(); ++i) {
    int64_t& slot = late.slots[static_cast<size_t>(point.sizes[i].slot)];
    const int64_t most = slot, least = point.sizes[i].is_signed ? -most : 0;
    if (std::optional<Error> why; late.reported[i] == backend::kFailedSize && (why = backend::take_reason()))
      throw std::move(*why).at(concat("step '", step_name(program_, point), "'"));
    if (late.reported[i] < least || late.reported[i] > most)
      throw Error(ErrorCode::kInvalidArgument, "step '", step_name(program_, point), "' gives '",
                  program_.symbols[static_cast<size_t>(point.sizes[i].slot)], "' the value ", late.reported[i],
                  "; it must be in ", least, "..", most);
    slot = late.reported[i];
  }
  for (size_t d : point.dims) dims_[d] = program_.dims[d].eval(late.slots);
  const bool is_new = !late.after[p].count(late.slots);
  if (is_new) check_meetings(program_, static_cast<int32_t>(p) + 1, dims_, late.slots);
  for (int32_t v : point.values) place(v);
  if (is_new) {
    for (int32_t s : point.steps) check_step(program_, program_.steps[static_cast<size_t>(s)], dims_, late.slots);
    remember(late.after[p], late.slots);
  }
  refer(p);
}

/// Tells the operands of a point where their values are.
void Launch::refer(size_t p) {
  for (const auto& [operand, v] : late_->operands[p]) {
    operands_[operand].data = data_[static_cast<size_t>(v)];
    const ProgramValue& value = program_.value(v);
    if (value.slice_axis >= 0) operands_[operand].pitch = dims_[value.pitch_dim()];
  }
}

/// Finds the memory of a value whose dims have become known.
void Launch::place(int32_t value) {
  LateRun& late = *late_;
  const ProgramValue& v = program_.value(value);
  check_value(program_, *late.profile, late.profile_number, value, dims_, late.begins);
  std::byte*& data = data_[static_cast<size_t>(value)];
  if (v.source >= 0) {
    std::byte* base = data_[static_cast<size_t>(v.root)];
    data = base ? base + late.begins[static_cast<size_t>(value)] : nullptr;
    return;
  }
  const std::span<const int64_t> dims(dims_.data() + v.first_dim, static_cast<size_t>(v.rank));
  const size_t bytes = tensor_bytes(v.dtype, dims);
  switch (v.storage) {
    case plan::Storage::kArena:
      if (const int32_t slot = late.profile->pool_slots[static_cast<size_t>(value)]; slot >= 0)
        data = late.pool->reserve(slot, std::max<size_t>(bytes, 1));
      break;
    case plan::Storage::kShape:
      write_elements(value, late.slots);
      break;
    case plan::Storage::kOutput:
      data = late_output(v.io, dims, bytes);
      break;
    default:
      break;
  }
}

std::byte* Launch::late_output(int32_t io, std::span<const int64_t> dims, size_t bytes) {
  const OutputAllocator& allocator = late_->allocators[static_cast<size_t>(io)];
  void*& address = late_->addresses[static_cast<size_t>(io)];
  const std::string& name = program_.io[static_cast<size_t>(io)].name;
  if (allocator.reallocate) {
    void* memory = allocator.reallocate(allocator.argument, address, std::max<size_t>(bytes, 1));
    if (!memory)
      throw Error(ErrorCode::kOutOfMemory, "the output allocator gave no memory for '", name, "' (", bytes, " bytes)");
    address = memory;
  }
  const size_t most = late_->profile->max_bytes[static_cast<size_t>(program_.io_values[static_cast<size_t>(io)])];
  if (!allocator.reallocate && bytes > most)
    throw Error(ErrorCode::kInvalidArgument, "output '", name, "' needs ", bytes, " bytes, but at most ", most,
                " were to be expected in profile ", late_->profile_number);
  if (allocator.notify) allocator.notify(allocator.argument, dims);
  if (!address && bytes > 0)
    throw Error(ErrorCode::kInvalidState, "the address of output '", name, "' is not set, nor an allocator");
  return static_cast<std::byte*>(address);
}

const Status& Launch::status() const { return late_ && !late_->status.ok() ? late_->status : text_status_; }

void Launch::report_failure() const noexcept {
  if (listener_.report && !status().ok()) listener_.report(listener_.argument, status().error());
}

bool Launch::knows_late_shapes() const { return late_ && late_->complete; }

}  // namespace dvt::runtime
