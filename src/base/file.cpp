#include "base/file.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <vector>

#include "base/file_descriptor.h"

namespace dvt {
namespace {

using file_detail::fail;

[[noreturn]] void too_large(const std::string& path, size_t max_size) {
  throw Error(ErrorCode::kIo, "'", path, "' has more than the ", max_size, " bytes that are read here");
}

}  // namespace

Blob read_file(const std::string& path, size_t max_size) {
  const file_detail::Descriptor file(path, O_RDONLY);
  const struct stat status = file.status(path);
  if (status.st_size > 0 && static_cast<uint64_t>(status.st_size) > max_size) too_large(path, max_size);
  // Read up to the end rather than to the size: files in /proc, pipes and files that grow have another.
  constexpr size_t kPiece = size_t{1} << 20;
  std::byte* data = nullptr;
  size_t capacity = status.st_size > 0 ? static_cast<size_t>(status.st_size) + 1 : kPiece, size = 0;
  Blob blob = Blob::allocate(capacity, &data);
  while (true) {
    if (size == capacity) {
      std::byte* larger = nullptr;
      Blob moved = Blob::allocate(2 * capacity, &larger);
      std::memcpy(larger, data, size);
      blob = std::move(moved);
      data = larger;
      capacity *= 2;
    }
    const ssize_t got = ::read(file.get(), data + size, std::min(capacity - size, size_t{1} << 30));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", path, errno);
    if (got == 0) break;
    size += static_cast<size_t>(got);
    if (size > max_size) too_large(path, max_size);
  }
  return Blob({data, size}, blob.owner());
}

std::string read_text_file(const std::string& path, size_t max_size) {
  const Blob bytes = read_file(path, max_size);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  struct stat status {};
  const bool direct = ::stat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  if (direct && S_ISDIR(status.st_mode)) fail("write", path_, EISDIR);
  if (direct) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    static std::atomic<unsigned> counter{0};
    temporary_ = concat(path_, ".", ::getpid(), ".", counter.fetch_add(1), ".part");
    descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  }
  if (descriptor_ < 0) {
    const int error = errno;
    temporary_.clear();
    fail("create", path_, error);
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), std::min(bytes.size(), size_t{1} << 30));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("write", path_, errno);
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
}

void AtomicFile::write_at(uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put =
        ::pwrite(descriptor_, bytes.data(), std::min(bytes.size(), size_t{1} << 30), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("write", path_, errno);
    bytes = bytes.subspan(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
}

bool AtomicFile::has_at(uint64_t offset, std::span<const std::byte> bytes) const {
  std::vector<std::byte> piece(std::min(bytes.size(), size_t{1} << 20));
  while (!bytes.empty()) {
    const ssize_t got =
        ::pread(descriptor_, piece.data(), std::min(bytes.size(), piece.size()), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", path_, errno);
    const auto count = static_cast<size_t>(got);
    if (count == 0 || std::memcmp(piece.data(), bytes.data(), count) != 0) return false;
    bytes = bytes.subspan(count);
    offset += count;
  }
  return true;
}

void AtomicFile::commit() {
  const int closed = ::close(descriptor_);
  descriptor_ = -1;
  if (closed != 0) fail("write", path_, errno);
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("rename to", path_, errno);
  temporary_.clear();
}

void write_file(const std::string& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file(const std::string& path, std::string_view text) { write_file(path, std::as_bytes(std::span(text))); }

}  // namespace dvt
