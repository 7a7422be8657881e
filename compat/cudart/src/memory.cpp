#include "memory.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <string>

#include "capture.h"
#include "error.h"
#include "stream.h"

namespace dvt::cudart {
namespace {

constexpr size_t kAlignment = 512;

struct Table {
  std::mutex mutex;
  std::map<uintptr_t, Allocation> by_base;
  size_t used = 0;  // bytes of device and managed memory
};

Table& table() {
  static auto* t = new Table();
  return *t;
}

uintptr_t number(const void* address) { return reinterpret_cast<uintptr_t>(address); }
bool on_device(MemoryKind kind) { return kind == MemoryKind::kDevice || kind == MemoryKind::kManaged; }

/// The first allocation that begins after an address, and the one before it.
Allocation* containing(Table& t, const void* address) {
  auto it = t.by_base.upper_bound(number(address));
  if (it == t.by_base.begin()) return nullptr;
  --it;
  return it->second.holds(address, 0) && number(address) < it->first + std::max<size_t>(it->second.bytes, 1)
             ? &it->second
             : nullptr;
}

bool overlaps(Table& t, const void* address, size_t size) {
  if (containing(t, address)) return true;
  const auto next = t.by_base.lower_bound(number(address));
  return next != t.by_base.end() && next->first < number(address) + size;
}

size_t read_number(const char* path, size_t otherwise) {
  std::ifstream file(path);
  size_t value = 0;
  return file >> value ? value : otherwise;
}

/// What the machine has, or what the process may use of it.
size_t total_memory() {
  static const size_t total = [] {
    const auto machine = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t v2 = read_number("/sys/fs/cgroup/memory.max", machine);
    const size_t v1 = read_number("/sys/fs/cgroup/memory/memory.limit_in_bytes", machine);
    return std::min({machine, v1, v2});
  }();
  return total;
}

size_t available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string word;
  size_t kilobytes = 0;
  while (file >> word)
    if (word == "MemAvailable:" && file >> kilobytes) return kilobytes * 1024;
  return total_memory();
}

}  // namespace

std::optional<Allocation> find_allocation(const void* address) {
  Table& t = table();
  const std::lock_guard lock(t.mutex);
  const Allocation* found = containing(t, address);
  return found ? std::optional(*found) : std::nullopt;
}

MemoryInfo memory_info() {
  Table& t = table();
  const std::lock_guard lock(t.mutex);
  const size_t total = total_memory();
  return {std::min(available_memory(), total - std::min(total, t.used)), total};
}

cudaError_t allocate(void** to, size_t size, MemoryKind kind, unsigned flags) {
  if (to == nullptr) return cudaErrorInvalidValue;
  *to = nullptr;
  if (size == 0) return cudaSuccess;
  Table& t = table();
  const std::lock_guard lock(t.mutex);
  if (size > total_memory() || (on_device(kind) && t.used > total_memory() - size)) return cudaErrorMemoryAllocation;
  void* memory = std::aligned_alloc(kAlignment, (size + kAlignment - 1) / kAlignment * kAlignment);
  if (memory == nullptr) return cudaErrorMemoryAllocation;
  t.by_base[number(memory)] = {static_cast<std::byte*>(memory), size, kind, flags};
  if (on_device(kind)) t.used += size;
  *to = memory;
  return cudaSuccess;
}

cudaError_t release(void* address, bool device_side) {
  if (address == nullptr) return cudaSuccess;
  Table& t = table();
  {
    const std::lock_guard lock(t.mutex);
    const auto it = t.by_base.find(number(address));
    if (it == t.by_base.end()) return cudaErrorInvalidValue;
    const MemoryKind kind = it->second.kind;
    if (device_side ? !on_device(kind) : kind != MemoryKind::kHost) return cudaErrorInvalidValue;
    if (on_device(kind)) t.used -= it->second.bytes;
    t.by_base.erase(it);
  }
  std::free(address);
  return cudaSuccess;
}

}  // namespace dvt::cudart

using namespace dvt::cudart;

namespace {

cudaError_t allocate_now(void** to, size_t size, MemoryKind kind, unsigned flags) {
  if (const cudaError_t error = refuse_unsafe(); error != cudaSuccess) return error;
  return allocate(to, size, kind, flags);
}

/// Pending work may still use the memory.
cudaError_t release_now(void* address, bool device_side) {
  if (const cudaError_t error = refuse_unsafe(); error != cudaSuccess) return error;
  if (address != nullptr) wait_for_streams(false);
  return release(address, device_side);
}

}  // namespace

cudaError_t cudaMalloc(void** devPtr, size_t size) {
  return call([&] { return allocate_now(devPtr, size, MemoryKind::kDevice, 0); });
}

cudaError_t cudaMallocHost(void** ptr, size_t size) { return cudaHostAlloc(ptr, size, cudaHostAllocDefault); }

cudaError_t cudaHostAlloc(void** pHost, size_t size, unsigned int flags) {
  return call([&] {
    constexpr unsigned kAllowed = cudaHostAllocPortable | cudaHostAllocMapped | cudaHostAllocWriteCombined;
    if ((flags & ~kAllowed) != 0) return cudaErrorInvalidValue;
    return allocate_now(pHost, size, MemoryKind::kHost, flags);
  });
}

cudaError_t cudaMallocManaged(void** devPtr, size_t size, unsigned int flags) {
  return call([&] {
    if (size == 0 || (flags != cudaMemAttachGlobal && flags != cudaMemAttachHost)) return cudaErrorInvalidValue;
    return allocate_now(devPtr, size, MemoryKind::kManaged, flags);
  });
}

cudaError_t cudaMallocPitch(void** devPtr, size_t* pitch, size_t width, size_t height) {
  return call([&] {
    if (pitch == nullptr || width > SIZE_MAX / 2) return cudaErrorInvalidValue;
    *pitch = (width + kAlignment - 1) / kAlignment * kAlignment;
    if (height != 0 && *pitch > SIZE_MAX / height) return cudaErrorMemoryAllocation;
    return allocate_now(devPtr, *pitch * height, MemoryKind::kDevice, 0);
  });
}

cudaError_t cudaMalloc3D(cudaPitchedPtr* pitchedDevPtr, cudaExtent extent) {
  return call([&] {
    if (pitchedDevPtr == nullptr) return cudaErrorInvalidValue;
    if (extent.depth != 0 && extent.height > SIZE_MAX / extent.depth) return cudaErrorMemoryAllocation;
    pitchedDevPtr->xsize = extent.width;
    pitchedDevPtr->ysize = extent.height;
    return cudaMallocPitch(&pitchedDevPtr->ptr, &pitchedDevPtr->pitch, extent.width, extent.height * extent.depth);
  });
}

// Memory in the order of a stream: it is there at once, and freed when the stream gets to it. In a graph it lives as
// long as the graph.
cudaError_t cudaMallocAsync(void** devPtr, size_t size, cudaStream_t stream) {
  return call([&] {
    return with_stream(stream, [&](Stream& s) {
      const cudaError_t error = allocate(devPtr, size, MemoryKind::kDevice, 0);
      if (error != cudaSuccess || !s.capturing.load(std::memory_order_relaxed)) return error;
      const std::shared_ptr<void> owner(*devPtr, [](void* p) { release(p, true); });
      return add_captured(s, cudaGraphNodeTypeMemAlloc, [owner] {});
    });
  });
}

cudaError_t cudaFreeAsync(void* devPtr, cudaStream_t stream) {
  return call([&] {
    const std::optional<Allocation> found = find_allocation(devPtr);
    if (!found || found->base != devPtr || found->kind != MemoryKind::kDevice) return cudaErrorInvalidValue;
    return with_stream(stream, [&](Stream& s) {
      if (s.capturing.load(std::memory_order_relaxed)) return add_captured(s, cudaGraphNodeTypeMemFree, {});
      return submit(s, cudaGraphNodeTypeMemFree, [devPtr] { release(devPtr, true); });
    });
  });
}

cudaError_t cudaFree(void* devPtr) {
  return call([&] { return release_now(devPtr, true); });
}

cudaError_t cudaFreeHost(void* ptr) {
  return call([&] { return release_now(ptr, false); });
}

cudaError_t cudaHostRegister(void* ptr, size_t size, unsigned int flags) {
  return call([&] {
    constexpr unsigned kAllowed =
        cudaHostRegisterPortable | cudaHostRegisterMapped | cudaHostRegisterIoMemory | cudaHostRegisterReadOnly;
    if (ptr == nullptr || size == 0 || (flags & ~kAllowed) != 0) return cudaErrorInvalidValue;
    Table& t = table();
    const std::lock_guard lock(t.mutex);
    if (overlaps(t, ptr, size)) return cudaErrorHostMemoryAlreadyRegistered;
    t.by_base[number(ptr)] = {static_cast<std::byte*>(ptr), size, MemoryKind::kRegistered, flags};
    return cudaSuccess;
  });
}

cudaError_t cudaHostUnregister(void* ptr) {
  return call([&] {
    if (ptr == nullptr) return cudaErrorInvalidValue;
    wait_for_streams(false);
    Table& t = table();
    const std::lock_guard lock(t.mutex);
    const auto it = t.by_base.find(number(ptr));
    if (it == t.by_base.end() || it->second.kind != MemoryKind::kRegistered) return cudaErrorHostMemoryNotRegistered;
    t.by_base.erase(it);
    return cudaSuccess;
  });
}

cudaError_t dovetailCudaRegisterSymbol(const void* symbol, size_t size) {
  return call([&] {
    Table& t = table();
    const std::lock_guard lock(t.mutex);
    t.by_base[number(symbol)] = {static_cast<std::byte*>(const_cast<void*>(symbol)), size, MemoryKind::kSymbol, 0};
    return cudaSuccess;
  });
}

cudaError_t cudaHostGetDevicePointer(void** pDevice, void* pHost, unsigned int flags) {
  return call([&] {
    const std::optional<Allocation> found = find_allocation(pHost);
    const bool host = found && (found->kind == MemoryKind::kHost || found->kind == MemoryKind::kRegistered);
    if (pDevice == nullptr || flags != 0 || !host) return cudaErrorInvalidValue;
    *pDevice = pHost;
    return cudaSuccess;
  });
}

cudaError_t cudaHostGetFlags(unsigned int* pFlags, void* pHost) {
  return call([&] {
    const std::optional<Allocation> found = find_allocation(pHost);
    if (pFlags == nullptr || !found || found->kind != MemoryKind::kHost) return cudaErrorInvalidValue;
    *pFlags = found->flags | cudaHostAllocMapped;
    return cudaSuccess;
  });
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* ptr) {
  return call([&] {
    if (attributes == nullptr) return cudaErrorInvalidValue;
    const std::optional<Allocation> found = find_allocation(ptr);
    void* p = const_cast<void*>(ptr);
    *attributes = {cudaMemoryTypeUnregistered, cudaInvalidDeviceId, nullptr, p};
    if (!found) return cudaSuccess;
    switch (found->kind) {
      case MemoryKind::kDevice:
      case MemoryKind::kSymbol:
        *attributes = {cudaMemoryTypeDevice, 0, p, nullptr};
        break;
      case MemoryKind::kManaged:
        *attributes = {cudaMemoryTypeManaged, 0, p, p};
        break;
      default:
        *attributes = {cudaMemoryTypeHost, 0, p, p};
    }
    return cudaSuccess;
  });
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  return call([&] {
    if (free == nullptr || total == nullptr) return cudaErrorInvalidValue;
    const MemoryInfo info = memory_info();
    *free = info.free;
    *total = info.total;
    return cudaSuccess;
  });
}

cudaError_t cudaMemPrefetchAsync(const void* devPtr, size_t count, int dstDevice, cudaStream_t stream) {
  return call([&] {
    const std::optional<Allocation> found = find_allocation(devPtr);
    if (!found || found->kind != MemoryKind::kManaged || !found->holds(devPtr, count)) return cudaErrorInvalidValue;
    if (dstDevice != 0 && dstDevice != cudaCpuDeviceId) return cudaErrorInvalidDevice;
    return with_stream(stream, [](Stream&) { return cudaSuccess; });
  });
}

cudaError_t cudaMemAdvise(const void* devPtr, size_t count, cudaMemoryAdvise advice, int device) {
  return call([&] {
    const std::optional<Allocation> found = find_allocation(devPtr);
    if (!found || found->kind != MemoryKind::kManaged || !found->holds(devPtr, count)) return cudaErrorInvalidValue;
    if (advice < cudaMemAdviseSetReadMostly || advice > cudaMemAdviseUnsetAccessedBy) return cudaErrorInvalidValue;
    return device == 0 || device == cudaCpuDeviceId ? cudaSuccess : cudaErrorInvalidDevice;
  });
}
