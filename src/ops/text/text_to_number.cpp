#include "ops/text/text_to_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "ops/text/text_support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "text_to_number";

std::string_view trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(kWhiteSpace), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kWhiteSpace) + 1);
}

template <class T>
bool parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool equals(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

class Converter {
 public:
  Converter(std::string_view text, const WriteView& out, int64_t at) : given_(text), out_(out), at_(at) {
    text_ = trimmed(text);
    if (text_.starts_with('+') && !text_.substr(1).starts_with('-')) text_.remove_prefix(1);
  }

  void run() const {
    if (out_.dtype() == DType::b8)
      to_bool();
    else if (is_floating(out_.dtype()))
      to_real();
    else
      to_integer();
  }

 private:
  [[noreturn]] void refuse() const {
    throw Error(ErrorCode::kInvalidArgument, kName, ": '", given_.substr(0, 60), "' is no number of type ",
                out_.dtype());
  }
  double real() const {
    double value = 0;
    if (!parse(text_, value)) refuse();
    return value;
  }
  void to_real() const {
    float narrow = 0;  // read at once, so that nothing is rounded twice
    out_.set(at_, out_.dtype() == DType::f32 && parse(text_, narrow) ? narrow : real());
  }
  void to_bool() const {
    const bool yes = equals(text_, "true");
    out_.set_int(at_, yes || (!equals(text_, "false") && real() != 0));
  }
  void to_integer() const {
    const bool is_signed = dtype_class(out_.dtype()) == DTypeClass::kSigned;
    int64_t value = 0;
    uint64_t wide = 0;
    if (!parse(text_, value)) {
      if (!is_signed && parse(text_, wide)) {
        value = static_cast<int64_t>(wide);
      } else {
        const double cut = std::trunc(real());
        if (!(cut >= -0x1p63 && cut < (is_signed ? 0x1p63 : 0x1p64))) refuse();
        value = cut < 0x1p63 ? static_cast<int64_t>(cut) : static_cast<int64_t>(static_cast<uint64_t>(cut));
        if (cut < 0 && !is_signed) refuse();
      }
    } else if (value < 0 && !is_signed) {
      refuse();
    }
    out_.set_int(at_, value);
    if (out_.read().get_int(at_) != value) refuse();
  }

  std::string_view given_, text_;
  const WriteView& out_;
  int64_t at_;
};

}  // namespace

std::vector<TensorType> infer(const TextToNumber& op, std::span<const ValueInfo> in) {
  require_text(kName, in[0].type.dtype, 0);
  if (op.to == DType::text) reject(kName, "the attribute to must be a type of numbers");
  return {{op.to, in[0].type.shape}};
}

void reference(const TextToNumber&, std::span<const ReadView> in, std::span<const WriteView> out) {
  for (int64_t i = 0; i < out[0].volume(); ++i) Converter(in[0].text(i), out[0], i).run();
}

Cost cost(const TextToNumber&, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  return traffic(in, out, at, kOpsPerText);
}

void visit_fields(TextToNumber& op, FieldVisitor& v) { v.field("to", op.to); }

}  // namespace dvt::ops
