// Matmuls, or convolutions of one geometry, that read the same input with constant weights become one with all their
// columns, of which each result is a slice: queries, keys and values of attention, the branches of an inception module.
//   conv(x, v; b), conv(x, w; c)  ->  y = conv(x, [v w]; [b c]); slice(y), slice(y)
// Epilogues must be equal but for constants per column; a bias that only some have is zero for the others. Readers must
// be such as read a slice where it lies, and the whole must be as fast as its parts. Runs after fuse_epilogue, which
// has by then given each branch what only that branch computes.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/concat.h"
#include "ops/data/slice.h"
#include "ops/matrix/matmul.h"
#include "ops/nn/conv.h"
#include "passes/fuse/fuse.h"
#include "passes/match.h"

namespace dvt::passes {
namespace {

// Timed again and again, the weights of a branch are more often in cache than those of all together, which in the
// network are in neither case.
constexpr double kBenefitOfDoubt = 1.03;

struct Branch {
  const ir::Node* node;
  expr::Expr program;
  std::vector<const ir::Value*> columns;  ///< Constants with one element a column; nullptr: zeros.
};

bool is_conv(const ir::Node& n) { return n.as<ops::Conv>() != nullptr; }
/// Axis of the result along which branches are joined, and that of the weights.
int result_axis(const ir::Node& n) { return is_conv(n) ? 1 : n.output()->rank() - 1; }
int weight_axis(const ir::Node& n) {
  if (is_conv(n)) return 0;
  return n.input(1)->rank() - (n.as<ops::MatMul>()->transpose_b ? 2 : 1);
}

/// One element for each column, 1 along all other axes.
bool is_per_column(const ir::Value& v, const ir::Node& n) {
  const int missing = n.output()->rank() - v.rank(), axis = result_axis(n);
  if (!v.is_constant() || missing > axis) return false;
  for (int i = 0; i < v.rank(); ++i)
    if (!(v.shape()[i] == (i + missing == axis ? n.output()->shape()[axis] : Dim(1)))) return false;
  return true;
}

std::optional<Branch> branch_of(const ir::Node& n) {
  const auto* conv = n.as<ops::Conv>();
  if ((!conv && !n.as<ops::MatMul>()) || n.num_op_inputs() != 2 || (conv && conv->groups != 1)) return std::nullopt;
  const ir::Value& w = *n.input(1);
  if (!w.is_constant() || !is_floating(w.dtype()) || bits(w.dtype()) < 8 || n.output()->is_graph_output())
    return std::nullopt;
  for (int i = 0; !conv && i + 2 < w.rank(); ++i)
    if (!(w.shape()[i] == Dim(1))) return std::nullopt;
  if (!conv && w.rank() < 2) return std::nullopt;
  Branch b{&n, n.epilogue(), {}};
  for (const ir::Value* v : n.extra_inputs()) {
    if (!is_per_column(*v, n)) return std::nullopt;
    b.columns.push_back(v);
  }
  return b;
}

/// Readers of a slice that take it as it lies.
bool reads_slices(const ir::Value& v) {
  return std::all_of(v.uses().begin(), v.uses().end(), [&](const ir::Use& use) {
    switch (use.node->op().id()) {
      case ops::OpId::conv:
      case ops::OpId::conv_chain:
      case ops::OpId::matmul:
        return use.index == 0 || use.index >= use.node->num_op_inputs();
      case ops::OpId::attention:
      case ops::OpId::concat:
      case ops::OpId::normalization:
      case ops::OpId::pointwise:
      case ops::OpId::pool:
      case ops::OpId::resize:
      case ops::OpId::slice:
      case ops::OpId::transpose:
        return true;
      case ops::OpId::reshape: {
        // A view of a slice: some of its inner axes must be the slice's columns.
        const Shape &from = v.shape(), &to = use.node->output()->shape();
        Dim inner = 1;
        for (int i = to.rank() - 1; i > 0; --i) {
          inner = inner * to[i];
          if (inner == from[from.rank() - 1]) return reads_slices(*use.node->output());
        }
        return false;
      }
      default:
        return false;
    }
  });
}

bool same_geometry(const ir::Node& a, const ir::Node& b) {
  if (!(a.op() == b.op()) || a.input(0) != b.input(0)) return false;
  const ir::Value &v = *a.input(1), &w = *b.input(1);
  if (v.dtype() != w.dtype() || v.rank() != w.rank() || a.output()->dtype() != b.output()->dtype()) return false;
  for (int i = 0; i < v.rank(); ++i)
    if (i != weight_axis(a) && !(v.shape()[i] == w.shape()[i])) return false;
  return true;
}

/// Gives `b` a bias of zeros where that makes its epilogue the other's.
bool agree(const Branch& a, Branch& b) {
  if (a.program == b.program && a.columns.size() == b.columns.size()) {
    for (size_t i = 0; i < a.columns.size(); ++i) {
      const ir::Value *v = a.columns[i] ? a.columns[i] : b.columns[i], *w = b.columns[i] ? b.columns[i] : v;
      if (v && (v->rank() != w->rank() || v->dtype() != w->dtype())) return false;
    }
    return true;
  }
  if (!b.program.is_identity() || a.columns.size() != 1) return false;
  expr::Expr sum;
  const DType type = b.node->output()->dtype();
  const int y = sum.add_input(type), bias = sum.add_input(type);
  sum.set_result(sum.apply(expr::ExprOp::add, y, bias));
  if (!(sum == a.program)) return false;
  b.program = a.program;
  b.columns = {nullptr};
  return true;
}

/// The branches that can be one node with `n`, in the order of the graph; nothing unless `n` is the first of them.
std::vector<Branch> find_branches(const ir::Node& n) {
  const auto first = branch_of(n);
  if (!first || !reads_slices(*n.output())) return {};
  std::vector<const ir::Node*> candidates;
  for (const ir::Use& use : n.input(0)->uses())
    if (use.index == 0 && same_geometry(n, *use.node)) candidates.push_back(use.node);
  if (candidates.size() < 2) return {};
  Branch pattern = *first;
  for (const ir::Node* c : candidates) {
    const auto b = branch_of(*c);
    if (pattern.program.is_identity() && b && agree(*b, pattern)) pattern = *b;
  }
  std::vector<Branch> branches;
  for (const auto& node : n.graph().nodes()) {
    if (std::find(candidates.begin(), candidates.end(), node.get()) == candidates.end()) continue;
    auto b = branch_of(*node);
    if (!b || !agree(pattern, *b) || !reads_slices(*node->output())) continue;
    if (branches.empty() && node.get() != &n) return {};
    branches.push_back(std::move(*b));
  }
  return branches;
}

/// Joins constants along an axis; `sizes` are their dims there, nullptr is zeros of the shape of the others.
ir::Value* join(ir::Patch& patch, std::span<const ir::Value* const> parts, std::span<const int64_t> sizes, int axis) {
  const ir::Value& model = **std::find_if(parts.begin(), parts.end(), [](const ir::Value* v) { return v; });
  int64_t outer = 1, inner = bits(model.dtype()) / 8, total = 0;
  Shape shape = model.shape();
  for (int i = 0; i < axis; ++i) outer *= shape[i].constant();
  for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i].constant();
  for (int64_t n : sizes) total += n;
  shape[axis] = total;
  std::byte* out = nullptr;
  Blob data = Blob::allocate(static_cast<size_t>(outer * total * inner), &out);
  for (int64_t o = 0; o < outer; ++o)
    for (size_t k = 0; k < parts.size(); ++k) {
      const auto bytes = static_cast<size_t>(sizes[k] * inner);
      if (parts[k])
        std::memcpy(out, parts[k]->data().data() + static_cast<size_t>(o) * bytes, bytes);
      else
        std::memset(out, 0, bytes);
      out += bytes;
    }
  return patch.constant({model.dtype(), shape}, std::move(data));
}

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options& options) {
  const std::vector<Branch> branches = find_branches(n);
  if (branches.size() < 2) return std::nullopt;
  const int axis = result_axis(n), rank = n.output()->rank();
  std::vector<int64_t> sizes;
  std::vector<const ir::Value*> weights;
  for (const Branch& b : branches) {
    weights.push_back(b.node->input(1));
    sizes.push_back(weights.back()->shape()[weight_axis(n)].constant());
  }
  ir::Patch patch;
  std::vector<ir::Value*> inputs{n.input(0), join(patch, weights, sizes, weight_axis(n))};
  for (size_t k = 0; k < branches[0].columns.size(); ++k) {
    std::vector<const ir::Value*> columns;
    for (const Branch& b : branches) columns.push_back(b.columns[k]);
    const ir::Value& model = **std::find_if(columns.begin(), columns.end(), [](const ir::Value* v) { return v; });
    inputs.push_back(join(patch, columns, sizes, axis - (rank - model.rank())));
  }
  if (options.milliseconds) {
    double apart = 0;
    for (const Branch& b : branches)
      apart += options.milliseconds(b.node->op(), b.node->inputs(), 2, b.node->epilogue());
    const double together = options.milliseconds(n.op(), inputs, 2, branches[0].program);
    if (options.decided)
      for (const Branch& b : branches)
        options.decided(*b.node->output(), concat("with its siblings: ", std::round(together * 1e4) / 1e4,
                                                  " ms; apart: ", std::round(apart * 1e4) / 1e4, " ms"));
    if (together > kBenefitOfDoubt * apart) return std::nullopt;
  }
  ir::Value* whole = patch.add(n.op(), inputs, branches[0].program, 2);
  ops::Slice slice;
  slice.start.assign(static_cast<size_t>(rank), Dim(0));
  for (size_t i = 0; i < branches.size(); ++i) {
    slice.size = whole->shape().dims();
    slice.size[static_cast<size_t>(axis)] = sizes[i];
    patch.replace(branches[i].node->output(), patch.add(slice, {whole}));
    slice.start[static_cast<size_t>(axis)] = slice.start[static_cast<size_t>(axis)] + sizes[i];
  }
  return patch;
}

}  // namespace

Pass fuse_siblings() {
  return rewrite_pass("fuse-siblings", "matmuls or convolutions that share an input become one with all their columns",
                      &rewrite);
}

}  // namespace dvt::passes
