#include "base/mapped_file.h"

#include <sys/mman.h>

#include "base/file.h"
#include "base/file_descriptor.h"

namespace dvt {

Blob map_file(const std::string& path) {
  const file_detail::Descriptor file(path, O_RDONLY);
  const struct stat status = file.status(path);
  if (!S_ISREG(status.st_mode) || status.st_size == 0) return read_file(path);  // an empty file cannot be mapped
  const auto size = static_cast<size_t>(status.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) {
    if (errno == ENODEV) return read_file(path);  // the file system does not map
    file_detail::fail("map", path, errno);
  }
  std::shared_ptr<const void> owner(data, [size](const void* p) { ::munmap(const_cast<void*>(p), size); });
  return Blob({static_cast<const std::byte*>(data), size}, std::move(owner));
}

}  // namespace dvt
