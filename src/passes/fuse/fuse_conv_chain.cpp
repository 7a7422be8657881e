// A depthwise convolution and the 1x1 convolution that alone reads it become a conv_chain, and with them the 1x1
// convolution that only the depthwise one reads:
//   project(depthwise(expand(x)))  ->  conv_chain(x)
// Whatever is between them is then never in memory as a whole. It must be faster than the convolutions apart. Runs
// after fuse_epilogue, which has given each convolution its program.
#include <algorithm>
#include <cmath>

#include "base/concat.h"
#include "ops/nn/conv.h"
#include "ops/nn/conv_chain.h"
#include "passes/fuse/fuse.h"
#include "passes/match.h"

namespace dvt::passes {
namespace {

constexpr size_t kLongestProgram = 64;  ///< Instructions of a program that becomes text of an attribute.

bool all(const std::vector<int64_t>& list, int64_t value) {
  return std::all_of(list.begin(), list.end(), [&](int64_t v) { return v == value; });
}

bool is_f32_conv(const ir::Node& n) {
  return n.as<ops::Conv>() && n.num_op_inputs() == 2 && n.input(1)->is_constant() &&
         n.input(0)->dtype() == DType::f32 && n.output()->dtype() == DType::f32;
}

/// Each result pixel is made of the pixel of x at its place.
bool is_pointwise(const ir::Node& n) {
  if (!is_f32_conv(n)) return false;
  const auto& conv = *n.as<ops::Conv>();
  const Shape& w = n.input(1)->shape();
  for (int i = 2; i < w.rank(); ++i)
    if (!(w[i] == Dim(1))) return false;
  return conv.groups == 1 && all(conv.strides, 1) && all(conv.pads_begin, 0) && all(conv.pads_end, 0);
}

bool is_depthwise(const ir::Node& n) {
  if (!is_f32_conv(n)) return false;
  const Shape& w = n.input(1)->shape();
  const int64_t groups = n.as<ops::Conv>()->groups;
  return groups > 1 && w[0] == Dim(groups) && w[1] == Dim(1);
}

/// The node that makes n's x for n alone, when its program is short.
const ir::Node* only_source(const ir::Node& n) {
  const ir::Value* x = n.input(0);
  const ir::Node* source = x->producer();
  return source && x->num_uses() == 1 && source->epilogue().code().size() <= kLongestProgram ? source : nullptr;
}

struct Chain {
  ops::ConvChain op;
  std::vector<ir::Value*> inputs;
  int num_op_inputs = 0;
};

std::string program_text(const ir::Node& n) { return n.has_epilogue() ? to_string(n.epilogue()) : std::string(); }

Chain chain_of(const ir::Node* expansion, const ir::Node& depthwise, const ir::Node& projection) {
  const auto& conv = *depthwise.as<ops::Conv>();
  Chain c;
  c.op.strides = conv.strides;
  c.op.dilations = conv.dilations;
  c.op.pads_begin = conv.pads_begin;
  c.op.pads_end = conv.pads_end;
  c.op.padding = conv.padding;
  c.op.channels = conv.groups;
  c.op.has_expansion = expansion != nullptr;
  c.op.depthwise_program = program_text(depthwise);
  if (expansion) c.op.expansion_program = program_text(*expansion);
  c.inputs = {(expansion ? *expansion : depthwise).input(0)};
  for (const ir::Node* n : {expansion, &depthwise})
    if (n) c.inputs.insert(c.inputs.end(), n->inputs().begin() + 1, n->inputs().end());
  c.inputs.push_back(projection.input(1));
  c.num_op_inputs = static_cast<int>(c.inputs.size());
  c.inputs.insert(c.inputs.end(), projection.extra_inputs().begin(), projection.extra_inputs().end());
  return c;
}

double milliseconds(const ir::Node& n, const Options& options) {
  return options.milliseconds(n.op(), n.inputs(), n.num_op_inputs(), n.epilogue());
}

/// As a person wants to read it.
double rounded(double ms) { return std::round(ms * 1e4) / 1e4; }

/// The chain that is faster than its convolutions apart, if one is.
std::optional<Chain> choose(const std::vector<Chain>& chains, const ir::Node* expansion, const ir::Node& depthwise,
                            const ir::Node& projection, const Options& options) {
  if (!options.milliseconds) return chains.back();
  const double expand = chains.back().op.has_expansion ? milliseconds(*expansion, options) : 0;
  double best = expand + milliseconds(depthwise, options) + milliseconds(projection, options);
  std::string text = concat("convolutions apart: ", rounded(best), " ms");
  const Chain* chosen = nullptr;
  for (const Chain& c : chains) {
    const double rest = c.op.has_expansion ? 0 : expand;
    const double ms = rest + options.milliseconds(c.op, c.inputs, c.num_op_inputs, projection.epilogue());
    text += concat("; conv_chain", c.op.has_expansion ? " with expansion" : "", ": ", rounded(ms), " ms");
    if (ms >= best) continue;
    best = ms;
    chosen = &c;
  }
  if (options.decided) options.decided(*projection.output(), text);
  return chosen ? std::optional(*chosen) : std::nullopt;
}

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options& options) {
  if (!is_pointwise(n)) return std::nullopt;
  const ir::Node* depthwise = only_source(n);
  if (!depthwise || !is_depthwise(*depthwise)) return std::nullopt;
  const ir::Node* expansion = only_source(*depthwise);
  if (expansion && !is_pointwise(*expansion)) expansion = nullptr;
  std::vector<Chain> chains;
  for (const ir::Node* e : {static_cast<const ir::Node*>(nullptr), expansion}) {
    if (!chains.empty() && !e) continue;
    Chain c = chain_of(e, *depthwise, n);
    if (!options.has_kernel || options.has_kernel(c.op, c.inputs, c.num_op_inputs, n.epilogue()))
      chains.push_back(std::move(c));
  }
  if (chains.empty()) return std::nullopt;
  const std::optional<Chain> c = choose(chains, expansion, *depthwise, n, options);
  if (!c) return std::nullopt;
  ir::Patch patch;
  patch.replace(n.output(), patch.add(c->op, c->inputs, n.epilogue(), c->num_op_inputs));
  return patch;
}

}  // namespace

Pass fuse_conv_chain() {
  return rewrite_pass("fuse-conv-chain", "a depthwise convolution and the 1x1 convolutions around it become one",
                      &rewrite);
}

}  // namespace dvt::passes
