#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/matrix/matmul.h"

namespace dvt::api {
namespace {

class MatrixMultiply final : public LayerOf<IMatrixMultiplyLayer> {
 public:
  MatrixMultiply(Network& network, Tensor& a, MatrixOperation op0, Tensor& b, MatrixOperation op1)
      : LayerOf(network, LayerType::kMATRIX_MULTIPLY, "Matrix Multiply", {&a, &b}), ops_{op0, op1} {
    check(op0);
    check(op1);
  }

  void lower(Lowering& graph) const override {
    ir::Value* a = graph.input(0);
    ir::Value* b = graph.input(1);
    const bool row = ops_[0] == MatrixOperation::kVECTOR, column = ops_[1] == MatrixOperation::kVECTOR;
    if (row) a = widened(graph, a, a->rank() - 1);
    if (column) b = widened(graph, b, b->rank());
    const ops::MatMul matmul{.transpose_a = ops_[0] == MatrixOperation::kTRANSPOSE,
                             .transpose_b = ops_[1] == MatrixOperation::kTRANSPOSE};
    ir::Value* y = graph.add(matmul, {a, b});
    if (row || column) {
      std::vector<Dim> dims = dims_of(y);
      if (column) dims.pop_back();
      if (row) dims.erase(dims.end() - (column ? 1 : 2));
      y = graph.reshape(y, dims);
    }
    graph.output(0, y);
  }

  void setOperation(int32_t index, MatrixOperation op) noexcept override {
    guarded(reporter(), [&] {
      if (index != 0 && index != 1)
        throw Error(ErrorCode::kInvalidArgument, "layer '", name(), "' (Matrix Multiply) has no input ", index);
      check(op);
      set(ops_[index], op);
    });
  }
  MatrixOperation getOperation(int32_t index) const noexcept override {
    return index == 0 || index == 1 ? ops_[index] : MatrixOperation::kNONE;
  }

 private:
  static void check(MatrixOperation op) {
    if (!is_enumerator(op))
      throw Error(ErrorCode::kInvalidArgument, "matrix multiply: there is no operation ", static_cast<int>(op));
  }
  /// A vector as a matrix: a dimension of 1 at `axis`.
  ir::Value* widened(Lowering& graph, ir::Value* v, int axis) const {
    if (v->rank() < 1)
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Matrix Multiply): '", v->name(),
                  "' is a scalar, not a vector");
    std::vector<Dim> dims = dims_of(v);
    dims.insert(dims.begin() + axis, Dim(1));
    return graph.reshape(v, dims);
  }

  MatrixOperation ops_[2];
};

}  // namespace

IMatrixMultiplyLayer* Network::addMatrixMultiply(ITensor& a, MatrixOperation op0, ITensor& b,
                                                 MatrixOperation op1) noexcept {
  return add<MatrixMultiply>([&] { return std::make_unique<MatrixMultiply>(*this, own(a), op0, own(b), op1); });
}

}  // namespace dvt::api
