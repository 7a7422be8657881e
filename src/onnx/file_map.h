#pragma once
#include <cstddef>
#include <string>
#include <utility>

#include "base/blob.h"

namespace dvt::onnx {

/// An open file or folder; closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }

 private:
  int fd_;
};

struct FileInfo {
  size_t size = 0;
  bool is_regular = false;
  size_t num_names = 1;  ///< Hard links.
};

/// Throws Error(kIo) naming the path.
FileInfo file_info(const Descriptor& file, const std::string& path);
/// The whole file, read-only; the mapping outlives the descriptor.
Blob map_file(const Descriptor& file, size_t size, const std::string& path);

}  // namespace dvt::onnx
