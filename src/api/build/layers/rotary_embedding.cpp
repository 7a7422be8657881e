#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/data/concat.h"
#include "ops/data/gather.h"
#include "ops/data/slice.h"

namespace dvt::api {
namespace {

using expr::ExprOp;

class RotaryEmbedding final : public LayerOf<IRotaryEmbeddingLayer> {
 public:
  RotaryEmbedding(Network& network, Tensor& input, Tensor& cosines, Tensor& sines, bool interleaved, int32_t size)
      : LayerOf(network, LayerType::kROTARY_EMBEDDING, "RotaryEmbedding", {&input, &cosines, &sines}),
        interleaved_(interleaved),
        size_(checked(size)) {}
  int max_inputs() const override { return 4; }

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    if (x->rank() != 4 || !x->shape()[3].is_constant())
      fail("the input is ", x->type(), ", expected [B, heads, S, size] with a constant size");
    const int64_t all = x->shape()[3].constant(), turned = size_ == 0 ? all : size_, half = turned / 2;
    if (turned > all || turned % 2 != 0)
      fail("cannot turn ", turned, " of ", all, " elements; the number must be even");
    ir::Value* cosines = angles(graph, 1, half);
    ir::Value* sines = angles(graph, 2, half);

    const std::vector<Dim> d = dims_of(x);
    ir::Value* rest = turned == all ? nullptr : part(graph, x, 3, turned, all - turned);
    if (rest != nullptr) x = part(graph, x, 3, 0, turned);
    // Pairs as a dimension of two: neighbours are the last one, halves the one before.
    const int pair = interleaved_ ? 4 : 3;
    const std::vector<Dim> split = interleaved_ ? std::vector<Dim>{d[0], d[1], d[2], Dim(half), Dim(2)}
                                                : std::vector<Dim>{d[0], d[1], d[2], Dim(2), Dim(half)};
    x = graph.reshape(x, split);
    const auto side = [&](int64_t i) {
      return graph.reshape(part(graph, x, pair, i, 1), {d[0], d[1], d[2], Dim(half)});
    };
    ir::Value* a = side(0);
    ir::Value* b = side(1);
    const auto mix = [&](ExprOp op, ir::Value* p, ir::Value* q) {
      return graph.apply(op, {graph.apply(ExprOp::mul, {p, cosines}), graph.apply(ExprOp::mul, {q, sines})});
    };
    std::vector<Dim> thin = split;
    thin[static_cast<size_t>(pair)] = Dim(1);
    ir::Value* y = graph.add(ops::Concat{.axis = pair}, {graph.reshape(mix(ExprOp::sub, a, b), thin),
                                                         graph.reshape(mix(ExprOp::add, b, a), thin)});
    y = graph.reshape(y, {d[0], d[1], d[2], Dim(turned)});
    graph.output(0, rest == nullptr ? y : graph.add(ops::Concat{.axis = 3}, {y, rest}));
  }

  void setInterleaved(bool yes) noexcept override { set(interleaved_, yes); }
  bool getInterleaved() const noexcept override { return interleaved_; }
  bool setRotaryEmbeddingDim(int32_t size) noexcept override {
    return guarded(reporter(), [&] { set(size_, checked(size)); });
  }
  int32_t getRotaryEmbeddingDim() const noexcept override { return size_; }

 private:
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (RotaryEmbedding): ", parts...);
  }
  static int32_t checked(int32_t size) {
    if (size < 0 || size % 2 != 0)
      throw Error(ErrorCode::kInvalidArgument, "rotary embedding: the number of elements to turn is ", size,
                  "; it must be even and not negative");
    return size;
  }
  static ir::Value* part(Lowering& graph, ir::Value* x, int axis, int64_t start, int64_t size) {
    ops::Slice slice{.start = std::vector<Dim>(static_cast<size_t>(x->rank()), Dim(0)), .size = dims_of(x)};
    slice.start[static_cast<size_t>(axis)] = Dim(start);
    slice.size[static_cast<size_t>(axis)] = Dim(size);
    return graph.add(slice, {x});
  }
  /// A cache as [B, 1, S, half], taken at the positions where they are given.
  ir::Value* angles(Lowering& graph, int input, int64_t half) const {
    ir::Value* cache = graph.input(input);
    if (ir::Value* positions = graph.optional_input(3)) {
      if (cache->rank() != 2 || positions->rank() != 2)
        fail("with positions [B, S] a cache is [positions, ", half, "], got ", cache->type(), " and ",
             positions->type());
      cache = graph.add(ops::Gather{}, {cache, positions});
    }
    const std::vector<Dim> d = dims_of(cache);
    if (d.size() != 3 || d[2] != Dim(half)) fail("a cache is ", cache->type(), ", expected [B, S, ", half, "]");
    return graph.cast(graph.reshape(cache, {d[0], Dim(1), d[1], d[2]}), graph.input(0)->dtype());
  }

  bool interleaved_;
  int32_t size_;
};

}  // namespace

IRotaryEmbeddingLayer* Network::addRotaryEmbedding(ITensor& input, ITensor& cosines, ITensor& sines, bool interleaved,
                                                   int32_t size) noexcept {
  return add<RotaryEmbedding>([&] {
    return std::make_unique<RotaryEmbedding>(*this, own(input), own(cosines), own(sines), interleaved, size);
  });
}

}  // namespace dvt::api
