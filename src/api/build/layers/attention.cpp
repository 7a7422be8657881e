#include "ops/nn/attention.h"

#include <cmath>

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/data/dequantize.h"
#include "ops/data/expand.h"
#include "ops/data/gather.h"
#include "ops/data/quantize.h"
#include "ops/data/range.h"
#include "ops/data/shape_of.h"
#include "ops/data/slice.h"
#include "ops/data/transpose.h"
#include "ops/matrix/matmul.h"
#include "ops/nn/softmax.h"
#include "ops/reduce/reduce.h"

namespace dvt::api {
namespace {

using expr::ExprOp;

enum Input { kQuery, kKey, kValue, kMask, kScale, kQueryLengths, kKeyLengths, kInputs };

/// One side, queries or keys: i32 tensors that broadcast to the scores. nullptr: there is nothing to tell.
struct Tokens {
  ir::Value* sequence = nullptr;  ///< Which sequence a token belongs to, when all of them are in one batch.
  ir::Value* position = nullptr;  ///< Where in it.
  ir::Value* lengths = nullptr;   ///< The sequences' lengths, a vector; nullptr: all are as long as the tensor.
};

/// Holds the attention and everything that computes it; the layer behind it gives its output a name of its own.
class AttentionInput final : public LayerOf<IAttentionInputLayer> {
 public:
  AttentionInput(Network& network, Tensor& query, Tensor& key, Tensor& value, AttentionNormalizationOp normalization,
                 CausalMaskKind causal)
      : LayerOf(network, LayerType::kATTENTION_INPUT, "AttentionInput", {&query, &key, &value}), handle_(*this) {
    check(normalization);
    check(causal);
    normalization_ = normalization;
    causal_ = causal;
  }

  IAttention* handle() { return &handle_; }
  IAttention* getAttention() const noexcept override { return &handle_; }
  int max_inputs() const override { return kInputs; }
  /// The layer behind it, which the user may remove: nullptr then.
  const std::shared_ptr<ILayer*>& output_layer() const { return output_layer_; }

  void lower(Lowering& graph) const override;

 private:
  class Handle final : public IAttention {
   public:
    explicit Handle(AttentionInput& layer) : layer_(layer) {}
    ~Handle() noexcept override = default;
    bool setNormalizationOperation(AttentionNormalizationOp op) noexcept override {
      return layer_.change([&] {
        check(op);
        layer_.normalization_ = op;
      });
    }
    AttentionNormalizationOp getNormalizationOperation() const noexcept override { return layer_.normalization_; }
    bool setMask(ITensor& mask) noexcept override { return layer_.put(kMask, &mask); }
    ITensor* getMask() noexcept override { return layer_.input(kMask); }
    bool setCausal(bool yes) noexcept override {
      return setCausalKind(yes ? CausalMaskKind::kUPPER_LEFT : CausalMaskKind::kNONE);
    }
    bool getCausal() const noexcept override { return layer_.causal_ != CausalMaskKind::kNONE; }
    bool setCausalKind(CausalMaskKind kind) noexcept override {
      return layer_.change([&] {
        check(kind);
        layer_.causal_ = kind;
      });
    }
    CausalMaskKind getCausalKind() const noexcept override { return layer_.causal_; }
    bool setDecomposable(bool yes) noexcept override {
      layer_.decomposable_ = yes;
      return true;
    }
    bool getDecomposable() const noexcept override { return layer_.decomposable_; }
    bool setInput(int32_t index, ITensor& input) noexcept override {
      if (index >= 0 && index < kQueryLengths) return layer_.put(index, &input);
      return layer_.change([&] {
        throw Error(ErrorCode::kInvalidArgument, "attention '", layer_.name(), "' has no input ", index,
                    "; lengths have setters of their own");
      });
    }
    int32_t getNbInputs() const noexcept override { return layer_.getNbInputs(); }
    ITensor* getInput(int32_t index) const noexcept override { return layer_.input(index); }
    int32_t getNbOutputs() const noexcept override { return 1; }
    ITensor* getOutput(int32_t index) const noexcept override {
      const ILayer* layer = *layer_.output_layer_;
      return layer == nullptr ? nullptr : layer->getOutput(index);
    }
    bool setName(char const* name) noexcept override {
      return guarded(layer_.reporter(), [&] {
        name_ = required(name, "the attention's name");
        layer_.setName(name);
        if (ILayer* output = *layer_.output_layer_) output->setName(concat(name, ".output").c_str());
      });
    }
    char const* getName() const noexcept override { return name_.c_str(); }
    bool setMetadata(char const* text) noexcept override {
      return guarded(layer_.reporter(), [&] { layer_.metadata_ = required(text, "the attention's metadata"); });
    }
    char const* getMetadata() const noexcept override { return layer_.getMetadata(); }
    bool setNormalizationQuantizeScale(ITensor& tensor) noexcept override { return layer_.put(kScale, &tensor); }
    ITensor* getNormalizationQuantizeScale() const noexcept override { return layer_.input(kScale); }
    bool setNormalizationQuantizeToType(DataType type) noexcept override {
      return layer_.change([&] {
        if (type != DataType::kFP8 && type != DataType::kINT8)
          throw Error(ErrorCode::kInvalidArgument, "attention '", layer_.name(),
                      "': the normalization is quantized to kFP8 or kINT8, not type ", static_cast<int>(type));
        layer_.quantize_to_ = type;
      });
    }
    DataType getNormalizationQuantizeToType() const noexcept override { return layer_.quantize_to_; }
    bool setQueryForm(AttentionIOForm form) noexcept override { return set_form(layer_.query_form_, form); }
    AttentionIOForm getQueryForm() const noexcept override { return layer_.query_form_; }
    bool setQueryLengths(ITensor* lengths) noexcept override { return layer_.put(kQueryLengths, lengths); }
    ITensor* getQueryLengths() const noexcept override { return layer_.input(kQueryLengths); }
    bool setKeyValueForm(AttentionIOForm form) noexcept override { return set_form(layer_.key_form_, form); }
    AttentionIOForm getKeyValueForm() const noexcept override { return layer_.key_form_; }
    bool setKeyValueLengths(ITensor* lengths) noexcept override { return layer_.put(kKeyLengths, lengths); }
    ITensor* getKeyValueLengths() const noexcept override { return layer_.input(kKeyLengths); }
    bool setNbRanks(int32_t ranks) noexcept override { return layer_.setNbRanks(ranks); }
    int32_t getNbRanks() const noexcept override { return 1; }

   private:
    bool set_form(AttentionIOForm& field, AttentionIOForm form) noexcept {
      return layer_.change([&] {
        if (form != AttentionIOForm::kPADDED_BHND && form != AttentionIOForm::kPACKED_NHD)
          throw Error(ErrorCode::kInvalidArgument, "attention '", layer_.name(), "': there is no form ",
                      static_cast<int>(form));
        field = form;
      });
    }
    AttentionInput& layer_;
    std::string name_;
  };

  static void check(AttentionNormalizationOp op) {
    if (op != AttentionNormalizationOp::kNONE && op != AttentionNormalizationOp::kSOFTMAX)
      throw Error(ErrorCode::kInvalidArgument, "attention: there is no normalization ", static_cast<int>(op));
  }
  static void check(CausalMaskKind kind) {
    if (!is_enumerator(kind))
      throw Error(ErrorCode::kInvalidArgument, "attention: there is no causal kind ", static_cast<int>(kind));
  }
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(ErrorCode::kInvalidModel, "attention '", name(), "': ", parts...);
  }
  template <class Body>
  bool change(Body&& body) noexcept {
    return guarded(reporter(), [&] {
      body();
      touch();
    });
  }
  bool put(int index, ITensor* tensor) noexcept {
    if (tensor == nullptr) return change([&] { clear_input(index); });
    return set_input(index, *tensor);
  }
  static bool is_packed(AttentionIOForm form) { return form == AttentionIOForm::kPACKED_NHD; }

  ir::Value* as_batch(Lowering& graph, ir::Value* x, AttentionIOForm form, bool flat) const;
  ir::Value* restored(Lowering& graph, ir::Value* y) const;
  Tokens tokens(Lowering& graph, Input which, AttentionIOForm form, bool flat) const;
  ir::Value* allowed(Lowering& graph, const Tokens& q, const Tokens& k) const;
  ir::Value* merged(Lowering& graph, ir::Value* allowed) const;
  ir::Value* written_out(Lowering& graph, ir::Value* q, ir::Value* k, ir::Value* v, ir::Value* mask) const;
  bool any_packed() const { return is_packed(query_form_) || is_packed(key_form_); }

  mutable Handle handle_;
  std::shared_ptr<ILayer*> output_layer_ = std::make_shared<ILayer*>(nullptr);
  AttentionNormalizationOp normalization_ = AttentionNormalizationOp::kSOFTMAX;
  CausalMaskKind causal_ = CausalMaskKind::kNONE;
  bool decomposable_ = false;
  DataType quantize_to_ = DataType::kFLOAT;
  AttentionIOForm query_form_ = AttentionIOForm::kPADDED_BHND, key_form_ = AttentionIOForm::kPADDED_BHND;
};

class AttentionOutput final : public LayerOf<IAttentionOutputLayer> {
 public:
  AttentionOutput(Network& network, AttentionInput& input)
      : LayerOf(network, LayerType::kATTENTION_OUTPUT, "AttentionOutput", {input.output(0)}),
        input_(input),
        slot_(input.output_layer()) {
    *slot_ = this;
  }
  ~AttentionOutput() override { *slot_ = nullptr; }
  void lower(Lowering& graph) const override { graph.output(0, graph.input(0)); }
  IAttention* getAttention() const noexcept override { return input_.handle(); }

 private:
  AttentionInput& input_;
  std::shared_ptr<ILayer*> slot_;
};

/// The most negative number of a floating type, short of infinity: its exponential is 0 beside any other.
double lowest(DType type) { return type == DType::f16 ? -65504 : -3e38; }

/// 0, 1, … n - 1 of type i32.
ir::Value* counted(Lowering& graph, const Dim& n) {
  return graph.add(ops::Range{.count = {n}}, {graph.scalar(DType::i32, 0), graph.scalar(DType::i32, 1)});
}

/// Elements [from, from + count) of a vector.
ir::Value* part(Lowering& graph, ir::Value* v, int64_t from, const Dim& count) {
  return graph.add(ops::Slice{.start = {Dim(from)}, .size = {count}}, {v});
}

/// A vector along the queries or the keys of the scores.
ir::Value* along(Lowering& graph, ir::Value* v, bool keys) {
  const Dim n = v->shape()[0];
  return graph.reshape(v, {Dim(1), Dim(1), keys ? Dim(1) : n, keys ? n : Dim(1)});
}

/// [B, H, S, D] as it is, or all tokens as one batch [1, H, n, D].
ir::Value* AttentionInput::as_batch(Lowering& graph, ir::Value* x, AttentionIOForm form, bool flat) const {
  const std::vector<Dim> d = dims_of(x);
  const bool packed = is_packed(form);
  if (d.size() != (packed ? 3U : 4U))
    fail("'", x->name(), "' is ", x->type(), ", expected ", packed ? "[tokens, heads, size]" : "[B, heads, S, size]");
  if (packed) return graph.reshape(graph.add(ops::Transpose{.perm = {1, 0, 2}}, {x}), {Dim(1), d[1], d[0], d[2]});
  if (!flat) return x;
  return graph.reshape(graph.add(ops::Transpose{.perm = {1, 0, 2, 3}}, {x}), {Dim(1), d[1], d[0] * d[2], d[3]});
}

/// The form of the query again.
ir::Value* AttentionInput::restored(Lowering& graph, ir::Value* y) const {
  if (!any_packed()) return y;
  const std::vector<Dim> d = dims_of(y);  // [1, H, n, E]
  if (is_packed(query_form_))
    return graph.add(ops::Transpose{.perm = {1, 0, 2}}, {graph.reshape(y, {d[1], d[2], d[3]})});
  const ir::Value* q = graph.input(kQuery);
  return graph.add(ops::Transpose{.perm = {1, 0, 2, 3}},
                   {graph.reshape(y, {d[1], q->shape()[0], q->shape()[2], d[3]})});
}

Tokens AttentionInput::tokens(Lowering& graph, Input which, AttentionIOForm form, bool flat) const {
  const bool keys = which == kKey;
  const ir::Value* x = graph.input(which);
  ir::Value* lengths = graph.optional_input(keys ? kKeyLengths : kQueryLengths);
  if (lengths != nullptr) {
    if (lengths->rank() != 1 || !is_integer(lengths->dtype()))
      fail("lengths must be a vector of integers, got ", lengths->type());
    lengths = graph.cast(lengths, DType::i32);
  }
  if (is_packed(form)) {
    if (lengths == nullptr) fail("a packed form needs lengths: where each sequence begins, and the total");
    const Dim n = x->shape()[0], batch = lengths->shape()[0] - Dim(1);
    ir::Value* index = counted(graph, n);
    ir::Value* ends = part(graph, lengths, 1, batch);
    // A token belongs to the sequence before which as many have ended; tokens behind the last one to none.
    ir::Value* ended =
        graph.apply(ExprOp::ge, {graph.reshape(index, {n, Dim(1)}), graph.reshape(ends, {Dim(1), batch})});
    const ops::Reduce sum{.kind = ops::Reduce::Kind::sum, .axes = {1}, .keep_dims = false};
    ir::Value* sequence = graph.add(sum, {graph.cast(ended, DType::i32)});
    ir::Value* position = graph.apply(ExprOp::sub, {index, graph.add(ops::Gather{}, {lengths, sequence})});
    ir::Value* each = graph.apply(ExprOp::sub, {ends, part(graph, lengths, 0, batch)});
    return {along(graph, sequence, keys), along(graph, position, keys), each};
  }
  const Dim batch = x->shape()[0], n = x->shape()[2];
  if (!flat) return {nullptr, along(graph, counted(graph, n), keys), lengths};
  const std::vector<Dim> grid{batch, n};
  const auto spread = [&](ir::Value* v, const Dim& rows, const Dim& columns) {
    return graph.reshape(graph.add(ops::Expand{.shape = grid}, {graph.reshape(v, {rows, columns})}), {batch * n});
  };
  return {along(graph, spread(counted(graph, batch), batch, Dim(1)), keys),
          along(graph, spread(counted(graph, n), Dim(1), n), keys), lengths};
}

/// Which keys each query sees: b8 that broadcasts to the scores, or nullptr for all.
ir::Value* AttentionInput::allowed(Lowering& graph, const Tokens& q, const Tokens& k) const {
  ir::Value* seen = nullptr;
  const auto require = [&](ExprOp op, ir::Value* a, ir::Value* b) {
    ir::Value* holds = graph.apply(op, {a, b});
    seen = seen == nullptr ? holds : graph.apply(ExprOp::bit_and, {seen, holds});
  };
  /// The length of a query's sequence, of one side or the other.
  const auto length = [&](const Tokens& side, Input which) {
    if (side.lengths == nullptr) {
      const ops::Slice one{.start = {Dim(2)}, .size = {Dim(1)}};
      ir::Value* extent = graph.add(one, {graph.add(ops::ShapeOf{}, {graph.input(which)})});
      return graph.cast(graph.reshape(extent, {}), DType::i32);
    }
    const Dim batch = side.lengths->shape()[0];
    if (q.sequence == nullptr) return graph.reshape(side.lengths, {batch, Dim(1), Dim(1), Dim(1)});
    // Queries behind the last sequence read the length of some other: nothing of theirs is used.
    const ops::Slice last{.start = {batch - Dim(1)}, .size = {Dim(1)}};
    ir::Value* index = graph.apply(ExprOp::min, {q.sequence, graph.add(last, {counted(graph, batch)})});
    return graph.add(ops::Gather{}, {side.lengths, index});
  };
  if (q.sequence != nullptr) require(ExprOp::eq, q.sequence, k.sequence);
  if (k.lengths != nullptr) require(ExprOp::lt, k.position, length(k, kKey));
  if (causal_ == CausalMaskKind::kUPPER_LEFT) require(ExprOp::le, k.position, q.position);
  if (causal_ == CausalMaskKind::kLOWER_RIGHT) {
    ir::Value* ahead = graph.apply(ExprOp::sub, {length(k, kKey), length(q, kQuery)});
    require(ExprOp::le, k.position, graph.apply(ExprOp::add, {q.position, ahead}));
  }
  return seen;
}

/// The user's mask and ours as one.
ir::Value* AttentionInput::merged(Lowering& graph, ir::Value* seen) const {
  ir::Value* mask = graph.optional_input(kMask);
  if (mask == nullptr || seen == nullptr) return mask == nullptr ? seen : mask;
  if (mask->dtype() == DType::b8) return graph.apply(ExprOp::bit_and, {seen, mask});
  return graph.apply(ExprOp::select, {seen, mask, graph.scalar(mask->dtype(), lowest(mask->dtype()))});
}

/// As products and a softmax: for what the fused operator does not compute.
ir::Value* AttentionInput::written_out(Lowering& graph, ir::Value* q, ir::Value* k, ir::Value* v,
                                       ir::Value* mask) const {
  const auto spread = [&](ir::Value* x) {
    const std::vector<Dim> d = dims_of(x);
    const Dim heads = q->shape()[1];
    if (d[1] == heads) return x;
    const Dim each = floordiv(heads, d[1]);
    x = graph.reshape(x, {d[0], d[1], Dim(1), d[2], d[3]});
    return graph.reshape(graph.add(ops::Expand{.shape = {d[0], d[1], each, d[2], d[3]}}, {x}),
                         {d[0], heads, d[2], d[3]});
  };
  const bool softmax = normalization_ == AttentionNormalizationOp::kSOFTMAX;
  ir::Value* p = graph.add(ops::MatMul{.transpose_b = true}, {q, spread(k)});
  if (mask != nullptr && mask->dtype() == DType::b8)
    p = graph.apply(ExprOp::select, {mask, p, graph.scalar(p->dtype(), softmax ? lowest(p->dtype()) : 0)});
  else if (mask != nullptr)
    p = graph.apply(ExprOp::add, {p, graph.cast(mask, p->dtype())});
  if (softmax) p = graph.add(ops::Softmax{}, {p});
  if (ir::Value* scale = graph.optional_input(kScale)) {
    const DType type = p->dtype();
    p = graph.add(ops::Quantize{.axis = -1, .to = to_dtype(quantize_to_)}, {p, scale});
    p = graph.add(ops::Dequantize{.axis = -1, .to = type}, {p, scale});
  }
  return graph.add(ops::MatMul{}, {p, spread(v)});
}

void AttentionInput::lower(Lowering& graph) const {
  if ((graph.optional_input(kScale) != nullptr) != (quantize_to_ != DataType::kFLOAT))
    fail("the quantization of the normalization needs both a scale and a type");
  if (causal_ != CausalMaskKind::kNONE && graph.optional_input(kMask) != nullptr)
    fail("a mask and a causal kind exclude each other");
  const bool flat = any_packed();
  if (flat && graph.optional_input(kMask) != nullptr) fail("a mask needs the padded form of queries and keys");
  ir::Value* q = as_batch(graph, graph.input(kQuery), query_form_, flat);
  ir::Value* k = as_batch(graph, graph.input(kKey), key_form_, flat);
  ir::Value* v = as_batch(graph, graph.input(kValue), key_form_, flat);

  const bool fused = normalization_ == AttentionNormalizationOp::kSOFTMAX && quantize_to_ == DataType::kFLOAT;
  const bool lengths = graph.optional_input(kQueryLengths) != nullptr || graph.optional_input(kKeyLengths) != nullptr;
  const bool causal = causal_ != CausalMaskKind::kNONE;
  ir::Value* seen = nullptr;
  if (flat || lengths || (causal && !fused))
    seen = allowed(graph, tokens(graph, kQuery, query_form_, flat), tokens(graph, kKey, key_form_, flat));
  ir::Value* mask = merged(graph, seen);
  if (!fused) return graph.output(0, restored(graph, written_out(graph, q, k, v, mask)));

  const ops::Attention op{.scale = 1,
                          .causal = causal && seen == nullptr,
                          .causal_lower_right = causal_ == CausalMaskKind::kLOWER_RIGHT && seen == nullptr};
  std::vector<ir::Value*> inputs{q, k, v};
  if (mask != nullptr) inputs.push_back(mask);
  graph.output(0, restored(graph, graph.add(op, inputs)));
}

}  // namespace

IAttention* Network::addAttentionV2(ITensor& query, ITensor& key, ITensor& value, AttentionNormalizationOp op,
                                    CausalMaskKind causal) noexcept {
  auto* input = add<AttentionInput>(
      [&] { return std::make_unique<AttentionInput>(*this, own(query), own(key), own(value), op, causal); });
  if (input == nullptr) return nullptr;
  auto* output = add<AttentionOutput>([&] { return std::make_unique<AttentionOutput>(*this, *input); });
  return output == nullptr ? nullptr : input->handle();
}

}  // namespace dvt::api
