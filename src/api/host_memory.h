#pragma once
#include <memory>
#include <string>
#include <utility>

#include "api/public.h"
#include "base/blob.h"

namespace dvt::api {

/// Bytes handed to the user, shared with whoever else holds them.
class HostMemory final : public IHostMemory {
 public:
  explicit HostMemory(Blob blob, DataType type = DataType::kINT8) : blob_(std::move(blob)), type_(type) {}
  void* data() const noexcept override { return const_cast<std::byte*>(blob_.data()); }
  std::size_t size() const noexcept override { return blob_.size(); }
  DataType type() const noexcept override { return type_; }

 private:
  Blob blob_;
  DataType type_;
};

/// A container's bytes, moved into shared ownership without a copy.
template <class Container>
Blob to_blob(Container bytes) {
  auto owner = std::make_shared<const Container>(std::move(bytes));
  return Blob(std::as_bytes(std::span(owner->data(), owner->size())), owner);
}

}  // namespace dvt::api
