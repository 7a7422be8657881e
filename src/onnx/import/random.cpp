// Random numbers. The same seed gives the same numbers on every machine and in every run of a network.
#include <cstring>

#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

/// The attribute `seed`, or one that follows from the node's name, so that nodes differ and builds do not.
int64_t seed_of(ImporterContext& c) {
  if (c.has_attribute("seed")) {
    const float seed = c.attribute_float("seed", 0);
    uint32_t bits = 0;
    std::memcpy(&bits, &seed, sizeof(bits));
    return bits;
  }
  uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char ch : c.base_name()) hash = (hash ^ static_cast<unsigned char>(ch)) * 1099511628211ULL;
  return static_cast<int64_t>(hash >> 32);
}

DataType type_of(ImporterContext& c, DataType fallback) {
  const int64_t type = c.attribute_int("dtype", 0);
  return type == 0 ? fallback : to_data_type(static_cast<ElementType>(type), "dtype");
}

/// Numbers of the type, of this shape. kind: "uniform" over [a, b), or "normal" with mean a and deviation b.
Term random(ImporterContext& c, const char* kind, double a, double b, const Extents& shape, DataType type) {
  Fields fields;
  fields.add("kind", kind).add("a", a).add("b", b).add("seed", seed_of(c)).add("to", type_attribute(type));
  // The operator takes its shape from a tensor, whose elements it does not read.
  const Term of_shape = filled(c, shape, 0, DataType::kFLOAT);
  return {c, add_operator(c, "random", fields, {&of_shape.tensor()}, "random")};
}

Extents shape_attribute(ImporterContext& c) {
  const std::vector<int64_t> shape = c.attribute_ints("shape");
  for (const int64_t d : shape)
    if (d < 0) refuse(ParserCode::kINVALID_NODE)("the attribute 'shape' holds ", d);
  return Extents(shape.begin(), shape.end());
}

void normal(ImporterContext& c, const Extents& shape, DataType type) {
  c.set_output(
      0, random(c, "normal", c.attribute_float("mean", 0), c.attribute_float("scale", 1), shape, type_of(c, type)));
}

void uniform(ImporterContext& c, const Extents& shape, DataType type) {
  c.set_output(
      0, random(c, "uniform", c.attribute_float("low", 0), c.attribute_float("high", 1), shape, type_of(c, type)));
}

}  // namespace

void import_random_normal(ImporterContext& c) { normal(c, shape_attribute(c), DataType::kFLOAT); }
void import_random_uniform(ImporterContext& c) { uniform(c, shape_attribute(c), DataType::kFLOAT); }
void import_random_normal_like(ImporterContext& c) { normal(c, Term(c, 0).extents(), c.type(0)); }
void import_random_uniform_like(ImporterContext& c) { uniform(c, Term(c, 0).extents(), c.type(0)); }

/// True with the probability that the input holds.
void import_bernoulli(ImporterContext& c) {
  const Term probability(c, 0);
  const Term drawn = random(c, "uniform", 0, 1, probability.extents(), probability.type());
  c.set_output(0, cast(drawn < probability, type_of(c, probability.type())));
}

/// Classes drawn from rows of logarithms: the first whose running sum exceeds a uniform number.
void import_multinomial(ImporterContext& c) {
  const Term x = cast(Term(c, 0), DataType::kFLOAT);
  if (x.rank() != 2) refuse(ParserCode::kINVALID_NODE)("the input must have rank 2, got ", x.rank());
  const int64_t count = c.attribute_int("sample_size", 1);
  if (count < 1) refuse(ParserCode::kINVALID_NODE)("the attribute 'sample_size' must be positive, got ", count);
  const Term running = unsqueeze(cumulative_sum(softmax(x, 1), 1), {1});
  const Term drawn = random(c, "uniform", 0, 1, Extents{x.extent(0), count, 1}, DataType::kFLOAT);
  const Term passed = sum(cast(running <= drawn, DataType::kINT64), {2}, false);
  // The sum of a row may round to less than 1.
  const Term last = scalar_of(c, subtract(c, x.extent(1), 1));
  c.set_output(0, cast(minimum(passed, last), type_of(c, DataType::kINT32)));
}

}  // namespace dvt::onnx
