// ai.onnx.ml: ensembles of decision trees, in their old forms (nodes named by tree and number, votes by node) and the
// new one (nodes and leaves by position).
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "onnx/constants.h"
#include "onnx/import/importers.h"
#include "onnx/import/ml_post.h"

namespace dvt::onnx {
namespace {

constexpr int64_t kMember = 6, kLeaf = 7;

/// The tables that the operator of ours takes.
struct Forest {
  std::vector<int64_t> nodes;  ///< Seven numbers each.
  std::vector<double> values, weights, members;
  std::vector<int64_t> roots, targets;

  void add_node(std::array<int64_t, 7> node, double value) {
    nodes.insert(nodes.end(), node.begin(), node.end());
    values.push_back(value);
  }
  int64_t num_nodes() const { return static_cast<int64_t>(values.size()); }
};

Term doubles(ImporterContext& c, const std::vector<double>& values, const char* role) {
  return {c, c.constant_tensor(make_constant(concat(c.base_name(), "/", role), DataType::kFLOAT64,
                                             {static_cast<int64_t>(values.size())}, std::as_bytes(std::span(values))))};
}

Term run(ImporterContext& c, const Forest& forest, int64_t targets, const std::string& aggregate) {
  const Term x(c, 0);
  const auto list = [&](const std::vector<int64_t>& values, const char* role) {
    return ints(c, {static_cast<int64_t>(values.size())}, values, role);
  };
  const Term nodes = ints(c, {forest.num_nodes(), 7}, forest.nodes, "nodes");
  const Term values = doubles(c, forest.values, "values"), roots = list(forest.roots, "roots"),
             vote_targets = list(forest.targets, "targets"), weights = doubles(c, forest.weights, "weights"),
             members = doubles(c, forest.members, "members");
  const Fields fields = Fields().add("aggregate", aggregate).add("targets", targets);
  return {c, add_operator(c, "tree_ensemble", fields,
                          {&x.tensor(), &nodes.tensor(), &values.tensor(), &roots.tensor(), &vote_targets.tensor(),
                           &weights.tensor(), &members.tensor()},
                          "trees")};
}

/// Floats, or a tensor of doubles under the name with _as_tensor.
std::vector<double> numbers_attribute(ImporterContext& c, const std::string& name) {
  if (const ConstantPtr tensor = c.attribute_tensor(name + "_as_tensor")) return tensor->numbers();
  const std::vector<float> values = c.attribute_floats(name);
  return {values.begin(), values.end()};
}

int64_t mode_number(const std::string& name) {
  constexpr const char* kModes[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE",    "BRANCH_GT",
                                    "BRANCH_EQ",  "BRANCH_NEQ", "BRANCH_MEMBER", "LEAF"};
  for (size_t i = 0; i < std::size(kModes); ++i)
    if (name == kModes[i] && i != kMember) return static_cast<int64_t>(i);
  refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("a node has the mode '", name, "'");
}

using NodeName = std::pair<int64_t, int64_t>;  // tree, number

/// \param vote  Prefix of the attributes that hold the votes: "target" or "class".
Forest read_named(ImporterContext& c, const std::string& vote) {
  const std::vector<int64_t> trees = c.attribute_ints("nodes_treeids"), numbers = c.attribute_ints("nodes_nodeids"),
                             features = c.attribute_ints("nodes_featureids"),
                             yes = c.attribute_ints("nodes_truenodeids"), no = c.attribute_ints("nodes_falsenodeids");
  const std::vector<std::string> modes = c.attribute_strings("nodes_modes");
  std::vector<int64_t> missing = c.attribute_ints("nodes_missing_value_tracks_true");
  const std::vector<double> values = numbers_attribute(c, "nodes_values");
  const size_t n = trees.size();
  if (missing.empty()) missing.assign(n, 0);
  if (numbers.size() != n || features.size() != n || yes.size() != n || no.size() != n || modes.size() != n ||
      missing.size() != n || values.size() != n)
    refuse(ParserCode::kINVALID_NODE)("the attributes nodes_… must all have ", n, " elements");
  const std::vector<int64_t> vote_trees = c.attribute_ints(vote + "_treeids"),
                             vote_nodes = c.attribute_ints(vote + "_nodeids"),
                             vote_ids = c.attribute_ints(vote + "_ids");
  const std::vector<double> vote_weights = numbers_attribute(c, vote + "_weights");
  if (vote_nodes.size() != vote_trees.size() || vote_ids.size() != vote_trees.size() ||
      vote_weights.size() != vote_trees.size())
    refuse(ParserCode::kINVALID_NODE)("the attributes ", vote, "_… must all have ", vote_trees.size(), " elements");

  std::map<NodeName, int64_t> position;
  for (size_t i = 0; i < n; ++i)
    if (!position.emplace(NodeName{trees[i], numbers[i]}, static_cast<int64_t>(i)).second)
      refuse(ParserCode::kINVALID_NODE)("tree ", trees[i], " has two nodes ", numbers[i]);
  std::map<int64_t, std::vector<size_t>> votes_of;  // by node's position, in the order of the file
  for (size_t i = 0; i < vote_trees.size(); ++i) {
    const auto found = position.find({vote_trees[i], vote_nodes[i]});
    if (found == position.end())
      refuse(ParserCode::kINVALID_NODE)("a vote is for node ", vote_nodes[i], " of tree ", vote_trees[i],
                                        ", which does not exist");
    votes_of[found->second].push_back(i);
  }
  Forest forest;
  std::set<int64_t> seen_trees;
  for (size_t i = 0; i < n; ++i) {
    if (seen_trees.insert(trees[i]).second) forest.roots.push_back(static_cast<int64_t>(i));
    const int64_t mode = mode_number(modes[i]);
    const auto child = [&](int64_t number) {
      const auto found = mode == kLeaf ? position.end() : position.find({trees[i], number});
      if (mode != kLeaf && found == position.end())
        refuse(ParserCode::kINVALID_NODE)("node ", numbers[i], " of tree ", trees[i], " leads to node ", number,
                                          ", which does not exist");
      return mode == kLeaf ? 0 : found->second;
    };
    const auto first_vote = static_cast<int64_t>(forest.targets.size());
    if (mode == kLeaf)
      for (const size_t v : votes_of[static_cast<int64_t>(i)]) {
        forest.targets.push_back(vote_ids[v]);
        forest.weights.push_back(vote_weights[v]);
      }
    forest.add_node({features[i], mode, child(yes[i]), child(no[i]), missing[i], first_vote,
                     static_cast<int64_t>(forest.targets.size())},
                    values[i]);
  }
  return forest;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char ch) { return ch >= 'A' && ch <= 'Z' ? ch + 32 : ch; });
  return text;
}

Term with_base_values(ImporterContext& c, Term scores) {
  const std::vector<double> base = numbers_attribute(c, "base_values");
  return base.empty() ? scores : scores + cast(doubles(c, base, "base_values"), scores.type());
}

}  // namespace

void import_tree_ensemble_regressor(ImporterContext& c) {
  const Term scores = run(c, read_named(c, "target"), c.attribute_int("n_targets", 1),
                          lower(c.attribute_string("aggregate_function", "SUM")));
  const Term y = post_transformed(with_base_values(c, scores), c.attribute_string("post_transform", "NONE"));
  c.set_output(0, cast(y, DataType::kFLOAT));
}

void import_tree_ensemble_classifier(ImporterContext& c) {
  const Forest forest = read_named(c, "class");
  const int64_t labels = num_class_labels(c);
  if (labels < 1) refuse(ParserCode::kINVALID_NODE)("the attribute 'classlabels_int64s' is missing");
  const std::string transform = c.attribute_string("post_transform", "NONE");
  const std::set<int64_t> voted(forest.targets.begin(), forest.targets.end());
  const Term votes = run(c, forest, labels, "sum");
  if (labels != 2 || voted.size() != 1) {
    const Term scores = with_base_values(c, votes);
    c.set_output(0, class_labels(c, arg_largest(scores, 1, false)));
    return c.set_output(1, cast(post_transformed(scores, transform), DataType::kFLOAT));
  }
  // All votes are for one of two classes: the other one's score follows from it.
  Term score = slice(votes, 1, *voted.begin(), 1);
  const std::vector<double> base = numbers_attribute(c, "base_values");
  if (base.size() == 1) score = score + base[0];
  if (base.size() == 2) score = score + base[1];
  const bool are_probabilities =
      std::none_of(forest.weights.begin(), forest.weights.end(), [](double w) { return w < 0; });
  const Term is_second = cast(squeeze(score, {1}) > (are_probabilities ? 0.5 : 0.0), DataType::kINT64);
  c.set_output(0, class_labels(c, is_second));
  const Term both = are_probabilities ? join({1.0 - score, score}, 1) : join({-score, score}, 1);
  const bool as_they_are = are_probabilities || transform != "LOGISTIC";
  c.set_output(1, cast(as_they_are ? both : sigmoid(both), DataType::kFLOAT));
}

/// Since version 5.
void import_tree_ensemble(ImporterContext& c) {
  const std::vector<int64_t> features = c.attribute_ints("nodes_featureids"),
                             yes = c.attribute_ints("nodes_truenodeids"), no = c.attribute_ints("nodes_falsenodeids"),
                             yes_is_leaf = c.attribute_ints("nodes_trueleafs"),
                             no_is_leaf = c.attribute_ints("nodes_falseleafs");
  std::vector<int64_t> missing = c.attribute_ints("nodes_missing_value_tracks_true");
  const auto tensor = [&](const char* name) {
    const ConstantPtr constant = c.attribute_tensor(name);
    return constant ? constant->numbers() : std::vector<double>();
  };
  const std::vector<double> splits = tensor("nodes_splits"), modes = tensor("nodes_modes"),
                            weights = tensor("leaf_weights"), sets = tensor("membership_values");
  const std::vector<int64_t> targets = c.attribute_ints("leaf_targetids");
  const size_t n = features.size();
  if (missing.empty()) missing.assign(n, 0);
  if (yes.size() != n || no.size() != n || yes_is_leaf.size() != n || no_is_leaf.size() != n || missing.size() != n ||
      splits.size() != n || modes.size() != n)
    refuse(ParserCode::kINVALID_NODE)("the attributes nodes_… must all have ", n, " elements");
  if (targets.size() != weights.size())
    refuse(ParserCode::kINVALID_NODE)(targets.size(), " targets and ", weights.size(), " weights of leaves");
  Forest forest;
  forest.targets = targets;
  forest.weights = weights;
  forest.members = sets;
  const auto leaves = static_cast<int64_t>(targets.size()), nodes = static_cast<int64_t>(n);
  const auto child = [&](int64_t index, int64_t is_leaf) {
    if (index < 0 || index >= (is_leaf ? leaves : nodes))
      refuse(ParserCode::kINVALID_NODE)("a node leads to ", is_leaf ? "leaf " : "node ", index,
                                        ", which does not exist");
    return is_leaf ? nodes + index : index;  // leaves stand behind the nodes
  };
  int64_t member = 0;
  for (size_t i = 0; i < n; ++i) {
    if (!(modes[i] >= 0 && modes[i] <= kMember)) refuse(ParserCode::kINVALID_NODE)("a node has the mode ", modes[i]);
    const int64_t begin = member;
    if (static_cast<int64_t>(modes[i]) == kMember) {  // sets follow each other, a NaN behind each
      while (member < static_cast<int64_t>(sets.size()) && !std::isnan(sets[static_cast<size_t>(member)])) ++member;
    }
    forest.add_node({features[i], static_cast<int64_t>(modes[i]), child(yes[i], yes_is_leaf[i]),
                     child(no[i], no_is_leaf[i]), missing[i], begin, member},
                    splits[i]);
    if (static_cast<int64_t>(modes[i]) == kMember) member = std::min(member + 1, static_cast<int64_t>(sets.size()));
  }
  for (int64_t i = 0; i < leaves; ++i) forest.add_node({0, kLeaf, 0, 0, 0, i, i + 1}, 0);
  for (const int64_t root : c.attribute_ints("tree_roots")) forest.roots.push_back(child(root, 0));
  constexpr const char* kAggregates[] = {"average", "sum", "min", "max"};
  constexpr const char* kTransforms[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};
  const int64_t aggregate = c.attribute_int("aggregate_function", 1), transform = c.attribute_int("post_transform", 0);
  if (aggregate < 0 || aggregate > 3 || transform < 0 || transform > 4)
    refuse(ParserCode::kINVALID_NODE)("aggregate_function is ", aggregate, " and post_transform ", transform);
  const Term scores = run(c, forest, c.attribute_int("n_targets", 1), kAggregates[aggregate]);
  c.set_output(0, post_transformed(cast(scores, c.type(0)), kTransforms[transform]));
}

}  // namespace dvt::onnx
