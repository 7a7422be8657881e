// The text form of an operator. Text comes from plans and caches, so the parser trusts nothing: length, list lengths
// and every value are checked, and each refusal says what it met.
#include <algorithm>
#include <charconv>
#include <utility>

#include "ops/op.h"

namespace dvt::ops {
namespace {

constexpr size_t kMaxText = size_t{16} << 20;  // of vocabularies
constexpr size_t kMaxList = 4096;
constexpr size_t kMaxTexts = size_t{1} << 22;

/// Bytes outside printable ASCII as \xHH: problems, logs and the text of a graph are lines.
std::string quoted(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e) {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// Collects the text of every field, in declaration order.
class Printer final : public FieldVisitor {
 public:
  std::vector<std::pair<std::string_view, std::string>> fields;

  void field(std::string_view name, bool& v) override { fields.emplace_back(name, concat(v)); }
  void field(std::string_view name, int64_t& v) override { fields.emplace_back(name, concat(v)); }
  void field(std::string_view name, double& v) override { fields.emplace_back(name, concat(v)); }
  void field(std::string_view name, std::string& v) override { fields.emplace_back(name, quoted(v)); }
  void field(std::string_view name, DType& v) override { fields.emplace_back(name, concat(v)); }
  void field(std::string_view name, std::vector<int64_t>& v) override { list(name, v); }
  void field(std::string_view name, std::vector<double>& v) override { list(name, v); }
  void field(std::string_view name, std::vector<Dim>& v) override { list(name, v); }
  void field(std::string_view name, std::vector<std::string>& v) override {
    std::vector<std::string> texts;
    for (const std::string& text : v) texts.push_back(quoted(text));
    list(name, texts);
  }
  void enum_field(std::string_view name, int& v, std::span<const std::string_view> names) override {
    fields.emplace_back(name, std::string(names[static_cast<size_t>(v)]));
  }

 private:
  template <class T>
  void list(std::string_view name, const std::vector<T>& v) {
    std::string text = "[";
    for (size_t i = 0; i < v.size(); ++i) {
      if (i > 0) text += ',';
      text += concat(v[i]);
    }
    text += ']';
    fields.emplace_back(name, std::move(text));
  }
};

[[noreturn]] void refuse(std::string_view what, std::string_view text) {
  throw Error(ErrorCode::kInvalidArgument, "operator text: ", what, " at '", text.substr(0, 60), "'");
}

std::string_view trim(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

/// Splits at commas outside brackets, parentheses and quotes; refuses what does not balance.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  if (trim(text).empty()) return parts;
  std::string open;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i)
        if (text[i] == '\\') ++i;
      if (i >= text.size()) refuse("a quote that is not closed", text.substr(begin));
    } else if (c == '(' || c == '[') {
      open += c;
    } else if (c == ')' || c == ']') {
      if (open.empty() || open.back() != (c == ')' ? '(' : '['))
        refuse("a bracket without its partner", text.substr(i));
      open.pop_back();
    } else if (c == ',' && open.empty()) {
      parts.push_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  if (!open.empty()) refuse("a bracket that is not closed", text);
  parts.push_back(trim(text.substr(begin)));
  return parts;
}

/// Sets the fields named in the text and counts them, so that a name no field answered to is noticed.
class Parser final : public FieldVisitor {
 public:
  Parser(std::string_view op, std::vector<std::pair<std::string_view, std::string_view>> fields)
      : op_(op), fields_(std::move(fields)), used_(fields_.size(), false) {}

  void field(std::string_view name, bool& v) override {
    if (const auto* text = find(name)) v = parse_bool(name, *text);
  }
  void field(std::string_view name, int64_t& v) override {
    if (const auto* text = find(name)) v = parse_number<int64_t>(name, *text, "an integer");
  }
  void field(std::string_view name, double& v) override {
    if (const auto* text = find(name)) v = parse_number<double>(name, *text, "a number");
  }
  void field(std::string_view name, std::string& v) override {
    if (const auto* text = find(name)) v = parse_string(name, *text);
  }
  void field(std::string_view name, DType& v) override {
    const auto* text = find(name);
    if (!text) return;
    const auto parsed = parse_dtype(*text);
    if (!parsed) bad(name, *text, "a data type");
    v = *parsed;
  }
  void field(std::string_view name, std::vector<int64_t>& v) override {
    list(name, v, [&](std::string_view item) { return parse_number<int64_t>(name, item, "an integer"); });
  }
  void field(std::string_view name, std::vector<double>& v) override {
    list(name, v, [&](std::string_view item) { return parse_number<double>(name, item, "a number"); });
  }
  void field(std::string_view name, std::vector<Dim>& v) override {
    list(name, v, [](std::string_view item) { return parse_dim(item); });
  }
  void field(std::string_view name, std::vector<std::string>& v) override {
    list(
        name, v, [&](std::string_view item) { return parse_string(name, item); }, kMaxTexts);
  }
  void enum_field(std::string_view name, int& v, std::span<const std::string_view> names) override {
    const auto* text = find(name);
    if (!text) return;
    const auto it = std::find(names.begin(), names.end(), *text);
    if (it == names.end()) {
      std::string all;
      for (std::string_view n : names) all += (all.empty() ? "" : ", ") + std::string(n);
      bad(name, *text, "one of " + all);
    }
    v = static_cast<int>(it - names.begin());
  }

  void check_all_used() const {
    for (size_t i = 0; i < used_.size(); ++i)
      if (!used_[i])
        throw Error(ErrorCode::kInvalidArgument, op_, ": there is no attribute '", fields_[i].first.substr(0, 60), "'");
  }

 private:
  const std::string_view* find(std::string_view name) {
    for (size_t i = 0; i < fields_.size(); ++i)
      if (fields_[i].first == name) {
        used_[i] = true;
        return &fields_[i].second;
      }
    return nullptr;
  }
  [[noreturn]] void bad(std::string_view name, std::string_view got, std::string_view expected) const {
    throw Error(ErrorCode::kInvalidArgument, op_, ": attribute ", name, " must be ", expected, ", got '",
                got.substr(0, 60), "'");
  }
  bool parse_bool(std::string_view name, std::string_view text) const {
    if (text != "true" && text != "false") bad(name, text, "true or false");
    return text == "true";
  }
  template <class T>
  T parse_number(std::string_view name, std::string_view text, std::string_view expected) const {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) bad(name, text, expected);
    return value;
  }
  std::string parse_string(std::string_view name, std::string_view text) const {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') bad(name, text, "a quoted string");
    text = text.substr(1, text.size() - 2);
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      const bool escaped = text[i] == '\\';
      if (text[i] == '"' || (escaped && ++i == text.size())) bad(name, text, "one quoted string");
      if (!escaped || text[i] != 'x') {
        out += text[i];
        continue;
      }
      unsigned byte = 0;
      const char* first = text.data() + i + 1;
      if (text.size() - i < 3 || std::from_chars(first, first + 2, byte, 16).ptr != first + 2)
        bad(name, text, "a quoted string with two hexadecimal digits behind \\x");
      out += static_cast<char>(byte);
      i += 2;
    }
    return out;
  }
  template <class T, class F>
  void list(std::string_view name, std::vector<T>& v, F&& parse_item, size_t most = kMaxList) {
    const auto* text = find(name);
    if (!text) return;
    if (text->size() < 2 || text->front() != '[' || text->back() != ']') bad(name, *text, "a list in brackets");
    const auto items = split(text->substr(1, text->size() - 2));
    if (items.size() > most) bad(name, *text, concat("a list of at most ", most, " elements"));
    v.clear();
    for (std::string_view item : items) v.push_back(parse_item(item));
  }

  std::string_view op_;
  std::vector<std::pair<std::string_view, std::string_view>> fields_;
  std::vector<bool> used_;
};

/// "a=1,b=[2,3]" as pairs; refuses a field without a value and one given twice.
std::vector<std::pair<std::string_view, std::string_view>> parse_fields(std::string_view text) {
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  for (std::string_view part : split(text)) {
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos) refuse("an attribute without '='", part);
    const std::string_view name = trim(part.substr(0, equals));
    for (const auto& [other, value] : fields)
      if (other == name) refuse("an attribute given twice", part);
    fields.emplace_back(name, trim(part.substr(equals + 1)));
    if (fields.size() > 64) refuse("more attributes than any operator has", part);
  }
  return fields;
}

}  // namespace

std::string to_string(const Op& op) {
  const OpInfo& info = op.info();
  const std::shared_ptr<void> defaults = info.make_default();
  const std::shared_ptr<void> own = op.attributes() ? info.clone(op.attributes()) : info.make_default();
  Printer printed, plain;
  info.visit_fields(own.get(), printed);
  info.visit_fields(defaults.get(), plain);
  std::string out;
  for (size_t i = 0; i < printed.fields.size(); ++i) {
    const auto& [name, value] = printed.fields[i];
    if (value != plain.fields[i].second) out += concat(out.empty() ? "{" : ",", name, "=", value);
  }
  return concat(info.name, out, out.empty() ? "" : "}");
}

Op parse_op(std::string_view text) {
  text = trim(text);
  if (text.size() > kMaxText) refuse("more than 16 MiB of text", text);
  const size_t brace = text.find('{');
  const std::string_view name = trim(text.substr(0, brace));
  const OpInfo* info = find_op(name);
  if (!info) throw Error(ErrorCode::kInvalidArgument, "there is no operator '", name.substr(0, 60), "'");
  const std::shared_ptr<void> attributes = info->make_default();
  if (brace != std::string_view::npos) {
    if (text.back() != '}') refuse("a brace that is not closed", text);
    Parser parser(info->name, parse_fields(text.substr(brace + 1, text.size() - brace - 2)));
    info->visit_fields(attributes.get(), parser);
    parser.check_all_used();
  }
  return Op(info->id, attributes);
}

}  // namespace dvt::ops
