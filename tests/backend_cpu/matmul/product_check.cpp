#include "product_check.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <random>

#include "backend/cpu/cpu.h"
#include "base/thread_pool.h"
#include "ops/pointwise/lower.h"

namespace dvt::cpu {
namespace {

using backend::Layout;
using backend::Operand;
using backend::Problem;

// Memory whose last byte is followed by a page without access.
class Guarded {
 public:
  explicit Guarded(size_t bytes, size_t alignment = 4) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE)),
                 rounded = (bytes + alignment - 1) / alignment * alignment;
    size_ = (rounded + page - 1) / page * page + page;
    base_ = static_cast<std::byte*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_ + size_ - page, page, PROT_NONE);
    data_ = base_ + size_ - page - rounded;
  }
  ~Guarded() { munmap(base_, size_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  std::byte* data() const { return data_; }

 private:
  std::byte *base_, *data_;
  size_t size_;
};

int64_t volume(const std::vector<int64_t>& dims) {
  int64_t v = 1;
  for (int64_t d : dims) v *= d;
  return v;
}

size_t element_size(DType t) { return byte_size(t, 1); }

// Moves elements between row-major and the operand's layout.
void reorder(const Operand& o, const std::vector<int64_t>& dims, const std::byte* plain, std::byte* laid_out,
             bool out) {
  const size_t size = element_size(o.dtype);
  const int64_t n = volume(dims);
  if (o.layout == Layout::plain) {
    if (out)
      std::memcpy(laid_out, plain, static_cast<size_t>(n) * size);
    else
      std::memcpy(const_cast<std::byte*>(plain), laid_out, static_cast<size_t>(n) * size);
    return;
  }
  const int64_t channels = dims[1], batch = dims[0], pixels = batch * channels == 0 ? 0 : n / batch / channels;
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t p = 0; p < pixels; ++p) {
        const int64_t i = (b * channels + c) * pixels + p, j = (b * pixels + p) * channels + c;
        if (out)
          std::memcpy(laid_out + static_cast<size_t>(j) * size, plain + static_cast<size_t>(i) * size, size);
        else
          std::memcpy(const_cast<std::byte*>(plain) + static_cast<size_t>(i) * size,
                      laid_out + static_cast<size_t>(j) * size, size);
      }
}

std::vector<std::byte> random_tensor(DType t, int64_t n, std::mt19937& rng) {
  std::vector<std::byte> bytes(byte_size(t, n));
  std::uniform_real_distribution<float> real(-1, 1);
  for (int64_t i = 0; i < n; ++i) {
    if (t == DType::f32) reinterpret_cast<float*>(bytes.data())[i] = real(rng);
    if (t == DType::i32) reinterpret_cast<int32_t*>(bytes.data())[i] = static_cast<int32_t>(rng() % 7) - 3;
    if (t == DType::b8) bytes[static_cast<size_t>(i)] = static_cast<std::byte>(rng() & 1);
  }
  return bytes;
}

class Check {
 public:
  Check(const Problem& p, std::vector<std::vector<int64_t>> input_dims, std::vector<int64_t> output_dims)
      : p_(p), in_dims_(std::move(input_dims)), out_dims_(std::move(output_dims)) {
    std::mt19937 rng(static_cast<uint32_t>(std::hash<std::string>{}(to_string(p))));
    for (size_t i = 0; i < p.inputs.size(); ++i)
      plain_.push_back(random_tensor(p.inputs[i].dtype, volume(in_dims_[i]), rng));
  }

  std::vector<float> run(const backend::Tactic& tactic, const backend::Target& target, int threads) const {
    std::vector<std::span<const std::byte>> constants(p_.inputs.size());
    for (size_t i = 0; i < p_.inputs.size(); ++i)
      if (p_.inputs[i].constant) constants[i] = plain_[i];
    const std::vector<backend::PackedWeight> packed = backend::pack_constants(tactic, p_, target, constants);
    std::vector<std::unique_ptr<Guarded>> memory;
    std::vector<backend::TensorRef> inputs;
    for (size_t i = 0; i < p_.inputs.size(); ++i) {
      const backend::PackedWeight* weight = nullptr;
      for (const auto& w : packed)
        if (w.input == static_cast<int>(i)) weight = &w;
      const size_t bytes = weight ? weight->bytes.size() : plain_[i].size();
      memory.push_back(std::make_unique<Guarded>(bytes));
      if (weight)
        std::memcpy(memory.back()->data(), weight->bytes.data(), bytes);
      else
        reorder(p_.inputs[i], in_dims_[i], plain_[i].data(), memory.back()->data(), true);
      inputs.push_back({memory.back()->data(), in_dims_[i].data(), static_cast<int>(in_dims_[i].size())});
    }
    std::vector<float> result(static_cast<size_t>(volume(out_dims_)));
    const Guarded output(result.size() * 4);
    std::memset(output.data(), 0xff, result.size() * 4);  // NaN
    const Guarded workspace(tactic.workspace ? tactic.workspace(p_, target) : 0, 64);
    const backend::TensorRef out{output.data(), out_dims_.data(), static_cast<int>(out_dims_.size())};
    ThreadPool pool(threads);
    tactic.create(p_, target)->run({inputs.data(), &out, nullptr, workspace.data(), &pool});
    reorder(p_.outputs[0], out_dims_, reinterpret_cast<std::byte*>(result.data()), output.data(), false);
    return result;
  }

  // The op in double; with `magnitude` on absolute values: the scale of its rounding errors.
  std::vector<double> reference(bool magnitude) const {
    std::vector<std::vector<std::byte>> data;
    std::vector<ops::ReadView> in;
    for (size_t i = 0; i < static_cast<size_t>(p_.num_op_inputs); ++i) {
      data.push_back(plain_[i]);
      for (float& v : std::span(reinterpret_cast<float*>(data.back().data()), magnitude ? data.back().size() / 4 : 0))
        v = std::abs(v);
    }
    for (size_t i = 0; i < data.size(); ++i) in.emplace_back(p_.inputs[i].dtype, in_dims_[i], data[i].data());
    std::vector<double> y(static_cast<size_t>(volume(out_dims_)));
    const ops::WriteView out(DType::f64, out_dims_, y.data());
    ops::reference(p_.op, in, {&out, 1});
    return y;
  }

  std::vector<float> finish(const std::vector<double>& result) const {
    std::vector<float> rounded(result.begin(), result.end()), y(rounded.size());
    if (p_.epilogue.is_identity()) return rounded;
    std::vector<ops::ReadView> extra;
    for (size_t i = static_cast<size_t>(p_.num_op_inputs); i < p_.inputs.size(); ++i)
      extra.emplace_back(p_.inputs[i].dtype, in_dims_[i], plain_[i].data());
    ops::apply_epilogue(p_.epilogue, ops::ReadView(DType::f32, out_dims_, rounded.data()), extra,
                        ops::WriteView(DType::f32, out_dims_, y.data()));
    return y;
  }

 private:
  const Problem& p_;
  std::vector<std::vector<int64_t>> in_dims_;
  std::vector<int64_t> out_dims_;
  std::vector<std::vector<std::byte>> plain_;
};

void compare(const Check& check, const std::vector<float>& got, int64_t depth) {
  constexpr double kUnit = 0x1p-24;
  const std::vector<double> exact = check.reference(false), scale = check.reference(true);
  std::vector<double> above = exact, below = exact;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double bound = static_cast<double>(depth + 2) * kUnit * scale[i];
    above[i] += bound;
    below[i] -= bound;
  }
  const std::vector<float> want = check.finish(exact), high = check.finish(above), low = check.finish(below);
  int bad = 0;
  for (size_t i = 0; i < got.size() && bad < 3; ++i) {
    // Vector math is within 5 ulp of the result or of its argument (gelu's tail).
    const double rounding = 16 * kUnit * (std::abs(want[i]) + std::abs(exact[i])) + 0x1p-126;
    const double tolerance = std::max(std::abs(high[i] - want[i]), std::abs(low[i] - want[i])) + rounding;
    if (std::abs(got[i] - want[i]) <= tolerance) continue;
    ++bad;
    ADD_FAILURE() << "element " << i << " of " << got.size() << ": got " << got[i] << ", want " << want[i] << " +- "
                  << tolerance;
  }
}

}  // namespace

void check_product(const backend::Tactic& tactic, const Problem& problem, backend::Target target, int threads,
                   int64_t depth) {
  SCOPED_TRACE(to_string(problem) + " --tactic " + std::string(tactic.name) + " threads " + std::to_string(threads));
  if (std::getenv("DOVETAIL_TEST_TRACE")) fprintf(stderr, "%s\n", to_string(problem).c_str());
  target.threads = threads;
  bool ranged = !problem.outputs[0].is_static();
  for (const Operand& o : problem.inputs) ranged |= !o.is_static();
  using At = std::vector<int64_t> (Operand::*)() const;
  for (At at : ranged ? std::vector<At>{&Operand::at_opt, &Operand::at_min, &Operand::at_max}
                      : std::vector<At>{&Operand::at_opt}) {
    std::vector<std::vector<int64_t>> dims;
    for (const Operand& o : problem.inputs) dims.push_back((o.*at)());
    const Check check(problem, dims, (problem.outputs[0].*at)());
    compare(check, check.run(tactic, target, threads), depth);
  }
}

const backend::Tactic& tactic_named(std::string_view name) {
  const backend::Tactic* tactic = device().find(name);
  if (!tactic) throw std::runtime_error("no tactic " + std::string(name));
  return *tactic;
}

backend::Target host_target_with(std::string_view isa) {
  backend::Target t = device().host_target(1);
  if (!isa.empty()) t.isa &= backend::parse_isa(isa);
  return t;
}

std::vector<std::string> corpus(std::string_view name) {
  std::ifstream file(std::string(DOVETAIL_SOURCE_DIR) + "/tests/problems/" + std::string(name) + ".txt");
  EXPECT_TRUE(file) << "tests/problems/" << name << ".txt";
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    line.erase(std::min(line.find('#'), line.size()));
    line.erase(line.find_last_not_of(' ') + 1);
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

}  // namespace dvt::cpu
