// Pointwise programs as generated code: a flat loop over the innermost run of elements, where each operand is either
// contiguous or one element; outer loops step the operands' addresses.
#include <algorithm>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/jit/pointwise_kernel.h"
#include "backend/cpu/pointwise/chunked.h"
#include "backend/cpu/pointwise/pointwise_program.h"
#include "base/concat.h"

namespace dvt::cpu {
namespace {

using namespace backend;

constexpr int kMaxOperands = expr::Expr::kMaxInputs + 1;
constexpr int64_t kShortestRow = 8;  // below, calls cost more than the work
using Nest = LoopNest<kMaxOperands>;

/// Operand 0 is the output, the others the inputs, in the output's memory order.
Nest nest_of(std::span<const TensorRef> operands, std::span<const Layout> layouts) {
  Nest nest;
  nest.operands = static_cast<int>(operands.size());
  const int rank = operands[0].rank;
  for (int i = 0; i < rank; ++i) nest.add_loop(operands[0].dims[memory_axis(layouts[0], rank, i)]);
  for (int k = 0; k < nest.operands; ++k) {
    const TensorRef& t = operands[static_cast<size_t>(k)];
    int64_t own[kMaxRank];
    element_strides(t, layouts[static_cast<size_t>(k)], own);
    const int lead = rank - t.rank;
    for (int i = 0; i < rank; ++i) {
      const int axis = memory_axis(layouts[0], rank, i) - lead;
      const bool repeats = axis < 0 || (t.dims[axis] == 1 && nest.dims[i] != 1);
      nest.strides[k][i] = repeats ? 0 : own[axis];
    }
  }
  nest.collapse();
  return nest;
}

/// The nest at the dims that the problem is tuned at.
Nest typical_nest(const Problem& p) {
  std::vector<std::vector<int64_t>> dims{p.outputs[0].at_opt()};
  std::vector<Layout> layouts{p.outputs[0].layout};
  for (const Operand& o : p.inputs) {
    dims.push_back(o.at_opt());
    layouts.push_back(o.layout);
  }
  std::vector<TensorRef> operands{typical_ref(p.outputs[0], dims[0])};
  for (size_t k = 0; k < p.inputs.size(); ++k) operands.push_back(typical_ref(p.inputs[k], dims[k + 1]));
  return nest_of(operands, layouts);
}

Support supports(const Problem& p, const Target& t) {
  if (!is_pointwise(p)) return not_this_op(p);
  if (!t.can_jit) return Support::no("executable memory is denied");
  if (!t.has(Isa::kAvx2)) return Support::no("needs AVX2");
  const expr::Expr program = pointwise_program(p);
  if (const std::string why = jit::PointwiseKernel::refusal(program); !why.empty()) return Support::no(why);
  for (const Operand& o : p.inputs)
    if (o.layout != Layout::plain && o.rank() != p.outputs[0].rank())
      return Support::no("a channels_last operand is not of the output's rank");
  const Nest nest = typical_nest(p);
  const int inner = nest.rank - 1;
  for (int k = 0; k < nest.operands; ++k)
    if (nest.strides[k][inner] > 1) return Support::no("an operand is not contiguous along the innermost dimension");
  if (nest.rank > 1 && nest.dims[inner] < kShortestRow)
    return Support::no(concat("rows of ", nest.dims[inner], " elements are too short"));
  return Support::yes();
}

class JitPointwise final : public Kernel {
 public:
  JitPointwise(const Problem& p, const Target& t) : interpreter_(pointwise_program(p), p.inputs, p.outputs[0], t) {
    const expr::Expr program = pointwise_program(p);
    const Nest nest = typical_nest(p);
    layouts_.push_back(p.outputs[0].layout);
    element_bytes_.push_back(static_cast<int64_t>(byte_size(p.outputs[0].dtype, 1)));
    for (size_t k = 0; k < p.inputs.size(); ++k) {
      layouts_.push_back(p.inputs[k].layout);
      element_bytes_.push_back(static_cast<int64_t>(byte_size(p.inputs[k].dtype, 1)));
      is_scalar_.push_back(nest.strides[k + 1][nest.rank - 1] == 0);
    }
    const auto isa = t.has(Isa::kAvx512) ? jit::VectorIsa::kAvx512 : jit::VectorIsa::kAvx2;
    code_.emplace(isa, program, is_scalar_);
    ns_ = 0.05 + 0.03 * static_cast<double>(program.code().size() + p.inputs.size());
  }

  void run(const LaunchArgs& args) const noexcept override {
    TensorRef refs[kMaxOperands];
    char* data[kMaxOperands];
    const size_t operands = layouts_.size();
    for (size_t k = 0; k < operands; ++k) {
      refs[k] = k == 0 ? args.outputs[0] : args.inputs[k - 1];
      data[k] = static_cast<char*>(refs[k].data);
    }
    if (volume(args.outputs[0]) == 0) return;
    const Nest nest = nest_of({refs, operands}, layouts_);
    if (!fits(nest)) return interpret(args);
    run_rows(*args.pool, nest, data);
  }

  size_t workspace() const { return interpreter_.workspace(); }

 private:
  /// Whether the operands step along the innermost loop as the code was made for: other shapes of the range may differ.
  bool fits(const Nest& nest) const {
    const int inner = nest.rank - 1;
    if (nest.dims[inner] == 1) return nest.rank == 1;
    for (size_t k = 0; k < is_scalar_.size(); ++k)
      if (nest.strides[k + 1][inner] != (is_scalar_[k] ? 0 : 1)) return false;
    return nest.strides[0][inner] == 1;
  }

  void interpret(const LaunchArgs& args) const {
    const TensorRef* inputs[expr::Expr::kMaxInputs];
    for (size_t k = 0; k < is_scalar_.size(); ++k) inputs[k] = &args.inputs[k];
    interpreter_.run(*args.pool, inputs, args.outputs[0], args.workspace);
  }

  void run_rows(ThreadPool& pool, const Nest& nest, char* const* data) const {
    const int inner = nest.rank - 1;
    const int64_t row = nest.dims[inner];
    constexpr int64_t kPiece = 4096;  // long rows are split, so that one row can be shared
    const int64_t pieces = (row + kPiece - 1) / kPiece;
    const int64_t items = nest.iterations() / row * pieces;
    const double item_ns = 10 + static_cast<double>(std::min(row, kPiece)) * ns_;
    parallel_for(pool, items, item_ns, [&](int64_t begin, int64_t end) {
      LoopCursor<kMaxOperands> at(nest, inner, begin / pieces);
      for (int64_t item = begin; item < end;) {
        // All pieces of this row that are ours go to the code in one call.
        const int64_t first = item % pieces, count = std::min(end - item, pieces - first);
        const int64_t from = first * kPiece, to = std::min(row, (first + count) * kPiece);
        const void* inputs[kMaxOperands];
        for (size_t k = 0; k < is_scalar_.size(); ++k)
          inputs[k] = data[k + 1] + (at.offset[k + 1] + (is_scalar_[k] ? 0 : from)) * element_bytes_[k + 1];
        (*code_)(inputs, data[0] + (at.offset[0] + from) * element_bytes_[0], to - from);
        item += count;
        if (first + count == pieces) at.next();
      }
    });
  }

  ChunkedProgram interpreter_;
  std::vector<Layout> layouts_;         // output first
  std::vector<int64_t> element_bytes_;  // output first
  std::vector<bool> is_scalar_;
  std::optional<jit::PointwiseKernel> code_;
  double ns_ = 0;
};

size_t workspace(const Problem& p, const Target& t) {
  return ChunkedProgram(pointwise_program(p), p.inputs, p.outputs[0], t).workspace();
}

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) { return std::make_unique<JitPointwise>(p, t); }

}  // namespace

Tactic pointwise_jit() { return {.supports = supports, .workspace = workspace, .create = create, .slices = true}; }

}  // namespace dvt::cpu
