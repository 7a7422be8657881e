#include "api/runtime/context.h"

#include <algorithm>

#include "api/convert.h"
#include "api/runtime/stream.h"
#include "api/wall.h"

namespace dvt::api {

Context::Context(std::shared_ptr<EngineShared> shared, const Reporter& reporter,
                 ExecutionContextAllocationStrategy strategy)
    : shared_(std::move(shared)), reporter_(reporter), config_(strategy) {
  context_ = shared_->engine->create_context({.own_memory = owns_memory() && shared_->allocator == nullptr});
  context_->set_failure_listener({&Context::on_failure, this});
  allocator_ = shared_->allocator;
  if (owns_memory() && allocator_ != nullptr) take_memory(nullptr);
}

Context::~Context() noexcept = default;

const runtime::IoTensor& Context::io(char const* name) const {
  const int index = shared_->engine->find_io(required(name, "the tensor name"));
  if (index < 0) throw Error(ErrorCode::kInvalidArgument, "the engine has no input or output '", name, "'");
  return shared_->engine->io_tensors()[static_cast<size_t>(index)];
}

const runtime::IoTensor& Context::output(char const* name) const {
  const runtime::IoTensor& tensor = io(name);
  if (tensor.is_input) throw Error(ErrorCode::kInvalidArgument, "'", name, "' is an input, not an output");
  return tensor;
}

const IoAnnotation& Context::annotation(const runtime::IoTensor& tensor) const {
  return shared_->annotations.io[static_cast<size_t>(&tensor - shared_->engine->io_tensors().data())];
}

std::vector<int64_t> Context::logical(const runtime::IoTensor& tensor) const {
  const IoAnnotation& a = annotation(tensor);
  return a.format == nullptr ? shape(tensor.name) : logical_dims(*a.format, shape(tensor.name), a.channels);
}

bool Context::setInputShape(char const* name, Dims const& dims) noexcept {
  return guarded(reporter_, [&] {
    const runtime::IoTensor& tensor = io(name);
    if (!tensor.is_input)
      throw Error(ErrorCode::kInvalidArgument, "'", name, "' is an output; shapes are set on inputs");
    const IoAnnotation& a = annotation(tensor);
    if (a.format == nullptr) return context_->set_input_shape(name, to_span(dims, name));
    std::vector<int64_t> list = to_vector(dims, concat("the shape of '", name, "'"));
    const size_t rank = tensor.dims.size() - (a.format->channels_last ? 0 : 1);
    if (list.size() != rank || *(list.end() - a.format->trailing) != a.channels)
      throw Error(ErrorCode::kInvalidArgument, "'", name, "' has rank ", rank, " and ", a.channels, " channels");
    context_->set_input_shape(name, memory_dims(*a.format, std::move(list)));
  });
}

Dims Context::getTensorShape(char const* name) const noexcept {
  return guarded(reporter_, invalid_dims(), [&] { return to_public(logical(io(name))); });
}

Dims Context::getTensorStrides(char const* name) const noexcept {
  return guarded(reporter_, invalid_dims(), [&] {
    const runtime::IoTensor& tensor = io(name);
    return to_public(format_strides(annotation(tensor).format, logical(tensor)));
  });
}

int32_t Context::inferShapes(int32_t max_names, char const** names) noexcept {
  return guarded(reporter_, int32_t{-1}, [&] {
    const std::vector<std::string> missing = context_->infer_shapes();
    for (size_t i = 0; i < missing.size() && names != nullptr && static_cast<int64_t>(i) < max_names; ++i)
      names[i] = io(missing[i].c_str()).name.c_str();
    return static_cast<int32_t>(missing.size());
  });
}

bool Context::all_known() const {
  for (const runtime::IoTensor& t : shared_->engine->io_tensors()) {
    if (!t.is_input) continue;
    const std::vector<int64_t> dims = shape(t.name);
    if (std::any_of(dims.begin(), dims.end(), [](int64_t d) { return d < 0; })) return false;
  }
  return true;
}

bool Context::allInputDimensionsSpecified() const noexcept {
  return guarded(reporter_, false, [&] { return all_known(); });
}

bool Context::allInputShapesSpecified() const noexcept {
  return guarded(reporter_, false, [&] {
    for (const runtime::IoTensor& t : shared_->engine->io_tensors())
      if (t.is_input && t.shape_io && context_->address(t.name) == nullptr) return false;
    return true;
  });
}

bool Context::setOptimizationProfileAsync(int32_t profile, cudaStream_t stream) noexcept {
  return guarded(reporter_, [&] {
    context_->set_profile(profile);
    if (memory_.data() != nullptr &&
        config_.getExecutionContextAllocationStrategy() == ExecutionContextAllocationStrategy::kON_PROFILE_CHANGE)
      take_memory(stream);
  });
}

bool Context::setTensorAddress(char const* name, void* data) noexcept {
  return guarded(reporter_, [&] { context_->set_address(io(name).name, data); });
}

void const* Context::getTensorAddress(char const* name) const noexcept {
  return guarded(reporter_, static_cast<void const*>(nullptr),
                 [&]() -> void const* { return context_->address(io(name).name); });
}

bool Context::setInputTensorAddress(char const* name, void const* data) noexcept {
  return guarded(reporter_, [&] {
    if (!io(name).is_input) throw Error(ErrorCode::kInvalidArgument, "'", name, "' is an output, not an input");
    context_->set_address(name, const_cast<void*>(data));
  });
}

bool Context::setOutputTensorAddress(char const* name, void* data) noexcept {
  return guarded(reporter_, [&] { context_->set_address(output(name).name, data); });
}

void* Context::getOutputTensorAddress(char const* name) const noexcept {
  return guarded(reporter_, static_cast<void*>(nullptr), [&] { return context_->address(output(name).name); });
}

bool Context::setOutputAllocator(char const* name, IOutputAllocator* allocator) noexcept {
  return guarded(reporter_, [&] {
    const std::string& tensor = output(name).name;
    context_->set_output_allocator(tensor, {});
    std::erase_if(output_allocators_, [&](const auto& a) { return a->name == tensor; });
    if (allocator == nullptr) return;
    output_allocators_.push_back(
        std::make_unique<OutputAllocator>(OutputAllocator{tensor, allocator, &annotation(output(name))}));
    context_->set_output_allocator(
        tensor, {&OutputAllocator::reallocate, &OutputAllocator::notify, output_allocators_.back().get()});
  });
}

IOutputAllocator* Context::getOutputAllocator(char const* name) const noexcept {
  for (const auto& a : output_allocators_)
    if (name != nullptr && a->name == name) return a->allocator;
  return nullptr;
}

int64_t Context::getMaxOutputSize(char const* name) const noexcept {
  return guarded(reporter_, int64_t{-1}, [&] {
    const runtime::IoTensor& tensor = output(name);
    int64_t count = 1;
    for (int64_t d : shape(tensor.name)) {
      if (d < 0) {
        const size_t most = context_->max_bytes(tensor.name);
        return most == SIZE_MAX ? int64_t{-1} : static_cast<int64_t>(most);
      }
      count *= d;
    }
    return static_cast<int64_t>(byte_size(tensor.dtype, count));
  });
}

ICudaEngine const& Context::getEngine() const noexcept {
  if (Engine* engine = shared_->handle.load()) return *engine;
  if (!stand_in_) stand_in_ = std::make_unique<Engine>(shared_, reporter_);
  return *stand_in_;
}

void Context::setName(char const* name) noexcept {
  guarded(reporter_, [&] { name_ = required(name, "the context's name"); });
}

}  // namespace dvt::api
