#pragma once
#include "api/public.h"

namespace dvt::api {

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

 private:
  ExecutionContextAllocationStrategy strategy_;
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
