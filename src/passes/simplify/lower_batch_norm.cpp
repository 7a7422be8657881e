// batch_norm(x, scale, bias, mean, variance)  ->  x * s + t  with s = scale / sqrt(variance + eps), t = bias - mean *
// s, both constants of shape [1, C, 1, ...]. Runs before fold_scale_into_weights, which takes them into a convolution.
#include <cmath>

#include "ops/nn/batch_norm.h"
#include "passes/match.h"
#include "passes/simplify/simplify.h"

namespace dvt::passes {
namespace {

std::optional<ir::Patch> rewrite(const ir::Node& n) {
  for (int i = 1; i < 5; ++i)
    if (!n.input(i)->is_constant()) return std::nullopt;
  const ir::Value& x = *n.input(0);
  if (x.rank() < 2) return std::nullopt;
  const int64_t channels = n.input(1)->shape().volume().constant();
  const TensorType type{x.dtype(), [&] {
                          Shape s;
                          for (int64_t d : per_channel_dims(x.rank(), channels)) s.push_back(d);
                          return s;
                        }()};
  std::byte *s_bytes = nullptr, *t_bytes = nullptr;
  Blob s_data = Blob::allocate(byte_size(type.dtype, channels), &s_bytes);
  Blob t_data = Blob::allocate(byte_size(type.dtype, channels), &t_bytes);
  const ops::WriteView s(type.dtype, type.shape.constants(), s_bytes), t(type.dtype, type.shape.constants(), t_bytes);
  const double epsilon = n.as<ops::BatchNorm>()->epsilon;
  for (int64_t c = 0; c < channels; ++c) {
    const double scale = n.input(1)->view().get(c) / std::sqrt(n.input(4)->view().get(c) + epsilon);
    s.set(c, scale);
    t.set(c, n.input(2)->view().get(c) - n.input(3)->view().get(c) * scale);
  }
  ir::Patch patch;
  ir::Value* scaled = add_binary(patch, expr::ExprOp::mul, n.input(0), patch.constant(type, std::move(s_data)));
  ir::Value* y = add_binary(patch, expr::ExprOp::add, scaled, patch.constant(type, std::move(t_data)));
  if (!same_shape(*y, *n.output())) return std::nullopt;  // one channel, which x does not say that it has
  patch.replace(n.output(), y);
  return patch;
}

}  // namespace

Pass lower_batch_norm() {
  return rewrite_pass<ops::BatchNorm>("lower-batch-norm", "batch_norm with constants -> mul, add", &rewrite);
}

}  // namespace dvt::passes
