#include "ops/matrix/matmul.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "matmul";

DType result_type(DType a, DType b) {
  if (bits(a) == 8 && bits(b) == 8 && is_integer(a) && is_integer(b)) return DType::i32;
  require_same_dtype(kName, b, a, "b");
  if (!is_floating(a) && !(is_integer(a) && bits(a) >= 32))
    reject(kName, "takes floating point, 8, 32 or 64 bit integers, got ", a, "; insert a cast");
  return a;
}

/// Where rows, columns and steps of the sum lie in a stored matrix.
struct MatrixStrides {
  int64_t row, column;
};

/// y += a b for one pair of matrices; T is double or int64_t.
template <class T, class Add>
void multiply(const T* a, MatrixStrides as, const T* b, MatrixStrides bs, int64_t m, int64_t n, int64_t k, T* y,
              Add&& multiply_add) {
  for (int64_t i = 0; i < m; ++i)
    for (int64_t p = 0; p < k; ++p)
      for (int64_t j = 0; j < n; ++j)
        y[i * n + j] = multiply_add(y[i * n + j], a[i * as.row + p * as.column], b[p * bs.row + j * bs.column]);
}

template <class T, class Add, class Store>
void all_matrices(const MatMul& op, const ReadView& a, const std::vector<T>& as, const ReadView& b,
                  const std::vector<T>& bs, const WriteView& out, Add&& multiply_add, Store&& store) {
  const int rank = out.rank();
  const int64_t m = out.dim(rank - 2), n = out.dim(rank - 1);
  const int64_t k = a.dim(op.transpose_a ? a.rank() - 2 : a.rank() - 1);
  const MatrixStrides a_strides = op.transpose_a ? MatrixStrides{1, m} : MatrixStrides{k, 1};
  const MatrixStrides b_strides = op.transpose_b ? MatrixStrides{1, k} : MatrixStrides{n, 1};
  const auto batch = [](const std::vector<int64_t>& dims) { return std::span(dims).first(dims.size() - 2); };
  const auto a_batch = broadcast_strides(batch(a.dims()), batch(out.dims()));
  const auto b_batch = broadcast_strides(batch(b.dims()), batch(out.dims()));
  for_each_index(batch(out.dims()), [&](std::span<const int64_t> index, int64_t linear) {
    std::vector<T> y(static_cast<size_t>(m * n), T{0});
    multiply(as.data() + offset_of(index, a_batch) * m * k, a_strides, bs.data() + offset_of(index, b_batch) * k * n,
             b_strides, m, n, k, y.data(), multiply_add);
    for (size_t i = 0; i < y.size(); ++i) store(linear * m * n + static_cast<int64_t>(i), y[i]);
  });
}

}  // namespace

std::vector<TensorType> infer(const MatMul& op, std::span<const ValueInfo> in) {
  const TensorType &a = in[0].type, &b = in[1].type;
  require_rank_at_least(kName, a, 2, "a");
  require_rank_at_least(kName, b, 2, "b");
  const DType dtype = result_type(a.dtype, b.dtype);
  const auto dim = [](const TensorType& t, bool transposed, int i) {
    return t.shape[t.rank() - 2 + (transposed ? 1 - i : i)];
  };
  require_same_dim(kName, dim(b, op.transpose_b, 0), dim(a, op.transpose_a, 1),
                   concat("inner dimension of b in ", a, " x ", b));
  const auto batch = [](const TensorType& t) { return Shape(std::vector<Dim>(t.shape.begin(), t.shape.end() - 2)); };
  Shape shape = broadcast_all(std::vector{batch(a), batch(b)});
  shape.push_back(dim(a, op.transpose_a, 0));
  shape.push_back(dim(b, op.transpose_b, 1));
  return {{dtype, shape}};
}

void reference(const MatMul& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  if (is_floating(out[0].dtype()))
    all_matrices(
        op, in[0], load(in[0]), in[1], load(in[1]), out[0], [](double y, double a, double b) { return y + a * b; },
        [&](int64_t i, double y) { out[0].set(i, y); });
  else
    all_matrices(
        op, in[0], load_ints(in[0]), in[1], load_ints(in[1]), out[0],
        [](int64_t y, int64_t a, int64_t b) { return wrap_add(y, wrap_mul(a, b)); },
        [&](int64_t i, int64_t y) { out[0].set_int(i, y); });
}

Cost cost(const MatMul& op, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 2 * dim_at(in[0], op.transpose_a ? -2 : -1, at));
}

void visit_fields(MatMul& op, FieldVisitor& v) {
  v.field("transpose_a", op.transpose_a);
  v.field("transpose_b", op.transpose_b);
}

}  // namespace dvt::ops
