#include "api/runtime/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace dvt::api {
namespace {

/// A file descriptor that closes itself.
struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

Blob map_file(const char* path) {
  const Descriptor file{::open(path, O_RDONLY | O_CLOEXEC)};
  struct stat info {};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0)
    throw Error(ErrorCode::kIo, "cannot open '", path, "': ", std::strerror(errno));
  if (!S_ISREG(info.st_mode)) throw Error(ErrorCode::kIo, "'", path, "' is not a regular file");
  const auto size = static_cast<size_t>(info.st_size);
  if (size == 0) return Blob::copy({});
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) throw Error(ErrorCode::kIo, "cannot map '", path, "': ", std::strerror(errno));
  std::shared_ptr<const void> owner(data, [size](const void* p) { ::munmap(const_cast<void*>(p), size); });
  return Blob({static_cast<const std::byte*>(data), size}, std::move(owner));
}

}  // namespace dvt::api
