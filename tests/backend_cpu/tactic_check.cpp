#include "tactic_check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/cpu.h"
#include "base/aligned_buffer.h"
#include "base/concat.h"
#include "base/thread_pool.h"
#include "operand_values.h"
#include "ops/nn/conv_chain.h"

namespace dvt::test {

using namespace backend;

std::vector<std::string> corpus(const std::string& name) {
  std::ifstream file(concat(DOVETAIL_SOURCE_DIR, "/tests/problems/", name, ".txt"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    line.resize(std::min(line.size(), line.find('#')));
    while (!line.empty() && line.back() == ' ') line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> corpus_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(concat(DOVETAIL_SOURCE_DIR, "/tests/problems")))
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

Target capped_target(const std::string& isa, int threads) {
  Target t = cpu::device().host_target(threads);
  const auto bit = [](Isa i) { return static_cast<uint32_t>(i); };
  if (isa == "baseline") t.isa = 0;
  if (isa == "avx2") t.isa = bit(Isa::kSse42) | bit(Isa::kAvx2);
  if (isa == "avx512") t.isa |= bit(Isa::kSse42) | bit(Isa::kAvx2) | bit(Isa::kAvx512);
  return t;
}

bool host_can_run(const Target& t) { return (t.isa & ~cpu::device().host_target(1).isa) == 0; }

std::string repro(const Problem& problem, std::string_view tactic) {
  return concat("repro: dovetail bench op '", problem, "' --tactic ", tactic, " --mode check");
}

namespace {

constexpr size_t kGuard = 64;
constexpr unsigned char kGuardByte = 0xa5;

/// Memory with a guard behind it that shows writes past the end. Operands that are only read have none, so that a
/// sanitizer sees reads past the end.
class Guarded {
 public:
  explicit Guarded(size_t bytes, size_t guard = kGuard) : size_(bytes), guard_(guard), memory_(bytes + guard) {
    std::memset(memory_.data(), kGuardByte, bytes + guard);
  }
  std::byte* data() { return memory_.data(); }
  size_t size() const { return size_; }
  bool intact() const {
    for (size_t i = 0; i < guard_; ++i)
      if (memory_.data()[size_ + i] != std::byte{kGuardByte}) return false;
    return true;
  }

 private:
  size_t size_, guard_;
  AlignedBuffer memory_;
};

std::vector<int64_t> dims_at(const Operand& o, At at) {
  return at == At::min ? o.at_min() : at == At::max ? o.at_max() : o.at_opt();
}

struct Tensor {
  std::vector<int64_t> dims;
  std::unique_ptr<Guarded> memory;
  At at = At::opt;
  int64_t pitch = 0;
  int slice_axis = -1;
  TensorRef ref() { return {memory->data(), dims.data(), static_cast<int>(dims.size()), pitch, slice_axis}; }
};

Tensor empty_tensor(const Operand& o, std::vector<int64_t> dims, size_t guard = kGuard) {
  Tensor t;
  t.dims = std::move(dims);
  t.memory = std::make_unique<Guarded>(byte_size(o.dtype, cpu::volume(t.dims.data(), o.rank())), guard);
  return t;
}

Tensor empty_tensor(const Operand& o, At at, size_t guard = kGuard) {
  Tensor t = empty_tensor(o, dims_at(o, at), guard);
  t.at = at;
  return t;
}

bool is_dense_plain(const Operand& o) { return o.layout == Layout::plain && !o.is_slice(); }

/// A tensor as the operand wants it. The blocks of a slice are an odd number of elements apart, and the last one ends
/// where the memory ends.
Tensor laid_out_tensor(const Operand& o, At at, size_t guard = kGuard) {
  if (!o.is_slice()) return empty_tensor(o, at, guard);
  Tensor t;
  t.dims = dims_at(o, at);
  t.at = at;
  t.slice_axis = o.slice_axis;
  const int64_t block = block_elements(o, t.dims), blocks = block_count(o, t.dims);
  t.pitch = block + 3 + block % 2 * 2;
  t.memory = std::make_unique<Guarded>(byte_size(o.dtype, blocks > 0 ? (blocks - 1) * t.pitch + block : 0), guard);
  return t;
}

/// Whether nothing between the blocks of a slice was written.
bool gaps_intact(const Operand& o, Tensor& t) {
  if (!o.is_slice()) return true;
  const size_t block = byte_size(o.dtype, block_elements(o, t.dims)), pitch = byte_size(o.dtype, t.pitch);
  for (size_t i = 0; i < t.memory->size(); ++i)
    if (i % pitch >= block && t.memory->data()[i] != std::byte{kGuardByte}) return false;
  return true;
}

/// Dims of the results. Where the op reports sizes: with `late`, or at their largest when that is empty.
std::vector<std::vector<int64_t>> result_dims(const Problem& p, At at, const std::vector<int64_t>& late = {}) {
  std::vector<std::vector<int64_t>> dims;
  if (num_late(p) == 0) {
    for (const Operand& o : p.outputs) dims.push_back(dims_at(o, at));
    return dims;
  }
  std::vector<ops::ValueInfo> infos;
  for (const Operand& o : p.op_inputs()) {
    infos.push_back({{o.dtype, Shape()}, std::nullopt});
    for (int64_t d : dims_at(o, at)) infos.back().type.shape.push_back(d);
  }
  SymbolValues values;
  const std::vector<ops::LateSize> sizes = ops::late_sizes(p.op, infos);
  for (size_t i = 0; i < sizes.size(); ++i)
    values[*ops::late_symbol(static_cast<int>(i), sizes[i].is_signed).as_symbol()] =
        late.empty() ? sizes[i].max.value_or(0).eval({}) : late[i];
  for (const TensorType& t : ops::infer(p.op, infos)) {
    dims.emplace_back();
    for (const Dim& d : t.shape) dims.back().push_back(d.eval(values));
  }
  return dims;
}

/// Memory for the results, as the operands want it or dense.
std::vector<Tensor> empty_results(const Problem& p, At at, bool dense) {
  std::vector<Tensor> results;
  const auto dims = result_dims(p, at);
  for (size_t i = 0; i < dims.size(); ++i) {
    const Operand& o = p.outputs[i];
    results.push_back(!dense && o.is_slice() ? laid_out_tensor(o, at) : empty_tensor(o, dims[i]));
    results.back().at = at;
  }
  return results;
}

/// Copies elements from a row-major tensor to one that lies as the operand wants it, or back.
void relayout(const Operand& o, Tensor& plain_tensor, Tensor& laid_out, bool from_plain) {
  const std::vector<int64_t>& dims = plain_tensor.dims;
  const std::byte* from = (from_plain ? plain_tensor : laid_out).memory->data();
  std::byte* to = (from_plain ? laid_out : plain_tensor).memory->data();
  const size_t element = static_cast<size_t>(bits(o.dtype)) / 8;
  std::vector<int64_t> plain(dims.size()), own(dims.size());
  cpu::dense_strides(dims.data(), o.rank(), Layout::plain, plain.data());
  cpu::element_strides(laid_out.ref(), o.layout, own.data());
  const int64_t count = cpu::volume(dims.data(), o.rank());
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i, at = 0;
    for (size_t d = 0; d < dims.size(); ++d) {
      at += rest / plain[d] * own[d];
      rest %= plain[d];
    }
    const size_t a = static_cast<size_t>(from_plain ? i : at) * element;
    const size_t b = static_cast<size_t>(from_plain ? at : i) * element;
    std::memcpy(to + b, from + a, element);
  }
}

std::vector<Tensor> make_inputs(const Problem& p, At at, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Tensor> plain;
  std::vector<std::vector<int64_t>> dims;
  for (const Operand& o : p.inputs) {
    plain.push_back(empty_tensor(o, at, 0));
    dims.push_back(plain.back().dims);
  }
  for (size_t i = 0; i < plain.size(); ++i) fill_operand(p, static_cast<int>(i), dims, plain[i].memory->data(), random);
  return plain;
}

/// Runs a tactic on plain inputs, bringing each to its layout; returns what it broke, if anything.
std::string run_kernel(
    const Tactic& tactic, const Problem& p, const Target& t, std::vector<Tensor>& plain, std::vector<Tensor>& results,
    std::vector<int64_t>& late, const std::function<void(bool)>& around = [](bool) {}) {
  std::vector<Tensor> laid_out;
  std::vector<TensorRef> inputs, outputs;
  for (size_t i = 0; i < plain.size(); ++i) {
    inputs.push_back(plain[i].ref());
    if (is_dense_plain(p.inputs[i])) continue;
    laid_out.push_back(laid_out_tensor(p.inputs[i], plain[i].at, 0));
    relayout(p.inputs[i], plain[i], laid_out.back(), true);
    inputs.back() = laid_out.back().ref();
  }
  // Guarded too, and full of NaNs before: every byte has to be written.
  std::vector<std::unique_ptr<Guarded>> packed;
  for (size_t i = 0; tactic.pack && i < p.inputs.size(); ++i) {
    const size_t size = p.inputs[i].constant ? tactic.packed_bytes(p, t, static_cast<int>(i)) : 0;
    if (size == 0) continue;
    packed.push_back(std::make_unique<Guarded>(size));
    std::fill_n(packed.back()->data(), size, std::byte{0xff});
    const auto pool = shared_pool(t.threads);
    tactic.pack(p, t,
                {static_cast<int>(i),
                 {plain[i].memory->data(), plain[i].memory->size()},
                 {packed.back()->data(), size},
                 *pool});
    if (!packed.back()->intact()) return concat("packed more than the bytes promised for input ", i);
    inputs[i].data = packed.back()->data();
  }
  for (Tensor& r : results) outputs.push_back(r.ref());
  Guarded workspace(tactic.workspace ? tactic.workspace(p, t) : 0);
  const auto pool = shared_pool(t.threads);
  const auto kernel = tactic.create(p, t);
  late.resize(static_cast<size_t>(num_late(p)));
  around(true);
  kernel->run({inputs.data(), outputs.data(), late.data(), workspace.data(), pool.get()});
  around(false);
  if (!workspace.intact()) return "wrote past the end of the workspace";
  for (size_t i = 0; i < results.size(); ++i) {
    if (!results[i].memory->intact()) return concat("wrote past the end of output ", i);
    if (!gaps_intact(p.outputs[i], results[i])) return concat("wrote between the blocks of output ", i);
  }
  return "";
}

double epsilon_of(DType t) {
  switch (t) {
    case DType::f64:
      return 0x1p-52;
    case DType::f32:
      return 0x1p-23;
    case DType::f16:
      return 0x1p-10;
    case DType::bf16:
      return 0x1p-7;
    case DType::f8e8m0:
      return 1;
    default:
      return is_floating(t) ? 0x1p-2 : 0;
  }
}

/// The largest term that a result sums: operands lie in [-kLargestValue, kLargestValue].
double largest_term(const Problem& p) {
  switch (p.op.id()) {
    case ops::OpId::matmul:
    case ops::OpId::conv:
    case ops::OpId::deconv:
    case ops::OpId::attention:
      return kLargestValue * kLargestValue;
    case ops::OpId::conv_chain: {
      // What a convolution of the chain multiplies are sums of the one before it.
      double term = kLargestValue * kLargestValue;
      const auto parts = ops::chain_parts(*p.op.as<ops::ConvChain>());
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        double depth = 1;
        const Operand& w = p.inputs[static_cast<size_t>(parts[i].filter)];
        for (size_t d = 1; d < w.dims.size(); ++d) depth *= static_cast<double>(w.dims[d].max);
        term *= depth * kLargestValue;
      }
      return term;
    }
    default:
      return 1;
  }
}

/// The coarsest type's epsilon times the operations that lead to one element, each rounding a term once.
double tolerance_of(const Problem& p, At at) {
  double epsilon = 0;
  for (const auto* list : {&p.inputs, &p.outputs})
    for (const Operand& o : *list) epsilon = std::max(epsilon, epsilon_of(o.dtype));
  for (const expr::Instr& i : p.epilogue.code()) epsilon = std::max(epsilon, epsilon_of(i.type));
  std::vector<TensorType> in, out;
  const auto type_of = [at](const Operand& o) {
    TensorType t{o.dtype, {}};
    for (int64_t d : dims_at(o, at)) t.shape.push_back(d);
    return t;
  };
  for (const Operand& o : p.op_inputs()) in.push_back(type_of(o));
  double elements = 0;
  for (const Operand& o : p.outputs) {
    out.push_back(type_of(o));
    const auto dims = dims_at(o, at);
    elements += static_cast<double>(cpu::volume(dims.data(), o.rank()));
  }
  const double flops = ops::cost(p.op, in, out, {}).flops;
  const double program = 8.0 * static_cast<double>(p.epilogue.code().size());  // a function counts as eight roundings
  return epsilon * (16 + flops / std::max(1.0, elements) + program) * largest_term(p);
}

std::string compare(const Operand& o, size_t index, Tensor& got, Tensor& expected, double tolerance) {
  const int64_t count = cpu::volume(got.dims.data(), o.rank());
  const ops::ReadView a(o.dtype, got.dims, got.memory->data()), b(o.dtype, got.dims, expected.memory->data());
  const bool floating = is_floating(o.dtype);
  for (int64_t i = 0; i < count; ++i) {
    bool same;
    if (floating) {
      const double x = a.get(i), y = b.get(i);
      same = x == y || (std::isnan(x) && std::isnan(y)) || std::fabs(x - y) <= tolerance * std::max(1.0, std::fabs(y));
    } else {
      same = a.get_int(i) == b.get_int(i);
    }
    if (same) continue;
    const auto text = [&](const ops::ReadView& v) { return floating ? concat(v.get(i)) : concat(v.get_int(i)); };
    return concat("output ", index, " element ", i, " of ", o, ": got ", text(a), ", expected ", text(b),
                  ", tolerance ", tolerance);
  }
  return "";
}

}  // namespace

void run_once(const Tactic& tactic, const Problem& problem, const Target& target,
              const std::function<void(bool)>& around) {
  std::vector<Tensor> inputs = make_inputs(problem, At::opt, 1), results = empty_results(problem, At::opt, false);
  std::vector<int64_t> late;
  run_kernel(tactic, problem, target, inputs, results, late, around);
}

std::string check(const Tactic& tactic, const Problem& problem, const Target& target, At at, uint32_t seed) {
  std::vector<Tensor> inputs = make_inputs(problem, at, seed);
  std::vector<Tensor> expected = empty_results(problem, at, true), results = empty_results(problem, at, false);
  std::vector<int64_t> expected_late, late;
  Problem plain = problem;
  for (auto* list : {&plain.inputs, &plain.outputs})
    for (Operand& o : *list) o.layout = Layout::plain, o.slice_axis = -1;
  std::string broken = run_kernel(*cpu::device().find("cpu.reference"), plain, target, inputs, expected, expected_late);
  if (broken.empty()) broken = run_kernel(tactic, problem, target, inputs, results, late);
  if (!broken.empty()) return broken;
  if (late != expected_late) return "reports other sizes than the reference";
  if (const auto dims = result_dims(problem, at, late); !late.empty())  // what lies behind the result means nothing
    for (size_t i = 0; i < dims.size(); ++i) results[i].dims = expected[i].dims = dims[i];
  const double tolerance = tolerance_of(problem, at);
  for (size_t i = 0; i < results.size(); ++i) {
    if (!is_dense_plain(problem.outputs[i])) {
      Tensor back = empty_tensor(problem.outputs[i], at);
      relayout(problem.outputs[i], back, results[i], false);
      results[i] = std::move(back);
    }
    const std::string wrong = compare(problem.outputs[i], i, results[i], expected[i], tolerance);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace dvt::test
