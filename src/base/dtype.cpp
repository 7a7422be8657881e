#include "base/dtype.h"

#include <iterator>

namespace dvt {
namespace {
struct Row {
  std::string_view name;
  int bits;
  DTypeClass cls;
};
constexpr Row kRows[] = {
#define DTYPE(name, bits, cls) {#name, bits, DTypeClass::cls},
#include "base/dtypes.inc"
#undef DTYPE
};
const Row& row(DType t) { return kRows[static_cast<int>(t)]; }
}  // namespace

int bits(DType t) { return row(t).bits; }
DTypeClass dtype_class(DType t) { return row(t).cls; }
size_t byte_size(DType t, int64_t count) { return (static_cast<size_t>(count) * row(t).bits + 7) / 8; }
std::string_view to_string(DType t) { return row(t).name; }

std::optional<DType> parse_dtype(std::string_view text) {
  for (int i = 0; i < static_cast<int>(std::size(kRows)); ++i)
    if (kRows[i].name == text) return static_cast<DType>(i);
  return std::nullopt;
}

std::optional<DType> dtype_from_number(int n) {
  if (n < 0 || n >= static_cast<int>(std::size(kRows))) return std::nullopt;
  return static_cast<DType>(n);
}

}  // namespace dvt
