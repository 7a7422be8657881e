#include "hostile_run.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "runtime/context.h"
#include "runtime/engine.h"

namespace dvt::runtime {
namespace {

constexpr size_t kMaxBytes = 1 << 20;

/// Memory that ends at the start of a forbidden page.
class GuardedMemory {
 public:
  explicit GuardedMemory(size_t bytes) {
    const size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE)), used = (bytes + page - 1) / page * page;
    mapped_ = used + page;
    base_ =
        static_cast<std::byte*>(::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base_ == MAP_FAILED || ::mprotect(base_ + used, page, PROT_NONE) != 0) std::abort();
    data_ = base_ + used - bytes;
  }
  GuardedMemory(GuardedMemory&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)), data_(other.data_), mapped_(other.mapped_) {}
  ~GuardedMemory() {
    if (base_) ::munmap(base_, mapped_);
  }
  std::byte* data() const { return data_; }

 private:
  std::byte *base_ = nullptr, *data_ = nullptr;
  size_t mapped_ = 0;
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

/// Touches every byte of an output.
void read_texts(Context& context, const std::string& name) {
  int64_t count = 1;
  for (int64_t d : context.tensor_shape(name)) count *= d;
  const auto* views = static_cast<const TextView*>(context.address(name));
  size_t sum = 0;
  for (int64_t i = 0; i < count; ++i)
    for (char c : views[i].view()) sum += static_cast<unsigned char>(c);
  volatile size_t seen = sum;  // not optimised away
  (void)seen;
}

void run_at(const Engine& engine, Context& context, const std::vector<int64_t> ProfileRange::*which) {
  for (const IoTensor& t : engine.io_tensors()) {
    if (!t.is_input) continue;
    context.set_input_shape(t.name, engine.profile_shape(context.profile(), t.name).*which);
    if (t.shape_io) context.set_input_values(t.name, engine.profile_values(context.profile(), t.name).*which);
  }
  std::vector<GuardedMemory> buffers;
  for (const IoTensor& t : engine.io_tensors()) {
    if (t.is_input && t.shape_io) continue;
    const bool late = engine.is_late(t.name);
    const size_t bytes = late ? context.max_bytes(t.name) : bytes_of(t, context.tensor_shape(t.name));
    if (bytes > kMaxBytes) return;
    context.set_address(t.name, buffers.emplace_back(bytes).data());
    if (!t.is_input) std::memset(buffers.back().data(), 0xcd, bytes);  // as text: addresses from anywhere
  }
  if (const Status status = context.enqueue(nullptr); !status) throw status.error();
  for (const IoTensor& t : engine.io_tensors())
    if (!t.is_input && t.dtype == DType::text) read_texts(context, t.name);
  for (const IoTensor& t : engine.io_tensors()) context.set_address(t.name, nullptr);
}

}  // namespace

bool load_and_run_everything(const Blob& plan, const backend::Device& device) {
  try {
    const auto engine = Engine::load(plan, device, {.threads = 1});
    for (int profile = 0; profile < engine->num_profiles(); ++profile) {
      if (engine->memory(profile).arena_bytes > kMaxBytes) continue;
      const auto context = engine->create_context({.own_memory = false});
      context->set_profile(profile);
      const GuardedMemory arena(engine->memory(profile).arena_bytes);
      std::memset(arena.data(), 0xcd, engine->memory(profile).arena_bytes);
      context->set_device_memory(arena.data(), engine->memory(profile).arena_bytes);
      for (auto which : {&ProfileRange::min, &ProfileRange::opt, &ProfileRange::max}) run_at(*engine, *context, which);
    }
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace dvt::runtime
