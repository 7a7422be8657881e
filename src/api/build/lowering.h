#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "api/build/layer.h"
#include "expr/expr.h"
#include "ir/graph.h"

namespace dvt::api {

/// What a layer gets to turn itself into nodes: its inputs as values, and the graph to add to.
class Lowering {
 public:
  Lowering(ir::Graph& graph, Layer& layer) : graph_(graph), layer_(layer) {}

  int num_inputs() const { return static_cast<int>(layer_.inputs().size()); }
  /// Throws Error(kInvalidModel) when the input is not set.
  ir::Value* input(int i) const;
  /// nullptr when the input is not set.
  ir::Value* optional_input(int i) const;
  std::vector<ir::Value*> inputs() const;  ///< Those that are set.
  /// Elements of an input as numbers for shapes: a constant, shape arithmetic, or symbols for what only the run can
  /// tell. Throws Error(kInvalidModel) naming `what` when it is no small integer tensor.
  std::vector<Dim> known(int i, std::string_view what);
  /// The input, or, where it is not known before the run, one with its elements as symbols.
  ir::Value* known_input(int i, std::string_view what);
  std::vector<int64_t> known_constants(int i, std::string_view what);

  /// A size that depends on what only the run can tell, limited to [0, most]; others as they are.
  static Dim at_most(const Dim& size, const Dim& most);

  ir::Value* weights(const Weights& weights, const std::vector<int64_t>& dims, std::string_view role);
  ir::Value* ints(std::span<const int64_t> values);            ///< i64[n].
  ir::Value* scalar(DType type, double value);                 ///< Rank 0.
  ir::Value* integer(DType type, int64_t value);               ///< Rank 0, of an integer type.
  ir::Value* zeros(DType type, int64_t count);                 ///< [count].
  ir::Value* identity_matrix(DType type, int64_t size);        ///< [size, size].
  ir::Value* add(ops::Op op, std::vector<ir::Value*> inputs);  ///< The first output.
  ir::Value* apply(expr::ExprOp op, std::vector<ir::Value*> operands);
  ir::Value* cast(ir::Value* x, DType to);  ///< x itself when it has the type.
  /// Weights in the type that the layer computes in. Refuses numbers with a fraction where that has none.
  ir::Value* parameter(ir::Value* weights, DType type, std::string_view role);
  ir::Value* reshape(ir::Value* x, std::vector<Dim> dims);
  /// x in the shape that input i gives, with the placeholders -1 and, unless `allow_zero`, 0.
  ir::Value* reshape_to_input(ir::Value* x, int i, bool allow_zero);
  /// start, start + delta … below limit, where what is not known before the run becomes a symbol.
  ir::Value* range(ir::Value* start, ir::Value* limit, ir::Value* delta);
  void output(int i, ir::Value* value);
  /// Output 0 as a value of which only the type is known.
  void placeholder(TensorType type);

 private:
  std::optional<std::vector<Dim>> lifted(ir::Value* v);
  ir::Value* constant(std::string_view role, TensorType type, Blob data);
  ir::Graph& graph_;
  Layer& layer_;
};

/// The one dimension in a mask. Throws Error(kInvalidModel) when there is not exactly one, or it is outside the rank.
int64_t single_axis(uint32_t mask, int rank, std::string_view what);
/// The dimensions in a mask. Throws Error(kInvalidModel) on those outside the rank.
std::vector<int64_t> axes_of(uint32_t mask, int rank, std::string_view what);
std::vector<Dim> dims_of(const ir::Value* value);

}  // namespace dvt::api
