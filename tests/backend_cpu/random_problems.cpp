#include "random_problems.h"

#include <algorithm>

#include "ops/all_ops.h"

namespace dvt::test {
namespace {

using namespace backend;
using expr::Expr;
using expr::ExprOp;

class Maker {
 public:
  explicit Maker(std::mt19937& random) : random_(random) {}

  Problem make() {
    switch (below(9)) {
      case 0:
        return transpose();
      case 1:
        return slice();
      case 2:
        return concat();
      case 3:
        return reduce();
      case 4:
        return softmax();
      case 5:
        return reformat();
      case 6:
        return pool();
      default:
        return pointwise();
    }
  }

 private:
  int64_t below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }
  int64_t dim() {
    constexpr int64_t kDims[] = {1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33};
    return kDims[below(std::size(kDims))];
  }
  DType any_type() {
    constexpr DType kTypes[] = {DType::f32, DType::f32, DType::f16, DType::i64, DType::i32, DType::u8, DType::b8};
    return kTypes[below(std::size(kTypes))];
  }
  Operand operand(DType type, int rank) {
    Operand o;
    o.dtype = type;
    for (int i = 0; i < rank; ++i) o.dims.push_back(fixed(dim()));
    return o;
  }
  static DimRange fixed(int64_t d) { return {d, d, d}; }
  void maybe_channels_last(Operand& o) {
    if (o.rank() >= 3 && o.rank() <= 5 && below(2)) o.layout = Layout::channels_last;
  }

  /// Types and dims of the outputs follow from the inputs.
  Problem finish(ops::Op op, std::vector<Operand> inputs) {
    Problem p;
    p.op = std::move(op);
    p.inputs = std::move(inputs);
    p.num_op_inputs = static_cast<int>(p.inputs.size());
    std::vector<ops::ValueInfo> infos;
    for (const Operand& o : p.inputs) {
      ops::ValueInfo info;
      info.type.dtype = o.dtype;
      for (const DimRange& d : o.dims) info.type.shape.push_back(d.opt);
      infos.push_back(info);
    }
    for (const TensorType& t : ops::infer(p.op, infos)) {
      Operand o;
      o.dtype = t.dtype;
      for (const Dim& d : t.shape) o.dims.push_back(fixed(d.constant()));
      p.outputs.push_back(o);
    }
    return p;
  }

  Problem transpose() {
    Operand x = operand(any_type(), 2 + static_cast<int>(below(3)));
    maybe_channels_last(x);
    ops::Transpose op;
    for (int i = 0; i < x.rank(); ++i) op.perm.push_back(i);
    std::shuffle(op.perm.begin(), op.perm.end(), random_);
    Problem p = finish(op, {x});
    maybe_channels_last(p.outputs[0]);
    return p;
  }

  Problem slice() {
    Operand x = operand(any_type(), 1 + static_cast<int>(below(4)));
    maybe_channels_last(x);
    ops::Slice op;
    for (const DimRange& d : x.dims) {
      const int64_t step = d.opt > 2 && below(3) == 0 ? 2 : 1, start = below(d.opt);
      const int64_t size = (d.opt - start + step - 1) / step;
      const bool backwards = below(4) == 0;
      op.start.push_back(backwards ? start + (size - 1) * step : start);
      op.size.push_back(size);
      op.step.push_back(backwards ? -step : step);
    }
    Problem p = finish(op, {x});
    maybe_channels_last(p.outputs[0]);
    return p;
  }

  Problem concat() {
    const Operand first = operand(any_type(), 2 + static_cast<int>(below(3)));
    const int64_t axis = below(first.rank());
    std::vector<Operand> inputs;
    for (int64_t i = 0, n = 1 + below(4); i < n; ++i) {
      Operand o = first;
      o.dims[static_cast<size_t>(axis)] = fixed(dim());
      maybe_channels_last(o);
      inputs.push_back(o);
    }
    Problem p = finish(ops::Concat{.axis = axis}, inputs);
    maybe_channels_last(p.outputs[0]);
    return p;
  }

  Problem reduce() {
    Operand x = operand(DType::f32, 2 + static_cast<int>(below(3)));
    maybe_channels_last(x);
    ops::Reduce op;
    op.kind = static_cast<ops::Reduce::Kind>(below(7));
    for (int i = 0; i < x.rank(); ++i)
      if (below(2)) op.axes.push_back(i);
    op.keep_dims = below(2) != 0;
    Problem p = finish(op, {x});
    maybe_channels_last(p.outputs[0]);
    return p;
  }

  Problem softmax() {
    Operand x = operand(DType::f32, 2 + static_cast<int>(below(3)));
    maybe_channels_last(x);
    const Layout layout = x.layout;
    Problem p = finish(ops::Softmax{.axis = below(x.rank())}, {x});
    p.outputs[0].layout = layout;
    return p;
  }

  Problem reformat() {
    Operand x = operand(any_type(), 3 + static_cast<int>(below(3)));
    maybe_channels_last(x);
    Problem p = finish(ops::Identity{}, {x});
    maybe_channels_last(p.outputs[0]);
    return p;
  }

  Problem pool() {
    Operand x = operand(DType::f32, 4);
    maybe_channels_last(x);
    ops::Pool op;
    op.kind = below(2) ? ops::Pool::Kind::max : ops::Pool::Kind::average;
    for (size_t i = 2; i < 4; ++i) {
      const int64_t window = 1 + below(3);
      x.dims[i] = fixed(std::max(x.dims[i].opt, window));
      op.window.push_back(window);
      op.strides.push_back(1 + below(3));
      op.pads_begin.push_back(below(window));
      op.pads_end.push_back(below(window));
    }
    op.count_include_pad = below(2) != 0;
    op.ceil_mode = below(2) != 0;
    const Layout layout = x.layout;
    Problem p = finish(op, {x});
    p.outputs[0].layout = layout;
    return p;
  }

  Problem pointwise() {
    const int rank = 1 + static_cast<int>(below(4));
    const Operand full = operand(DType::f32, rank);
    Problem p;
    p.op = ops::Pointwise{};
    Expr e;
    std::vector<int> values;
    for (int64_t i = 0, n = 1 + below(4); i < n; ++i) {
      Operand o = full;
      if (i > 0) {  // the first operand gives the shape
        for (DimRange& d : o.dims)
          if (below(3) == 0) d = fixed(1);
        o.dims.erase(o.dims.begin(), o.dims.begin() + (below(3) == 0 ? below(rank + 1) : 0));
      }
      if (o.rank() == rank) maybe_channels_last(o);
      p.inputs.push_back(o);
      values.push_back(e.add_input(o.dtype));
    }
    p.num_op_inputs = static_cast<int>(p.inputs.size());
    // Operators whose values stay moderate, so that no rounding is blown up.
    constexpr ExprOp kBinary[] = {ExprOp::add, ExprOp::sub, ExprOp::mul, ExprOp::min, ExprOp::max};
    constexpr ExprOp kUnary[] = {ExprOp::relu, ExprOp::tanh, ExprOp::sigmoid, ExprOp::abs,  ExprOp::neg,
                                 ExprOp::silu, ExprOp::erf,  ExprOp::floor,   ExprOp::sqrt, ExprOp::hard_swish};
    const auto some = [&] { return values[static_cast<size_t>(below(static_cast<int64_t>(values.size())))]; };
    int result = values[0];
    for (int64_t i = 0, n = 1 + below(8); i < n; ++i) {
      const ExprOp unary = kUnary[below(std::size(kUnary))];
      // A floor is a step: it takes operands only, which are exact.
      if (unary == ExprOp::floor)
        result = e.apply(unary, values[static_cast<size_t>(below(p.num_op_inputs))]);
      else
        result = below(2) ? e.apply(kBinary[below(std::size(kBinary))], result, some()) : e.apply(unary, result);
      values.push_back(result);
    }
    e.set_result(result);
    p.epilogue = e;
    Operand out = full;
    maybe_channels_last(out);
    p.outputs.push_back(out);
    return p;
  }

  std::mt19937& random_;
};

}  // namespace

Problem random_problem(std::mt19937& random) { return Maker(random).make(); }

}  // namespace dvt::test
