// Problems of f16, bf16 and 8-bit floating types through the f32 tactic that comes first: operands are widened into
// scratch memory, results are rounded once at the end. Constants are widened when they are packed.
#include <algorithm>
#include <cstring>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/device/tactics.h"
#include "backend/cpu/pointwise/lanes.h"
#include "backend/cpu/pointwise/pointwise_program.h"
#include "backend/cpu/via_f32/widen.h"
#include "base/aligned_buffer.h"

namespace dvt::cpu {

#define TACTIC(name, symbol) backend::Tactic symbol();
#include "backend/cpu/device/tactics.inc"
#undef TACTIC

namespace {

using namespace backend;

constexpr size_t kMaxOperands = 80;

/// The f32 tactic that does the work, or nullptr.
const Tactic* inner_tactic(const Problem& wide, const Target& t) {
  for (const Tactic& tactic : tactics())
    if (tactic.name != "cpu.reference" && tactic.name != "cpu.via_f32" && tactic.supports(wide, t)) return &tactic;
  return nullptr;
}

Support supports(const Problem& p, const Target& t) {
  const auto short_floats = [](std::span<const Operand> list) {
    return std::any_of(list.begin(), list.end(), [](const Operand& o) { return is_short_float(o.dtype); });
  };
  if (!short_floats(p.inputs) && !short_floats(p.outputs)) return Support::no("no operand is a short floating type");
  // A change of type is the point of these.
  if (is_pointwise(p) || p.op.id() == ops::OpId::quantize || p.op.id() == ops::OpId::dequantize)
    return Support::no(concat("operator is ", p.op.name()));
  if (p.inputs.size() > kMaxOperands || p.outputs.size() > kMaxOperands) return Support::no("has too many operands");
  if (!inner_tactic(widened(p), t)) return Support::no("no tactic computes it in f32");
  return Support::yes();
}

/// Floats of an operand at its largest.
size_t floats_of(const Operand& o) {
  const std::vector<int64_t> most = o.at_max();
  return (static_cast<size_t>(volume(most.data(), o.rank())) + 15) / 16 * 16;  // whole cache lines
}

/// Bytes of the widened operands that are not constant.
size_t own_scratch(const Problem& p) {
  size_t floats = 0;
  for (const auto* list : {&p.inputs, &p.outputs})
    for (const Operand& o : *list)
      if (is_short_float(o.dtype) && !o.constant) floats += floats_of(o);
  return floats * sizeof(float);
}

size_t workspace(const Problem& p, const Target& t) {
  const Problem wide = widened(p);
  const Tactic* inner = inner_tactic(wide, t);
  return own_scratch(p) + (inner->workspace ? inner->workspace(wide, t) : 0);
}

/// A constant's elements in f32.
void widen_bytes(DType type, std::span<const std::byte> data, const Target& t, float* out) {
  const size_t element = static_cast<size_t>(bits(type)) / 8, count = data.size() / element;
  for (size_t i = 0; i < count; i += kChunk)
    lane_load(t, type)(data.data() + i * element, 1, out + i, static_cast<int>(std::min<size_t>(kChunk, count - i)));
}

void pack(const Problem& p, const Target& t, const PackArgs& args) {
  const Problem wide = widened(p);
  const Tactic* inner = inner_tactic(wide, t);
  const DType type = p.inputs[static_cast<size_t>(args.input)].dtype;
  const bool packs = inner->pack && inner->packed_bytes && inner->packed_bytes(wide, t, args.input) > 0;
  if (!is_short_float(type)) return inner->pack(wide, t, args);
  if (!packs) return widen_bytes(type, args.data, t, reinterpret_cast<float*>(args.packed.data()));
  const AlignedBuffer widened_data(args.data.size() / (static_cast<size_t>(bits(type)) / 8) * sizeof(float));
  widen_bytes(type, args.data, t, widened_data.as<float>());
  inner->pack(wide, t, {args.input, widened_data.bytes(), args.packed, args.pool});
}

size_t packed_bytes(const Problem& p, const Target& t, int input) {
  const Problem wide = widened(p);
  const Tactic* inner = inner_tactic(wide, t);
  const Operand& o = p.inputs[static_cast<size_t>(input)];
  const size_t packed = inner->packed_bytes ? inner->packed_bytes(wide, t, input) : 0;
  if (packed != 0 || !o.constant || !is_short_float(o.dtype)) return packed;
  const std::vector<int64_t> dims = o.at_opt();
  return static_cast<size_t>(volume(dims.data(), o.rank())) * sizeof(float);
}

class ViaF32 final : public Kernel {
 public:
  ViaF32(const Problem& p, const Target& t) : scratch_(own_scratch(p)) {
    const Problem wide = widened(p);
    inner_ = inner_tactic(wide, t)->create(wide, t);
    for (const Operand& o : p.inputs) inputs_.push_back(conversion(o, t));
    for (const Operand& o : p.outputs) outputs_.push_back(conversion(o, t));
  }

  void run(const LaunchArgs& args) const noexcept override {
    TensorRef inputs[kMaxOperands], outputs[kMaxOperands];
    float* next = static_cast<float*>(args.workspace);
    for (size_t i = 0; i < inputs_.size(); ++i) {
      inputs[i] = args.inputs[i];
      if (inputs_[i].element == 0) continue;
      widen(*args.pool, inputs_[i], args.inputs[i], next);
      inputs[i].data = next;
      next += inputs_[i].floats;
    }
    for (size_t i = 0; i < outputs_.size(); ++i) {
      outputs[i] = args.outputs[i];
      if (outputs_[i].element == 0) continue;
      outputs[i].data = next;
      next += outputs_[i].floats;
    }
    inner_->run({inputs, outputs, args.late, static_cast<char*>(args.workspace) + scratch_, args.pool});
    for (size_t i = 0; i < outputs_.size(); ++i)
      if (outputs_[i].element != 0)
        narrow(*args.pool, outputs_[i], static_cast<const float*>(outputs[i].data), args.outputs[i]);
  }

 private:
  struct Conversion {
    size_t element = 0;  ///< Bytes of the short type; 0: the operand is passed as it is.
    size_t floats = 0;   ///< Its place in scratch.
    LaneLoad load = nullptr;
    LaneStore store = nullptr;
  };
  static Conversion conversion(const Operand& o, const Target& t) {
    if (!is_short_float(o.dtype) || o.constant) return {};
    return {static_cast<size_t>(bits(o.dtype)) / 8, floats_of(o), lane_load(t, o.dtype), lane_store(t, o.dtype)};
  }

  template <class F>
  static void in_chunks(ThreadPool& pool, int64_t count, const F& f) {
    constexpr double kChunkNs = kChunk * 0.15;
    parallel_for(pool, (count + kChunk - 1) / kChunk, kChunkNs, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        f(static_cast<size_t>(i) * kChunk, static_cast<int>(std::min<int64_t>(kChunk, count - i * kChunk)));
    });
  }
  static void widen(ThreadPool& pool, const Conversion& c, const TensorRef& from, float* to) {
    in_chunks(pool, volume(from),
              [&](size_t at, int n) { c.load(static_cast<const char*>(from.data) + at * c.element, 1, to + at, n); });
  }
  static void narrow(ThreadPool& pool, const Conversion& c, const float* from, const TensorRef& to) {
    in_chunks(pool, volume(to),
              [&](size_t at, int n) { c.store(from + at, static_cast<char*>(to.data) + at * c.element, n); });
  }

  std::unique_ptr<Kernel> inner_;
  std::vector<Conversion> inputs_, outputs_;
  size_t scratch_;
};

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) { return std::make_unique<ViaF32>(p, t); }

/// What is packed is the inner tactic's: a number that changes with any name, version or order in the list.
int version_of_all() {
  uint32_t hash = 1;
  const auto add = [&hash](std::string_view name, int version) {
    for (char c : name) hash = hash * 16777619u ^ static_cast<unsigned char>(c);
    hash = hash * 16777619u ^ static_cast<uint32_t>(version);
  };
#define TACTIC(name, symbol) \
  if (std::string_view(#name) != "cpu.via_f32") add(#name, symbol().version);
#include "backend/cpu/device/tactics.inc"
#undef TACTIC
  return static_cast<int>(hash & 0x7fffffff);
}

}  // namespace

Tactic via_f32() {
  return {.version = version_of_all(),
          .supports = supports,
          .workspace = workspace,
          .pack = pack,
          .create = create,
          .packed_bytes = packed_bytes};
}

}  // namespace dvt::cpu
