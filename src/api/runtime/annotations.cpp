#include "api/runtime/annotations.h"

#include <charconv>

#include "base/error.h"

namespace dvt::api {
namespace {

std::vector<std::string> split(const std::string& text, size_t most) {
  std::vector<std::string> words;
  size_t begin = 0;
  while (words.size() + 1 < most) {
    const size_t end = text.find('\t', begin);
    if (end == std::string::npos) break;
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  words.push_back(text.substr(begin));
  return words;
}

[[noreturn]] void fail(const std::string& text) {
  throw Error(ErrorCode::kInvalidPlan, "plan: the annotation '", text, "' makes no sense");
}

int64_t number(const std::string& word, const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) fail(text);
  return value;
}

void read_format(const runtime::IoTensor& tensor, const std::vector<std::string>& words, const std::string& text,
                 IoAnnotation& io) {
  io.format = format_info(static_cast<TensorFormat>(number(words[2], text)));
  io.channels = number(words[3], text);
  if (io.format == nullptr || io.channels < 0) fail(text);
  const int rank = static_cast<int>(tensor.dims.size()) - (io.format->channels_last ? 0 : 1);
  if (rank < io.format->trailing) fail(text);
  // The channels that the plan's memory has must be those that the format makes of this number.
  const std::vector<int64_t> logical = logical_dims(*io.format, tensor.dims, io.channels);
  if (memory_dims(*io.format, logical) != tensor.dims) fail(text);
}

}  // namespace

Annotations read_annotations(const runtime::Engine& engine) {
  Annotations all;
  all.io.resize(engine.io_tensors().size());
  for (const std::string& text : engine.document().annotations) {
    const std::vector<std::string> words = split(text, text.starts_with("assert\t") ? 3 : 4);
    const auto io = [&](const std::string& name) {
      const int index = engine.find_io(name);
      if (index < 0) fail(text);
      return static_cast<size_t>(index);
    };
    if (words[0] == "alias" && words.size() == 3) {
      const runtime::IoTensor& input = engine.io_tensors()[io(words[2])];
      const size_t output = io(words[1]);
      if (!input.is_input || engine.io_tensors()[output].is_input) fail(text);
      all.io[output].alias = input.name;
    } else if (words[0] == "format" && words.size() == 4) {
      const size_t i = io(words[1]);
      read_format(engine.io_tensors()[i], words, text, all.io[i]);
    } else if (words[0] == "assert" && words.size() == 3) {
      all.conditions.push_back({parse_dim(words[1]), words[2]});
    }
    // Other words are of a later version, which says by the plan's version when they must be understood.
  }
  return all;
}

}  // namespace dvt::api
