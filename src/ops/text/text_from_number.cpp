#include "ops/text/text_from_number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "ops/text/text_support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "text_from_number";

using Buffer = std::array<char, 64>;

std::string_view in_buffer(const Buffer& buffer, std::to_chars_result end) {
  return {buffer.data(), static_cast<size_t>(end.ptr - buffer.data())};
}

/// `value` in the type, as a number again.
double rounded(DType type, double value) {
  uint64_t bytes = 0;
  const WriteView view(type, {1}, &bytes);
  view.set(0, value);
  return view.read().get(0);
}

/// "d.ddde±xx" with the fewest digits.
std::string_view scientific(DType type, double value, Buffer& buffer) {
  constexpr auto kFormat = std::chars_format::scientific;
  char *begin = buffer.data(), *end = begin + buffer.size();
  if (type == DType::f64) return in_buffer(buffer, std::to_chars(begin, end, value, kFormat));
  if (type == DType::f32) return in_buffer(buffer, std::to_chars(begin, end, static_cast<float>(value), kFormat));
  constexpr int kEnough = 9;  // digits for what has at most the 24 bits of f32
  std::string_view text;
  for (int digits = 0; digits < kEnough; ++digits) {
    text = in_buffer(buffer, std::to_chars(begin, end, value, kFormat, digits));
    double back = 0;
    std::from_chars(text.data(), text.data() + text.size(), back);
    if (rounded(type, back) == value) break;
  }
  return text;
}

void append_real(std::string& out, DType type, double value) {
  if (std::isnan(value)) return void(out += "nan");
  if (std::signbit(value)) out += '-';
  value = std::fabs(value);
  if (std::isinf(value)) return void(out += "inf");
  Buffer buffer;
  const std::string_view text = scientific(type, value, buffer);
  const size_t e = text.find('e');
  int exponent = 0;
  const std::string_view power = text.substr(text[e + 1] == '+' ? e + 2 : e + 1);
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  const auto count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (count > 1) out.append(".").append(digits, 1);
    out += exponent < 0 ? "e-" : "e+";
    if (std::abs(exponent) < 10) out += '0';
    out += std::to_string(std::abs(exponent));
  } else if (exponent < 0) {
    out.append("0.").append(static_cast<size_t>(-exponent - 1), '0').append(digits);
  } else {
    if (count <= exponent) digits.append(static_cast<size_t>(exponent + 1 - count), '0');
    const auto whole = static_cast<size_t>(exponent) + 1;
    out.append(digits, 0, whole).append(".");
    out += digits.size() > whole ? digits.substr(whole) : "0";
  }
}

void append_number(std::string& out, const ReadView& x, int64_t i) {
  if (is_floating(x.dtype())) return append_real(out, x.dtype(), x.get(i));
  const int64_t value = x.get_int(i);
  if (x.dtype() == DType::b8)
    out += value ? "True" : "False";
  else
    out += x.dtype() == DType::u64 ? std::to_string(static_cast<uint64_t>(value)) : std::to_string(value);
}

}  // namespace

std::vector<TensorType> infer(const TextFromNumber&, std::span<const ValueInfo> in) {
  if (in[0].type.dtype == DType::text) reject(kName, "x is text already");
  return {{DType::text, in[0].type.shape}};
}

void reference(const TextFromNumber&, std::span<const ReadView> in, std::span<const WriteView> out) {
  std::string text;
  for (int64_t i = 0; i < out[0].volume(); ++i) {
    text.clear();
    append_number(text, in[0], i);
    out[0].set_text(i, text);
  }
}

Cost cost(const TextFromNumber&, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  return traffic(in, out, at, kOpsPerText);
}

void visit_fields(TextFromNumber&, FieldVisitor&) {}

}  // namespace dvt::ops
