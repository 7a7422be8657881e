#include "ops/nn/linear_attention.h"

#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "linear_attention";

/// The optional inputs by name; null where the flag is not set.
template <class T>
struct Optional {
  const T *state = nullptr, *decay = nullptr, *beta = nullptr;
  Optional(const LinearAttention& op, std::span<const T> in) {
    size_t next = 3;
    if (op.has_state) state = &in[next++];
    if (op.has_decay) decay = &in[next++];
    if (op.has_beta) beta = &in[next++];
  }
};

int64_t known_width(const TensorType& t, std::string_view what) {
  const auto width = t.shape[2].as_constant();
  if (!width) reject(kName, "the width of ", what, " must be known, got ", t);
  return *width;
}

/// A width that is one of two.
void require_width(const TensorType& t, int64_t a, int64_t b, std::string_view what) {
  const int64_t width = known_width(t, what);
  if (width != a && width != b) reject(kName, "the width of ", what, " must be ", a, " or ", b, ", got ", width);
}

/// One step of one head. `decay` has one factor or dk of them.
void step(std::span<double> state, std::span<const double> k, std::span<const double> v, std::span<const double> decay,
          const double* beta) {
  const size_t dk = k.size(), dv = v.size();
  for (size_t i = 0; i < dk && !decay.empty(); ++i)
    for (size_t j = 0; j < dv; ++j) state[i * dv + j] *= std::exp(decay[decay.size() == 1 ? 0 : i]);
  for (size_t j = 0; j < dv; ++j) {
    double update = v[j];
    if (beta) {
      for (size_t i = 0; i < dk; ++i) update -= state[i * dv + j] * k[i];
      update *= *beta;
    }
    for (size_t i = 0; i < dk; ++i) state[i * dv + j] += k[i] * update;
  }
}

}  // namespace

std::vector<TensorType> infer(const LinearAttention& op, std::span<const ValueInfo> in) {
  const size_t inputs = 3u + op.has_state + op.has_decay + op.has_beta;
  if (in.size() != inputs) reject(kName, "its flags ask for ", inputs, " inputs, got ", in.size());
  if (op.heads < 1 || op.groups < 1 || op.heads % op.groups != 0)
    reject(kName, op.groups, " key heads do not divide ", op.heads, " query heads");
  const TensorType &q = in[0].type, &k = in[1].type, &v = in[2].type;
  require_floating(kName, q.dtype, "q");
  const Optional<ValueInfo> optional(op, in);
  for (const ValueInfo& x : in) {
    if (&x == optional.state) continue;
    require_rank(kName, x.type, 3, "every input but the state");
    require_same_dtype(kName, x.type.dtype, q.dtype, "every input but the state");
    require_same_dim(kName, x.type.shape[0], q.shape[0], "the batch of every input");
    require_same_dim(kName, x.type.shape[1], q.shape[1], "the length of every input but the state");
  }
  const int64_t dk = known_width(q, "q") / op.heads, dv = known_width(v, "v") / op.groups;
  if (dk * op.heads != known_width(q, "q") || dv * op.groups != known_width(v, "v") ||
      dk * op.groups != known_width(k, "k"))
    reject(kName, "the widths of q, k and v do not fit ", op.heads, " and ", op.groups, " heads");
  if (optional.decay) require_width(optional.decay->type, op.groups, op.groups * dk, "decay");
  if (optional.beta) require_width(optional.beta->type, op.groups, 1, "beta");
  const Shape state{q.shape[0], op.groups, dk, dv};
  if (optional.state) {
    require_floating(kName, optional.state->type.dtype, "the state");
    require_rank(kName, optional.state->type, 4, "the state");
    for (int i = 0; i < 4; ++i) require_same_dim(kName, optional.state->type.shape[i], state[i], "the state's shape");
  }
  return {{q.dtype, {q.shape[0], q.shape[1], op.heads * dv}},
          {optional.state ? optional.state->type.dtype : q.dtype, state}};
}

void reference(const LinearAttention& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const Optional<ReadView> optional(op, in);
  const std::vector<double> q = load(in[0]), k = load(in[1]), v = load(in[2]);
  const std::vector<double> decay = optional.decay ? load(*optional.decay) : std::vector<double>();
  const std::vector<double> beta = optional.beta ? load(*optional.beta) : std::vector<double>();
  const int64_t batch = in[0].dim(0), time = in[0].dim(1);
  const auto dk = static_cast<size_t>(out[1].dim(2)), dv = static_cast<size_t>(out[1].dim(3));
  const auto groups = static_cast<size_t>(op.groups), ratio = static_cast<size_t>(op.heads / op.groups);
  const size_t decays = optional.decay ? static_cast<size_t>(optional.decay->dim(2)) / groups : 0;
  const size_t betas = optional.beta ? static_cast<size_t>(optional.beta->dim(2)) : 0;
  const double scale = op.scale != 0 ? op.scale : 1 / std::sqrt(static_cast<double>(dk));
  for (int64_t b = 0; b < batch; ++b)
    for (size_t g = 0; g < groups; ++g) {
      const int64_t first = (b * op.groups + static_cast<int64_t>(g)) * static_cast<int64_t>(dk * dv);
      std::vector<double> state(dk * dv, 0.0);
      for (size_t i = 0; optional.state && i < state.size(); ++i)
        state[i] = optional.state->get(first + static_cast<int64_t>(i));
      for (int64_t t = 0; t < time; ++t) {
        const auto row = static_cast<size_t>(b * time + t);
        step(state, {k.data() + (row * groups + g) * dk, dk}, {v.data() + (row * groups + g) * dv, dv},
             {decay.data() + (row * groups + g) * decays, decays},
             betas ? &beta[row * betas + (betas == 1 ? 0 : g)] : nullptr);
        for (size_t h = g * ratio; h < (g + 1) * ratio; ++h)
          for (size_t j = 0; j < dv; ++j) {
            double sum = 0;
            const size_t head = row * groups * ratio + h;
            for (size_t i = 0; i < dk; ++i) sum += q[head * dk + i] * state[i * dv + j];
            out[0].set(static_cast<int64_t>(head * dv + j), sum * scale);
          }
      }
      for (size_t i = 0; i < state.size(); ++i) out[1].set(first + static_cast<int64_t>(i), state[i]);
    }
}

Cost cost(const LinearAttention&, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  return traffic(in, out, at, 6 * dim_at(out[1], 2, at));
}

void visit_fields(LinearAttention& op, FieldVisitor& v) {
  v.field("heads", op.heads);
  v.field("groups", op.groups);
  v.field("scale", op.scale);
  v.field("has_state", op.has_state);
  v.field("has_decay", op.has_decay);
  v.field("has_beta", op.has_beta);
}

}  // namespace dvt::ops
