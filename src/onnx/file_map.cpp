#include "onnx/file_map.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace dvt::onnx {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

FileInfo file_info(const Descriptor& file, const std::string& path) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) throw Error(ErrorCode::kIo, "cannot read '", path, "': ", std::strerror(errno));
  return {static_cast<size_t>(info.st_size), S_ISREG(info.st_mode), static_cast<size_t>(info.st_nlink)};
}

Blob map_file(const Descriptor& file, size_t size, const std::string& path) {
  if (size == 0) return Blob();
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED)
    throw Error(ErrorCode::kIo, "cannot map '", path, "' (", size, " bytes): ", std::strerror(errno));
  std::shared_ptr<const void> owner(data, [size](const void* p) { ::munmap(const_cast<void*>(p), size); });
  return Blob({static_cast<const std::byte*>(data), size}, std::move(owner));
}

}  // namespace dvt::onnx
