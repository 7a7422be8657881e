// Quantize and dequantize as pointwise programs; a scale along an axis broadcasts as [C, 1, …], blocks of one as
// [blocks, 1, …] against x seen as [blocks, block, …].
#include "ops/data/quantize.h"

#include <algorithm>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/pointwise/chunked.h"
#include "backend/cpu/pointwise/output_epilogue.h"
#include "ops/data/dequantize.h"

namespace dvt::cpu {
namespace {

using namespace backend;
using expr::Expr;
using expr::ExprOp;

struct Attributes {
  int64_t axis, block_size;
  bool has_zero_point;
};
std::optional<Attributes> attributes(const Problem& p) {
  if (const auto* q = op_of<ops::Quantize>(p)) return Attributes{q->axis, q->block_size, q->has_zero_point};
  if (const auto* d = op_of<ops::Dequantize>(p)) return Attributes{d->axis, d->block_size, d->has_zero_point};
  return std::nullopt;
}

/// The type of whole bytes that holds the same values.
DType whole_bytes(DType t) {
  if (bits(t) >= 8) return t;
  if (is_floating(t)) return DType::f8e4m3;
  return dtype_class(t) == DTypeClass::kSigned ? DType::i8 : DType::u8;
}

Support supports(const Problem& p, const Target&) {
  const auto a = attributes(p);
  if (!a) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  const Operand& x = p.inputs[0];
  if (a->block_size != 0) {
    if (auto no = needs_plain_layouts(p)) return *no;
    const DimRange length = x.dims[static_cast<size_t>(*normalize_axis(a->axis, x.rank()))];
    if (length.min != length.max || length.min % a->block_size != 0)
      return Support::no("blocks do not divide a fixed length");
    if (x.rank() >= kMaxRank) return Support::no("the rank is too large");
  } else if (p.inputs[1].rank() > 1) {
    return Support::no("scale is neither a scalar nor a vector");
  }
  if (bits(p.inputs[1].dtype) < 8) return Support::no("elements of scale share bytes");
  if (const std::string why = ChunkedProgram::refusal({&x, 1}, p.outputs[0]); !why.empty()) return Support::no(why);
  return Support::yes();
}

/// Operands of the program: zero points in whole bytes.
std::vector<Operand> operands(const Problem& p) {
  std::vector<Operand> list = p.inputs;
  if (list.size() > 2) list[2].dtype = whole_bytes(list[2].dtype);
  return list;
}

/// Bounds of a type that casts do not saturate to.
int bounded(Expr& e, int y, DType to) {
  const bool is_signed = dtype_class(to) == DTypeClass::kSigned;
  const int span = 1 << bits(to), low = is_signed ? -span / 2 : 0;
  y = e.apply(ExprOp::min, y, e.constant(DType::f32, low + span - 1));
  return e.apply(ExprOp::max, y, e.constant(DType::f32, low));
}

/// Operands x, scale [, zero point].
Expr program(const Problem& p) {
  Expr e;
  const std::vector<Operand> list = operands(p);
  const int x = e.add_input(list[0].dtype), scale = e.add_input(list[1].dtype);
  const int zero = attributes(p)->has_zero_point ? e.add_input(list[2].dtype) : -1;
  const auto f32 = [&e](int v) { return e.cast(v, DType::f32); };
  const DType to = p.outputs[0].dtype;
  int y;
  if (op_of<ops::Quantize>(p)) {
    y = e.apply(ExprOp::div, f32(x), f32(scale));
    if (!is_floating(to)) {
      y = e.apply(ExprOp::round, y);
      if (zero >= 0) y = e.apply(ExprOp::add, y, f32(zero));
      if (bits(to) < 8) y = bounded(e, y, to);
    }
  } else {
    y = f32(x);
    if (zero >= 0) y = e.apply(ExprOp::sub, y, f32(zero));
    y = e.apply(ExprOp::mul, y, f32(scale));
  }
  e.set_result(e.cast(y, to));
  return e;
}

/// Scratch for zero points whose elements share bytes.
size_t zero_bytes(const Problem& p) {
  if (p.inputs.size() < 3 || bits(p.inputs[2].dtype) >= 8) return 0;
  const std::vector<int64_t> most = p.inputs[2].at_max();
  return aligned_scratch(static_cast<size_t>(volume(most.data(), p.inputs[2].rank())));
}

size_t workspace(const Problem& p, const Target& t) {
  return zero_bytes(p) + ChunkedProgram(program(p), operands(p), p.outputs[0], t).workspace();
}

class QuantizeKernel final : public Kernel {
 public:
  QuantizeKernel(const Problem& p, const Target& t)
      : axis_(normalize_axis(attributes(p)->axis, p.inputs[0].rank()).value_or(0)),
        block_(attributes(p)->block_size),
        inputs_(p.inputs.size()),
        zero_bytes_(zero_bytes(p)),
        program_(program(p), operands(p), p.outputs[0], t) {
    if (zero_bytes_ == 0) return;
    zero_bits_ = bits(p.inputs[2].dtype);
    load_zero_ = lane_load(t, p.inputs[2].dtype);
    store_zero_ = lane_store(t, whole_bytes(p.inputs[2].dtype));
  }

  void run(const LaunchArgs& args) const noexcept override {
    int64_t x_dims[kMaxRank], scale_dims[kMaxRank];
    TensorRef operands[3];
    const TensorRef* inputs[3];
    for (size_t i = 0; i < inputs_; ++i) {
      operands[i] = args.inputs[i];
      inputs[i] = &operands[i];
    }
    TensorRef out = args.outputs[0];
    if (block_ > 0) {
      see_blocks(operands, out, x_dims, scale_dims);
    } else if (operands[1].rank > 0) {
      scale_dims[0] = operands[1].dims[0];
      for (int d = axis_ + 1; d < out.rank; ++d) scale_dims[d - axis_] = 1;
      for (size_t i = 1; i < inputs_; ++i)
        if (operands[i].rank > 0) operands[i].dims = scale_dims, operands[i].rank = std::max(out.rank - axis_, 1);
    }
    if (zero_bytes_ > 0) operands[2].data = spread_zero_points(args);
    program_.run(*args.pool, inputs, out, static_cast<char*>(args.workspace) + zero_bytes_);
  }

 private:
  /// x and y as [.., blocks, block, ..], scale and zero point as [.., blocks, 1, ..].
  void see_blocks(TensorRef* operands, TensorRef& out, int64_t* x_dims, int64_t* scale_dims) const {
    const int rank = out.rank;
    for (int d = 0, to = 0; d < rank; ++d) {
      x_dims[to] = d == axis_ ? out.dims[d] / block_ : out.dims[d];
      scale_dims[to] = x_dims[to];
      ++to;
      if (d != axis_) continue;
      x_dims[to] = block_;
      scale_dims[to++] = 1;
    }
    out.dims = operands[0].dims = x_dims;
    for (size_t i = 1; i < inputs_; ++i) operands[i].dims = scale_dims;
    out.rank = rank + 1;
    for (size_t i = 0; i < inputs_; ++i) operands[i].rank = rank + 1;
  }

  void* spread_zero_points(const LaunchArgs& args) const {
    const int64_t count = volume(args.inputs[2]);
    const char* from = static_cast<const char*>(args.inputs[2].data);
    char* to = static_cast<char*>(args.workspace);
    alignas(64) std::byte lanes[kChunk * 8];
    for (int64_t i = 0; i < count; i += kChunk) {
      const int n = static_cast<int>(std::min<int64_t>(kChunk, count - i));
      load_zero_(from + i * zero_bits_ / 8, 1, lanes, n);
      store_zero_(lanes, to + i, n);
    }
    return to;
  }

  int axis_;
  int64_t block_;
  size_t inputs_, zero_bytes_;
  int zero_bits_ = 8;
  LaneLoad load_zero_ = nullptr;
  LaneStore store_zero_ = nullptr;
  ChunkedProgram program_;
};

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) { return std::make_unique<QuantizeKernel>(p, t); }

}  // namespace

Tactic quantize_program() { return {.supports = supports, .workspace = workspace, .create = create}; }

}  // namespace dvt::cpu
