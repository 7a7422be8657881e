#include "base/knobs.h"

#include <charconv>
#include <cstdlib>

#include "base/concat.h"

namespace dvt {
namespace {

bool assign(std::string& value, const std::string& text) {
  value = text;
  return true;
}

bool assign(int64_t& value, const std::string& text) {
  int64_t v = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, v);
  if (error != std::errc() || end != last) return false;
  value = v;
  return true;
}

bool assign(bool& value, const std::string& text) {
  if (text == "1" || text == "true" || text == "on" || text == "yes")
    value = true;
  else if (text == "0" || text == "false" || text == "off" || text == "no")
    value = false;
  else
    return false;
  return true;
}

std::string_view expectation(const int64_t&) { return "a number"; }
std::string_view expectation(const bool&) { return "0 or 1"; }
std::string_view expectation(const std::string&) { return "text"; }

template <class T>
void read(const char* name, T& value, const std::function<std::optional<std::string>(const char*)>& variable,
          std::vector<std::string>& complaints) {
  const std::optional<std::string> text = variable(name);
  if (!text || text->empty() || assign(value, *text)) return;
  complaints.push_back(concat(name, ": '", *text, "' is not ", expectation(value), "; using ", value));
}

constexpr KnobInfo kTable[] = {
#define KNOB(name, type, default_value, doc) {#name, #type, #default_value, doc},
#include "base/knobs.inc"
#undef KNOB
};

}  // namespace

Knobs read_knobs(const std::function<std::optional<std::string>(const char*)>& variable) {
  Knobs k;
#define KNOB(name, type, default_value, doc) read(#name, k.name, variable, k.complaints);
#include "base/knobs.inc"
#undef KNOB
  return k;
}

const Knobs& knobs() {
  static const Knobs value = read_knobs([](const char* name) -> std::optional<std::string> {
    const char* text = std::getenv(name);
    return text ? std::optional<std::string>(text) : std::nullopt;
  });
  return value;
}

std::span<const KnobInfo> knob_table() { return kTable; }

}  // namespace dvt
