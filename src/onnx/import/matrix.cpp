#include "onnx/emit.h"
#include "onnx/extent.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

ITensor& multiply(ImporterContext& c, ITensor& a, bool transpose_a, ITensor& b, bool transpose_b,
                  std::string_view role = "") {
  const auto operation = [](bool t) { return t ? MatrixOperation::kTRANSPOSE : MatrixOperation::kNONE; };
  return first_output(
      c.added(c.network().addMatrixMultiply(a, operation(transpose_a), b, operation(transpose_b)), role));
}

ITensor& scaled(ImporterContext& c, ITensor& x, float factor, std::string_view role) {
  if (factor == 1) return x;
  return elementwise(c, x, scalar(c, factor, x.getType()), ElementWiseOperation::kPROD, role);
}

/// NumPy's product: a vector on the left is a row, one on the right a column, and that dimension goes again.
ITensor& product(ImporterContext& c, ITensor& left, bool transpose_a, ITensor& right, bool transpose_b) {
  const int rank_a = rank_of(left), rank_b = rank_of(right);
  if (rank_a == 0 || rank_b == 0) refuse(ParserCode::kINVALID_NODE)("an operand of a matrix product is a scalar");
  ITensor& a = rank_a == 1 ? unsqueeze(c, left, std::vector<int64_t>{0}, "row") : left;
  ITensor& b = rank_b == 1 ? unsqueeze(c, right, std::vector<int64_t>{1}, "column") : right;
  if (rank_a > 1 && rank_b > 1) return multiply(c, a, transpose_a, b, transpose_b);
  ITensor& y = multiply(c, a, transpose_a && rank_a > 1, b, transpose_b && rank_b > 1, "product");
  std::vector<int64_t> axes;
  if (rank_a == 1) axes.push_back(rank_of(y) - 2);
  if (rank_b == 1) axes.push_back(rank_of(y) - 1);
  return squeeze(c, y, axes);
}

}  // namespace

void import_matmul(ImporterContext& c) { c.set_output(0, product(c, c.tensor(0), false, c.tensor(1), false)); }

void import_gemm(ImporterContext& c) {
  ITensor& a = c.tensor(0);
  ITensor& b = c.tensor(1);
  if (rank_of(a) != 2 || rank_of(b) != 2)
    refuse(ParserCode::kINVALID_NODE)("Gemm multiplies matrices; the operands have the ranks ", rank_of(a), " and ",
                                      rank_of(b));
  const float alpha = c.attribute_float("alpha", 1), beta = c.attribute_float("beta", 1);
  const bool has_c = c.has_input(2) && beta != 0;
  const std::string_view helper = "product";
  ITensor& ab = multiply(c, a, c.attribute_bool("transA", false), b, c.attribute_bool("transB", false),
                         has_c || alpha != 1 ? helper : "");
  ITensor& y = scaled(c, ab, alpha, has_c ? "alpha" : "");
  if (!has_c) return c.set_output(0, y);
  ITensor& addend = scaled(c, input_of_rank(c, 2, 2), beta, "beta");
  c.set_output(0, elementwise(c, y, addend, ElementWiseOperation::kSUM));
}

/// Input i with its first dimension moved in front of the last one, where the attribute says so.
static ITensor& batch_transposed(ImporterContext& c, int i, const char* attribute) {
  ITensor& x = c.tensor(i);
  const int rank = rank_of(x);
  if (!c.attribute_bool(attribute, false) || rank < 3) return x;
  std::vector<int64_t> order;
  for (int k = 1; k < rank - 1; ++k) order.push_back(k);
  order.push_back(0);
  order.push_back(rank - 1);
  return transpose(c, x, order, "batch");
}

/// com.microsoft::FusedMatMul: alpha * op(A) op(B).
void import_fused_matmul(ImporterContext& c) {
  ITensor& left = batch_transposed(c, 0, "transBatchA");
  ITensor& right = batch_transposed(c, 1, "transBatchB");
  ITensor& y = product(c, left, c.attribute_bool("transA", false), right, c.attribute_bool("transB", false));
  c.set_output(0, scaled(c, y, c.attribute_float("alpha", 1), "alpha"));
}

void import_det(ImporterContext& c) { c.set_output(0, add_operator(c, "determinant", {}, {&c.tensor(0)})); }

/// x (minus its zero point) as int32, for the integer products.
static ITensor& centred(ImporterContext& c, int input, int zero_point) {
  ITensor& x = cast(c, c.tensor(input), DataType::kINT32, "widened");
  if (!c.has_input(zero_point)) return x;
  ITensor* zero = &cast(c, c.tensor(zero_point), DataType::kINT32, "zero_point");
  // A list for A has one number for each row, which lies along the second last axis.
  const Dims dims = c.dims(zero_point);
  if (input == 0 && dims.nbDims == 1 && dims.d[0] != 1)
    zero = &unsqueeze(c, *zero, std::vector<int64_t>{1}, "zero_point");
  return elementwise(c, x, *zero, ElementWiseOperation::kSUB, "centred");
}

void import_matmul_integer(ImporterContext& c) {
  if (!c.has_input(2) && !c.has_input(3)) return c.set_output(0, product(c, c.tensor(0), false, c.tensor(1), false));
  c.set_output(0, product(c, centred(c, 0, 2), false, centred(c, 1, 3), false));
}

}  // namespace dvt::onnx
