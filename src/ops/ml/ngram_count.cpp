#include "ops/ml/ngram_count.h"

#include <map>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "ngram_count";
constexpr std::string_view kModes[] = {"tf", "idf", "tfidf"};

using Ngrams = std::map<std::vector<int64_t>, int64_t>;  // to the output column

/// Those of the wanted lengths. Tables may come from a hostile plan, so that every position is checked.
Ngrams read_ngrams(const NgramCount& op, std::span<const ReadView> in) {
  const std::vector<int64_t> pool = load_ints(in[1]), starts = load_ints(in[2]), columns = load_ints(in[3]);
  const auto total = static_cast<int64_t>(pool.size());
  Ngrams ngrams;
  size_t number = 0;
  for (size_t length = 1; length <= starts.size(); ++length) {
    const int64_t begin = starts[length - 1], end = length < starts.size() ? starts[length] : total;
    const auto step = static_cast<int64_t>(length);
    if (begin < 0 || end > total || begin > end) reject(kName, "n-grams of length ", length, " lie outside the pool");
    for (int64_t at = begin; at + step <= end; at += step, ++number) {
      if (number >= columns.size() || columns[number] < 0 || columns[number] >= op.size)
        reject(kName, "n-gram ", number, " has no column among ", op.size);
      if (step >= op.min_length && step <= op.max_length)
        ngrams.emplace(std::vector<int64_t>(pool.begin() + at, pool.begin() + at + step), columns[number]);
    }
  }
  return ngrams;
}

void count_row(const NgramCount& op, const Ngrams& ngrams, std::span<const int64_t> row, std::vector<double>& counts) {
  const auto n = static_cast<int64_t>(row.size());
  for (int64_t length = op.min_length; length <= op.max_length; ++length)
    for (int64_t skip = 0; skip <= (length == 1 ? 0 : op.max_skip); ++skip)
      for (int64_t at = 0; at + (length - 1) * (skip + 1) < n; ++at) {
        std::vector<int64_t> key;
        for (int64_t k = 0; k < length; ++k) key.push_back(row[static_cast<size_t>(at + k * (skip + 1))]);
        if (const auto found = ngrams.find(key); found != ngrams.end()) ++counts[static_cast<size_t>(found->second)];
      }
}

}  // namespace

std::vector<TensorType> infer(const NgramCount& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  for (size_t i = 0; i < 4; ++i) require_integer(kName, in[i].type.dtype, "every input but the weights");
  for (size_t i = 1; i < 5; ++i) require_rank(kName, in[i].type, 1, "every input but x");
  if (x.rank() > 2) reject(kName, "x must have rank 2 or less, got ", x);
  if (op.size < 1 || op.size > kMaxAttribute) reject(kName, "size must be 1 or more, got ", op.size);
  if (op.min_length < 1 || op.max_length < op.min_length || op.max_length > 64)
    reject(kName, "lengths must be in [1, 64], got ", op.min_length, " to ", op.max_length);
  if (op.max_skip < 0 || op.max_skip > 4096) reject(kName, "max_skip must be in [0, 4096], got ", op.max_skip);
  if (!(in[4].type.shape[0] == Dim(0))) require_vector(kName, in[4].type, op.size, "weights");
  if (x.rank() == 2) return {{DType::f32, {x.shape[0], op.size}}};
  return {{DType::f32, {op.size}}};
}

void reference(const NgramCount& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const Ngrams ngrams = read_ngrams(op, in);
  const std::vector<int64_t> x = load_ints(in[0]);
  const std::vector<double> weights = load(in[4]);
  const size_t rows = in[0].rank() == 2 ? static_cast<size_t>(in[0].dim(0)) : 1, width = rows ? x.size() / rows : 0;
  for (size_t r = 0; r < rows; ++r) {
    std::vector<double> counts(static_cast<size_t>(op.size), 0.0);
    count_row(op, ngrams, std::span(x).subspan(r * width, width), counts);
    for (size_t i = 0; i < counts.size(); ++i) {
      const double weight = weights.empty() ? 1 : weights[i];
      const double y = op.mode == NgramCount::Mode::tf    ? counts[i]
                       : op.mode == NgramCount::Mode::idf ? (counts[i] > 0 ? weight : 0)
                                                          : counts[i] * weight;
      out[0].set(static_cast<int64_t>(r * counts.size() + i), y);
    }
  }
}

Cost cost(const NgramCount& op, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  Cost c = traffic(in, out, at);
  c.flops = 20 * volume_at(in[0], at) * static_cast<double>(op.max_skip + 1);
  return c;
}

void visit_fields(NgramCount& op, FieldVisitor& v) {
  v.choice("mode", op.mode, kModes);
  v.field("min_length", op.min_length);
  v.field("max_length", op.max_length);
  v.field("max_skip", op.max_skip);
  v.field("size", op.size);
}

}  // namespace dvt::ops
