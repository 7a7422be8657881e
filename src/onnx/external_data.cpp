#include "onnx/external_data.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "onnx/file_map.h"

namespace dvt::onnx {
namespace {

/// Splits at '/', and refuses what would leave the folder.
std::vector<std::string> components(const std::string& location, const std::string& tensor) {
  const auto refuse = [&](std::string_view why) {
    throw Error(ErrorCode::kInvalidModel, "the tensor '", tensor, "' is in the file '", location, "', which ", why,
                "; external data must lie in the model's own folder");
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
  const FileInfo info = file_info(file, location);
  if (!info.is_regular)
    throw Error(ErrorCode::kInvalidModel, "the tensor '", tensor, "' is in '", location,
                "', which is not a regular file");
  if (info.num_names > 1)
    throw Error(ErrorCode::kInvalidModel, "the tensor '", tensor, "' is in '", location, "', which has ",
                info.num_names, " names (hard links), so that it may belong elsewhere; replace it by a copy");
  return map_file(file, info.size, location);
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
