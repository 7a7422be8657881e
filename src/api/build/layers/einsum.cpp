#include <algorithm>
#include <cctype>
#include <map>

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "base/dim_broadcast.h"
#include "ops/data/range.h"
#include "ops/data/transpose.h"
#include "ops/matrix/matmul.h"
#include "ops/reduce/reduce.h"

namespace dvt::api {
namespace {

/// Dimension names of an operand or the result: letters; dimensions that "..." stands for are -1, -2, … from the right.
using Labels = std::vector<int>;

bool contains(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

/// A value whose dimensions have names.
struct Term {
  ir::Value* value = nullptr;
  Labels labels;
};

/// An equation, read for operands of given ranks.
class Equation {
 public:
  Equation(std::string_view text, const std::vector<int>& ranks) : text_(text) {
    std::string compact;
    std::copy_if(text.begin(), text.end(), std::back_inserter(compact), [](char c) { return c != ' '; });
    const size_t arrow = compact.find("->");
    const std::string left = compact.substr(0, arrow);
    size_t begin = 0;
    for (size_t i = 0; i < ranks.size(); ++i) {
      const size_t end = std::min(left.find(',', begin), left.size());
      if (begin > left.size()) fail("has fewer operands than the ", ranks.size(), " inputs");
      operands.push_back(read(left.substr(begin, end - begin), ranks[i]));
      begin = end + 1;
    }
    if (begin <= left.size()) fail("has more operands than the ", ranks.size(), " inputs");
    result = arrow == std::string::npos ? implicit_result() : read(compact.substr(arrow + 2), -1);
    for (size_t i = 0; i < result.size(); ++i) {
      if (std::count(result.begin(), result.end(), result[i]) > 1) fail("names a dimension of the result twice");
      if (std::none_of(operands.begin(), operands.end(), [&](const Labels& o) { return contains(o, result[i]); }))
        fail("has a dimension in the result that no operand has");
    }
  }

  std::vector<Labels> operands;
  Labels result;

 private:
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(ErrorCode::kInvalidModel, "einsum: the equation '", text_, "' ", parts...);
  }

  /// \param rank  Of the operand; -1 for the result, where "..." is all that the operands' stand for.
  Labels read(std::string_view term, int rank) {
    const size_t dots = term.find("...");
    const int letters = static_cast<int>(term.size()) - (dots == std::string_view::npos ? 0 : 3);
    const int hidden = rank < 0 ? ellipsis_ : rank - letters;
    if (rank >= 0 && (hidden < 0 || (hidden > 0 && dots == std::string_view::npos)))
      fail("names ", letters, " dimensions of an operand of rank ", rank);
    Labels labels;
    for (size_t i = 0; i < term.size(); ++i) {
      if (i == dots) {
        for (int d = hidden; d > 0; --d) labels.push_back(-d);
        ellipsis_ = std::max(ellipsis_, hidden);
        i += 2;
      } else if (std::isalpha(static_cast<unsigned char>(term[i]))) {
        labels.push_back(term[i]);
      } else {
        fail("has '", term[i], "' where a letter is expected");
      }
    }
    return labels;
  }

  /// Without "->": what "..." stands for, then the letters that occur once, in alphabetical order.
  Labels implicit_result() const {
    Labels labels, letters;
    for (int d = ellipsis_; d > 0; --d) labels.push_back(-d);
    for (const Labels& operand : operands)
      for (int label : operand)
        if (label > 0) letters.push_back(label);
    std::sort(letters.begin(), letters.end());
    for (int label : letters)
      if (std::count(letters.begin(), letters.end(), label) == 1) labels.push_back(label);
    return labels;
  }

  std::string_view text_;
  int ellipsis_ = 0;
};

/// Contracts operands from left to right.
class Contraction {
 public:
  explicit Contraction(Lowering& graph) : graph_(graph) {}

  /// A dimension that an operand names twice is the diagonal of the two: what lies beside it is 0 in the sum over one.
  Term diagonal(Term t) {
    for (size_t i = 0; i < t.labels.size(); ++i)
      for (size_t j = t.labels.size() - 1; j > i; --j) {
        if (t.labels[i] != t.labels[j]) continue;
        ir::Value* on = graph_.apply(expr::ExprOp::eq, {counted(t, i), counted(t, j)});
        ir::Value* x = graph_.apply(expr::ExprOp::select, {on, t.value, graph_.scalar(t.value->dtype(), 0)});
        const ops::Reduce sum{.kind = ops::Reduce::Kind::sum, .axes = {static_cast<int64_t>(j)}, .keep_dims = false};
        t.value = graph_.add(sum, {x});
        t.labels.erase(t.labels.begin() + static_cast<std::ptrdiff_t>(j));
      }
    return t;
  }

  /// Sums the dimensions that `needed` has not.
  Term reduced(Term t, const Labels& needed) {
    ops::Reduce sum{.kind = ops::Reduce::Kind::sum, .keep_dims = false};
    Labels kept;
    for (size_t i = 0; i < t.labels.size(); ++i) {
      if (contains(needed, t.labels[i]))
        kept.push_back(t.labels[i]);
      else
        sum.axes.push_back(static_cast<int64_t>(i));
    }
    if (sum.axes.empty()) return t;
    return {graph_.add(sum, {t.value}), kept};
  }

  Term ordered(const Term& t, const Labels& order) {
    if (t.labels == order) return t;
    ops::Transpose transpose;
    for (int label : order)
      transpose.perm.push_back(std::find(t.labels.begin(), t.labels.end(), label) - t.labels.begin());
    return {graph_.add(transpose, {t.value}), order};
  }

  Term product(Term a, Term b, const Labels& needed) {
    Labels batch, summed, only_a, only_b;
    for (int label : a.labels)
      (!contains(b.labels, label) ? only_a : contains(needed, label) ? batch : summed).push_back(label);
    for (int label : b.labels)
      if (!contains(a.labels, label)) only_b.push_back(label);
    a = ordered(a, joined(batch, only_a, summed));
    b = ordered(b, joined(batch, summed, only_b));
    const std::vector<Dim> dims = joined(broadcast_part(a, b, batch), part(a, only_a), part(b, only_b));
    const Dim depth = volume(part(a, summed));
    ir::Value* left = graph_.reshape(a.value, joined(part(a, batch), {volume(part(a, only_a))}, {depth}));
    ir::Value* right = graph_.reshape(b.value, joined(part(b, batch), {depth}, {volume(part(b, only_b))}));
    ir::Value* y =
        summed.empty() ? graph_.apply(expr::ExprOp::mul, {left, right}) : graph_.add(ops::MatMul{}, {left, right});
    return {graph_.reshape(y, dims), joined(batch, only_a, only_b)};
  }

 private:
  /// 0, 1, ... along one dimension of a term.
  ir::Value* counted(const Term& t, size_t axis) {
    const Dim& n = t.value->shape()[static_cast<int>(axis)];
    std::vector<Dim> along(t.labels.size(), Dim(1));
    along[axis] = n;
    ir::Value* line =
        graph_.add(ops::Range{.count = {n}}, {graph_.scalar(DType::i64, 0), graph_.scalar(DType::i64, 1)});
    return graph_.reshape(line, along);
  }
  template <class T>
  static std::vector<T> joined(std::vector<T> a, const std::vector<T>& b, const std::vector<T>& c) {
    a.insert(a.end(), b.begin(), b.end());
    a.insert(a.end(), c.begin(), c.end());
    return a;
  }
  static std::vector<Dim> part(const Term& t, const Labels& labels) {
    std::vector<Dim> dims;
    for (int label : labels)
      dims.push_back(
          t.value->shape()[static_cast<int>(std::find(t.labels.begin(), t.labels.end(), label) - t.labels.begin())]);
    return dims;
  }
  static std::vector<Dim> broadcast_part(const Term& a, const Term& b, const Labels& labels) {
    std::vector<Dim> dims = part(a, labels);
    const std::vector<Dim> other = part(b, labels);
    for (size_t i = 0; i < dims.size(); ++i) dims[i] = broadcast(dims[i], other[i]);
    return dims;
  }
  static Dim volume(const std::vector<Dim>& dims) {
    Dim product = 1;
    for (const Dim& d : dims) product = product * d;
    return product;
  }

  Lowering& graph_;
};

class Einsum final : public LayerOf<IEinsumLayer> {
 public:
  Einsum(Network& network, std::vector<Tensor*> inputs, const char* equation)
      : LayerOf(network, LayerType::kEINSUM, "Einsum", std::move(inputs)),
        equation_(required(equation, "the einsum's equation")) {
    if (this->inputs().empty()) throw Error(ErrorCode::kInvalidArgument, "einsum: there are no inputs");
  }

  void lower(Lowering& graph) const override {
    const std::vector<ir::Value*> values = graph.inputs();
    std::vector<int> ranks;
    for (const ir::Value* v : values) ranks.push_back(v->rank());
    const Equation equation(equation_, ranks);
    check_extents(equation, values);
    Contraction contraction(graph);
    Term result;
    for (size_t i = 0; i < values.size(); ++i) {
      Labels later = equation.result;
      for (size_t j = i + 1; j < values.size(); ++j)
        later.insert(later.end(), equation.operands[j].begin(), equation.operands[j].end());
      Labels now = later;
      now.insert(now.end(), result.labels.begin(), result.labels.end());
      const Term next = contraction.reduced(contraction.diagonal({values[i], equation.operands[i]}), now);
      result = result.value == nullptr
                   ? next
                   : contraction.product(contraction.reduced(result, joined(later, next)), next, later);
    }
    graph.output(0, contraction.ordered(contraction.reduced(result, equation.result), equation.result).value);
  }

  bool setEquation(char const* equation) noexcept override {
    return guarded(reporter(), [&] { set(equation_, std::string(required(equation, "the einsum's equation"))); });
  }
  char const* getEquation() const noexcept override { return equation_.c_str(); }

 private:
  /// A letter stands for one extent; of those that are kept, 1 broadcasts.
  void check_extents(const Equation& equation, const std::vector<ir::Value*>& values) const {
    std::map<int, std::pair<Dim, size_t>> known;
    for (size_t i = 0; i < values.size(); ++i)
      for (size_t k = 0; k < equation.operands[i].size(); ++k) {
        const int label = equation.operands[i][k];
        const Dim& here = values[i]->shape()[static_cast<int>(k)];
        const auto [at, is_new] = known.try_emplace(label, here, i);
        const Dim there = at->second.first;
        if (is_new || !here.is_constant() || !there.is_constant() || here == there) continue;
        const bool one_operand = at->second.second == i;
        const bool broadcasts = (here == Dim(1) || there == Dim(1)) && contains(equation.result, label) && !one_operand;
        if (label > 0 && !broadcasts)
          throw Error(ErrorCode::kInvalidModel, "einsum: in '", equation_, "' the dimension '",
                      static_cast<char>(label), "' is ", there, " in input ", at->second.second, " and ", here,
                      " in input ", i);
        if (there == Dim(1)) at->second = {here, i};
      }
  }
  static Labels joined(Labels labels, const Term& next) {
    labels.insert(labels.end(), next.labels.begin(), next.labels.end());
    return labels;
  }
  std::string equation_;
};

}  // namespace

IEinsumLayer* Network::addEinsum(ITensor* const* inputs, int32_t count, char const* equation) noexcept {
  return add<Einsum>([&] { return std::make_unique<Einsum>(*this, own_all(inputs, count, false), equation); });
}

}  // namespace dvt::api
