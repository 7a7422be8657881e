// Einsum as transpositions, sums and matrix products.
#include <algorithm>
#include <string>

#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

/// A dimension's name in the equation: a letter, or 1000 + its place from the right within "...".
using Label = int;
using Labels = std::vector<Label>;

bool has(const Labels& labels, Label label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

bool is_letter(char ch) { return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z'); }

/// A term of the equation. `ellipsis` is how many dimensions "..." stands for.
Labels read_term(const std::string& term, int ellipsis) {
  Labels labels;
  for (size_t i = 0; i < term.size(); ++i) {
    if (is_letter(term[i])) {
      labels.push_back(term[i]);
    } else if (term.compare(i, 3, "...") == 0) {
      for (int k = ellipsis; k-- > 0;) labels.push_back(1000 + k);
      i += 2;
    } else {
      refuse(ParserCode::kINVALID_NODE)("the equation's term '", term, "' is not understood");
    }
  }
  return labels;
}

int letters_in(const std::string& term) { return static_cast<int>(std::count_if(term.begin(), term.end(), is_letter)); }

struct Equation {
  std::vector<Labels> inputs;
  Labels output;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char ch : text) {
    if (ch == separator)
      parts.emplace_back();
    else
      parts.back() += ch;
  }
  return parts;
}

/// Without "->": "..." first, then the letters that occur once, in alphabetical order.
Labels implicit_output(const std::vector<Labels>& inputs, int ellipsis) {
  Labels output = read_term("...", ellipsis);
  Labels all;
  for (const Labels& labels : inputs) all.insert(all.end(), labels.begin(), labels.end());
  Labels once;
  for (const Label label : all)
    if (label < 1000 && std::count(all.begin(), all.end(), label) == 1) once.push_back(label);
  std::sort(once.begin(), once.end());
  output.insert(output.end(), once.begin(), once.end());
  return output;
}

Equation read_equation(ImporterContext& c) {
  std::string text = c.attribute_string("equation", "");
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  const size_t arrow = text.find("->");
  const std::vector<std::string> terms = split(text.substr(0, arrow), ',');
  if (static_cast<int>(terms.size()) != c.num_inputs())
    refuse(ParserCode::kINVALID_NODE)("the equation '", text, "' has ", terms.size(), " terms for ", c.num_inputs(),
                                      " inputs");
  Equation equation;
  int widest = 0;
  for (int i = 0; i < c.num_inputs(); ++i) {
    const std::string& term = terms[static_cast<size_t>(i)];
    const int rank = rank_of(c.tensor(i));
    const int ellipsis = term.find("...") == std::string::npos ? 0 : rank - letters_in(term);
    equation.inputs.push_back(read_term(term, std::max(0, ellipsis)));
    if (static_cast<int>(equation.inputs.back().size()) != rank)
      refuse(ParserCode::kINVALID_NODE)("the equation's term '", term, "' does not fit an input of rank ", rank);
    widest = std::max(widest, ellipsis);
  }
  equation.output =
      arrow == std::string::npos ? implicit_output(equation.inputs, widest) : read_term(text.substr(arrow + 2), widest);
  return equation;
}

/// A tensor and what its dimensions are called.
struct Operand {
  ITensor* tensor;
  Labels labels;
};

ITensor& reordered(ImporterContext& c, const Operand& x, const Labels& order, std::string_view role) {
  if (x.labels == order) return *x.tensor;
  std::vector<int64_t> permutation;
  for (const Label label : order)
    permutation.push_back(std::find(x.labels.begin(), x.labels.end(), label) - x.labels.begin());
  return transpose(c, *x.tensor, permutation, role);
}

/// A letter twice in one term is a diagonal: what lies beside it becomes 0 and one of the two dimensions is summed up.
Operand diagonal(ImporterContext& c, Operand x) {
  for (size_t j = 1; j < x.labels.size(); ++j) {
    const auto first = std::find(x.labels.begin(), x.labels.begin() + static_cast<std::ptrdiff_t>(j), x.labels[j]);
    const auto i = static_cast<size_t>(first - x.labels.begin());
    if (i == j) continue;
    const Term whole(c, *x.tensor);
    const auto along = [&](size_t axis) {
      std::vector<int64_t> behind;
      for (size_t k = axis + 1; k < x.labels.size(); ++k) behind.push_back(static_cast<int64_t>(k - axis));
      return unsqueeze(iota(c, whole.extent(static_cast<int>(axis))), behind);
    };
    const Term kept = select(equal(along(i), along(j)), whole, whole.number(0));
    x.tensor = &sum(kept, {static_cast<int64_t>(j)}, false).tensor();
    x.labels.erase(x.labels.begin() + static_cast<std::ptrdiff_t>(j));
    --j;
  }
  return x;
}

/// Sums over the dimensions that nothing else has.
Operand without(ImporterContext& c, const Operand& x, const Labels& needed) {
  std::vector<int64_t> axes;
  Labels kept;
  for (size_t i = 0; i < x.labels.size(); ++i) {
    if (has(needed, x.labels[i]))
      kept.push_back(x.labels[i]);
    else
      axes.push_back(static_cast<int64_t>(i));
  }
  if (axes.empty()) return x;
  IReduceLayer& sum = c.added(c.network().addReduce(*x.tensor, ReduceOperation::kSUM, axis_mask(axes), false), "sum");
  return {&first_output(sum), std::move(kept)};
}

Labels joined(std::initializer_list<Labels> parts) {
  Labels all;
  for (const Labels& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// [batch…, left…, right…] with left and right each made one dimension.
ITensor& as_matrices(ImporterContext& c, const Operand& x, const Labels& batch, const Labels& left, const Labels& right,
                     std::string_view role) {
  ITensor& ordered = reordered(c, x, joined({batch, left, right}), role);
  if (left.size() == 1 && right.size() == 1) return ordered;
  const Extents all = extents_of(c, ordered);
  const int b = static_cast<int>(batch.size()), l = static_cast<int>(left.size()), n = static_cast<int>(all.size());
  Extents shape(all.begin(), all.begin() + b);
  shape.push_back(product(c, all, b, b + l));
  shape.push_back(product(c, all, b + l, n));
  return reshape(c, ordered, shape, role);
}

/// Extents of the labels, from whichever operand has them; a dimension of 1 yields to another.
Extents extents_by_label(ImporterContext& c, const Operand& a, const Operand& b, const Labels& labels) {
  Extents result;
  for (const Label label : labels) {
    std::optional<Extent> found;
    for (const Operand* x : {&a, &b}) {
      if (!has(x->labels, label)) continue;
      const Extent e = extent_of(
          c, *x->tensor, static_cast<int>(std::find(x->labels.begin(), x->labels.end(), label) - x->labels.begin()));
      if (!found || found->value == 1) found = e;
    }
    result.push_back(found.value_or(Extent(1)));
  }
  return result;
}

/// The product of two operands summed over what `needed` lacks.
Operand contract(ImporterContext& c, const Operand& left, const Operand& right, const Labels& needed) {
  const Operand a = without(c, left, joined({right.labels, needed}));
  const Operand b = without(c, right, joined({left.labels, needed}));
  Labels batch, summed, only_a, only_b;
  for (const Label label : a.labels) {
    Labels& group = !has(b.labels, label) ? only_a : has(needed, label) ? batch : summed;
    group.push_back(label);
  }
  for (const Label label : b.labels)
    if (!has(a.labels, label)) only_b.push_back(label);
  ITensor& x = as_matrices(c, a, batch, only_a, summed, "left");
  ITensor& y = as_matrices(c, b, batch, summed, only_b, "right");
  ITensor& product = first_output(
      c.added(c.network().addMatrixMultiply(x, MatrixOperation::kNONE, y, MatrixOperation::kNONE), "product"));
  Labels labels = joined({batch, only_a, only_b});
  if (only_a.size() == 1 && only_b.size() == 1) return {&product, std::move(labels)};
  return {&reshape(c, product, extents_by_label(c, a, b, labels), "unpacked"), std::move(labels)};
}

}  // namespace

void import_einsum(ImporterContext& c) {
  const Equation equation = read_equation(c);
  Operand result = diagonal(c, {&c.tensor(0), equation.inputs[0]});
  for (int i = 1; i < c.num_inputs(); ++i) {
    Labels needed = equation.output;
    for (size_t k = static_cast<size_t>(i) + 1; k < equation.inputs.size(); ++k)
      needed = joined({needed, equation.inputs[k]});
    const Operand next = diagonal(c, {&c.tensor(i), equation.inputs[static_cast<size_t>(i)]});
    result = contract(c, result, next, needed);
  }
  result = without(c, result, equation.output);
  for (const Label label : equation.output)
    if (!has(result.labels, label))
      refuse(ParserCode::kINVALID_NODE)("the equation's output has a dimension that no input has");
  if (result.labels == equation.output)
    return c.set_output(0, first_output(c.added(c.network().addIdentity(*result.tensor))));
  c.set_output(0, reordered(c, result, equation.output, ""));
}

}  // namespace dvt::onnx
