// Operators of a damaged or hostile plan: attributes and inputs at random. Whatever infer accepts must be safe to fold,
// to cost and to run; everything else must be an Error. Meant to be run with the sanitizers, too.
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "helpers.h"

namespace dvt::ops {
namespace {

/// Sets fields to small plausible numbers most of the time, so that some operators are accepted, and to extremes
/// sometimes.
class Randomizer final : public FieldVisitor {
 public:
  explicit Randomizer(std::mt19937& random) : random_(random) {}
  void field(std::string_view, bool& v) override { v = pick(3) == 0; }
  void field(std::string_view, int64_t& v) override {
    if (pick(2)) v = number();
  }
  void field(std::string_view, double& v) override {
    constexpr double kInf = std::numeric_limits<double>::infinity();
    const double values[] = {0, 1, -1, 0.5, 1e300, -1e-300, kInf, -kInf, std::numeric_limits<double>::quiet_NaN()};
    if (pick(2)) v = values[pick(9)];
  }
  void field(std::string_view, std::string& v) override { v = pick(2) ? "?n" : "n"; }
  void field(std::string_view, DType& v) override { v = dtype(); }
  void field(std::string_view, std::vector<int64_t>& v) override {
    v.clear();
    for (int n = pick(4); n > 0; --n) v.push_back(number());
  }
  void field(std::string_view, std::vector<double>& v) override {
    v.clear();
    for (int n = pick(4); n > 0; --n) v.push_back(pick(20) ? pick(6) * 0.5 : 1e300);
  }
  void field(std::string_view, std::vector<Dim>& v) override {
    v.clear();
    for (int n = pick(4); n > 0; --n) v.push_back(dim());
  }
  void field(std::string_view, std::vector<std::string>& v) override {
    v.clear();
    for (int n = pick(4); n > 0; --n) v.push_back(pick(2) ? "text" : "\"\\\n");
  }
  void enum_field(std::string_view, int& v, std::span<const std::string_view> names) override {
    if (pick(2)) v = pick(static_cast<int>(names.size()));
  }

  int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  int64_t number() {
    constexpr int64_t kExtremes[] = {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(),
                                     std::numeric_limits<int32_t>::max(), -1000000, int64_t{1} << 40};
    return pick(24) ? pick(5) - 1 : kExtremes[pick(5)];
  }
  Dim dim() { return pick(8) ? Dim(number()) : Dim::symbol(pick(2) ? "n" : "m"); }
  DType dtype() { return pick(2) ? DType::f32 : *dtype_from_number(pick(24)); }

 private:
  std::mt19937& random_;
};

ValueInfo random_input(Randomizer& r, bool may_be_text) {
  ValueInfo info;
  info.type.dtype = r.pick(3) ? DType::f32 : r.pick(2) ? DType::i64 : r.dtype();
  if (may_be_text && r.pick(2)) info.type.dtype = DType::text;
  for (int rank = r.pick(5); rank > 0; --rank) info.type.shape.push_back(r.pick(12) ? Dim(r.pick(4)) : r.dim());
  for (int i = 0; i < info.type.rank(); ++i)
    if (info.type.shape[i].is_constant() && info.type.shape[i].constant() < 0) info.type.shape[i] = 1;
  const auto count = info.type.rank() <= 1 ? info.type.shape.volume().as_constant() : std::nullopt;
  if (count && *count <= 8 && r.pick(4)) {
    info.value.emplace();
    for (int64_t i = 0; i < *count; ++i) info.value->push_back(r.dim());
  }
  return info;
}

int64_t elements(const TensorType& t) {
  int64_t n = 1;
  for (const Dim& d : t.shape)
    if (!d.is_constant() || d.constant() > 4096 || (n *= d.constant()) > 4096) return -1;
  return n;
}

/// Runs the reference when everything is constant and small. Values of integer inputs are those that infer was told.
bool run_if_small(const Op& op, std::span<const ValueInfo> in, std::span<const TensorType> out, Randomizer& r) {
  constexpr std::string_view kWords[] = {"12", " a b", "\xff\xc3", "text"};
  TextArena texts;
  std::vector<Tensor> tensors;
  for (const ValueInfo& x : in) {
    if (elements(x.type) < 0) return false;
    Tensor& t = tensors.emplace_back(x.type.dtype, x.type.shape.constants());
    for (int64_t i = 0; i < t.read().volume(); ++i) {
      const Dim value = x.value ? (*x.value)[static_cast<size_t>(i)] : Dim(r.pick(4) - 1);
      if (!value.is_constant()) return false;
      if (x.type.dtype == DType::text)
        t.write().set_view(i, r.pick(2) ? kWords[r.pick(4)] : std::string_view());
      else
        t.write().set_int(i, value.constant());
    }
  }
  for (const TensorType& t : out) {
    if (elements(t) < 0) return false;
    tensors.emplace_back(t.dtype, t.shape.constants());
  }
  std::vector<ReadView> reads;
  std::vector<WriteView> writes;
  for (size_t i = 0; i < tensors.size(); ++i)
    if (i < in.size())
      reads.push_back(tensors[i].read());
    else
      writes.emplace_back(tensors[i].dtype, tensors[i].dims, tensors[i].bytes.data(), &texts);
  reference(bind_symbols(op, {{"n", 1}, {"m", 2}, {"?n", 1}}), reads, writes);
  return true;
}

TEST(Hostile, EveryOperatorRefusesOrRuns) {
  std::mt19937 random(11);
  Randomizer r(random);
  for (const OpInfo& info : op_table()) {
    if (info.id == OpId::pointwise) continue;  // its program is the node's
    int accepted = 0, ran = 0;
    for (int round = 0; round < 4000; ++round) {
      const std::shared_ptr<void> attributes = info.make_default();
      if (round % 4) info.visit_fields(attributes.get(), r);
      const Op op(info.id, attributes);
      std::vector<ValueInfo> in;
      const int most = info.max_inputs < 0 ? 3 : info.max_inputs;
      const int n = info.min_inputs + r.pick(most - info.min_inputs + 1);
      for (int i = 0; i < n; ++i) in.push_back(i > 0 && r.pick(2) ? in[0] : random_input(r, info.takes_text));
      try {
        const std::vector<TensorType> out = infer(op, in);
        ++accepted;
        std::vector<TensorType> types;
        for (const ValueInfo& x : in) types.push_back(x.type);
        fold_value(op, in);
        cost(op, types, out, {{"n", 2}, {"m", 3}, {"?n", 1}});
        ran += run_if_small(op, in, out, r);
      } catch (const Error& e) {
        EXPECT_NE(e.code(), ErrorCode::kInternal) << to_string(op) << ": " << e.what();
      }
    }
    RecordProperty(std::string(info.name), concat(accepted, " accepted, ", ran, " run"));
  }
}

}  // namespace
}  // namespace dvt::ops
