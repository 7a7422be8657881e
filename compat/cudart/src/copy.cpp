#include "copy.h"

#include <cstring>
#include <memory>
#include <vector>

#include "capture.h"
#include "error.h"
#include "memory.h"
#include "stream.h"

namespace dvt::cudart {
namespace {

/// Bytes from the first of a region to its last.
size_t extent(size_t pitch, size_t width, size_t height) { return height == 0 ? 0 : pitch * (height - 1) + width; }

/// What CUDA knows as device memory lies in an allocation; page-locked host memory is in the device's reach too.
bool is_device(const void* address, size_t count) {
  const std::optional<Allocation> found = find_allocation(address);
  return found && found->holds(address, count);
}

bool is_host(const void* address, size_t count) {
  const std::optional<Allocation> found = find_allocation(address);
  return !found || (found->kind != MemoryKind::kDevice && found->holds(address, count));
}

/// Anything that does not run past the end of its allocation.
bool is_memory(const void* address, size_t count) {
  const std::optional<Allocation> found = find_allocation(address);
  return !found || found->holds(address, count);
}

/// Memory that the process may change as soon as the call has returned, as CUDA promises for what is not page-locked.
bool pageable(const void* address) { return !find_allocation(address); }

}  // namespace

cudaError_t check_copy(const Region& r, cudaMemcpyKind kind) {
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) return cudaErrorInvalidMemcpyDirection;
  if (r.width == 0 || r.height == 0) return cudaSuccess;
  if (r.to == nullptr || r.from == nullptr) return cudaErrorInvalidValue;
  if (r.width > r.to_pitch || r.width > r.from_pitch) return cudaErrorInvalidPitchValue;
  const size_t to = extent(r.to_pitch, r.width, r.height), from = extent(r.from_pitch, r.width, r.height);
  bool good = false;
  switch (kind) {
    case cudaMemcpyHostToHost:
      good = is_host(r.to, to) && is_host(r.from, from);
      break;
    case cudaMemcpyHostToDevice:
      good = is_device(r.to, to) && is_host(r.from, from);
      break;
    case cudaMemcpyDeviceToHost:
      good = is_host(r.to, to) && is_device(r.from, from);
      break;
    case cudaMemcpyDeviceToDevice:
      good = is_device(r.to, to) && is_device(r.from, from);
      break;
    case cudaMemcpyDefault:
      good = is_memory(r.to, to) && is_memory(r.from, from);
      break;
  }
  return good ? cudaSuccess : cudaErrorInvalidValue;
}

void copy(const Region& r) {
  if (r.width == 0 || r.height == 0) return;
  if (r.width == r.to_pitch && r.width == r.from_pitch) {
    std::memmove(r.to, r.from, r.width * r.height);
    return;
  }
  for (size_t y = 0; y < r.height; ++y)
    std::memmove(static_cast<std::byte*>(r.to) + y * r.to_pitch,
                 static_cast<const std::byte*>(r.from) + y * r.from_pitch, r.width);
}

cudaError_t check_fill(const cudaMemsetParams& p) {
  const size_t row = p.width * p.elementSize;
  if (p.elementSize != 1 && p.elementSize != 2 && p.elementSize != 4) return cudaErrorInvalidValue;
  if (row == 0 || p.height == 0) return cudaSuccess;
  if (p.dst == nullptr) return cudaErrorInvalidValue;
  if (p.height > 1 && row > p.pitch) return cudaErrorInvalidPitchValue;
  return is_device(p.dst, extent(p.pitch, row, p.height)) ? cudaSuccess : cudaErrorInvalidValue;
}

void fill(const cudaMemsetParams& p) {
  if (p.width == 0) return;
  for (size_t y = 0; y < p.height; ++y) {
    std::byte* row = static_cast<std::byte*>(p.dst) + y * p.pitch;
    if (p.elementSize == 1) {
      std::memset(row, static_cast<int>(p.value), p.width);
      continue;
    }
    for (size_t x = 0; x < p.width; ++x) std::memcpy(row + x * p.elementSize, &p.value, p.elementSize);
  }
}

namespace {

/// In a stream's order. The source may be changed once the call has returned when it is pageable; a pageable
/// destination is written when the call returns.
cudaError_t copy_async(const Region& region, cudaMemcpyKind kind, cudaStream_t handle) {
  if (const cudaError_t error = check_copy(region, kind); error != cudaSuccess) return error;
  return with_stream(handle, [&](Stream& stream) {
    const bool captured = stream.capturing.load(std::memory_order_relaxed);
    if (region.width == 0 || region.height == 0) return cudaSuccess;
    if (!captured && !stream.named() && pageable(region.from)) {
      auto staged = std::make_shared<std::vector<std::byte>>(region.width * region.height);
      copy({staged->data(), region.from, region.width, region.from_pitch, region.width, region.height});
      Region from_stage = region;
      from_stage.from = staged->data();
      from_stage.from_pitch = region.width;
      const cudaError_t error = submit(stream, cudaGraphNodeTypeMemcpy, [from_stage, staged] { copy(from_stage); });
      if (error == cudaSuccess && pageable(region.to) && !Stream::on_a_stream()) stream.wait();
      return error;
    }
    const cudaError_t error = submit(stream, cudaGraphNodeTypeMemcpy, [region] { copy(region); });
    if (error == cudaSuccess && !captured && pageable(region.to) && !Stream::on_a_stream()) stream.wait();
    return error;
  });
}

cudaError_t copy_now(const Region& region, cudaMemcpyKind kind) {
  if (const cudaError_t error = check_copy(region, kind); error != cudaSuccess) return error;
  return with_stream(
      nullptr, [&](Stream& legacy) { return submit(legacy, cudaGraphNodeTypeMemcpy, [region] { copy(region); }); });
}

Region line(void* to, const void* from, size_t count) { return {to, from, count, count, count, 1}; }

/// Slices of a 3D copy as one list of 2D copies.
cudaError_t slices(const cudaMemcpy3DParms* p, std::vector<Region>& regions) {
  if (p == nullptr) return cudaErrorInvalidValue;
  if (p->srcArray != nullptr || p->dstArray != nullptr) return cudaErrorNotSupported;  // there are no arrays
  const auto at = [](const cudaPitchedPtr& ptr, const cudaPos& pos, size_t z) {
    return static_cast<std::byte*>(ptr.ptr) + ((pos.z + z) * ptr.ysize + pos.y) * ptr.pitch + pos.x;
  };
  for (size_t z = 0; z < p->extent.depth; ++z) {
    const Region region{at(p->dstPtr, p->dstPos, z),
                        at(p->srcPtr, p->srcPos, z),
                        p->dstPtr.pitch,
                        p->srcPtr.pitch,
                        p->extent.width,
                        p->extent.height};
    if (const cudaError_t error = check_copy(region, p->kind); error != cudaSuccess) return error;
    regions.push_back(region);
  }
  return cudaSuccess;
}

cudaError_t fill_async(void* to, size_t pitch, int value, size_t width, size_t height, cudaStream_t handle) {
  const cudaMemsetParams p{to, pitch, static_cast<unsigned char>(value), 1, width, height};
  if (const cudaError_t error = check_fill(p); error != cudaSuccess) return error;
  return with_stream(handle, [&](Stream& stream) { return submit(stream, cudaGraphNodeTypeMemset, [p] { fill(p); }); });
}

/// A symbol is a variable of the program; its size is known to the caller only.
cudaError_t with_symbol(const void* symbol, size_t offset, cudaMemcpyKind kind, cudaMemcpyKind expected,
                        std::byte*& address) {
  if (symbol == nullptr) return cudaErrorInvalidSymbol;
  if (kind != expected && kind != cudaMemcpyDeviceToDevice && kind != cudaMemcpyDefault)
    return cudaErrorInvalidMemcpyDirection;
  address = static_cast<std::byte*>(const_cast<void*>(symbol)) + offset;
  return cudaSuccess;
}

}  // namespace
}  // namespace dvt::cudart

using namespace dvt::cudart;

cudaError_t cudaMemcpy(void* dst, const void* src, size_t count, cudaMemcpyKind kind) {
  return call([&] { return copy_now(line(dst, src, count), kind); });
}

cudaError_t cudaMemcpyAsync(void* dst, const void* src, size_t count, cudaMemcpyKind kind, cudaStream_t stream) {
  return call([&] { return copy_async(line(dst, src, count), kind, stream); });
}

cudaError_t cudaMemcpyPeer(void* dst, int dstDevice, const void* src, int srcDevice, size_t count) {
  return call([&] {
    if (dstDevice != 0 || srcDevice != 0) return cudaErrorInvalidDevice;
    return copy_now(line(dst, src, count), cudaMemcpyDeviceToDevice);
  });
}

cudaError_t cudaMemcpyPeerAsync(void* dst, int dstDevice, const void* src, int srcDevice, size_t count,
                                cudaStream_t stream) {
  return call([&] {
    if (dstDevice != 0 || srcDevice != 0) return cudaErrorInvalidDevice;
    return copy_async(line(dst, src, count), cudaMemcpyDeviceToDevice, stream);
  });
}

cudaError_t cudaMemcpy2D(void* dst, size_t dpitch, const void* src, size_t spitch, size_t width, size_t height,
                         cudaMemcpyKind kind) {
  return call([&] { return copy_now({dst, src, dpitch, spitch, width, height}, kind); });
}

cudaError_t cudaMemcpy2DAsync(void* dst, size_t dpitch, const void* src, size_t spitch, size_t width, size_t height,
                              cudaMemcpyKind kind, cudaStream_t stream) {
  return call([&] { return copy_async({dst, src, dpitch, spitch, width, height}, kind, stream); });
}

cudaError_t cudaMemcpy3D(const cudaMemcpy3DParms* p) { return cudaMemcpy3DAsync(p, nullptr); }

cudaError_t cudaMemcpy3DAsync(const cudaMemcpy3DParms* p, cudaStream_t stream) {
  return call([&] {
    std::vector<Region> regions;
    if (const cudaError_t error = slices(p, regions); error != cudaSuccess) return error;
    for (const Region& r : regions)
      if (const cudaError_t error = copy_async(r, p->kind, stream); error != cudaSuccess) return error;
    return cudaSuccess;
  });
}

cudaError_t cudaMemcpyToSymbol(const void* symbol, const void* src, size_t count, size_t offset, cudaMemcpyKind kind) {
  return cudaMemcpyToSymbolAsync(symbol, src, count, offset, kind, nullptr);
}

cudaError_t cudaMemcpyToSymbolAsync(const void* symbol, const void* src, size_t count, size_t offset,
                                    cudaMemcpyKind kind, cudaStream_t stream) {
  return call([&] {
    std::byte* to = nullptr;
    const cudaError_t error = with_symbol(symbol, offset, kind, cudaMemcpyHostToDevice, to);
    return error != cudaSuccess ? error : copy_async(line(to, src, count), cudaMemcpyDefault, stream);
  });
}

cudaError_t cudaMemcpyFromSymbol(void* dst, const void* symbol, size_t count, size_t offset, cudaMemcpyKind kind) {
  return cudaMemcpyFromSymbolAsync(dst, symbol, count, offset, kind, nullptr);
}

cudaError_t cudaMemcpyFromSymbolAsync(void* dst, const void* symbol, size_t count, size_t offset, cudaMemcpyKind kind,
                                      cudaStream_t stream) {
  return call([&] {
    std::byte* from = nullptr;
    const cudaError_t error = with_symbol(symbol, offset, kind, cudaMemcpyDeviceToHost, from);
    return error != cudaSuccess ? error : copy_async(line(dst, from, count), cudaMemcpyDefault, stream);
  });
}

cudaError_t cudaMemset(void* devPtr, int value, size_t count) { return cudaMemsetAsync(devPtr, value, count, nullptr); }

cudaError_t cudaMemsetAsync(void* devPtr, int value, size_t count, cudaStream_t stream) {
  return call([&] { return fill_async(devPtr, count, value, count, 1, stream); });
}

cudaError_t cudaMemset2D(void* devPtr, size_t pitch, int value, size_t width, size_t height) {
  return cudaMemset2DAsync(devPtr, pitch, value, width, height, nullptr);
}

cudaError_t cudaMemset2DAsync(void* devPtr, size_t pitch, int value, size_t width, size_t height, cudaStream_t stream) {
  return call([&] { return fill_async(devPtr, pitch, value, width, height, stream); });
}
