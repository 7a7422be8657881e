#pragma once
// What lstm and gru share: directions, the walk over time and the matrix products of one step.
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "ops/op.h"

namespace dvt::ops {

enum class Direction { forward, reverse, bidirectional };
inline constexpr std::string_view kDirectionNames[] = {"forward", "reverse", "bidirectional"};
inline int num_directions(Direction d) { return d == Direction::bidirectional ? 2 : 1; }

/// Sizes of x[T, B, I] and the hidden state.
struct RecurrentSizes {
  int64_t time, batch, input, hidden;
  int directions;
};

/// Checks x, w, r, where w has `gates` rows per hidden unit.
void check_recurrent(std::string_view op, std::span<const ValueInfo> in, int64_t hidden_size, Direction d, int gates);
/// Checks sequence lengths i32[B] and a state [D, B, H].
void check_sequence_lengths(std::string_view op, const TensorType& t, const TensorType& x);
void check_state(std::string_view op, const TensorType& t, const TensorType& x, int64_t hidden, Direction d,
                 std::string_view what);
RecurrentSizes recurrent_sizes(std::span<const ReadView> in, int64_t hidden, Direction d);

/// sums[g] += W[g, :] . x for every row g of one direction.
void add_product(std::span<const double> matrix, std::span<const double> x, std::vector<double>& sums);

/// Calls step(direction, sequence, time) in the order in which each direction reads its sequence, for the times below
/// the sequence's length. `lengths` may be null: all full.
void for_each_step(const RecurrentSizes& sizes, Direction d, const ReadView* lengths,
                   const std::function<void(int direction, int64_t sequence, int64_t time)>& step);

}  // namespace dvt::ops
