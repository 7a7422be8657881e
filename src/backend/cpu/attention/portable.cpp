// Attention query by query: what there is without generated code, and the better way for very few queries, where
// packing the keys costs more than it saves.
#include "backend/cpu/attention/attention_problem.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/pointwise/output_epilogue.h"

namespace dvt::cpu {
namespace {

using namespace backend;

constexpr int64_t kFewQueries = 2;

Support portable_supports(const Problem& p, const Target&) {
  if (Support s = attention_supports(p); !s) return s;
  if (auto no = OutputEpilogue::refusal(p)) return *no;
  return Support::yes();
}

Support few_supports(const Problem& p, const Target& t) {
  if (Support s = portable_supports(p, t); !s) return s;
  if (queries_of(p).max > kFewQueries) return Support::no("has more than two queries");
  return Support::yes();
}

size_t own_scratch(const Problem& p, const Target& t) {
  return aligned_scratch(static_cast<size_t>(keys_of(p).max) * sizeof(float)) * static_cast<size_t>(t.threads);
}
size_t workspace(const Problem& p, const Target& t) { return own_scratch(p, t) + OutputEpilogue(p, t).workspace(); }

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) {
  return make_kernel([op = *op_of<ops::Attention>(p), mask = AttentionLaunch::mask_of(p), loops = attention_loops(t),
                      threads = t.threads, scratch = own_scratch(p, t),
                      epilogue = OutputEpilogue(p, t)](const LaunchArgs& args) {
    const AttentionLaunch a(op, mask, args);
    const int64_t rows = a.batch * a.heads * a.queries;
    if (rows * a.width == 0) return;
    const double row_ns = 30 + 0.1 * static_cast<double>(a.keys * (a.depth + a.width));
    const size_t thread_scratch = scratch / static_cast<size_t>(threads);
    parallel_parts(
        *args.pool, std::min<int64_t>(threads, rows), static_cast<double>(rows) * row_ns,
        [&](int64_t part, int64_t parts) {
          auto* scores =
              reinterpret_cast<float*>(static_cast<char*>(args.workspace) + static_cast<size_t>(part) * thread_scratch);
          for (int64_t r = rows * part / parts; r < rows * (part + 1) / parts; ++r) {
            const int64_t s = r % a.queries, h = r / a.queries % a.heads, b = r / a.queries / a.heads;
            const int64_t visible = a.visible(s), head = a.key_head(b, h);
            loops.scores(a.q_row(b, h, s), a.keys_of(head), a.key_stride(), a.depth, visible, scores);
            const float factor = loops.weights(a.row(b, h, s), scores, visible, visible);
            loops.mix(scores, factor, a.values_of(head), a.value_stride(), visible, a.width, a.out_row(b, h, s));
          }
        });
    epilogue.apply(args, static_cast<char*>(args.workspace) + scratch);
  });
}

}  // namespace

Tactic attention_few_queries() {
  return {.supports = few_supports, .workspace = workspace, .create = create, .slices = true};
}
Tactic attention_portable() {
  return {.supports = portable_supports, .workspace = workspace, .create = create, .slices = true};
}

}  // namespace dvt::cpu
