// Running a context: enqueue, outputs that the user allocates, times for the profiler, memory.

#include "api/convert.h"
#include "api/runtime/context.h"
#include "api/runtime/stream.h"
#include "api/wall.h"
#include "ops/op.h"

namespace dvt::api {

// The hot path: nothing here allocates, locks or logs unless something is wrong.
bool Context::run(runtime::Stream* stream) noexcept {
  if (profiler_ != nullptr) layer_times_.clear();
  const runtime::Status status = context_->enqueue(stream);
  if (status.ok()) return true;
  reporter_.error(status.error());
  return false;
}

bool Context::enqueueV3(cudaStream_t stream) noexcept {
  return guarded(reporter_, false, [&] {
    StreamView view(stream);
    if (!shared_->annotations.conditions.empty()) check_conditions();
    if (!output_allocators_.empty()) allocate_outputs(stream);
    if (!run(view.get())) return false;
    if (input_consumed_ != nullptr && !to_event(input_consumed_).record(&to_event(input_consumed_), stream))
      throw Error(ErrorCode::kInvalidState, "the event for consumed inputs could not be recorded on the stream");
    return true;
  });
}

bool Context::executeV2(void* const* bindings) noexcept {
  const bool bound = guarded(reporter_, [&] {
    if (bindings == nullptr) throw Error(ErrorCode::kInvalidArgument, "executeV2: bindings is nullptr");
    const std::span<const runtime::IoTensor> tensors = shared_->engine->io_tensors();
    for (size_t i = 0; i < tensors.size(); ++i) context_->set_address(tensors[i].name, bindings[i]);
  });
  return bound && enqueueV3(nullptr);
}

namespace {

constexpr uint64_t kOutputAlignment = 64;

}  // namespace

// Where shapes follow from the inputs, allocators are asked, and told the shape, up front; else in the run.
void Context::allocate_outputs(cudaStream_t stream) {
  const std::vector<std::string> missing = context_->infer_shapes();
  if (!missing.empty())
    throw Error(ErrorCode::kInvalidState, "the shape or values of input '", missing.front(), "' are not set");
  for (const auto& a : output_allocators_) {
    a->stream = stream;
    const runtime::IoTensor& tensor = io(a->name.c_str());
    if (shared_->engine->is_late(tensor.name)) continue;
    const std::vector<int64_t> dims = shape(a->name);
    int64_t count = 1;
    for (int64_t d : dims) count *= d;
    const uint64_t bytes = byte_size(tensor.dtype, count);
    void* memory = OutputAllocator::reallocate(a.get(), context_->address(a->name), bytes);
    if (memory == nullptr)
      throw Error(ErrorCode::kOutOfMemory, "the output allocator gave no memory for '", a->name, "' (", bytes,
                  " bytes)");
    context_->set_address(a->name, memory);
    OutputAllocator::notify(a.get(), dims);
  }
}

void* Context::OutputAllocator::reallocate(void* self, void* current, size_t bytes) noexcept {
  const auto& a = *static_cast<OutputAllocator*>(self);
  return a.allocator->reallocateOutputAsync(a.name.c_str(), current, std::max<size_t>(bytes, 1), kOutputAlignment,
                                            a.stream);
}

void Context::OutputAllocator::notify(void* self, std::span<const int64_t> dims) noexcept {
  const auto& a = *static_cast<OutputAllocator*>(self);
  const IoAnnotation& io = *a.annotation;
  const std::vector<int64_t> memory(dims.begin(), dims.end());
  const std::vector<int64_t> shape = io.format == nullptr ? memory : logical_dims(*io.format, memory, io.channels);
  a.allocator->notifyShape(a.name.c_str(), to_public(std::span<const int64_t>(shape)));
}

void Context::on_failure(void* self, const Error& error) noexcept {
  static_cast<Context*>(self)->reporter_.error(error);
}

bool Context::setInputConsumedEvent(cudaEvent_t event) noexcept {
  return guarded(reporter_, [&] {
    if (event != nullptr) to_event(event);  // refuses what is none
    input_consumed_ = event;
  });
}

void Context::setDeviceMemoryV2(void* memory, int64_t size) noexcept {
  guarded(reporter_, [&] {
    if (config_.getExecutionContextAllocationStrategy() != ExecutionContextAllocationStrategy::kUSER_MANAGED)
      throw Error(
          ErrorCode::kInvalidState,
          "the context has memory of its own; create it with ExecutionContextAllocationStrategy::kUSER_MANAGED");
    if (size < 0) throw Error(ErrorCode::kInvalidArgument, "the size of the device memory is negative: ", size);
    context_->set_device_memory(memory, static_cast<size_t>(size));
  });
}

std::size_t Context::updateDeviceMemorySizeForShapes() noexcept {
  return guarded(reporter_, std::size_t{0}, [&] { return shared_->engine->memory(context_->profile()).arena_bytes; });
}

void Context::take_memory(cudaStream_t stream) {
  const bool one_profile =
      config_.getExecutionContextAllocationStrategy() == ExecutionContextAllocationStrategy::kON_PROFILE_CHANGE;
  const runtime::Engine& engine = *shared_->engine;
  const size_t bytes = (one_profile ? engine.memory(context_->profile()) : engine.memory()).arena_bytes;
  context_->wait();  // Runs that are under way use what is given back.
  memory_.reset(allocator_, bytes, stream);
  context_->set_device_memory(memory_.data(), memory_.size());
}

bool Context::setTemporaryStorageAllocator(IGpuAllocator* allocator) noexcept {
  return guarded(reporter_, [&] {
    allocator_ = allocator;
    // Without an allocator the memory that there is stays: it is large enough.
    if (owns_memory() && allocator != nullptr) take_memory(nullptr);
  });
}

// Only for networks with assertions: this allocates.
void Context::check_conditions() const {
  SymbolValues values;
  for (const runtime::IoTensor& t : shared_->engine->io_tensors()) {
    if (!t.is_input) continue;
    const std::vector<int64_t> dims = shape(t.name);
    for (size_t i = 0; i < dims.size(); ++i) values[concat(t.name, ".d", i)] = dims[i];
    const void* data = context_->address(t.name);
    if (!t.shape_io || data == nullptr) continue;
    int64_t count = 1;
    for (int64_t d : dims) count *= d;
    const ops::ReadView view(t.dtype, dims, data);
    for (int64_t i = 0; i < count; ++i) values[concat(t.name, "[", i, "]")] = view.get_int(i);
  }
  for (const Condition& c : shared_->annotations.conditions)
    if (c.holds.eval(values) == 0) throw Error(ErrorCode::kInvalidState, "an assertion does not hold: ", c.message);
}

void Context::on_step(void* self, const char* step, float ms) noexcept {
  auto* context = static_cast<Context*>(self);
  if (context->enqueue_emits_profile_) {
    context->profiler_->reportLayerTime(step, ms);
    return;
  }
  try {
    context->layer_times_.push_back({step, ms});
  } catch (const std::bad_alloc&) {
    context->reporter_.error(ErrorCode::kOutOfMemory, "layer times were lost: out of host memory");
  }
}

void Context::setProfiler(IProfiler* profiler) noexcept {
  profiler_ = profiler;
  context_->set_profiler(profiler == nullptr ? runtime::Profiler{} : runtime::Profiler{&Context::on_step, this});
}

bool Context::reportToProfiler() const noexcept {
  if (profiler_ == nullptr) {
    reporter_.error(ErrorCode::kInvalidState, "reportToProfiler: no profiler is set");
    return false;
  }
  for (const LayerTime& t : layer_times_) profiler_->reportLayerTime(t.name, t.ms);
  return true;
}

bool Context::setDebugListener(IDebugListener* listener) noexcept {
  debug_listener_ = listener;
  return true;
}

bool Context::setTensorDebugState(char const* name, bool) noexcept {
  reporter_.error(ErrorCode::kInvalidArgument,
                  concat("tensor '", name, "' was not marked for debugging when the engine was built"));
  return false;
}

bool Context::setUnfusedTensorsDebugState(bool flag) noexcept {
  if (!flag) return true;
  reporter_.error(ErrorCode::kInvalidArgument,
                  "unfused tensors were not marked for debugging when the engine was built");
  return false;
}

bool Context::setCommunicator(void* communicator) noexcept {
  if (communicator == nullptr) return true;
  reporter_.error(ErrorCode::kUnsupported, "an engine runs on one device: there is nothing to communicate with");
  return false;
}

bool Context::setNvtxVerbosity(ProfilingVerbosity verbosity) noexcept {
  nvtx_verbosity_ = verbosity;
  return true;
}

}  // namespace dvt::api
