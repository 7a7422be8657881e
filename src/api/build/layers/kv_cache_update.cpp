#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/data/concat.h"
#include "ops/data/expand.h"
#include "ops/data/gather.h"
#include "ops/data/range.h"
#include "ops/data/scatter_nd.h"
#include "ops/data/slice.h"
#include "ops/reduce/reduce.h"

namespace dvt::api {
namespace {

using expr::ExprOp;

enum Input { kCache, kUpdate, kStarts, kLengths, kInputs };

/// Rows are scattered to (batch, head, position); where the network's output has the memory of its input, the kernel
/// writes those rows and nothing else.
class CacheUpdate final : public LayerOf<IKVCacheUpdateLayer> {
 public:
  CacheUpdate(Network& network, Tensor& cache, Tensor& update, Tensor& starts, KVCacheMode mode)
      : LayerOf(network, LayerType::kKVCACHE_UPDATE, "KVCacheUpdate", {&cache, &update, &starts}) {
    check(mode);
  }
  int max_inputs() const override { return kInputs; }

  void lower(Lowering& graph) const override {
    ir::Value* cache = graph.input(kCache);
    ir::Value* starts = graph.input(kStarts);
    if (cache->rank() != 4) fail("the cache is ", cache->type(), ", expected [B, heads, length, size]");
    if (starts->rank() != 1 || !is_integer(starts->dtype()))
      fail("the write indices are ", starts->type(), ", expected a vector of integers");
    if (is_packed() && graph.optional_input(kLengths) == nullptr)
      fail("a packed update needs lengths: where each sequence begins, and the total");
    ir::Value* update = graph.cast(graph.input(kUpdate), cache->dtype());
    check_fits(*cache, *update);
    starts = graph.cast(starts, DType::i64);
    ir::Value* indices = is_packed() ? packed_indices(graph, update, starts) : padded_indices(graph, update, starts);
    graph.output(0, graph.add(ops::ScatterNd{}, {cache, indices, update}));
  }

  void check_use() const override {
    const Tensor* cache = input(kCache);
    if (!output(0)->is_output || cache == nullptr || !cache->isNetworkInput()) return;
    if (cache->value->num_uses() > 1)
      fail("the cache '", cache->name(),
           "' is read by another layer too, which the update in place would disturb; let "
           "it read the output of this layer");
  }
  std::string annotation() const override {
    const Tensor* cache = input(kCache);
    if (!output(0)->is_output || cache == nullptr || !cache->isNetworkInput()) return "";
    return concat("alias\t", output(0)->name(), "\t", cache->name());
  }

  bool setCacheMode(KVCacheMode mode) noexcept override {
    return guarded(reporter(), [&] { check(mode); });
  }
  KVCacheMode getCacheMode() const noexcept override { return KVCacheMode::kLINEAR; }
  bool setUpdateForm(AttentionIOForm form) noexcept override {
    return guarded(reporter(), [&] {
      if (form != AttentionIOForm::kPADDED_BHND && form != AttentionIOForm::kPACKED_NHD)
        fail("there is no form ", static_cast<int>(form));
      set(form_, form);
    });
  }
  AttentionIOForm getUpdateForm() const noexcept override { return form_; }
  bool setUpdateLengths(ITensor* lengths) noexcept override {
    if (lengths != nullptr) return set_input(kLengths, *lengths);
    return guarded(reporter(), [&] { clear_input(kLengths); });
  }
  ITensor* getUpdateLengths() const noexcept override { return input(kLengths); }

 private:
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (KVCacheUpdate): ", parts...);
  }
  static void check(KVCacheMode mode) {
    if (mode != KVCacheMode::kLINEAR)
      throw Error(ErrorCode::kInvalidArgument, "there is no cache mode ", static_cast<int>(mode), "; use kLINEAR");
  }
  bool is_packed() const { return form_ == AttentionIOForm::kPACKED_NHD; }

  /// Rows that the cache has no place for would be left out: only those behind its end may be.
  void check_fits(const ir::Value& cache, const ir::Value& update) const {
    const auto check = [&](int of_cache, int of_update, const char* what) {
      if (of_update >= update.rank()) return;  // refused with its rank
      const Dim &have = cache.shape()[of_cache], &got = update.shape()[of_update];
      if (have.is_constant() && got.is_constant() && !(have == got))
        fail("the cache is ", cache.type(), " and the update ", update.type(), ": they must have the same ", what);
    };
    if (!is_packed()) check(0, 0, "batch");
    check(1, 1, "heads");
    check(3, is_packed() ? 2 : 3, "size");
  }

  static ir::Value* counted(Lowering& graph, const Dim& n) {
    return graph.add(ops::Range{.count = {n}}, {graph.scalar(DType::i64, 0), graph.scalar(DType::i64, 1)});
  }
  /// The three coordinates side by side, each spread over `grid`.
  static ir::Value* tuples(Lowering& graph, const std::vector<Dim>& grid, std::vector<ir::Value*> coordinates) {
    std::vector<Dim> last = grid;
    last.push_back(Dim(1));
    for (ir::Value*& c : coordinates) c = graph.reshape(graph.add(ops::Expand{.shape = grid}, {c}), last);
    return graph.add(ops::Concat{.axis = static_cast<int64_t>(grid.size())}, coordinates);
  }

  /// [B, heads, S, 3]
  ir::Value* padded_indices(Lowering& graph, const ir::Value* update, ir::Value* starts) const {
    if (update->rank() != 4) fail("the update is ", update->type(), ", expected [B, heads, S, size]");
    const Dim b = update->shape()[0], h = update->shape()[1], s = update->shape()[2];
    ir::Value* position = graph.apply(ExprOp::add, {graph.reshape(starts, {b, Dim(1), Dim(1)}),
                                                    graph.reshape(counted(graph, s), {Dim(1), Dim(1), s})});
    return tuples(graph, {b, h, s},
                  {graph.reshape(counted(graph, b), {b, Dim(1), Dim(1)}),
                   graph.reshape(counted(graph, h), {Dim(1), h, Dim(1)}), position});
  }

  /// [tokens, heads, 3]; tokens behind the last sequence get a batch that there is not, and are left out.
  ir::Value* packed_indices(Lowering& graph, const ir::Value* update, ir::Value* starts) const {
    if (update->rank() != 3) fail("the packed update is ", update->type(), ", expected [tokens, heads, size]");
    const Dim n = update->shape()[0], h = update->shape()[1], b = starts->shape()[0];
    ir::Value* firsts = graph.cast(graph.input(kLengths), DType::i64);
    if (firsts->rank() != 1) fail("the lengths are ", firsts->type(), ", expected a vector");
    ir::Value* index = counted(graph, n);
    ir::Value* ends = graph.add(ops::Slice{.start = {Dim(1)}, .size = {b}}, {firsts});
    ir::Value* ended = graph.apply(ExprOp::ge, {graph.reshape(index, {n, Dim(1)}), graph.reshape(ends, {Dim(1), b})});
    const ops::Reduce sum{.kind = ops::Reduce::Kind::sum, .axes = {1}, .keep_dims = false};
    ir::Value* batch = graph.add(sum, {graph.cast(ended, DType::i64)});
    ir::Value* own = graph.apply(ExprOp::sub, {index, graph.add(ops::Gather{}, {firsts, batch})});
    ir::Value* known = graph.apply(
        ExprOp::min, {batch, graph.add(ops::Slice{.start = {b - Dim(1)}, .size = {Dim(1)}}, {counted(graph, b)})});
    ir::Value* position = graph.apply(ExprOp::add, {own, graph.add(ops::Gather{}, {starts, known})});
    return tuples(graph, {n, h},
                  {graph.reshape(batch, {n, Dim(1)}), graph.reshape(counted(graph, h), {Dim(1), h}),
                   graph.reshape(position, {n, Dim(1)})});
  }

  AttentionIOForm form_ = AttentionIOForm::kPADDED_BHND;
};

}  // namespace

IKVCacheUpdateLayer* Network::addKVCacheUpdate(ITensor& cache, ITensor& update, ITensor& starts,
                                               KVCacheMode mode) noexcept {
  return add<CacheUpdate>(
      [&] { return std::make_unique<CacheUpdate>(*this, own(cache), own(update), own(starts), mode); });
}

}  // namespace dvt::api
