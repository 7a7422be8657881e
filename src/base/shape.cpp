#include "base/shape.h"

#include <algorithm>

#include "base/dim_broadcast.h"
#include "base/dim_text.h"
#include "base/error.h"

namespace dvt {

bool Shape::is_constant() const {
  return std::all_of(dims_.begin(), dims_.end(), [](const Dim& d) { return d.is_constant(); });
}

Dim Shape::volume() const {
  // An empty tensor has no elements whatever its other dimensions are, even if their product overflows.
  if (std::any_of(dims_.begin(), dims_.end(), [](const Dim& d) { return d == Dim(0); })) return Dim(0);
  Dim product(1);
  for (const Dim& d : dims_) product = product * d;
  return product;
}

std::vector<int64_t> Shape::constants() const {
  std::vector<int64_t> out;
  out.reserve(dims_.size());
  for (const Dim& d : dims_) out.push_back(d.constant());
  return out;
}

std::string to_string(const Shape& s) {
  std::string out = "[";
  for (int i = 0; i < s.rank(); ++i) {
    if (i > 0) out += ',';
    out += to_string(s[i]);
  }
  return out + ']';
}

std::string to_string(const TensorType& t) { return concat(t.dtype, t.shape); }

std::optional<int> normalize_axis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) return std::nullopt;
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Shape broadcast(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<Dim> out(static_cast<size_t>(rank));
  for (int i = 1; i <= rank; ++i) {  // counted from the innermost dimension
    const Dim x = i <= a.rank() ? a[a.rank() - i] : Dim(1);
    const Dim y = i <= b.rank() ? b[b.rank() - i] : Dim(1);
    if (x.is_constant() && y.is_constant() && !(x == y) && !(x == Dim(1)) && !(y == Dim(1)))
      throw Error(ErrorCode::kInvalidModel, "cannot broadcast ", a, " with ", b, ": axis ", rank - i, " is ", x,
                  " in one and ", y, " in the other; they must be equal, or one of them 1");
    out[static_cast<size_t>(rank - i)] = broadcast(x, y);
  }
  return Shape(std::move(out));
}

TensorType parse_tensor_type(std::string_view text) {
  const size_t open = text.find('[');
  const auto fail = [&](std::string_view what) {
    throw Error(ErrorCode::kInvalidArgument, "tensor type: ", what, " in '", text.substr(0, 80),
                "'; expected e.g. f32[n,3]");
  };
  const auto dtype = parse_dtype(text.substr(0, open));
  if (!dtype) fail("unknown data type");
  TensorType t{*dtype, {}};
  if (open == std::string_view::npos) fail("no '['");
  size_t at = open + 1;
  if (text.substr(at) == "]") return t;
  while (true) {
    DimReader reader(text, at);
    t.shape.push_back(reader.read());
    if (t.rank() > Shape::kMaxRank) fail(concat("more than ", Shape::kMaxRank, " dimensions"));
    const bool more = reader.take(',');
    if (!more && !reader.take(']')) reader.fail("expected ',' or ']'");
    if (!more && !reader.at_end()) reader.fail("unexpected text behind ']'");
    if (!more) return t;
    at = reader.position();
  }
}

}  // namespace dvt
