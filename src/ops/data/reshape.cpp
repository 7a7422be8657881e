#include "ops/data/reshape.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "reshape";

Dim product_without(const std::vector<Dim>& shape, size_t skipped) {
  Dim product = 1;
  for (size_t i = 0; i < shape.size(); ++i)
    if (i != skipped) product = product * shape[i];
  return product;
}

/// What the element -1 stands for.
Dim left_over(const TensorType& x, const std::vector<Dim>& shape, size_t unknown) {
  const Dim volume = x.shape.volume(), others = product_without(shape, unknown);
  if (others == Dim(0)) {
    if (volume == Dim(0)) return 0;
    reject(kName, "cannot find -1 in ", Shape(shape), " for ", x, ": the other dimensions are 0");
  }
  if (volume.is_constant() && others.is_constant() && volume.constant() % others.constant() != 0)
    reject(kName, "cannot reshape ", x, " of ", volume, " elements to ", Shape(shape));
  return floordiv(volume, others);
}

/// An element that the user gives: it may turn out to be 0 or -1, where an extent or arithmetic on extents does not.
bool is_given(const Dim& d) {
  const auto symbol = d.as_symbol();
  return symbol && symbol->find('[') != std::string::npos;
}

/// 0 (the input's dimension) and -1 (what is left) as choices between dimensions, for elements that the user gives.
void choose_placeholders(const TensorType& x, std::vector<Dim>& shape, bool allow_zero) {
  const std::vector<Dim> given = shape;
  if (!allow_zero)
    for (size_t i = 0; i < shape.size() && static_cast<int>(i) < x.rank(); ++i)
      if (is_given(given[i])) shape[i] = select(equal(given[i], 0), x.shape[static_cast<int>(i)], given[i]);
  const std::vector<Dim> copied = shape;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (!is_given(given[i])) continue;
    const Dim rest = floordiv(x.shape.volume(), max(product_without(copied, i), 1));
    shape[i] = max(select(equal(given[i], -1), rest, copied[i]), 0);
  }
}

}  // namespace

std::vector<TensorType> infer(const Reshape& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  std::vector<Dim> shape = target_shape(kName, op.shape, in, "target shape");
  std::optional<size_t> unknown;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == Dim(-1)) {
      if (unknown) reject(kName, "target shape ", Shape(shape), " has more than one -1");
      unknown = i;
    } else if (shape[i] == Dim(0) && !op.allow_zero) {
      if (static_cast<int>(i) >= x.rank())
        reject(kName, "0 at position ", i, " of the target copies no dimension of ", x);
      shape[i] = x.shape[static_cast<int>(i)];
    } else if (shape[i].is_constant() && shape[i].constant() < 0) {
      reject(kName, "target shape ", Shape(shape), " has the dimension ", shape[i]);
    }
  }
  if (in.size() > 1) choose_placeholders(x, shape, op.allow_zero);  // an attribute's symbols are sizes
  if (unknown) shape[*unknown] = left_over(x, shape, *unknown);
  const TensorType y{x.dtype, Shape(shape)};
  const auto before = x.shape.volume().as_constant(), after = y.shape.volume().as_constant();
  if (before && after && *before != *after)
    reject(kName, "cannot reshape ", x, " of ", *before, " elements to ", y.shape, " of ", *after);
  return {y};
}

std::optional<std::vector<Dim>> fold_value(const Reshape&, std::span<const ValueInfo> in) { return in[0].value; }

void reference(const Reshape&, std::span<const ReadView> in, std::span<const WriteView> out) {
  copy_elements(in[0], 0, out[0], 0, out[0].volume());
}

Cost cost(const Reshape&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in.first(1), out, at);
}

void visit_fields(Reshape& op, FieldVisitor& v) {
  v.field("shape", op.shape);
  v.field("allow_zero", op.allow_zero);
}

}  // namespace dvt::ops
