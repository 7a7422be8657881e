#include "onnx/external_data.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/error.h"

namespace dvt::onnx {
namespace {

/// An open file or folder; closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Splits at '/', and refuses what would leave the folder.
std::vector<std::string> components(const std::string& location, const std::string& tensor) {
  const auto refuse = [&](std::string_view why) {
    throw Error(ErrorCode::kInvalidModel, "the tensor '", tensor, "' is in the file '", location.c_str(), "', which ",
                why, "; external data must lie in the model's own folder");
  };
  if (location.find('\0') != std::string::npos) refuse("has a zero byte in its name");
  if (location.front() == '/') refuse("is an absolute path");
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= location.size();) {
    const size_t end = std::min(location.find('/', begin), location.size());
    const std::string part = location.substr(begin, end - begin);
    begin = end + 1;
    if (part == "..") refuse("leads out of the folder with '..'");
    if (!part.empty() && part != ".") parts.push_back(part);
  }
  if (parts.empty()) refuse("names no file");
  return parts;
}

Descriptor open_inside(const std::string& folder, const std::string& location, const std::string& tensor) {
  const auto fail = [&](const std::string& part, int error) {
    const char* why =
        error == ELOOP || error == ENOTDIR ? "is a symbolic link, or not what the path says" : std::strerror(error);
    throw Error(ErrorCode::kIo, "cannot open '", location, "', which holds the tensor '", tensor, "': '", part,
                "': ", why, " (in '", folder, "')");
  };
  const std::vector<std::string> parts = components(location, tensor);
  // Each component is opened relative to the one before it without following links, so that nothing that is swapped
  // in meanwhile can lead elsewhere.
  Descriptor at(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (at.get() < 0) fail(folder, errno);
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    const int flags =
        last ? O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC : O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC;
    Descriptor next(::openat(at.get(), parts[i].c_str(), flags));
    if (next.get() < 0) fail(parts[i], errno);
    at = std::move(next);
  }
  return at;
}

Blob map_checked(const Descriptor& file, const std::string& location, const std::string& tensor) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0)
    throw Error(ErrorCode::kIo, "cannot read '", location, "': ", std::strerror(errno));
  if (!S_ISREG(info.st_mode))
    throw Error(ErrorCode::kInvalidModel, "the tensor '", tensor, "' is in '", location,
                "', which is not a regular file");
  if (info.st_nlink > 1)
    throw Error(ErrorCode::kInvalidModel, "the tensor '", tensor, "' is in '", location, "', which has ", info.st_nlink,
                " names (hard links), so that it may belong elsewhere; replace it by a copy");
  const auto size = static_cast<size_t>(info.st_size);
  if (size == 0) return Blob();
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED)
    throw Error(ErrorCode::kIo, "cannot map '", location, "' (", size, " bytes): ", std::strerror(errno));
  std::shared_ptr<const void> owner(data, [size](const void* p) { ::munmap(const_cast<void*>(p), size); });
  return Blob({static_cast<const std::byte*>(data), size}, std::move(owner));
}

}  // namespace

const Blob& ExternalFiles::map(const std::string& location, const std::string& tensor) {
  const auto found = files_.find(location);
  if (found != files_.end()) return found->second;
  if (folder_.empty())
    throw Error(ErrorCode::kInvalidModel, "the tensor '", tensor, "' is in another file, '", location,
                "', and the model was given as bytes without a path; parse it from its file");
  const Descriptor file = open_inside(folder_, location, tensor);
  return files_.emplace(location, map_checked(file, location, tensor)).first->second;
}

Blob ExternalFiles::read(const Tensor& tensor) {
  const ExternalData& where = *tensor.external;
  const Blob& file = map(where.location, tensor.name);
  const uint64_t needed = tensor.byte_size();
  if (where.has_length && where.length != needed)
    throw Error(ErrorCode::kInvalidModel, "the tensor '", tensor.name, "' needs ", needed,
                " bytes; the model says that it has ", where.length, " in '", where.location, "'");
  if (where.offset > file.size() || needed > file.size() - where.offset)
    throw Error(ErrorCode::kInvalidModel, "the tensor '", tensor.name, "' is at bytes ", where.offset, " to ",
                where.offset + needed, " of '", where.location, "', which has ", file.size(), " bytes");
  return Blob(file.bytes().subspan(where.offset, needed), file.owner());
}

}  // namespace dvt::onnx
