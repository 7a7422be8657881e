#include "cli/parse_model.h"

#include <cerrno>
#include <cstdlib>
#include <map>

#include "base/concat.h"
#include "cli/exit_codes.h"

namespace dovetail::cli {
namespace {

using dvt::concat;

/// Shapes of NAME[0], NAME[1]… tell how many items the sequence NAME has, and of which rank.
void tell_sequences(onnx::IParser& parser, const std::vector<std::string>& shapes) {
  std::map<std::string, std::map<size_t, Dims>> sequences;
  for (const std::string& text : shapes) {
    const ShapeSpec s = parse_shape_spec(text);
    const size_t open = s.input.rfind('['), end = s.input.size();
    if (open == std::string::npos || open == 0 || s.input.back() != ']' || end - open > 8) continue;
    const std::string index = s.input.substr(open + 1, end - open - 2);
    if (index.empty() || index.find_first_not_of("0123456789") != std::string::npos) continue;
    sequences[s.input.substr(0, open)][std::stoul(index)] = to_dims(std::vector<int64_t>(s.min.size(), -1));
  }
  for (const auto& [name, items] : sequences) {
    std::vector<Dims> dims;
    for (const auto& [i, item] : items) {
      if (i != dims.size())
        throw Failure(kUsage, concat("--shapes names '", name, "[", i, "]' and no '", name, "[", dims.size(), "]'"));
      dims.push_back(item);
    }
    parser.setInputShapes(name.c_str(), dims.data(), static_cast<int32_t>(dims.size()));
  }
}

template <class T>
void append(Array& a, T number) {
  const auto* bytes = reinterpret_cast<const std::byte*>(&number);
  a.bytes.insert(a.bytes.end(), bytes, bytes + sizeof number);
}

/// "5", "[1,2,3]", "[0.5]": INT64 where all numbers are whole, else FLOAT64. The parser turns them into the input's
/// type.
Array parse_numbers(const std::string& whole, std::string text) {
  Array a;
  const bool list = text.starts_with('[') && text.ends_with(']');
  if (list) text = text.substr(1, text.size() - 2);
  a.type = text.find_first_of(".enEN") == std::string::npos ? DataType::kINT64 : DataType::kFLOAT64;
  const char *at = text.data(), *const end = at + text.size();
  int64_t count = 0;
  while (at != end) {
    char* after = nullptr;
    errno = 0;
    if (a.type == DataType::kINT64)
      append(a, static_cast<int64_t>(std::strtoll(at, &after, 10)));
    else
      append(a, std::strtod(at, &after));
    ++count;
    if (after == at || errno != 0 || (after != end && (*after != ',' || after + 1 == end)))
      throw Failure(kUsage, concat("--value '", whole, "': expected NAME=5, NAME=[1,2,3] or NAME=FILE.npy"));
    at = after == end ? end : after + 1;
  }
  if (!list && count != 1)
    throw Failure(kUsage, concat("--value '", whole, "': one number, or several between [ and ]"));
  if (list) a.dims = {count};
  return a;
}

void tell_values(onnx::IParser& parser, const std::vector<std::string>& values) {
  for (const std::string& text : values) {
    const size_t at = text.find('=');
    if (at == std::string::npos || at == 0)
      throw Failure(kUsage, concat("--value '", text, "': expected NAME=5, NAME=[1,2,3] or NAME=FILE.npy"));
    const std::string value = text.substr(at + 1);
    const Array a = value.ends_with(".npy") ? read_npy(value) : parse_numbers(text, value);
    if (!parser.setInputValues(text.substr(0, at).c_str(), to_dims(a.dims), {a.type, a.bytes.data(), a.volume()}))
      throw Failure(kUsage, concat("--value '", text, "' was refused"));
  }
}

}  // namespace

void parse_model(const std::string& model, INetworkDefinition& network, const BuildFlags& flags, Logger& logger) {
  std::unique_ptr<onnx::IParser> parser(onnx::createParser(network, logger));
  tell_sequences(*parser, flags.shapes);
  tell_values(*parser, flags.values);
  if (parser->parseFromFile(model.c_str(), static_cast<int>(ILogger::Severity::kWARNING))) return;
  bool unsupported = false;
  for (int i = 0; i < parser->getNbErrors(); ++i) {
    const auto code = parser->getError(i)->code();
    unsupported |= code >= onnx::ErrorCode::kUNSUPPORTED_GRAPH && code <= onnx::ErrorCode::kUNSUPPORTED_NODE_SHAPE;
  }
  throw Failure(unsupported ? kUnsupported : kFailed, concat("'", model, "' could not be read as an ONNX model"));
}

}  // namespace dovetail::cli
