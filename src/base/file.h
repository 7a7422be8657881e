#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/blob.h"

namespace dvt {

// Every failure is an Error(kIo) that names the path and the system's reason.

/// The whole file; also of pipes and devices, which have no size. More than `max_size` bytes are refused.
Blob read_file(const std::string& path, size_t max_size = SIZE_MAX);
std::string read_text_file(const std::string& path, size_t max_size = size_t{1} << 30);

/// Writes a file that appears whole or not at all: under another name in the same folder, renamed by commit().
/// A path that exists and is no regular file (a pipe, /dev/stdout) is written directly.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();  ///< Without commit(): removes what was written.
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  /// Otherwise bytes can only be written one behind the other.
  bool is_regular() const { return !temporary_.empty(); }
  /// Bytes may be written in any order; what lies between is zero.
  void write_at(uint64_t offset, std::span<const std::byte> bytes);
  /// Whether these bytes were written there.
  bool has_at(uint64_t offset, std::span<const std::byte> bytes) const;
  void commit();

 private:
  std::string path_, temporary_;
  int descriptor_ = -1;
};

void write_file(const std::string& path, std::span<const std::byte> bytes);
void write_file(const std::string& path, std::string_view text);

}  // namespace dvt
