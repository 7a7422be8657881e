#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "base/error.h"

// What base/file.cpp and base/mapped_file.cpp share.

namespace dvt::file_detail {

[[noreturn]] inline void fail(std::string_view what, const std::string& path, int error) {
  throw Error(ErrorCode::kIo, "cannot ", what, " '", path, "': ", std::strerror(error), " (errno ", error, ")");
}

/// An open file; closed with the object.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : value_(::open(path.c_str(), flags | O_CLOEXEC)) {
    if (value_ < 0) fail("open", path, errno);
  }
  ~Descriptor() { ::close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  struct stat status(const std::string& path) const {
    struct stat s {};
    if (::fstat(value_, &s) != 0) fail("examine", path, errno);
    if (S_ISDIR(s.st_mode)) fail("read", path, EISDIR);
    return s;
  }

 private:
  int value_;
};

}  // namespace dvt::file_detail
