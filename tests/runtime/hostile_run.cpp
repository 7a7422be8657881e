#include "hostile_run.h"

#include <memory>
#include <vector>

#include "base/error.h"
#include "fake_device.h"
#include "runtime/context.h"
#include "runtime/engine.h"

namespace dvt::runtime {
namespace {

constexpr size_t kMaxBytes = 1 << 20;

/// Memory of exactly the size of a tensor, freshly made so that a sanitizer knows its end.
struct Buffers {
  std::vector<std::unique_ptr<std::byte[]>> all;
  void* make(size_t bytes) { return all.emplace_back(new std::byte[bytes]()).get(); }
};

size_t bytes_of(const IoTensor& tensor, const std::vector<int64_t>& dims) {
  size_t count = 1;
  for (int64_t d : dims) {
    if (d < 0 || static_cast<size_t>(d) > kMaxBytes) return kMaxBytes + 1;
    count *= static_cast<size_t>(d);
    if (count > kMaxBytes) return kMaxBytes + 1;
  }
  return byte_size(tensor.dtype, static_cast<int64_t>(count));
}

void run_at(const Engine& engine, Context& context, const std::vector<int64_t> ProfileRange::*which) {
  for (const IoTensor& t : engine.io_tensors()) {
    if (!t.is_input) continue;
    context.set_input_shape(t.name, engine.profile_shape(context.profile(), t.name).*which);
    if (t.shape_io) context.set_input_values(t.name, engine.profile_values(context.profile(), t.name).*which);
  }
  Buffers buffers;
  for (const IoTensor& t : engine.io_tensors()) {
    if (t.is_input && t.shape_io) continue;
    const size_t bytes = bytes_of(t, context.tensor_shape(t.name));
    if (bytes > kMaxBytes) return;
    context.set_address(t.name, buffers.make(bytes));
  }
  if (const Status status = context.enqueue(nullptr); !status) throw status.error();
  for (const IoTensor& t : engine.io_tensors()) context.set_address(t.name, nullptr);
}

}  // namespace

bool load_and_run_everything(const Blob& plan) {
  try {
    const auto engine = Engine::load(plan, touching_device(), {.threads = 1});
    for (int profile = 0; profile < engine->num_profiles(); ++profile) {
      if (engine->memory(profile).arena_bytes > kMaxBytes) continue;
      const auto context = engine->create_context({.own_memory = false});
      context->set_profile(profile);
      // Memory that ends where the plan says that it does.
      const size_t bytes = engine->memory(profile).arena_bytes;
      const Blob arena = [&] {
        std::byte* data = nullptr;
        return Blob::allocate(bytes, &data);
      }();
      context->set_device_memory(const_cast<std::byte*>(arena.data()), bytes);
      for (auto which : {&ProfileRange::min, &ProfileRange::opt, &ProfileRange::max}) run_at(*engine, *context, which);
    }
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace dvt::runtime
