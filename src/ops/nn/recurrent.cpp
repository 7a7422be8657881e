#include "ops/nn/recurrent.h"

#include <algorithm>

#include "ops/support.h"

namespace dvt::ops {

void check_recurrent(std::string_view op, std::span<const ValueInfo> in, int64_t hidden_size, Direction d, int gates) {
  const TensorType &x = in[0].type, &w = in[1].type, &r = in[2].type;
  if (hidden_size < 1 || hidden_size > kMaxAttribute / 8)
    reject(op, "hidden_size must be 1 or more, got ", hidden_size);
  require_floating(op, x.dtype, "x");
  require_rank(op, x, 3, "x");
  require_same_dtype(op, w.dtype, x.dtype, "w");
  require_same_dtype(op, r.dtype, x.dtype, "r");
  require_rank(op, w, 3, "w");
  require_rank(op, r, 3, "r");
  const Dim directions = num_directions(d), rows = gates * hidden_size;
  require_same_dim(op, w.shape[0], directions, "directions of w");
  require_same_dim(op, w.shape[1], rows, "rows of w");
  require_same_dim(op, w.shape[2], x.shape[2], "columns of w");
  require_same_dim(op, r.shape[0], directions, "directions of r");
  require_same_dim(op, r.shape[1], rows, "rows of r");
  require_same_dim(op, r.shape[2], hidden_size, "columns of r");
}

void check_sequence_lengths(std::string_view op, const TensorType& t, const TensorType& x) {
  require_integer(op, t.dtype, "sequence lengths");
  require_vector(op, t, x.shape[1], "sequence lengths");
}

void check_state(std::string_view op, const TensorType& t, const TensorType& x, int64_t hidden, Direction d,
                 std::string_view what) {
  require_same_dtype(op, t.dtype, x.dtype, what);
  require_rank(op, t, 3, what);
  require_same_dim(op, t.shape[0], num_directions(d), concat("directions of ", what));
  require_same_dim(op, t.shape[1], x.shape[1], concat("batch of ", what));
  require_same_dim(op, t.shape[2], hidden, concat("width of ", what));
}

RecurrentSizes recurrent_sizes(std::span<const ReadView> in, int64_t hidden, Direction d) {
  return {in[0].dim(0), in[0].dim(1), in[0].dim(2), hidden, num_directions(d)};
}

void add_product(std::span<const double> matrix, std::span<const double> x, std::vector<double>& sums) {
  for (size_t g = 0; g < sums.size(); ++g)
    for (size_t i = 0; i < x.size(); ++i) sums[g] += matrix[g * x.size() + i] * x[i];
}

void for_each_step(const RecurrentSizes& sizes, Direction d, const ReadView* lengths,
                   const std::function<void(int direction, int64_t sequence, int64_t time)>& step) {
  for (int direction = 0; direction < sizes.directions; ++direction)
    for (int64_t sequence = 0; sequence < sizes.batch; ++sequence) {
      const int64_t length = lengths ? std::clamp<int64_t>(lengths->get_int(sequence), 0, sizes.time) : sizes.time;
      const bool backwards = d == Direction::reverse || direction == 1;
      for (int64_t i = 0; i < length; ++i) step(direction, sequence, backwards ? length - 1 - i : i);
    }
}

}  // namespace dvt::ops
