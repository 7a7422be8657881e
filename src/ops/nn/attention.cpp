#include "ops/nn/attention.h"

#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "attention";

/// In place; a row without a finite score gives zeros rather than 0 / 0.
void softmax_row(std::vector<double>& row) {
  double largest = -INFINITY, sum = 0;
  for (double v : row) largest = std::fmax(largest, v);
  for (double& v : row) {
    v = largest == -INFINITY ? 0 : std::exp(v - largest);
    sum += v;
  }
  if (sum > 0)
    for (double& v : row) v /= sum;
}

struct Sizes {
  Dim heads, positions;
  Sizes(const Shape& s, bool by_position)
      : heads(s[static_cast<int>(Attention::head_axis(by_position))]),
        positions(s[static_cast<int>(Attention::position_axis(by_position))]) {}
};

/// Where rows of an operand begin.
struct Rows {
  int64_t heads, positions, width;
  bool by_position;
  Rows(std::span<const int64_t> dims, bool by_position)
      : heads(dims[Attention::head_axis(by_position)]),
        positions(dims[Attention::position_axis(by_position)]),
        width(dims[3]),
        by_position(by_position) {}
  int64_t at(int64_t batch, int64_t head, int64_t position) const {
    const int64_t row =
        by_position ? (batch * positions + position) * heads + head : (batch * heads + head) * positions + position;
    return row * width;
  }
};

}  // namespace

std::vector<TensorType> infer(const Attention& op, std::span<const ValueInfo> in) {
  const TensorType &q = in[0].type, &k = in[1].type, &v = in[2].type;
  require_floating(kName, q.dtype, "q");
  require_same_dtype(kName, k.dtype, q.dtype, "k");
  require_same_dtype(kName, v.dtype, q.dtype, "v");
  for (const ValueInfo& x : in.first(3)) require_rank(kName, x.type, 4, "q, k and v");
  require_same_dim(kName, k.shape[0], q.shape[0], "batch of k (dimension 0 of q)");
  require_same_dim(kName, v.shape[0], q.shape[0], "batch of v (dimension 0 of q)");
  require_same_dim(kName, k.shape[3], q.shape[3], "head size of k (dimension 3 of q)");
  const Sizes of_q(q.shape, op.q_by_position), of_k(k.shape, op.k_by_position), of_v(v.shape, op.v_by_position);
  require_same_dim(kName, of_v.heads, of_k.heads, "heads of v (those of k)");
  require_same_dim(kName, of_v.positions, of_k.positions, "length of v (that of k)");
  if (of_q.heads.is_constant() && of_k.heads.is_constant()) {
    const int64_t heads = of_q.heads.constant(), groups = of_k.heads.constant();
    if (groups < 1 || heads % groups != 0) reject(kName, groups, " heads of k do not divide ", heads, " heads of q");
  }
  if (in.size() > 3) {
    const TensorType& mask = in[3].type;
    if (!is_floating(mask.dtype) && mask.dtype != DType::b8)
      reject(kName, "mask must be floating point or b8, got ", mask);
    require_broadcasts_to(kName, mask.shape, Shape{q.shape[0], of_q.heads, of_q.positions, of_k.positions}, "mask");
  }
  Shape y{q.shape[0], of_q.heads, of_q.positions, v.shape[3]};
  if (op.y_by_position) std::swap(y[1], y[2]);
  return {{q.dtype, y}};
}

void reference(const Attention& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const std::vector<double> q = load(in[0]), k = load(in[1]), v = load(in[2]);
  const Rows of_q(in[0].dims(), op.q_by_position), of_k(in[1].dims(), op.k_by_position);
  const Rows of_v(in[2].dims(), op.v_by_position), of_y(out[0].dims(), op.y_by_position);
  const int64_t heads = of_q.heads, queries = of_q.positions, depth = of_q.width;
  const int64_t groups = of_k.heads, keys = of_k.positions, width = of_v.width;
  const double scale = op.scale != 0 ? op.scale : 1 / std::sqrt(static_cast<double>(depth));
  const ReadView* mask = in.size() > 3 ? &in[3] : nullptr;
  const int64_t scores[] = {in[0].dim(0), heads, queries, keys};
  const auto mask_strides = mask ? broadcast_strides(mask->dims(), scores) : std::vector<int64_t>();
  const int64_t last_key_of_first = op.causal_lower_right ? keys - queries : 0;

  std::vector<double> row(static_cast<size_t>(keys));
  for_each_index(std::span(scores).first(3), [&](std::span<const int64_t> at, int64_t) {
    const int64_t batch = at[0], head = at[1], s = at[2], group = head / (heads / groups);
    const double* query = q.data() + of_q.at(batch, head, s);
    for (int64_t t = 0; t < keys; ++t) {
      const double* key = k.data() + of_k.at(batch, group, t);
      double dot = 0;
      for (int64_t d = 0; d < depth; ++d) dot += query[d] * key[d];
      double score = dot * scale;
      if (op.softcap != 0) score = op.softcap * std::tanh(score / op.softcap);
      if (mask) {
        const int64_t index[] = {batch, head, s, t};
        const int64_t offset = offset_of(index, mask_strides);
        if (mask->dtype() != DType::b8)
          score += mask->get(offset);
        else if (!mask->get_int(offset))
          score = -INFINITY;
      }
      if (op.causal && t > s + last_key_of_first) score = -INFINITY;
      row[static_cast<size_t>(t)] = score;
    }
    softmax_row(row);
    for (int64_t e = 0; e < width; ++e) {
      double sum = 0;
      for (int64_t t = 0; t < keys; ++t)
        sum += row[static_cast<size_t>(t)] * v[static_cast<size_t>(of_v.at(batch, group, t) + e)];
      out[0].set(of_y.at(batch, head, s) + e, sum);
    }
  });
}

Cost cost(const Attention& op, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  Cost cost = traffic(in, out, at);
  const double scores = dim_at(in[0], 0, at) * dim_at(in[0], 1, at) * dim_at(in[0], 2, at) *
                        dim_at(in[1], static_cast<int>(Attention::position_axis(op.k_by_position)), at);
  cost.flops = scores * (2 * dim_at(in[0], 3, at) + 2 * dim_at(in[2], 3, at) + 20);
  return cost;
}

void visit_fields(Attention& op, FieldVisitor& v) {
  v.field("scale", op.scale);
  v.field("causal", op.causal);
  v.field("causal_lower_right", op.causal_lower_right);
  v.field("softcap", op.softcap);
  v.field("q_by_position", op.q_by_position);
  v.field("k_by_position", op.k_by_position);
  v.field("v_by_position", op.v_by_position);
  v.field("y_by_position", op.y_by_position);
}

}  // namespace dvt::ops
