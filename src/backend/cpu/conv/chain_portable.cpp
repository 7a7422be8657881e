// A chain of convolutions where no code can be generated: one after the other, each through the portable tactic, with
// the results between them in scratch memory.
#include <algorithm>
#include <array>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/conv/chain_parts.h"
#include "backend/tactic.h"
#include "base/concat.h"
#include "ops/nn/conv_chain.h"

namespace dvt::cpu {

using namespace backend;

Tactic conv_portable();

namespace {

size_t round_up(size_t n) { return (n + 63) / 64 * 64; }

size_t largest_bytes(const Operand& o) {
  const std::vector<int64_t> dims = o.at_max();
  return round_up(byte_size(o.dtype, volume(dims.data(), o.rank())));
}

Support supports(const Problem& p, const Target& t) {
  if (!p.op.as<ops::ConvChain>()) return Support::no(concat("operator is ", p.op.name()));
  const std::vector<ChainPartProblem> parts = chain_part_problems(p);
  if (std::string reason = chain_type_refusal(parts); !reason.empty()) return Support::no(std::move(reason));
  for (const ChainPartProblem& part : parts)
    if (Support s = conv_portable().supports(part.problem, t); !s) return s;
  return Support::yes();
}

// Results between the parts take turns in two places; behind them is the scratch of the part that runs.
struct Scratch {
  size_t between = 0, own = 0;
  Scratch(const std::vector<ChainPartProblem>& parts, const Target& t) {
    for (const ChainPartProblem& part : parts) {
      if (&part != &parts.back()) between = std::max(between, largest_bytes(part.problem.outputs[0]));
      own = std::max(own, conv_portable().workspace(part.problem, t));
    }
  }
};

class PortableChain final : public Kernel {
 public:
  PortableChain(const Problem& p, const Target& t)
      : parts_(chain_part_problems(p)), scratch_(parts_, t), has_expansion_(p.op.as<ops::ConvChain>()->has_expansion) {
    for (const ChainPartProblem& part : parts_) kernels_.push_back(conv_portable().create(part.problem, t));
  }

  void run(const LaunchArgs& args) const noexcept override {
    std::byte* const scratch = static_cast<std::byte*>(args.workspace);
    TensorRef x = args.inputs[0];
    std::array<std::array<int64_t, kMaxRank>, 2> dims{};
    for (size_t i = 0; i < parts_.size(); ++i) {
      const bool last = i + 1 == parts_.size();
      TensorRef y = args.outputs[0];
      if (!last) {
        auto& own = dims[i % 2];
        std::copy_n(has_expansion_ && i == 0 ? args.inputs[0].dims : y.dims, y.rank, own.begin());
        own[1] = parts_[i].problem.outputs[0].dims[1].opt;
        y = {scratch + i % 2 * scratch_.between, own.data(), y.rank, 0, -1};
      }
      run_part(i, args, x, y, scratch + 2 * scratch_.between);
      x = y;
    }
  }

 private:
  void run_part(size_t i, const LaunchArgs& args, const TensorRef& x, const TensorRef& y,
                std::byte* workspace) const noexcept {
    std::array<TensorRef, 2 + expr::Expr::kMaxInputs> inputs;
    const size_t count = parts_[i].problem.inputs.size();
    std::copy_n(args.inputs + parts_[i].filter, count - 1, inputs.begin() + 1);
    inputs[0] = x;
    kernels_[i]->run({inputs.data(), &y, nullptr, workspace, args.pool});
  }

  std::vector<ChainPartProblem> parts_;
  std::vector<std::unique_ptr<Kernel>> kernels_;
  Scratch scratch_;
  bool has_expansion_;
};

void pack(const Problem& p, const Target& t, const PackArgs& args) {
  for (const ChainPartProblem& part : chain_part_problems(p))
    if (part.filter == args.input) return conv_portable().pack(part.problem, t, {1, args.data, args.packed, args.pool});
}

size_t packed_bytes(const Problem& p, const Target& t, int input) {
  for (const ChainPartProblem& part : chain_part_problems(p))
    if (part.filter == input) return conv_portable().packed_bytes(part.problem, t, 1);
  return 0;
}

}  // namespace

Tactic conv_chain_portable() {
  Tactic t;
  t.version = conv_portable().version;
  t.supports = supports;
  t.workspace = [](const Problem& p, const Target& target) {
    const Scratch scratch(chain_part_problems(p), target);
    return 2 * scratch.between + scratch.own;
  };
  t.pack = pack;
  t.packed_bytes = packed_bytes;
  t.create = [](const Problem& p, const Target& target) -> std::unique_ptr<Kernel> {
    return std::make_unique<PortableChain>(p, target);
  };
  return t;
}

}  // namespace dvt::cpu
