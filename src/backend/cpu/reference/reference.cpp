// cpu.reference: the operator's meaning as a kernel, so that every problem has one. The last resort: slow, on one
// thread, and the only tactic that allocates while it runs.
#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/data/nest_of.h"
#include "backend/cpu/data/strided_copy.h"
#include "backend/cpu/pointwise/pointwise_program.h"
#include "backend/cpu/reference/concrete.h"
#include "backend/failure.h"
#include "backend/tactic.h"
#include "base/concat.h"
#include "base/text.h"
#include "ops/pointwise/lower.h"

#include <algorithm>
#include <cstring>

namespace dvt::cpu {
namespace {

using namespace backend;

/// Row-major and contiguous: what the operator's meaning reads and writes.
bool is_plain(const Operand& o) { return o.layout == Layout::plain && !o.is_slice(); }

Support supports(const Problem& p, const Target&) {
  if (const std::string why = symbolic_refusal(p.op); !why.empty()) return Support::no(why);
  for (const auto* list : {&p.inputs, &p.outputs})
    for (const Operand& o : *list)
      if (!is_plain(o) && mover_element(o.dtype) == 0)
        return Support::no(concat("elements of ", to_string(o.dtype), " share bytes and are channels_last"));
  if (num_late(p) > 0)
    for (const Operand& o : p.outputs)
      if (!is_plain(o)) return Support::no("results of late sizes are row-major and contiguous");
  return Support::yes();
}

std::vector<int64_t> dims_of(const TensorRef& t) { return {t.dims, t.dims + t.rank}; }

class ReferenceKernel final : public Kernel {
 public:
  explicit ReferenceKernel(Problem p) : p_(std::move(p)), num_late_(num_late(p_)) {}

  void run(const LaunchArgs& args) const noexcept override {
    try {
      compute(args);
    } catch (const Error& e) {
      leave_reason(e);
      mark_failed(args, e);
    } catch (const std::exception& e) {
      take_reason();  // an earlier one is not about this
      mark_failed(args, e);
    }
  }

 private:
  using Bytes = std::vector<std::byte>;

  /// Shapes or values that the operator cannot take: NaN and -1 show that nothing was computed.
  void mark_failed(const LaunchArgs& args, const std::exception& e) const noexcept {
    // A run that cannot make its texts, or numbers of them, fails: no text stands for "nothing was computed".
    if (args.texts && find_text(p_)) args.texts->fail(e.what());
    for (size_t i = 0; i < p_.outputs.size(); ++i) fill_with_ones(args, i);
    std::fill_n(args.late, num_late_, kFailedSize);
  }

  void compute(const LaunchArgs& args) const {
    std::vector<Bytes> plain(p_.inputs.size() + p_.outputs.size());
    std::vector<ops::ReadView> inputs;
    for (size_t i = 0; i < p_.inputs.size(); ++i)
      inputs.emplace_back(p_.inputs[i].dtype, dims_of(args.inputs[i]), read_plain(args, i, plain[i]));
    std::vector<ops::WriteView> outputs;
    for (size_t i = 0; i < p_.outputs.size(); ++i) {
      const TensorRef& out = args.outputs[i];
      void* data = out.data;
      if (!is_plain(p_.outputs[i])) {
        Bytes& bytes = plain[p_.inputs.size() + i];
        bytes.resize(byte_size(p_.outputs[i].dtype, volume(out)));
        data = bytes.data();
      }
      outputs.emplace_back(p_.outputs[i].dtype, dims_of(out), data, args.texts);
    }
    evaluate(args, inputs, outputs);
    for (size_t i = 0; i < p_.outputs.size(); ++i) write_back(args, i, outputs[i].data());
  }

  void evaluate(const LaunchArgs& args, std::span<const ops::ReadView> inputs,
                std::span<const ops::WriteView> outputs) const {
    if (is_pointwise(p_)) return ops::evaluate_pointwise(pointwise_program(p_), inputs, outputs[0]);
    const ops::Op op = concrete(p_.op, args);
    const auto own = inputs.first(static_cast<size_t>(p_.num_op_inputs));
    if (p_.epilogue.is_identity())
      return ops::reference(op, own, outputs, std::span(args.late, static_cast<size_t>(num_late_)));
    const DType type = p_.epilogue.input_type(0);
    Bytes bytes(byte_size(type, outputs[0].volume()));
    std::vector<ops::WriteView> results(outputs.begin(), outputs.end());
    results[0] = ops::WriteView(type, outputs[0].dims(), bytes.data());
    ops::reference(op, own, results);
    ops::apply_epilogue(p_.epilogue, results[0].read(), inputs.subspan(own.size()), outputs[0]);
  }

  const void* read_plain(const LaunchArgs& args, size_t i, Bytes& bytes) const {
    const TensorRef& in = args.inputs[i];
    if (is_plain(p_.inputs[i])) return in.data;
    bytes.resize(byte_size(p_.inputs[i].dtype, volume(in)));
    int64_t strides[kMaxRank];
    element_strides(in, p_.inputs[i].layout, strides);
    const TensorRef plain{nullptr, in.dims, in.rank};
    strided_copy(*args.pool, nest_of(plain, Layout::plain, strides), mover_element(p_.inputs[i].dtype), bytes.data(),
                 in.data);
    return bytes.data();
  }

  void fill_with_ones(const LaunchArgs& args, size_t i) const noexcept {
    const TensorRef& out = args.outputs[i];
    const Operand& o = p_.outputs[i];
    constexpr uint64_t kOnes = ~uint64_t{0};
    const int64_t none[kMaxRank] = {};
    if (o.dtype == DType::text)
      std::memset(out.data, 0, byte_size(o.dtype, volume(out)));  // empty ones: others would be addresses
    else if (o.is_slice())
      strided_copy(*args.pool, nest_of(out, o.layout, none), mover_element(o.dtype), out.data, &kOnes);
    else
      std::memset(out.data, 0xff, byte_size(o.dtype, volume(out)));
  }

  void write_back(const LaunchArgs& args, size_t i, const void* data) const {
    const TensorRef& out = args.outputs[i];
    if (is_plain(p_.outputs[i])) return;
    int64_t strides[kMaxRank];
    dense_strides(out.dims, out.rank, Layout::plain, strides);
    strided_copy(*args.pool, nest_of(out, p_.outputs[i].layout, strides), mover_element(p_.outputs[i].dtype), out.data,
                 data);
  }

  Problem p_;
  int num_late_;
};

std::unique_ptr<Kernel> create(const Problem& p, const Target&) { return std::make_unique<ReferenceKernel>(p); }

}  // namespace

Tactic reference_any() { return {.supports = supports, .create = create, .slices = true, .text = true}; }

}  // namespace dvt::cpu
