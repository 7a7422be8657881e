// Derivatives of operators, for reverse accumulation: of each input's gradient, given the result's.
#include "onnx/derivatives.h"

#include <algorithm>
#include <numeric>

namespace dvt::onnx {
namespace {

using Node = Differentiated;

/// What was spread over a larger shape is summed up again.
Term sum_to(Term g, Term like) {
  const int extra = g.rank() - like.rank();
  std::vector<int64_t> leading(static_cast<size_t>(std::max(extra, 0))), spread;
  std::iota(leading.begin(), leading.end(), 0);
  if (!leading.empty()) g = sum(g, leading, false);
  const Dims from = dims_of(like.tensor()), to = dims_of(g.tensor());
  for (int i = 0; i < from.nbDims; ++i) {
    if (from.d[i] == to.d[i] && from.d[i] >= 0) continue;
    if (from.d[i] < 0 && to.d[i] != 1)
      refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)(
          "dimension ", i,
          " of a tensor that is differentiated is open, so "
          "that it may be spread or not; give the model's inputs their sizes");
    if (from.d[i] == 1) spread.push_back(i);
  }
  return spread.empty() ? g : sum(g, spread, true);
}

Gradients each(const Node& n, std::initializer_list<Term (*)(const Node&)> of_input) {
  Gradients gradients(n.active.size());
  size_t i = 0;
  for (const auto f : of_input) {
    if (n.wants(i)) gradients[i] = sum_to(f(n), n.x(static_cast<int>(i)));
    ++i;
  }
  return gradients;
}

Gradients of_add(const Node& n) {
  Gradients gradients(n.active.size());
  for (size_t i = 0; i < gradients.size(); ++i)
    if (n.wants(i)) gradients[i] = sum_to(n.gradient, n.x(static_cast<int>(i)));
  return gradients;
}
Gradients of_sub(const Node& n) {
  return each(n, {[](const Node& n) { return n.gradient; }, [](const Node& n) { return -n.gradient; }});
}
Gradients of_mul(const Node& n) {
  return each(n,
              {[](const Node& n) { return n.gradient * n.x(1); }, [](const Node& n) { return n.gradient * n.x(0); }});
}
Gradients of_div(const Node& n) {
  return each(
      n, {[](const Node& n) { return n.gradient / n.x(1); }, [](const Node& n) { return -n.gradient * n.y / n.x(1); }});
}

Term general_power(Term a, Term b) { return {a.context(), elementwise(a.context(), a, b, ElementWiseOperation::kPOW)}; }

Gradients of_pow(const Node& n) {
  return each(n, {[](const Node& n) {
                    const Term exponent = cast(n.x(1), n.x(0).type());
                    return n.gradient * exponent * general_power(n.x(0), exponent - 1);
                  },
                  [](const Node& n) { return n.gradient * n.y * log(n.x(0)); }});
}

Gradients of_one(const Node& n, Term gradient) {
  Gradients gradients(n.active.size());
  if (n.wants(0)) gradients[0] = gradient;
  return gradients;
}
Gradients of_identity(const Node& n) { return of_one(n, n.gradient); }
Gradients of_cast(const Node& n) { return of_one(n, cast(n.gradient, n.x(0).type())); }
Gradients of_neg(const Node& n) { return of_one(n, -n.gradient); }
Gradients of_exp(const Node& n) { return of_one(n, n.gradient * n.y); }
Gradients of_log(const Node& n) { return of_one(n, n.gradient / n.x(0)); }
Gradients of_sqrt(const Node& n) { return of_one(n, n.gradient * 0.5 / n.y); }
Gradients of_reciprocal(const Node& n) { return of_one(n, -n.gradient * n.y * n.y); }
Gradients of_abs(const Node& n) { return of_one(n, n.gradient * sign(n.x(0))); }
Gradients of_sin(const Node& n) { return of_one(n, n.gradient * unary(n.x(0), UnaryOperation::kCOS)); }
Gradients of_cos(const Node& n) { return of_one(n, -n.gradient * unary(n.x(0), UnaryOperation::kSIN)); }
Gradients of_relu(const Node& n) { return of_one(n, select(n.x(0) > 0, n.gradient, n.gradient.number(0))); }
Gradients of_sigmoid(const Node& n) { return of_one(n, n.gradient * n.y * (1 - n.y)); }
Gradients of_tanh(const Node& n) { return of_one(n, n.gradient * (1 - n.y * n.y)); }

// The result reads the input's elements in another order, or under another shape.
Gradients of_reshape(const Node& n) { return of_one(n, reshape(n.gradient, n.x(0).extents())); }

Gradients of_transpose(const Node& n) {
  std::vector<int64_t> permutation = n.c.attribute_ints("perm"), inverse(static_cast<size_t>(n.y.rank()));
  for (size_t i = 0; i < inverse.size(); ++i) {
    const int64_t from = permutation.empty() ? static_cast<int64_t>(inverse.size() - 1 - i) : permutation[i];
    inverse[static_cast<size_t>(from)] = static_cast<int64_t>(i);  // in range: the node itself was imported
  }
  return of_one(n, transpose(n.gradient, inverse));
}

Gradients of_reduce(const Node& n, bool is_mean) {
  const Term x = n.x(0);
  const auto given = n.c.ints_from_input_or_attribute(1, "axes");
  std::vector<int64_t> axes = normalized_axes(given.value_or(std::vector<int64_t>{}), x.rank());
  if (axes.empty() && n.c.attribute_bool("noop_with_empty_axes", false)) return of_identity(n);
  if (axes.empty()) {
    axes.resize(static_cast<size_t>(x.rank()));
    std::iota(axes.begin(), axes.end(), 0);
  }
  std::sort(axes.begin(), axes.end());
  Term g = n.gradient;
  if (!n.c.attribute_bool("keepdims", true) && !axes.empty()) g = unsqueeze(g, axes);
  Extent count = 1;
  for (const int64_t axis : axes) count = multiply(n.c, count, x.extent(static_cast<int>(axis)));
  if (is_mean) g = count.value ? g / static_cast<double>(*count.value) : g / cast(scalar_of(n.c, count), g.type());
  return of_one(n, expand(g, x.extents()));
}
Gradients of_reduce_sum(const Node& n) { return of_reduce(n, false); }
Gradients of_reduce_mean(const Node& n) { return of_reduce(n, true); }

Gradients of_matmul(const Node& n) {
  for (int i = 0; i < 2; ++i)
    if (n.x(i).rank() < 2)
      refuse(ParserCode::kUNSUPPORTED_NODE)(
          "Gradient through a MatMul of vectors is not supported; make them matrices");
  return each(n, {[](const Node& n) { return matmul(n.gradient, n.x(1), false, true); },
                  [](const Node& n) { return matmul(n.x(0), n.gradient, true, false); }});
}

// y = alpha a' b' + beta c, where a' may be a transposed, and b' b.
Gradients of_gemm(const Node& n) {
  const bool turn_a = n.c.attribute_bool("transA", false), turn_b = n.c.attribute_bool("transB", false);
  const Term g = n.gradient, scaled = g * static_cast<double>(n.c.attribute_float("alpha", 1));
  Gradients gradients(n.active.size());
  if (n.wants(0)) gradients[0] = turn_a ? matmul(n.x(1), scaled, turn_b, true) : matmul(scaled, n.x(1), false, !turn_b);
  if (n.wants(1)) gradients[1] = turn_b ? matmul(scaled, n.x(0), true, turn_a) : matmul(n.x(0), scaled, !turn_a, false);
  if (n.wants(2)) gradients[2] = sum_to(g * static_cast<double>(n.c.attribute_float("beta", 1)), n.x(2));
  return gradients;
}

struct Row {
  std::string_view op_type;
  Gradients (*derivative)(const Node&);
};
constexpr Row kRows[] = {
    {"Abs", of_abs},           {"Add", of_add},
    {"Cast", of_cast},         {"Cos", of_cos},
    {"Div", of_div},           {"Exp", of_exp},
    {"Flatten", of_reshape},   {"Gemm", of_gemm},
    {"Log", of_log},           {"Identity", of_identity},
    {"MatMul", of_matmul},     {"Mul", of_mul},
    {"Neg", of_neg},           {"Pow", of_pow},
    {"Relu", of_relu},         {"Reciprocal", of_reciprocal},
    {"Reshape", of_reshape},   {"ReduceMean", of_reduce_mean},
    {"Sigmoid", of_sigmoid},   {"ReduceSum", of_reduce_sum},
    {"Sin", of_sin},           {"Sqrt", of_sqrt},
    {"Squeeze", of_reshape},   {"Sub", of_sub},
    {"Sum", of_add},           {"Tanh", of_tanh},
    {"Unsqueeze", of_reshape}, {"Transpose", of_transpose},
};

}  // namespace

Gradients differentiate(const Differentiated& node) {
  const dvt::onnx::Node& n = node.c.node();
  const auto row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.op_type == n.op_type; });
  if (row == std::end(kRows) || !n.domain.empty())
    refuse(ParserCode::kUNSUPPORTED_NODE)("the operator ", n.op_type, " of node '", n.name,
                                          "' cannot be differentiated; export the model with its gradients computed");
  return row->derivative(node);
}

}  // namespace dvt::onnx
