#include "fake_device.h"

#include <cstring>

#include "expr/expr.h"
#include "ops/op.h"

namespace dvt::runtime {
namespace {

using namespace backend;

int64_t volume(const TensorRef& t) {
  int64_t n = 1;
  for (int d = 0; d < t.rank; ++d) n *= t.dims[d];
  return n;
}

std::vector<int64_t> dims_of(const TensorRef& t) { return {t.dims, t.dims + t.rank}; }

/// Index in `t` of the element that broadcasting puts at `index` of a tensor of `out`'s shape.
int64_t broadcast_index(const TensorRef& t, const TensorRef& out, int64_t index) {
  int64_t result = 0, stride = 1;
  for (int d = 0; d < t.rank; ++d) {
    const int64_t size = out.dims[out.rank - 1 - d], own = t.dims[t.rank - 1 - d];
    if (own != 1) result += index % size * stride;
    index /= size;
    stride *= own;
  }
  return result;
}

class ReferenceKernel : public Kernel {
 public:
  explicit ReferenceKernel(Problem p) : p_(std::move(p)) {}
  void run(const LaunchArgs& args) const noexcept override {
    const TensorRef& out = args.outputs[0];
    auto* y = static_cast<float*>(out.data);
    const bool pointwise = p_.op.name() == "pointwise";
    if (!pointwise) {
      std::vector<ops::ReadView> in;
      for (int i = 0; i < p_.num_op_inputs; ++i) {
        const auto k = static_cast<size_t>(i);
        in.emplace_back(p_.inputs[k].dtype, dims_of(args.inputs[k]), args.inputs[k].data);
      }
      const ops::WriteView result(p_.outputs[0].dtype, dims_of(out), out.data);
      ops::reference(p_.op, in, {&result, 1});
    }
    if (p_.epilogue.is_identity()) return;
    const int first = pointwise ? 0 : p_.num_op_inputs;
    for (int64_t i = 0; i < volume(out); ++i) {
      std::vector<expr::Scalar> operands;
      if (!pointwise) operands.push_back({.f = y[i]});
      for (int k = first; k < static_cast<int>(p_.inputs.size()); ++k)
        operands.push_back(
            {.f = static_cast<const float*>(args.inputs[k].data)[broadcast_index(args.inputs[k], out, i)]});
      y[i] = static_cast<float>(expr::evaluate(p_.epilogue, operands).f);
    }
  }

 private:
  Problem p_;
};

constexpr size_t kPackHead = 64;
constexpr std::byte kPackMark{0x5a};

/// y = x · w with w transposed behind a head of marks.
class PackedMatmul : public Kernel {
 public:
  void run(const LaunchArgs& args) const noexcept override {
    const TensorRef &x = args.inputs[0], &y = args.outputs[0];
    const auto* head = static_cast<const std::byte*>(args.inputs[1].data);
    if (head[kPackHead - 1] != kPackMark) std::abort();
    const auto* w = reinterpret_cast<const float*>(head + kPackHead);
    const int64_t k_size = x.dims[1], n_size = y.dims[1];
    auto* scratch = static_cast<float*>(args.workspace);  // one row of y
    for (int64_t m = 0; m < y.dims[0]; ++m) {
      for (int64_t n = 0; n < n_size; ++n) {
        scratch[n] = 0;
        for (int64_t k = 0; k < k_size; ++k)
          scratch[n] += static_cast<const float*>(x.data)[m * k_size + k] * w[n * k_size + k];
      }
      std::memcpy(static_cast<float*>(y.data) + m * n_size, scratch, static_cast<size_t>(n_size) * sizeof(float));
    }
  }
};

Support packed_supports(const Problem& p, const Target& t) {
  if (p.op.name() != "matmul" || !p.epilogue.is_identity()) return Support::no("not a plain matmul");
  if (!t.has(Isa::kAvx2)) return Support::no("needs AVX2");
  if (p.inputs[0].dtype != DType::f32 || p.inputs[0].rank() != 2) return Support::no("a is not a matrix of f32");
  if (!p.inputs[1].constant || p.inputs[1].rank() != 2) return Support::no("b is no constant matrix");
  return Support::yes();
}
size_t packed_bytes(const Problem& p, const Target&, int input) {
  if (input != 1) return 0;
  return kPackHead + static_cast<size_t>(p.inputs[1].dims[0].max * p.inputs[1].dims[1].max) * sizeof(float);
}
void pack(const Problem& p, const Target&, const PackArgs& args) {
  std::fill(args.packed.begin(), args.packed.end(), kPackMark);
  const int64_t k_size = p.inputs[1].dims[0].max, n_size = p.inputs[1].dims[1].max;
  for (int64_t k = 0; k < k_size; ++k)
    for (int64_t n = 0; n < n_size; ++n)
      std::memcpy(args.packed.data() + kPackHead + (n * k_size + k) * 4, args.data.data() + (k * n_size + n) * 4, 4);
}
size_t row_workspace(const Problem& p, const Target&) {
  return static_cast<size_t>(p.outputs[0].dims[1].max) * sizeof(float);
}

Support wide_supports(const Problem& p, const Target& t) {
  if (!t.has(Isa::kAvx512)) return Support::no("needs AVX-512");
  return p.op.name() == "pointwise" ? Support::yes() : Support::no("not pointwise");
}
Support any(const Problem&, const Target&) { return Support::yes(); }
std::unique_ptr<Kernel> make_reference(const Problem& p, const Target&) { return std::make_unique<ReferenceKernel>(p); }
std::unique_ptr<Kernel> make_packed(const Problem&, const Target&) { return std::make_unique<PackedMatmul>(); }

std::span<const Tactic> fake_tactics() {
  static const Tactic tactics[] = {
      {"fake.matmul.packed", 2, &packed_supports, &row_workspace, &pack, &make_packed, &packed_bytes},
      {"fake.wide", 1, &wide_supports, nullptr, nullptr, &make_reference},
      {"fake.reference", 1, &any, nullptr, nullptr, &make_reference},
  };
  return tactics;
}

Target fake_target(int threads) {
  Target t;
  t.isa = fake_machine().isa;
  t.threads = threads ? threads : fake_machine().threads;
  return t;
}

/// Reads and writes all that a kernel of the problem may.
class TouchingKernel : public Kernel {
 public:
  TouchingKernel(Problem p, std::vector<size_t> packed, size_t workspace)
      : p_(std::move(p)), packed_(std::move(packed)), workspace_(workspace) {}
  void run(const LaunchArgs& args) const noexcept override {
    unsigned sum = 0;
    for (size_t i = 0; i < p_.inputs.size(); ++i) {
      const size_t bytes = packed_[i] ? packed_[i] : byte_size(p_.inputs[i].dtype, volume(args.inputs[i]));
      for (size_t b = 0; b < bytes; ++b) sum += static_cast<const uint8_t*>(args.inputs[i].data)[b];
    }
    for (size_t i = 0; i < p_.outputs.size(); ++i)
      if (const size_t bytes = byte_size(p_.outputs[i].dtype, volume(args.outputs[i])))
        std::memset(args.outputs[i].data, static_cast<int>(sum), bytes);
    if (workspace_) std::memset(args.workspace, 1, workspace_);
  }

 private:
  Problem p_;
  std::vector<size_t> packed_;
  size_t workspace_;
};

std::unique_ptr<Kernel> make_touching(const Problem& p, const Target&) {
  return std::make_unique<TouchingKernel>(p, std::vector<size_t>(p.inputs.size()), 0);
}
std::unique_ptr<Kernel> make_touching_packed(const Problem& p, const Target& t) {
  return std::make_unique<TouchingKernel>(p, std::vector<size_t>{0, packed_bytes(p, t, 1)}, row_workspace(p, t));
}

std::span<const Tactic> touching_tactics() {
  static const Tactic tactics[] = {
      {"fake.matmul.packed", 2, &packed_supports, &row_workspace, &pack, &make_touching_packed, &packed_bytes},
      {"fake.reference", 1, &any, nullptr, nullptr, &make_touching},
  };
  return tactics;
}

}  // namespace

FakeMachine& fake_machine() {
  static FakeMachine machine;
  return machine;
}

const Device& fake_device() {
  static const Device device{DeviceKind::cpu, "fake", &fake_tactics, &fake_target};
  return device;
}

const Device& touching_device() {
  static const Device device{DeviceKind::cpu, "touching", &touching_tactics, &fake_target};
  return device;
}

}  // namespace dvt::runtime
