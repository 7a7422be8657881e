#pragma once
#include <cstring>
#include <new>
#include <span>

#include "api/host_memory.h"
#include "api/public.h"

namespace dvt::api {

/// Nothing is made at run time, so there is nothing to keep: the bytes are a word that says whose they are.
class RuntimeCache final : public IRuntimeCache {
 public:
  IHostMemory* serialize() const noexcept override {
    return new (std::nothrow) HostMemory(Blob(std::as_bytes(std::span(kBytes)), nullptr));
  }
  bool deserialize(void const* blob, std::size_t size) noexcept override {
    return blob != nullptr && size == sizeof kBytes && std::memcmp(blob, kBytes, size) == 0;
  }
  bool reset() noexcept override { return true; }

 private:
  static constexpr char kBytes[] = {'d', 'v', 't', 'c'};
};

class RuntimeConfig final : public IRuntimeConfig {
 public:
  explicit RuntimeConfig(ExecutionContextAllocationStrategy strategy = ExecutionContextAllocationStrategy::kSTATIC)
      : strategy_(strategy) {}
  void setExecutionContextAllocationStrategy(ExecutionContextAllocationStrategy strategy) noexcept override {
    strategy_ = strategy;
  }
  ExecutionContextAllocationStrategy getExecutionContextAllocationStrategy() const noexcept override {
    return strategy_;
  }
  IRuntimeCache* createRuntimeCache() const noexcept override { return new (std::nothrow) RuntimeCache(); }
  bool setRuntimeCache(IRuntimeCache const& cache) noexcept override {
    cache_ = const_cast<IRuntimeCache*>(&cache);
    return true;
  }
  IRuntimeCache* getRuntimeCache() const noexcept override { return cache_; }
  void setDynamicShapesKernelSpecializationStrategy(
      DynamicShapesKernelSpecializationStrategy strategy) noexcept override {
    specialization_ = strategy;
  }
  DynamicShapesKernelSpecializationStrategy getDynamicShapesKernelSpecializationStrategy() const noexcept override {
    return specialization_;
  }
  bool setCudaGraphStrategy(CudaGraphStrategy strategy) noexcept override {
    graphs_ = strategy;
    return true;
  }
  CudaGraphStrategy getCudaGraphStrategy() const noexcept override { return graphs_; }

 private:
  ExecutionContextAllocationStrategy strategy_;
  IRuntimeCache* cache_ = nullptr;
  DynamicShapesKernelSpecializationStrategy specialization_ = DynamicShapesKernelSpecializationStrategy::kLAZY;
  CudaGraphStrategy graphs_ = CudaGraphStrategy::kDISABLED;
};

class SerializationConfig final : public ISerializationConfig {
 public:
  bool setFlags(SerializationFlags flags) noexcept override {
    if ((flags >> EnumMax<SerializationFlag>()) != 0) return false;
    flags_ = flags;
    return true;
  }
  SerializationFlags getFlags() const noexcept override { return flags_; }
  bool clearFlag(SerializationFlag flag) noexcept override { return setFlags(flags_ & ~bit(flag)); }
  bool setFlag(SerializationFlag flag) noexcept override { return setFlags(flags_ | bit(flag)); }
  bool getFlag(SerializationFlag flag) const noexcept override { return (flags_ & bit(flag)) != 0; }

 private:
  static SerializationFlags bit(SerializationFlag flag) { return 1U << static_cast<uint32_t>(flag); }
  SerializationFlags flags_ = 0;
};

}  // namespace dvt::api
