#include "ops/ml/tree_ensemble.h"

#include <algorithm>
#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "tree_ensemble";
constexpr std::string_view kAggregates[] = {"sum", "average", "min", "max"};
constexpr int64_t kColumns = 7;
using Mode = TreeEnsemble::Mode;

/// The trees as plain numbers; every index is checked where it is used, for the tables may come from a hostile plan.
struct Forest {
  std::vector<int64_t> nodes, roots, targets;
  std::vector<double> values, weights, members;

  explicit Forest(std::span<const ReadView> in)
      : nodes(load_ints(in[1])),
        roots(load_ints(in[3])),
        targets(load_ints(in[4])),
        values(load(in[2])),
        weights(load(in[5])),
        members(load(in[6])) {}

  int64_t field(int64_t node, int64_t column) const { return nodes[static_cast<size_t>(node * kColumns + column)]; }

  bool is_member(int64_t node, double v) const {
    const int64_t begin = field(node, 5), end = field(node, 6);
    if (begin < 0 || end > static_cast<int64_t>(members.size()) || begin > end)
      reject(kName, "node ", node, " has the set [", begin, ", ", end, ") of ", members.size(), " members");
    return std::find(members.begin() + begin, members.begin() + end, v) != members.begin() + end;
  }

  bool holds(int64_t node, double v) const {
    const double value = values[static_cast<size_t>(node)];
    if (std::isnan(v) && field(node, 4) != 0) return true;
    switch (static_cast<Mode>(field(node, 1))) {
      case Mode::at_most:
        return v <= value;
      case Mode::less:
        return v < value;
      case Mode::at_least:
        return v >= value;
      case Mode::greater:
        return v > value;
      case Mode::equal:
        return v == value;
      case Mode::not_equal:
        return v != value;
      case Mode::member:
        return is_member(node, v);
      case Mode::leaf:
        break;
    }
    reject(kName, "node ", node, " has no mode ", field(node, 1));
  }

  /// The leaf that a row ends in.
  int64_t leaf(int64_t root, const double* row, int64_t features) const {
    const auto count = static_cast<int64_t>(values.size());
    int64_t node = root;
    for (int64_t steps = 0; steps <= count; ++steps) {
      if (node < 0 || node >= count) reject(kName, "there is no node ", node, " among ", count);
      if (static_cast<Mode>(field(node, 1)) == Mode::leaf) return node;
      const int64_t feature = field(node, 0);
      if (feature < 0 || feature >= features) reject(kName, "node ", node, " asks for feature ", feature);
      node = field(node, holds(node, row[feature]) ? 2 : 3);
    }
    reject(kName, "the tree of node ", root, " has a circle");
  }
};

/// One row's votes for each target.
struct Votes {
  TreeEnsemble::Aggregate aggregate;
  std::vector<double> result;
  std::vector<bool> has_vote;

  void add(size_t target, double weight) {
    double& r = result[target];
    if (aggregate == TreeEnsemble::Aggregate::min && has_vote[target])
      r = std::min(r, weight);
    else if (aggregate == TreeEnsemble::Aggregate::max && has_vote[target])
      r = std::max(r, weight);
    else
      r += weight;
    has_vote[target] = true;
  }
};

}  // namespace

std::vector<TensorType> infer(const TreeEnsemble& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  if (x.dtype == DType::b8) reject(kName, "x must be numbers, got ", x);
  require_rank(kName, x, 2, "x");
  const TensorType& nodes = in[1].type;
  require_rank(kName, nodes, 2, "nodes");
  require_same_dim(kName, nodes.shape[1], kColumns, "the columns of nodes");
  for (const size_t i : {size_t{1}, size_t{3}, size_t{4}}) require_integer(kName, in[i].type.dtype, "an index table");
  require_vector(kName, in[2].type, nodes.shape[0], "values");
  require_rank(kName, in[3].type, 1, "roots");
  require_rank(kName, in[4].type, 1, "vote targets");
  require_vector(kName, in[5].type, in[4].type.shape[0], "vote weights");
  require_rank(kName, in[6].type, 1, "members");
  if (op.targets < 1 || op.targets > kMaxAttribute) reject(kName, "targets must be 1 or more, got ", op.targets);
  return {{x.dtype == DType::f64 ? DType::f64 : DType::f32, {x.shape[0], op.targets}}};
}

void reference(const TreeEnsemble& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const Forest forest(in);
  const int64_t features = in[0].dim(1);
  const std::vector<double> x = load(in[0]);
  const auto targets = static_cast<size_t>(op.targets);
  for (int64_t row = 0; row < in[0].dim(0); ++row) {
    Votes votes{op.aggregate, std::vector<double>(targets, 0.0), std::vector<bool>(targets, false)};
    for (const int64_t root : forest.roots) {
      const int64_t leaf = forest.leaf(root, x.data() + row * features, features);
      const int64_t begin = forest.field(leaf, 5), end = forest.field(leaf, 6);
      if (begin < 0 || end > static_cast<int64_t>(forest.targets.size()) || begin > end)
        reject(kName, "leaf ", leaf, " has the votes [", begin, ", ", end, ") of ", forest.targets.size());
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
        if (forest.targets[i] < 0 || forest.targets[i] >= op.targets)
          reject(kName, "a vote is for target ", forest.targets[i], " of ", op.targets);
        votes.add(static_cast<size_t>(forest.targets[i]), forest.weights[i]);
      }
    }
    const double divisor =
        op.aggregate == TreeEnsemble::Aggregate::average ? static_cast<double>(forest.roots.size()) : 1;
    for (size_t t = 0; t < targets; ++t)
      out[0].set(row * op.targets + static_cast<int64_t>(t), votes.result[t] / divisor);
  }
}

Cost cost(const TreeEnsemble&, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  return traffic(in, out, at, 10 * dim_at(in[3], 0, at));
}

void visit_fields(TreeEnsemble& op, FieldVisitor& v) {
  v.choice("aggregate", op.aggregate, kAggregates);
  v.field("targets", op.targets);
}

}  // namespace dvt::ops
