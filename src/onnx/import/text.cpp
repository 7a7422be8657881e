// Operators on strings. They are computed here, so their inputs have to be strings that the model holds.
#include <algorithm>
#include <set>

#include "onnx/constants.h"
#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

void set_strings(ImporterContext& c, int output, std::vector<int64_t> dims, std::vector<std::string> values) {
  Value value;
  value.strings = std::make_shared<Strings>(Strings{c.base_name(), std::move(dims), std::move(values)});
  c.set_output(output, std::move(value));
}

/// Index of the element of `dims` that element i of `target` shows, as NumPy broadcasts.
size_t broadcast_index(const std::vector<int64_t>& dims, const std::vector<int64_t>& target, size_t i) {
  size_t result = 0, stride = 1;
  for (size_t k = 0; k < target.size(); ++k) {
    const auto extent = static_cast<size_t>(target[target.size() - 1 - k]);
    const size_t at = i % extent;
    i /= extent;
    if (k >= dims.size()) continue;
    const auto own = static_cast<size_t>(dims[dims.size() - 1 - k]);
    result += own == 1 ? 0 : at * stride;
    stride *= own;
  }
  return result;
}

std::vector<int64_t> broadcast(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  std::vector<int64_t> result(std::max(a.size(), b.size()), 1);
  for (size_t k = 0; k < result.size(); ++k) {
    const int64_t x = k < a.size() ? a[a.size() - 1 - k] : 1, y = k < b.size() ? b[b.size() - 1 - k] : 1;
    if (x != y && x != 1 && y != 1) refuse(ParserCode::kINVALID_NODE)("the shapes of the strings do not broadcast");
    result[result.size() - 1 - k] = x == 1 ? y : x;
  }
  return result;
}

/// Letters of ASCII; what lies outside stays, as in the "C" locale.
std::string with_case(std::string text, const std::string& action) {
  for (char& ch : text) {
    if (action == "LOWER" && ch >= 'A' && ch <= 'Z') ch = static_cast<char>(ch - 'A' + 'a');
    if (action == "UPPER" && ch >= 'a' && ch <= 'z') ch = static_cast<char>(ch - 'a' + 'A');
  }
  return text;
}

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char ch) { return static_cast<unsigned char>(ch) < 128; });
}

/// At white space when there is no delimiter; at most `limit` splits, all of them when it is negative.
std::vector<std::string> split(const std::string& text, const std::string& delimiter, int64_t limit) {
  std::vector<std::string> parts;
  const std::string spaces = " \t\n\r\f\v";
  if (delimiter.empty()) {
    size_t at = text.find_first_not_of(spaces);
    while (at != std::string::npos) {
      const bool is_last = limit >= 0 && static_cast<int64_t>(parts.size()) == limit;
      const size_t end = is_last ? std::string::npos : text.find_first_of(spaces, at);
      parts.push_back(text.substr(at, end == std::string::npos ? end : end - at));
      at = end == std::string::npos ? end : text.find_first_not_of(spaces, end);
    }
    return parts;
  }
  size_t at = 0;
  for (;;) {
    const bool is_last = limit >= 0 && static_cast<int64_t>(parts.size()) == limit;
    const size_t end = is_last ? std::string::npos : text.find(delimiter, at);
    parts.push_back(text.substr(at, end == std::string::npos ? end : end - at));
    if (end == std::string::npos) return parts;
    at = end + delimiter.size();
  }
}

}  // namespace

void import_string_concat(ImporterContext& c) {
  const Strings &a = c.strings(0), &b = c.strings(1);
  const std::vector<int64_t> dims = broadcast(a.dims, b.dims);
  size_t count = 1;
  for (const int64_t d : dims) count *= static_cast<size_t>(d);
  std::vector<std::string> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(a.values[broadcast_index(a.dims, dims, i)] + b.values[broadcast_index(b.dims, dims, i)]);
  set_strings(c, 0, dims, std::move(values));
}

void import_string_split(ImporterContext& c) {
  const Strings& x = c.strings(0);
  const std::string delimiter = c.attribute_string("delimiter", "");
  const int64_t limit = c.attribute_int("maxsplit", -1);
  std::vector<std::vector<std::string>> rows;
  std::vector<int64_t> counts;
  size_t most = 0;
  for (const std::string& text : x.values) {
    rows.push_back(split(text, delimiter, limit));
    counts.push_back(static_cast<int64_t>(rows.back().size()));
    most = std::max(most, rows.back().size());
  }
  std::vector<std::string> values;
  for (std::vector<std::string>& row : rows) {
    row.resize(most);
    values.insert(values.end(), row.begin(), row.end());
  }
  std::vector<int64_t> dims = x.dims;
  dims.push_back(static_cast<int64_t>(most));
  set_strings(c, 0, dims, std::move(values));
  c.set_output(1, make_int64_constant(c.base_name(), x.dims, counts));
}

void import_string_normalizer(ImporterContext& c) {
  const Strings& x = c.strings(0);
  const std::string action = c.attribute_string("case_change_action", "NONE");
  const bool case_sensitive = c.attribute_bool("is_case_sensitive", false);
  const std::vector<std::string> given = c.attribute_strings("stopwords");
  if (x.dims.size() > 2 || x.dims.empty() || (x.dims.size() == 2 && x.dims[0] != 1))
    refuse(ParserCode::kINVALID_NODE)("the strings must be a list, or one row");
  std::set<std::string> stop_words;
  for (const std::string& word : given) stop_words.insert(case_sensitive ? word : with_case(word, "LOWER"));
  std::vector<std::string> kept;
  for (const std::string& text : x.values) {
    if (action != "NONE" && !is_ascii(text))
      refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("the case of letters outside ASCII is not changed: '", text, "'");
    if (stop_words.count(case_sensitive ? text : with_case(text, "LOWER")) == 0)
      kept.push_back(with_case(text, action));
  }
  if (kept.empty()) kept.emplace_back();  // the operator never gives an empty tensor
  std::vector<int64_t> dims = x.dims;
  dims.back() = static_cast<int64_t>(kept.size());
  set_strings(c, 0, dims, std::move(kept));
}

}  // namespace dvt::onnx
