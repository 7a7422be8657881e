// com.microsoft: integer arithmetic, and operators whose weights are of 8 bits.
#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

/// Input i less its zero point, as int32.
Term centred(ImporterContext& c, int i, int zero_point) {
  const Term x = cast(Term(c, i), DataType::kINT32);
  return c.has_input(zero_point) ? x - cast(Term(c, zero_point), DataType::kINT32) : x;
}

/// The same as real numbers.
Term real(ImporterContext& c, Term x, int scale, int zero_point) {
  Term whole = cast(x, DataType::kINT32);
  if (c.has_input(zero_point)) whole = whole - cast(Term(c, zero_point), DataType::kINT32);
  const Term unit(c, scale);
  return cast(whole, unit.type()) * unit;
}

}  // namespace

void import_mul_integer(ImporterContext& c) { c.set_output(0, centred(c, 0, 1) * centred(c, 2, 3)); }

void import_reduce_sum_integer(ImporterContext& c) {
  const DataType type = c.type(0) == DataType::kUINT8 ? DataType::kUINT32 : DataType::kINT32;
  std::vector<int64_t> axes = c.attribute_ints("axes");
  const Term x = cast(Term(c, 0), type);
  for (int i = 0; axes.empty() && i < x.rank(); ++i) axes.push_back(i);
  c.set_output(0, sum(x, axes, c.attribute_bool("keepdims", true)));
}

/// Of 16 bits; accumulated in 32.
void import_matmul_integer16(ImporterContext& c) {
  const bool is_unsigned = c.type(0) == DataType::kUINT16 && c.type(1) == DataType::kUINT16;
  const DataType type = is_unsigned ? DataType::kUINT32 : DataType::kINT32;
  c.set_output(0, matmul(cast(Term(c, 0), type), cast(Term(c, 1), type)));
}

/// The sum of embeddings of 8 bits, normalized; scales and zero points stand behind the mask, in the order of tables.
void import_qembed_layer_normalization(ImporterContext& c) {
  constexpr int kScales = 8, kZeroPoints = 13;
  const auto table = [&](int which, Term rows) { return real(c, rows, kScales + which, kZeroPoints + which); };
  const Term words(c, 0);
  Term sum = table(0, gather(Term(c, 2), words, 0)) + table(1, slice(Term(c, 3), 0, 0, words.extent(1)));
  if (c.has_input(1) && c.has_input(4)) sum = sum + table(2, gather(Term(c, 4), Term(c, 1), 0));
  const Term scale = table(3, Term(c, 5)), bias = table(4, Term(c, 6));
  c.set_output(0, normalized(sum, "layer", -1, c.attribute_float("epsilon", 1e-12F), scale, bias));
  if (!c.wants_output(1)) return;
  const Term mask =
      c.has_input(7) ? cast(Term(c, 7), DataType::kINT32) : filled(c, words.extents(), 0, DataType::kINT32);
  c.set_output(1, reduce(mask, ReduceOperation::kSUM, {1}, false));
}

namespace {

/// Weights [D, I, 4 H] of 8 bits, with a scale for each direction or for each of its columns, as real [D, 4 H, I].
Value gate_weights(ImporterContext& c, int weights, int scale) {
  const auto spread = [&](int i) {
    const Term x(c, i);
    return unsqueeze(x, x.rank() == 1 ? std::vector<int64_t>{1, 2} : std::vector<int64_t>{1});
  };
  const Term unit = spread(scale);
  Term whole = cast(Term(c, weights), DataType::kINT32);
  if (c.has_input(scale + 1)) whole = whole - cast(spread(scale + 1), DataType::kINT32);
  return Value{&transpose(cast(whole, unit.type()) * unit, {0, 2, 1}).tensor()};
}

}  // namespace

/// An LSTM of real numbers whose weights are stored in 8 bits. Inputs and states are not rounded to 8 bits on the way.
void import_dynamic_quantize_lstm(ImporterContext& c) {
  std::vector<Value> inputs = c.inputs();
  inputs.resize(8);
  inputs[1] = gate_weights(c, 1, 8);
  inputs[2] = gate_weights(c, 2, 10);
  c.become(&import_lstm, std::move(inputs));
}

}  // namespace dvt::onnx
