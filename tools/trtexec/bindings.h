#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <dovetail/dovetail.h>

#include "trtexec/log.h"
#include "trtexec/options.h"

namespace dovetail::trtexec {

/// Memory of one tensor, 64-byte aligned. It grows when an output turns out larger.
class Buffer {
 public:
  void reserve(size_t bytes);
  std::byte* data() const { return memory_.get(); }

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  std::unique_ptr<std::byte[], Free> memory_;
  size_t capacity_ = 0;
};

/// The inputs and outputs of one context: shapes set, inputs filled, addresses given. Outputs whose size is known only
/// after a run are allocated by the context through this object.
class Bindings : public IOutputAllocator {
 public:
  struct Tensor {
    std::string name;
    bool input = false;
    DataType type = DataType::kFLOAT;
    std::vector<int64_t> dims;
    Buffer memory;
    size_t bytes() const;
  };

  /// Throws Failure when a shape or file does not fit.
  Bindings(const Options& options, const ICudaEngine& engine, IExecutionContext& context, Log& log, bool say);
  Bindings(const Bindings&) = delete;
  Bindings& operator=(const Bindings&) = delete;

  const std::vector<std::unique_ptr<Tensor>>& tensors() const { return tensors_; }

  void* reallocateOutput(char const* name, void* current, uint64_t size, uint64_t alignment) noexcept override;
  void notifyShape(char const* name, Dims const& dims) noexcept override;

 private:
  Tensor* find(const char* name);
  std::vector<std::unique_ptr<Tensor>> tensors_;
};

/// Bits of an element.
int element_bits(DataType type);
bool is_whole(DataType type);
/// Element i of a tensor; of types of 64-bit integers above 2^53 the nearest number.
double element_value(const Bindings::Tensor& tensor, size_t i);
/// The same exactly, of integer types.
int64_t whole_value(const Bindings::Tensor& tensor, size_t i);

}  // namespace dovetail::trtexec
