// Arithmetic, comparison, logic and the functions of one variable.
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "onnx/emit.h"
#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

/// Input i with the rank that both operands get.
ITensor& operand(ImporterContext& c, int i, int rank) { return input_of_rank(c, i, rank); }

int common_rank(ImporterContext& c) {
  int rank = 0;
  for (int i = 0; i < c.num_inputs(); ++i) rank = std::max(rank, static_cast<int>(c.dims(i).nbDims));
  return rank;
}

/// Before operator set 7, B was spread over A from `axis` on, where it did not have A's shape.
ITensor& spread_from_axis(ImporterContext& c, int rank) {
  ITensor& b = c.tensor(1);
  const int axis = normalized_axis(c.attribute_int("axis", rank - rank_of(b)), rank);
  std::vector<int64_t> axes;
  for (int i = 0; i < rank; ++i)
    if (i < axis || i >= axis + rank_of(b)) axes.push_back(i);
  if (static_cast<int>(axes.size()) != rank - rank_of(b))
    refuse(ParserCode::kINVALID_NODE)("axis ", axis, " does not fit operands of rank ", rank, " and ", rank_of(b));
  return axes.empty() ? b : unsqueeze(c, b, axes, "broadcast");
}

void binary(ImporterContext& c, ElementWiseOperation op) {
  const int rank = common_rank(c);
  ITensor& a = operand(c, 0, rank);
  ITensor& b = c.opset() < 7 && c.attribute_bool("broadcast", false) && c.dims(1).nbDims > 0 ? spread_from_axis(c, rank)
                                                                                             : operand(c, 1, rank);
  c.set_output(0, first_output(c.added(c.network().addElementWise(a, b, op))));
}

ITensor& binary_of_ours(ImporterContext& c, const char* op) {
  const int rank = common_rank(c);
  return add_operator(c, "elementwise", Fields().add("op", op), {&operand(c, 0, rank), &operand(c, 1, rank)});
}

void variadic(ImporterContext& c, ElementWiseOperation op) {
  const int rank = common_rank(c);
  ITensor* result = &operand(c, 0, rank);
  if (c.num_inputs() == 1) result = &first_output(c.added(c.network().addIdentity(*result)));
  for (int i = 1; i < c.num_inputs(); ++i)
    result = &first_output(c.added(c.network().addElementWise(*result, operand(c, i, rank), op)));
  c.set_output(0, *result);
}

void of_one(ImporterContext& c, UnaryOperation op) {
  c.set_output(0, first_output(c.added(c.network().addUnary(c.tensor(0), op))));
}

}  // namespace

void import_add(ImporterContext& c) { binary(c, ElementWiseOperation::kSUM); }
void import_sub(ImporterContext& c) { binary(c, ElementWiseOperation::kSUB); }
void import_mul(ImporterContext& c) { binary(c, ElementWiseOperation::kPROD); }
void import_div(ImporterContext& c) { binary(c, ElementWiseOperation::kDIV); }
void import_and(ImporterContext& c) { binary(c, ElementWiseOperation::kAND); }
void import_or(ImporterContext& c) { binary(c, ElementWiseOperation::kOR); }
void import_xor(ImporterContext& c) { binary(c, ElementWiseOperation::kXOR); }
void import_equal(ImporterContext& c) {
  if (c.is_text(0)) return c.set_output(0, equal(Term(c, 0), Term(c, 1)));
  binary(c, ElementWiseOperation::kEQUAL);
}

void import_greater(ImporterContext& c) { binary(c, ElementWiseOperation::kGREATER); }
void import_less(ImporterContext& c) { binary(c, ElementWiseOperation::kLESS); }
void import_greater_or_equal(ImporterContext& c) { c.set_output(0, binary_of_ours(c, "ge")); }
void import_less_or_equal(ImporterContext& c) { c.set_output(0, binary_of_ours(c, "le")); }
void import_sum(ImporterContext& c) { variadic(c, ElementWiseOperation::kSUM); }
void import_max(ImporterContext& c) { variadic(c, ElementWiseOperation::kMAX); }
void import_min(ImporterContext& c) { variadic(c, ElementWiseOperation::kMIN); }

void import_mean(ImporterContext& c) {
  const int rank = common_rank(c);
  ITensor* sum = &operand(c, 0, rank);
  for (int i = 1; i < c.num_inputs(); ++i)
    sum = &elementwise(c, *sum, operand(c, i, rank), ElementWiseOperation::kSUM, "sum");
  c.set_output(0, elementwise(c, *sum, scalar(c, 1.0 / c.num_inputs(), c.type(0)), ElementWiseOperation::kPROD));
}

void import_pow(ImporterContext& c) {
  if (c.opset() < 7) return binary(c, ElementWiseOperation::kPOW);
  // The exponent may have another type; the result has the base's.
  const DataType type = c.type(0);
  const int rank = common_rank(c);
  ITensor& base = operand(c, 0, rank);
  const Constant* constant = c.constant(1);
  // Exporters take the square root of an extent so; as a root it stays shape arithmetic.
  if (rank == 0 && constant && is_floating(type) && constant->numbers().front() == 0.5)
    return c.set_output(0, unary(c, base, UnaryOperation::kSQRT));
  ITensor& exponent = constant && constant->type != type && constant->volume() == 1
                          ? scalar(c, constant->numbers().front(), type, rank)
                          : cast(c, operand(c, 1, rank), type, "exponent");
  c.set_output(0, first_output(c.added(c.network().addElementWise(base, exponent, ElementWiseOperation::kPOW))));
}

void import_mod(ImporterContext& c) {
  c.set_output(0, binary_of_ours(c, c.attribute_bool("fmod", false) ? "fmod" : "mod"));
}

void import_bitwise_and(ImporterContext& c) { c.set_output(0, binary_of_ours(c, "bit_and")); }
void import_bitwise_or(ImporterContext& c) { c.set_output(0, binary_of_ours(c, "bit_or")); }
void import_bitwise_xor(ImporterContext& c) { c.set_output(0, binary_of_ours(c, "bit_xor")); }
void import_bitwise_not(ImporterContext& c) {
  c.set_output(0, add_operator(c, "elementwise", Fields().add("op", "bit_not"), {&c.tensor(0)}));
}

void import_bit_shift(ImporterContext& c) {
  const std::string direction = c.attribute_string("direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'direction' must be LEFT or RIGHT, got '", direction, "'");
  c.set_output(0, binary_of_ours(c, direction == "LEFT" ? "shift_left" : "shift_right"));
}

void import_where(ImporterContext& c) {
  if (c.is_text(1))
    return c.set_output(0, add_operator(c, "text_select", {}, {&c.tensor(0), &c.tensor(1), &c.tensor(2)}));
  const int rank = common_rank(c);
  ITensor& condition = operand(c, 0, rank);
  ITensor& if_true = operand(c, 1, rank);
  ITensor& if_false = operand(c, 2, rank);
  c.set_output(0, first_output(c.added(c.network().addSelect(condition, if_true, if_false))));
}

void import_bit_cast(ImporterContext& c) {
  const DataType to = to_data_type(static_cast<ElementType>(c.attribute_int("to", 0)), "to");
  c.set_output(0, add_operator(c, "bitcast", Fields().add("to", type_attribute(to)), {&c.tensor(0)}));
}

void import_abs(ImporterContext& c) { of_one(c, UnaryOperation::kABS); }
void import_acos(ImporterContext& c) { of_one(c, UnaryOperation::kACOS); }
void import_acosh(ImporterContext& c) { of_one(c, UnaryOperation::kACOSH); }
void import_asin(ImporterContext& c) { of_one(c, UnaryOperation::kASIN); }
void import_asinh(ImporterContext& c) { of_one(c, UnaryOperation::kASINH); }
void import_atan(ImporterContext& c) { of_one(c, UnaryOperation::kATAN); }
void import_atanh(ImporterContext& c) { of_one(c, UnaryOperation::kATANH); }
void import_ceil(ImporterContext& c) { of_one(c, UnaryOperation::kCEIL); }
void import_cos(ImporterContext& c) { of_one(c, UnaryOperation::kCOS); }
void import_cosh(ImporterContext& c) { of_one(c, UnaryOperation::kCOSH); }
void import_erf(ImporterContext& c) { of_one(c, UnaryOperation::kERF); }
void import_exp(ImporterContext& c) { of_one(c, UnaryOperation::kEXP); }
void import_floor(ImporterContext& c) { of_one(c, UnaryOperation::kFLOOR); }
void import_is_nan(ImporterContext& c) { of_one(c, UnaryOperation::kISNAN); }
void import_log(ImporterContext& c) { of_one(c, UnaryOperation::kLOG); }
void import_neg(ImporterContext& c) { of_one(c, UnaryOperation::kNEG); }
void import_not(ImporterContext& c) { of_one(c, UnaryOperation::kNOT); }
void import_reciprocal(ImporterContext& c) { of_one(c, UnaryOperation::kRECIP); }
void import_round(ImporterContext& c) { of_one(c, UnaryOperation::kROUND); }
void import_sign(ImporterContext& c) { of_one(c, UnaryOperation::kSIGN); }
void import_sin(ImporterContext& c) { of_one(c, UnaryOperation::kSIN); }
void import_sinh(ImporterContext& c) { of_one(c, UnaryOperation::kSINH); }
void import_sqrt(ImporterContext& c) { of_one(c, UnaryOperation::kSQRT); }
void import_tan(ImporterContext& c) { of_one(c, UnaryOperation::kTAN); }

void import_is_inf(ImporterContext& c) {
  const bool negative = c.attribute_bool("detect_negative", true), positive = c.attribute_bool("detect_positive", true);
  if (negative && positive) return of_one(c, UnaryOperation::kISINF);
  ITensor& x = c.tensor(0);
  ITensor& is_inf = unary(c, x, UnaryOperation::kISINF, "is_inf");
  const auto side = positive ? ElementWiseOperation::kGREATER : ElementWiseOperation::kLESS;
  ITensor& has_sign = elementwise(c, x, scalar(c, 0, x.getType()), side, "sign");
  if (negative || positive) return c.set_output(0, elementwise(c, is_inf, has_sign, ElementWiseOperation::kAND));
  c.set_output(0, elementwise(c, is_inf, unary(c, is_inf, UnaryOperation::kNOT, "not"), ElementWiseOperation::kAND));
}

}  // namespace dvt::onnx
