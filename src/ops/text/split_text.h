#pragma once
#include <cstdint>
#include <string_view>

namespace dvt::ops {

/// Takes the parts of a text one by one. Without a delimiter they lie between runs of white space (of ASCII); with one,
/// empty parts count. The last of max_split + 1 parts is the rest as it is; a negative max_split is no limit.
class TextParts {
 public:
  TextParts(std::string_view text, std::string_view delimiter, int64_t max_split);
  /// Whether there was another part.
  bool next(std::string_view& part);

 private:
  std::string_view rest_, delimiter_;
  int64_t left_;
  bool done_ = false;
};

}  // namespace dvt::ops
